/* The window that a command looks at. A report lies in it if since <= begin < until. */
#ifndef CLI_WINDOW_H
#define CLI_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct window {
    int64_t since, until; /* seconds since 1970; TIME_UNKNOWN: open */
};

/* Reads one end of a window: a span before NOW (30d, 12w, 6h), a date (its 00:00 UTC, and as the
 * END of a window the following one, so that the day is within), or an RFC 3339 time. */
bool window_time(struct text text, int64_t now, bool end, int64_t *time, struct error *err);

/* The window of --since SINCE and --until UNTIL, either of which may be unknown. DEFAULT_SPAN is
 * the length in seconds of a window that ends at NOW where --since is not given; 0 leaves what is
 * not given open. ERROR_USAGE for a time that cannot be read and for an empty window. */
bool window_read(struct text since, struct text until, int64_t now, int64_t default_span,
                 struct window *window, struct error *err);

/* The time of --now. */
bool window_now(struct text text, int64_t *now, struct error *err);

#endif
