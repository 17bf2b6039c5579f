/* Findings for a terminal. */
#include <string.h>

#include "base/time.h"
#include "render/escape.h"
#include "render/findings_words.h"
#include "render/wrap.h"

/* Where the lines of a finding begin, and the texts behind their labels. */
enum { MARGIN = 4, LABEL = 10, BODY = MARGIN + LABEL };

/* The columns of a day and a time. */
enum { MOMENT = sizeof "2026-11-24 06:00" - 1 };

struct page {
    struct buffer *out;
    struct arena *arena;
    struct text_style style;
    const struct findings_report *report;
    struct shared_index shared;
    unsigned glossed; /* see next_gloss() */
};

static struct page page_of(struct buffer *out, struct arena *arena, struct text_style style)
{
    struct page page = {.out = out, .arena = arena, .style = style};
    page.style.width = text_width(style);
    return page;
}

/* ---- lines ---- */

/* TEXT behind a blank-padded LABEL that begins at MARGIN. */
static void add_labelled(struct page *page, unsigned margin, const char *label,
                         struct text text)
{
    wrap_blanks(page->out, margin);
    buffer_format(page->out, "%-*s", LABEL, label);
    wrap_lines(page->out, (struct wrap){page->style.width, margin + LABEL}, margin + LABEL,
               text);
}

static void add_paragraph(struct page *page, unsigned margin, unsigned indent, struct text text)
{
    wrap_blanks(page->out, margin);
    wrap_paragraph(page->out, (struct wrap){page->style.width, indent}, margin, text);
}

/* Colour is only where there is work. */
static void add_severity(struct page *page, const struct finding *finding)
{
    put_severity(page->out, finding->severity,
                 page->style.colour && part_of(finding) == PART_OPEN);
}

/* "1. CRITICAL: " and TEXT; NUMBER 0 has blanks in its place. */
static void add_heading(struct page *page, unsigned margin, size_t number,
                        const struct finding *finding, struct text text)
{
    size_t before = page->out->length;
    if (number)
        buffer_format(page->out, "%*zu. ", (int)margin - 2, number);
    else
        wrap_blanks(page->out, margin);
    size_t column = page->out->length - before;
    add_severity(page, finding);
    column += strlen(words_of_severity(finding->severity)) + 2;
    buffer_add_text(page->out, TEXT(": "));
    wrap_paragraph(page->out, (struct wrap){page->style.width, margin}, column, text);
}

/* ---- one finding ---- */

static struct text words_of_meta(struct page *page, const struct finding *finding)
{
    BUFFER_AUTO line = {0};
    buffer_format(&line, "[%s] %s, %s, ", finding->id, finding->rule->code,
                  confidence_name(finding->confidence));
    buffer_add_text(&line, words_of_since(page->arena, finding));
    if (finding->rule->reference)
        buffer_format(&line, ", %s", finding->rule->reference);
    return text_copy(page->arena, buffer_text(&line));
}

/* "2026-11-24 06:00": to the minute, as wide as any other. */
static void add_moment(struct page *page, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    struct text day = text_first(text_of(time_text(time, text)), MOMENT);
    size_t between = text_find_char(day, 'T');
    if (between != SIZE_MAX)
        text[between] = ' ';
    buffer_add_text(page->out, day);
    wrap_blanks(page->out, MOMENT - day.length);
}

static void add_evidence(struct page *page, const struct evidence_list *list)
{
    enum { TEXTS = BODY + MOMENT + 2, LEAST = 28 };
    /* Where the columns would leave too little, texts go on lines of their own. */
    bool narrow = page->style.width < TEXTS + LEAST;
    unsigned indent = narrow ? BODY + 2 : TEXTS;
    for (size_t i = 0; i < list->count; i++) {
        const struct evidence *evidence = &list->at[i];
        BUFFER_AUTO text = {0};
        wrap_blanks(page->out, MARGIN);
        buffer_format(page->out, "%-*s", LABEL, i ? "" : "Evidence");
        add_moment(page, evidence->at);
        if (narrow)
            wrap_line_feed(page->out);
        wrap_blanks(page->out, narrow ? indent : 2);
        buffer_format(&text, "%s: ", words_of_source(evidence->source));
        buffer_add_text(&text, evidence->text);
        wrap_paragraph(page->out, (struct wrap){page->style.width, indent}, indent,
                       buffer_text(&text));
    }
}

static void add_done_when(struct page *page, const struct finding *finding)
{
    if (!finding->done_when.length)
        return;
    /* The text says "Done when ..." itself, which is as wide as a label. */
    if (text_starts(finding->done_when, TEXT("Done")))
        add_paragraph(page, MARGIN, BODY, finding->done_when);
    else
        add_labelled(page, MARGIN, "Done when", finding->done_when);
}

static void add_glosses(struct page *page, const struct finding *finding)
{
    const struct gloss *gloss;
    for (bool first = true; (gloss = next_gloss(finding, &page->glossed)); first = false)
        add_labelled(page, MARGIN, first ? "Words" : "",
                     text_format(page->arena, "%s: %s", gloss->word, gloss->meaning));
}

/* All but the heading. SUBJECT says what mail it is about; IS_SHARED: of all domains of a fault. */
static void add_body(struct page *page, const struct finding *finding, struct text subject,
                     bool is_shared)
{
    bool stopped = finding->state == STATE_STOPPED;
    add_paragraph(page, MARGIN, MARGIN, words_of_meta(page, finding));
    if (finding->acknowledged)
        add_paragraph(page, MARGIN, MARGIN, words_of_acknowledgement(page->arena, finding));
    add_labelled(page, MARGIN, "About", subject);
    add_labelled(page, MARGIN, "Mail", words_of_impact(finding));
    add_labelled(page, MARGIN, "Fault of", words_of_side(finding, is_shared));
    if (finding->action.length)
        add_labelled(page, MARGIN, stopped ? "If back" : "To do", finding->action);
    add_evidence(page, &finding->evidence);
    struct text fix = words_of_fix(page->arena, finding);
    if (fix.length)
        add_labelled(page, MARGIN, "Fix", fix);
    add_done_when(page, finding);
    add_glosses(page, finding);
}

/* An acknowledged finding is known: its title and who said so will do. */
static void add_short(struct page *page, size_t number, const struct finding *finding)
{
    add_heading(page, MARGIN, number, finding, finding->title);
    add_paragraph(page, MARGIN, MARGIN, words_of_meta(page, finding));
    add_paragraph(page, MARGIN, MARGIN, words_of_acknowledgement(page->arena, finding));
}

static void add_finding(struct page *page, size_t number, const struct finding *finding)
{
    const struct shared_fault *fault = shared_find(&page->shared, finding);
    buffer_add_char(page->out, '\n');
    if (part_of(finding) == PART_ACKNOWLEDGED && !page->style.verbose) {
        add_short(page, number, finding);
        return;
    }
    add_heading(page, MARGIN, number, finding, finding->title);
    if (!fault || page->style.verbose) {
        add_body(page, finding, words_of_subject(page->arena, finding), false);
        return;
    }
    struct text failed = words_of_number(page->arena, finding->failed_sessions,
                                         "failed session", "failed sessions");
    struct text line = text_format(page->arena, "[%s] %s, %.*s: see \"Shared hosts\" above",
                                   finding->id, finding->rule->code, TEXT_ARGS(failed));
    add_paragraph(page, MARGIN, MARGIN, line);
}

/* ---- faults that domains share ---- */

static struct text words_of_domains(struct page *page, const struct shared_fault *fault)
{
    BUFFER_AUTO list = {0};
    buffer_add_text(&list, TEXT("mail that others send to "));
    for (size_t i = 0; i < fault->count; i++) {
        buffer_add_text(&list, i ? TEXT(", ") : TEXT(""));
        buffer_add_text(&list, fault->at[i]->domain);
        buffer_format(&list, " [%s]", fault->at[i]->id);
    }
    buffer_add_text(&list, TEXT(": "));
    buffer_add_text(&list, words_of_shared_sessions(page->arena, fault));
    return text_copy(page->arena, buffer_text(&list));
}

static void add_shared(struct page *page, const struct shared_fault *fault)
{
    const struct finding *finding = shared_example(fault);
    buffer_add_char(page->out, '\n');
    add_paragraph(page, 0, 2, words_of_shared(page->arena, fault));
    if (part_of(finding) == PART_ACKNOWLEDGED && !page->style.verbose) {
        add_short(page, 0, finding);
        return;
    }
    add_heading(page, MARGIN, 0, finding, finding->title);
    add_body(page, finding, words_of_domains(page, fault), true);
}

static void add_all_shared(struct page *page)
{
    const struct shared_faults *shared = page->report->shared;
    if (!shared || !shared->count)
        return;
    buffer_add_text(page->out, TEXT("\nSHARED HOSTS\n"));
    for (size_t i = 0; i < shared->count; i++)
        add_shared(page, &shared->at[i]);
}

/* ---- domains ---- */

static void add_reasons(struct page *page, const struct text_list *reasons)
{
    for (size_t i = 0; i < reasons->count; i++) {
        wrap_blanks(page->out, 2 + LABEL);
        buffer_add_text(page->out, TEXT("- "));
        wrap_paragraph(page->out, (struct wrap){page->style.width, 2 + LABEL + 2},
                       2 + LABEL + 2, reasons->at[i]);
    }
}

static void add_domain(struct page *page, const struct diagnosis *diagnosis)
{
    size_t number = 0;
    buffer_add_char(page->out, '\n');
    add_paragraph(page, 0, 2, diagnosis->domain);
    add_labelled(page, 2, "Sessions", words_of_sessions(page->arena, diagnosis));
    add_labelled(page, 2, "MTA-STS", words_of_readiness(page->arena, diagnosis));
    add_reasons(page, &diagnosis->mta_sts.reasons);
    for (int part = 0; part < PART_COUNT; part++)
        for (size_t i = 0; i < diagnosis->findings.count; i++)
            if (part_of(&diagnosis->findings.at[i]) == (enum part)part)
                add_finding(page, ++number, &diagnosis->findings.at[i]);
    if (!number)
        buffer_add_text(page->out, TEXT("\n  No findings.\n"));
}

static void add_quiet(struct page *page, const struct diagnosis *diagnosis)
{
    BUFFER_AUTO line = {0};
    buffer_add_text(&line, diagnosis->domain);
    buffer_add_text(&line, TEXT(": sessions: "));
    buffer_add_text(&line, words_of_sessions(page->arena, diagnosis));
    buffer_add_text(&line, TEXT("; MTA-STS: "));
    buffer_add_text(&line, words_of_readiness(page->arena, diagnosis));
    add_paragraph(page, 2, 4, buffer_text(&line));
}

static void add_domains(struct page *page)
{
    const struct findings_report *report = page->report;
    bool alone = report->count == 1 || page->style.verbose, any = false;
    for (size_t i = 0; i < report->count; i++)
        if (alone || !is_quiet(&report->at[i]))
            add_domain(page, &report->at[i]);
    for (size_t i = 0; !alone && i < report->count; i++) {
        if (!is_quiet(&report->at[i]))
            continue;
        if (!any)
            buffer_add_text(page->out, TEXT("\nWITHOUT FINDINGS\n"));
        any = true;
        add_quiet(page, &report->at[i]);
    }
}

/* ---- the whole ---- */

static void add_first(struct page *page, const struct finding *finding,
                      const struct shared_fault *shared)
{
    BUFFER_AUTO line = {0};
    if (shared)
        buffer_format(&line, "%zu domains: ", shared->count);
    else if (page->report->count > 1) {
        buffer_add_text(&line, finding->domain);
        buffer_add_text(&line, TEXT(": "));
    }
    buffer_add_text(&line, finding->title);
    buffer_format(&line, " [%s]. ", finding->id);
    buffer_add_text(&line, words_of_first_step(page->arena, finding));
    add_heading(page, 0, 0, finding, buffer_text(&line));
}

void findings_text(struct buffer *out, const struct findings_report *report,
                   struct text_style style)
{
    ARENA_AUTO arena = {0};
    struct page page = page_of(out, &arena, style);
    page.report = report;
    page.shared = shared_index_of(report->shared, &arena);
    struct finding_counts counts = count_findings(report);
    const struct shared_fault *shared;
    const struct finding *first = first_to_do(report, &page.shared, &shared);
    if (first)
        add_first(&page, first, shared);
    else
        add_paragraph(&page, 0, 0, text_of(words_of_nothing(&counts)));
    buffer_add_char(out, '\n');
    struct text counted = words_of_counts(&arena, &counts);
    struct text scope = words_of_scope(&arena, report);
    add_paragraph(
        &page, 0, 2,
        text_format(&arena, "%.*s (times in UTC): %.*s", TEXT_ARGS(scope), TEXT_ARGS(counted)));
    add_all_shared(&page);
    add_domains(&page);
}

static void add_tallies(struct page *page, const char *label, const struct tallies *tallies,
                        bool days)
{
    for (size_t i = 0; i < tallies->count; i++) {
        const struct tally *tally = &tallies->at[i];
        char day[TIME_TEXT_SIZE];
        struct text name = days ? text_of(time_date(tally->day, day)) : tally->name;
        wrap_blanks(page->out, MARGIN);
        buffer_format(page->out, "%-*s%12llu  ", LABEL, i ? "" : label,
                      (unsigned long long)tally->sessions);
        wrap_paragraph(page->out, (struct wrap){page->style.width, BODY + 14}, BODY + 14,
                       text_known(name) ? name : TEXT("(not named)"));
    }
}

void finding_text(struct buffer *out, const struct finding *finding, struct text_style style)
{
    ARENA_AUTO arena = {0};
    struct page page = page_of(out, &arena, style);
    add_paragraph(&page, 0, 2, finding->domain);
    add_heading(&page, MARGIN, 0, finding, finding->title);
    add_body(&page, finding, words_of_subject(&arena, finding), false);
    if (finding->by_day.count)
        buffer_add_text(out, TEXT("\n    Failed sessions\n"));
    add_tallies(&page, "by day", &finding->by_day, true);
    add_tallies(&page, "reporter", &finding->by_reporter, false);
    add_tallies(&page, "MX host", &finding->by_mx, false);
    add_tallies(&page, "address", &finding->by_address, false);
}
