#include <stdlib.h>

#include "base/vector.h"
#include "cli/database.h"
#include "cli/findings_out.h"
#include "cli/output.h"
#include "cli/summing.h"
#include "render/summary.h"

const struct option options_summary[] = {
    {"period", "PERIOD",
     "7d, 30d (the default), month for the last complete month, or one: 2026-10"},
    {"client", "NAME", "the domains configured for that client"},
    {"since", "TIME", "in place of --period: reports that begin then or later"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {"format", "text|html|json|mail", "mail is a complete message for sendmail -t"},
    {0},
};

/* ---- the period ---- */

static int64_t month_start(int year, int month)
{
    if (month > 12)
        year++, month -= 12;
    if (month < 1)
        year--, month += 12;
    return time_days_of(year, month, 1) * TIME_DAY;
}

static void month_of(int64_t time, int *year, int *month)
{
    char date[TIME_TEXT_SIZE];
    time_date(time, date);
    *year = atoi(date);      /* NOLINT(cert-err34-c): the digits are our own */
    *month = atoi(date + 5); /* NOLINT(cert-err34-c): the same */
}

static bool read_month(struct text period, int64_t now, struct window *window)
{
    int year, month;
    if (text_equal(period, TEXT("month"))) {
        month_of(now, &year, &month);
        month--;
    } else {
        uint64_t y, m;
        if (period.length != 7 || period.at[4] != '-' ||
            !text_unsigned(text_first(period, 4), &y) ||
            !text_unsigned(text_from(period, 5), &m) || y < 1970 || m < 1 || m > 12)
            return false;
        year = (int)y, month = (int)m;
    }
    window->since = month_start(year, month);
    window->until = month_start(year, month + 1);
    return true;
}

static bool read_period(const struct invocation *inv, struct window *window,
                        struct window *previous, struct error *err)
{
    struct text period = invocation_option(inv, "period");
    struct text since = invocation_option(inv, "since"),
                until = invocation_option(inv, "until");
    if (text_known(period) && (text_known(since) || text_known(until)))
        return error_set(err, ERROR_USAGE, "--period stands alone: no --since or --until");
    bool is_month = text_known(period) && read_month(period, inv->now, window);
    bool read = is_month || window_read(text_known(period) ? period : since, until, inv->now,
                                        30 * TIME_DAY, window, err);
    if (!read && text_known(period))
        return error_set(
            err, ERROR_USAGE,
            "--period: \"%.*s\" is no period: write month (the last), 2026-11, or 30d",
            TEXT_ARGS(text_first(period, 60)));
    if (!read)
        return false;
    if (window->until == TIME_UNKNOWN)
        window->until = inv->now;
    if (is_month) {
        int year, month;
        month_of(window->since, &year, &month);
        *previous = (struct window){month_start(year, month - 1), window->since};
    } else {
        *previous = (struct window){2 * window->since - window->until, window->since};
    }
    return true;
}

/* ---- the whole ---- */

struct summaries {
    struct summing summing;
    struct window previous;
    struct summary *at;
    size_t count;
};

static bool sum_one(void *context, struct inquiry *inquiry, struct groups *groups,
                    struct error *err)
{
    struct summaries *summaries = context;
    struct summary summary;
    if (!summing_domain(&summaries->summing, inquiry, groups, &summary, err))
        return false;
    VECTOR_ADD(summaries->summing.inv->arena, summaries, summary);
    return true;
}

/* What the period is held against: the one before, and what its reporters do as a rule. */
static void count_previous(const struct window *previous, const struct groups *groups,
                           struct summary *summary)
{
    for (size_t i = 0; i < groups->reports.count; i++) {
        const struct report_seen *report = &groups->reports.at[i];
        if (report->begin >= previous->since && report->begin < previous->until)
            session_counts_add(&summary->previous, report->total);
    }
}

static struct reporter_count *reporter_of(struct summary *summary, struct text name)
{
    for (size_t i = 0; i < summary->reporters.count; i++)
        if (text_equal(summary->reporters.at[i].name, name))
            return &summary->reporters.at[i];
    return NULL;
}

/* A reporter without reports in the period is of interest where one was due. */
static void add_habits(struct arena *arena, const struct habits *habits,
                       struct summary *summary)
{
    for (size_t i = 0; i < habits->count; i++) {
        struct reporter_count *reporter = reporter_of(summary, habits->at[i].name);
        if (!reporter && !habits->at[i].silent)
            continue;
        struct habit *habit = arena_new(arena, struct habit);
        *habit = habits->at[i];
        habit->name = text_copy(arena, habit->name);
        if (reporter)
            reporter->habit = habit;
        else
            VECTOR_ADD(arena, &summary->reporters,
                       ((struct reporter_count){.name = habit->name, .habit = habit}));
    }
}

static bool add_history(void *context, struct inquiry *inquiry, struct groups *groups,
                        struct error *err)
{
    struct summaries *summaries = context;
    int64_t until = summaries->summing.window.until;
    struct habits habits;
    (void)err;
    inquiry->now = until < inquiry->now ? until : inquiry->now;
    habits_learn(inquiry, &habits);
    for (size_t i = 0; i < summaries->count; i++) {
        struct summary *summary = &summaries->at[i];
        if (!text_equal(summary->audit->domain, inquiry->domain))
            continue;
        count_previous(&summaries->previous, groups, summary);
        add_habits(summaries->summing.inv->arena, &habits, summary);
    }
    return true;
}

/* Reporters are learned from 90 days. */
enum { HABITS_WINDOW = 90 * TIME_DAY };

static struct window history_of(const struct summaries *summaries)
{
    struct window window = {summaries->previous.since, summaries->summing.window.until};
    if (window.until - window.since < HABITS_WINDOW)
        window.since = window.until - HABITS_WINDOW;
    return window;
}

static const struct text_list *mail_to_of(const struct invocation *inv, struct text domain)
{
    const struct config_domain *configured = config_domain(&inv->config, domain);
    return configured && configured->mail_to.count ? &configured->mail_to
                                                   : &inv->config.mail_to;
}

/* The address of the domains where they share one; else the general one, and nobody reads of others. */
static const struct text_list *recipients_of(const struct invocation *inv,
                                             const struct summaries *summaries)
{
    const struct text_list *first = NULL;
    for (size_t i = 0; i < summaries->count; i++) {
        const struct text_list *each = mail_to_of(inv, summaries->at[i].audit->domain);
        if (first && !text_list_equal(first, each))
            return &inv->config.mail_to;
        first = each;
    }
    return first ? first : &inv->config.mail_to;
}

static void print(const struct invocation *inv, const struct summaries *summaries)
{
    BUFFER_AUTO out = {0};
    struct summary_report report = {
        .generated_at = inv->now,
        .since = summaries->summing.window.since,
        .until = summaries->summing.window.until,
        .at = summaries->at,
        .count = summaries->count,
        .client = invocation_option(inv, "client"),
    };
    if (invocation_is(inv, "format", "json"))
        summary_json(&out, &report);
    else if (invocation_is(inv, "format", "html"))
        summary_html(&out, &report);
    else if (invocation_is(inv, "format", "mail"))
        summary_mail(&out, &report, invocation_mail_from(inv), recipients_of(inv, summaries));
    else
        summary_text(&out, &report, output_style(inv));
    output_buffer(&out);
}

bool command_summary(struct invocation *inv, struct error *err)
{
    struct text_list domains = {0}, named = {0};
    struct summaries summaries = {.summing.inv = inv};
    struct window *window = &summaries.summing.window;
    if (!summing_domains(inv, &domains, err) ||
        !read_period(inv, window, &summaries.previous, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store || !summing_load(&summaries.summing, store, &domains, err) ||
        !analysis_each(inv, store, window, &domains, sum_one, &summaries, err))
        return false;
    for (size_t i = 0; i < summaries.count; i++)
        text_list_add(inv->arena, &named, summaries.at[i].audit->domain);
    struct window history = history_of(&summaries);
    if (named.count &&
        !analysis_each(inv, store, &history, &named, add_history, &summaries, err))
        return false;
    print(inv, &summaries);
    return true;
}
