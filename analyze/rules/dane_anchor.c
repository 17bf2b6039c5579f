/* TLSA records of usage 2, which name a CA: DANE-TA-NOT-SENT, DANE-TA-ISSUER, DANE-TA-NAME. */
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"

/* What a rule about trust anchors asks of one answer with a certificate. */
typedef bool anchor_judge(const struct inquiry *inquiry, const struct sight *sight,
                          struct text mx, const struct dane_records *records,
                          const struct observed_smtp *answer);

/* Asks JUDGE of every answer of the subject, where signed records of usage 2 are there that can be used:
 * *BAD is the first that has the fault. */
static enum shown anchors_judged(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, anchor_judge *judge,
                                 struct dane_records *records, const struct observed_smtp **bad)
{
    *records = dane_records_of(inquiry, sight, subject->mx);
    if (!dane_may_explain(subject->group))
        return SHOWN_NO;
    if (!dane_is_told(records))
        return SHOWN_UNKNOWN;
    if (!records->secure || !records->usage_2)
        return SHOWN_NO;
    struct probes probes = sight_probes(inquiry, sight, subject->mx, subject->address);
    enum shown shown = SHOWN_UNKNOWN;
    for (size_t i = 0; i < probes.count; i++) {
        if (!probes.at[i]->certificate)
            continue;
        if (judge(inquiry, sight, subject->mx, records, probes.at[i])) {
            *bad = probes.at[i];
            return SHOWN_YES;
        }
        shown = SHOWN_NO;
    }
    return shown;
}

/* Whether nothing but usage 2 counts, and no certificate that is sent is one of the records. Where digests
 * do not tell, the probe does, unless name or dates may be why it says so. */
static bool has_no_anchor(const struct dane_records *records,
                          const struct observed_smtp *answer)
{
    enum tlsa_match match = dane_anchor_match(records, answer);
    if (records->usage_3 || match == TLSA_MATCH_YES || answer->dane == DANE_MATCH)
        return false;
    return match == TLSA_MATCH_NO ||
           (answer->dane == DANE_MISMATCH && answer->certificate->matches_mx == ANSWER_YES &&
            answer->certificate->trust == TRUST_TRUSTED);
}

/* Whether an earlier observation shows a match with another issuer than now, or the same. */
static enum shown issuer_changed(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text mx, const struct dane_records *records,
                                 const struct observed_smtp *answer)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *before = &inquiry->sights.at[i];
        if (before->taken_at >= sight->taken_at || dane_is_repeated(inquiry, i))
            continue;
        const struct observed_smtp *former = dane_answer(inquiry, before, mx, TEXT_UNKNOWN);
        if (!former || dane_anchor_match(records, former) != TLSA_MATCH_YES)
            continue;
        return text_equal(former->certificate->issuer, answer->certificate->issuer) ? SHOWN_NO
                                                                                    : SHOWN_YES;
    }
    return SHOWN_UNKNOWN;
}

static bool sends_issuer(const struct observed_smtp *answer)
{
    struct text issuer = answer->certificate->issuer;
    bool named = false;
    for (size_t i = 0; i < answer->chain.count; i++) {
        struct text subject = answer->chain.at[i].subject;
        if (text_equal(subject, issuer))
            return true;
        named = named || subject.length;
    }
    return !issuer.length || !named;
}

/* Whether the chain ends below the CA of the record: nothing is sent above the certificate, or what is
 * sent does not go on from it, or nobody trusts it as it is. Who issued the top of a chain is not
 * observed; an earlier match with the same issuer shows that what is missing stood above. */
static bool is_cut(const struct inquiry *inquiry, const struct sight *sight, struct text mx,
                   const struct dane_records *records, const struct observed_smtp *answer)
{
    if (!answer->chain.count)
        return true;
    enum shown changed = issuer_changed(inquiry, sight, mx, records, answer);
    if (changed != SHOWN_UNKNOWN)
        return changed == SHOWN_NO;
    if (!sends_issuer(answer))
        return true;
    /* The observer says so where a private CA is there to its root. */
    bool to_the_root = text_find(answer->detail, TEXT("the chain ends at a CA")) != SIZE_MAX;
    return answer->certificate->trust == TRUST_UNTRUSTED && !to_the_root;
}

static bool is_not_sent(const struct inquiry *inquiry, const struct sight *sight,
                        struct text mx, const struct dane_records *records,
                        const struct observed_smtp *answer)
{
    return has_no_anchor(records, answer) && is_cut(inquiry, sight, mx, records, answer);
}

static bool is_of_another_issuer(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text mx, const struct dane_records *records,
                                 const struct observed_smtp *answer)
{
    return has_no_anchor(records, answer) && !is_cut(inquiry, sight, mx, records, answer);
}

/* Whether a record of usage 2 is of the server's own certificate or key, for which it cannot serve. */
static bool anchors_itself(const struct dane_records *records,
                           const struct observed_smtp *answer)
{
    for (size_t i = 0; i < records->list.count; i++)
        if (records->list.at[i].usage == 2 &&
            tlsa_match(&records->list.at[i], answer->certificate->spki_sha256,
                       answer->certificate->cert_sha256) == TLSA_MATCH_YES)
            return true;
    return false;
}

static const char *hint_of_anchor(const struct dane_records *records,
                                  const struct observed_smtp *answer)
{
    return anchors_itself(records, answer)
               ? ": the record is of the server itself, which is usage 3, not 2"
               : "";
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
    const struct observed_smtp *bad;
    enum shown shown = anchors_judged(inquiry, sight, subject, is_not_sent, &records, &bad);
    if (shown != SHOWN_YES)
        return shown;
    claim_says(inquiry->arena, &claim->title,
               "%.*s does not send the CA certificate that its TLSA record is of%s",
               TEXT_ARGS(subject->mx), hint_of_anchor(&records, bad));
    claim_says(inquiry->arena, &claim->action, "%s the record of the server's key%.*s",
               anchors_itself(&records, bad)
                   ? "Publish"
                   : "Let the server send that CA certificate with its own, or publish",
               TEXT_ARGS(or_311(inquiry, subject->mx, bad)));
    say_anchor(inquiry, sight, subject->mx, &records, bad, claim);
    return SHOWN_YES;
}

enum shown dane_ta_issuer_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    struct dane_records records;
    const struct observed_smtp *bad;
    enum shown shown =
        anchors_judged(inquiry, sight, subject, is_of_another_issuer, &records, &bad);
    if (shown != SHOWN_YES)
        return shown;
    claim_says(inquiry->arena, &claim->title,
               "The certificate of %.*s comes from a CA that its TLSA records do not name%s",
               TEXT_ARGS(subject->mx), hint_of_anchor(&records, bad));
    claim_says(
        inquiry->arena, &claim->action, "%s the record of the server's key%.*s",
        anchors_itself(&records, bad)
            ? "Publish"
            : "Publish a record for every CA certificate that may issue (they change without "
              "notice), or",
        TEXT_ARGS(or_311(inquiry, subject->mx, bad)));
    say_anchor(inquiry, sight, subject->mx, &records, bad, claim);
    return SHOWN_YES;
}

/* A record of usage 3 that matches makes names of no moment. */
static bool is_for_another_name(const struct inquiry *inquiry, const struct sight *sight,
                                struct text mx, const struct dane_records *records,
                                const struct observed_smtp *answer)
{
    (void)inquiry, (void)sight, (void)mx;
    enum tlsa_match own = dane_own_match(records, answer);
    bool matches = dane_anchor_match(records, answer) == TLSA_MATCH_YES ||
                   (answer->dane == DANE_MATCH && !records->usage_3);
    return matches && own == TLSA_MATCH_NO && answer->certificate->matches_mx == ANSWER_NO;
}

enum shown dane_ta_name_shows(const struct inquiry *inquiry, const struct sight *sight,
                              const struct subject *subject, struct claim *claim)
{
    struct dane_records records;
    const struct observed_smtp *bad;
    enum shown shown =
        anchors_judged(inquiry, sight, subject, is_for_another_name, &records, &bad);
    if (shown != SHOWN_YES)
        return shown;
    claim_says(inquiry->arena, &claim->title,
               "The TLSA record of %.*s names its CA, but the certificate is for another name",
               TEXT_ARGS(subject->mx));
    claim_says(
        inquiry->arena, &claim->action,
        "Have the certificate issued for %.*s, or publish the record of the server's key, for "
        "which names do not count%.*s",
        TEXT_ARGS(subject->mx), TEXT_ARGS(or_311(inquiry, subject->mx, bad)));
    say_anchor(inquiry, sight, subject->mx, &records, bad, claim);
    return SHOWN_YES;
}
