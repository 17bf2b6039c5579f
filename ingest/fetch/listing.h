/* Which mails are new: their uids and sizes, asked for before any mail is. */
#ifndef FETCH_LISTING_H
#define FETCH_LISTING_H

#include "fetch/session.h"

/* A mail to fetch. */
struct wanted {
    uint32_t uid;
    uint32_t size; /* as the server says, 0: it does not; saturating */
    bool here;     /* it lies in the spool: */
    uint32_t file;
    uint32_t offset;
    uint32_t length;
    uint64_t whole; /* bytes of the mail, where not all were fetched; else 0 */
};

struct wanted_list {
    struct wanted *at; /* ascending by uid, each once */
    size_t count;
};

/* A window of uids that is being walked through. */
struct listing {
    uint32_t next;  /* the first uid that was not asked about */
    uint32_t end;   /* the last that can be there; 0: nothing can */
    uint32_t width; /* of the next window */
};

/* Finds out what there is after uid LAST in the selected folder. */
bool listing_start(struct session *session, uint32_t last, struct listing *listing,
                   struct error *err);

/* Lists the next window into LIST, in ARENA. Windows grow where there is little. To be
 * called while listing->next <= listing->end. */
bool listing_next(struct session *session, struct listing *listing, struct arena *arena,
                  struct wanted_list *list, struct error *err);

#endif
