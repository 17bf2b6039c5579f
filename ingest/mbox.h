/* An mbox is cut into its mails, without looking into them. */
#ifndef INGEST_MBOX_H
#define INGEST_MBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Whether the file begins with "From ". Leaves the position at the start. */
bool mbox_is(int fd);

/* Calls EACH with the offset and length of every mail, its "From " line left out. A line that
 * begins with "From " starts a mail if it is the file's first, or if a blank line stands before it
 * and it looks like a postmark (a time of day and a year), or wherever it is one exactly. A reader's
 * lock is held meanwhile, as local delivery agents expect. EACH returns false to stop. False on a read error. */
bool mbox_split(int fd, bool (*each)(void *context, uint64_t offset, uint64_t length),
                void *context, struct error *err);

#endif
