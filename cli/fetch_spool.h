/* The folder beside the database in which fetched mails lie until they are stored. */
#ifndef CLI_FETCH_SPOOL_H
#define CLI_FETCH_SPOOL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct fetch_spool {
    const char *path; /* canonical; null: none */
    int lock;         /* held as long as it is used */
};

/* Makes one beside the database DB; what a run that was killed left behind there is removed. */
bool fetch_spool_make(const char *db, struct arena *arena, struct fetch_spool *spool,
                      struct error *err);

/* Removes it, with all that is in it. */
void fetch_spool_remove(struct fetch_spool *spool);

#endif
