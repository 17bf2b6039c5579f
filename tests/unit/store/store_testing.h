/* What the tests of the store share: a folder of its own for each, reports made from a few words,
 * and questions to the file behind the store's back. */
#ifndef STORE_TESTING_H
#define STORE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/vector.h"
#include "store/store.h"

enum { DAY_1 = 1704067200, DAY_2 = DAY_1 + 86400, DAY_3 = DAY_2 + 86400 }; /* 2024-01-01 … */

struct place {
    char folder[64];
    char path[96];
    struct store *store;
    struct arena arena;
};

static inline int place_set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/tlsrpt-store-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->path, sizeof place->path, "%s/t.db", place->folder);
    *state = place;
    return 0;
}

static inline void place_open_as(struct place *place, enum store_mode mode)
{
    struct error err = {0};
    store_close(place->store);
    place->store = store_open(place->path, mode, &err);
    if (!place->store)
        fail_msg("%s", err.text);
}

static inline int place_set_up_open(void **state)
{
    if (place_set_up(state) != 0)
        return -1;
    place_open_as(*state, STORE_WRITE);
    return 0;
}

static inline int place_tear_down(void **state)
{
    struct place *place = *state;
    store_close(place->store);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
    int result = system(command);
    arena_free(&place->arena);
    free(place);
    return result;
}

/* ---- the file behind the store's back ---- */

static inline sqlite3 *place_sqlite(const struct place *place)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    /* As a careful user would: the views must not need more trust. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return db;
}

/* The first column of the first row, as text in the arena; "" for NULL and for no row. */
static inline const char *ask(struct place *place, const char *sql)
{
    sqlite3 *db = place_sqlite(place);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    struct text answer = TEXT("");
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
        answer = text_of((const char *)sqlite3_column_text(statement, 0));
    char *copy = text_string(&place->arena, answer);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return copy;
}

static inline void tell(struct place *place, const char *sql)
{
    sqlite3 *db = place_sqlite(place);
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

/* Whole, and without a reference that leads nowhere. */
static inline void assert_sound(struct place *place)
{
    assert_string_equal(ask(place, "PRAGMA integrity_check"), "ok");
    assert_string_equal(ask(place, "PRAGMA foreign_key_check"), "");
}

/* ---- reports ---- */

/* A report of one sts policy of example.com, 10 sessions that went well; every field may be
 * changed. Its sha256 is made of CONTENT. */
static inline struct tls_report *make_report(struct place *place, const char *content)
{
    struct arena *arena = &place->arena;
    struct tls_report *report = arena_new(arena, struct tls_report);
    *report = (struct tls_report){
        .organization_name = TEXT("Reporter Inc."),
        .contact_info = TEXT("tls@reporter.example"),
        .report_id = TEXT("2024-01-01T00:00:00Z_example.com"),
        .begin = DAY_1,
        .end = DAY_1 + 86399,
        .submitter = TEXT("reporter.example"),
        .report_domain = TEXT("example.com"),
        .named_domain = TEXT("example.com"),
        .reporter = TEXT("reporter.example"),
        .sent_at = DAY_2,
        .received_at = DAY_2 + 10,
        .authenticated = AUTHENTICATED_PASS,
        .policy_count = 1,
    };
    sha256(text_of(content), report->sha256);
    report->policies = arena_new(arena, struct tls_policy);
    report->policies[0] = (struct tls_policy){
        .policy_domain = TEXT("example.com"),
        .policy_type = POLICY_TYPE_STS,
        .policy_mode = POLICY_MODE_ENFORCE,
        .successful_sessions = 10,
    };
    text_list_add(arena, &report->policies[0].policy_strings, TEXT("version: STSv1"));
    text_list_add(arena, &report->policies[0].policy_strings, TEXT("mode: enforce"));
    text_list_add(arena, &report->policies[0].mx_hosts, TEXT("mx1.example.com"));
    return report;
}

/* One more policy. */
static inline struct tls_policy *add_policy(struct place *place, struct tls_report *report,
                                            enum policy_type type, const char *domain)
{
    struct tls_policy *policies =
        arena_array(&place->arena, report->policy_count + 1, sizeof *policies);
    for (size_t i = 0; i < report->policy_count; i++)
        policies[i] = report->policies[i];
    struct tls_policy *policy = &policies[report->policy_count];
    policy->index = (uint32_t)report->policy_count;
    policy->policy_domain = text_of(domain);
    policy->policy_type = type;
    report->policies = policies;
    report->policy_count++;
    return policy;
}

static inline struct tls_failure *add_failures(struct place *place, struct tls_policy *policy,
                                               size_t count)
{
    policy->failures = arena_array(&place->arena, count, sizeof *policy->failures);
    policy->failure_count = count;
    for (size_t i = 0; i < count; i++)
        policy->failures[i] = (struct tls_failure){
            .result_type = RESULT_CERTIFICATE_EXPIRED,
            .result_type_raw = TEXT("certificate-expired"),
            .failed_sessions = i + 1,
        };
    return policy->failures;
}

static inline void begin(struct place *place)
{
    struct error err = {0};
    if (!store_begin(place->store, &err))
        fail_msg("%s", err.text);
}

static inline void commit(struct place *place)
{
    struct error err = {0};
    if (!store_commit(place->store, &err))
        fail_msg("%s", err.text);
}

/* Stores it within a transaction that is open. */
static inline enum store_outcome put_in(struct place *place, const struct tls_report *report)
{
    struct error err = {0};
    enum store_outcome outcome;
    if (!store_put_report(place->store, report, TEXT("/mail/new/1.a"), DAY_3, &outcome, &err))
        fail_msg("%s", err.text);
    return outcome;
}

static inline enum store_outcome put(struct place *place, const struct tls_report *report)
{
    begin(place);
    enum store_outcome outcome = put_in(place, report);
    commit(place);
    return outcome;
}

static inline void configure(struct place *place, const char *const *names)
{
    struct text_list list = {0};
    for (; *names; names++)
        text_list_add(&place->arena, &list, text_of(*names));
    struct error err = {0};
    if (!store_set_configured(place->store, &list, &err))
        fail_msg("%s", err.text);
}

#define CONFIGURE(place, ...) configure((place), (const char *const[]){__VA_ARGS__, NULL})

/* ---- rows as one line of text ---- */

struct listing {
    struct place *place;
    struct buffer text;
};

static inline bool list_row(void *context, const struct store_row *row)
{
    static const char kinds[] = "pfr";
    struct listing *listing = context;
    if (listing->text.length)
        buffer_add_char(&listing->text, ' ');
    buffer_format(&listing->text, "%c%lld", kinds[row->kind], (long long)row->id);
    if (row->kind != ROW_RETRACT)
        buffer_format(&listing->text, "=%.*s",
                      TEXT_ARGS(text_known(row->domain) ? row->domain : TEXT("?")));
    return true;
}

/* "p1=example.com f2=example.com r3": kind, id and domain of each row that FILTER lets through. */
static inline const char *rows_of(struct place *place, struct row_filter filter)
{
    struct listing listing = {.place = place};
    struct error err = {0};
    if (!store_rows(place->store, &filter, list_row, &listing, &err))
        fail_msg("%s", err.text);
    const char *copy = text_string(&place->arena, buffer_text(&listing.text));
    buffer_free(&listing.text);
    return copy;
}

#define ALL_ROWS                                                                               \
    ((struct row_filter){.since = TIME_UNKNOWN, .until = TIME_UNKNOWN, .now = TIME_UNKNOWN})

#define STORE_TEST(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, place_set_up_open, place_tear_down)
#define PLACE_TEST(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, place_set_up, place_tear_down)

#endif
