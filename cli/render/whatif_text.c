#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "render/escape.h"
#include "render/whatif.h"
#include "render/wrap.h"
#include "rules/sts.h"

/* Where labels begin and the texts behind them; rows shown unless more are asked for. */
enum { MARGIN = 2, LABEL = 12, BODY = MARGIN + LABEL, ROWS_SHOWN = 20, COUNT_COLUMNS = 8 };

struct page {
    struct buffer *out;
    struct arena *arena;
    const struct whatif *whatif;
    unsigned width;
    bool verbose;
};

static void add_labelled(struct page *page, const char *label, struct text text)
{
    wrap_blanks(page->out, MARGIN);
    buffer_format(page->out, "%-*s", LABEL, label);
    wrap_lines(page->out, (struct wrap){page->width, BODY}, BODY, text);
}

static void add_line(struct page *page, unsigned margin, struct text text)
{
    wrap_blanks(page->out, margin);
    wrap_paragraph(page->out, (struct wrap){page->width, margin}, margin, text);
}

static struct text number(struct page *page, uint64_t value)
{
    return text_format(page->arena, "%llu", (unsigned long long)value);
}

static struct text sessions_line(struct page *page, const struct whatif_counts *counts)
{
    struct text bounds = TEXT("");
    if (counts->unknown)
        bounds = text_format(page->arena, ", %.*s either: between %.*s and %.*s refused",
                             TEXT_ARGS(number(page, counts->unknown)),
                             TEXT_ARGS(number(page, counts->refused)),
                             TEXT_ARGS(number(page, counts->refused + counts->unknown)));
    return text_format(page->arena, "%.*s delivered, %.*s refused%.*s",
                       TEXT_ARGS(number(page, counts->delivered)),
                       TEXT_ARGS(number(page, counts->refused)), TEXT_ARGS(bounds));
}

/* ---- what is proposed ---- */

static struct text joined(struct page *page, const struct text_list *list)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < list->count; i++)
        all = text_format(page->arena, "%.*s%s%.*s", TEXT_ARGS(all), i ? ", " : "",
                          TEXT_ARGS(list->at[i]));
    return all;
}

static const char *changed(bool is_proposed)
{
    return is_proposed ? "" : " (as it is)";
}

static void add_proposed(struct page *page)
{
    const struct whatif *whatif = page->whatif;
    const struct proposal *proposal = whatif->proposal;
    struct text policy = TEXT("none");
    if (whatif->policy_fact == FACT_PRESENT)
        policy = words_of_policy(page->arena, &whatif->policy);
    else if (whatif->policy_fact != FACT_ABSENT)
        policy = TEXT("not known");
    add_labelled(page, "Policy",
                 text_format(page->arena, "%.*s%s", TEXT_ARGS(policy),
                             changed(!proposal_keeps_policy(proposal))));
    add_labelled(page, "MX",
                 text_format(page->arena, "%.*s%s", TEXT_ARGS(joined(page, &whatif->mx)),
                             changed(proposal->mx.count)));
    if (proposal->no_tlsa)
        add_labelled(page, "TLSA", TEXT("none"));
    for (size_t i = 0; i < proposal->tlsa.count; i++) {
        const struct proposed_tlsa *one = &proposal->tlsa.at[i];
        struct text mx = text_known(one->mx) ? one->mx : TEXT("every MX");
        add_labelled(
            page, i ? "" : "TLSA",
            text_format(page->arena, "%.*s: %.*s", TEXT_ARGS(mx), TEXT_ARGS(one->record)));
    }
    const struct observed_certificate *certificate = proposal->certificate;
    const char *trust = certificate ? trust_name(certificate->trust) : NULL;
    if (certificate)
        add_labelled(page, "Certificate",
                     text_format(page->arena, "for %.*s, until %.*s, %s",
                                 TEXT_ARGS(joined(page, &certificate->names)),
                                 TEXT_ARGS(text_date(page->arena, certificate->not_after)),
                                 trust ? trust : "not verified"));
}

/* ---- rows ---- */

static struct text clause_words(struct page *page, enum verdict_clause clause)
{
    return text_format(page->arena, "%s (%s)", verdict_clause_text(clause),
                       verdict_clause_reference(clause));
}

static void add_reasons(struct page *page, const struct outcome *outcome)
{
    static const char *const words[] = {[VERDICT_UNKNOWN] = "Not known where",
                                        [VERDICT_DELIVER] = "Delivered where",
                                        [VERDICT_REFUSE] = "Refused where"};
    enum { INDENT = MARGIN + COUNT_COLUMNS + 2 };
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        if (outcome->may[i] && outcome->clause[i] != CLAUSE_NONE)
            add_line(page, INDENT,
                     text_format(page->arena, "%s %.*s", words[i],
                                 TEXT_ARGS(clause_words(page, outcome->clause[i]))));
    for (unsigned i = 0; i < OPEN_REASONS; i++)
        if (outcome->open & (1U << i))
            add_line(page, INDENT, text_format(page->arena, "%s.", words_of_open(1U << i)));
}

static void add_row(struct page *page, const struct whatif_row *row)
{
    enum { INDENT = MARGIN + COUNT_COLUMNS + 2 };
    struct verdict_answer answer = outcome_answer(&row->outcome);
    struct text reporter = text_known(row->reporter) ? row->reporter : TEXT("nobody named");
    struct text place = text_known(row->mx)
                            ? text_format(page->arena, "at %.*s, ", TEXT_ARGS(row->mx))
                            : TEXT("");
    const char *what = row->succeeded ? "successful" : result_type_name(row->result_type);
    struct text line =
        text_format(page->arena, "%.*s%s under %s, by %.*s%s", TEXT_ARGS(place), what,
                    policy_type_name(row->policy_type), TEXT_ARGS(reporter),
                    row->gone ? "; the newest observation no longer shows the fault" : "");
    wrap_blanks(page->out, MARGIN);
    buffer_format(page->out, "%*llu  ", COUNT_COLUMNS, (unsigned long long)row->sessions);
    wrap_paragraph(page->out, (struct wrap){page->width, INDENT}, INDENT, line);
    if (answer.verdict != VERDICT_UNKNOWN)
        add_line(page, INDENT, clause_words(page, answer.clause));
    else
        add_reasons(page, &row->outcome);
}

static void add_rows(struct page *page, enum verdict verdict, const char *title)
{
    const struct whatif *whatif = page->whatif;
    size_t shown = 0, left = 0;
    for (size_t i = 0; i < whatif->rows.count; i++) {
        const struct whatif_row *row = &whatif->rows.at[i];
        if (outcome_answer(&row->outcome).verdict != verdict)
            continue;
        if (!shown++)
            buffer_format(page->out, "\n%s\n", title);
        if (shown <= ROWS_SHOWN || page->verbose)
            add_row(page, row);
        else
            left++;
    }
    if (left)
        add_line(page, MARGIN, text_format(page->arena, "and %zu more: -v shows all", left));
}

/* ---- hosts ---- */

static void add_bounds(struct page *page, const struct whatif_host *host)
{
    struct text most = TEXT("");
    if (host->refused_least != host->refused_most)
        most =
            text_format(page->arena, " to %.*s", TEXT_ARGS(number(page, host->refused_most)));
    struct text met = TEXT("");
    if (host->sessions_least != host->sessions_most)
        met =
            text_format(page->arena, " to %.*s", TEXT_ARGS(number(page, host->sessions_most)));
    add_line(page, MARGIN + 4,
             text_format(page->arena, "of %.*s%.*s sessions %.*s%.*s refused",
                         TEXT_ARGS(number(page, host->sessions_least)), TEXT_ARGS(met),
                         TEXT_ARGS(number(page, host->refused_least)), TEXT_ARGS(most)));
}

static void add_hosts(struct page *page)
{
    static const char *const words[] = {[VERDICT_UNKNOWN] = "not known",
                                        [VERDICT_DELIVER] = "delivers",
                                        [VERDICT_REFUSE] = "refuses"};
    const struct whatif *whatif = page->whatif;
    if (whatif->hosts.count)
        buffer_add_text(page->out,
                        TEXT("\nMX hosts, for a sender that does MTA-STS and DANE\n"));
    for (size_t i = 0; i < whatif->hosts.count; i++) {
        const struct whatif_host *host = &whatif->hosts.at[i];
        for (size_t j = 0; j < host->answers.count; j++) {
            const struct whatif_answer *answer = &host->answers.at[j];
            bool seen = answer->at != TIME_UNKNOWN && text_known(answer->address);
            struct text place = TEXT("");
            if (seen)
                place = text_format(page->arena, " at %.*s, observed %.*s",
                                    TEXT_ARGS(answer->address),
                                    TEXT_ARGS(text_moment(page->arena, answer->at)));
            struct text line =
                text_format(page->arena, "%.*s%.*s: %s, %.*s", TEXT_ARGS(host->mx),
                            TEXT_ARGS(place), words[answer->answer.verdict],
                            TEXT_ARGS(clause_words(page, answer->answer.clause)));
            wrap_blanks(page->out, MARGIN);
            wrap_paragraph(page->out, (struct wrap){page->width, MARGIN + 4}, MARGIN, line);
        }
        if (whatif->counts.sessions)
            add_bounds(page, host);
    }
}

static void add_heading(struct page *page)
{
    const struct whatif *whatif = page->whatif;
    escape_line(page->out, whatif->domain);
    if (!whatif->counts.sessions)
        buffer_add_text(page->out, TEXT(": no sessions were reported"));
    else if (whatif->counts.refused == 0 && whatif->counts.unknown == 0)
        buffer_add_text(page->out, TEXT(": every reported session would have been delivered"));
    else if (whatif->counts.refused)
        buffer_format(page->out, ": %llu of %llu reported sessions would have been refused",
                      (unsigned long long)whatif->counts.refused,
                      (unsigned long long)whatif->counts.sessions);
    else
        buffer_format(page->out,
                      ": up to %llu of %llu reported sessions would have been refused",
                      (unsigned long long)whatif->counts.unknown,
                      (unsigned long long)whatif->counts.sessions);
    buffer_add_char(page->out, '\n');
}

void whatif_text(struct buffer *out, const struct whatif *whatif, struct text_style style)
{
    ARENA_AUTO arena = {0};
    struct page page = {
        .out = out, .arena = &arena, .whatif = whatif, .verbose = style.verbose};
    page.width = text_width(style);
    add_heading(&page);
    add_proposed(&page);
    add_labelled(&page, "Reports",
                 text_format(&arena, "from %.*s to %.*s",
                             TEXT_ARGS(text_date(&arena, whatif->since)),
                             TEXT_ARGS(text_date(&arena, whatif->until))));
    if (whatif->counts.sessions)
        add_labelled(&page, "Sessions", sessions_line(&page, &whatif->counts));
    if (whatif->gone)
        add_labelled(
            &page, "",
            text_format(&arena,
                        "%.*s of those refused for what the newest observation no longer "
                        "shows",
                        TEXT_ARGS(number(&page, whatif->gone))));
    for (size_t i = 0; i < whatif->notes.count; i++)
        add_labelled(&page, i ? "" : "Note", whatif->notes.at[i]);
    add_rows(&page, VERDICT_REFUSE, "Refused");
    add_rows(&page, VERDICT_UNKNOWN, "Either");
    if (style.verbose)
        add_rows(&page, VERDICT_DELIVER, "Delivered");
    add_hosts(&page);
}
