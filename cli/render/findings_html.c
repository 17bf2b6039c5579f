/* Findings as one self-contained page: no script, nothing from elsewhere. */
#include "base/time.h"
#include "published/mta_sts.h"
#include "render/escape.h"
#include "render/findings_words.h"
#include "render/html.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    const struct findings_report *report;
    struct shared_index shared;
    unsigned glossed; /* see next_gloss() */
};

/* ---- pieces ---- */

static void raw(struct page *page, const char *html)
{
    buffer_add_text(page->out, text_of(html));
}

static void put(struct page *page, struct text text)
{
    escape_html(page->out, text);
}

static void put_string(struct page *page, const char *string)
{
    put(page, text_of(string));
}

static void add_item(struct page *page, struct text text)
{
    raw(page, "<li>");
    put(page, text);
    raw(page, "</li>\n");
}

static void add_severity(struct page *page, const struct finding *finding)
{
    raw(page, "<span class=\"severity\">");
    put_string(page, words_of_severity(finding->severity));
    raw(page, ":</span> ");
}

/* The class that colours it: only where there is work. */
static const char *class_of(const struct finding *finding)
{
    if (part_of(finding) != PART_OPEN || finding->severity < SEVERITY_WARNING)
        return "quiet";
    return finding->severity == SEVERITY_CRITICAL ? "critical" : "warning";
}

/* ---- one finding ---- */

static void add_meta(struct page *page, const struct finding *finding)
{
    raw(page, "<p class=\"meta\">[");
    put_string(page, finding->id);
    raw(page, "] <code>");
    put_string(page, finding->rule->code);
    raw(page, "</code>, ");
    put_string(page, confidence_name(finding->confidence));
    raw(page, ", ");
    put(page, words_of_since(page->arena, finding));
    if (finding->rule->reference) {
        raw(page, ", ");
        put_string(page, finding->rule->reference);
    }
    raw(page, "</p>\n");
    if (!finding->acknowledged)
        return;
    raw(page, "<p class=\"meta\">");
    put(page, words_of_acknowledgement(page->arena, finding));
    raw(page, "</p>\n");
}

static void add_evidence(struct page *page, const struct evidence_list *list)
{
    if (!list->count)
        return;
    raw(page, "<dt>Evidence</dt><dd><ul>\n");
    for (size_t i = 0; i < list->count; i++) {
        raw(page, "<li>");
        html_time(page->out, list->at[i].at);
        raw(page, "<span class=\"from\">");
        put_string(page, words_of_source(list->at[i].source));
        raw(page, ":</span> ");
        put(page, list->at[i].text);
        raw(page, "</li>\n");
    }
    raw(page, "</ul></dd>\n");
}

/* The term and the text read as one sentence. */
static void add_done_when(struct page *page, struct text done_when)
{
    const struct text start = TEXT("Done when ");
    if (text_starts(done_when, start))
        html_entry(page->out, "Done when", text_from(done_when, start.length));
    else if (done_when.length)
        html_entry(page->out, text_starts(done_when, TEXT("Done")) ? "Done" : "Done when",
                   done_when);
}

static void add_glosses(struct page *page, const struct finding *finding)
{
    const struct gloss *gloss = next_gloss(finding, &page->glossed);
    if (!gloss)
        return;
    raw(page, "<dt>Words</dt><dd><ul>\n");
    for (; gloss; gloss = next_gloss(finding, &page->glossed)) {
        raw(page, "<li><dfn>");
        put_string(page, gloss->word);
        raw(page, "</dfn>: ");
        put_string(page, gloss->meaning);
        raw(page, "</li>\n");
    }
    raw(page, "</ul></dd>\n");
}

static void add_body(struct page *page, const struct finding *finding, struct text subject,
                     bool is_shared)
{
    add_meta(page, finding);
    raw(page, "<dl>\n");
    html_entry(page->out, "About", subject);
    html_entry(page->out, "Mail", words_of_impact(finding));
    html_entry(page->out, "Fault of", words_of_side(finding, is_shared));
    if (finding->action.length) {
        raw(page, finding->state == STATE_STOPPED ? "<dt>If it comes back</dt><dd>"
                                                  : "<dt>To do</dt><dd>");
        html_action(page->out, finding->action);
        raw(page, "</dd>\n");
    }
    add_evidence(page, &finding->evidence);
    add_done_when(page, finding->done_when);
    add_glosses(page, finding);
    raw(page, "</dl>\n");
}

static void add_heading(struct page *page, size_t number, const struct finding *finding)
{
    raw(page, "<h3>");
    if (number)
        buffer_format(page->out, "%zu. ", number);
    add_severity(page, finding);
    put(page, finding->title);
    raw(page, "</h3>\n");
}

static void add_finding(struct page *page, size_t number, const struct finding *finding)
{
    const struct shared_fault *fault = shared_find(&page->shared, finding);
    buffer_format(page->out, "<article class=\"%s\" id=\"f-%s\">\n", class_of(finding),
                  finding->id);
    add_heading(page, number, finding);
    if (!fault) {
        add_body(page, finding, words_of_subject(page->arena, finding), false);
    } else {
        buffer_format(page->out, "<p>[%s] <code>", finding->id);
        put_string(page, finding->rule->code);
        raw(page, "</code>, ");
        put(page, words_of_number(page->arena, finding->failed_sessions, "failed session",
                                  "failed sessions"));
        buffer_format(page->out, ": see <a href=\"#s-%zu\">shared hosts</a></p>\n",
                      (size_t)(fault - page->report->shared->at) + 1);
    }
    raw(page, "</article>\n");
}

/* ---- faults that domains share ---- */

static void add_shared(struct page *page, size_t place, const struct shared_fault *fault)
{
    const struct finding *finding = shared_example(fault);
    buffer_format(page->out, "<article class=\"%s\" id=\"s-%zu\">\n", class_of(finding),
                  place + 1);
    add_heading(page, 0, finding);
    raw(page, "<p>");
    put(page, words_of_shared(page->arena, fault));
    raw(page, ":</p>\n<ul class=\"names\">\n");
    for (size_t i = 0; i < fault->count; i++) {
        buffer_format(page->out, "<li><a href=\"#f-%s\">", fault->at[i]->id);
        put(page, fault->at[i]->domain);
        raw(page, "</a></li>\n");
    }
    raw(page, "</ul>\n");
    BUFFER_AUTO subject = {0};
    buffer_add_text(&subject, TEXT("mail that others send to these domains: "));
    buffer_add_text(&subject, words_of_shared_sessions(page->arena, fault));
    add_body(page, finding, buffer_text(&subject), true);
    raw(page, "</article>\n");
}

static void add_all_shared(struct page *page)
{
    const struct shared_faults *shared = page->report->shared;
    if (!shared || !shared->count)
        return;
    raw(page, "<section>\n<h2>Shared hosts</h2>\n");
    for (size_t i = 0; i < shared->count; i++)
        add_shared(page, i, &shared->at[i]);
    raw(page, "</section>\n");
}

/* ---- domains ---- */

static void add_reasons(struct page *page, const struct diagnosis *diagnosis)
{
    const struct text_list *reasons = &diagnosis->mta_sts.reasons;
    if (!reasons->count)
        return;
    raw(page, "\n<ul>\n");
    for (size_t i = 0; i < reasons->count; i++)
        add_item(page, reasons->at[i]);
    raw(page, "</ul>");
}

static void add_domain(struct page *page, const struct diagnosis *diagnosis)
{
    size_t number = 0;
    raw(page, "<section>\n<h2 id=\"d-");
    put(page, diagnosis->domain);
    raw(page, "\">");
    put(page, diagnosis->domain);
    raw(page, "</h2>\n<dl>\n");
    html_entry(page->out, "Sessions", words_of_sessions(page->arena, diagnosis));
    raw(page, "<dt>MTA-STS</dt><dd>");
    put(page, words_of_readiness(page->arena, diagnosis));
    add_reasons(page, diagnosis);
    raw(page, "</dd>\n</dl>\n");
    for (int part = 0; part < PART_COUNT; part++)
        for (size_t i = 0; i < diagnosis->findings.count; i++)
            if (part_of(&diagnosis->findings.at[i]) == (enum part)part)
                add_finding(page, ++number, &diagnosis->findings.at[i]);
    if (!number)
        raw(page, "<p>No findings.</p>\n");
    raw(page, "</section>\n");
}

static void add_quiet(struct page *page, const struct diagnosis *diagnosis)
{
    raw(page, "<li id=\"d-");
    put(page, diagnosis->domain);
    raw(page, "\">");
    put(page, diagnosis->domain);
    raw(page, ": sessions: ");
    put(page, words_of_sessions(page->arena, diagnosis));
    raw(page, "; MTA-STS: ");
    put(page, words_of_readiness(page->arena, diagnosis));
    add_reasons(page, diagnosis);
    raw(page, "</li>\n");
}

static void add_domains(struct page *page)
{
    const struct findings_report *report = page->report;
    bool alone = report->count == 1, any = false;
    for (size_t i = 0; i < report->count; i++)
        if (alone || !is_quiet(&report->at[i]))
            add_domain(page, &report->at[i]);
    for (size_t i = 0; !alone && i < report->count; i++) {
        if (!is_quiet(&report->at[i]))
            continue;
        if (!any)
            raw(page, "<section>\n<h2>Without findings</h2>\n<ul>\n");
        any = true;
        add_quiet(page, &report->at[i]);
    }
    if (any)
        raw(page, "</ul>\n</section>\n");
}

static void add_row(struct page *page, const struct diagnosis *diagnosis)
{
    struct findings_report one = {.at = diagnosis, .count = 1};
    struct finding_counts counts = count_findings(&one);
    raw(page, "<tr><th scope=\"row\"><a href=\"#d-");
    put(page, diagnosis->domain);
    raw(page, "\">");
    put(page, diagnosis->domain);
    buffer_format(page->out, "</a></th><td>%llu of %llu</td><td>",
                  (unsigned long long)diagnosis->sessions.failed,
                  (unsigned long long)sessions_add(diagnosis->sessions.failed,
                                                   diagnosis->sessions.successful));
    const char *mode = mta_sts_mode_name(diagnosis->mta_sts.published_mode);
    put_string(page, mode ? mode : "no policy known");
    if (diagnosis->mta_sts.readiness == READINESS_READY)
        raw(page, ", ready to enforce");
    raw(page, "</td><td>");
    put(page, words_of_counts(page->arena, &counts));
    raw(page, "</td></tr>\n");
}

static void add_table(struct page *page)
{
    if (page->report->count < 2)
        return;
    raw(page, "<div class=\"table\"><table>\n<caption>Domains</caption>\n<thead><tr>"
              "<th scope=\"col\">Domain</th><th scope=\"col\">Failed sessions</th>"
              "<th scope=\"col\">MTA-STS</th><th scope=\"col\">Findings</th></tr></thead>\n"
              "<tbody>\n");
    for (size_t i = 0; i < page->report->count; i++)
        add_row(page, &page->report->at[i]);
    raw(page, "</tbody></table></div>\n");
}

/* ---- the whole ---- */

static void add_first(struct page *page, const struct finding *finding,
                      const struct shared_fault *shared)
{
    buffer_format(page->out, "<div class=\"first %s\">\n<h2>First</h2>\n<p>",
                  class_of(finding));
    add_severity(page, finding);
    if (shared)
        buffer_format(page->out, "%zu domains", shared->count);
    else
        put(page, finding->domain);
    raw(page, ": ");
    if (shared)
        buffer_format(page->out, "<a href=\"#s-%zu\">",
                      (size_t)(shared - page->report->shared->at) + 1);
    else
        buffer_format(page->out, "<a href=\"#f-%s\">", finding->id);
    put(page, finding->title);
    raw(page, "</a>.</p>\n<p>");
    put(page, words_of_first_step(page->arena, finding));
    raw(page, "</p>\n</div>\n");
}

static void add_head(struct page *page)
{
    html_head(page->out,
              text_format(page->arena, "TLS reports: %.*s",
                          TEXT_ARGS(words_of_scope(page->arena, page->report))),
              TEXT("What the TLS reports say"));
}

void findings_html(struct buffer *out, const struct findings_report *report)
{
    ARENA_AUTO arena = {0};
    struct page page = {.out = out, .arena = &arena, .report = report};
    page.shared = shared_index_of(report->shared, &arena);
    struct finding_counts counts = count_findings(report);
    const struct shared_fault *shared;
    const struct finding *first = first_to_do(report, &page.shared, &shared);
    add_head(&page);
    raw(&page, "<p>");
    put(&page, words_of_scope(&arena, report));
    raw(&page, ": ");
    put(&page, words_of_counts(&arena, &counts));
    raw(&page, "</p>\n<p class=\"meta\">Made ");
    html_time(page.out, report->generated_at);
    raw(&page, "</p>\n</header>\n<main>\n");
    if (first) {
        add_first(&page, first, shared);
    } else {
        raw(&page, "<div class=\"first\"><p>");
        put_string(&page, words_of_nothing(&counts));
        raw(&page, "</p></div>\n");
    }
    add_table(&page);
    add_all_shared(&page);
    add_domains(&page);
    raw(&page, "</main>\n</body>\n</html>\n");
}
