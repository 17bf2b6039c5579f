/* tlsrpt-net's side of the talk with tlsrpt: events to standard output, the job and acknowledgements from
 * standard input. */
#ifndef FETCH_TALK_H
#define FETCH_TALK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "mailbox/fetch_job.h"

struct talk {
    struct buffer out, in;
    size_t used; /* of `in`, by the line that was given last */
    bool ended;  /* standard input is at its end: nobody listens any more */
};

/* Tells EVENT; what is told is on its way at the latest with an event that is no EVENT_MAIL. False where
 * nobody listens. */
bool talk_tell(struct talk *talk, const struct fetch_event *event, struct error *err);

/* Tells an event that has a text. */
bool talk_text(struct talk *talk, enum fetch_event_kind kind, struct error *err,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

enum talk_next { TALK_LINE, TALK_NOTHING, TALK_END };

/* The next line from standard input; waits MILLISECONDS for it, -1: for as long as it takes. LINE is valid until
 * the next call. */
enum talk_next talk_next(struct talk *talk, int milliseconds, struct text *line);

void talk_free(struct talk *talk);

#endif
