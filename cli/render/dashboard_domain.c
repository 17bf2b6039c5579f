/* The page of one domain: first in words, then all that is known of it. */
#include "base/time.h"
#include "render/audit.h"
#include "render/dashboard_page.h"
#include "render/escape.h"
#include "render/finding_html.h"
#include "render/forecast.h"
#include "render/html.h"
#include "render/summary_words.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    const struct dashboard_domain *domain;
    const struct summary *summary;
};

static void raw(struct page *page, const char *html)
{
    buffer_add_text(page->out, text_of(html));
}

static void put(struct page *page, struct text text)
{
    escape_html(page->out, text);
}

static void add_section(struct page *page, const char *id, const char *heading)
{
    buffer_format(page->out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id,
                  id, heading);
}

/* ---- on top ---- */

static const struct {
    const char *id, *heading;
} sections[] = {
    {"sessions", "Sessions and failures"},
    {"findings", "Findings"},
    {"places", "Where sessions failed"},
    {"enforce", "May MTA-STS go to enforce?"},
    {"reporting", "Reporting"},
    {"published", "What was published"},
};

static bool is_anything_coming(const struct page *page)
{
    return page->summary->forecast && page->summary->forecast->count;
}

static void add_contents(struct page *page)
{
    raw(page, "<nav aria-label=\"On this page\">");
    if (is_anything_coming(page))
        raw(page, "<a href=\"#coming\">What is coming</a> ");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        buffer_format(page->out, "<a href=\"#%s\">%s</a> ", sections[i].id,
                      sections[i].heading);
    raw(page, "</nav>\n");
}

static void add_first(struct page *page, const struct findings_report *report)
{
    const struct shared_fault *shared;
    struct shared_index index = shared_index_of(NULL, page->arena);
    const struct finding *finding = first_to_do(report, &index, &shared);
    struct finding_counts counts = count_findings(report);
    if (!finding) {
        buffer_format(page->out, "<div class=\"first\"><p>%s</p></div>\n",
                      words_of_nothing(&counts));
        return;
    }
    finding_html_first(page->out, page->arena, finding, TEXT(""),
                       text_format(page->arena, "#f-%s", finding->id));
}

static void add_words(struct page *page)
{
    const struct summary *summary = page->summary;
    struct arena *arena = page->arena;
    raw(page, "<dl class=\"facts\">\n");
    html_entry(page->out, "Delivery", summary_delivery(arena, summary));
    html_entry(page->out, "MTA-STS", summary_mta_sts(arena, summary));
    html_entry(page->out, "Reporting", summary_reporting(arena, summary));
    html_entry(page->out, "Read by", summary_owner(arena, summary));
    html_entry(page->out, "Changes", summary_changes(arena, summary));
    html_entry(page->out, "Stage", summary_stage(arena, summary));
    html_entry(page->out, "Sessions", words_of_sessions(arena, summary->diagnosis));
    raw(page, "</dl>\n");
}

static void add_top(struct page *page)
{
    struct findings_report one = {.since = page->domain->since,
                                  .until = page->domain->until,
                                  .at = page->summary->diagnosis,
                                  .count = 1};
    struct finding_counts counts = count_findings(&one);
    struct text domain = page->summary->audit->domain;
    page_head(page->out, PAGE_BELOW, text_known(domain) ? domain : TEXT("?"), domain);
    raw(page, "<p>");
    if (text_known(page->summary->audit->client)) {
        put(page, page->summary->audit->client);
        raw(page, "; ");
    }
    put(page, words_of_scope(page->arena, &one));
    raw(page, ": ");
    put(page, words_of_counts(page->arena, &counts));
    raw(page, "</p>\n");
    add_contents(page);
    raw(page, "</header>\n<main id=\"main\">\n");
    add_first(page, &one);
    add_words(page);
}

static void add_coming(struct page *page)
{
    if (!is_anything_coming(page))
        return;
    add_section(page, "coming", "What is coming");
    forecast_html_list(page->out, page->summary->forecast);
    raw(page, "</section>\n");
}

/* ---- sessions ---- */

static void add_reporters(struct page *page)
{
    enum { SHOWN = 30 };
    size_t count = page->summary->reporters.count;
    if (!count)
        return;
    page_table(page->out, "reporters", "", "Reporters");
    raw(page, "<th scope=\"col\">Reporter</th><th scope=\"col\" class=\"n\">Successful</th><th "
              "scope=\"col\" class=\"n\">Failed</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const struct reporter_count *reporter = &page->summary->reporters.at[i];
        raw(page, "<tr><th scope=\"row\">");
        put(page, text_known(reporter->name) ? reporter->name : TEXT("(no name)"));
        buffer_format(page->out,
                      "</th><td class=\"n\">%llu</td><td class=\"n\">%llu</td></tr>\n",
                      (unsigned long long)reporter->sessions.successful,
                      (unsigned long long)reporter->sessions.failed);
    }
    raw(page, "</tbody></table></div>\n");
    if (count > SHOWN)
        buffer_format(page->out, "<p class=\"meta\">and %zu more</p>\n", count - SHOWN);
}

static void add_sessions(struct page *page)
{
    add_section(page, sections[0].id, sections[0].heading);
    dashboard_plot(page->out, page->domain);
    add_reporters(page);
    raw(page, "</section>\n");
}

/* ---- findings ---- */

static void add_finding(struct page *page, struct finding_html *html, size_t number,
                        const struct finding *finding)
{
    buffer_format(page->out, "<article class=\"%s\" id=\"f-%s\">\n",
                  finding_html_class(finding), finding->id);
    finding_html_heading(page->out, number, finding);
    finding_html_body(html, finding, words_of_subject(page->arena, finding), false);
    raw(page, "</article>\n");
}

static void add_findings(struct page *page)
{
    const struct findings *findings = &page->summary->diagnosis->findings;
    struct finding_html html = {.out = page->out, .arena = page->arena, .codes = "../code/"};
    size_t number = 0;
    add_section(page, sections[1].id, sections[1].heading);
    for (int part = 0; part < PART_COUNT; part++)
        for (size_t i = 0; i < findings->count; i++)
            if (part_of(&findings->at[i]) == (enum part)part)
                add_finding(page, &html, ++number, &findings->at[i]);
    if (!number)
        raw(page, "<p>No findings.</p>\n");
    raw(page, "</section>\n");
}

/* ---- where ---- */

static void add_types(struct page *page, unsigned types)
{
    bool any = false;
    for (unsigned i = 0; i < RESULT_COUNT; i++) {
        if (!(types & 1U << i))
            continue;
        buffer_format(page->out, "%s%s", any ? ", " : "",
                      result_type_name((enum result_type)i));
        any = true;
    }
}

static void add_places(struct page *page)
{
    enum { SHOWN = 50 };
    size_t count = page->domain->places.count;
    add_section(page, sections[2].id, sections[2].heading);
    if (!count)
        raw(page, "<p>No failed session is reported.</p>\n");
    else
        page_table(page->out, "by-place", "", "Failed sessions by MX host and address");
    if (count)
        raw(page, "<th scope=\"col\">MX host</th><th scope=\"col\">Address</th><th "
                  "scope=\"col\">Reported as</th><th scope=\"col\" class=\"n\">Failed "
                  "sessions</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const struct dashboard_place *place = &page->domain->places.at[i];
        raw(page, "<tr><th scope=\"row\">");
        put(page, text_known(place->mx) ? place->mx : TEXT("not named"));
        raw(page, "</th><td>");
        put(page, text_known(place->address) ? place->address : TEXT("not named"));
        raw(page, "</td><td>");
        add_types(page, place->result_types);
        buffer_format(page->out, "</td><td class=\"n\">%llu</td></tr>\n",
                      (unsigned long long)place->sessions);
    }
    if (count)
        raw(page, "</tbody></table></div>\n");
    if (count > SHOWN)
        buffer_format(page->out, "<p class=\"meta\">and %zu more</p>\n", count - SHOWN);
    raw(page, "</section>\n");
}

/* ---- may it go to enforce ---- */

static const char *const gates[GATE_COUNT] = {
    [GATE_POLICY] = "The policy is served and valid",
    [GATE_RECORD] = "The TXT record that announces it is there and valid",
    [GATE_HOSTS_LISTED] = "The policy lists every MX host",
    [GATE_HOSTS_PASS] = "Every MX host, as observed, is what enforce asks for",
    [GATE_SESSIONS] = "Enforce would have refused no session of the last 14 days",
    [GATE_REPORTERS] = "Two independent reporters, at least, sent reports",
    [GATE_SPAN] = "The reports cover 14 days",
    [GATE_OBSERVED] = "The latest observation is not older than 7 days",
    [GATE_PROBED] = "Every MX host was probed",
};

static void add_gate(struct page *page, enum gate kind, const struct gate_answer *gate)
{
    static const char *const answers[] = {
        [ANSWER_UNKNOWN] = "<span>cannot be told</span>",
        [ANSWER_NO] = "<span class=\"no\">no</span>",
        [ANSWER_YES] = "<span class=\"ok\">yes</span>",
    };
    buffer_format(page->out,
                  "<tr><th scope=\"row\">%s</th><td data-label=\"Holds\">%s</td><td "
                  "data-label=\"Why not\">",
                  gates[kind], answers[gate->ok]);
    for (size_t i = 0; i < gate->reasons.count; i++) {
        raw(page, i ? "<br>" : "");
        put(page, gate->reasons.at[i]);
    }
    raw(page, "</td></tr>\n");
}

static void add_enforce(struct page *page)
{
    const struct readiness_answer *answer = &page->summary->diagnosis->mta_sts;
    add_section(page, sections[3].id, sections[3].heading);
    html_paragraph(page->out, words_of_readiness(page->arena, page->summary->diagnosis));
    if (answer->has_gates) {
        page_table(page->out, "gates", "", "What has to hold");
        raw(page, "<th scope=\"col\">Condition</th><th scope=\"col\">Holds</th><th "
                  "scope=\"col\">Why not</th></tr></thead>\n<tbody>\n");
        for (unsigned i = 0; i < GATE_COUNT; i++)
            add_gate(page, (enum gate)i, &answer->gates[i]);
        raw(page, "</tbody></table></div>\n");
    } else if (answer->reasons.count) {
        raw(page, "<ul>\n");
        for (size_t i = 0; i < answer->reasons.count; i++) {
            raw(page, "<li>");
            put(page, answer->reasons.at[i]);
            raw(page, "</li>\n");
        }
        raw(page, "</ul>\n");
    }
    raw(page, "</section>\n");
}

/* ---- the whole ---- */

void dashboard_domain(struct buffer *out, const struct dashboard_domain *domain)
{
    ARENA_AUTO arena = {0};
    struct page page = {
        .out = out, .arena = &arena, .domain = domain, .summary = domain->summary};
    add_top(&page);
    add_coming(&page);
    add_sessions(&page);
    add_findings(&page);
    add_places(&page);
    add_enforce(&page);
    add_section(&page, sections[4].id, sections[4].heading);
    html_paragraph(out, text_of(audit_disclaimer));
    audit_html_checks(out, domain->summary->audit);
    raw(&page, "</section>\n");
    add_section(&page, sections[5].id, sections[5].heading);
    dashboard_published(out, domain);
    raw(&page, "</section>\n");
    page_end(out);
}
