/* What DANE leads to: records that the next renewal breaks, and policies that contradict each other. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"
#include "rules/verdict.h"

/* ---- DANE-FRAGILE ---- */

/* Why the next certificate will not match; null where that is not known. */
static const char *fragile_record(const struct dane_records *records)
{
    size_t usable = 0, whole = 0;
    for (size_t i = 0; i < records->list.count; i++) {
        const struct tlsa *tlsa = &records->list.at[i];
        usable += tlsa->usable;
        whole += tlsa->usable && tlsa->usage == 3 && tlsa->selector == 0;
    }
    /* Another record beside it may be that of the next certificate. */
    return usable == 1 && whole == 1
               ? "the record is of the whole certificate (3 0), which every "
                 "renewal replaces"
               : NULL;
}

static const struct observed_certificate *certificate_at(const struct inquiry *inquiry,
                                                         size_t place, struct text mx)
{
    const struct observed_smtp *answer =
        dane_answer(inquiry, &inquiry->sights.at[place], mx, TEXT_UNKNOWN);
    return answer ? answer->certificate : NULL;
}

/* Whether each renewal that was observed brought a new key: one at least. */
static bool renews_with_new_keys(const struct inquiry *inquiry, struct text mx)
{
    const struct observed_certificate *before = NULL;
    size_t renewals = 0, new_keys = 0;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct observed_certificate *each = certificate_at(inquiry, i, mx);
        if (!each || !text_known(each->cert_sha256) || !text_known(each->spki_sha256))
            continue;
        bool renewed = before && !text_equal(before->cert_sha256, each->cert_sha256);
        renewals += renewed;
        new_keys += renewed && !text_equal(before->spki_sha256, each->spki_sha256);
        before = each;
    }
    return renewals && new_keys == renewals;
}

static const char *fragile_key(const struct inquiry *inquiry, struct text mx,
                               const struct dane_records *records)
{
    size_t usable = 0;
    for (size_t i = 0; i < records->list.count; i++)
        usable += records->list.at[i].usable;
    return usable == 1 && records->usage_3 && renews_with_new_keys(inquiry, mx)
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

/* When the certificate is to be renewed: with a third of its lifetime left. */
static int64_t next_renewal(const struct inquiry *inquiry,
                            const struct observed_certificate *certificate)
{
    if (certificate->not_before == TIME_UNKNOWN || certificate->not_after == TIME_UNKNOWN)
        return certificate->not_after;
    int64_t lifetime = certificate->not_after - certificate->not_before;
    int64_t renewal = certificate->not_after - lifetime / 3;
    return renewal > inquiry->now ? renewal : certificate->not_after;
}

static void say_fragile(const struct inquiry *inquiry, struct text mx,
                        const struct dane_records *records, const struct observed_smtp *answer,
                        const char *why, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    const struct sight *now = sight_now(inquiry);
    int64_t renewal = next_renewal(inquiry, answer->certificate);
    struct text when = renewal == TIME_UNKNOWN
                           ? TEXT("at the next renewal")
                           : text_format(arena, "at the next renewal, about %.*s",
                                         TEXT_ARGS(text_date(arena, renewal)));
    claim->mx = mx;
    claim->confidence = CONFIDENCE_LIKELY;
    claim_says(arena, &claim->title, "The TLSA record of %.*s will break %.*s", TEXT_ARGS(mx),
               TEXT_ARGS(when));
    claim_says(
        arena, &claim->action,
        "Let the renewal keep the key and publish its record, or publish the record of the "
        "next key two TTLs ahead. Of the key in use:\n%.*s",
        TEXT_ARGS(dane_record_to_paste(inquiry, mx, answer->certificate)));
    evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, now->taken_at, "%s", why);
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
        const char *why = fragile_record(&records);
        if (!why)
            why = fragile_key(inquiry, mx, &records);
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
    bool enforced = sight->policy_fact == FACT_PRESENT && sight->policy.valid &&
                    sight->policy.mode == MTA_STS_MODE_ENFORCE;
    if (records.set.fact == FACT_UNKNOWN || sight->policy_fact == FACT_UNKNOWN)
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
