/* A line on a terminal's stderr: how many, how fast, how long still. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool shown;
    size_t total;
    const char *things;  /* "mails" unless set after the start */
    int64_t start, last; /* milliseconds */
};

/* SHOWN false draws nothing. */
void progress_start(struct progress *progress, bool shown, size_t total);

/* DONE of the total are done. Draws ten times a second at most. */
void progress_show(struct progress *progress, size_t done);

/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
