/* Observes domains: what each publishes now, in DNS, as its MTA-STS policy and at its MX hosts. */
#ifndef OBSERVE_OBSERVE_H
#define OBSERVE_OBSERVE_H

#include "base/error.h"
#include "observe/limits.h"
#include "published/observation.h"

struct observe_target {
    struct text domain;         /* a host name in lower case */
    struct text_list selectors; /* of DKIM */
};

/* Called for each domain as soon as it is done, not in the order of the targets. OBSERVATION lives until
 * the function returns; false ends the run. */
typedef bool observe_done(void *context, const struct observation *observation);

/* Observes COUNT domains, many at a time: look-ups by one thread, policies and MX hosts by a pool of
 * others. What several domains share is asked and probed once. While nothing says whether port 25 can be
 * reached from here, domains whose probes all failed are held back. A domain that publishes nothing, or
 * whose servers are silent, is an observation too; false is for what stops the run: ERROR_USAGE and
 * ERROR_UNAVAILABLE of resolver_open(), ERROR_BUG, or what DONE says by returning false (then ERR is left
 * as it is). */
bool observe_run(const struct observe_target *targets, size_t count,
                 const struct observe_options *options, observe_done *done, void *context,
                 struct error *err);

#endif
