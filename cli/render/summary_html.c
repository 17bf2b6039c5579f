#include "base/time.h"
#include "render/escape.h"
#include "render/forecast.h"
#include "render/habit_words.h"
#include "render/html.h"
#include "render/plot.h"
#include "render/summary_words.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    size_t plots;
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

/* The cells of a name and two numbers; the row is left open. */
static void begin_row(struct page *page, struct text name, struct session_counts sessions)
{
    raw(page, "<tr><th scope=\"row\">");
    escape_html(page->out, name);
    buffer_format(page->out, "</th><td class=\"n\">%llu</td><td class=\"n\">%llu</td>",
                  (unsigned long long)sessions.successful, (unsigned long long)sessions.failed);
}

/* MORE: the heads of further columns, or "". */
static void add_table_head(struct page *page, const char *caption, const char *first,
                           const char *more)
{
    buffer_format(page->out,
                  "<div class=\"table\"><table>\n<caption>%s</caption>\n<thead><tr>"
                  "<th scope=\"col\">%s</th><th scope=\"col\" class=\"n\">Successful</th>"
                  "<th scope=\"col\" class=\"n\">Failed</th>%s</tr></thead>\n<tbody>\n",
                  caption, first, more);
}

static void add_days(struct page *page, const struct summary *summary)
{
    char date[TIME_TEXT_SIZE];
    struct text title =
        text_format(page->arena, "Sessions of %.*s by day", TEXT_ARGS(summary->audit->domain));
    if (!plot_days(page->out, summary->by_day.at, summary->by_day.count, title, page->plots++))
        return;
    raw(page, "<details><summary>The numbers by day</summary>\n");
    add_table_head(page, "Sessions by day; days that are left out had none", "Day", "");
    for (size_t i = 0; i < summary->by_day.count; i++) {
        const struct day_count *day = &summary->by_day.at[i];
        if (!day->sessions.successful && !day->sessions.failed)
            continue;
        begin_row(page, text_of(time_date(day->day, date)), day->sessions);
        raw(page, "</tr>\n");
    }
    raw(page, "</tbody></table></div></details>\n");
}

enum { TOP = 8 };

static void add_more(struct page *page, size_t count, size_t shown)
{
    if (count > shown)
        buffer_format(page->out, "<p class=\"meta\">and %zu more</p>\n", count - shown);
}

static void add_finding(struct page *page, const struct finding *finding)
{
    raw(page, "<li>");
    escape_html(page->out, finding->title);
    raw(page, " <span class=\"meta\">");
    if (finding->failed_sessions)
        buffer_format(page->out, "%llu sessions, ",
                      (unsigned long long)finding->failed_sessions);
    buffer_format(page->out, "%s, %s, %s [%s]</span></li>\n", severity_name(finding->severity),
                  finding->rule->code, state_name(finding->state), finding->id);
}

static void add_findings(struct page *page, const char *heading,
                         const struct finding *const *top, size_t count)
{
    if (!count)
        return;
    buffer_format(page->out, "<h3>%s</h3>\n<ul>\n", heading);
    for (size_t i = 0; i < count && i < TOP; i++)
        add_finding(page, top[i]);
    raw(page, "</ul>\n");
    add_more(page, count, TOP);
}

static void add_reporter(struct page *page, const struct reporter_count *reporter)
{
    const struct habit *habit = reporter->habit;
    begin_row(page, summary_reporter_name(reporter), reporter->sessions);
    raw(page, "<td>");
    if (habit)
        escape_html(page->out, words_of_habit(page->arena, habit));
    if (habit && habit->silent) {
        raw(page, "<br><strong>");
        escape_html(page->out, words_of_silence(page->arena, habit));
        raw(page, "</strong>");
    }
    raw(page, "</td></tr>\n");
}

static void add_reporters(struct page *page, const struct summary *summary)
{
    const struct reporter_count *top[4 * TOP];
    size_t shown = summary_reporters(summary, top, 2 * TOP, sizeof top / sizeof *top);
    if (!shown)
        return;
    add_table_head(page, "Reporters", "Reporter", "<th scope=\"col\">As a rule</th>");
    for (size_t i = 0; i < shown; i++)
        add_reporter(page, top[i]);
    raw(page, "</tbody></table></div>\n");
    add_more(page, summary->reporters.count, shown);
}

static void add_values(struct page *page, const char *label, const struct text_list *values)
{
    if (!values->count)
        return;
    buffer_format(page->out, "<br><span class=\"meta\">%s:</span> ", label);
    for (size_t i = 0; i < values->count; i++) {
        if (i)
            raw(page, " <span class=\"meta\">and</span> ");
        escape_html(page->out, values->at[i]);
    }
}

static void add_changes(struct page *page, const struct changes *changes)
{
    if (!changes->count)
        return;
    raw(page, "<h3>Changes</h3>\n<ul>\n");
    for (size_t i = 0; i < changes->count && i < 2 * TOP; i++) {
        const struct change *change = &changes->at[i];
        raw(page, "<li>");
        html_time(page->out, change->first_seen);
        buffer_format(page->out, "%s of ", change_kind_name(change->kind));
        escape_html(page->out, change->name);
        buffer_format(page->out, " <span class=\"meta\">[%s]</span>", change->id);
        add_values(page, "before", &change->before);
        add_values(page, "after", &change->after);
        raw(page, "</li>\n");
    }
    raw(page, "</ul>\n");
    add_more(page, changes->count, 2 * TOP);
}

static void add_domain(struct page *page, const struct summary *summary)
{
    const struct findings *findings = &summary->diagnosis->findings;
    const struct finding *top[TOP];
    raw(page, "<section>\n<h2>");
    escape_html(page->out, summary->audit->domain);
    if (text_known(summary->audit->client)) {
        raw(page, " <span class=\"meta\">");
        escape_html(page->out, summary->audit->client);
        raw(page, "</span>");
    }
    buffer_format(page->out, ": TLS-RPT %s</h2>\n", audit_status_name(summary->audit->status));
    add_words(page, summary);
    forecast_html(page->out, summary->forecast);
    raw(page, "<h3>For the technical reader</h3>\n");
    html_paragraph(page->out, summary_rate(page->arena, summary));
    add_days(page, summary);
    add_findings(page, "Causes", top, summary_causes(findings, top, TOP));
    add_findings(page, "Also found", top, summary_others(findings, top, TOP));
    add_reporters(page, summary);
    add_changes(page, &summary->changes);
    raw(page, "</section>\n");
}

void summary_html(struct buffer *out, const struct summary_report *report)
{
    ARENA_AUTO arena = {0};
    struct page page = {.out = out, .arena = &arena};
    struct text title = summary_title(&arena, report);
    char made[TIME_TEXT_SIZE];
    html_head(out, title, title);
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
