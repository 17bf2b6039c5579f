/* What is known of the failures of a group: where, under which policy, what became of the mail. */
#include "base/vector.h"
#include "rules/inquiry.h"
#include "rules/verdict.h"

struct text group_mx(const struct failure_group *group)
{
    return group->mx_is_host ? group->mx : TEXT_UNKNOWN;
}

bool group_says(const struct failure_group *group, enum cause cause)
{
    return group->causes[cause] > group->sessions / 2;
}

/* ---- the policy applied ---- */

static void add_quoted(const struct inquiry *inquiry, const struct group_quote *quote,
                       struct applied_list *list)
{
    const struct mta_sts_policy *policy = quote->quote->sts;
    if (!policy || !policy->valid)
        return;
    struct applied applied = {.policy = *policy,
                              .source = POLICY_QUOTED,
                              .quote = quote,
                              .sessions = quote->sessions};
    VECTOR_ADD(inquiry->arena, list, applied);
    for (size_t i = list->count - 1; i && list->at[i - 1].sessions < list->at[i].sessions;
         i--) {
        list->at[i] = list->at[i - 1];
        list->at[i - 1] = applied;
    }
}

static bool add_served(const struct inquiry *inquiry, const struct sight *sight,
                       enum policy_source source, uint64_t sessions, struct applied_list *list)
{
    if (!sight || sight->policy_fact != FACT_PRESENT || !sight->policy.valid)
        return false;
    VECTOR_ADD(
        inquiry->arena, list,
        ((struct applied){
            .policy = sight->policy, .source = source, .sight = sight, .sessions = sessions}));
    return true;
}

struct applied_list group_policies(const struct inquiry *inquiry,
                                   const struct failure_group *group)
{
    struct applied_list list = {0};
    for (size_t i = 0; i < group->quotes.count; i++)
        add_quoted(inquiry, &group->quotes.at[i], &list);
    if (!list.count && !add_served(inquiry, sight_of_group(inquiry, group), POLICY_SERVED_THEN,
                                   group->sessions, &list))
        add_served(inquiry, sight_now(inquiry), POLICY_SERVED_NOW, group->sessions, &list);
    return list;
}

/* ---- DANE ---- */

static bool has_usable(const struct inquiry *inquiry, const struct text_list *strings)
{
    for (size_t i = 0; i < strings->count; i++) {
        struct tlsa record;
        if (tlsa_parse(strings->at[i], inquiry->arena, &record) && record.usable)
            return true;
    }
    return false;
}

/* Whether a report quotes a TLSA of MX: the policy domain of a tlsa policy may be the MX host. */
static bool is_quoted(const struct inquiry *inquiry, struct text mx)
{
    for (size_t i = 0; i < inquiry->groups->quotes.count; i++) {
        const struct quote *quote = inquiry->groups->quotes.at[i];
        if (quote->policy_type == POLICY_TYPE_TLSA &&
            (text_equal(quote->policy_domain, mx) || text_list_has(&quote->mx_hosts, mx)) &&
            has_usable(inquiry, &quote->policy_strings))
            return true;
    }
    return false;
}

static bool secure_tlsa_then(const struct inquiry *inquiry, const struct failure_group *group)
{
    const struct sight *then = sight_of_group(inquiry, group);
    struct text mx = group_mx(group);
    return then && text_known(mx) && sight_has_secure_tlsa(inquiry, then, mx);
}

bool group_under_dane(const struct inquiry *inquiry, const struct failure_group *group)
{
    struct text mx = group_mx(group);
    return group->policy_type == POLICY_TYPE_TLSA || secure_tlsa_then(inquiry, group) ||
           (text_known(mx) && is_quoted(inquiry, mx));
}

/* ---- impact ---- */

static enum impact impact_by(enum verdict verdict)
{
    static const enum impact impacts[] = {
        [VERDICT_UNKNOWN] = IMPACT_UNKNOWN,
        [VERDICT_DELIVER] = IMPACT_DELIVERED,
        [VERDICT_REFUSE] = IMPACT_REFUSED,
    };
    return impacts[verdict];
}

/* Quotes that do not parse as a whole may still tell the mode. */
static enum impact impact_by_mode(const struct failure_group *group)
{
    enum impact impact = IMPACT_UNKNOWN;
    for (size_t i = 0; i < group->quotes.count; i++) {
        enum policy_mode mode = group->quotes.at[i].quote->policy_mode;
        if (mode == POLICY_MODE_ENFORCE)
            return IMPACT_REFUSED;
        if (mode)
            impact = IMPACT_DELIVERED;
    }
    return impact;
}

static enum impact impact_by_policy(const struct inquiry *inquiry,
                                    const struct failure_group *group)
{
    struct applied_list applied = group_policies(inquiry, group);
    enum impact impact = 0;
    for (size_t i = 0; i < applied.count; i++) {
        enum impact each = impact_by(
            verdict_after_failure(FACT_PRESENT, &applied.at[i].policy, false).verdict);
        impact = each > impact ? each : impact;
    }
    if (impact)
        return impact;
    return impact_by_mode(group);
}

enum impact group_impact(const struct inquiry *inquiry, const struct failure_group *group)
{
    if (group->policy_type == POLICY_TYPE_TLSA || group->result_type == RESULT_DANE_REQUIRED)
        return IMPACT_REFUSED;
    /* Who says that it found no policy had no TLSA either. */
    if (group->policy_type == POLICY_TYPE_NO_POLICY_FOUND)
        return IMPACT_DELIVERED;
    if (secure_tlsa_then(inquiry, group))
        return impact_by(verdict_after_failure(FACT_UNKNOWN, NULL, true).verdict);
    return impact_by_policy(inquiry, group);
}

const struct mta_sts_policy *policy_in_force(const struct inquiry *inquiry)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight->policy_fact != FACT_PRESENT || !sight->policy.valid)
            continue;
        bool is_now = i + 1 == inquiry->sights.count;
        bool alive = is_now || policy_alive_until(inquiry, i, &sight->policy) > inquiry->now;
        return alive ? &sight->policy : NULL;
    }
    return NULL;
}

enum impact standing_impact(const struct inquiry *inquiry, struct text mx)
{
    const struct sight *now = sight_now(inquiry);
    if (!now)
        return IMPACT_UNKNOWN;
    bool secure = text_known(mx) && sight_has_secure_tlsa(inquiry, now, mx);
    const struct mta_sts_policy *policy = policy_in_force(inquiry);
    enum fact fact = policy ? FACT_PRESENT : now->policy_fact;
    return impact_by(verdict_after_failure(fact, policy, secure).verdict);
}
