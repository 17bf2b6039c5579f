/* The share of sessions that fail, before a change and after it: by type and MX, of the same reporters and over the
 * same weekdays. */
#include "ahead/migration_parts.h"

#include <stdlib.h>

#include "base/vector.h"
#include "rules/counting.h"
#include "rules/rule.h"

enum {
    LEAST_SESSIONS = 20,
    LEAST_FAILED = 3,
    SPAN = 28 * TIME_DAY,
    WEEK = 7 * TIME_DAY,
    LINES_SHOWN = 8
};

/* Days before and after: [begin, end) of each. */
struct spans {
    int64_t before_begin, before_end, after_begin, after_end;
};

enum side_of_change { SIDE_NONE = 0, SIDE_BEFORE, SIDE_AFTER };

static int64_t next_day(int64_t time)
{
    return time_day(time + TIME_DAY - 1);
}

/* From the first whole day after the last change to the last that is reported, four weeks at most; before the change
 * as many days, a number of weeks earlier. False where there are none. */
static bool spans_of(const struct migration *migration, struct spans *spans)
{
    const struct groups *groups = migration->inquiry->groups;
    const struct sight *stable = migration->stable, *first = migration->to;
    if (!stable || !groups->reports.count)
        return false;
    while (first - 1 > stable && migration_same(migration->inquiry, first - 1, migration->to))
        first--;
    int64_t reported = groups->reports.at[groups->reports.count - 1].begin + TIME_DAY;
    int64_t changed = time_day(stable->taken_at);
    spans->after_begin = next_day(first->taken_at);
    spans->after_end = time_day(reported);
    if (spans->after_end > spans->after_begin + SPAN)
        spans->after_end = spans->after_begin + SPAN;
    if (spans->after_end <= spans->after_begin)
        return false;
    int64_t shift = (spans->after_end - changed + WEEK - 1) / WEEK * WEEK;
    spans->before_begin = spans->after_begin - shift;
    spans->before_end = spans->after_end - shift;
    return true;
}

static enum side_of_change side_of(const struct spans *spans, const struct report_seen *report)
{
    if (report->begin >= spans->before_begin && report->begin < spans->before_end)
        return SIDE_BEFORE;
    return report->begin >= spans->after_begin && report->begin < spans->after_end ? SIDE_AFTER
                                                                                   : SIDE_NONE;
}

/* Whether REPORTER reports in both. */
static bool is_on_both(const struct inquiry *inquiry, const struct spans *spans,
                       const struct reporter_seen *reporter)
{
    bool on[SIDE_AFTER + 1] = {false};
    for (size_t i = 0; i < reporter->reports.count; i++)
        on[side_of(spans, &inquiry->groups->reports.at[reporter->reports.at[i]])] = true;
    return on[SIDE_BEFORE] && on[SIDE_AFTER];
}

/* What fails alike. Hosts that went and that came are one: what matters is whether the new do better. */
struct share {
    enum result_type type;
    struct text mx; /* unknown: the hosts that changed, or none is named */
    uint64_t failed[SIDE_AFTER + 1];
};
struct shares {
    struct share *at;
    size_t count;
    uint64_t sessions[SIDE_AFTER + 1];
};

static struct share *share_of(const struct migration *migration, struct shares *shares,
                              const struct failure_group *group)
{
    struct text mx = group_mx(group);
    if (!text_list_has(&migration->kept, mx))
        mx = TEXT_UNKNOWN;
    for (size_t i = 0; i < shares->count; i++)
        if (shares->at[i].type == group->result_type && text_equal(shares->at[i].mx, mx))
            return &shares->at[i];
    VECTOR_ADD(migration->inquiry->arena, shares,
               ((struct share){.type = group->result_type, .mx = mx}));
    return &shares->at[shares->count - 1];
}

static void count_failed(const struct migration *migration, const struct spans *spans,
                         const struct failure_group *group, struct shares *shares)
{
    const struct groups *groups = migration->inquiry->groups;
    struct share *share = share_of(migration, shares, group);
    for (size_t i = 0; i < group->reports.count; i++) {
        const struct report_seen *report = &groups->reports.at[group->reports.at[i].report];
        enum side_of_change side = side_of(spans, report);
        if (side && report_carries(report, group->policy_type))
            share->failed[side] =
                sessions_add(share->failed[side], group->reports.at[i].sessions);
    }
}

static void count_all(const struct migration *migration, const struct spans *spans,
                      struct shares *shares)
{
    const struct inquiry *inquiry = migration->inquiry;
    const struct groups *groups = inquiry->groups;
    for (size_t i = 0; i < groups->reporters.count; i++) {
        const struct reporter_seen *reporter = groups->reporters.at[i];
        if (!is_on_both(inquiry, spans, reporter))
            continue;
        for (size_t j = 0; j < reporter->reports.count; j++) {
            const struct report_seen *report = &groups->reports.at[reporter->reports.at[j]];
            enum side_of_change side = side_of(spans, report);
            shares->sessions[side] =
                sessions_add(shares->sessions[side],
                             sessions_add(report->total.successful, report->total.failed));
        }
    }
    for (size_t i = 0; i < groups->all.count; i++)
        if (groups->all.at[i]->reporter &&
            is_on_both(inquiry, spans, groups->all.at[i]->reporter))
            count_failed(migration, spans, groups->all.at[i], shares);
}

/* Greater than 0 where FROM to TO is more: by a hundredth of all, and by half of what it was. */
static bool rises(const struct shares *shares, const struct share *share,
                  enum side_of_change from, enum side_of_change to)
{
    double before = (double)share->failed[from] / (double)shares->sessions[from];
    double after = (double)share->failed[to] / (double)shares->sessions[to];
    return share->failed[to] >= LEAST_FAILED && after >= before + 0.01 && after >= before * 1.5;
}

static void say_span(const struct migration *migration, const struct spans *spans,
                     const struct shares *shares, struct text *text)
{
    struct arena *arena = migration->inquiry->arena;
    claim_says(
        arena, text,
        "%.*s to %.*s against %.*s to %.*s, the same weekdays, %llu sessions against %llu of "
        "the reporters that are there on both sides.",
        TEXT_ARGS(text_date(arena, spans->after_begin)),
        TEXT_ARGS(text_date(arena, spans->after_end - 1)),
        TEXT_ARGS(text_date(arena, spans->before_begin)),
        TEXT_ARGS(text_date(arena, spans->before_end - 1)),
        (unsigned long long)shares->sessions[SIDE_AFTER],
        (unsigned long long)shares->sessions[SIDE_BEFORE]);
}

static void say_share(const struct migration *migration, const struct spans *spans,
                      const struct shares *shares, const struct share *share,
                      struct migration_finding *finding)
{
    struct text mx = text_known(share->mx)      ? share->mx
                     : migration->new.count > 0 ? TEXT("the hosts that changed")
                                                : TEXT("no host named");
    evidence_add(migration->inquiry->arena, &finding->evidence, EVIDENCE_REPORT,
                 spans->after_end - 1,
                 "%s, %.*s: %llu of %llu failed before, %llu of %llu after",
                 result_type_name(share->type), TEXT_ARGS(mx),
                 (unsigned long long)share->failed[SIDE_BEFORE],
                 (unsigned long long)shares->sessions[SIDE_BEFORE],
                 (unsigned long long)share->failed[SIDE_AFTER],
                 (unsigned long long)shares->sessions[SIDE_AFTER]);
}

/* Counts both sides. False where there is nothing to compare; that there is too little is noted. */
static bool compare(const struct migration *migration, struct spans *spans,
                    struct shares *shares)
{
    struct arena *arena = migration->inquiry->arena;
    *shares = (struct shares){0};
    if (!spans_of(migration, spans))
        return false;
    count_all(migration, spans, shares);
    if (shares->sessions[SIDE_BEFORE] >= LEAST_SESSIONS &&
        shares->sessions[SIDE_AFTER] >= LEAST_SESSIONS)
        return true;
    text_list_add_once(arena, &migration->found->notes,
                       text_format(arena,
                                   "Too few sessions to compare the failures before and after: "
                                   "%llu and %llu of the same "
                                   "reporters and weekdays, and 20 of each are needed.",
                                   (unsigned long long)shares->sessions[SIDE_BEFORE],
                                   (unsigned long long)shares->sessions[SIDE_AFTER]));
    return false;
}

/* Adds what rises from FROM to TO as evidence; the sessions that failed of these, on both sides. */
static struct share risen(const struct migration *migration, const struct spans *spans,
                          const struct shares *shares, enum side_of_change from,
                          enum side_of_change to, struct migration_finding *finding)
{
    struct share sum = {0};
    size_t shown = 0;
    for (size_t i = 0; i < shares->count; i++) {
        const struct share *share = &shares->at[i];
        if (!rises(shares, share, from, to))
            continue;
        if (shown++ < LINES_SHOWN)
            say_share(migration, spans, shares, share, finding);
        sum.failed[from] = sessions_add(sum.failed[from], share->failed[from]);
        sum.failed[to] = sessions_add(sum.failed[to], share->failed[to]);
    }
    return sum;
}

static bool shifted(const struct migration *migration, enum side_of_change from,
                    enum side_of_change to, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    struct spans spans;
    struct shares shares;
    if (!compare(migration, &spans, &shares))
        return false;
    struct share sum = risen(migration, &spans, &shares, from, to, finding);
    if (!finding->evidence.count)
        return false;
    finding->changed_at = migration->to->taken_at;
    claim_says(arena, &finding->title,
               "%s sessions fail since the change: %.1f %%, and %.1f %% before",
               to == SIDE_AFTER ? "More" : "Fewer",
               100.0 * (double)sum.failed[SIDE_AFTER] / (double)shares.sessions[SIDE_AFTER],
               100.0 * (double)sum.failed[SIDE_BEFORE] / (double)shares.sessions[SIDE_BEFORE]);
    say_span(migration, &spans, &shares, &finding->text);
    return true;
}

bool mig_regression(const struct migration *migration, struct migration_finding *finding)
{
    if (!shifted(migration, SIDE_BEFORE, SIDE_AFTER, finding))
        return false;
    claim_says(migration->inquiry->arena, &finding->action,
               "tlsrpt analyze %.*s says what fails there, and why.",
               TEXT_ARGS(migration->inquiry->domain));
    return true;
}

bool mig_improved(const struct migration *migration, struct migration_finding *finding)
{
    if (!shifted(migration, SIDE_AFTER, SIDE_BEFORE, finding))
        return false;
    claim_says(migration->inquiry->arena, &finding->action, "None.");
    return true;
}
