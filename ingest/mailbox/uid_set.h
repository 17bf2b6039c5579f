/* Sets of unique identifiers of mails, as IMAP writes them: 1:5,9 (RFC 3501 §9, sequence-set). */
#ifndef MAILBOX_UID_SET_H
#define MAILBOX_UID_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

struct uid_range {
    uint32_t first, last; /* both are in it; never 0 */
};

/* Ascending, and with a gap between any two. */
struct uid_set {
    struct uid_range *at;
    size_t count;
};

/* Adds UID, which must be greater than all that are in it. The set grows in ARENA. */
void uid_set_add(struct arena *arena, struct uid_set *set, uint32_t uid);

/* Reads what uid_set_write() wrote; "-" is the empty set. False for anything else. */
bool uid_set_read(struct arena *arena, struct text text, struct uid_set *set);

/* Appends the set; "-" for the empty one. */
void uid_set_write(struct buffer *out, const struct uid_set *set);

/* Takes at most MOST uids off the front of SET into FIRST, which ARENA owns. False when SET is empty. */
bool uid_set_take(struct arena *arena, struct uid_set *set, uint64_t most,
                  struct uid_set *first);

#endif
