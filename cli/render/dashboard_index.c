/* The overview: every domain in one table, the worst first. */
#include <stdlib.h>

#include "base/time.h"
#include "published/mta_sts.h"
#include "render/dashboard_page.h"
#include "render/escape.h"
#include "render/finding_html.h"
#include "render/html.h"
#include "render/summary_words.h"

/* A domain, and what it is put in order by. */
struct row {
    const struct summary *summary;
    struct finding_counts counts;
    enum severity worst; /* of the open findings; SEVERITY_UNKNOWN: there are none */
};

struct page {
    struct buffer *out;
    struct arena *arena;
    const struct dashboard_report *report;
    struct shared_index shared;
    struct row *rows;
    bool clients;
};

static void raw(struct page *page, const char *html)
{
    buffer_add_text(page->out, text_of(html));
}

static void put(struct page *page, struct text text)
{
    escape_html(page->out, text);
}

/* Where FINDING stands: on the page of its domain. */
static struct text link_to(struct page *page, const struct finding *finding)
{
    struct text file = dashboard_domain_file(page->arena, finding->domain);
    return text_format(page->arena, "%.*s#f-%s", TEXT_ARGS(file), finding->id);
}

static void add_link(struct page *page, const struct finding *finding, struct text text)
{
    buffer_format(page->out, "<a href=\"%.*s\">", TEXT_ARGS(link_to(page, finding)));
    put(page, text);
    raw(page, "</a>");
}

/* ---- in which order ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->worst != y->worst)
        return x->worst < y->worst ? 1 : -1;
    for (int severity = SEVERITY_COUNT - 1; severity > SEVERITY_OK; severity--)
        if (x->counts.open[severity] != y->counts.open[severity])
            return x->counts.open[severity] < y->counts.open[severity] ? 1 : -1;
    if (x->summary->sessions.failed != y->summary->sessions.failed)
        return x->summary->sessions.failed < y->summary->sessions.failed ? 1 : -1;
    return text_compare(x->summary->audit->domain, y->summary->audit->domain);
}

static void sort_rows(struct page *page)
{
    size_t count = page->report->findings.count;
    page->rows = arena_array(page->arena, count, sizeof *page->rows);
    for (size_t i = 0; i < count; i++) {
        struct row *row = &page->rows[i];
        struct findings_report one = {.at = &page->report->findings.at[i], .count = 1};
        row->summary = &page->report->at[i];
        row->counts = count_findings(&one);
        for (int severity = SEVERITY_OK; severity < SEVERITY_COUNT; severity++)
            if (row->counts.open[severity])
                row->worst = (enum severity)severity;
        page->clients |= text_known(row->summary->audit->client);
    }
    if (count)
        qsort(page->rows, count, sizeof *page->rows, compare_rows);
}

/* ---- the table ---- */

static void add_name(struct page *page, const struct row *row)
{
    struct text domain = row->summary->audit->domain;
    struct text file = dashboard_domain_file(page->arena, domain);
    buffer_format(page->out, "<tr><th scope=\"row\"><a href=\"%.*s\">", TEXT_ARGS(file));
    put(page, domain);
    raw(page, "</a></th>");
}

static void add_state(struct page *page, const struct row *row)
{
    const struct summary *summary = row->summary;
    bool unseen = summary->audit->observed_at == TIME_UNKNOWN;
    bool silent = !summary->sessions.successful && !summary->sessions.failed;
    const char *word = row->worst > SEVERITY_OK ? severity_name(row->worst)
                       : unseen && silent       ? "not known"
                                                : "in order";
    const char *class = row->worst == SEVERITY_CRITICAL  ? " class=\"critical\""
                        : row->worst == SEVERITY_WARNING ? " class=\"warning\""
                                                         : "";
    buffer_format(page->out, "<td%s data-v=\"%d\">%s</td>", class, (int)row->worst, word);
}

static const char *readiness_word(enum readiness readiness)
{
    static const char *const words[READINESS_COUNT] = {
        [READINESS_UNKNOWN] = "not known",   [READINESS_READY] = "ready",
        [READINESS_NOT_READY] = "not ready", [READINESS_INSUFFICIENT_DATA] = "too little known",
        [READINESS_ENFORCING] = "enforcing", [READINESS_NONE] = "no policy",
    };
    return words[readiness < READINESS_COUNT ? readiness : READINESS_UNKNOWN];
}

static double rate_of(const struct session_counts *sessions)
{
    double all = (double)sessions->successful + (double)sessions->failed;
    return all > 0 ? (double)sessions->failed / all : 0;
}

static void add_numbers(struct page *page, const struct row *row)
{
    const struct summary *summary = row->summary;
    char date[TIME_TEXT_SIZE];
    bool none = summary->audit->last_report_at == TIME_UNKNOWN;
    buffer_format(page->out, "<td class=\"n\">%llu</td><td class=\"n\" data-v=\"%.6f\">",
                  (unsigned long long)sessions_add(summary->sessions.successful,
                                                   summary->sessions.failed),
                  rate_of(&summary->sessions));
    page_rate(page->out, summary->sessions);
    dashboard_spark(page->out, summary);
    buffer_format(page->out, "</td><td class=\"day\">%s</td>",
                  none ? "none" : time_date(summary->audit->last_report_at, date));
}

static size_t weight_of(const struct finding_counts *counts)
{
    return counts->open[SEVERITY_CRITICAL] * 1000000 + counts->open[SEVERITY_WARNING] * 1000 +
           counts->open[SEVERITY_NOTICE];
}

static void add_row(struct page *page, const struct row *row)
{
    const struct summary *summary = row->summary;
    const char *mode = mta_sts_mode_name(summary->diagnosis->mta_sts.published_mode);
    struct finding_counts open = row->counts;
    open.acknowledged = open.stopped = open.open[SEVERITY_OK] = 0;
    add_name(page, row);
    add_state(page, row);
    buffer_format(page->out, "<td>%s</td><td>%s</td><td>%s</td>",
                  audit_status_name(summary->audit->status), mode ? mode : "none known",
                  readiness_word(summary->diagnosis->mta_sts.readiness));
    add_numbers(page, row);
    buffer_format(page->out, "<td data-v=\"%zu\">", weight_of(&open));
    put(page, weight_of(&open) ? words_of_counts(page->arena, &open) : TEXT("none"));
    raw(page, "</td>");
    if (page->clients) {
        raw(page, "<td>");
        put(page, summary->audit->client);
        raw(page, "</td>");
    }
    raw(page, "</tr>\n");
}

static void add_table(struct page *page)
{
    page_table(page->out, "domains", "sortable domains", "Domains, the worst first");
    raw(page,
        "<th scope=\"col\">Domain</th><th scope=\"col\">State</th><th scope=\"col\">TLS-RPT"
        "</th><th scope=\"col\">MTA-STS</th><th scope=\"col\">Ready to enforce</th><th "
        "scope=\"col\" class=\"n\">Sessions</th><th scope=\"col\" class=\"n\">Failed</th>"
        "<th scope=\"col\">Last report</th><th scope=\"col\">Open findings</th>");
    raw(page, page->clients ? "<th scope=\"col\">Client</th></tr></thead>\n<tbody>\n"
                            : "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->report->findings.count; i++)
        add_row(page, &page->rows[i]);
    raw(page, "</tbody></table></div>\n");
}

/* For the client: what becomes of mail, and what to do, in words. */
static void add_plain_table(struct page *page)
{
    page_table(page->out, "domains", "sortable plain", "Domains");
    raw(page, "<th scope=\"col\">Domain</th><th scope=\"col\">Delivery</th><th "
              "scope=\"col\">To do</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->report->findings.count; i++) {
        const struct row *row = &page->rows[i];
        struct text rest = row->summary->action, line;
        add_name(page, row);
        buffer_format(page->out, "<td data-v=\"%d\">", -(int)row->worst);
        put(page, summary_delivery(page->arena, row->summary));
        raw(page, "</td><td>");
        if (text_next(&rest, '\n', &line))
            put(page, line);
        raw(page, "</td></tr>\n");
    }
    raw(page, "</tbody></table></div>\n");
}

/* ---- causes that domains share ---- */

static void add_shared(struct page *page, const struct shared_fault *fault)
{
    enum { SHOWN = 10 };
    const struct finding *finding = shared_example(fault);
    struct text code = dashboard_code_file(page->arena, fault->rule);
    buffer_format(page->out, "<article class=\"%s shared\">\n", finding_html_class(finding));
    finding_html_heading(page->out, 0, finding);
    raw(page, "<p>");
    put(page, words_of_shared(page->arena, fault));
    raw(page, ": ");
    put(page, words_of_number(page->arena, fault->failed_sessions, "session failed",
                              "sessions failed in all"));
    raw(page, ". ");
    put(page, words_of_first_step(page->arena, finding));
    raw(page, "</p>\n<p>");
    for (size_t i = 0; i < fault->count && i < SHOWN; i++) {
        raw(page, i ? ", " : "");
        add_link(page, fault->at[i], fault->at[i]->domain);
    }
    if (fault->count > SHOWN)
        buffer_format(page->out, " and %zu more", fault->count - SHOWN);
    buffer_format(page->out, "; <a href=\"%.*s\">%s</a></p>\n</article>\n", TEXT_ARGS(code),
                  fault->rule->code);
}

static void add_all_shared(struct page *page)
{
    enum { SHOWN = 50 };
    const struct shared_faults *shared = page->report->findings.shared;
    if (!shared->count)
        return;
    raw(page, "<section aria-labelledby=\"shared\">\n<h2 id=\"shared\">Causes that domains "
              "share</h2>\n");
    for (size_t i = 0; i < shared->count && i < SHOWN; i++)
        add_shared(page, &shared->at[i]);
    if (shared->count > SHOWN)
        buffer_format(page->out, "<p>and %zu more</p>\n", shared->count - SHOWN);
    raw(page, "</section>\n");
}

/* ---- the whole ---- */

static void add_first(struct page *page)
{
    const struct findings_report *report = &page->report->findings;
    struct finding_counts counts = count_findings(report);
    const struct shared_fault *shared;
    const struct finding *finding = first_to_do(report, &page->shared, &shared);
    if (!finding) {
        buffer_format(page->out, "<div class=\"first\"><p>%s</p></div>\n",
                      counts.open[SEVERITY_NOTICE] ? "Nothing to do now: the notices can wait."
                                                   : "Nothing to do.");
        return;
    }
    finding_html_first(page->out, page->arena, finding,
                       shared ? text_format(page->arena, "%zu domains", shared->count)
                              : finding->domain,
                       link_to(page, finding));
}

static void add_head(struct page *page)
{
    const struct dashboard_report *report = page->report;
    struct summary_report summary = {.since = report->findings.since,
                                     .until = report->findings.until,
                                     .at = report->at,
                                     .count = report->findings.count,
                                     .client = report->client};
    struct finding_counts counts = count_findings(&report->findings);
    struct text title = summary_title(page->arena, &summary);
    page_head(page->out, PAGE_TOP, title, title);
    raw(page, "<p>");
    if (text_known(report->client))
        put(page, text_format(page->arena, "In short: %.*s.",
                              TEXT_ARGS(summary_verdict(page->arena, &summary))));
    else
        put(page, text_format(page->arena, "%.*s: %.*s",
                              TEXT_ARGS(words_of_scope(page->arena, &report->findings)),
                              TEXT_ARGS(words_of_counts(page->arena, &counts))));
    raw(page, "</p>\n<p class=\"meta\">Made ");
    html_time(page->out, report->findings.generated_at);
    raw(page, "by tlsrpt</p>\n</header>\n<main id=\"main\">\n");
}

void dashboard_index(struct buffer *out, const struct dashboard_report *report)
{
    ARENA_AUTO arena = {0};
    struct page page = {.out = out, .arena = &arena, .report = report};
    page.shared = shared_index_of(report->findings.shared, &arena);
    sort_rows(&page);
    add_head(&page);
    add_first(&page);
    add_all_shared(&page);
    if (!report->findings.count)
        raw(&page, "<p>No report came in this time, and no domain is configured.</p>\n");
    else if (text_known(report->client))
        add_plain_table(&page);
    else
        add_table(&page);
    page_end(out);
}
