/* What the reports say of the groups of a finding: counts, days, words, the policy quoted, and since
 * when. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "published/changes.h"
#include "published/txt_record.h"
#include "rules/engine.h"

/* ---- tallies ---- */

enum { TALLY_NAMES = 256 };

static struct tally *tally_of(struct arena *arena, struct tallies *tallies, struct text name,
                              int64_t day)
{
    for (size_t i = 0; i < tallies->count; i++)
        if (tallies->at[i].day == day && text_equal(tallies->at[i].name, name))
            return &tallies->at[i];
    /* Beyond what anybody reads all is one. */
    if (tallies->count == TALLY_NAMES)
        return &tallies->at[TALLY_NAMES - 1];
    VECTOR_ADD(arena, tallies, ((struct tally){.name = name, .day = day}));
    return &tallies->at[tallies->count - 1];
}

static void count(struct arena *arena, struct tallies *tallies, struct text name, int64_t day,
                  uint64_t sessions)
{
    struct tally *tally = tally_of(arena, tallies, name, day);
    tally->sessions = sessions_add(tally->sessions, sessions);
}

static int compare_days(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

static int compare_sessions(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->sessions != y->sessions)
        return x->sessions < y->sessions ? 1 : -1;
    return text_compare(x->name, y->name);
}

static void sort(struct tallies *tallies, int (*compare)(const void *, const void *))
{
    if (tallies->count)
        qsort(tallies->at, tallies->count, sizeof *tallies->at, compare);
}

static void tally_groups(const struct inquiry *inquiry, const struct group_list *groups,
                         struct finding *finding)
{
    struct arena *arena = inquiry->arena;
    for (size_t i = 0; i < groups->count; i++) {
        const struct failure_group *group = groups->at[i];
        struct text reporter = group->reporter ? group->reporter->name : TEXT_UNKNOWN;
        count(arena, &finding->by_reporter, reporter, 0, group->sessions);
        count(arena, &finding->by_mx, group->mx, 0, group->sessions);
        count(arena, &finding->by_address, group->address, 0, group->sessions);
        for (size_t j = 0; j < group->reports.count; j++) {
            const struct group_report *part = &group->reports.at[j];
            count(arena, &finding->by_day, TEXT_UNKNOWN,
                  time_day(inquiry->groups->reports.at[part->report].begin), part->sessions);
        }
    }
    sort(&finding->by_day, compare_days);
    sort(&finding->by_reporter, compare_sessions);
    sort(&finding->by_mx, compare_sessions);
    sort(&finding->by_address, compare_sessions);
}

/* ---- evidence ---- */

/* What is said of single groups; `show` has them all by day, reporter and address. */
enum { GROUPS_SHOWN = 6 };

static int by_sessions(const void *a, const void *b)
{
    const struct failure_group *x = *(const struct failure_group *const *)a,
                               *y = *(const struct failure_group *const *)b;
    return x->sessions < y->sessions ? 1 : -(x->sessions > y->sessions);
}

static struct text words_of(struct arena *arena, const struct failure_group *group)
{
    const struct seen_texts *texts =
        group->reason_codes.count ? &group->reason_codes : &group->informations;
    if (!texts->count)
        return TEXT("");
    return text_format(arena, ", saying \"%.*s\"", TEXT_ARGS(quote(arena, texts->at[0].text)));
}

static struct text place_of(struct arena *arena, const struct failure_group *group)
{
    struct text mx = text_known(group->mx) ? quote(arena, group->mx) : TEXT_UNKNOWN;
    if (!text_known(mx))
        return text_known(group->address)
                   ? text_format(arena, " at %.*s", TEXT_ARGS(group->address))
                   : TEXT("");
    if (!text_known(group->address))
        return text_format(arena, " at %.*s", TEXT_ARGS(mx));
    return text_format(arena, " at %.*s (%.*s)", TEXT_ARGS(mx), TEXT_ARGS(group->address));
}

static void say_group(const struct inquiry *inquiry, const struct failure_group *group,
                      struct finding *finding)
{
    struct arena *arena = inquiry->arena;
    struct text name = group->reporter && text_known(group->reporter->name)
                           ? quote(arena, group->reporter->name)
                           : TEXT("an unnamed reporter");
    struct text first = text_date(arena, group->span.first_begin);
    struct text last = text_date(arena, group->span.last_begin);
    struct text days = text_equal(first, last) ? text_format(arena, "on %.*s", TEXT_ARGS(first))
                                               : text_format(arena, "from %.*s to %.*s",
                                                             TEXT_ARGS(first), TEXT_ARGS(last));
    struct text sessions = text_sessions(arena, group->sessions);
    const char *type =
        group->undetailed ? "without details" : result_type_name(group->result_type);
    evidence_add(arena, &finding->evidence, EVIDENCE_REPORT, group->span.last_end,
                 "%.*s reports %.*s %s%s%.*s %.*s%.*s", TEXT_ARGS(name), TEXT_ARGS(sessions),
                 group->undetailed ? "" : "as ", type, TEXT_ARGS(place_of(arena, group)),
                 TEXT_ARGS(days), TEXT_ARGS(words_of(arena, group)));
}

static void say_groups(const struct inquiry *inquiry, const struct group_list *groups,
                       struct finding *finding)
{
    const struct failure_group **sorted =
        arena_array(inquiry->arena, groups->count, sizeof *sorted);
    memcpy(sorted, groups->at, groups->count * sizeof *sorted);
    qsort(sorted, groups->count, sizeof *sorted, by_sessions);
    for (size_t i = 0; i < groups->count && i < GROUPS_SHOWN; i++)
        say_group(inquiry, sorted[i], finding);
    if (groups->count > GROUPS_SHOWN)
        evidence_add(inquiry->arena, &finding->evidence, EVIDENCE_REPORT, finding->last_seen,
                     "%zu more combinations of reporter, result type and address",
                     groups->count - GROUPS_SHOWN);
}

static void say_quote(const struct inquiry *inquiry, const struct group_list *groups,
                      struct finding *finding)
{
    for (size_t i = 0; i < groups->count; i++) {
        for (size_t j = 0; j < groups->at[i]->quotes.count; j++) {
            const struct group_quote *quoted = &groups->at[i]->quotes.at[j];
            const struct text_list *strings = &quoted->quote->policy_strings;
            if (!strings->count)
                continue;
            struct text line = TEXT("");
            for (size_t k = 0; k < strings->count && k < 12; k++)
                line = text_format(inquiry->arena, "%.*s%s%.*s", TEXT_ARGS(line), k ? "; " : "",
                                   TEXT_ARGS(quote(inquiry->arena, strings->at[k])));
            evidence_add(inquiry->arena, &finding->evidence, EVIDENCE_REPORT,
                         quoted->span.last_end, "the policy that the sender quotes: %.*s",
                         TEXT_ARGS(line));
            return;
        }
    }
}

/* ---- the onset ---- */

static bool shows_finding(const struct inquiry *inquiry, const struct group_list *groups,
                          const struct report_seen *report)
{
    size_t place = (size_t)(report - inquiry->groups->reports.at);
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < groups->at[i]->reports.count; j++)
            if (groups->at[i]->reports.at[j].report == place)
                return true;
    return false;
}

static bool is_reporter_of(const struct group_list *groups,
                           const struct reporter_seen *reporter)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->at[i]->reporter == reporter)
            return true;
    return false;
}

/* When the last report begins before the failures that comes from one of those who report them later
 * and has successes. */
static int64_t good_until(const struct inquiry *inquiry, const struct group_list *groups,
                          int64_t first)
{
    int64_t good = TIME_UNKNOWN;
    for (size_t i = 0; i < inquiry->groups->reports.count; i++) {
        const struct report_seen *report = &inquiry->groups->reports.at[i];
        if (report->begin >= first)
            break;
        if (report->total.successful && is_reporter_of(groups, report->reporter) &&
            !shows_finding(inquiry, groups, report))
            good = report->begin;
    }
    return good;
}

static bool is_of_interest(const struct change *change, struct text mx)
{
    switch (change->kind) {
    case CHANGE_MX:
    case CHANGE_MTA_STS:
    case CHANGE_POLICY:
    case CHANGE_NS:
        return true;
    case CHANGE_ADDRESS:
    case CHANGE_CERTIFICATE:
        return !text_known(mx) || text_equal(change->name, mx);
    case CHANGE_TLSA:
        return !text_known(mx) || text_find(change->name, mx) != SIZE_MAX;
    default:
        return false;
    }
}

/* What was published otherwise before the first failure than after it. */
static void say_changes(const struct inquiry *inquiry, struct finding *finding)
{
    const struct sight *before = sight_before(inquiry, finding->first_seen);
    const struct sight *after =
        sight_after(inquiry, finding->first_seen ? finding->first_seen - 1 : 0);
    if (!before || !after || before->content == after->content)
        return;
    struct changes changes = {0};
    changes_between(before->observation, after->observation, inquiry->arena, &changes);
    for (size_t i = 0; i < changes.count; i++)
        if (is_of_interest(&changes.at[i], finding->mx))
            evidence_add(inquiry->arena, &finding->evidence, EVIDENCE_HISTORY, after->taken_at,
                         "changed between %.*s and %.*s, about when the failures began: %s of "
                         "%.*s",
                         TEXT_ARGS(text_moment(inquiry->arena, before->taken_at)),
                         TEXT_ARGS(text_moment(inquiry->arena, after->taken_at)),
                         change_kind_name(changes.at[i].kind), TEXT_ARGS(changes.at[i].name));
}

static void say_onset(const struct inquiry *inquiry, const struct group_list *groups,
                      struct finding *finding)
{
    int64_t good = good_until(inquiry, groups, finding->first_seen);
    if (good != TIME_UNKNOWN)
        evidence_add(inquiry->arena, &finding->evidence, EVIDENCE_HISTORY, finding->first_seen,
                     "good until %.*s, failing since %.*s, by the reports of those who see it",
                     TEXT_ARGS(text_date(inquiry->arena, good)),
                     TEXT_ARGS(text_date(inquiry->arena, finding->first_seen)));
    say_changes(inquiry, finding);
}

void reported_evidence(const struct inquiry *inquiry, const struct group_list *groups,
                       struct finding *finding)
{
    tally_groups(inquiry, groups, finding);
    say_groups(inquiry, groups, finding);
    say_quote(inquiry, groups, finding);
    say_onset(inquiry, groups, finding);
}
