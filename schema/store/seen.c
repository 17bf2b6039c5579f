#include "store/store_internal.h"

/* 128 bits of it tell the names of a folder apart and keep a long list small. */
enum { NAME_SIZE = 16 };

static bool find(struct store *store, struct text directory, struct text name, bool *is_report)
{
    uint8_t digest[SHA256_SIZE];
    int64_t folder;
    bool row = false;
    if (!intern_find_text(store, directory, &folder, NULL) || !folder)
        return false;
    STATEMENT_AUTO *find =
        store_statement(store, STATEMENT_SEEN,
                        "SELECT is_report FROM seen WHERE directory = ?1 AND name = ?2", NULL);
    if (!find)
        return false;
    sha256(name, digest);
    bind_number(find, 1, folder);
    bind_blob(find, 2, digest, NAME_SIZE);
    if (!statement_step(store, find, &row, NULL) || !row)
        return false;
    *is_report = sqlite3_column_int(find, 0) != 0;
    return true;
}

/* An error counts as not seen: what is read again is a duplicate, no harm. */
bool store_seen(struct store *store, struct text directory, struct text name, bool *is_report)
{
    *is_report = false;
    bool seen = find(store, directory, name, is_report);
    store_work_done(store);
    return seen;
}

bool store_add_seen(struct store *store, struct text directory, struct text name,
                    bool is_report, int64_t now, struct error *err)
{
    uint8_t digest[SHA256_SIZE];
    int64_t folder;
    if (!store_needs_transaction(store, err) ||
        !intern_text(store, directory, TEXT_SHARED, &folder, err))
        return false;
    STATEMENT_AUTO *add = store_statement(
        store, STATEMENT_SEEN_ADD,
        "INSERT INTO seen (directory, name, is_report, day) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET is_report = excluded.is_report",
        err);
    if (!add)
        return false;
    sha256(name, digest);
    bind_id(add, 1, folder);
    bind_blob(add, 2, digest, NAME_SIZE);
    bind_number(add, 3, is_report);
    bind_number(add, 4, now / TIME_DAY);
    return statement_run(store, add, err);
}
