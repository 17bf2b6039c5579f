/* Asks an MX host for STARTTLS, and looks at what it presents. */
#ifndef OBSERVE_STARTTLS_H
#define OBSERVE_STARTTLS_H

#include "base/arena.h"
#include "base/error.h"
#include "observe/limits.h"
#include "published/observation.h"

/* Once per process, before any thread. Ignores SIGPIPE from then on, which TLS libraries raise. False
 * with the reason: policy_ca cannot be read, or the machine has no CA certificates. */
bool starttls_start(const struct observe_options *options, struct error *err);

/* What DNS says of the TLSA records of an MX. */
struct starttls_tlsa {
    struct text_list records;  /* "3 1 1 hex" */
    enum dnssec dnssec;        /* of the TLSA RRset and of the address it goes with */
    enum lookup_status status; /* LOOKUP_OK where there are records */
};

/* Probes port options->smtp_port of ADDRESS for the MX named MX: with SNI, then without; where TLSA
 * has records also for the other kind of key (RSA, ECDSA). Appends one entry or more to OUT: others
 * than the first where the address gives other answers, `detail` says to what. Blocks, each
 * connection options->probe_seconds at most; at most five connections, one at a time, QUIT at their
 * end.
 *
 * SMTP_NOT_PROBED: this machine did not try. SMTP_REFUSED: the dialogue ended before it was known
 * whether STARTTLS is offered; like SMTP_TIMEOUT it says nothing about TLS. SMTP_TLS_ERROR: it is
 * offered and does not come about: starttls_reply is other than 220, or the handshake fails.
 *
 * TLSA may be null: nothing was looked up. Any number may run in threads, each with an arena of its
 * own. */
void starttls_probe(struct text mx, struct text address, const struct starttls_tlsa *tlsa,
                    const struct observe_options *options, struct arena *arena,
                    struct observed_smtps *out);

/* After all probes of a run: where none of them made a connection to port 25, because nobody answered
 * or because even an address that no host has refuses it, the port is blocked on the way out: turns
 * these entries into SMTP_NOT_PROBED with a detail that says so. May take 3 seconds. */
void starttls_judge_blocked(struct observed_smtps *all, const struct observe_options *options);

#endif
