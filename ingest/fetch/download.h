/* Mails from the server into the spool: in batches, two of them on their way at a time, so that a long way to
 * the server costs little. A mail counts as fetched when its response is complete and the command has ended
 * well; what came otherwise is dropped and asked for once more, alone. */
#ifndef FETCH_DOWNLOAD_H
#define FETCH_DOWNLOAD_H

#include "fetch/listing.h"
#include "fetch/spool.h"

/* What became of a mail that is not in the spool. */
enum missing {
    MISSING_LOST, /* it is there, and the server does not give it; WHY says how */
    MISSING_GONE, /* it is not there any more */
};

struct download_events {
    void *context;
    /* MAILS (COUNT of them, ascending) lie in the spool, or were told of as missing before. FILE: the first file
     * that holds any of them, or of those on their way. */
    bool (*batch)(void *context, const struct wanted *mails, size_t count, uint32_t file,
                  struct error *err);
    bool (*missing)(void *context, uint32_t uid, enum missing what, const char *why,
                    struct error *err);
    /* Whether to go on now; may wait. */
    bool (*may_go_on)(void *context, struct error *err);
};

/* Fetches the mails of LIST. BATCH: so many at a time at most. */
bool download(struct session *session, struct spool *spool, struct wanted_list list,
              size_t batch, const struct download_events *events, struct error *err);

#endif
