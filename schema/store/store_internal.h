/* What the files of this room share. SQL stands beside the one function that uses it; whatever a
 * statement depends on is bound, never written into its text. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/buffer.h"
#include "store/store.h"

/* ---- migrations: made from schema/migrations at build time ---- */

struct migration {
    int version; /* what the file leaves in user_version */
    const char *sql;
};
extern const struct migration store_migrations[];
extern const int store_migration_count;

enum { STORE_APPLICATION_ID = 0x544c5352 }; /* "TLSR", as the first migration sets it */

/* ---- cache.c: ids of what was interned lately ---- */

/* The kinds of keys; each has a key space of its own. */
enum cache_kind { CACHE_TEXT = 1, CACHE_DOMAIN_SET, CACHE_QUOTED_POLICY, CACHE_ATTRIBUTION };

struct cached {
    int64_t id;
    bool has_sts; /* an attribution: its domain is known to be marked so */
};

struct cache;
struct cache *cache_new(void);
void cache_free(struct cache *cache);
/* Forgets everything: after a rollback, and where others may have removed what it knows. */
void cache_forget(struct cache *cache);
/* Null where KEY is not there. The pointer is valid until the next cache_put(). */
struct cached *cache_get(struct cache *cache, enum cache_kind kind, struct text key);
/* What does not fit is silently not kept. */
void cache_put(struct cache *cache, enum cache_kind kind, struct text key, struct cached value);

/* ---- the store ---- */

/* The statements that are prepared once and kept. */
enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_DATA_VERSION,
    STATEMENT_NEXT_ID,
    STATEMENT_SET_NEXT_ID,
    STATEMENT_CONFIGURED,
    STATEMENT_TEXT_FIND,
    STATEMENT_TEXT_ADD,
    STATEMENT_DOMAIN_SET_FIND,
    STATEMENT_DOMAIN_SET_ADD,
    STATEMENT_QUOTED_FIND,
    STATEMENT_QUOTED_ADD,
    STATEMENT_ATTRIBUTION_FIND,
    STATEMENT_ATTRIBUTION_ADD,
    STATEMENT_ATTRIBUTION_SET,
    STATEMENT_MARK_STS,
    STATEMENT_RECHECK,
    STATEMENT_LOST_STS,
    STATEMENT_REPORT_FIND,
    STATEMENT_REPORT_ADD,
    STATEMENT_REPORT_DISPLACE,
    STATEMENT_POLICY_ADD,
    STATEMENT_POLICY_UNCOUNT,
    STATEMENT_FAILURE_ADD,
    STATEMENT_RETRACT_ADD,
    STATEMENT_SEEN,
    STATEMENT_SEEN_ADD,
    STATEMENT_QUARANTINE_FIND,
    STATEMENT_QUARANTINE_TOTAL,
    STATEMENT_QUARANTINE_ADD,
    STATEMENT_QUARANTINE_BYTES_ADD,
    STATEMENT_MARK_OBSERVED,
    STATEMENT_PART_FIND,
    STATEMENT_PART_ADD,
    STATEMENT_CONTENT_FIND,
    STATEMENT_CONTENT_ADD,
    STATEMENT_OBSERVATION_FIND,
    STATEMENT_OBSERVATION_PUT,
    STATEMENT_LATEST_MX,
    STATEMENT_MX_OF,
    STATEMENT_OBSERVATION_AT,
    STATEMENT_OBSERVATION_AFTER,
    STATEMENT_MAILBOX_OWE,
    STATEMENT_MAILBOX_SETTLE,
    STATEMENT_PARTS,
    STATEMENT_IS_CONFIGURED,
    STATEMENT_QUOTA_GET,
    STATEMENT_QUOTA_ADD,
    STATEMENT_ARRIVAL,
    STATEMENT_LOST_ARRIVAL,
    STATEMENT_COUNT,
};

struct store {
    sqlite3 *db;
    enum store_mode mode;
    char *path;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int64_t waited; /* nanoseconds spent waiting for locks since the last transaction's end */

    /* A write that failed: the transaction is not committed any more, so that nothing is ever
     * stored by half. */
    bool failed;
    struct error failure;

    int64_t next_id; /* within a transaction, 0 until one is taken */
    int64_t data_version;
    struct cache *cache; /* valid within a transaction only */

    struct arena configured_arena;
    struct text_list configured; /* sorted, each once */
    bool configured_pending, configured_applied;

    int64_t now; /* no later observation is looked at; TIME_UNKNOWN: all are */
};

/* ---- statement.c: preparing, binding, stepping, errors ---- */

/* A statement ready to be bound. Null on error. It must be reset after use: declare it with
 * STATEMENT_AUTO. */
sqlite3_stmt *store_statement(struct store *store, enum statement which, const char *sql,
                              struct error *err);
/* The same for one that is used once; it is finalised by STATEMENT_ONCE. */
sqlite3_stmt *store_prepare(struct store *store, const char *sql, struct error *err);
void statement_reset_p(sqlite3_stmt **statement);
void statement_finalize_p(sqlite3_stmt **statement);
#define STATEMENT_AUTO __attribute__((cleanup(statement_reset_p))) sqlite3_stmt
#define STATEMENT_ONCE __attribute__((cleanup(statement_finalize_p))) sqlite3_stmt

/* TIME as the database keeps it: unknown outside the years 1970 to 9999. */
int64_t stored_time(int64_t time);

/* Unknown text, id 0 and unknown times become NULL, a count beyond INT64_MAX is INT64_MAX. The text
 * must outlive the statement's use. */
void bind_text(sqlite3_stmt *statement, int at, struct text text);
void bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t length);
void bind_id(sqlite3_stmt *statement, int at, int64_t id);
void bind_number(sqlite3_stmt *statement, int at, int64_t number);
void bind_time(sqlite3_stmt *statement, int at, int64_t time);
void bind_count(sqlite3_stmt *statement, int at, uint64_t count);

/* The reverse; what the database holds may have been edited by hand, so that any value is
 * possible: a wrong one is unknown or 0. Texts are valid until the next step. */
struct text column_text(sqlite3_stmt *statement, int at);
struct text column_blob(sqlite3_stmt *statement, int at);
int64_t column_time(sqlite3_stmt *statement, int at);
uint64_t column_count(sqlite3_stmt *statement, int at);

/* Steps: *ROW says whether there is one. */
bool statement_step(struct store *store, sqlite3_stmt *statement, bool *row, struct error *err);
/* Runs a statement that gives no row. */
bool statement_run(struct store *store, sqlite3_stmt *statement, struct error *err);
/* Runs fixed SQL, several statements perhaps. */
bool store_run(struct store *store, const char *sql, struct error *err);

/* Sets ERR from what SQLite says of its last call. Always returns false. */
bool store_error(struct store *store, struct error *err);
/* As store_error(), and the transaction fails as a whole. */
bool store_fail(struct store *store, struct error *err);
/* The same with a failure that is not SQLite's. */
bool store_fail_as(struct store *store, const struct error *failure, struct error *err);

bool store_in_transaction(const struct store *store);
/* Whether a writer was called as it must be; false with ERROR_BUG outside a transaction. */
bool store_needs_transaction(const struct store *store, struct error *err);
/* What is read in several steps is of one moment: *OWN says whether a transaction was begun for that, or one
 * is open. */
bool store_begin_reading(struct store *store, bool *own, struct error *err);
/* Ends it where it was begun; returns DONE, whether all was read, or false on error. */
bool store_end_reading(struct store *store, bool own, bool done, struct error *err);
/* To be called after work outside a transaction: the next one may wait its full time. */
void store_work_done(struct store *store);
/* The busy handler. */
int store_wait(void *store, int count);

/* ---- intern.c ---- */

/* Texts that are compared, looked up or filtered by are always shared; free text only up to a
 * length at which it still repeats. */
enum interning { TEXT_SHARED, TEXT_FREE };

/* The id of TEXT, made where it is new; 0 for unknown. */
bool intern_text(struct store *store, struct text text, enum interning how, int64_t *id,
                 struct error *err);
/* The id of a shared TEXT, 0 where it is not there. */
bool intern_find_text(struct store *store, struct text text, int64_t *id, struct error *err);
/* A list as one JSON array; 0 for an empty one. */
bool intern_list(struct store *store, const struct text_list *list, int64_t *id,
                 struct error *err);
/* The set of the policy domains of REPORT. */
bool intern_domain_set(struct store *store, const struct tls_report *report, int64_t *id,
                       struct error *err);
bool intern_quoted_policy(struct store *store, const struct tls_policy *policy, int64_t *id,
                          struct error *err);

/* Ids of rows from FIRST to before END. */
struct id_range {
    int64_t first, end;
};

/* ---- arrivals.c: when reports came ---- */

/* A policy of ATTRIBUTION counts whose report has that range; an unknown begin counts nowhere. */
bool arrivals_count(struct store *store, int64_t attribution, int64_t begin, int64_t end,
                    struct error *err);
/* The rows of one report took the place of another's. */
bool arrivals_replaced(struct store *store, const struct id_range *old,
                       const struct id_range *new, struct error *err);
/* Counts all again, after rows were removed. */
bool arrivals_recount(struct store *store, struct error *err);

/* ---- attribution.c: which domain a row counts for (SPEC.md, "Normalised rows") ---- */

/* The attribution of a policy. COUNTED: its report counts, so that a sts entry makes its domain
 * stand for itself. */
bool attribution_of(struct store *store, int64_t policy_domain, int64_t named_domain,
                    enum policy_type type, bool counted, int64_t *id, struct error *err);
/* Brings has_sts and what follows from it in line after rows were removed. */
bool attribution_review(struct store *store, struct error *err);
/* The same after the rows of one report took the place of another's. */
bool attribution_replaced(struct store *store, const struct id_range *old,
                          const struct id_range *new, struct error *err);
/* DOMAIN has an observation of its own, so that it stands for itself. */
bool attribution_mark_observed(struct store *store, int64_t domain, struct error *err);
/* Decides again about POLICY_DOMAIN: what is known of it has changed. */
bool attribution_recheck(struct store *store, int64_t policy_domain, struct error *err);
/* Brings the stored flags in line with store->configured, within a transaction. */
bool attribution_apply_configured(struct store *store, struct error *err);
/* Whether a policy would count for a configured domain. The ids are those of its names, 0 for one that
 * is missing, -1 for one that is not in the database. */
bool attribution_is_configured(struct store *store, int64_t policy_domain, int64_t named_domain,
                               enum policy_type type, bool *configured, struct error *err);

/* ---- admission.c: what is let in ---- */

/* *OURS is REPORT with those of its policies, in ARENA, that count for a configured domain. */
bool admission_ours(struct store *store, const struct tls_report *report, struct arena *arena,
                    struct tls_report *ours, struct error *err);
/* Whether the domain that the mail of REPORT names is configured. */
bool admission_named_is_ours(struct store *store, const struct tls_report *report, bool *ours,
                             struct error *err);
/* Whether the quotas let in one more such report. */
bool admission_quota_left(struct store *store, const struct tls_report *report,
                          const struct store_admission *admission, bool *left,
                          struct error *err);
/* Counts one that was let in. */
bool admission_count(struct store *store, const struct tls_report *report,
                     const struct store_admission *admission, struct error *err);

/* ---- reports.c ---- */

/* Takes COUNT ids of the sequence of rows, the first in *FIRST. */
bool store_take_ids(struct store *store, uint64_t count, int64_t *first, struct error *err);
/* Writes back what was taken, before the commit. */
bool store_keep_ids(struct store *store, struct error *err);

/* ---- json_list.c: a list of texts as a JSON array of strings ---- */

void json_list_write(struct buffer *out, const struct text_list *list);
/* The strings of such an array, in ARENA; what is no such array ends the list early. */
struct text_list json_list_read(struct arena *arena, struct text json);

#endif
