/* The drawings of the dashboard. */
#include "base/time.h"
#include "render/dashboard_page.h"
#include "render/escape.h"

/* Small, so that its letters are still read where a narrow page shrinks it. */
enum {
    WIDTH = 480,
    LEFT = 4,
    ALL_TOP = 36, /* of the bars of all sessions */
    ALL_BASE = 136,
    FAILED_TOP = 162, /* of those that failed */
    FAILED_BASE = 232,
    HEIGHT = 252,
    MARK = 10, /* where the numbers of the changes stand */
};

static const struct dashboard_bar *bar_at(const struct dashboard_domain *domain, size_t place)
{
    return &domain->bars.at[place];
}

static uint64_t all_of(const struct session_counts *sessions)
{
    return sessions_add(sessions->successful, sessions->failed);
}

static uint64_t counted(const struct session_counts *sessions, bool only_failed)
{
    return only_failed ? sessions->failed : all_of(sessions);
}

static uint64_t highest(const struct dashboard_domain *domain, bool only_failed)
{
    uint64_t most = 0;
    for (size_t i = 0; i < domain->bars.count; i++) {
        uint64_t here = counted(&bar_at(domain, i)->sessions, only_failed);
        most = here > most ? here : most;
    }
    return most;
}

/* ---- bars ---- */

/* One of the two rows of bars. */
struct panel {
    bool only_failed;
    double top, base;
    uint64_t most;
};

/* The sum of a day saturates, so its parts are drawn as shares of it and never leave the frame. At least a
 * pixel or two, so that one failure is seen. */
static void add_stack(struct buffer *out, const struct panel *panel,
                      const struct dashboard_bar *bar, double x, double width)
{
    uint64_t here = counted(&bar->sessions, panel->only_failed);
    double parts = 0, y = panel->base;
    if (!here)
        return;
    double whole = (panel->base - panel->top) * ((double)here / (double)panel->most);
    whole = whole < 2 ? 2 : whole;
    for (size_t i = 0; i < DASHBOARD_PARTS; i++)
        parts += (double)counted(&bar->parts[i], panel->only_failed);
    for (size_t i = 0; i < DASHBOARD_PARTS; i++) {
        uint64_t part = counted(&bar->parts[i], panel->only_failed);
        double height = part ? whole * ((double)part / parts) : 0;
        if (height < 0.05)
            continue;
        y -= height;
        buffer_format(out,
                      "<rect fill=\"url(#p%zu)\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                      "height=\"%.1f\"/>",
                      i, x, y, width, height);
    }
}

static double x_of(const struct dashboard_domain *domain, size_t place)
{
    double step = (double)(WIDTH - 2 * LEFT) / (double)domain->bars.count;
    return LEFT + step * (double)place;
}

static void add_bar(struct buffer *out, const struct dashboard_domain *domain,
                    const struct panel *panels, size_t place)
{
    const struct dashboard_bar *bar = bar_at(domain, place);
    double step = x_of(domain, 1) - x_of(domain, 0), x = x_of(domain, place);
    if (!all_of(&bar->sessions))
        return;
    buffer_add_text(out, TEXT("<g><title>"));
    page_days(out, bar->day, domain->bar_days);
    buffer_format(out, ": %llu successful, %llu failed</title>",
                  (unsigned long long)bar->sessions.successful,
                  (unsigned long long)bar->sessions.failed);
    for (size_t i = 0; i < 2; i++)
        add_stack(out, &panels[i], bar, x + step * 0.1, step * 0.8);
    buffer_add_text(out, TEXT("</g>\n"));
}

/* ---- what is around them ---- */

/* Of each colour another hatching. */
static void add_patterns(struct buffer *out)
{
    static const char *const hatches[DASHBOARD_PARTS] = {
        "",       "M-1 7L7-1M-1 1L1-1M5 7L7 5", "M0 3H6", "M-1-1L7 7M5-1L7 1M-1 5L1 7",
        "M3 0V6", "M0 0L6 6M6 0L0 6",
    };
    buffer_add_text(out, TEXT("<defs>"));
    for (size_t i = 0; i < DASHBOARD_PARTS; i++)
        buffer_format(out,
                      "<pattern id=\"p%zu\" width=\"6\" height=\"6\" "
                      "patternUnits=\"userSpaceOnUse\"><rect class=\"r%zu\" width=\"6\" "
                      "height=\"6\"/><path class=\"hatch\" d=\"%s\"/></pattern>",
                      i, i, hatches[i]);
    buffer_add_text(out, TEXT("</defs>\n"));
}

static void add_head(struct buffer *out, const struct dashboard_domain *domain)
{
    buffer_format(out,
                  "<svg class=\"plot\" role=\"img\" aria-labelledby=\"plot-title plot-about\" "
                  "viewBox=\"0 0 %d %d\">\n<title id=\"plot-title\">Sessions of ",
                  WIDTH, HEIGHT);
    escape_html(out, domain->summary->audit->domain);
    buffer_add_text(out,
                    TEXT(" by day and reporter</title>\n<desc id=\"plot-about\">Above, all "
                         "sessions; below, those that failed; each stacked by reporter. "
                         "Dashed lines with a number are days on which something published "
                         "was seen to have changed. The list and the table below have all of "
                         "it.</desc>\n"));
    add_patterns(out);
}

static void add_label(struct buffer *out, double x, int y, const char *anchor, const char *text)
{
    buffer_format(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
                  text);
}

static void add_axis(struct buffer *out, const struct dashboard_domain *domain,
                     const struct panel *panel)
{
    BUFFER_AUTO label = {0};
    buffer_format(&label, "%s, at most %llu %s", panel->only_failed ? "failed" : "all sessions",
                  (unsigned long long)panel->most,
                  domain->bar_days > 1 ? "in a bar" : "on a day");
    buffer_add_char(&label, '\0');
    buffer_format(out, "<line class=\"axis\" x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\"/>\n",
                  LEFT, panel->base, WIDTH - LEFT, panel->base);
    add_label(out, LEFT, (int)panel->top - 8, "start", label.at);
}

/* The first, the last, and two in between. */
static void add_dates(struct buffer *out, const struct dashboard_domain *domain)
{
    static const char *const anchors[] = {"start", "middle", "middle", "end"};
    size_t last = domain->bars.count - 1;
    for (size_t i = 0; i < 4; i++) {
        char date[TIME_TEXT_SIZE];
        size_t place = last * i / 3;
        if (last < 6 && i && i < 3)
            continue;
        double x = i == 3 ? WIDTH - LEFT : x_of(domain, place);
        add_label(out, x, HEIGHT - 6, anchors[i], time_date(bar_at(domain, place)->day, date));
    }
}

static void add_marks(struct buffer *out, const struct dashboard_domain *domain)
{
    double half = (x_of(domain, 1) - x_of(domain, 0)) / 2;
    for (size_t i = 0; i < domain->bars.count; i++) {
        const struct dashboard_bar *bar = bar_at(domain, i);
        double x = x_of(domain, i) + half;
        if (!bar->mark)
            continue;
        x = x < LEFT + 7 ? LEFT + 7 : x > WIDTH - LEFT - 7 ? WIDTH - LEFT - 7 : x;
        buffer_add_text(out, TEXT("<g><title>"));
        page_days(out, bar->day, domain->bar_days);
        buffer_format(out,
                      ": change %zu</title><line class=\"mark\" x1=\"%.1f\" y1=\"%d\" "
                      "x2=\"%.1f\" y2=\"%d\"/><circle class=\"dot\" cx=\"%.1f\" cy=\"%d\" "
                      "r=\"7\"/><text class=\"number\" x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%zu</text></g>\n",
                      bar->mark, x, MARK + 7, x, FAILED_BASE, x, MARK, x, MARK + 3, bar->mark);
    }
}

static void add_legend(struct buffer *out, const struct dashboard_domain *domain)
{
    buffer_add_text(out, TEXT("<ul class=\"legend\" aria-label=\"Reporters\">\n"));
    for (size_t i = 0; i < domain->part_count; i++) {
        buffer_format(out,
                      "<li><svg aria-hidden=\"true\" viewBox=\"0 0 12 12\"><rect "
                      "fill=\"url(#p%zu)\" width=\"12\" height=\"12\"/></svg>",
                      i);
        escape_html(out, domain->parts[i]);
        buffer_add_text(out, TEXT("</li>\n"));
    }
    buffer_add_text(out, TEXT("</ul>\n"));
}

/* ---- the changes on the axis ---- */

static void add_changes(struct buffer *out, const struct dashboard_state *state)
{
    for (size_t i = 0; i < state->changes.count; i++) {
        const struct change *change = &state->changes.at[i];
        buffer_format(out, "%s%s of ", i ? ", " : "", change_kind_name(change->kind));
        escape_html(out, change->name);
    }
}

static void add_list(struct buffer *out, const struct dashboard_domain *domain)
{
    bool any = false;
    for (size_t i = 0; i < domain->states.count; i++) {
        const struct dashboard_state *state = &domain->states.at[i];
        char date[TIME_TEXT_SIZE];
        if (!state->mark)
            continue;
        if (!any)
            buffer_add_text(out, TEXT("<p>What was published changed, as the dashed lines "
                                      "show:</p>\n<ol>\n"));
        any = true;
        buffer_format(out, "<li value=\"%zu\"><a href=\"#state-%zu\">%s</a>: ", state->mark, i,
                      time_date(state->first_at, date));
        add_changes(out, state);
        buffer_add_text(out, TEXT("</li>\n"));
    }
    buffer_add_text(out, any ? TEXT("</ol>\n")
                             : TEXT("<p>Nothing published was seen to change in this "
                                    "time.</p>\n"));
}

/* ---- the table ---- */

static void add_table_head(struct buffer *out, const struct dashboard_domain *domain)
{
    page_table(out, "by-day", "",
               "Sessions by day and reporter; days that are left out had neither sessions nor "
               "changes");
    buffer_add_text(out, TEXT("<th scope=\"col\">Day</th><th scope=\"col\" class=\"n\">All</th>"
                              "<th scope=\"col\" class=\"n\">Failed</th>"));
    for (size_t i = 0; i < domain->part_count; i++) {
        buffer_add_text(out, TEXT("<th scope=\"col\" class=\"n\">"));
        escape_html(out, domain->parts[i]);
        buffer_add_text(out, TEXT("</th>"));
    }
    buffer_add_text(out, TEXT("<th scope=\"col\">Change</th></tr></thead>\n<tbody>\n"));
}

static void add_row(struct buffer *out, const struct dashboard_domain *domain,
                    const struct dashboard_bar *bar)
{
    buffer_add_text(out, TEXT("<tr><th scope=\"row\">"));
    page_days(out, bar->day, domain->bar_days);
    buffer_format(out, "</th><td class=\"n\">%llu</td><td class=\"n\">%llu</td>",
                  (unsigned long long)all_of(&bar->sessions),
                  (unsigned long long)bar->sessions.failed);
    for (size_t i = 0; i < domain->part_count; i++) {
        buffer_format(out, "<td class=\"n\">%llu", (unsigned long long)all_of(&bar->parts[i]));
        if (bar->parts[i].failed)
            buffer_format(out, ", %llu failed", (unsigned long long)bar->parts[i].failed);
        buffer_add_text(out, TEXT("</td>"));
    }
    if (bar->mark)
        buffer_format(out, "<td>%zu</td></tr>\n", bar->mark);
    else
        buffer_add_text(out, TEXT("<td></td></tr>\n"));
}

static void add_table(struct buffer *out, const struct dashboard_domain *domain)
{
    buffer_add_text(out, TEXT("<details><summary>The numbers by day and reporter</summary>\n"));
    add_table_head(out, domain);
    for (size_t i = 0; i < domain->bars.count; i++)
        if (all_of(&bar_at(domain, i)->sessions) || bar_at(domain, i)->mark)
            add_row(out, domain, bar_at(domain, i));
    buffer_add_text(out, TEXT("</tbody></table></div></details>\n"));
}

void dashboard_plot(struct buffer *out, const struct dashboard_domain *domain)
{
    struct panel panels[] = {{false, ALL_TOP, ALL_BASE, highest(domain, false)},
                             {true, FAILED_TOP, FAILED_BASE, highest(domain, true)}};
    if (!panels[0].most) {
        buffer_add_text(out, TEXT("<p>No session was reported in this time.</p>\n"));
        add_list(out, domain);
        return;
    }
    add_head(out, domain);
    for (size_t i = 0; i < domain->bars.count; i++)
        add_bar(out, domain, panels, i);
    add_marks(out, domain);
    for (size_t i = 0; i < 2; i++)
        add_axis(out, domain, &panels[i]);
    add_dates(out, domain);
    buffer_add_text(out, TEXT("</svg>\n"));
    add_legend(out, domain);
    add_list(out, domain);
    add_table(out, domain);
}

/* ---- the overview ---- */

static double rate_of(const struct session_counts *sessions)
{
    double all = (double)sessions->successful + (double)sessions->failed;
    return all > 0 ? (double)sessions->failed / all : 0;
}

/* What SPAN days from PLACE on add up to. */
static struct session_counts sum_days(const struct summary *summary, size_t place, size_t span)
{
    struct session_counts sum = {0};
    for (size_t i = place; i < place + span && i < summary->by_day.count; i++) {
        const struct session_counts *day = &summary->by_day.at[i].sessions;
        sum.successful = sessions_add(sum.successful, day->successful);
        sum.failed = sessions_add(sum.failed, day->failed);
    }
    return sum;
}

void dashboard_spark(struct buffer *out, const struct summary *summary)
{
    enum { BARS = 31, SPARK = 16 };
    size_t span = (summary->by_day.count + BARS - 1) / BARS, worst = 0;
    double most = 0;
    char date[TIME_TEXT_SIZE];
    for (size_t i = 0; span && i < summary->by_day.count; i += span) {
        struct session_counts sum = sum_days(summary, i, span);
        if (rate_of(&sum) > most)
            most = rate_of(&sum), worst = i;
    }
    if (!(most > 0))
        return;
    struct session_counts sum = sum_days(summary, worst, span);
    buffer_add_text(out, TEXT("<svg class=\"spark\" role=\"img\" aria-label=\"at most "));
    page_rate(out, sum);
    buffer_format(out, ", %s\" viewBox=\"0 0 %d %d\"><path d=\"",
                  time_date(summary->by_day.at[worst].day, date), 3 * BARS, SPARK);
    for (size_t i = 0, x = 0; i < summary->by_day.count; i += span, x += 3) {
        sum = sum_days(summary, i, span);
        int height = (int)(rate_of(&sum) / most * SPARK + 0.5);
        if (sum.failed)
            buffer_format(out, "M%zu %dh2v-%dh-2", x, SPARK, height < 1 ? 1 : height);
    }
    buffer_add_text(out, TEXT("\"/></svg>"));
}
