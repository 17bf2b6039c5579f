/* STS-FORMER-VENDOR: MTA-STS that a vendor of former days still has a hand in. */
#include "published/mta_sts_mx.h"
#include "published/txt_record.h"
#include "rules/families.h"
#include "rules/reporting.h"
#include "rules/sts.h"

/* What leads to a former vendor; each unknown where it does not. */
struct vendor_hold {
    struct text host, record; /* the name under the vendor that it leads to */
    struct text pattern;      /* an mx line of the policy */
    bool known;               /* anything of it was looked at */
};

/* The first name that NAME leads to by CNAMEs and that is under a former vendor; unknown if none. */
static struct text leads_to(const struct inquiry *inquiry, const struct sight *sight,
                            struct text name, bool *known)
{
    enum fact fact;
    struct text_list targets = sight_cnames(inquiry, sight, name, &fact);
    *known = *known || fact == FACT_PRESENT || fact == FACT_ABSENT;
    for (size_t i = 0; i < targets.count; i++)
        if (domain_is_below(targets.at[i], &inquiry->expected->former_vendors))
            return targets.at[i];
    return TEXT_UNKNOWN;
}

static struct text listed_there(const struct inquiry *inquiry, const struct sight *sight)
{
    for (size_t i = 0; sight->policy_fact == FACT_PRESENT && i < sight->policy.mx.count; i++) {
        const struct mta_sts_mx *mx = &sight->policy.mx.at[i];
        /* A pattern is below what it covers, too. */
        if (mta_sts_mx_is_good(mx) &&
            domain_is_below(mx->pattern, &inquiry->expected->former_vendors))
            return mx->pattern;
    }
    return TEXT_UNKNOWN;
}

static struct vendor_hold look(const struct inquiry *inquiry, const struct sight *sight)
{
    struct arena *arena = inquiry->arena;
    struct text host = text_format(arena, "mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    struct text record = text_format(arena, "_mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    struct vendor_hold held = {.known = sight->sts_txt.fact == FACT_PRESENT ||
                                        sight->sts_txt.fact == FACT_ABSENT ||
                                        sight->policy_fact == FACT_PRESENT};
    held.host = leads_to(inquiry, sight, host, &held.known);
    held.record = leads_to(inquiry, sight, record, &held.known);
    held.pattern = listed_there(inquiry, sight);
    return held;
}

/* ---- what to say ---- */

static void say_title(const struct inquiry *inquiry, const struct vendor_hold *held,
                      struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    if (text_known(held->host))
        claim_says(
            arena, &claim->title,
            "The policy host mta-sts.%.*s is in the hands of a former vendor (%.*s), who "
            "can serve any MTA-STS policy there",
            TEXT_ARGS(inquiry->domain), TEXT_ARGS(held->host));
    else if (text_known(held->record))
        claim_says(arena, &claim->title,
                   "The MTA-STS record _mta-sts.%.*s is in the hands of a former vendor (%.*s)",
                   TEXT_ARGS(inquiry->domain), TEXT_ARGS(held->record));
    else
        claim_says(arena, &claim->title,
                   "The MTA-STS policy lists %.*s, which is in a domain of a former vendor",
                   TEXT_ARGS(held->pattern));
}

static void say_action(const struct inquiry *inquiry, const struct vendor_hold *held,
                       struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text domain = inquiry->domain;
    struct text pattern =
        text_known(held->pattern)
            ? text_format(arena, "without the line mx: %.*s", TEXT_ARGS(held->pattern))
            : TEXT("with the policy of now");
    if (text_known(held->host))
        claim_says(arena, &claim->action,
                   "Serve the policy from a host of your own, %.*s, and let mta-sts.%.*s lead "
                   "there in "
                   "place of %.*s; then publish the record yourself, with a new id:\n%.*s",
                   TEXT_ARGS(pattern), TEXT_ARGS(domain), TEXT_ARGS(held->host),
                   TEXT_ARGS(record_with_new_id(inquiry)));
    else if (text_known(held->record))
        claim_says(arena, &claim->action,
                   "Publish the record yourself in place of the CNAME to %.*s, with a new "
                   "id:\n%.*s",
                   TEXT_ARGS(held->record), TEXT_ARGS(record_with_new_id(inquiry)));
    else
        claim_says(
            arena, &claim->action,
            "If mail no longer goes there, take the line mx: %.*s out of the policy, then "
            "change the id:\n%.*s",
            TEXT_ARGS(held->pattern), TEXT_ARGS(record_with_new_id(inquiry)));
}

static void say_risk(const struct inquiry *inquiry, const struct sight *sight,
                     const struct vendor_hold *held, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text domain = inquiry->domain;
    if (text_known(held->host))
        evidence_add(
            arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
            "who holds that host gets certificates for mta-sts.%.*s: a policy in enforce that "
            "lists none of your MX hosts, with a max_age of a year, makes each sender that "
            "takes "
            "it refuse all mail for %.*s until it has run out",
            TEXT_ARGS(domain), TEXT_ARGS(domain));
    if (text_known(held->record))
        evidence_add(
            arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
            "who holds that record says whether senders look for a policy: without it new ones "
            "see none, with the id of before those that hold one do not ask for yours");
    if (text_known(held->pattern))
        evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                     "a host under %.*s takes mail for %.*s where the answer about its MX is "
                     "forged: the policy says that it may",
                     TEXT_ARGS(held->pattern), TEXT_ARGS(domain));
    if (sight->policy_fact != FACT_PRESENT || !sight->policy.valid)
        return;
    uint64_t age = sight->policy.max_age < MTA_STS_MAX_AGE_MAX ? sight->policy.max_age
                                                               : MTA_STS_MAX_AGE_MAX;
    evidence_add(
        arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
        "served there when it was looked at: %.*s; a sender that took it then holds it until "
        "%.*s",
        TEXT_ARGS(words_of_policy(arena, &sight->policy)),
        TEXT_ARGS(text_moment(arena, sight->taken_at + (int64_t)age)));
}

enum shown sts_former_vendor_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    (void)subject;
    if (!inquiry->expected || !sight)
        return SHOWN_UNKNOWN;
    /* The vendor's own domain is in nobody else's hands. */
    if (domain_is_below(inquiry->domain, &inquiry->expected->former_vendors))
        return SHOWN_NO;
    struct vendor_hold held = look(inquiry, sight);
    bool any = text_known(held.host) || text_known(held.record) || text_known(held.pattern);
    if (!any)
        return held.known ? SHOWN_NO : SHOWN_UNKNOWN;
    say_title(inquiry, &held, claim);
    say_action(inquiry, &held, claim);
    if (text_known(held.host))
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "mta-sts.%.*s leads by CNAME to %.*s", TEXT_ARGS(inquiry->domain),
                     TEXT_ARGS(held.host));
    if (text_known(held.record))
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_mta-sts.%.*s leads by CNAME to %.*s", TEXT_ARGS(inquiry->domain),
                     TEXT_ARGS(held.record));
    if (text_known(held.pattern))
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                     "the policy lists mx: %.*s", TEXT_ARGS(held.pattern));
    say_risk(inquiry, sight, &held, claim);
    return SHOWN_YES;
}
