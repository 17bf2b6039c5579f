/* Which rule explains a group of failures. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/engine.h"

/* ---- precedence ---- */

enum tier claim_tier(const struct claim *claim)
{
    return claim->tier ? claim->tier : claim->rule->tier;
}

enum scope claim_scope(const struct claim *claim)
{
    return claim->scope ? claim->scope : claim->rule->scope;
}

enum side claim_side(const struct claim *claim)
{
    return claim->has_side ? claim->side : claim->rule->side;
}

enum severity claim_severity(const struct claim *claim, enum impact impact)
{
    if (claim->severity)
        return claim->severity;
    if (claim->rule->critical_if_refused && impact == IMPACT_REFUSED)
        return SEVERITY_CRITICAL;
    return claim->rule->severity;
}

/* The place of a claim among the history rules; one that is only possible is no such. */
static unsigned history_place(const struct claim *claim)
{
    bool counts = claim->rule->history && claim->confidence >= CONFIDENCE_LIKELY;
    return counts ? claim->rule->history : 1000;
}

int claims_compare(const struct claim *a, const struct claim *b, bool under_dane)
{
    int order = (int)claim_tier(a) - (int)claim_tier(b);
    if (!order && under_dane)
        order = (b->rule->family == FAMILY_DANE) - (a->rule->family == FAMILY_DANE);
    if (!order)
        order = (int)history_place(a) - (int)history_place(b);
    if (!order)
        order = (int)b->confidence - (int)a->confidence;
    if (!order)
        order = (int)claim_scope(a) - (int)claim_scope(b);
    if (!order)
        order = (a->rule > b->rule) - (a->rule < b->rule);
    return order;
}

/* ---- what each rule says ---- */

/* The hosts that a group without an MX may mean. */
static struct text_list hosts_for(const struct inquiry *inquiry,
                                  const struct failure_group *group)
{
    struct text_list hosts = {0};
    struct text mx = group_mx(group);
    if (text_known(mx)) {
        text_list_add(inquiry->arena, &hosts, mx);
        return hosts;
    }
    const struct sight *sight = sight_of_group(inquiry, group);
    if (sight && sight->hosts.count)
        return sight->hosts;
    /* The rule may find a fault that leaves the domain without a host. */
    text_list_add(inquiry->arena, &hosts, TEXT_UNKNOWN);
    return hosts;
}

static struct claim claim_at(const struct rule *rule, const struct subject *subject)
{
    struct claim claim = claim_of(rule);
    if (rule->scope != SCOPE_DOMAIN)
        claim.mx = subject->mx;
    if (rule->scope == SCOPE_ADDRESS)
        claim.address = subject->address;
    return claim;
}

static bool shown_at_hosts(const struct inquiry *inquiry, const struct rule *rule,
                           const struct failure_group *group, struct claim *claim)
{
    struct text_list hosts = hosts_for(inquiry, group);
    bool found = false;
    for (size_t i = 0; i < hosts.count; i++) {
        struct subject subject = {hosts.at[i], group->address, group};
        struct claim each = claim_at(rule, &subject);
        if (!group_shown(inquiry, group, &subject, rule->shows, &each, NULL) ||
            (found && claims_compare(claim, &each, false) <= 0))
            continue;
        *claim = each;
        found = true;
    }
    return found;
}

/* Whether RULE explains GROUP, and its claim. */
static bool rule_claims(const struct inquiry *inquiry, const struct rule *rule,
                        const struct failure_group *group, struct claim *claim)
{
    struct subject subject = {group_mx(group), group->address, group};
    *claim = claim_at(rule, &subject);
    if (rule->explains)
        return rule->explains(inquiry, group, claim);
    if (!rule->shows)
        return false;
    if (rule->scope != SCOPE_DOMAIN)
        return shown_at_hosts(inquiry, rule, group, claim);
    return group_shown(inquiry, group, &subject, rule->shows, claim, NULL);
}

/* ---- which rules may be asked ---- */

static bool may_explain(const struct rule *rule, const struct failure_group *group)
{
    if (rule_is_left_out(rule->code))
        return false;
    /* Sessions of which the reporter gives no details say nothing of a cause. */
    if (group->undetailed)
        return rule->tier == TIER_REST && !rule->history &&
               rule == rule_of(TEXT("UNEXPLAINED"));
    return (rule->result_types & (1U << group->result_type)) &&
           (rule->under & (1U << group->policy_type));
}

/* Whether the certificate of MX is held against a record of usage 2: one is there, and no record of usage 3,
 * which looks at neither names nor dates, matches every certificate that was seen. */
static bool usage_2_decides(const struct inquiry *inquiry, const struct sight *sight,
                            struct text mx, const struct dane_records *records)
{
    struct probes probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    bool matched = false;
    for (size_t i = 0; i < probes.count; i++) {
        if (!probes.at[i]->certificate)
            continue;
        if (dane_own_match(records, probes.at[i]) != TLSA_MATCH_YES)
            return records->usage_2;
        matched = true;
    }
    return records->usage_2 && !matched;
}

/* The same failure under sts: another group of that MX and kind. */
static bool is_also_under_sts(const struct inquiry *inquiry, const struct failure_group *group)
{
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        if (other->policy_type == POLICY_TYPE_STS && text_equal(other->mx, group->mx) &&
            (RESULTS_CERT & (1U << other->result_type)))
            return true;
    }
    return false;
}

/* Whether TLSA records alone decide at MX, and whether by one of usage 2. */
static bool dane_decides(const struct inquiry *inquiry, const struct sight *sight,
                         struct text mx, const struct failure_group *group, bool *usage_2)
{
    *usage_2 = false;
    if (group && (group->policy_type == POLICY_TYPE_STS || is_also_under_sts(inquiry, group)))
        return false;
    if (!sight || !text_known(mx))
        return group && group->policy_type == POLICY_TYPE_TLSA;
    struct dane_records records = dane_records_of(inquiry, sight, mx);
    if (!records.secure)
        return group && group->policy_type == POLICY_TYPE_TLSA;
    *usage_2 = usage_2_decides(inquiry, sight, mx, &records);
    return records.usable;
}

bool certificates_do_not_count(const struct inquiry *inquiry, const struct sight *sight,
                               struct text mx, const struct failure_group *group)
{
    bool usage_2;
    return dane_decides(inquiry, sight, mx, group, &usage_2) && !usage_2;
}

bool certificate_rule_counts(const struct inquiry *inquiry, const struct rule *rule,
                             const struct sight *sight, struct text mx,
                             const struct failure_group *group)
{
    struct text code = text_of(rule->code);
    bool usage_2;
    /* Microsoft refuses what is not valid yet; how near an end is, its own rule weighs. */
    if (rule->family != FAMILY_CERT || text_equal(code, TEXT("CERT-NOT-YET-VALID")) ||
        text_equal(code, TEXT("CERT-EXPIRES-SOON")))
        return true;
    if (!dane_decides(inquiry, sight, mx, group, &usage_2))
        return true;
    /* Under usage 2 names and dates count; which CA it is, the record says. */
    return usage_2 && !text_equal(code, TEXT("CERT-UNTRUSTED"));
}

static bool counts_here(const struct inquiry *inquiry, const struct rule *rule,
                        const struct failure_group *group, bool under_dane)
{
    return !under_dane || certificate_rule_counts(inquiry, rule, sight_of_group(inquiry, group),
                                                  group_mx(group), group);
}

/* ---- the MX that was not probed ---- */

/* The MX of a group: the one it names, or the only one there is. */
static struct text only_host(const struct inquiry *inquiry, const struct failure_group *group)
{
    struct text_list hosts = hosts_for(inquiry, group);
    return hosts.count == 1 ? hosts.at[0] : TEXT_UNKNOWN;
}

static bool was_probed(const struct inquiry *inquiry, const struct failure_group *group,
                       struct text mx)
{
    return sight_probed(inquiry, sight_of_group(inquiry, group), mx) ||
           sight_probed(inquiry, sight_now(inquiry), mx);
}

/* What the result type names is the best guess where nobody could look. */
static bool unprobed_claims(const struct inquiry *inquiry, const struct rule *rule,
                            const struct failure_group *group, struct claim *claim)
{
    if (!rule->unprobed || rule->unprobed != group->result_type || !inquiry->sights.count)
        return false;
    struct text mx = only_host(inquiry, group);
    if (!text_known(mx) || was_probed(inquiry, group, mx))
        return false;
    *claim = claim_of(rule);
    claim->mx = mx;
    claim->tier = TIER_UNPROBED;
    claim->confidence = CONFIDENCE_POSSIBLE;
    claim_says(inquiry->arena, &claim->title,
               "Reports say %s of %.*s, and nobody has looked: the host was not probed",
               result_type_name(group->result_type), TEXT_ARGS(mx));
    claim_says(inquiry->arena, &claim->action,
               "Look at what the host offers, from a machine that may connect to port 25:\n"
               "    openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s "
               "-verify_hostname %.*s\n"
               "or run there, and import the result here:\n"
               "    tlsrpt observe --print %.*s",
               TEXT_ARGS(mx), TEXT_ARGS(mx), TEXT_ARGS(mx), TEXT_ARGS(inquiry->domain));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_SMTP, sight_now(inquiry)->taken_at,
                 "%.*s was not probed: what the reports say of it could not be checked",
                 TEXT_ARGS(mx));
    return true;
}

/* ---- the decision ---- */

struct choice {
    const struct rule *rule;
    struct claim claim;
    bool unprobed;
};

static void consider(struct choice *choice, const struct claim *claim, bool unprobed,
                     bool under_dane)
{
    if (choice->rule && claims_compare(&choice->claim, claim, under_dane) <= 0)
        return;
    *choice = (struct choice){claim->rule, *claim, unprobed};
}

/* Asks all rules, in an arena that does not outlive the question. */
static struct choice choose(const struct inquiry *inquiry, const struct failure_group *group,
                            bool under_dane)
{
    struct choice choice = {0};
    struct text absorbed = TEXT_UNKNOWN;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < rule_count; i++) {
            const struct rule *rule = &rules[i];
            struct claim claim;
            /* The rule that has another as its evidence is asked first. */
            if (!may_explain(rule, group) || (pass == 0) != (rule->absorbs != NULL) ||
                text_equal(text_of(rule->code), absorbed) ||
                !counts_here(inquiry, rule, group, under_dane))
                continue;
            if (rule_claims(inquiry, rule, group, &claim)) {
                consider(&choice, &claim, false, under_dane);
                if (rule->absorbs)
                    absorbed = text_of(rule->absorbs);
            }
            if (unprobed_claims(inquiry, rule, group, &claim))
                consider(&choice, &claim, true, under_dane);
        }
    }
    return choice;
}

struct attributed attribute(const struct inquiry *inquiry, struct failure_group *group,
                            struct arena *scratch)
{
    struct inquiry draft = *inquiry;
    draft.arena = scratch;
    arena_reset(scratch);
    struct attributed attributed = {.group = group,
                                    .impact = group_impact(&draft, group),
                                    .under_dane = group_under_dane(&draft, group)};
    struct choice choice = choose(&draft, group, attributed.under_dane);
    if (!choice.rule)
        return attributed;
    if (choice.unprobed)
        unprobed_claims(inquiry, choice.rule, group, &attributed.claim);
    else
        rule_claims(inquiry, choice.rule, group, &attributed.claim);
    return attributed;
}
