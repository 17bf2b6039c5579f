/* The bounds on everything that comes from outside, each a key of the configuration. */
#ifndef INGEST_LIMITS_H
#define INGEST_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct ingest_limits {
    size_t mail_size;        /* bytes of one mail or bare file */
    size_t report_size;      /* bytes of one report, decompressed */
    unsigned mime_depth;     /* a mail is depth 0, its parts 1, … */
    unsigned json_depth;     /* the { of the document is depth 1 */
    size_t failure_rows;     /* of one report */
    unsigned worker_seconds; /* that a worker may spend on one mail */
    size_t worker_memory;    /* bytes of address space of a worker */
};

#define INGEST_LIMITS_DEFAULT                                                                  \
    ((struct ingest_limits){.mail_size = 32u << 20,                                            \
                            .report_size = 32u << 20,                                          \
                            .mime_depth = 32,                                                  \
                            .json_depth = 64,                                                  \
                            .failure_rows = 100000,                                            \
                            .worker_seconds = 60,                                              \
                            .worker_memory = 256u << 20})

/* Of a mail that is too large this much is kept. */
enum { INGEST_KEPT_OF_TOO_LARGE = 1 << 20 };

#endif
