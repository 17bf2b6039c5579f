/* The sink of an ingest that ends in the database. */
#ifndef CLI_INGEST_SINK_H
#define CLI_INGEST_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/ingest.h"
#include "store/store.h"

struct ingest_sink_store {
    struct store *store;
    int64_t now;
    uint64_t quarantine_max; /* bytes */
    bool in_transaction;
    /* The Maildir that was asked for last, and what was read of it. */
    struct arena seen_arena;
    struct text seen_directory;
    const struct seen_files *seen_files;
};

/* The sink that writes to TARGET, which must outlive it. One transaction from the first take() to
 * the commit(). */
struct ingest_sink ingest_sink_store(struct ingest_sink_store *target);

/* Frees what TARGET has of its own. */
void ingest_sink_store_end(struct ingest_sink_store *target);

#endif
