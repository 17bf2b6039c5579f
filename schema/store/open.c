#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/store_internal.h"

/* What is left for the database to grow before a file size limit ends it. */
enum { GROWTH = 1024 * 1024 };

/* The folder of PATH, in ARENA. */
static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    return text_string(arena, (struct text){path, length});
}

static bool check_folder(const char *folder, const char *path, enum store_mode mode,
                         struct error *err)
{
    struct stat about;
    if (stat(folder, &about) != 0)
        return error_set(err, ERROR_IO,
                         "the folder of the database %.200s cannot be reached "
                         "(%s): create it, or name another file with --db",
                         path, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return error_set(err, ERROR_IO,
                         "the database %.200s has no folder: what should be one is "
                         "a file; name another with --db",
                         path);
    /* The rollback journal lies beside the database. */
    if (mode == STORE_WRITE && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        return error_set(err, ERROR_IO,
                         "the folder of the database %.200s cannot be written "
                         "(%s): give this user or its group write permission",
                         path, strerror(errno));
    return true;
}

/* A limit that would end the database in the middle of a write: Postfix's local(8) sets one. */
static bool check_limit(const char *path, off_t size, struct error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= (rlim_t)size + GROWTH)
        return true;
    return error_set(
        err, ERROR_TRY_AGAIN,
        "a file size limit of %llu bytes leaves no room for the "
        "database %.200s of %lld bytes: raise it (Postfix: mailbox_size_limit = 0, "
        "or deliver by pipe(8))",
        (unsigned long long)limit.rlim_cur, path, (long long)size);
}

/* Makes the empty file, so that it has its mode and group before SQLite sees it; SQLite gives the
 * journal the mode of the database. */
static bool make_file(const char *path, const char *folder, struct error *err)
{
    FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0660);
    if (fd < 0 && errno == EEXIST)
        return true; /* somebody was faster */
    if (fd < 0) {
        bool full = errno == ENOSPC || errno == EDQUOT;
        return error_set(err, full ? ERROR_TRY_AGAIN : ERROR_IO,
                         "the database %.200s cannot be made (%s): %s", path, strerror(errno),
                         full ? "free disk space, then try again"
                              : "check its folder's permissions");
    }
    struct stat about;
    if (stat(folder, &about) != 0 || fchown(fd, (uid_t)-1, about.st_gid) != 0)
        return true; /* not a member of that group: the file keeps ours */
    return true;
}

static bool check_file(const char *path, const struct stat *about, enum store_mode mode,
                       struct error *err)
{
    if (S_ISDIR(about->st_mode))
        return error_set(err, ERROR_IO,
                         "the database %.200s is a folder: name a file with --db", path);
    if (!S_ISREG(about->st_mode))
        return error_set(err, ERROR_IO,
                         "the database %.200s is no regular file: name another with "
                         "--db",
                         path);
    int wanted = mode == STORE_WRITE ? R_OK | W_OK : R_OK;
    if (faccessat(AT_FDCWD, path, wanted, AT_EACCESS) != 0)
        return error_set(err, ERROR_IO,
                         "the database %.200s cannot be %s (%s): give this user or "
                         "its group permission",
                         path, mode == STORE_WRITE ? "written" : "read", strerror(errno));
    return mode == STORE_READ || check_limit(path, about->st_size, err);
}

static bool check_path(const char *path, enum store_mode mode, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct stat about;
    if (stat(path, &about) == 0) {
        if (!check_file(path, &about, mode, err))
            return false;
        /* The journal goes beside the file that a link leads to. */
        char *real = realpath(path, NULL);
        const char *folder = folder_of(&arena, real ? real : path);
        bool reached = check_folder(folder, path, mode, err);
        free(real);
        return reached;
    }
    if (errno != ENOENT)
        return error_set(
            err, ERROR_IO,
            "the database %.200s cannot be reached (%s): check the "
            "permissions of the folders on the way, or name another file with --db",
            path, strerror(errno));
    const char *folder = folder_of(&arena, path);
    if (!check_folder(folder, path, mode, err))
        return false;
    if (mode == STORE_READ)
        return error_set(err, ERROR_UNAVAILABLE,
                         "there is no database %.200s: `tlsrpt ingest` "
                         "makes it, --db names another",
                         path);
    return check_limit(path, 0, err) && make_file(path, folder, err);
}

/* What concerns this connection alone. */
static bool configure(struct store *store, struct error *err)
{
    static const struct {
        int option, value;
    } switches[] = {
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
    };
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        sqlite3_db_config(store->db, switches[i].option, switches[i].value, NULL);
    sqlite3_busy_handler(store->db, store_wait, store);
    /* EXTRA: a commit is the deletion of the journal, which only a sync of the folder makes
     * durable; with FULL a power failure could bring an acknowledged transaction's journal back,
     * and with it the state before. */
    return store_run(store,
                     "PRAGMA synchronous = EXTRA;"
                     "PRAGMA cache_size = -16000;"
                     "PRAGMA temp_store = MEMORY;"
                     "PRAGMA mmap_size = 0;"
                     "PRAGMA cell_size_check = ON;",
                     err);
}

struct header {
    int64_t application_id, version, tables;
};

static bool read_number(struct store *store, const char *sql, int64_t *number,
                        struct error *err)
{
    STATEMENT_ONCE *statement = store_prepare(store, sql, err);
    bool row;
    if (!statement || !statement_step(store, statement, &row, err))
        return false;
    *number = row ? sqlite3_column_int64(statement, 0) : 0;
    return true;
}

/* Within a transaction, so that it is of one moment. */
static bool read_header(struct store *store, struct header *header, struct error *err)
{
    return read_number(store, "PRAGMA application_id", &header->application_id, err) &&
           read_number(store, "PRAGMA user_version", &header->version, err) &&
           read_number(store, "SELECT count(*) FROM sqlite_schema", &header->tables, err);
}

static bool is_new(const struct header *header)
{
    return !header->application_id && !header->version && !header->tables;
}

static bool is_current(const struct header *header)
{
    return header->application_id == STORE_APPLICATION_ID &&
           header->version == store_migration_count;
}

static bool check_header(const struct store *store, const struct header *header,
                         struct error *err)
{
    if (is_new(header) && store->mode == STORE_WRITE)
        return true;
    if (is_new(header))
        return error_set(err, ERROR_UNAVAILABLE,
                         "the database %.200s is empty: `tlsrpt ingest` "
                         "fills it, --db names another",
                         store->path);
    if (header->application_id != STORE_APPLICATION_ID || header->version < 1)
        return error_set(err, ERROR_IO,
                         "%.200s is another program's SQLite database: name another "
                         "file with --db",
                         store->path);
    if (header->version > store_migration_count)
        return error_set(err, ERROR_CONFIG,
                         "the database %.200s was made by a newer tlsrpt "
                         "(schema %lld, this one knows %d): install that version",
                         store->path, (long long)header->version, store_migration_count);
    if (header->version < store_migration_count && store->mode == STORE_READ)
        return error_set(err, ERROR_CONFIG,
                         "the database %.200s is of an older tlsrpt (schema "
                         "%lld, this one needs %d): run `tlsrpt ingest` once as its owner",
                         store->path, (long long)header->version, store_migration_count);
    return true;
}

static bool migrate(struct store *store, struct error *err)
{
    struct header header;
    /* Read again under the lock: somebody may have migrated it meanwhile. */
    if (!read_header(store, &header, err) || !check_header(store, &header, err))
        return false;
    for (int i = 0; i < store_migration_count; i++) {
        const struct migration *migration = &store_migrations[i];
        if (migration->version <= header.version)
            continue;
        int64_t version;
        if (!store_run(store, migration->sql, err) ||
            !read_number(store, "PRAGMA user_version", &version, err))
            return false;
        if (version != migration->version)
            return error_set(err, ERROR_BUG, "migration %d leaves version %lld",
                             migration->version, (long long)version);
    }
    return true;
}

static bool check_schema(struct store *store, struct error *err)
{
    struct header header;
    if (!store_run(store, "BEGIN", err) || !read_header(store, &header, err) ||
        !store_run(store, "COMMIT", err))
        return false;
    if (is_current(&header))
        return true;
    if (!check_header(store, &header, err))
        return false;
    return store_run(store, "BEGIN IMMEDIATE", err) && migrate(store, err) &&
           store_run(store, "COMMIT", err);
}

/* A database that somebody has set to WAL goes back: only then can it be read by those who may not
 * write. */
static bool use_rollback_journal(struct store *store, struct error *err)
{
    STATEMENT_ONCE *mode = store_prepare(store, "PRAGMA journal_mode = DELETE", err);
    bool row;
    return mode && statement_step(store, mode, &row, err);
}

static char *copy_path(const char *path)
{
    /* SQLite gives ":memory:" and "file:" a meaning; a path has none. */
    char *copy = NULL;
    if (asprintf(&copy, "%s%s", path[0] == '/' ? "" : "./", path) < 0)
        memory_exhausted();
    return copy;
}

static struct store *store_new(enum store_mode mode)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        memory_exhausted();
    store->mode = mode;
    store->now = TIME_UNKNOWN;
    store->cache = cache_new();
    return store;
}

/* Once, before SQLite is used: one thread uses it here, and nobody asks how much memory it has. Without
 * locks and counts around each piece of memory it takes a tenth less time. */
static void set_up_library(void)
{
    static bool done;
    if (done)
        return;
    done = true;
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* Opens store->path, which SQLite understands. */
static struct store *open_database(struct store *store, int more_flags, struct error *err)
{
    bool writes = store->mode == STORE_WRITE;
    set_up_library();
    int flags = (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE | more_flags;
    int result = sqlite3_open_v2(store->path, &store->db, flags, NULL);
    if (!store->db)
        memory_exhausted();
    bool opened = result == SQLITE_OK ? configure(store, err) && check_schema(store, err) &&
                                            (!writes || use_rollback_journal(store, err))
                                      : store_error(store, err);
    if (!opened) {
        store_close(store);
        return NULL;
    }
    return store;
}

struct store *store_open(const char *path, enum store_mode mode, struct error *err)
{
    if (!check_path(path, mode, err))
        return NULL;
    struct store *store = store_new(mode);
    store->path = copy_path(path);
    return open_database(store, 0, err);
}

struct store *store_open_memory(struct error *err)
{
    struct store *store = store_new(STORE_WRITE);
    store->path = strdup(":memory:");
    if (!store->path)
        memory_exhausted();
    return open_database(store, SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, err);
}
