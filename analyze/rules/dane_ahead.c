/* What DANE leads to: records that the next renewal breaks, and policies that contradict each other. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"
#include "rules/renewals.h"
#include "rules/verdict.h"

/* ---- DANE-FRAGILE ---- */

/* Whether the records of the time before matched the certificate that the last renewal brought. */
static bool last_survived(const struct inquiry *inquiry, struct text mx,
                          const struct renewals *renewals)
{
    if (!renewals->changes)
        return false;
    const struct sight *before = &inquiry->sights.at[renewals->change_from];
    const struct sight *after = &inquiry->sights.at[renewals->change_to];
    struct dane_records records = dane_records_of(inquiry, before, mx);
    const struct observed_smtp *answer = dane_answer(inquiry, after, mx, TEXT_UNKNOWN);
    return answer && dane_match_of(&records, answer) == TLSA_MATCH_YES;
}

/* Whether a record matches no certificate that was ever seen: it may be that of the next one. */
static bool may_be_the_next(const struct inquiry *inquiry, struct text mx,
                            const struct tlsa *tlsa)
{
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        if (dane_is_repeated(inquiry, i))
            continue;
        struct probes probes = sight_probes(inquiry, &inquiry->sights.at[i], mx, TEXT_UNKNOWN);
        for (size_t j = 0; j < probes.count; j++)
            if (probes.at[j]->certificate &&
                tlsa_match(tlsa, probes.at[j]->certificate->spki_sha256,
                           probes.at[j]->certificate->cert_sha256) == TLSA_MATCH_YES)
                return false;
    }
    return true;
}

/* Why the next certificate will not match records of the server itself; null where that is not known. A
 * record of its CA beside them, or one that may be of the next certificate, will. */
static const char *fragile_server(const struct inquiry *inquiry, struct text mx,
                                  const struct dane_records *records,
                                  const struct renewals *renewals)
{
    bool whole = true;
    if (!records->usage_3 || records->usage_2)
        return NULL;
    for (size_t i = 0; i < records->list.count; i++) {
        const struct tlsa *tlsa = &records->list.at[i];
        if (!tlsa->usable)
            continue;
        if (may_be_the_next(inquiry, mx, tlsa))
            return NULL;
        whole = whole && tlsa->selector == 0;
    }
    if ((whole || renewals->with_new_key) && last_survived(inquiry, mx, renewals))
        return NULL;
    if (whole)
        return "the record is of the whole certificate (3 0), which every renewal replaces";
    return renewals->changes && renewals->with_new_key == renewals->changes
               ? "there is one record, and each renewal so far brought a new key"
               : NULL;
}

/* Whether an earlier certificate came from a CA that no record names. */
static const char *fragile_issuer(const struct inquiry *inquiry, struct text mx,
                                  const struct dane_records *records)
{
    if (!records->usage_2 || records->usage_3)
        return NULL;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct observed_smtp *answer =
            dane_answer(inquiry, &inquiry->sights.at[i], mx, TEXT_UNKNOWN);
        if (answer && answer->chain.count &&
            dane_anchor_match(records, answer) == TLSA_MATCH_NO)
            return "the records name some of the CA certificates that have issued, not all";
    }
    return NULL;
}

static void say_fragile(const struct inquiry *inquiry, struct text mx,
                        const struct dane_records *records, const struct observed_smtp *answer,
                        const char *why, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    const struct sight *now = sight_now(inquiry);
    struct renewals here = renewals_of_answer(inquiry, answer);
    struct expected_renewal expected = renewals_next(inquiry, &here);
    int64_t renewal = renewals_date(&expected, inquiry->now);
    struct text when = renewal == TIME_UNKNOWN
                           ? TEXT("at the next renewal")
                           : text_format(arena, "at the next renewal, about %.*s",
                                         TEXT_ARGS(text_date(arena, renewal)));
    claim->mx = mx;
    claim->confidence = CONFIDENCE_LIKELY;
    claim_says(arena, &claim->title, "The TLSA record of %.*s will break %.*s", TEXT_ARGS(mx),
               TEXT_ARGS(when));
    struct text record = dane_record_to_paste(inquiry, mx, answer->certificate);
    claim_says(
        arena, &claim->action,
        "Let the renewal keep the key and publish its record, or publish the record of the "
        "next key two TTLs ahead.%s%.*s",
        text_known(record) ? " Of the key in use:\n" : "", TEXT_ARGS(record));
    evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, now->taken_at, "%s", why);
    if (text_known(expected.basis))
        evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, now->taken_at,
                     "the certificate was %.*s", TEXT_ARGS(expected.basis));
    dane_evidence(inquiry, now, mx, records, claim);
    certificate_evidence(inquiry, now, answer, claim);
}

void dane_fragile_stands(const struct inquiry *inquiry, const struct rule *rule,
                         struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    for (size_t i = 0; now && i < now->hosts.count; i++) {
        struct text mx = now->hosts.at[i];
        struct dane_records records = dane_records_of(inquiry, now, mx);
        const struct observed_smtp *answer = dane_answer(inquiry, now, mx, TEXT_UNKNOWN);
        if (!records.secure || !records.usable || !answer ||
            dane_match_of(&records, answer) != TLSA_MATCH_YES)
            continue;
        struct renewals renewals = renewals_of_first(inquiry, mx);
        const char *why = fragile_server(inquiry, mx, &records, &renewals);
        if (!why)
            why = fragile_issuer(inquiry, mx, &records);
        if (!why)
            continue;
        struct claim claim = claim_of(rule);
        say_fragile(inquiry, mx, &records, answer, why, &claim);
        VECTOR_ADD(inquiry->arena, claims, claim);
    }
}

/* ---- DANE-STS-CONFLICT ---- */

static bool disagree(struct verdict_answer a, struct verdict_answer b)
{
    return (a.verdict == VERDICT_DELIVER && b.verdict == VERDICT_REFUSE) ||
           (a.verdict == VERDICT_REFUSE && b.verdict == VERDICT_DELIVER);
}

enum shown dane_sts_conflict_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    struct text mx = subject->mx;
    struct dane_records records = dane_records_of(inquiry, sight, mx);
    bool enforced = sight_serves(sight) && sight->policy.mode == MTA_STS_MODE_ENFORCE;
    if (!dane_is_told(&records) || sight->policy_fact == FACT_UNKNOWN ||
        sight->policy_fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (!records.secure || !enforced)
        return SHOWN_NO;
    struct probes probes = sight_probes(inquiry, sight, mx, subject->address);
    for (size_t i = 0; i < probes.count; i++) {
        struct verdict_question question = {.mx = mx,
                                            .policy_fact = FACT_PRESENT,
                                            .policy = &sight->policy,
                                            .mx_dnssec = sight->mx.dnssec,
                                            .tlsa = records.set,
                                            .probe = probes.at[i]};
        struct verdict_answer dane = verdict_by_dane(&question, inquiry->arena);
        struct verdict_answer sts = verdict_by_sts(&question);
        if (!disagree(dane, sts))
            continue;
        bool dane_delivers = dane.verdict == VERDICT_DELIVER;
        claim_says(
            inquiry->arena, &claim->title,
            "DANE and MTA-STS disagree about %.*s: senders with %s deliver, those with %s "
            "refuse",
            TEXT_ARGS(mx), dane_delivers ? "DANE" : "MTA-STS",
            dane_delivers ? "MTA-STS" : "DANE");
        claim_says(inquiry->arena, &claim->action, "Bring them in line: %s",
                   dane_delivers ? "give the host a certificate and a policy line that MTA-STS "
                                   "accepts too."
                                 : "mend the TLSA record of the host.");
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "by DANE: %s (%s)", verdict_clause_text(dane.clause),
                     verdict_clause_reference(dane.clause));
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                     "by MTA-STS: %s (%s)", verdict_clause_text(sts.clause),
                     verdict_clause_reference(sts.clause));
        return SHOWN_YES;
    }
    return SHOWN_NO;
}
