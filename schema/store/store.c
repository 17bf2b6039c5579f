#include <stdlib.h>

#include "store/store_internal.h"

void store_close(struct store *store)
{
    if (!store)
        return;
    store_rollback(store);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    cache_free(store->cache);
    arena_free(&store->configured_arena);
    free(store->path);
    free(store);
}

void store_close_p(struct store **store)
{
    store_close(*store);
    *store = NULL;
}

bool store_in_transaction(const struct store *store)
{
    return !sqlite3_get_autocommit(store->db);
}

bool store_needs_transaction(const struct store *store, struct error *err)
{
    return store_in_transaction(store) ||
           error_set(err, ERROR_BUG, "the database is written outside a transaction");
}

bool store_begin_reading(struct store *store, bool *own, struct error *err)
{
    *own = !store_in_transaction(store);
    return !*own || store_run(store, "BEGIN", err);
}

bool store_end_reading(struct store *store, bool own, bool done, struct error *err)
{
    if (!own)
        return done;
    if (done)
        done = store_run(store, "COMMIT", err);
    if (!done)
        store_rollback(store);
    store_work_done(store);
    return done;
}

void store_work_done(struct store *store)
{
    if (store_in_transaction(store))
        return;
    store->waited = 0;
    store->failed = false;
}

/* Another connection may have removed what the cache knows. */
static bool look_for_others(struct store *store, struct error *err)
{
    STATEMENT_AUTO *version =
        store_statement(store, STATEMENT_DATA_VERSION, "PRAGMA data_version", err);
    bool row;
    if (!version || !statement_step(store, version, &row, err))
        return false;
    int64_t now = row ? sqlite3_column_int64(version, 0) : 0;
    if (!row || now != store->data_version)
        cache_forget(store->cache);
    store->data_version = now;
    return true;
}

static bool run_kept(struct store *store, enum statement which, const char *sql,
                     struct error *err)
{
    STATEMENT_AUTO *statement = store_statement(store, which, sql, err);
    return statement && statement_run(store, statement, err);
}

bool store_begin(struct store *store, struct error *err)
{
    store->failed = false;
    store->next_id = 0;
    if (!run_kept(store, STATEMENT_BEGIN, "BEGIN IMMEDIATE", err)) {
        store_work_done(store);
        return false;
    }
    bool ready = look_for_others(store, err);
    if (ready && store->configured_pending) {
        ready = attribution_apply_configured(store, err);
        store->configured_applied = ready;
    }
    if (!ready)
        store_rollback(store);
    return ready;
}

bool store_commit(struct store *store, struct error *err)
{
    if (store->failed) {
        if (err)
            *err = store->failure;
        store_rollback(store);
        return false;
    }
    if (!store_keep_ids(store, err) || !run_kept(store, STATEMENT_COMMIT, "COMMIT", err)) {
        store_rollback(store);
        return false;
    }
    if (store->configured_applied)
        store->configured_pending = false;
    store->configured_applied = false;
    store_work_done(store);
    return true;
}

void store_rollback(struct store *store)
{
    /* SQLite may have rolled back by itself, for a full disk for instance. */
    if (store_in_transaction(store))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    cache_forget(store->cache);
    store->next_id = 0;
    store->configured_applied = false;
    store_work_done(store);
}
