/* How an MX host leaves the MX records, for the rules and for who looks at a migration. */
#ifndef RULES_MX_H
#define RULES_MX_H

#include "rules/inquiry.h"

/* The last observation that has the host, the first one after it that has not. */
struct departure {
    const struct sight *last, *gone;
};

/* The last departure of MX up to BEFORE, one of the sights of INQUIRY that does not have it. False where none
 * has it. */
bool departure_of(const struct inquiry *inquiry, struct text mx, const struct sight *before,
                  struct departure *departure);

/* Until when senders may hold the old MX records; where their TTL is not known, a day. */
int64_t departure_end(const struct departure *departure);

#endif
