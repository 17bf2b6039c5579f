/* Several processes at one database. */
#include <fcntl.h>
#include <time.h>

#include "store_testing.h"

enum { PROCESSES = 8, REPORTS = 20 };

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One process: opens, and stores REPORTS reports, each in its own transaction, and one that all
 * have. */
static int deliver(struct place *place, int number)
{
    struct error err = {0};
    STORE_AUTO *store = store_open(place->path, STORE_WRITE, &err);
    for (int i = 0; store && i <= REPORTS; i++) {
        char *content = arena_alloc(&place->arena, 32);
        snprintf(content, 32, i ? "%d.%d" : "of all", number, i);
        struct tls_report *report = make_report(place, content);
        report->report_id = text_of(content);
        add_failures(place, &report->policies[0], 3);
        enum store_outcome outcome;
        if (!store_begin(store, &err) ||
            !store_put_report(store, report, TEXT("x"), DAY_3, &outcome, &err) ||
            !store_commit(store, &err))
            break;
    }
    if (err.code)
        fprintf(stderr, "process %d: %s\n", number, err.text);
    return err.code ? 1 : 0;
}

static void processes_that_make_and_fill_a_database_at_once_all_succeed(void **state)
{
    struct place *place = *state;
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(deliver(place, i));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    char expected[32];
    snprintf(expected, sizeof expected, "%d", PROCESSES * REPORTS + 1);
    assert_string_equal(ask(place, "SELECT count(*) FROM v_report"), expected);
    snprintf(expected, sizeof expected, "%d", 4 * (PROCESSES * REPORTS + 1));
    assert_string_equal(ask(place, "SELECT count(DISTINCT id) FROM"
                                   " (SELECT id FROM policy UNION ALL SELECT id FROM failure)"),
                        expected);
    assert_sound(place);
}

/* What another process removes is not taken from memory. */
static void what_others_prune_is_interned_anew(void **state)
{
    struct place *place = *state;
    put(place, make_report(place, "a"));
    struct place other = *place;
    other.store = NULL;
    place_open_as(&other, STORE_WRITE);
    struct prune_counts counts;
    struct error err = {0};
    assert_true(store_prune(other.store, DAY_3, &counts, &err));
    assert_int_equal(counts.reports, 1);
    struct tls_report *report = make_report(&other, "other names");
    report->organization_name = TEXT("Other Inc.");
    report->policies[0].policy_domain = TEXT("example.org");
    put(&other, report);
    store_close(other.store);
    place->arena = other.arena;
    put(place, make_report(place, "b"));
    assert_string_equal(ask(place,
                            "SELECT organization_name FROM v_report WHERE report_id ="
                            " '2024-01-01T00:00:00Z_example.com' AND sha256 LIKE '3e23%'"),
                        "Reporter Inc.");
    assert_sound(place);
}

static void a_lock_that_stays_is_try_again_after_eight_seconds(void **state)
{
    struct place *place = *state;
    sqlite3 *db = place_sqlite(place);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct error err = {0};
    double before = seconds_now();
    assert_false(store_begin(place->store, &err));
    double waited = seconds_now() - before;
    assert_int_equal(err.code, ERROR_TRY_AGAIN);
    assert_true(waited > 7.9 && waited < 9.5);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    /* It can be tried again indeed. */
    assert_int_equal(put(place, make_report(place, "a")), STORE_STORED);
}

/* A reader that stays holds up the commit; what the transaction wrote is taken back. */
static void waiting_to_commit_counts_too(void **state)
{
    struct place *place = *state;
    put(place, make_report(place, "a"));
    sqlite3 *db = place_sqlite(place);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM report", NULL, NULL, NULL),
                     SQLITE_OK);
    struct error err = {0};
    begin(place);
    struct tls_report *report = make_report(place, "b");
    report->report_id = TEXT("b");
    put_in(place, report);
    double before = seconds_now();
    assert_false(store_commit(place->store, &err));
    double waited = seconds_now() - before;
    assert_int_equal(err.code, ERROR_TRY_AGAIN);
    assert_true(waited > 7.9 && waited < 9.5);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_string_equal(ask(place, "SELECT count(*) FROM report"), "1");
    assert_int_equal(put(place, report), STORE_STORED);
}

static void readers_do_not_disturb_each_other_nor_see_half(void **state)
{
    struct place *place = *state;
    put(place, make_report(place, "a"));
    begin(place);
    struct tls_report *report = make_report(place, "b");
    report->report_id = TEXT("b");
    put_in(place, report);
    STORE_AUTO *reader = store_open(place->path, STORE_READ, NULL);
    assert_non_null(reader);
    struct store *writer = place->store;
    place->store = reader;
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    place->store = writer;
    commit(place);
    place->store = reader;
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com p2=example.com");
    place->store = writer;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(processes_that_make_and_fill_a_database_at_once_all_succeed),
        STORE_TEST(what_others_prune_is_interned_anew),
        STORE_TEST(a_lock_that_stays_is_try_again_after_eight_seconds),
        STORE_TEST(waiting_to_commit_counts_too),
        STORE_TEST(readers_do_not_disturb_each_other_nor_see_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
