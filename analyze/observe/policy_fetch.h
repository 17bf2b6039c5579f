/* Fetches an MTA-STS policy as RFC 8461 §3.3 has a sender do it. */
#ifndef OBSERVE_POLICY_FETCH_H
#define OBSERVE_POLICY_FETCH_H

#include "base/arena.h"
#include "base/error.h"
#include "observe/limits.h"
#include "published/observation.h"

/* Once per process, before any thread; false with the reason. Ignores SIGPIPE from then on, which
 * TLS libraries raise. */
bool policy_fetch_start(struct error *err);

/* Fetches https://mta-sts.DOMAIN/.well-known/mta-sts.txt from each of ADDRESSES (of the policy host,
 * by a look-up of the caller; canonical texts; the first 16 of them). What the policy's own members
 * say is what a sender sees: the first address that answers at all, in the order given. With no
 * address nothing is connected to: NO_ADDRESS says why (FETCH_NO_HOST or FETCH_DNS_ERROR).
 * FETCH_NOT_FETCHED means that this machine did not try: an address that is not public, or no route
 * to it. A certificate that is not valid yet is FETCH_CERTIFICATE_UNTRUSTED, with its date in
 * `detail`. Blocks, options->fetch_seconds an address at most; any number may run in threads of their
 * own, each with an arena of its own. Never null. */
struct observed_policy *policy_fetch(struct text domain, const struct text_list *addresses,
                                     enum fetch_status no_address,
                                     const struct observe_options *options,
                                     struct arena *arena);

#endif
