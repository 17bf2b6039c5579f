/* How far IMAP mailboxes were fetched: what is committed together with the rows of their reports. */
#ifndef STORE_MAILBOXES_H
#define STORE_MAILBOXES_H

#include "store/store.h"

/* What is still to be done about a mail; the values are those in the database. */
enum mailbox_todo {
    TODO_AFTER = 0,        /* it was a report: what the configuration says */
    TODO_AFTER_FAILED = 1, /* it is in quarantine */
    TODO_AGAIN = 2,        /* it could not be fetched, or has to wait */
    TODO_COUNT,
};

struct mailbox_state {
    int64_t id;           /* 0: it was never fetched */
    uint32_t uidvalidity; /* 0 likewise */
    uint32_t last_uid;
};

/* What names a mailbox. */
struct mailbox_key {
    struct text host, user, folder;
};

bool store_mailbox_find(struct store *store, const struct mailbox_key *key,
                        struct mailbox_state *state, struct error *err);

/* Calls EACH for every uid with that TODO, ascending. EACH returns false to stop. */
typedef bool store_mailbox_each(void *context, uint32_t uid);
bool store_mailbox_todo(struct store *store, int64_t id, enum mailbox_todo todo,
                        store_mailbox_each *each, void *context, struct error *err);

/* Within a transaction: *STATE, but for its id, is how far KEY is fetched now; the id is set. With another
 * uidvalidity than before, what was to be done about mails is forgotten. */
bool store_mailbox_put(struct store *store, const struct mailbox_key *key,
                       struct mailbox_state *state, int64_t now, struct error *err);

/* Within a transaction: TODO is to be done about a mail. */
bool store_mailbox_owe(struct store *store, int64_t id, uint32_t uid, enum mailbox_todo todo,
                       struct error *err);

/* Within a transaction: nothing is to be done any more about the mails from FIRST to LAST. */
bool store_mailbox_settle(struct store *store, int64_t id, uint32_t first, uint32_t last,
                          struct error *err);

#endif
