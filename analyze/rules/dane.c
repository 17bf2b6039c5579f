#include "rules/dane.h"

#include "base/vector.h"
#include "rules/host.h"

/* Whether every answer of MX that tells was made without TLSA records. */
static bool probes_found_none(const struct inquiry *inquiry, const struct sight *sight,
                              struct text mx)
{
    struct probes probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    bool none = false;
    for (size_t i = 0; i < probes.count; i++) {
        enum dane dane = probes.at[i]->dane;
        if (dane != DANE_NONE && dane != DANE_UNKNOWN && dane != DANE_NOT_CHECKED)
            return false;
        none = none || dane == DANE_NONE;
    }
    return none;
}

struct dane_records dane_records_of(const struct inquiry *inquiry, const struct sight *sight,
                                    struct text mx)
{
    struct dane_records records = {0};
    if (!text_known(mx))
        return records;
    records.set = sight_tlsa(inquiry, sight, mx, &records.list, &records.usable);
    for (size_t i = 0; i < records.list.count; i++) {
        const struct tlsa *tlsa = &records.list.at[i];
        records.usage_2 = records.usage_2 || (tlsa->usable && tlsa->usage == 2);
        records.usage_3 = records.usage_3 || (tlsa->usable && tlsa->usage == 3);
    }
    if (records.set.fact == FACT_UNKNOWN && probes_found_none(inquiry, sight, mx))
        records.set.fact = FACT_ABSENT;
    records.secure = records.set.fact == FACT_PRESENT && records.set.dnssec == DNSSEC_SECURE;
    return records;
}

bool dane_is_told(const struct dane_records *records)
{
    if (records->set.fact == FACT_PRESENT)
        return records->set.dnssec == DNSSEC_SECURE || records->set.dnssec == DNSSEC_INSECURE;
    return records->set.fact == FACT_ABSENT;
}

/* The better of two answers: one record that matches is enough. */
static enum tlsa_match better(enum tlsa_match a, enum tlsa_match b)
{
    if (a == TLSA_MATCH_YES || b == TLSA_MATCH_YES)
        return TLSA_MATCH_YES;
    return a == TLSA_MATCH_UNKNOWN || b == TLSA_MATCH_UNKNOWN ? TLSA_MATCH_UNKNOWN
                                                              : TLSA_MATCH_NO;
}

enum tlsa_match dane_anchor_match(const struct dane_records *records,
                                  const struct observed_smtp *answer)
{
    enum tlsa_match match = TLSA_MATCH_NO;
    for (size_t i = 0; i < records->list.count; i++) {
        const struct tlsa *tlsa = &records->list.at[i];
        if (!tlsa->usable || tlsa->usage != 2)
            continue;
        for (size_t j = 0; j < answer->chain.count; j++)
            match = better(match, tlsa_match(tlsa, answer->chain.at[j].spki_sha256,
                                             answer->chain.at[j].cert_sha256));
    }
    return match;
}

enum tlsa_match dane_own_match(const struct dane_records *records,
                               const struct observed_smtp *answer)
{
    enum tlsa_match match = TLSA_MATCH_NO;
    for (size_t i = 0; answer->certificate && i < records->list.count; i++) {
        const struct tlsa *tlsa = &records->list.at[i];
        if (tlsa->usable && tlsa->usage == 3)
            match = better(match, tlsa_match(tlsa, answer->certificate->spki_sha256,
                                             answer->certificate->cert_sha256));
    }
    return match;
}

enum tlsa_match dane_match_of(const struct dane_records *records,
                              const struct observed_smtp *answer)
{
    enum tlsa_match match =
        better(dane_anchor_match(records, answer), dane_own_match(records, answer));
    /* What the digests leave open, the probe may have told. */
    if (match == TLSA_MATCH_UNKNOWN && answer->dane == DANE_MATCH)
        return TLSA_MATCH_YES;
    if (match == TLSA_MATCH_UNKNOWN && answer->dane == DANE_MISMATCH)
        return TLSA_MATCH_NO;
    return match;
}

bool dane_may_explain(const struct failure_group *group)
{
    unsigned certificate = RESULTS_CERT & ~RESULT(VALIDATION_FAILURE);
    return !group || group->policy_type == POLICY_TYPE_TLSA ||
           !(certificate & (1U << group->result_type));
}

struct text dane_record_to_paste(const struct inquiry *inquiry, struct text mx,
                                 const struct observed_certificate *certificate)
{
    if (!certificate || !text_known(certificate->spki_sha256))
        return TEXT_UNKNOWN;
    return text_format(inquiry->arena, "    _25._tcp.%.*s. IN TLSA 3 1 1 %.*s", TEXT_ARGS(mx),
                       TEXT_ARGS(certificate->spki_sha256));
}

enum { RECORDS_SHOWN = 8 };

void dane_evidence(const struct inquiry *inquiry, const struct sight *sight, struct text mx,
                   const struct dane_records *records, struct claim *claim)
{
    for (size_t i = 0; i < records->set.values.count && i < RECORDS_SHOWN; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_25._tcp.%.*s TLSA %.*s (%s)", TEXT_ARGS(mx),
                     TEXT_ARGS(words_of_line(inquiry->arena, records->set.values.at[i])),
                     dnssec_name(records->set.dnssec) ? dnssec_name(records->set.dnssec)
                                                      : "DNSSEC not known");
}

bool dane_is_repeated(const struct inquiry *inquiry, size_t place)
{
    return place + 1 < inquiry->sights.count &&
           inquiry->sights.at[place].content == inquiry->sights.at[place + 1].content;
}

const struct observed_smtp *dane_answer(const struct inquiry *inquiry,
                                        const struct sight *sight, struct text mx,
                                        struct text address)
{
    struct probes probes = sight_probes(inquiry, sight, mx, address);
    for (size_t i = 0; i < probes.count; i++)
        if (probes.at[i]->certificate)
            return probes.at[i];
    return NULL;
}

const struct observed_smtp *dane_first_match(const struct probes *probes,
                                             const struct dane_records *records)
{
    for (size_t i = 0; i < probes->count; i++)
        if (probes->at[i]->certificate &&
            dane_match_of(records, probes->at[i]) == TLSA_MATCH_YES)
            return probes->at[i];
    return NULL;
}

/* Whether an answer at ADDRESS, or with TEXT_UNKNOWN at any, is as the records say. */
static bool any_matches(const struct probes *probes, const struct dane_records *records,
                        struct text address)
{
    for (size_t i = 0; i < probes->count; i++)
        if ((!text_known(address) || text_equal(probes->at[i]->address, address)) &&
            probes->at[i]->certificate &&
            dane_match_of(records, probes->at[i]) == TLSA_MATCH_YES)
            return true;
    return false;
}

enum dane_beside dane_look_beside(const struct probes *probes,
                                  const struct dane_records *records,
                                  const struct observed_smtp *bad)
{
    if (text_known(bad->address) && !any_matches(probes, records, bad->address))
        return any_matches(probes, records, TEXT_UNKNOWN) ? DANE_BESIDE_ANOTHER_ADDRESS
                                                          : DANE_BESIDE_NOTHING;
    return any_matches(probes, records, TEXT_UNKNOWN) ? DANE_BESIDE_SAME_ADDRESS
                                                      : DANE_BESIDE_NOTHING;
}

const struct observed_smtp *dane_first_mismatch(const struct probes *probes,
                                                const struct dane_records *records)
{
    for (size_t i = 0; i < probes->count; i++)
        if (probes->at[i]->certificate &&
            dane_match_of(records, probes->at[i]) == TLSA_MATCH_NO)
            return probes->at[i];
    return NULL;
}
