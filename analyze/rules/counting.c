#include "rules/counting.h"

#include <stdlib.h>
#include <string.h>

/* ---- each session once ---- */

/* The best groups of both sides of a report in which they tie. */
struct tie {
    const struct failure_group *sts, *tlsa;
};

static void offer(const struct failure_group **best, const struct failure_group *group,
                  group_rank *rank, void *context)
{
    if (!*best || rank(context, group, *best) < 0)
        *best = group;
}

static void collect_ties(const struct groups *groups, struct tie *ties, group_rank *rank,
                         void *context)
{
    for (size_t i = 0; i < groups->all.count; i++) {
        const struct failure_group *group = groups->all.at[i];
        bool sts = group->policy_type == POLICY_TYPE_STS;
        if (!sts && group->policy_type != POLICY_TYPE_TLSA)
            continue;
        for (size_t j = 0; j < group->reports.count; j++) {
            size_t place = group->reports.at[j].report;
            if (groups->reports.at[place].carrier == CARRIER_TIE)
                offer(sts ? &ties[place].sts : &ties[place].tlsa, group, rank, context);
        }
    }
}

static void decide_ties(struct groups *groups, group_rank *rank, void *context)
{
    size_t count = groups->reports.count, tied = 0;
    for (size_t i = 0; i < count; i++) {
        struct report_seen *report = &groups->reports.at[i];
        bool tie = report->carrier == CARRIER_TIE;
        report->settled = tie ? CARRIER_STS : report->carrier;
        tied += tie;
    }
    if (!tied || !rank)
        return;
    ARENA_AUTO arena = {0};
    struct tie *ties = arena_array(&arena, count, sizeof *ties);
    collect_ties(groups, ties, rank, context);
    for (size_t i = 0; i < count; i++)
        if (ties[i].sts && ties[i].tlsa && rank(context, ties[i].tlsa, ties[i].sts) < 0)
            groups->reports.at[i].settled = CARRIER_TLSA;
}

bool report_carries(const struct report_seen *report, enum policy_type type)
{
    if (type == POLICY_TYPE_STS)
        return report->settled == CARRIER_STS;
    return type != POLICY_TYPE_TLSA || report->settled == CARRIER_TLSA;
}

/* Who carries little goes first: an absurd count takes nothing from the others. Of two as large, the
 * one that is authenticated. */
static int compare_carried(const void *a, const void *b)
{
    const struct failure_group *x = *(struct failure_group *const *)a;
    const struct failure_group *y = *(struct failure_group *const *)b;
    if (x->carried != y->carried)
        return x->carried < y->carried ? -1 : 1;
    return (int)y->authenticated - (int)x->authenticated;
}

/* Parts stop where the total does: what is taken from the room that is left adds up to INT64_MAX. */
static void share_room(struct groups *groups)
{
    ARENA_AUTO arena = {0};
    size_t count = groups->all.count;
    struct failure_group **order = arena_array(&arena, count, sizeof *order);
    memcpy(order, groups->all.at, count * sizeof *order);
    qsort(order, count, sizeof *order, compare_carried);
    uint64_t room = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        order[i]->carried = order[i]->carried < room ? order[i]->carried : room;
        room -= order[i]->carried;
    }
}

void groups_settle(struct groups *groups, group_rank *rank, void *context)
{
    decide_ties(groups, rank, context);
    uint64_t sum = 0;
    bool beyond = false;
    for (size_t i = 0; i < groups->all.count; i++) {
        struct failure_group *group = groups->all.at[i];
        group->carried = 0;
        for (size_t j = 0; j < group->reports.count; j++)
            if (report_carries(&groups->reports.at[group->reports.at[j].report],
                               group->policy_type))
                group->carried = sessions_add(group->carried, group->reports.at[j].sessions);
        beyond = beyond || group->carried > INT64_MAX - sum;
        sum = sessions_add(sum, group->carried);
    }
    if (beyond)
        share_room(groups);
}

bool groups_reconcile(const struct groups *groups)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < groups->all.count; i++)
        if (__builtin_add_overflow(sum, groups->all.at[i]->carried, &sum))
            return false;
    return sum == groups->total.failed;
}

/* ---- comparing reporters ---- */

/* How many steps comparing may take for one domain: many groups over many reports are no mail
 * administrator's. Groups beyond have no others. */
enum { COMPARE_STEPS = 1 << 26 };

/* The first second after REPORT: an end at 00:00 touches the day before alone. */
static int64_t past_end(const struct report_seen *report)
{
    return report->end > report->begin ? report->end : report->begin + 1;
}

/* The number of GROUP's reports that begin before TIME. */
static size_t begun_before(const struct groups *groups, const struct failure_group *group,
                           int64_t time)
{
    size_t low = 0, high = group->reports.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (groups->reports.at[group->reports.at[middle].report].begin < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct session_counts counts_of(const struct report_seen *report, enum policy_type type)
{
    bool own = type == POLICY_TYPE_STS || type == POLICY_TYPE_TLSA;
    return own ? report->tally.by_type[type] : report->total;
}

/* What is not authenticated takes nothing back from what is: anybody can say that all is well. */
static bool speaks_to(const struct reporter_seen *reporter, const struct failure_group *group)
{
    return reporter->authenticated || !group->authenticated;
}

/* The same for both reporters of a name. */
static struct reporter_seen *one_of_name(struct reporter_seen *reporter)
{
    return reporter->is_second ? reporter->twin : reporter;
}

static void count_overlapping(const struct groups *groups, struct failure_group *group,
                              const struct report_seen *report, const int64_t *latest)
{
    if (!reporters_independent(report->reporter, group->reporter) ||
        !speaks_to(report->reporter, group))
        return;
    size_t begun = begun_before(groups, group, past_end(report));
    if (!begun || latest[begun - 1] <= report->begin)
        return;
    struct reporter_seen *other = one_of_name(report->reporter);
    if (other->compared != group)
        other->overlapping = (struct session_counts){0};
    other->compared = group;
    struct session_counts counts = counts_of(report, group->policy_type);
    other->overlapping.successful =
        sessions_add(other->overlapping.successful, counts.successful);
    other->overlapping.failed = sessions_add(other->overlapping.failed, counts.failed);
}

/* The reports among which those lie that overlap one of the group. */
struct stretch {
    size_t first, end;
};

/* ENDS has for each report of the domain the latest end up to it. */
static struct stretch stretch_of(const struct groups *groups, const struct failure_group *group,
                                 const int64_t *ends)
{
    struct stretch stretch = {0};
    size_t high = groups->reports.count;
    while (stretch.first < high) {
        size_t middle = stretch.first + (high - stretch.first) / 2;
        if (ends[middle] <= group->span.first_begin)
            stretch.first = middle + 1;
        else
            high = middle;
    }
    stretch.end = stretch.first;
    while (stretch.end < groups->reports.count &&
           groups->reports.at[stretch.end].begin <= group->span.last_end)
        stretch.end++;
    return stretch;
}

/* LATEST is room for as many times as there are reports. The result is the number of steps. */
static size_t compare_others(const struct groups *groups, struct failure_group *group,
                             const int64_t *ends, int64_t *latest)
{
    for (size_t i = 0; i < group->reports.count; i++) {
        int64_t end = past_end(&groups->reports.at[group->reports.at[i].report]);
        latest[i] = i && latest[i - 1] > end ? latest[i - 1] : end;
    }
    struct stretch stretch = stretch_of(groups, group, ends);
    for (size_t i = stretch.first; i < stretch.end; i++)
        count_overlapping(groups, group, &groups->reports.at[i], latest);
    group->others_succeeding = 0;
    for (size_t i = stretch.first; i < stretch.end; i++) {
        struct reporter_seen *other = one_of_name(groups->reports.at[i].reporter);
        if (other->compared == group && other->overlapping.successful &&
            !other->overlapping.failed)
            group->others_succeeding++;
        other->compared = NULL;
    }
    return group->reports.count + stretch.end - stretch.first;
}

void groups_finish(struct groups *groups)
{
    ARENA_AUTO arena = {0};
    int64_t *latest = arena_array(&arena, groups->reports.count, sizeof *latest);
    int64_t *ends = arena_array(&arena, groups->reports.count, sizeof *ends);
    for (size_t i = 0; i < groups->reports.count; i++) {
        int64_t end = past_end(&groups->reports.at[i]);
        ends[i] = i && ends[i - 1] > end ? ends[i - 1] : end;
    }
    size_t steps = 0;
    for (size_t i = 0; i < groups->all.count && steps < COMPARE_STEPS; i++)
        if (!groups->all.at[i]->overflow)
            steps += compare_others(groups, groups->all.at[i], ends, latest);
}

bool group_others_succeed(const struct failure_group *group)
{
    return group->others_succeeding > 0;
}

bool reporters_independent(const struct reporter_seen *a, const struct reporter_seen *b)
{
    return a && b && text_known(a->name) && text_known(b->name) &&
           !text_equal(a->name, b->name);
}

/* ---- numbers ---- */

bool sessions_few(uint64_t sessions, uint64_t of_reporter)
{
    return sessions <= 5 && sessions * 20 < of_reporter;
}

bool group_few(const struct failure_group *group)
{
    if (!group->reporter)
        return false;
    const struct session_counts *all = &group->reporter->total;
    return sessions_few(group->sessions, sessions_add(all->successful, all->failed));
}

bool group_short(const struct failure_group *group)
{
    return group->span.days == 1;
}

bool networks_are_one(const struct networks *networks)
{
    return networks->kind == NETWORK_ONE && !networks->unnamed;
}

struct networks networks_join(const struct networks *a, const struct networks *b)
{
    struct networks joined = a->kind == NETWORK_NONE ? *b : *a;
    joined.unnamed = a->unnamed || b->unnamed;
    if (a->kind == NETWORK_NONE || b->kind == NETWORK_NONE)
        return joined;
    bool same = a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
    if (a->kind == NETWORK_SEVERAL || b->kind == NETWORK_SEVERAL || !same)
        joined.kind = NETWORK_SEVERAL;
    return joined;
}

size_t reporter_successes_since(const struct groups *groups,
                                const struct reporter_seen *reporter, enum policy_type type,
                                int64_t after, bool one_mx)
{
    size_t count = 0;
    for (size_t i = reporter->reports.count; i-- > 0;) {
        const struct report_seen *report = &groups->reports.at[reporter->reports.at[i]];
        if (report->begin <= after)
            break;
        uint64_t successful = report->tally.by_type[type].successful;
        count += successful && (one_mx || !report->total.failed);
    }
    return count;
}

/* Three reports of one success each: a pattern, no coincidence. */
enum { LOOP_REPORTS = 3 };

bool reporter_is_loop(const struct groups *groups, const struct reporter_seen *reporter)
{
    for (size_t i = 0; i < reporter->reports.count; i++) {
        const struct report_seen *report = &groups->reports.at[reporter->reports.at[i]];
        if (report->total.successful != 1 || report->total.failed)
            return false;
    }
    return reporter->reports.count >= LOOP_REPORTS;
}
