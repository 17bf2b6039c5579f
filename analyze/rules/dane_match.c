/* TLSA records of the server itself against its certificate, records that cannot be used, and too many. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- DANE-MISMATCH ---- */

/* What a record that matches nothing does match elsewhere, as a hint; empty if nothing is known. */
static struct text hint_of_record(const struct inquiry *inquiry, const struct sight *sight,
                                  struct text mx, const struct tlsa *tlsa,
                                  const struct observed_certificate *certificate)
{
    struct arena *arena = inquiry->arena;
    if (tlsa_is_digest_of_nothing(tlsa))
        return TEXT(
            "the digest of nothing: the tool that made the record was given an empty file");
    const struct observed_smtps *smtp = &sight->observation->smtp;
    for (size_t i = 0; i < smtp->count; i++)
        if (!text_equal(smtp->at[i].mx, mx) && smtp->at[i].certificate &&
            tlsa_match(tlsa, smtp->at[i].certificate->spki_sha256,
                       smtp->at[i].certificate->cert_sha256) == TLSA_MATCH_YES)
            return text_format(arena, "it is the record of the certificate of %.*s",
                               TEXT_ARGS(smtp->at[i].mx));
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        if (dane_is_repeated(inquiry, i))
            continue;
        const struct observed_smtp *former =
            dane_answer(inquiry, &inquiry->sights.at[i], mx, TEXT_UNKNOWN);
        if (!former || tlsa_match(tlsa, former->certificate->spki_sha256,
                                  former->certificate->cert_sha256) != TLSA_MATCH_YES)
            continue;
        bool same_key = text_known(certificate->spki_sha256) &&
                        text_equal(former->certificate->spki_sha256, certificate->spki_sha256);
        return text_format(arena,
                           same_key
                               ? "it is of the former certificate, last seen on %.*s; the key "
                                 "is the same, so that 3 1 1 would have stayed right"
                               : "it is of the former certificate, last seen on %.*s",
                           TEXT_ARGS(text_date(arena, inquiry->sights.at[i].taken_at)));
    }
    return TEXT_UNKNOWN;
}

static struct text hint_of(const struct inquiry *inquiry, const struct sight *sight,
                           struct text mx, const struct dane_records *records,
                           const struct observed_certificate *certificate)
{
    for (size_t i = 0; i < records->list.count; i++) {
        struct text hint =
            hint_of_record(inquiry, sight, mx, &records->list.at[i], certificate);
        if (text_known(hint))
            return hint;
    }
    return TEXT_UNKNOWN;
}

static struct text hint_beside(const struct inquiry *inquiry, const struct observed_smtp *bad,
                               enum dane_beside beside)
{
    if (beside == DANE_BESIDE_SAME_ADDRESS)
        return answer_is_for_a_key(bad)
                   ? TEXT("one of the RSA and ECDSA certificates has no record")
                   : TEXT("the host has several, and this one has no record");
    if (beside == DANE_BESIDE_ANOTHER_ADDRESS && text_known(bad->address))
        return text_format(inquiry->arena, "it is that of %.*s alone, another address is right",
                           TEXT_ARGS(bad->address));
    return TEXT_UNKNOWN;
}

static void say_mismatch(const struct inquiry *inquiry, const struct sight *sight,
                         struct text mx, const struct dane_records *records,
                         const struct observed_smtp *bad, enum dane_beside beside,
                         struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text hint = hint_beside(inquiry, bad, beside);
    enum evidence_source source = text_known(hint) ? EVIDENCE_SMTP : EVIDENCE_DNS;
    if (!text_known(hint))
        hint = hint_of(inquiry, sight, mx, records, bad->certificate);
    claim_says(arena, &claim->title, "No TLSA record of %.*s matches its certificate%s%.*s",
               TEXT_ARGS(mx), text_known(hint) ? ": " : "", TEXT_ARGS(hint));
    struct text record = dane_record_to_paste(inquiry, mx, bad->certificate);
    if (text_known(record))
        claim_says(
            arena, &claim->action,
            "Publish the record of the certificate in use, beside the present one until its "
            "TTL has passed:\n%.*s\nCompare it with the server's own certificate first, if "
            "the name server or the network could be somebody else's.",
            TEXT_ARGS(record));
    else
        claim_says(
            arena, &claim->action,
            "Publish the TLSA record (3 1 1) of the certificate in use at _25._tcp.%.*s.",
            TEXT_ARGS(mx));
    dane_evidence(inquiry, sight, mx, records, claim);
    certificate_evidence(inquiry, sight, bad, claim);
    if (text_known(hint))
        evidence_add(arena, &claim->evidence, source, sight->taken_at, "%.*s", TEXT_ARGS(hint));
}

enum shown dane_mismatch_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    if (!dane_may_explain(subject->group))
        return SHOWN_NO;
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (!dane_is_told(&records))
        return SHOWN_UNKNOWN;
    if (!records.secure || !records.usage_3)
        return SHOWN_NO;
    struct probes probes = sight_probes(inquiry, sight, subject->mx, subject->address);
    const struct observed_smtp *bad = dane_first_mismatch(&probes, &records);
    if (!bad)
        return dane_first_match(&probes, &records) ? SHOWN_NO : SHOWN_UNKNOWN;
    say_mismatch(inquiry, sight, subject->mx, &records, bad,
                 dane_look_beside(&probes, &records, bad), claim);
    return SHOWN_YES;
}

/* ---- DANE-UNUSABLE, DANE-TOO-MANY ---- */

enum shown dane_unusable_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (records.set.fact == FACT_UNKNOWN || records.set.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (records.set.fact == FACT_ABSENT || records.usable ||
        records.set.dnssec == DNSSEC_INSECURE)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "%.*s publishes TLSA records, but none that senders of mail can use",
               TEXT_ARGS(subject->mx));
    const struct observed_smtp *answer = dane_answer(inquiry, sight, subject->mx, TEXT_UNKNOWN);
    struct text record =
        answer ? dane_record_to_paste(inquiry, subject->mx, answer->certificate) : TEXT_UNKNOWN;
    claim_says(inquiry->arena, &claim->action,
               "Use 3 1 1 (the server's key) or 2 1 1 (the CA's key)%s%.*s",
               text_known(record) ? ":\n" : ".", TEXT_ARGS(record));
    dane_evidence(inquiry, sight, subject->mx, &records, claim);
    for (size_t i = 0; i < records.list.count && i < 4; i++)
        if (text_known(records.list.at[i].sentence))
            evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                         "%.*s", TEXT_ARGS(records.list.at[i].sentence));
    return SHOWN_YES;
}

enum { MICROSOFT_MAX = 12 };

enum shown dane_too_many_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (records.set.fact == FACT_UNKNOWN || records.set.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (records.set.values.count <= MICROSOFT_MAX)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "%.*s has %zu TLSA records: Microsoft refuses more than %d",
               TEXT_ARGS(subject->mx), records.set.values.count, MICROSOFT_MAX);
    claim_says(inquiry->arena, &claim->action, "Remove the records that are not in use.");
    dane_evidence(inquiry, sight, subject->mx, &records, claim);
    return SHOWN_YES;
}

/* ---- DANE-NO-STARTTLS ---- */

enum shown dane_no_starttls_shows(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    const struct observed_smtp *bad;
    if (!dane_is_told(&records))
        return SHOWN_UNKNOWN;
    if (!records.secure)
        return SHOWN_NO;
    enum shown shown = host_judged(inquiry, sight, subject, tls_no_starttls_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    claim_says(
        inquiry->arena, &claim->title,
        "%.*s offers no STARTTLS, but its TLSA record promises it: senders with DANE refuse",
        TEXT_ARGS(subject->mx));
    claim_says(inquiry->arena, &claim->action,
               "Enable STARTTLS on %.*s, or remove its TLSA record until it is.",
               TEXT_ARGS(subject->mx));
    dane_evidence(inquiry, sight, subject->mx, &records, claim);
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                 "%.*s: STARTTLS is not offered",
                 TEXT_ARGS(words_of_place(inquiry->arena, bad)));
    return SHOWN_YES;
}
