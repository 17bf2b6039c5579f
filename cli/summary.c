#include "rules/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/expectations.h"
#include "cli/findings_out.h"
#include "cli/output.h"
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

/* ---- which domains ---- */

static bool find_domains(const struct invocation *inv, struct text_list *domains,
                         struct error *err)
{
    struct text client = invocation_option(inv, "client");
    if (!text_known(client))
        return analysis_domains(inv, domains, err);
    if (inv->arguments.count)
        return error_set(err, ERROR_USAGE, "--client names the domains: leave out others");
    for (size_t i = 0; i < inv->config.domain_count; i++)
        if (text_equal_nocase(inv->config.domains[i].client, client))
            text_list_add_once(inv->arena, domains, inv->config.domains[i].name);
    text_list_sort(domains);
    struct text shown = text_first(client, 60);
    return domains->count ||
           error_set(err, ERROR_USAGE, "no domain is configured for client %.*s",
                     TEXT_ARGS(shown));
}

/* ---- the numbers ---- */

struct summing {
    const struct invocation *inv;
    struct window window;
    struct expectations expectations;
    struct acknowledgements acknowledgements;
    struct {
        struct summary *at;
        size_t count;
    } summaries;
};

static void add_counts(struct session_counts *sum, struct session_counts counts)
{
    sum->successful = sessions_add(sum->successful, counts.successful);
    sum->failed = sessions_add(sum->failed, counts.failed);
}

/* More days than these are no period that anybody reads. */
enum { DAYS_MAX = 3660 };

static void count_days(const struct summing *summing, const struct groups *groups,
                       struct summary *summary)
{
    struct arena *arena = summing->inv->arena;
    int64_t first = time_day(summing->window.since);
    int64_t end = summing->window.until;
    for (int64_t day = first; day < end && summary->by_day.count < DAYS_MAX; day += TIME_DAY)
        VECTOR_ADD(arena, &summary->by_day, ((struct day_count){.day = day}));
    for (size_t i = 0; i < groups->reports.count; i++) {
        int64_t place = (time_day(groups->reports.at[i].begin) - first) / TIME_DAY;
        if (place >= 0 && (size_t)place < summary->by_day.count)
            add_counts(&summary->by_day.at[place].sessions, groups->reports.at[i].total);
    }
}

static int compare_reporters(const void *a, const void *b)
{
    const struct reporter_count *x = a, *y = b;
    uint64_t of_x = sessions_add(x->sessions.successful, x->sessions.failed);
    uint64_t of_y = sessions_add(y->sessions.successful, y->sessions.failed);
    if (of_x != of_y)
        return of_x < of_y ? 1 : -1;
    return text_compare(x->name, y->name);
}

static void count_reporters(const struct summing *summing, const struct groups *groups,
                            struct summary *summary)
{
    struct arena *arena = summing->inv->arena;
    for (size_t i = 0; i < groups->reporters.count; i++) {
        const struct reporter_seen *reporter = groups->reporters.at[i];
        if (reporter->is_second)
            continue;
        struct reporter_count count = {text_copy(arena, reporter->name), reporter->total};
        if (reporter->twin)
            add_counts(&count.sessions, reporter->twin->total);
        VECTOR_ADD(arena, &summary->reporters, count);
    }
    if (summary->reporters.count)
        qsort(summary->reporters.at, summary->reporters.count, sizeof *summary->reporters.at,
              compare_reporters);
}

/* ---- what changed ---- */

static struct text_list copy_texts(struct arena *arena, const struct text_list *list)
{
    struct text_list copy = {0};
    for (size_t i = 0; i < list->count; i++)
        text_list_add(arena, &copy, text_copy(arena, list->at[i]));
    return copy;
}

static void keep_changes(struct arena *arena, const struct changes *changes,
                         struct summary *summary)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct change change = changes->at[i];
        change.name = text_copy(arena, change.name);
        change.before = copy_texts(arena, &change.before);
        change.after = copy_texts(arena, &change.after);
        VECTOR_ADD(arena, &summary->changes, change);
    }
}

static void find_changes(const struct summing *summing, const struct inquiry *inquiry,
                         struct summary *summary)
{
    const struct sight *first = sight_before(inquiry, summing->window.since);
    const struct sight *last = sight_before(inquiry, summing->window.until);
    struct changes changes = {0};
    if (!first)
        first = sight_after(inquiry, summing->window.since - 1);
    if (!first || !last || first->taken_at >= last->taken_at)
        return;
    changes_between(first->observation, last->observation, inquiry->arena, &changes);
    for (const struct sight *each = first + 1; each < last; each++) {
        struct changes earlier = {0};
        if (each->content == each[-1].content)
            continue;
        changes_between(first->observation, each->observation, inquiry->arena, &earlier);
        changes_seen(&changes, &earlier);
    }
    keep_changes(summing->inv->arena, &changes, summary);
}

/* ---- the whole ---- */

static struct text action_of(const struct summary *summary)
{
    const struct findings *findings = &summary->diagnosis->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].state == STATE_ONGOING && !findings->at[i].acknowledged &&
            findings->at[i].severity >= SEVERITY_WARNING)
            return findings->at[i].action;
    return TEXT("Nothing to do.");
}

static bool sum_one(void *context, struct inquiry *inquiry, struct groups *groups,
                    struct error *err)
{
    struct summing *summing = context;
    struct arena *arena = summing->inv->arena;
    struct expectation expectation;
    struct audit audit, *kept_audit = arena_new(arena, struct audit);
    struct diagnosis *diagnosis = arena_new(arena, struct diagnosis);
    struct summary summary = {.audit = kept_audit, .diagnosis = diagnosis};
    expectation_of(&summing->expectations, inquiry->domain, &expectation);
    /* cppcheck-suppress autoVariables ; the inquiry is asked no more once this returns */
    inquiry->expected = &expectation;
    audit_domain(inquiry, groups, &audit);
    audit_copy(&audit, arena, kept_audit);
    if (!analysis_diagnose(summing->inv, &summing->acknowledgements, inquiry, groups, diagnosis,
                           err))
        return false;
    summary.sessions = groups->total;
    count_days(summing, groups, &summary);
    count_reporters(summing, groups, &summary);
    find_changes(summing, inquiry, &summary);
    summary.action = action_of(&summary);
    VECTOR_ADD(arena, &summing->summaries, summary);
    return true;
}

static bool add_previous(void *context, struct inquiry *inquiry, struct groups *groups,
                         struct error *err)
{
    struct summing *summing = context;
    (void)err;
    for (size_t i = 0; i < summing->summaries.count; i++)
        if (text_equal(summing->summaries.at[i].audit->domain, inquiry->domain))
            summing->summaries.at[i].previous = groups->total;
    return true;
}

static const struct text_list *mail_to_of(const struct invocation *inv, struct text domain)
{
    const struct config_domain *configured = config_domain(&inv->config, domain);
    return configured && configured->mail_to.count ? &configured->mail_to
                                                   : &inv->config.mail_to;
}

/* The address of the domains where they share one; else the general one, and nobody reads of others. */
static const struct text_list *recipients_of(const struct invocation *inv,
                                             const struct summing *summing)
{
    const struct text_list *first = NULL;
    for (size_t i = 0; i < summing->summaries.count; i++) {
        const struct text_list *each = mail_to_of(inv, summing->summaries.at[i].audit->domain);
        if (first && !text_list_equal(first, each))
            return &inv->config.mail_to;
        first = each;
    }
    return first ? first : &inv->config.mail_to;
}

static void print(const struct invocation *inv, const struct summing *summing)
{
    BUFFER_AUTO out = {0};
    struct summary_report report = {
        .generated_at = inv->now,
        .since = summing->window.since,
        .until = summing->window.until,
        .at = summing->summaries.at,
        .count = summing->summaries.count,
        .client = invocation_option(inv, "client"),
    };
    if (invocation_is(inv, "format", "json"))
        summary_json(&out, &report);
    else if (invocation_is(inv, "format", "html"))
        summary_html(&out, &report);
    else if (invocation_is(inv, "format", "mail"))
        summary_mail(&out, &report, invocation_mail_from(inv), recipients_of(inv, summing));
    else
        summary_text(&out, &report, output_style(inv));
    output_buffer(&out);
}

bool command_summary(struct invocation *inv, struct error *err)
{
    struct text_list domains = {0}, named = {0};
    struct window previous;
    struct summing summing = {.inv = inv};
    if (!find_domains(inv, &domains, err) || !read_period(inv, &summing.window, &previous, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store || !expectations_load(inv, store, &summing.expectations, err) ||
        !store_acknowledgements(store, inv->now, inv->arena, &summing.acknowledgements, err) ||
        !analysis_each(inv, store, &summing.window, &domains, sum_one, &summing, err))
        return false;
    for (size_t i = 0; i < summing.summaries.count; i++)
        text_list_add(inv->arena, &named, summing.summaries.at[i].audit->domain);
    if (named.count &&
        !analysis_each(inv, store, &previous, &named, add_previous, &summing, err))
        return false;
    print(inv, &summing);
    return true;
}
