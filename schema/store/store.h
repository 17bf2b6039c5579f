/* The database: the only code that speaks SQL. One SQLite file, rollback journal, one writer at a
 * time; whoever may read the file can read it while others write. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "report/tls_report.h"

struct store;

enum store_mode {
    STORE_READ,  /* must exist; nothing is written, not even a newer schema */
    STORE_WRITE, /* made if it is not there, brought to the newest schema */
};

/* Opens PATH. Its folder must exist. Errors, each with what to do: ERROR_UNAVAILABLE no database
 * (STORE_READ); ERROR_IO no folder, not readable, not writable, no SQLite database;
 * ERROR_TRY_AGAIN busy for 8 seconds, disk full, or a file size limit below the database's size
 * + 1 MiB; ERROR_CONFIG a database of a newer program, or (STORE_READ) of an older one that has
 * to be migrated first. A new file gets mode 0660 less the umask and the group of its folder.
 * Null on error. */
struct store *store_open(const char *path, enum store_mode mode, struct error *err);

/* An empty database in memory, which ends with store_close(). */
struct store *store_open_memory(struct error *err);
void store_close(struct store *store);
void store_close_p(struct store **store);
#define STORE_AUTO __attribute__((cleanup(store_close_p))) struct store

/* One transaction a batch: BEGIN IMMEDIATE, COMMIT, ROLLBACK. All waiting for a lock within one
 * open store adds up to at most 8 seconds a transaction; then ERROR_TRY_AGAIN, as is a full
 * disk. */
bool store_begin(struct store *store, struct error *err);
bool store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);

/* No observation later than NOW is looked at by the attribution in STORE_READ. To be called before
 * store_set_configured(); without it all are. */
void store_set_now(struct store *store, int64_t now);

/* Tells the store which domains are configured (host names as text_host() gives them): the
 * attribution of rows to domains is brought in line in the next write transaction, or, in
 * STORE_READ, for this connection alone. */
bool store_set_configured(struct store *store, const struct text_list *domains,
                          struct error *err);

/* What became of a report. The last two leave nothing of it in the database. */
enum store_outcome {
    STORE_STORED,
    STORE_DUPLICATE,
    STORE_SUPERSEDED,
    STORE_NOT_OURS,   /* it counts for no configured domain */
    STORE_OVER_QUOTA, /* its day has enough of them */
};

/* What is let in. All 0: everything. */
struct store_admission {
    bool only_configured;   /* only policies that count for a configured domain */
    uint64_t reports_a_day; /* of one reporter; what passed authentication is counted apart.
                                     * 0: any number */
    uint64_t unauthenticated_a_day; /* of all together that did not pass; 0: any number */
    int64_t arrived_at;             /* the report did: its day has the quota */
};

/* Stores REPORT whole, within a transaction. SOURCE says for people where it came from, NOW is
 * when. STORE_SUPERSEDED: another document has this identity; one of them is counted and the other
 * kept (SPEC.md has the rule). */
bool store_put_report(struct store *store, const struct tls_report *report, struct text source,
                      int64_t now, enum store_outcome *outcome, struct error *err);

/* The same for a report that has to be let in first. With only_configured the policies of other
 * domains are left out; they are part of the report's identity all the same. A duplicate uses up
 * nothing of a quota. */
bool store_admit_report(struct store *store, const struct tls_report *report,
                        struct text source, int64_t now,
                        const struct store_admission *admission, enum store_outcome *outcome,
                        struct error *err);

/* ---- quarantine ---- */

struct quarantined {
    uint8_t sha256[SHA256_SIZE]; /* of the whole mail */
    int64_t received_at;         /* of the mail, or TIME_UNKNOWN */
    int64_t quarantined_at;
    uint64_t size;     /* of the whole mail */
    struct text bytes; /* what is kept: all, the first MiB, or nothing (the quarantine is full);
                        * unknown in a listing */
    bool whole;        /* all of it is kept */
    struct text reason;
    struct text source;
};

/* Keeps a mail, within a transaction. *KNOWN: it is there already, nothing changes. Where BYTES
 * would take the quarantine beyond MAX bytes in all, the entry is kept without them. *WHOLE: all
 * bytes of the mail are in the database. */
bool store_put_quarantined(struct store *store, const struct quarantined *mail, uint64_t max,
                           bool *known, bool *whole, struct error *err);

/* Calls EACH for every entry, oldest first, without bytes. EACH returns false to stop. */
typedef bool store_quarantined_each(void *context, const struct quarantined *mail);
bool store_quarantine_list(struct store *store, int64_t now, store_quarantined_each *each,
                           void *context, struct error *err);

/* The entry whose sha256 begins with PREFIX (hexadecimal, at least 4 digits), with its bytes, in
 * ARENA. False with ERROR_INPUT if none or several do. */
bool store_quarantine_get(struct store *store, struct text prefix, struct arena *arena,
                          struct quarantined *mail, struct error *err);

bool store_quarantine_remove(struct store *store, const uint8_t sha256[SHA256_SIZE],
                             struct error *err);

/* ---- the files of Maildirs that were read ---- */

/* The files of the Maildir DIRECTORY that were read, as of now; in ARENA. */
struct seen_files;
const struct seen_files *store_seen_files(struct store *store, struct text directory,
                                          struct arena *arena);

/* Whether NAME (before ':') is one of them, and whether it was anything but ignored. */
bool seen_files_have(const struct seen_files *files, struct text name, bool *is_report);

bool store_add_seen(struct store *store, struct text directory, struct text name,
                    bool is_report, int64_t now, struct error *err);

/* ---- rows ---- */

enum row_kind { ROW_POLICY, ROW_FAILURE, ROW_RETRACT };

/* A normalised row. `report` has no policies; `policy` no failures and, for ROW_FAILURE, no
 * lists. For ROW_RETRACT only `id` and report->sha256 are set. Valid during the call. */
struct store_row {
    enum row_kind kind;
    int64_t id;
    struct text domain; /* the one it counts for */
    const struct tls_report *report;
    const struct tls_policy *policy;
    const struct tls_failure *failure;
};

struct row_filter {
    int64_t after_id; /* goes on behind that row of an earlier call with the same filter; else
                            * 0 */
    int64_t since_id; /* only greater ids; with any but 0, retract rows too */
    int64_t since, until; /* since <= begin < until; TIME_UNKNOWN: open. A report without begin
                           * lies in no bounded window */
    int64_t now;          /* no report that begins later; TIME_UNKNOWN: all */
    const struct text_list *domains; /* null or empty: all */
};

/* Calls EACH for every counted row that FILTER lets through, in the order of their ids. EACH
 * returns false to stop (no error). Nobody can commit meanwhile: an EACH that may wait for
 * somebody (a reader of a pipe) stops first and goes on later with after_id. */
typedef bool store_row_each(void *context, const struct store_row *row);
bool store_rows(struct store *store, const struct row_filter *filter, store_row_each *each,
                void *context, struct error *err);

/* ---- retention ---- */

struct prune_counts {
    uint64_t reports, quarantined, observations;
};

/* Removes the reports whose range ended before CUTOFF (one without an end: that arrived before),
 * what was quarantined before it, what was counted for the quotas of the days before it, and the observations before it but the last of each domain,
 * which says what was published then; in its own transaction. Ids of rows are never used again.
 * The list of files seen stays. */
bool store_prune(struct store *store, int64_t cutoff, struct prune_counts *counts,
                 struct error *err);

#endif
