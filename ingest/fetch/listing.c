#include "fetch/listing.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/vector.h"

enum {
    WIDTH_FIRST = 5000,
    FEW = 1000,          /* in a window: the next may be wider */
    LISTED_MOST = 50000, /* in a window that is wider than that: it is asked again in parts */
};

struct taking {
    struct arena *arena;
    struct wanted_list *list;
    uint32_t first, last;
    bool too_many;
};

/* Whatever was not asked for is not taken: a server may send what it likes at any time. */
static bool take(void *context, const struct imap_response *response, struct error *err)
{
    struct taking *taking = context;
    (void)err;
    if (response->kind != IMAP_FETCH || response->uid < taking->first ||
        response->uid > taking->last)
        return true;
    if (taking->list->count >= LISTED_MOST) {
        taking->too_many = true;
        return true;
    }
    struct wanted wanted = {
        .uid = response->uid,
        .size = response->size < UINT32_MAX ? (uint32_t)response->size : UINT32_MAX,
    };
    VECTOR_ADD(taking->arena, taking->list, wanted);
    return true;
}

static int by_uid(const void *a, const void *b)
{
    const struct wanted *first = a, *second = b;
    return first->uid < second->uid ? -1 : first->uid > second->uid;
}

static void sort(struct wanted_list *list)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->at, list->count, sizeof *list->at, by_uid);
    for (size_t i = 0; i < list->count; i++)
        if (!kept || list->at[kept - 1].uid != list->at[i].uid)
            list->at[kept++] = list->at[i];
    list->count = kept;
}

/* FETCH over the uids from FIRST to LAST; LAST 0 is the last mail there is. */
static bool ask(struct session *session, struct taking *taking, struct error *err)
{
    struct imap_command command;
    session->watcher = (struct session_watcher){.context = taking, .response = take};
    bool done = session_do(session, &command, err,
                           "UID FETCH %" PRIu32 ":%" PRIu32 " (UID RFC822.SIZE)", taking->first,
                           taking->last);
    session->watcher = (struct session_watcher){0};
    return done;
}

/* Where the server did not say what comes next: the uid of the last mail. */
static bool find_last(struct session *session, uint32_t *last, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct imap_command command;
    struct wanted_list list = {0};
    struct taking taking = {.arena = &arena, .list = &list, .first = 1, .last = UINT32_MAX};
    session->watcher = (struct session_watcher){.context = &taking, .response = take};
    bool done = session_do(session, &command, err, "UID FETCH * (UID)");
    session->watcher = (struct session_watcher){0};
    sort(&list);
    *last = list.count ? list.at[list.count - 1].uid : 0;
    return done;
}

bool listing_start(struct session *session, uint32_t last, struct listing *listing,
                   struct error *err)
{
    *listing = (struct listing){.next = last + 1, .width = WIDTH_FIRST};
    if (last == UINT32_MAX || !session->exists)
        return true;
    if (session->uidnext)
        listing->end = session->uidnext - 1;
    else if (!find_last(session, &listing->end, err))
        return false;
    return true;
}

bool listing_next(struct session *session, struct listing *listing, struct arena *arena,
                  struct wanted_list *list, struct error *err)
{
    for (;;) {
        struct taking taking = {.arena = arena, .list = list, .first = listing->next};
        bool reaches_end = listing->width - 1 >= listing->end - listing->next;
        taking.last = reaches_end ? listing->end : listing->next + listing->width - 1;
        *list = (struct wanted_list){0};
        if (!ask(session, &taking, err))
            return false;
        if (taking.too_many && listing->width > WIDTH_FIRST) {
            listing->width = WIDTH_FIRST;
            continue;
        }
        if (taking.too_many) {
            session->broken = true;
            return error_set(err, ERROR_UNAVAILABLE,
                             "the server lists more mails than there can be");
        }
        sort(list);
        if (list->count < FEW && listing->width < UINT32_MAX / 4)
            listing->width *= 4;
        listing->next = reaches_end ? UINT32_MAX : taking.last + 1;
        if (reaches_end)
            listing->end = 0;
        return true;
    }
}
