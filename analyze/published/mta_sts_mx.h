/* One value of an `mx:` line of a policy. */
#ifndef PUBLISHED_MTA_STS_MX_H
#define PUBLISHED_MTA_STS_MX_H

#include "published/mta_sts.h"

/* What VALUE (without blanks around it) means: the pattern in ARENA, and its fault with
 * *SENTENCE (may be null). The line is left to the caller. */
struct mta_sts_mx mta_sts_mx_read(struct text value, struct arena *arena,
                                  struct text *sentence);

/* Whether the pattern can cover an MX. */
bool mta_sts_mx_is_good(const struct mta_sts_mx *mx);

#endif
