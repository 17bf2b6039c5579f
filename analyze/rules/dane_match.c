/* TLSA records against certificates. */
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

static void say_mismatch(const struct inquiry *inquiry, const struct sight *sight,
                         struct text mx, const struct dane_records *records,
                         const struct observed_smtp *bad, bool others_match,
                         struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text hint = hint_of(inquiry, sight, mx, records, bad->certificate);
    if (others_match && answer_is_for_a_key(bad))
        hint = TEXT("one of the RSA and ECDSA certificates has no record");
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
}

enum shown dane_mismatch_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    if (!dane_may_explain(subject->group))
        return SHOWN_NO;
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (records.set.fact == FACT_UNKNOWN || records.set.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (!records.secure || !records.usage_3)
        return SHOWN_NO;
    struct probes probes = sight_probes(inquiry, sight, subject->mx, subject->address);
    const struct observed_smtp *bad = NULL;
    bool good = false;
    for (size_t i = 0; i < probes.count; i++) {
        enum tlsa_match match = probes.at[i]->certificate
                                    ? dane_match_of(&records, probes.at[i])
                                    : TLSA_MATCH_UNKNOWN;
        good = good || match == TLSA_MATCH_YES;
        if (match == TLSA_MATCH_NO && !bad)
            bad = probes.at[i];
    }
    if (!bad)
        return good ? SHOWN_NO : SHOWN_UNKNOWN;
    say_mismatch(inquiry, sight, subject->mx, &records, bad, good, claim);
    return SHOWN_YES;
}

/* ---- DANE-ROLLOVER ---- */

/* The last observation before the place END in which MX presented a certificate that RECORDS match; SIZE_MAX
 * if none. */
static size_t last_match(const struct inquiry *inquiry, size_t end, struct text mx,
                         const struct dane_records *records)
{
    for (size_t i = end; i-- > 0;) {
        const struct observed_smtp *answer =
            dane_answer(inquiry, &inquiry->sights.at[i], mx, TEXT_UNKNOWN);
        if (answer && dane_match_of(records, answer) == TLSA_MATCH_YES)
            return i;
    }
    return SIZE_MAX;
}

/* When the TLSA records had followed, by the first observation from the place FIRST on that matches;
 * TIME_UNKNOWN where they have not. *TTL is theirs before. */
static int64_t followed_at(const struct inquiry *inquiry, size_t first, struct text mx,
                           uint32_t *ttl)
{
    for (size_t i = first; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct dane_records records = dane_records_of(inquiry, sight, mx);
        const struct observed_smtp *answer = dane_answer(inquiry, sight, mx, TEXT_UNKNOWN);
        if (records.set.fact != FACT_PRESENT || !answer)
            continue;
        if (dane_match_of(&records, answer) == TLSA_MATCH_YES)
            return sight->taken_at;
        *ttl = records.set.ttl;
    }
    return TIME_UNKNOWN;
}

/* How often a certificate came that the records of the time did not match. */
static unsigned times_broken(const struct inquiry *inquiry, struct text mx)
{
    unsigned times = 0;
    bool matched = false;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct dane_records records = dane_records_of(inquiry, sight, mx);
        const struct observed_smtp *answer = dane_answer(inquiry, sight, mx, TEXT_UNKNOWN);
        if (!answer || !records.secure || !records.usable)
            continue;
        enum tlsa_match match = dane_match_of(&records, answer);
        times += matched && match == TLSA_MATCH_NO;
        matched = match == TLSA_MATCH_YES;
    }
    return times;
}

static void say_rollover(const struct inquiry *inquiry, const struct sight *then, size_t former,
                         struct text mx, const struct dane_records *records,
                         struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    unsigned times = times_broken(inquiry, mx);
    const struct sight *before = &inquiry->sights.at[former];
    const struct observed_smtp *old = dane_answer(inquiry, before, mx, TEXT_UNKNOWN);
    const struct observed_smtp *new = dane_answer(inquiry, then, mx, TEXT_UNKNOWN);
    uint32_t ttl = records->set.ttl;
    int64_t followed = followed_at(inquiry, former + 1, mx, &ttl);
    claim_says(arena, &claim->title,
               "The certificate of %.*s changed before its TLSA record did%s", TEXT_ARGS(mx),
               times > 1 ? ", as it does at each renewal" : "");
    struct text record = dane_record_to_paste(inquiry, mx, new ? new->certificate : NULL);
    claim_says(
        arena, &claim->action,
        "%s%.*s%sFor the next renewal: publish the record of the next key two TTLs ahead, "
        "beside the present one, or let the renewal keep the key.",
        followed == TIME_UNKNOWN && text_known(record) ? "Publish now:\n" : "",
        followed == TIME_UNKNOWN ? (int)record.length : 0, text_known(record) ? record.at : "",
        followed == TIME_UNKNOWN && text_known(record) ? "\n" : "");
    if (followed != TIME_UNKNOWN)
        claim->bound = followed + ttl;
    dane_evidence(inquiry, then, mx, records, claim);
    if (old)
        certificate_evidence(inquiry, before, old, claim);
    if (new)
        certificate_evidence(inquiry, then, new, claim);
    if (followed != TIME_UNKNOWN)
        evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, followed,
                     "the TLSA record matches again; caches held the former one for up to %u "
                     "seconds more",
                     ttl);
    if (times > 1)
        evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, then->taken_at,
                     "the observations show this %u times", times);
}

/* The records that the reports of GROUP quote, where they are TLSA records. */
static struct dane_records quoted_records(const struct inquiry *inquiry,
                                          const struct failure_group *group)
{
    struct dane_records records = {0};
    for (size_t i = 0; i < group->quotes.count; i++) {
        const struct quote *quoted = group->quotes.at[i].quote;
        for (size_t j = 0;
             quoted->policy_type == POLICY_TYPE_TLSA && j < quoted->policy_strings.count; j++) {
            struct tlsa tlsa;
            if (!tlsa_parse(quoted->policy_strings.at[j], inquiry->arena, &tlsa))
                continue;
            records.usable = records.usable || tlsa.usable;
            records.usage_3 = records.usage_3 || (tlsa.usable && tlsa.usage == 3);
            VECTOR_ADD(inquiry->arena, &records.list, tlsa);
            text_list_add(inquiry->arena, &records.set.values, quoted->policy_strings.at[j]);
        }
    }
    return records;
}

/* Senders that still have the former record when certificate and record changed at once. */
static bool quotes_former(const struct inquiry *inquiry, const struct failure_group *group,
                          struct text mx, struct claim *claim)
{
    struct dane_records quoted = quoted_records(inquiry, group);
    const struct sight *then = sight_of_group(inquiry, group);
    const struct observed_smtp *answer =
        then ? dane_answer(inquiry, then, mx, TEXT_UNKNOWN) : NULL;
    if (!quoted.usage_3 || !answer || dane_match_of(&quoted, answer) != TLSA_MATCH_NO)
        return false;
    size_t place = (size_t)(then - inquiry->sights.at);
    size_t former = last_match(inquiry, place, mx, &quoted);
    struct dane_records published = dane_records_of(inquiry, then, mx);
    if (former == SIZE_MAX || !published.secure)
        return false;
    uint32_t ttl = dane_records_of(inquiry, &inquiry->sights.at[former], mx).set.ttl;
    if (group->span.first_begin > then->taken_at + ttl)
        return false;
    claim->confidence = confidence_at(sight_distance(inquiry, then, group));
    quoted.set.ttl = ttl;
    say_rollover(inquiry, then, former, mx, &quoted, claim);
    return true;
}

bool dane_rollover_explains(const struct inquiry *inquiry, const struct failure_group *group,
                            struct claim *claim)
{
    struct text mx = group_mx(group);
    struct subject subject = {mx, group->address, group};
    struct claim mismatch = claim_of(NULL);
    const struct sight *then;
    if (!text_known(mx) || !dane_may_explain(group))
        return false;
    if (!group_shown(inquiry, group, &subject, dane_mismatch_shows, &mismatch, &then))
        return quotes_former(inquiry, group, mx, claim);
    struct dane_records records = dane_records_of(inquiry, then, mx);
    size_t former = last_match(inquiry, (size_t)(then - inquiry->sights.at), mx, &records);
    if (former == SIZE_MAX)
        return false;
    claim->mx = mx;
    claim->confidence = mismatch.confidence;
    say_rollover(inquiry, then, former, mx, &records, claim);
    return true;
}

/* ---- usage 2 ---- */

/* The first answer of MX with a certificate, where only records of usage 2 are usable and signed. Null with
 * *SHOWN set where there is nothing to look at. */
static const struct observed_smtp *
anchored_answer(const struct inquiry *inquiry, const struct sight *sight,
                const struct subject *subject, struct dane_records *records, enum shown *shown)
{
    *records = dane_records_of(inquiry, sight, subject->mx);
    *shown = SHOWN_NO;
    if (!dane_may_explain(subject->group))
        return NULL;
    if (records->set.fact == FACT_UNKNOWN || records->set.fact == FACT_FAILED) {
        *shown = SHOWN_UNKNOWN;
        return NULL;
    }
    if (!records->secure || !records->usage_2 || records->usage_3)
        return NULL;
    const struct observed_smtp *answer =
        dane_answer(inquiry, sight, subject->mx, subject->address);
    if (!answer)
        *shown = SHOWN_UNKNOWN;
    return answer;
}

/* Whether an earlier observation shows a match with another issuer than now, or the same. */
static enum shown issuer_changed(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text mx, const struct dane_records *records,
                                 const struct observed_smtp *answer)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *before = &inquiry->sights.at[i];
        if (before->taken_at >= sight->taken_at)
            continue;
        const struct observed_smtp *former = dane_answer(inquiry, before, mx, TEXT_UNKNOWN);
        if (!former || dane_anchor_match(records, former) != TLSA_MATCH_YES)
            continue;
        return text_equal(former->certificate->issuer, answer->certificate->issuer) ? SHOWN_NO
                                                                                    : SHOWN_YES;
    }
    return SHOWN_UNKNOWN;
}

/* Whether the chain ends below the CA of the record: nothing is sent above the certificate, or what is
 * sent does not go on from it, or nobody trusts it as it is. */
static bool is_cut(const struct inquiry *inquiry, const struct sight *sight, struct text mx,
                   const struct dane_records *records, const struct observed_smtp *answer)
{
    if (!answer->chain.count)
        return true;
    enum shown changed = issuer_changed(inquiry, sight, mx, records, answer);
    if (changed != SHOWN_UNKNOWN)
        return changed == SHOWN_NO;
    struct text issuer = answer->certificate->issuer, top = answer->chain.at[0].subject;
    if (issuer.length && top.length && !text_equal(issuer, top))
        return true;
    return answer->certificate->trust == TRUST_UNTRUSTED;
}

static void say_anchor(const struct inquiry *inquiry, const struct sight *sight, struct text mx,
                       const struct dane_records *records, const struct observed_smtp *answer,
                       struct claim *claim)
{
    dane_evidence(inquiry, sight, mx, records, claim);
    certificate_evidence(inquiry, sight, answer, claim);
    for (size_t i = 0; i < answer->chain.count && i < 4; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "sent above it: %.*s",
                     TEXT_ARGS(words_of_line(inquiry->arena, answer->chain.at[i].subject)));
    if (!answer->chain.count)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "nothing is sent above it");
}

static struct text or_311(const struct inquiry *inquiry, struct text mx,
                          const struct observed_smtp *answer)
{
    struct text record = dane_record_to_paste(inquiry, mx, answer->certificate);
    return text_known(record) ? text_format(inquiry->arena, ":\n%.*s", TEXT_ARGS(record))
                              : TEXT(" (3 1 1).");
}

enum shown dane_ta_not_sent_shows(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject, struct claim *claim)
{
    struct dane_records records;
    enum shown shown;
    const struct observed_smtp *answer =
        anchored_answer(inquiry, sight, subject, &records, &shown);
    if (!answer)
        return shown;
    if (dane_anchor_match(&records, answer) != TLSA_MATCH_NO ||
        !is_cut(inquiry, sight, subject->mx, &records, answer))
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "%.*s does not send the CA certificate that its TLSA record is of",
               TEXT_ARGS(subject->mx));
    claim_says(
        inquiry->arena, &claim->action,
        "Let the server send that CA certificate with its own, or publish the record of the "
        "server's key%.*s",
        TEXT_ARGS(or_311(inquiry, subject->mx, answer)));
    say_anchor(inquiry, sight, subject->mx, &records, answer, claim);
    return SHOWN_YES;
}

enum shown dane_ta_issuer_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    struct dane_records records;
    enum shown shown;
    const struct observed_smtp *answer =
        anchored_answer(inquiry, sight, subject, &records, &shown);
    if (!answer)
        return shown;
    if (dane_anchor_match(&records, answer) != TLSA_MATCH_NO ||
        is_cut(inquiry, sight, subject->mx, &records, answer))
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The certificate of %.*s comes from a CA that its TLSA records do not name",
               TEXT_ARGS(subject->mx));
    claim_says(
        inquiry->arena, &claim->action,
        "Publish a record for every CA that may issue (they change without notice), or that "
        "of the server's key%.*s",
        TEXT_ARGS(or_311(inquiry, subject->mx, answer)));
    say_anchor(inquiry, sight, subject->mx, &records, answer, claim);
    return SHOWN_YES;
}

enum shown dane_ta_name_shows(const struct inquiry *inquiry, const struct sight *sight,
                              const struct subject *subject, struct claim *claim)
{
    struct dane_records records;
    enum shown shown;
    const struct observed_smtp *answer =
        anchored_answer(inquiry, sight, subject, &records, &shown);
    if (!answer)
        return shown;
    bool matches =
        dane_anchor_match(&records, answer) == TLSA_MATCH_YES || answer->dane == DANE_MATCH;
    if (!matches || answer->certificate->matches_mx != ANSWER_NO)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The TLSA record of %.*s names its CA, but the certificate is for another name",
               TEXT_ARGS(subject->mx));
    claim_says(
        inquiry->arena, &claim->action,
        "Have the certificate issued for %.*s, or publish the record of the server's key, for "
        "which names do not count%.*s",
        TEXT_ARGS(subject->mx), TEXT_ARGS(or_311(inquiry, subject->mx, answer)));
    say_anchor(inquiry, sight, subject->mx, &records, answer, claim);
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
    if (records.set.fact == FACT_UNKNOWN || records.set.fact == FACT_FAILED)
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
