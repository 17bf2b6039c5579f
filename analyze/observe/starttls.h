/* Asks an MX host for STARTTLS, and looks at what it presents. */
#ifndef OBSERVE_STARTTLS_H
#define OBSERVE_STARTTLS_H

#include "base/arena.h"
#include "base/error.h"
#include "observe/limits.h"
#include "published/observation.h"

/* Once per process, before any thread. */
bool starttls_start(const struct observe_options *options, struct error *err);

/* What DNS says of the TLSA records of an MX. */
struct starttls_tlsa {
    struct text_list records; /* "3 1 1 hex" */
    enum dnssec dnssec;       /* of the TLSA RRset and of the address it goes with */
    enum lookup_status status; /* LOOKUP_OK where there are records */
};

/* Probes port options->smtp_port of ADDRESS for the MX named MX: with SNI, then without; with a TLSA
 * also once for RSA and once for ECDSA, where that gives other certificates. Appends one entry or
 * more to OUT. Blocks, each connection options->probe_seconds at most; one connection at a time,
 * QUIT at its end. Any number may run in threads, each with an arena of its own. */
void starttls_probe(struct text mx, struct text address, const struct starttls_tlsa *tlsa,
                    const struct observe_options *options, struct arena *arena,
                    struct observed_smtps *out);

/* After all probes of a run: where every one of them failed to connect at port 25, and so does a
 * well-known port of no host at all, the port is blocked on the way out: turns these entries into
 * SMTP_NOT_PROBED with a detail that says so. */
void starttls_judge_blocked(struct observed_smtps *all, const struct observe_options *options);

#endif
