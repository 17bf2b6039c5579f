/* The lines of SMTP (RFC 5321 §4.2) over a connection that may be slow, hostile or no SMTP at all:
 * everything ends at one deadline, replies are bounded. */
#ifndef OBSERVE_SMTP_DIALOGUE_H
#define OBSERVE_SMTP_DIALOGUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/text.h"

enum { SMTP_REPLY_SIZE_MAX = 8 * 1024, SMTP_REPLY_LINES_MAX = 100 };

/* Start with {.fd = -1}. */
struct smtp_dialogue {
    int fd;           /* non-blocking */
    int64_t deadline; /* by time_milliseconds() */
    char buffer[SMTP_REPLY_SIZE_MAX];
    size_t length; /* what was received and not yet taken */
};

enum smtp_outcome {
    SMTP_FINE = 0,
    SMTP_LATE,     /* the deadline */
    SMTP_CLOSED,   /* by the other side, or an error of the network */
    SMTP_GARBAGE,  /* no reply of SMTP */
    SMTP_TOO_LONG, /* a reply above the bounds */
};

struct smtp_reply {
    unsigned code;
    struct text_list lines; /* as they came, with their codes, without line ends; arena's */
};

/* Connects. False with errno: ETIMEDOUT at the deadline too. */
bool smtp_connect(struct smtp_dialogue *dialogue, const struct sockaddr *address,
                  socklen_t length);

/* Waits until the socket can be read, or written. False at the deadline. */
bool smtp_wait(const struct smtp_dialogue *dialogue, bool to_write);

/* Takes the next reply with all its lines. */
enum smtp_outcome smtp_read(struct smtp_dialogue *dialogue, struct arena *arena,
                            struct smtp_reply *reply);

/* Sends LINE and CRLF. */
enum smtp_outcome smtp_send(struct smtp_dialogue *dialogue, struct text line);

/* Forgets what has been received and not taken: after the reply to STARTTLS nothing that came in
 * clear text may count (RFC 3207 §5). Returns how much it was. */
size_t smtp_drop(struct smtp_dialogue *dialogue);

/* Closes the socket, if there is one. */
void smtp_close(struct smtp_dialogue *dialogue);

#endif
