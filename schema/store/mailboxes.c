#include "store/mailboxes.h"

#include "store/store_internal.h"

static void bind_key(sqlite3_stmt *statement, const struct mailbox_key *key)
{
    bind_text(statement, 1, key->host);
    bind_text(statement, 2, key->user);
    bind_text(statement, 3, key->folder);
}

static bool find(struct store *store, const struct mailbox_key *key,
                 struct mailbox_state *state, struct error *err)
{
    STATEMENT_ONCE *find = store_prepare(store,
                                         "SELECT id, uidvalidity, last_uid FROM mailbox"
                                         " WHERE host = ?1 AND user = ?2 AND folder = ?3",
                                         err);
    bool row = false;
    *state = (struct mailbox_state){0};
    if (!find)
        return false;
    bind_key(find, key);
    if (!statement_step(store, find, &row, err))
        return false;
    if (row)
        *state = (struct mailbox_state){
            .id = sqlite3_column_int64(find, 0),
            .uidvalidity = (uint32_t)sqlite3_column_int64(find, 1),
            .last_uid = (uint32_t)sqlite3_column_int64(find, 2),
        };
    return true;
}

bool store_mailbox_find(struct store *store, const struct mailbox_key *key,
                        struct mailbox_state *state, struct error *err)
{
    bool done = find(store, key, state, err);
    store_work_done(store);
    return done;
}

static bool list_todo(struct store *store, int64_t id, enum mailbox_todo todo,
                      store_mailbox_each *each, void *context, struct error *err)
{
    STATEMENT_ONCE *list = store_prepare(
        store, "SELECT uid FROM mailbox_mail WHERE mailbox = ?1 AND todo = ?2 ORDER BY uid",
        err);
    bool row;
    if (!list)
        return false;
    bind_number(list, 1, id);
    bind_number(list, 2, todo);
    for (;;) {
        if (!statement_step(store, list, &row, err))
            return false;
        if (!row || !each(context, (uint32_t)sqlite3_column_int64(list, 0)))
            return true;
    }
}

bool store_mailbox_todo(struct store *store, int64_t id, enum mailbox_todo todo,
                        store_mailbox_each *each, void *context, struct error *err)
{
    bool done = list_todo(store, id, todo, each, context, err);
    store_work_done(store);
    return done;
}

bool store_mailbox_put(struct store *store, const struct mailbox_key *key,
                       struct mailbox_state *state, int64_t now, struct error *err)
{
    struct mailbox_state before;
    if (!store_needs_transaction(store, err) || !find(store, key, &before, err))
        return false;
    STATEMENT_ONCE *put = store_prepare(
        store,
        "INSERT INTO mailbox (host, user, folder, uidvalidity, last_uid, fetched_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT DO UPDATE SET uidvalidity = excluded.uidvalidity,"
        " last_uid = excluded.last_uid, fetched_at = excluded.fetched_at",
        err);
    if (!put)
        return false;
    bind_key(put, key);
    bind_number(put, 4, state->uidvalidity);
    bind_number(put, 5, state->last_uid);
    bind_number(put, 6, now);
    if (!statement_run(store, put, err))
        return false;
    if (before.id && before.uidvalidity != state->uidvalidity &&
        !store_mailbox_settle(store, before.id, 1, UINT32_MAX, err))
        return false;
    state->id = before.id ? before.id : sqlite3_last_insert_rowid(store->db);
    return true;
}

bool store_mailbox_owe(struct store *store, int64_t id, uint32_t uid, enum mailbox_todo todo,
                       struct error *err)
{
    if (!store_needs_transaction(store, err))
        return false;
    STATEMENT_AUTO *add =
        store_statement(store, STATEMENT_MAILBOX_OWE,
                        "INSERT INTO mailbox_mail (mailbox, uid, todo) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT DO UPDATE SET todo = excluded.todo",
                        err);
    if (!add)
        return false;
    bind_number(add, 1, id);
    bind_number(add, 2, uid);
    bind_number(add, 3, todo);
    return statement_run(store, add, err);
}

bool store_mailbox_settle(struct store *store, int64_t id, uint32_t first, uint32_t last,
                          struct error *err)
{
    if (!store_needs_transaction(store, err))
        return false;
    STATEMENT_AUTO *remove = store_statement(
        store, STATEMENT_MAILBOX_SETTLE,
        "DELETE FROM mailbox_mail WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3", err);
    if (!remove)
        return false;
    bind_number(remove, 1, id);
    bind_number(remove, 2, first);
    bind_number(remove, 3, last);
    return statement_run(store, remove, err);
}
