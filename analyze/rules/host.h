/* How the answers of an MX host are judged, one by one: what the rules about STARTTLS, certificates and
 * single addresses have in common. */
#ifndef RULES_HOST_H
#define RULES_HOST_H

#include "rules/rule.h"

/* Whether one answer of an address has the fault, seen for what failed (subject->group) or, without
 * that, for itself at the time of SIGHT. Pure. */
typedef enum shown answer_judge(const struct sight *sight, const struct subject *subject,
                                const struct observed_smtp *answer);

answer_judge tls_no_starttls_judge, tls_starttls_refused_judge, tls_handshake_judge,
    cert_sni_judge, cert_name_judge, cert_expired_judge, cert_not_yet_valid_judge,
    cert_untrusted_judge;

/* The faults that a single answer can have, in the order of the table of rules. */
struct answer_fault {
    const char *code;
    answer_judge *judge;
    bool certificate;
};
extern const struct answer_fault answer_faults[];
extern const size_t answer_fault_count;

/* Asks JUDGE of every answer of the subject's MX (of its address where that was probed): yes where
 * one has the fault, *BAD then being it; unknown where none tells. */
enum shown host_judged(const struct inquiry *inquiry, const struct sight *sight,
                       const struct subject *subject, answer_judge *judge,
                       const struct observed_smtp **bad);

/* What the answers of one address come to. */
enum address_state {
    ADDRESS_UNKNOWN = 0,
    ADDRESS_GOOD,
    ADDRESS_BAD,
    ADDRESS_MIXED, /* one answer good, one bad: several machines */
};

/* By the faults that may have caused RESULT_TYPES (RESULTS_ANY: all), of which *FAULT (may be null) is
 * the first one. */
enum address_state address_state(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct text address,
                                 unsigned result_types, const struct answer_fault **fault);

/* Whether an answer is that to who asks for a certain kind of key: RSA and ECDSA certificates of one
 * server are no two servers. */
bool answer_is_for_a_key(const struct observed_smtp *answer);

/* The addresses of MX that were probed, each once; the first of them where they are out of all
 * proportion. */
enum { PROBED_ADDRESSES_MAX = 64 };
struct text_list probed_addresses(const struct inquiry *inquiry, const struct sight *sight,
                                  struct text mx);

/* Whether the probes of what GROUP fails at, those nearest to its reports that tell and those of
 * the newest observation that tells, show none of the faults; false too where nobody looked.
 * *SIGHT (may be null) is the nearest. */
bool host_is_fine(const struct inquiry *inquiry, const struct failure_group *group,
                  const struct sight **sight);

/* The reports' confidence of a reporter rule: likely with two independent others that succeed. */
enum confidence reporter_confidence(const struct failure_group *group);

/* Whether another reporter than that of GROUP fails at its MX with one of RESULT_TYPES. */
bool another_reporter_fails(const struct inquiry *inquiry, const struct failure_group *group,
                            unsigned result_types);

/* Whether a name server by itself gives MX as one of the domain's. *SERVER (may be null) is its
 * name. */
bool authority_lists_mx(const struct inquiry *inquiry, const struct sight *sight,
                        struct text mx, struct text *server);

/* Whether ADDRESS is one of LIST, however an IPv4 address is written. */
bool addresses_have(const struct text_list *list, struct text address);

/* TEXT of a server on one line, not longer than a sentence bears. */
struct text words_of_line(struct arena *arena, struct text text);

/* "a, b and 3 more", each made printable. */
struct text words_of_list(struct arena *arena, const struct text_list *list);

/* "for mx1.example.com; issued by CN=Example CA; valid 2026-05-25 to 2026-08-23" */
struct text words_of_certificate(struct arena *arena,
                                 const struct observed_certificate *certificate);

/* "mx1.example.com" or "mx1.example.com at 192.0.2.1" */
struct text words_of_place(struct arena *arena, const struct observed_smtp *answer);

/* Adds what was seen of the certificate of ANSWER. */
void certificate_evidence(const struct inquiry *inquiry, const struct sight *sight,
                          const struct observed_smtp *answer, struct claim *claim);

#endif
