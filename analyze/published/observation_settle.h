/* What a mail server says anew at each connection: it is no part of what a domain publishes, and
 * with it no two observations would ever be the same. */
#ifndef PUBLISHED_OBSERVATION_SETTLE_H
#define PUBLISHED_OBSERVATION_SETTLE_H

#include "published/observation.h"

/* Copies FROM to *TO, for storing by content: in banners and replies to STARTTLS the time, the date
 * and the numbers of the session become "…"; where a server calls itself by another name than the
 * MX's, and that begins with a label that has digits in it, it is a machine of many and that label
 * becomes "*". All else is FROM's own. A settled observation is settled as the same. */
void observation_settle(const struct observation *from, struct arena *arena,
                        struct observation *to);

#endif
