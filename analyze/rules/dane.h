/* What the rules about DANE share: the TLSA records of one MX host, held against the certificates that it
 * presented in the same observation (RFC 7671, RFC 7672). */
#ifndef RULES_DANE_H
#define RULES_DANE_H

#include "rules/rule.h"

struct dane_records {
    struct published set;
    struct tlsa_list list; /* those that could be read */
    bool usable;           /* one at least */
    bool usage_2, usage_3; /* a usable one of that usage */
    bool secure;           /* present and signed */
};

/* The TLSA records of MX by SIGHT; absent too where every probe of MX found none. */
struct dane_records dane_records_of(const struct inquiry *inquiry, const struct sight *sight,
                                    struct text mx);

/* Whether the observation tells if MX has signed TLSA records: it does not where nobody looked, the look-up
 * failed, or nobody validated what is there. */
bool dane_is_told(const struct dane_records *records);

/* Whether a usable record of usage 3 matches the certificate of ANSWER, or one of usage 2 a certificate
 * that was sent above it. */
enum tlsa_match dane_match_of(const struct dane_records *records,
                              const struct observed_smtp *answer);

/* Whether a usable record of usage 2 matches a certificate that the server sent above its own. */
enum tlsa_match dane_anchor_match(const struct dane_records *records,
                                  const struct observed_smtp *answer);

/* Whether a usable record of usage 3 matches the server's own certificate. */
enum tlsa_match dane_own_match(const struct dane_records *records,
                               const struct observed_smtp *answer);

/* Whether GROUP may be a matter of DANE at all: certificate-* is one only under tlsa. */
bool dane_may_explain(const struct failure_group *group);

/* "_25._tcp.mx1.example.com. IN TLSA 3 1 1 …" of the certificate in use, indented; unknown where its key is
 * not known. */
struct text dane_record_to_paste(const struct inquiry *inquiry, struct text mx,
                                 const struct observed_certificate *certificate);

/* Adds the records as evidence, eight at most. */
void dane_evidence(const struct inquiry *inquiry, const struct sight *sight, struct text mx,
                   const struct dane_records *records, struct claim *claim);

/* Whether the observation at PLACE is followed by one of the same content, which tells all of it. */
bool dane_is_repeated(const struct inquiry *inquiry, size_t place);

/* An answer of MX with a certificate; null if there is none. */
const struct observed_smtp *dane_answer(const struct inquiry *inquiry,
                                        const struct sight *sight, struct text mx,
                                        struct text address);

/* The first of PROBES with a certificate that RECORDS match, and the first with one that none matches; null if
 * there is none. */
const struct observed_smtp *dane_first_match(const struct probes *probes,
                                             const struct dane_records *records);
const struct observed_smtp *dane_first_mismatch(const struct probes *probes,
                                                const struct dane_records *records);

/* What is known of the answers of one address beside the one that no record matches. */
enum dane_beside {
    DANE_BESIDE_NOTHING = 0,
    DANE_BESIDE_ANOTHER_ADDRESS, /* another address answers as the records say */
    DANE_BESIDE_SAME_ADDRESS,    /* so does the same address, to others or at times */
};

/* What PROBES say beside BAD, one of them that no record matches. */
enum dane_beside dane_look_beside(const struct probes *probes,
                                  const struct dane_records *records,
                                  const struct observed_smtp *bad);

#endif
