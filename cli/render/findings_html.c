/* Findings as one self-contained page: no script, nothing from elsewhere. */
#include "base/time.h"
#include "published/mta_sts.h"
#include "render/escape.h"
#include "render/finding_html.h"
#include "render/html.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    const struct findings_report *report;
    struct shared_index shared;
    struct finding_html finding;
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

static void add_finding(struct page *page, size_t number, const struct finding *finding)
{
    const struct shared_fault *fault = shared_find(&page->shared, finding);
    buffer_format(page->out, "<article class=\"%s\" id=\"f-%s\">\n",
                  finding_html_class(finding), finding->id);
    finding_html_heading(page->out, number, finding);
    if (!fault) {
        finding_html_body(&page->finding, finding, words_of_subject(page->arena, finding),
                          false);
    } else {
        buffer_format(page->out, "<p>[%s] ", finding->id);
        finding_html_code(&page->finding, finding);
        raw(page, ", ");
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
    buffer_format(page->out, "<article class=\"%s\" id=\"s-%zu\">\n",
                  finding_html_class(finding), place + 1);
    finding_html_heading(page->out, 0, finding);
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
    finding_html_body(&page->finding, finding, buffer_text(&subject), true);
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
    struct arena *arena = page->arena;
    if (shared)
        finding_html_first(
            page->out, arena, finding, text_format(arena, "%zu domains", shared->count),
            text_format(arena, "#s-%zu", (size_t)(shared - page->report->shared->at) + 1));
    else
        finding_html_first(page->out, arena, finding, finding->domain,
                           text_format(arena, "#f-%s", finding->id));
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
    struct page page = {.out = out,
                        .arena = &arena,
                        .report = report,
                        .finding = {.out = out, .arena = &arena}};
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
