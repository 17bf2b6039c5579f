#include "base/time.h"
#include "render/escape.h"
#include "render/html.h"
#include "render/plot.h"
#include "render/summary_words.h"

struct page {
    struct buffer *out;
    struct arena *arena;
};

static void raw(struct page *page, const char *html)
{
    buffer_add_text(page->out, text_of(html));
}

static void add_words(struct page *page, const struct summary *summary)
{
    struct arena *arena = page->arena;
    raw(page, "<dl>\n");
    html_entry(page->out, "Reporting", summary_reporting(arena, summary));
    html_entry(page->out, "Read by", summary_owner(arena, summary));
    html_entry(page->out, "MTA-STS", summary_mta_sts(arena, summary));
    html_entry(page->out, "Delivery", summary_delivery(arena, summary));
    html_entry(page->out, "Changes", summary_changes(arena, summary));
    html_entry(page->out, "Stage", summary_stage(arena, summary));
    raw(page, "<dt>To do</dt><dd>");
    html_action(page->out, summary->action);
    raw(page, "</dd>\n</dl>\n");
}

static void add_days(struct page *page, const struct summary *summary)
{
    char date[TIME_TEXT_SIZE];
    plot_days(
        page->out, summary->by_day.at, summary->by_day.count,
        text_format(page->arena, "Sessions of %.*s by day", TEXT_ARGS(summary->audit->domain)));
    raw(page, "<details><summary>The numbers by day</summary>\n<div class=\"table\"><table>\n"
              "<thead><tr><th scope=\"col\">Day</th><th scope=\"col\">Successful</th>"
              "<th scope=\"col\">Failed</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < summary->by_day.count; i++) {
        const struct day_count *day = &summary->by_day.at[i];
        if (day->sessions.successful || day->sessions.failed)
            buffer_format(
                page->out, "<tr><th scope=\"row\">%s</th><td>%llu</td><td>%llu</td></tr>\n",
                time_date(day->day, date), (unsigned long long)day->sessions.successful,
                (unsigned long long)day->sessions.failed);
    }
    raw(page, "</tbody></table></div></details>\n");
}

enum { TOP = 8 };

static void add_causes(struct page *page, const struct findings *findings)
{
    raw(page, "<h3>Causes</h3>\n<ul>\n");
    for (size_t i = 0, shown = 0; i < findings->count && shown < TOP; i++) {
        const struct finding *finding = &findings->at[i];
        if (finding->severity == SEVERITY_OK)
            continue;
        shown++;
        raw(page, "<li>");
        escape_html(page->out, finding->title);
        buffer_format(
            page->out, " <span class=\"meta\">%llu sessions, %s, %s, %s [%s]</span></li>\n",
            (unsigned long long)finding->failed_sessions, severity_name(finding->severity),
            finding->rule->code, state_name(finding->state), finding->id);
    }
    raw(page, "</ul>\n");
}

static void add_reporters(struct page *page, const struct summary *summary)
{
    if (!summary->reporters.count)
        return;
    raw(page, "<div class=\"table\"><table>\n<caption>Reporters</caption>\n<thead><tr>"
              "<th scope=\"col\">Reporter</th><th scope=\"col\">Successful</th>"
              "<th scope=\"col\">Failed</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < summary->reporters.count && i < 2 * TOP; i++) {
        const struct reporter_count *reporter = &summary->reporters.at[i];
        raw(page, "<tr><th scope=\"row\">");
        escape_html(page->out, text_known(reporter->name) ? reporter->name : TEXT("(no name)"));
        buffer_format(page->out, "</th><td>%llu</td><td>%llu</td></tr>\n",
                      (unsigned long long)reporter->sessions.successful,
                      (unsigned long long)reporter->sessions.failed);
    }
    raw(page, "</tbody></table></div>\n");
}

static void add_changes(struct page *page, const struct changes *changes)
{
    if (!changes->count)
        return;
    raw(page, "<h3>Changes</h3>\n<ul>\n");
    for (size_t i = 0; i < changes->count && i < 2 * TOP; i++) {
        buffer_format(page->out, "<li>%s of ", change_kind_name(changes->at[i].kind));
        escape_html(page->out, changes->at[i].name);
        buffer_format(page->out, " <span class=\"meta\">[%s]</span></li>\n", changes->at[i].id);
    }
    raw(page, "</ul>\n");
}

static void add_domain(struct page *page, const struct summary *summary)
{
    raw(page, "<section>\n<h2>");
    escape_html(page->out, summary->audit->domain);
    if (text_known(summary->audit->client)) {
        raw(page, " <span class=\"meta\">");
        escape_html(page->out, summary->audit->client);
        raw(page, "</span>");
    }
    buffer_format(page->out, ": %s</h2>\n", audit_status_name(summary->audit->status));
    add_words(page, summary);
    raw(page, "<h3>For the technical reader</h3>\n");
    html_paragraph(page->out, summary_rate(page->arena, summary));
    add_days(page, summary);
    add_causes(page, &summary->diagnosis->findings);
    add_reporters(page, summary);
    add_changes(page, &summary->changes);
    raw(page, "</section>\n");
}

void summary_html(struct buffer *out, const struct summary_report *report)
{
    ARENA_AUTO arena = {0};
    struct page page = {out, &arena};
    char made[TIME_TEXT_SIZE];
    struct text period = summary_period(&arena, report);
    html_head(out, text_format(&arena, "Encrypted delivery of mail, %.*s", TEXT_ARGS(period)),
              text_format(&arena, "Encrypted delivery of mail, %.*s", TEXT_ARGS(period)));
    html_paragraph(out, text_format(&arena, "In short: %.*s.",
                                    TEXT_ARGS(summary_verdict(&arena, report))));
    buffer_format(out, "<p class=\"meta\">Made %s</p>\n</header>\n<main>\n",
                  time_text(report->generated_at, made));
    for (size_t i = 0; i < report->count; i++)
        add_domain(&page, &report->at[i]);
    raw(&page, "</main>\n<footer>");
    html_paragraph(out, text_of(audit_disclaimer));
    raw(&page, "</footer>\n</body>\n</html>\n");
}
