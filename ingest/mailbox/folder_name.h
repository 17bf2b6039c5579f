/* Names of mailboxes ("folders" to people) between UTF-8 and what IMAP sends (RFC 3501 §5.1.3). */
#ifndef MAILBOX_FOLDER_NAME_H
#define MAILBOX_FOLDER_NAME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

/* Appends NAME, which is UTF-8, as a quoted string in modified UTF-7. False where it is not UTF-8, is
 * empty, or holds a control character. */
bool folder_name_write(struct buffer *out, struct text name);

/* The name that a server sent, as UTF-8 in ARENA. What is no modified UTF-7 comes back as it is. */
struct text folder_name_read(struct arena *arena, struct text sent);

#endif
