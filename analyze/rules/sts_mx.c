/* The policy held against the MX hosts. */
#include "base/time.h"
#include "base/vector.h"
#include "published/mta_sts_mx.h"
#include "published/mx_match.h"
#include "published/txt_record.h"
#include "rules/families.h"
#include "rules/sts.h"

/* ---- STS-MX-NOT-LISTED ---- */

/* The hosts of SIGHT that POLICY does not list, and HOST. */
static struct text_list missing_hosts(const struct inquiry *inquiry, const struct sight *sight,
                                      const struct mta_sts_policy *policy, struct text host)
{
    struct text_list missing = {0};
    text_list_add(inquiry->arena, &missing, host);
    for (size_t i = 0; sight && i < sight->hosts.count; i++)
        if (!mta_sts_policy_covers(policy, sight->hosts.at[i]))
            text_list_add_once(inquiry->arena, &missing, sight->hosts.at[i]);
    return missing;
}

/* The pattern that would list MX if its "*" stood for several labels; null if there is none. */
static const struct mta_sts_mx *too_short_wildcard(const struct mta_sts_policy *policy,
                                                   struct text mx)
{
    for (size_t i = 0; i < policy->mx.count; i++) {
        struct text pattern = policy->mx.at[i].pattern;
        if (text_starts(pattern, TEXT("*.")) && mx.length > pattern.length &&
            text_ends_nocase(mx, text_from(pattern, 1)))
            return &policy->mx.at[i];
    }
    return NULL;
}

static void say_not_listed(const struct inquiry *inquiry, const struct sight *sight,
                           const struct mta_sts_policy *policy, struct text mx,
                           struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    const struct mta_sts_mx *wildcard = too_short_wildcard(policy, mx);
    claim->mx = mx;
    claim_says(arena, &claim->title,
               "%.*s takes mail for %.*s, but the MTA-STS policy does not "
               "list it",
               TEXT_ARGS(mx), TEXT_ARGS(inquiry->domain));
    if (wildcard)
        evidence_add(arena, &claim->evidence, EVIDENCE_POLICY,
                     sight ? sight->taken_at : TIME_UNKNOWN,
                     "%.*s does not cover %.*s: the * stands for exactly one label",
                     TEXT_ARGS(wildcard->pattern), TEXT_ARGS(mx));
    /* What is served now is what has to be edited. */
    const struct sight *now = sight_now(inquiry);
    bool served = now && sight_serves(now);
    const struct mta_sts_policy *base = served ? &now->policy : policy;
    struct text_list missing = missing_hosts(inquiry, now ? now : sight, base, mx);
    claim_says(
        arena, &claim->action,
        "Add the MX host to the policy file at "
        "https://mta-sts.%.*s/.well-known/mta-sts.txt:\n%.*s\nthen change the id, so that "
        "senders fetch it:\n%.*s\nIf the host should take no mail, remove it from the MX "
        "records instead.",
        TEXT_ARGS(inquiry->domain), TEXT_ARGS(policy_to_paste(inquiry, base, &missing)),
        TEXT_ARGS(record_with_new_id(inquiry)));
    if (sight)
        evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "%.*s is an MX record of %.*s", TEXT_ARGS(mx), TEXT_ARGS(inquiry->domain));
    evidence_add(arena, &claim->evidence, EVIDENCE_POLICY,
                 sight ? sight->taken_at : TIME_UNKNOWN, "the policy: %.*s",
                 TEXT_ARGS(words_of_policy(arena, policy)));
}

enum shown sts_mx_not_listed_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    if (sight->mx.fact != FACT_PRESENT && sight->mx.fact != FACT_ABSENT)
        return SHOWN_UNKNOWN;
    if (!text_known(subject->mx) || !text_list_has(&sight->hosts, subject->mx))
        return SHOWN_NO;
    if (sight->policy_fact != FACT_PRESENT || !sight->policy.valid)
        return sight->policy_fact == FACT_ABSENT ? SHOWN_NO : SHOWN_UNKNOWN;
    if (!policy_lacks(&sight->policy, sight, subject->mx, NULL))
        return SHOWN_NO;
    say_not_listed(inquiry, sight, &sight->policy, subject->mx, claim);
    return SHOWN_YES;
}

/* Whether a value that is no host name means MX: then that is what is wrong (STS-MX-VALUE). */
static bool value_means(const struct inquiry *inquiry, const struct sight *sight,
                        const struct mta_sts_policy *policy, struct text mx)
{
    bool any_good = false;
    const struct mta_sts_mx *bad = policy_bad_value(policy);
    for (size_t i = 0; i < policy->mx.count; i++)
        any_good = any_good || mta_sts_mx_is_good(&policy->mx.at[i]);
    if (!bad)
        return false;
    if (!any_good || text_equal(bad->pattern, TEXT("*")) ||
        text_find_nocase(bad->pattern, mx) != SIZE_MAX)
        return true;
    struct published addresses = {0};
    if (sight)
        addresses = sight_addresses(inquiry, sight, mx);
    return text_list_has(&addresses.values, bad->pattern);
}

/* An observation, then or now, in which the MX that fails is a published one; with no MX named, that
 * of then. */
static const struct sight *sight_with_mx(const struct inquiry *inquiry,
                                         const struct failure_group *group, struct text mx)
{
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    const struct sight *candidates[] = {then, now};
    for (size_t i = 0; i < 2; i++)
        if (candidates[i] && candidates[i]->mx.fact != FACT_FAILED &&
            candidates[i]->mx.fact != FACT_UNKNOWN &&
            (!text_known(mx) || text_list_has(&candidates[i]->hosts, mx)))
            return candidates[i];
    return NULL;
}

/* Whether any observation knows the MX records. */
static bool mx_is_known(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->sights.count; i++)
        if (inquiry->sights.at[i].mx.fact == FACT_PRESENT ||
            inquiry->sights.at[i].mx.fact == FACT_ABSENT)
            return true;
    return false;
}

/* Whether the policy served then lists MX: then it is the cached one that lacks it. */
static bool served_lists(const struct inquiry *inquiry, const struct failure_group *group,
                         struct text mx)
{
    const struct sight *served = served_at(inquiry, group);
    return served && sight_serves(served) && !policy_lacks(&served->policy, served, mx, NULL);
}

bool sts_mx_not_listed_explains(const struct inquiry *inquiry,
                                const struct failure_group *group, struct claim *claim)
{
    struct text mx = group_mx(group), host;
    const struct sight *sight = sight_with_mx(inquiry, group, mx);
    bool known = mx_is_known(inquiry);
    if ((known && !sight) || (!text_known(mx) && !sight))
        return false;
    struct applied_list policies = group_policies(inquiry, group);
    for (size_t i = 0; i < policies.count; i++) {
        const struct applied *applied = &policies.at[i];
        if (!policy_lacks(&applied->policy, sight, mx, &host) ||
            value_means(inquiry, sight, &applied->policy, host) ||
            served_lists(inquiry, group, host))
            continue;
        say_not_listed(inquiry, sight, &applied->policy, host, claim);
        if (!sight)
            claim->confidence = CONFIDENCE_POSSIBLE;
        else if (applied->source == POLICY_QUOTED)
            claim->confidence = CONFIDENCE_CONFIRMED;
        else
            claim->confidence = confidence_at(sight_distance(inquiry, applied->sight, group));
        return true;
    }
    return false;
}

/* ---- STS-MX-VALUE ---- */

static void say_value(const struct inquiry *inquiry, const struct sight *sight,
                      const struct mta_sts_policy *policy, const struct mta_sts_mx *bad,
                      struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text value = quote(arena, bad->pattern);
    claim_says(arena, &claim->title,
               "The MTA-STS policy has the line \"mx: %.*s\", which is no host name",
               TEXT_ARGS(value));
    struct text_list hosts = sight ? sight->hosts : (struct text_list){0};
    claim_says(arena, &claim->action,
               "Write one host name or *. pattern on each mx line:\n%.*s\nthen change the "
               "id:\n%.*s",
               TEXT_ARGS(policy_to_paste(inquiry, policy, &hosts)),
               TEXT_ARGS(record_with_new_id(inquiry)));
    evidence_add(arena, &claim->evidence, EVIDENCE_POLICY,
                 sight ? sight->taken_at : TIME_UNKNOWN, "line %zu: mx: %.*s (%s)", bad->line,
                 TEXT_ARGS(value), mta_sts_fault_name(bad->fault));
}

enum shown sts_mx_value_shows(const struct inquiry *inquiry, const struct sight *sight,
                              const struct subject *subject, struct claim *claim)
{
    if (sight->policy_fact != FACT_PRESENT)
        return sight->policy_fact == FACT_ABSENT ? SHOWN_NO : SHOWN_UNKNOWN;
    const struct mta_sts_mx *bad = policy_bad_value(&sight->policy);
    if (!bad || sight->policy.mode == MTA_STS_MODE_NONE)
        return SHOWN_NO;
    if (!subject->group)
        claim->severity = SEVERITY_WARNING;
    say_value(inquiry, sight, &sight->policy, bad, claim);
    return SHOWN_YES;
}

bool sts_mx_value_explains(const struct inquiry *inquiry, const struct failure_group *group,
                           struct claim *claim)
{
    struct applied_list policies = group_policies(inquiry, group);
    for (size_t i = 0; i < policies.count; i++) {
        const struct mta_sts_mx *bad = policy_bad_value(&policies.at[i].policy);
        if (!bad || policies.at[i].policy.mode == MTA_STS_MODE_NONE)
            continue;
        const struct sight *sight =
            policies.at[i].sight ? policies.at[i].sight : sight_of_group(inquiry, group);
        say_value(inquiry, sight, &policies.at[i].policy, bad, claim);
        claim->confidence = policies.at[i].source == POLICY_QUOTED
                                ? CONFIDENCE_CONFIRMED
                                : confidence_at(sight_distance(inquiry, sight, group));
        return true;
    }
    /* A policy without any good line is invalid as a whole, and still the one that is meant. */
    for (size_t i = 0; i < group->quotes.count; i++) {
        const struct mta_sts_policy *policy = group->quotes.at[i].quote->sts;
        const struct mta_sts_mx *bad = policy ? policy_bad_value(policy) : NULL;
        if (!bad)
            continue;
        say_value(inquiry, sight_of_group(inquiry, group), policy, bad, claim);
        claim->confidence = CONFIDENCE_CONFIRMED;
        return true;
    }
    struct subject subject = {.mx = group_mx(group), .group = group};
    return group_shown(inquiry, group, &subject, sts_mx_value_shows, claim, NULL);
}

/* ---- STS-MX-PATTERN-UNUSED ---- */

static bool is_used(const struct sight *sight, struct text pattern)
{
    for (size_t i = 0; i < sight->hosts.count; i++)
        if (mx_match(pattern, sight->hosts.at[i]))
            return true;
    return false;
}

enum shown sts_mx_pattern_unused_shows(const struct inquiry *inquiry, const struct sight *sight,
                                       const struct subject *subject, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text first = TEXT_UNKNOWN;
    (void)subject;
    if (sight->policy_fact != FACT_PRESENT || sight->mx.fact != FACT_PRESENT)
        return SHOWN_UNKNOWN;
    if (sight->policy.mode == MTA_STS_MODE_NONE)
        return SHOWN_NO;
    for (size_t i = 0; i < sight->policy.mx.count; i++) {
        const struct mta_sts_mx *mx = &sight->policy.mx.at[i];
        if (!mta_sts_mx_is_good(mx) || is_used(sight, mx->pattern))
            continue;
        if (!text_known(first))
            first = mx->pattern;
        evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                     "line %zu: mx: %.*s, which is no MX host of %.*s", mx->line,
                     TEXT_ARGS(mx->pattern), TEXT_ARGS(inquiry->domain));
    }
    if (!text_known(first))
        return SHOWN_NO;
    claim_says(arena, &claim->title, "The MTA-STS policy lists %.*s, which is no MX host%s",
               TEXT_ARGS(first), claim->evidence.count > 1 ? ", and others" : "");
    claim_says(
        arena, &claim->action,
        "Remove the line from the policy, unless a move to that host is planned or senders "
        "may still have the old MX records; then change the id:\n%.*s",
        TEXT_ARGS(record_with_new_id(inquiry)));
    return SHOWN_YES;
}

/* ---- STS-MAX-AGE-SHORT ---- */

enum { SHORT_AGE = 86400 };

enum shown sts_max_age_short_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    (void)subject;
    if (sight->policy_fact != FACT_PRESENT)
        return SHOWN_UNKNOWN;
    const struct mta_sts_policy *policy = &sight->policy;
    if (!policy->valid || policy->mode != MTA_STS_MODE_ENFORCE || policy->max_age >= SHORT_AGE)
        return SHOWN_NO;
    claim_says(
        inquiry->arena, &claim->title,
        "The MTA-STS policy lives for only %llu seconds: who attacks has to keep it from "
        "senders for less than a day",
        (unsigned long long)policy->max_age);
    struct mta_sts_policy longer = *policy;
    longer.max_age = 604800;
    claim_says(inquiry->arena, &claim->action,
               "Use a week or more:\n%.*s\nthen change the id:\n%.*s",
               TEXT_ARGS(policy_to_paste(inquiry, &longer, NULL)),
               TEXT_ARGS(record_with_new_id(inquiry)));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                 "the policy: %.*s", TEXT_ARGS(words_of_policy(inquiry->arena, policy)));
    return SHOWN_YES;
}
