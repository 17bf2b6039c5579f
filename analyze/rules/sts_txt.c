/* The TXT record at _mta-sts. */
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/families.h"
#include "rules/sts.h"

/* ---- STS-TXT-MISSING ---- */

/* Nothing there, or only strings that mean something else. */
static enum shown record_is_missing(const struct sight *sight)
{
    if (sight->sts_txt.fact == FACT_ABSENT)
        return SHOWN_YES;
    if (sight->sts_txt.fact != FACT_PRESENT)
        return SHOWN_UNKNOWN;
    return sight->sts_record.state == TXT_NONE ? SHOWN_YES : SHOWN_NO;
}

enum shown sts_txt_missing_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    enum shown missing = record_is_missing(sight);
    (void)subject;
    if (missing != SHOWN_YES || sight->policy_fact == FACT_UNKNOWN)
        return missing == SHOWN_NO ? SHOWN_NO : SHOWN_UNKNOWN;
    if (sight->policy_fact != FACT_PRESENT || !sight->policy.valid ||
        sight->policy.mode == MTA_STS_MODE_NONE)
        return SHOWN_NO;
    claim_says(
        inquiry->arena, &claim->title,
        "An MTA-STS policy is served, but the TXT record is missing: new senders do not look "
        "for it");
    claim_says(inquiry->arena, &claim->action, "Publish the record:\n%.*s",
               TEXT_ARGS(record_with_new_id(inquiry)));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_mta-sts.%.*s TXT: %s", TEXT_ARGS(inquiry->domain),
                 sight->sts_txt.fact == FACT_ABSENT ? lookup_status_name(sight->sts_txt.status)
                                                    : "no MTA-STS record");
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                 "the policy: %.*s",
                 TEXT_ARGS(words_of_policy(inquiry->arena, &sight->policy)));
    return SHOWN_YES;
}

/* ---- STS-TXT-INVALID ---- */

/* Whether senders that had seen a policy see none since the record is broken. */
static void say_lost_senders(const struct inquiry *inquiry, const struct sight *sight,
                             struct claim *claim)
{
    uint64_t before = 0, after = 0;
    for (size_t i = 0; i < inquiry->groups->reports.count; i++) {
        const struct report_seen *report = &inquiry->groups->reports.at[i];
        bool sts = report->types & (1U << POLICY_TYPE_STS);
        bool none = report->types & (1U << POLICY_TYPE_NO_POLICY_FOUND);
        before += sts && report->begin <= sight->taken_at;
        after += none && !sts && report->end >= sight->taken_at;
    }
    if (before && after)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                     "%llu reports told of the policy, %llu since say that none was found",
                     (unsigned long long)before, (unsigned long long)after);
}

enum shown sts_txt_invalid_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    const struct mta_sts_record *record = &sight->sts_record;
    (void)subject;
    if (sight->sts_txt.fact == FACT_UNKNOWN || sight->sts_txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (sight->sts_txt.fact == FACT_ABSENT || record->state == TXT_NONE || record->valid)
        return SHOWN_NO;
    if (record->state == TXT_SEVERAL)
        claim_says(inquiry->arena, &claim->title,
                   "There are %zu MTA-STS records: most senders then see no policy",
                   record->candidates);
    else
        claim_says(inquiry->arena, &claim->title,
                   "The MTA-STS record is malformed: senders see no policy");
    claim_says(inquiry->arena, &claim->action, "Publish exactly one record of this form:\n%.*s",
               TEXT_ARGS(record_with_new_id(inquiry)));
    for (size_t i = 0; i < sight->sts_txt.values.count && i < 4; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_mta-sts.%.*s TXT \"%.*s\"", TEXT_ARGS(inquiry->domain),
                     TEXT_ARGS(quote(inquiry->arena, sight->sts_txt.values.at[i])));
    for (size_t i = 0; i < record->faults.count && i < 4; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s",
                     TEXT_ARGS(record->faults.at[i].sentence));
    say_lost_senders(inquiry, sight, claim);
    return SHOWN_YES;
}

/* ---- STS-ID-DELEGATED ---- */

static bool is_below(struct text name, struct text domain)
{
    return text_equal(name, domain) ||
           (name.length > domain.length && text_ends_nocase(name, domain) &&
            name.at[name.length - domain.length - 1] == '.');
}

/* Whether NAME leads by CNAMEs to somewhere outside the domain: *TARGET. Unknown where neither a CNAME nor
 * what is looked for at it (EXISTS) is known. */
static enum shown is_delegated(const struct inquiry *inquiry, const struct sight *sight,
                               struct text name, bool exists, struct text *target)
{
    struct text_list targets = sight_cnames(inquiry, sight, name, NULL);
    if (!targets.count)
        return exists ? SHOWN_NO : SHOWN_UNKNOWN;
    for (size_t i = 0; i < targets.count; i++) {
        *target = targets.at[i];
        if (!is_below(*target, inquiry->domain))
            return SHOWN_YES;
    }
    return SHOWN_NO;
}

enum shown sts_id_delegated_shows(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text record = text_format(arena, "_mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    struct text host = text_format(arena, "mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    struct text record_target = TEXT_UNKNOWN, host_target = TEXT_UNKNOWN;
    (void)subject;
    enum shown of_record = is_delegated(inquiry, sight, record,
                                        sight->sts_record.state != TXT_NONE, &record_target);
    enum shown of_host =
        is_delegated(inquiry, sight, host,
                     sight_addresses(inquiry, sight, host).fact == FACT_PRESENT, &host_target);
    if (!of_record || !of_host)
        return SHOWN_UNKNOWN;
    if (of_record == of_host)
        return SHOWN_NO;
    bool record_is = of_record == SHOWN_YES;
    struct text name = record_is ? record : host, other = record_is ? host : record;
    struct text target = record_is ? record_target : host_target;
    claim_says(
        arena, &claim->title,
        "%.*s is delegated to %.*s, %.*s is not: whoever edits the policy must have the other "
        "change the id",
        TEXT_ARGS(name), TEXT_ARGS(target), TEXT_ARGS(other));
    claim_says(arena, &claim->action, "Delegate both names to the same party, or neither.");
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s CNAME %.*s",
                 TEXT_ARGS(name), TEXT_ARGS(target));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "%.*s is the domain's own", TEXT_ARGS(other));
    return SHOWN_YES;
}
