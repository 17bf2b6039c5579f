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
    /* What is let in; the sink sets arrived_at for each mail. */
    struct store_admission admission;
    bool arrives_now; /* a mail arrives as it is read; else its Received says when */
    bool
        in_quarantine; /* the mails are in quarantine already: what is beyond a quota stays there */
    /* Of the mail that was taken last: it is in quarantine, whatever of it was stored; it waits where it
     * is, as it is beyond a quota and the quarantine is full. */
    bool quarantined, waits;
    bool in_transaction; /* the sink's own */
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
