#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "store/store_internal.h"

/* 9999-12-31T23:59:59Z. */
#define TIME_LAST  INT64_C(253402300799)
#define WAIT_LIMIT (INT64_C(8) * 1000000000)

static sqlite3_stmt *prepare(struct store *store, const char *sql, unsigned flags,
                             struct error *err)
{
    sqlite3_stmt *made = NULL;
    if (sqlite3_prepare_v3(store->db, sql, -1, flags, &made, NULL) == SQLITE_OK)
        return made;
    store_fail(store, err);
    return NULL;
}

sqlite3_stmt *store_statement(struct store *store, enum statement which, const char *sql,
                              struct error *err)
{
    sqlite3_stmt **kept = &store->statements[which];
    if (!*kept)
        *kept = prepare(store, sql, SQLITE_PREPARE_PERSISTENT, err);
    return *kept;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql, struct error *err)
{
    return prepare(store, sql, 0, err);
}

void statement_reset_p(sqlite3_stmt **statement)
{
    if (!*statement)
        return;
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
}

void statement_finalize_p(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

/* Binding fails when memory runs out; any other failure is a bug that the tests would show. */
static void bound(int result)
{
    if (result == SQLITE_NOMEM)
        memory_exhausted();
}

void bind_text(sqlite3_stmt *statement, int at, struct text text)
{
    if (text_known(text))
        bound(sqlite3_bind_text64(statement, at, text.at, text.length, SQLITE_STATIC,
                                  SQLITE_UTF8));
    else
        bound(sqlite3_bind_null(statement, at));
}

void bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t length)
{
    /* A null pointer would bind NULL. */
    bound(sqlite3_bind_blob64(statement, at, length ? bytes : "", length, SQLITE_STATIC));
}

void bind_id(sqlite3_stmt *statement, int at, int64_t id)
{
    bound(id ? sqlite3_bind_int64(statement, at, id) : sqlite3_bind_null(statement, at));
}

void bind_number(sqlite3_stmt *statement, int at, int64_t number)
{
    bound(sqlite3_bind_int64(statement, at, number));
}

int64_t stored_time(int64_t time)
{
    return time >= 0 && time <= TIME_LAST ? time : TIME_UNKNOWN;
}

void bind_time(sqlite3_stmt *statement, int at, int64_t time)
{
    time = stored_time(time);
    if (time != TIME_UNKNOWN)
        bound(sqlite3_bind_int64(statement, at, time));
    else
        bound(sqlite3_bind_null(statement, at));
}

void bind_count(sqlite3_stmt *statement, int at, uint64_t count)
{
    bind_number(statement, at, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

struct text column_text(sqlite3_stmt *statement, int at)
{
    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return TEXT_UNKNOWN;
    const char *text = (const char *)sqlite3_column_text(statement, at);
    if (!text)
        memory_exhausted();
    return (struct text){text, (size_t)sqlite3_column_bytes(statement, at)};
}

struct text column_blob(sqlite3_stmt *statement, int at)
{
    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return TEXT_UNKNOWN;
    const char *bytes = sqlite3_column_blob(statement, at);
    size_t length = (size_t)sqlite3_column_bytes(statement, at);
    /* An empty blob comes as a null pointer. */
    return (struct text){bytes ? bytes : "", bytes ? length : 0};
}

int64_t column_time(sqlite3_stmt *statement, int at)
{
    if (sqlite3_column_type(statement, at) != SQLITE_INTEGER)
        return TIME_UNKNOWN;
    return stored_time(sqlite3_column_int64(statement, at));
}

uint64_t column_count(sqlite3_stmt *statement, int at)
{
    int64_t count = sqlite3_column_int64(statement, at);
    return count > 0 ? (uint64_t)count : 0;
}

bool statement_step(struct store *store, sqlite3_stmt *statement, bool *row, struct error *err)
{
    int result = sqlite3_step(statement);
    *row = result == SQLITE_ROW;
    return *row || result == SQLITE_DONE || store_fail(store, err);
}

bool statement_run(struct store *store, sqlite3_stmt *statement, struct error *err)
{
    bool row;
    return statement_step(store, statement, &row, err);
}

bool store_run(struct store *store, const char *sql, struct error *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           store_fail(store, err);
}

static bool no_room(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

/* What the system said. At a commit SQLite does not hand it on: then the file knows. */
static int system_error(struct store *store)
{
    int number = sqlite3_system_errno(store->db), of_file = 0;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
    return !number || no_room(of_file) ? of_file : number;
}

/* What SQLite's primary result codes mean to people. */
static const struct fault {
    int result;
    enum error_code code;
    const char *what;
} faults[] = {
    {SQLITE_BUSY, ERROR_TRY_AGAIN, "is in use and did not become free: try again"},
    {SQLITE_LOCKED, ERROR_TRY_AGAIN, "is in use and did not become free: try again"},
    {SQLITE_PROTOCOL, ERROR_TRY_AGAIN, "is in use and did not become free: try again"},
    {SQLITE_FULL, ERROR_TRY_AGAIN, "has no room: free disk space, then try again"},
    {SQLITE_IOERR, ERROR_IO, "cannot be read or written: check the disk and the permissions"},
    {SQLITE_CANTOPEN, ERROR_IO,
     "cannot be opened: check the file's and its folder's permissions"},
    {SQLITE_READONLY, ERROR_IO,
     "cannot be written: check the file's and its folder's permissions"},
    {SQLITE_PERM, ERROR_IO, "cannot be written: check the file's and its folder's permissions"},
    {SQLITE_CORRUPT, ERROR_IO,
     "is damaged: restore a backup, or move it away and ingest again"},
    {SQLITE_NOTADB, ERROR_IO,
     "is none of SQLite: move it away, or name another file with --db"},
};

bool store_error(struct store *store, struct error *err)
{
    static const struct fault bug = {SQLITE_ERROR, ERROR_BUG, "refuses a statement"};
    static const struct fault no_space = {SQLITE_IOERR, ERROR_TRY_AGAIN,
                                          "has no room: free disk space or raise the file size "
                                          "limit, then try again"};
    int result = sqlite3_extended_errcode(store->db);
    if (result == SQLITE_NOMEM || result == SQLITE_IOERR_NOMEM)
        memory_exhausted();
    const struct fault *fault = &bug;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].result == (result & 0xff))
            fault = &faults[i];
    bool of_system = fault->result == SQLITE_IOERR || fault->result == SQLITE_CANTOPEN;
    int number = of_system ? system_error(store) : 0;
    if (no_room(number))
        fault = &no_space;
    return error_set(err, fault->code, "the database %.200s %s (%.100s%s%s)", store->path,
                     fault->what, sqlite3_errmsg(store->db), number ? ": " : "",
                     number ? strerror(number) : "");
}

bool store_fail_as(struct store *store, const struct error *failure, struct error *err)
{
    if (!store->failed)
        store->failure = *failure;
    store->failed = true;
    if (err)
        *err = *failure;
    return false;
}

bool store_fail(struct store *store, struct error *err)
{
    struct error failure = {0};
    store_error(store, &failure);
    return store_fail_as(store, &failure, err);
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Sleeps 1 to 4 ms, a little random so that many who wait do not wake as one. */
int store_wait(void *context, int count)
{
    struct store *store = context;
    (void)count;
    if (store->waited >= WAIT_LIMIT)
        return 0;
    int64_t before = nanoseconds();
    struct timespec pause = {.tv_nsec = 1000000 + before / 64 % 4 * 1000000};
    nanosleep(&pause, NULL);
    store->waited += nanoseconds() - before;
    return 1;
}
