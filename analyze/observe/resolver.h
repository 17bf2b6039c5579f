/* A validating stub resolver: libunbound, with every look-up of a run in flight at once up to a bound,
 * and a deadline of our own for each. One thread uses it. */
#ifndef OBSERVE_RESOLVER_H
#define OBSERVE_RESOLVER_H

#include "base/error.h"
#include "observe/limits.h"
#include "observe/wire_dns.h"
#include "published/observation.h"

struct resolver;

/* What became of one look-up. */
struct resolved {
    enum lookup_status status;
    enum dnssec dnssec; /* of the whole answer, the alias chain included */
    struct dns_answer
        answer; /* has records only with LOOKUP_OK, and the aliases with LOOKUP_NODATA and
                               * LOOKUP_NXDOMAIN */
};

/* RESOLVED and its texts live until the function returns. It may ask further questions. */
typedef void resolver_done(void *context, const struct resolved *resolved);

/* Reads the options' resolver and trust anchor. Without a trust anchor, and where the resolver does not
 * hand on the signatures of the root itself, every answer is indeterminate. The caller closes it. Null with ERROR_USAGE for an
 * option that cannot be used, ERROR_UNAVAILABLE where there is no resolver at all. */
struct resolver *resolver_open(const struct observe_options *options, struct error *err);
void resolver_close(struct resolver *resolver);

/* Looks NAME, a host name, up as soon as there is room; DONE is called once, from resolver_step(). */
void resolver_ask(struct resolver *resolver, struct text name, uint16_t type,
                  resolver_done *done, void *context);

/* The descriptor to poll for reading. */
int resolver_fd(const struct resolver *resolver);

/* Milliseconds until resolver_step() has something to do although the descriptor is not readable; -1
 * where nothing is outstanding. */
int resolver_wait(const struct resolver *resolver);

/* Starts what has room, takes answers, gives up what is too late. False with ERROR_BUG where
 * libunbound has stopped working; ERR may be null. */
bool resolver_step(struct resolver *resolver, struct error *err);

#endif
