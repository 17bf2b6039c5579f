#include "ahead/proposal.h"

#include "base/vector.h"
#include "published/mx_match.h"
#include "rules/dane.h"

enum { DEFAULT_MAX_AGE = 604800 };

bool proposal_keeps_tlsa(const struct proposal *proposal)
{
    return !proposal->tlsa.count && !proposal->no_tlsa;
}

bool proposal_keeps_policy(const struct proposal *proposal)
{
    return !proposal->policy && !proposal->mode;
}

/* ---- the policy ---- */

static void list_hosts(const struct text_list *hosts, struct arena *arena,
                       struct mta_sts_policy *policy)
{
    for (size_t i = 0; i < hosts->count; i++)
        VECTOR_ADD(arena, &policy->mx, ((struct mta_sts_mx){.pattern = hosts->at[i]}));
}

struct mta_sts_policy policy_of_host(struct text mx, struct arena *arena)
{
    struct mta_sts_policy policy = {.mode = MTA_STS_MODE_ENFORCE,
                                    .has_max_age = true,
                                    .max_age = DEFAULT_MAX_AGE,
                                    .valid = true};
    struct text_list one = {&mx, 1};
    list_hosts(&one, arena, &policy);
    return policy;
}

struct text_list proposal_hosts(const struct proposal *proposal, const struct sight *sight)
{
    if (proposal && proposal->mx.count)
        return proposal->mx;
    return sight ? sight->hosts : (struct text_list){0};
}

/* A policy that is served and not valid is as none to senders. */
enum fact proposal_policy(const struct inquiry *inquiry, const struct proposal *proposal,
                          struct mta_sts_policy *policy)
{
    const struct sight *now = sight_now(inquiry);
    const struct mta_sts_policy *base =
        proposal->policy ? proposal->policy : policy_in_force(inquiry);
    *policy = (struct mta_sts_policy){0};
    if (base) {
        *policy = *base;
        policy->mode = proposal->mode ? proposal->mode : base->mode;
        return FACT_PRESENT;
    }
    if (!proposal->mode)
        return !now                               ? FACT_UNKNOWN
               : now->policy_fact == FACT_PRESENT ? FACT_ABSENT
                                                  : now->policy_fact;
    struct text_list hosts = proposal_hosts(proposal, now);
    *policy = (struct mta_sts_policy){
        .mode = proposal->mode, .has_max_age = true, .max_age = DEFAULT_MAX_AGE, .valid = true};
    list_hosts(&hosts, inquiry->arena, policy);
    return FACT_PRESENT;
}

/* ---- TLSA and certificate ---- */

/* Records that are proposed are signed if the zone of the host is: what was observed at their name, or of
 * the host's addresses, tells. */
static enum dnssec zone_dnssec(const struct inquiry *inquiry, const struct sight *sight,
                               struct text mx, const struct published *observed)
{
    if (observed->dnssec)
        return observed->dnssec;
    struct published addresses =
        sight ? sight_addresses(inquiry, sight, mx) : (struct published){0};
    return addresses.dnssec ? addresses.dnssec : DNSSEC_SECURE;
}

static struct published proposed_set(const struct inquiry *inquiry,
                                     const struct proposal *proposal, const struct sight *sight,
                                     struct text mx)
{
    struct published observed = {0};
    if (sight)
        observed = published_tlsa(sight->facts, mx, inquiry->arena);
    if (!proposal || proposal_keeps_tlsa(proposal))
        return observed;
    struct published set = {.fact = FACT_ABSENT, .status = LOOKUP_NODATA};
    bool named = false;
    for (size_t i = 0; i < proposal->tlsa.count; i++) {
        const struct proposed_tlsa *one = &proposal->tlsa.at[i];
        if (text_known(one->mx) && !text_equal(one->mx, mx))
            continue;
        named = true;
        text_list_add(inquiry->arena, &set.values, one->record);
    }
    if (!named && !proposal->no_tlsa)
        return observed;
    set.fact = named ? FACT_PRESENT : FACT_ABSENT;
    set.dnssec = zone_dnssec(inquiry, sight, mx, &observed);
    return set;
}

static struct dane_records records_of(const struct inquiry *inquiry,
                                      const struct published *set)
{
    struct dane_records records = {.set = *set};
    for (size_t i = 0; i < set->values.count; i++) {
        struct tlsa tlsa;
        if (!tlsa_parse(set->values.at[i], inquiry->arena, &tlsa))
            continue;
        records.usable = records.usable || tlsa.usable;
        VECTOR_ADD(inquiry->arena, &records.list, tlsa);
    }
    return records;
}

/* What the probe would have found of TLSA. */
static enum dane dane_of(const struct inquiry *inquiry, const struct published *set,
                         const struct observed_smtp *probe)
{
    static const enum dane found[] = {
        [TLSA_MATCH_UNKNOWN] = DANE_UNKNOWN,
        [TLSA_MATCH_NO] = DANE_MISMATCH,
        [TLSA_MATCH_YES] = DANE_MATCH,
    };
    struct dane_records records = records_of(inquiry, set);
    struct observed_smtp anew = *probe;
    anew.dane = DANE_UNKNOWN;
    if (set->fact != FACT_PRESENT)
        return DANE_NONE;
    return records.usable ? found[dane_match_of(&records, &anew)] : DANE_UNUSABLE;
}

/* The certificate as MX would present it. A host that nobody probed, or that could not be reached, is taken to
 * offer STARTTLS. */
static struct observed_smtp *with_certificate(const struct inquiry *inquiry,
                                              const struct proposal *proposal, struct text mx,
                                              const struct observed_smtp *probe)
{
    struct observed_smtp *anew = arena_new(inquiry->arena, struct observed_smtp);
    struct observed_certificate *certificate =
        arena_new(inquiry->arena, struct observed_certificate);
    if (probe)
        *anew = *probe;
    *certificate = *proposal->certificate;
    certificate->matches_mx =
        certificate_names_match(&certificate->names, mx) ? ANSWER_YES : ANSWER_NO;
    anew->mx = mx;
    if (!probe || !probe_tells(probe)) {
        anew->status = SMTP_OK;
        anew->starttls = ANSWER_YES;
        anew->starttls_reply = TEXT("220");
    }
    if (anew->status == SMTP_OK && anew->starttls == ANSWER_YES) {
        anew->certificate = certificate;
        anew->chain = proposal->chain;
    }
    return anew;
}

struct verdict_question proposal_question(const struct inquiry *inquiry,
                                          const struct proposal *proposal,
                                          const struct sight *sight, struct text mx,
                                          const struct observed_smtp *probe)
{
    struct verdict_question question = {
        .mx = mx,
        .mx_dnssec = sight ? sight->mx.dnssec : DNSSEC_UNKNOWN,
        .tlsa = proposed_set(inquiry, proposal, sight, mx),
        .probe = probe,
    };
    if (!proposal || (proposal_keeps_tlsa(proposal) && !proposal->certificate))
        return question;
    if (proposal->certificate)
        question.probe = with_certificate(inquiry, proposal, mx, probe);
    if (question.probe) {
        struct observed_smtp *anew = arena_new(inquiry->arena, struct observed_smtp);
        *anew = *question.probe;
        if (anew->certificate)
            anew->dane = dane_of(inquiry, &question.tlsa, anew);
        question.probe = anew;
    }
    return question;
}
