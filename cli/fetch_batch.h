/* Mails that lie in the spool become rows, together with how far the mailbox was fetched. */
#ifndef CLI_FETCH_BATCH_H
#define CLI_FETCH_BATCH_H

#include "cli/fetch_mailbox.h"
#include "ingest/ingest.h"

/* Whether BOX has told something that is to be stored. */
bool fetch_batch_waits(const struct fetch_mailbox *box);

/* Reads and stores what BOX has told of complete batches, some of them at a time, and acknowledges
 * these. Adds to COUNTS. On failure nothing is acknowledged, and BOX still holds what it told. */
bool fetch_batch_store(struct fetch_mailbox *box, struct store *store,
                       struct ingest_counts *counts, struct error *err);

#endif
