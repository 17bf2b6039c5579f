/* The delivery verdict: what a sender that follows the RFCs does with mail for one MX. This is the
 * only place that knows; whoever wants to know asks here. */
#ifndef RULES_VERDICT_H
#define RULES_VERDICT_H

#include "base/arena.h"
#include "published/mta_sts.h"
#include "rules/words.h"

enum verdict {
    VERDICT_UNKNOWN = 0,
    VERDICT_DELIVER,
    VERDICT_REFUSE,
    VERDICT_COUNT,
};
const char *verdict_name(enum verdict verdict);

/* The clause that decides. */
enum verdict_clause {
    CLAUSE_NONE = 0,
    /* DANE (RFC 7672) */
    CLAUSE_MX_BOGUS,
    CLAUSE_TLSA_LOOKUP_FAILED,
    CLAUSE_DANE_NO_STARTTLS,
    CLAUSE_DANE_TLS_FAILS,
    CLAUSE_DANE_MATCH,
    CLAUSE_DANE_MISMATCH,
    CLAUSE_DANE_TA_NAME,
    CLAUSE_DANE_TA_DATE,
    CLAUSE_DANE_NOT_PROBED,
    /* MTA-STS (RFC 8461) */
    CLAUSE_STS_UNKNOWN,
    CLAUSE_STS_NONE,
    CLAUSE_STS_TESTING,
    CLAUSE_STS_INVALID,
    CLAUSE_STS_MX_NOT_LISTED,
    CLAUSE_STS_NO_STARTTLS,
    CLAUSE_STS_TLS_FAILS,
    CLAUSE_STS_CERTIFICATE_NAME,
    CLAUSE_STS_CERTIFICATE_DATE,
    CLAUSE_STS_CERTIFICATE_UNTRUSTED,
    CLAUSE_STS_NOT_PROBED,
    CLAUSE_STS_GOOD,
    /* What a report tells of a session (RFC 8460) */
    CLAUSE_FAILED_DANE,
    CLAUSE_FAILED_ENFORCE,
    CLAUSE_SUCCEEDED,
    CLAUSE_COUNT,
};

/* The clause as a sentence about the MX, and the section of the RFC. Static strings. */
const char *verdict_clause_text(enum verdict_clause clause);
const char *verdict_clause_reference(enum verdict_clause clause);

struct verdict_question {
    struct text mx;
    /* The policy that the sender applies: FACT_PRESENT with `policy`, FACT_ABSENT, or not known. */
    enum fact policy_fact;
    const struct mta_sts_policy *policy;
    enum dnssec mx_dnssec;             /* of the MX RRset */
    struct published tlsa;             /* of the MX */
    const struct observed_smtp *probe; /* what the MX offered, or null */
};

struct verdict_answer {
    enum verdict verdict;
    enum verdict_clause clause;
};

/* DANE comes first (RFC 8461 §2): where a secure TLSA RRset with a usable record applies, it alone
 * decides. Parsed records live in ARENA. */
struct verdict_answer verdict_of(const struct verdict_question *question, struct arena *arena);

/* The same by one of the two alone, as if the other were not published. */
struct verdict_answer verdict_by_dane(const struct verdict_question *question,
                                      struct arena *arena);
struct verdict_answer verdict_by_sts(const struct verdict_question *question);

/* What follows where TLS with an MX has failed in a way that the sender does not accept: it refuses
 * under a secure TLSA and under enforce, and delivers all the same under testing, none, or where there
 * is no policy. POLICY counts with FACT_PRESENT. */
struct verdict_answer verdict_after_failure(enum fact policy_fact,
                                            const struct mta_sts_policy *policy,
                                            bool secure_tlsa);

/* What follows of AFTER where a session under BEFORE succeeded: what the success has told stays told, as long
 * as the same is asked. */
struct verdict_answer verdict_after_success(struct verdict_answer before,
                                            struct verdict_answer after);

#endif
