#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "store/store_internal.h"

/* What stands for a name: the time that a Maildir's names begin with, then bytes of the sha256,
 * enough to tell the names of one second in one folder apart. */
enum { TIME_SIZE = 4, NAME_SIZE = 16 };

static void make_key(struct text name, uint8_t key[NAME_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    uint64_t seconds = 0;
    size_t digits = 0;
    while (digits < name.length && name.at[digits] >= '0' && name.at[digits] <= '9')
        digits++;
    if (!text_unsigned(text_first(name, digits), &seconds) || seconds > UINT32_MAX)
        seconds = 0;
    for (int i = 0; i < TIME_SIZE; i++)
        key[i] = (uint8_t)(seconds >> 8 * (TIME_SIZE - 1 - i));
    sha256(name, digest);
    memcpy(key + TIME_SIZE, digest, NAME_SIZE - TIME_SIZE);
}

struct seen_file {
    uint8_t key[NAME_SIZE];
    bool is_report;
};

struct seen_files {
    struct seen_file *at; /* in the order of their keys */
    size_t count;
};

static bool list(struct store *store, struct text directory, struct arena *arena,
                 struct seen_files *files)
{
    int64_t folder;
    if (!intern_find_text(store, directory, &folder, NULL) || !folder)
        return false;
    STATEMENT_AUTO *find = store_statement(
        store, STATEMENT_SEEN,
        "SELECT name, is_report FROM seen WHERE directory = ?1 ORDER BY name", NULL);
    if (!find)
        return false;
    bind_number(find, 1, folder);
    bool row;
    while (statement_step(store, find, &row, NULL) && row) {
        struct seen_file file = {.is_report = sqlite3_column_int(find, 1) != 0};
        struct text key = column_blob(find, 0);
        if (key.length != NAME_SIZE)
            continue;
        memcpy(file.key, key.at, NAME_SIZE);
        VECTOR_ADD(arena, files, file);
    }
    return true;
}

/* An error counts as not seen: what is read again is a duplicate, no harm. */
const struct seen_files *store_seen_files(struct store *store, struct text directory,
                                          struct arena *arena)
{
    struct seen_files *files = arena_new(arena, struct seen_files);
    list(store, directory, arena, files);
    store_work_done(store);
    return files;
}

static int compare(const void *key, const void *file)
{
    return memcmp(key, ((const struct seen_file *)file)->key, NAME_SIZE);
}

bool seen_files_have(const struct seen_files *files, struct text name, bool *is_report)
{
    uint8_t key[NAME_SIZE];
    *is_report = false;
    if (!files->count)
        return false;
    make_key(name, key);
    const struct seen_file *file =
        bsearch(key, files->at, files->count, sizeof *files->at, compare);
    *is_report = file && file->is_report;
    return file;
}

bool store_add_seen(struct store *store, struct text directory, struct text name,
                    bool is_report, int64_t now, struct error *err)
{
    uint8_t key[NAME_SIZE];
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
    make_key(name, key);
    bind_id(add, 1, folder);
    bind_blob(add, 2, key, NAME_SIZE);
    bind_number(add, 3, is_report);
    bind_number(add, 4, now / TIME_DAY);
    return statement_run(store, add, err);
}
