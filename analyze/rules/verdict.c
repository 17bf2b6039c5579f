#include "rules/verdict.h"

#include "published/tlsa.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_UNKNOWN] = "unknown",
        [VERDICT_DELIVER] = "deliver",
        [VERDICT_REFUSE] = "refuse",
    };
    return names[(unsigned)verdict < VERDICT_COUNT ? verdict : VERDICT_UNKNOWN];
}

static const struct {
    enum verdict verdict;
    const char *text, *reference;
} clauses[] = {
    [CLAUSE_NONE] = {VERDICT_UNKNOWN, "nothing decides", ""},
    [CLAUSE_MX_BOGUS] = {VERDICT_REFUSE, "the MX records fail DNSSEC validation",
                         "RFC 7672 §2.1.2"},
    [CLAUSE_TLSA_LOOKUP_FAILED] = {VERDICT_REFUSE, "the look-up of its TLSA records fails",
                                   "RFC 7672 §2.1.3"},
    [CLAUSE_DANE_NO_STARTTLS] = {VERDICT_REFUSE, "its TLSA records demand TLS, it offers none",
                                 "RFC 7672 §2.2"},
    [CLAUSE_DANE_TLS_FAILS] = {VERDICT_REFUSE,
                               "its TLSA records demand TLS, which cannot be made",
                               "RFC 7672 §2.2"},
    [CLAUSE_DANE_MATCH] = {VERDICT_DELIVER, "a TLSA record matches its certificate",
                           "RFC 7672 §3.1"},
    [CLAUSE_DANE_MISMATCH] = {VERDICT_REFUSE, "no TLSA record matches its certificate",
                              "RFC 7672 §3.1"},
    [CLAUSE_DANE_TA_NAME] = {VERDICT_REFUSE,
                             "its certificate, matched by a CA's TLSA, is for another name",
                             "RFC 7672 §3.2.2"},
    [CLAUSE_DANE_TA_DATE] = {VERDICT_REFUSE,
                             "its certificate, matched by a CA's TLSA, is out of date",
                             "RFC 7672 §3.1.2"},
    [CLAUSE_DANE_NOT_PROBED] = {VERDICT_UNKNOWN, "it has TLSA records and was not probed",
                                "RFC 7672 §2.2"},
    [CLAUSE_STS_UNKNOWN] = {VERDICT_UNKNOWN, "the policy is not known", "RFC 8461 §3"},
    [CLAUSE_STS_NONE] = {VERDICT_DELIVER, "no policy, or mode none", "RFC 8461 §5"},
    [CLAUSE_STS_TESTING] = {VERDICT_DELIVER, "the policy is in testing", "RFC 8461 §5"},
    [CLAUSE_STS_INVALID] = {VERDICT_DELIVER, "the policy is invalid, as if there were none",
                            "RFC 8461 §3.2"},
    [CLAUSE_STS_MX_NOT_LISTED] = {VERDICT_REFUSE, "the policy does not list it",
                                  "RFC 8461 §4.1"},
    [CLAUSE_STS_NO_STARTTLS] = {VERDICT_REFUSE, "the policy demands TLS, it offers none",
                                "RFC 8461 §4"},
    [CLAUSE_STS_TLS_FAILS] = {VERDICT_REFUSE, "the policy demands TLS, which cannot be made",
                              "RFC 8461 §4"},
    [CLAUSE_STS_CERTIFICATE_NAME] = {VERDICT_REFUSE, "its certificate is for another name",
                                     "RFC 8461 §4.2"},
    [CLAUSE_STS_CERTIFICATE_DATE] = {VERDICT_REFUSE, "its certificate is out of date",
                                     "RFC 8461 §4.2"},
    [CLAUSE_STS_CERTIFICATE_UNTRUSTED] = {VERDICT_REFUSE, "its certificate is not trusted",
                                          "RFC 8461 §4.2"},
    [CLAUSE_STS_NOT_PROBED] = {VERDICT_UNKNOWN, "it was not probed", "RFC 8461 §4.2"},
    [CLAUSE_STS_GOOD] = {VERDICT_DELIVER, "the policy lists it and its certificate is good",
                         "RFC 8461 §4"},
    [CLAUSE_FAILED_DANE] = {VERDICT_REFUSE,
                            "TLS with it failed, as reported, and its TLSA records demand TLS",
                            "RFC 7672 §2.2"},
    [CLAUSE_FAILED_ENFORCE] = {VERDICT_REFUSE,
                               "TLS with it failed, as reported, and the policy is enforce",
                               "RFC 8461 §5"},
    [CLAUSE_SUCCEEDED] = {VERDICT_DELIVER,
                          "the session succeeded, and nothing it met would be different",
                          "RFC 8460 §4.2"},
};
_Static_assert(sizeof clauses / sizeof *clauses == CLAUSE_COUNT, "a clause has no row");

static enum verdict_clause known(enum verdict_clause clause)
{
    return (unsigned)clause < CLAUSE_COUNT ? clause : CLAUSE_NONE;
}

const char *verdict_clause_text(enum verdict_clause clause)
{
    return clauses[known(clause)].text;
}

const char *verdict_clause_reference(enum verdict_clause clause)
{
    return clauses[known(clause)].reference;
}

static struct verdict_answer by(enum verdict_clause clause)
{
    return (struct verdict_answer){clauses[clause].verdict, clause};
}

/* How TLS with the MX came out. */
enum tls { TLS_UNKNOWN, TLS_NONE, TLS_BROKEN, TLS_MADE };

static enum tls tls_of(const struct observed_smtp *probe)
{
    if (!probe || (probe->status != SMTP_OK && probe->status != SMTP_TLS_ERROR))
        return TLS_UNKNOWN;
    if (probe->starttls == ANSWER_NO)
        return TLS_NONE;
    /* The handshake fails, or STARTTLS is offered and then refused. */
    bool refused =
        text_known(probe->starttls_reply) && !text_starts(probe->starttls_reply, TEXT("2"));
    if (probe->status == SMTP_TLS_ERROR || refused)
        return TLS_BROKEN;
    return probe->certificate ? TLS_MADE : TLS_UNKNOWN;
}

static bool out_of_date(const struct observed_certificate *certificate)
{
    return certificate->trust == TRUST_EXPIRED || certificate->trust == TRUST_NOT_YET_VALID;
}

/* Whether usable records of only usage 2 are there, for which names and dates count. */
static bool only_trust_anchors(const struct published *tlsa, struct arena *arena, bool *usable)
{
    bool end_entity = false;
    *usable = false;
    for (size_t i = 0; i < tlsa->values.count; i++) {
        struct tlsa record;
        if (!tlsa_parse(tlsa->values.at[i], arena, &record) || !record.usable)
            continue;
        *usable = true;
        end_entity = end_entity || record.usage == 3;
    }
    return *usable && !end_entity;
}

static struct verdict_answer by_match(const struct observed_smtp *probe, bool trust_anchors)
{
    if (probe->dane == DANE_MISMATCH)
        return by(CLAUSE_DANE_MISMATCH);
    if (probe->dane != DANE_MATCH)
        return by(CLAUSE_DANE_NOT_PROBED);
    if (trust_anchors && probe->certificate->matches_mx == ANSWER_NO)
        return by(CLAUSE_DANE_TA_NAME);
    if (trust_anchors && out_of_date(probe->certificate))
        return by(CLAUSE_DANE_TA_DATE);
    return by(CLAUSE_DANE_MATCH);
}

struct verdict_answer verdict_by_dane(const struct verdict_question *question,
                                      struct arena *arena)
{
    const struct published *tlsa = &question->tlsa;
    if (question->mx_dnssec == DNSSEC_BOGUS)
        return by(CLAUSE_MX_BOGUS);
    if (tlsa->fact == FACT_FAILED)
        return by(CLAUSE_TLSA_LOOKUP_FAILED);
    /* Where the MX records or the TLSA records are not signed, DANE does not apply. */
    if (tlsa->fact != FACT_PRESENT || tlsa->dnssec != DNSSEC_SECURE ||
        question->mx_dnssec == DNSSEC_INSECURE)
        return by(CLAUSE_NONE);
    bool usable;
    bool trust_anchors = only_trust_anchors(tlsa, arena, &usable);
    switch (tls_of(question->probe)) {
    case TLS_NONE:
        return by(CLAUSE_DANE_NO_STARTTLS);
    case TLS_BROKEN:
        return by(CLAUSE_DANE_TLS_FAILS);
    case TLS_UNKNOWN:
        return by(CLAUSE_DANE_NOT_PROBED);
    case TLS_MADE:
        break;
    }
    /* TLS is demanded by records that cannot be used, but nothing of the certificate. */
    return usable ? by_match(question->probe, trust_anchors) : by(CLAUSE_NONE);
}

static struct verdict_answer by_certificate(const struct observed_certificate *certificate)
{
    if (certificate->trust == TRUST_UNTRUSTED || certificate->trust == TRUST_SELF_SIGNED)
        return by(CLAUSE_STS_CERTIFICATE_UNTRUSTED);
    if (out_of_date(certificate))
        return by(CLAUSE_STS_CERTIFICATE_DATE);
    if (certificate->matches_mx == ANSWER_NO)
        return by(CLAUSE_STS_CERTIFICATE_NAME);
    if (certificate->trust == TRUST_UNKNOWN || certificate->matches_mx == ANSWER_UNKNOWN)
        return by(CLAUSE_STS_NOT_PROBED);
    return by(CLAUSE_STS_GOOD);
}

struct verdict_answer verdict_by_sts(const struct verdict_question *question)
{
    const struct mta_sts_policy *policy = question->policy;
    if (question->policy_fact == FACT_ABSENT)
        return by(CLAUSE_STS_NONE);
    if (question->policy_fact != FACT_PRESENT || !policy)
        return by(CLAUSE_STS_UNKNOWN);
    if (!policy->valid)
        return by(CLAUSE_STS_INVALID);
    if (policy->mode == MTA_STS_MODE_NONE)
        return by(CLAUSE_STS_NONE);
    if (policy->mode == MTA_STS_MODE_TESTING)
        return by(CLAUSE_STS_TESTING);
    if (!mta_sts_policy_covers(policy, question->mx))
        return by(CLAUSE_STS_MX_NOT_LISTED);
    switch (tls_of(question->probe)) {
    case TLS_NONE:
        return by(CLAUSE_STS_NO_STARTTLS);
    case TLS_BROKEN:
        return by(CLAUSE_STS_TLS_FAILS);
    case TLS_UNKNOWN:
        return by(CLAUSE_STS_NOT_PROBED);
    case TLS_MADE:
        break;
    }
    return by_certificate(question->probe->certificate);
}

struct verdict_answer verdict_of(const struct verdict_question *question, struct arena *arena)
{
    struct verdict_answer dane = verdict_by_dane(question, arena);
    return dane.clause == CLAUSE_NONE ? verdict_by_sts(question) : dane;
}

struct verdict_answer verdict_after_failure(enum fact policy_fact,
                                            const struct mta_sts_policy *policy,
                                            bool secure_tlsa)
{
    if (secure_tlsa)
        return by(CLAUSE_FAILED_DANE);
    if (policy_fact == FACT_ABSENT)
        return by(CLAUSE_STS_NONE);
    if (policy_fact != FACT_PRESENT || !policy || !policy->mode)
        return by(CLAUSE_STS_UNKNOWN);
    if (policy->mode == MTA_STS_MODE_ENFORCE)
        return by(CLAUSE_FAILED_ENFORCE);
    return by(policy->mode == MTA_STS_MODE_TESTING ? CLAUSE_STS_TESTING : CLAUSE_STS_NONE);
}

struct verdict_answer verdict_after_success(struct verdict_answer before,
                                            struct verdict_answer after)
{
    bool same = before.clause == after.clause;
    return same && after.verdict != VERDICT_DELIVER ? by(CLAUSE_SUCCEEDED) : after;
}
