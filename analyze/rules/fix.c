/* The proof of a fix: that an observation shows the fault gone, what senders may hold of before, and who of
 * those that failed has spoken since. */
#include "base/time.h"
#include "base/vector.h"
#include "published/changes.h"
#include "rules/counting.h"
#include "rules/engine.h"
#include "rules/habits.h"

/* ---- the observations ---- */

/* The last observation that shows the cause, and the first after it that tells and shows it gone. */
static bool find_turn(const struct inquiry *inquiry, const struct claim *claim,
                      const struct subject *subject, const struct sight **shown,
                      const struct sight **gone)
{
    ARENA_AUTO scratch = {0};
    struct inquiry draft = *inquiry;
    draft.arena = &scratch;
    *shown = *gone = NULL;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct claim dummy = claim_of(claim->rule);
        dummy.mx = claim->mx;
        enum shown answer = claim->rule->shows(&draft, sight, subject, &dummy);
        if (answer == SHOWN_YES)
            *shown = sight, *gone = NULL;
        else if (answer == SHOWN_NO && *shown && !*gone)
            *gone = sight;
    }
    return *gone;
}

/* ---- what is held of before ---- */

static void hold(struct fix *fix, enum held held, int64_t until)
{
    if (until <= fix->seen_at || (fix->held && until <= fix->held_until))
        return;
    fix->held = held;
    fix->held_until = until;
}

/* A policy that was applied in these failures, and is served no more since. */
static void hold_policies(const struct inquiry *inquiry, const struct attributed_list *groups,
                          const struct sight *gone, struct fix *fix)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct failure_group *group = groups->at[i].group;
        if (group->policy_type != POLICY_TYPE_STS)
            continue;
        struct applied_list applied = group_policies(inquiry, group);
        for (size_t j = 0; j < applied.count; j++) {
            const struct mta_sts_policy *policy = &applied.at[j].policy;
            bool served = sight_serves(gone) && mta_sts_policy_equal(&gone->policy, policy);
            size_t last =
                served ? SIZE_MAX : policy_last_served(inquiry, policy, gone->taken_at);
            if (last != SIZE_MAX)
                hold(fix, HELD_POLICY, policy_alive_until(inquiry, last, policy));
        }
    }
}

static void hold_records(const struct inquiry *inquiry, struct text mx,
                         const struct sight *shown, const struct sight *gone, struct fix *fix)
{
    struct changes changes = {0};
    changes_between(shown->observation, gone->observation, inquiry->arena, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        struct published before = {0};
        enum held held = HELD_NOTHING;
        if (changes.at[i].kind == CHANGE_MX) {
            held = HELD_MX;
            before = shown->mx;
        } else if (!text_known(mx)) {
            continue;
        } else if (changes.at[i].kind == CHANGE_ADDRESS && text_equal(changes.at[i].name, mx)) {
            held = HELD_ADDRESS;
            before = sight_addresses(inquiry, shown, mx);
        } else if (changes.at[i].kind == CHANGE_TLSA &&
                   text_find(changes.at[i].name, mx) != SIZE_MAX) {
            bool usable;
            held = HELD_TLSA;
            before = sight_tlsa(inquiry, shown, mx, NULL, &usable);
        }
        if (held && before.fact == FACT_PRESENT && before.ttl)
            hold(fix, held, gone->taken_at + (int64_t)before.ttl);
    }
}

struct fix fix_of_cause(const struct inquiry *inquiry, const struct claim *claim,
                        const struct attributed_list *groups, int64_t gone_at, int64_t bound)
{
    struct fix fix = {.shown_at = TIME_UNKNOWN, .failing_since = TIME_UNKNOWN};
    struct subject subject = {.mx = text_known(claim->mx) ? claim->mx
                                                          : group_mx(groups->at[0].group),
                              .address = claim->address};
    const struct sight *shown, *gone;
    if (!claim->rule->shows) {
        fix.seen_at = gone_at != TIME_UNKNOWN ? gone_at : claim->mended_at;
        fix.seen = fix.seen_at != TIME_UNKNOWN;
    } else if (find_turn(inquiry, claim, &subject, &shown, &gone)) {
        fix.seen = true;
        fix.seen_at = gone->taken_at;
        fix.shown_at = shown->taken_at;
        hold_policies(inquiry, groups, gone, &fix);
        hold_records(inquiry, subject.mx, shown, gone, &fix);
    }
    if (fix.seen && bound != TIME_UNKNOWN)
        hold(&fix, claim->rule->family == FAMILY_DANE ? HELD_TLSA : HELD_POLICY, bound);
    return fix;
}

void fix_join(struct fix *fix, const struct fix *other, bool first)
{
    if (first) {
        *fix = *other;
        return;
    }
    /* What is mended in part is not mended. */
    if (!fix->seen || !other->seen) {
        fix->seen = false;
        return;
    }
    fix->seen_at = other->seen_at > fix->seen_at ? other->seen_at : fix->seen_at;
    fix->shown_at = other->shown_at > fix->shown_at ? other->shown_at : fix->shown_at;
    if (other->held)
        hold(fix, other->held, other->held_until);
}

/* ---- the reporters since ---- */

static void note_failing(const struct inquiry *inquiry, const struct failure_group *group,
                         struct fix *fix)
{
    for (size_t i = 0; i < group->reports.count; i++) {
        int64_t begin = inquiry->groups->reports.at[group->reports.at[i].report].begin;
        if (begin <= fix->seen_at || !group->reports.at[i].sessions)
            continue;
        if (fix->failing_since == TIME_UNKNOWN || begin < fix->failing_since)
            fix->failing_since = begin;
        fix->returned = fix->returned || !fix->held || begin > fix->held_until;
    }
}

/* Whether REPORTER has sent successes since, of the policy type of GROUP. */
static bool has_succeeded(const struct inquiry *inquiry, const struct failure_group *group,
                          const struct fix *fix)
{
    const struct sight *now = sight_now(inquiry);
    return reporter_successes_since(inquiry->groups, group->reporter, group->policy_type,
                                    fix->seen_at, now && now->hosts.count == 1) > 0;
}

static void add_waiting(const struct inquiry *inquiry, struct text name, struct fix *fix)
{
    const struct reporter_seen *reporter = groups_reporter(inquiry->groups, name, true);
    if (!reporter)
        reporter = groups_reporter(inquiry->groups, name, false);
    struct fix_waiting waiting = {.name = name, .due_at = TIME_UNKNOWN};
    if (reporter)
        waiting.due_at = habit_due_at(inquiry, reporter);
    VECTOR_ADD(inquiry->arena, &fix->waiting, waiting);
}

void fix_ask_reporters(const struct inquiry *inquiry, const struct group_list *groups,
                       struct fix *fix)
{
    if (!fix->seen)
        return;
    enum { FAILING, SUCCEEDED, WAITING, PASSES };
    struct text_list silent = {0};
    struct text_list *const lists[PASSES] = {&fix->failing, &fix->succeeded, &silent};
    for (int pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < groups->count; i++) {
            const struct failure_group *group = groups->at[i];
            struct text name = group->reporter ? group->reporter->name : TEXT_UNKNOWN;
            if (pass == FAILING)
                note_failing(inquiry, group, fix);
            bool told =
                text_list_has(&fix->failing, name) || text_list_has(&fix->succeeded, name);
            bool fits = pass == FAILING     ? group->span.last_begin > fix->seen_at
                        : pass == SUCCEEDED ? has_succeeded(inquiry, group, fix)
                                            : true;
            if (text_known(name) && !told && fits)
                text_list_add_once(inquiry->arena, lists[pass], name);
        }
        text_list_sort(lists[pass]);
    }
    for (size_t i = 0; i < silent.count; i++)
        add_waiting(inquiry, silent.at[i], fix);
}
