/* Which domain a row counts for, and how that changes. */
#include "store_testing.h"

/* A report of one policy for mx1.example.net, sent about example.com. */
static struct tls_report *about_mx(struct place *place, const char *content,
                                   enum policy_type type)
{
    struct tls_report *report = make_report(place, content);
    report->report_id = text_of(content);
    report->policies[0].policy_type = type;
    report->policies[0].policy_domain = TEXT("mx1.example.net");
    return report;
}

static void only_tlsa_and_no_policy_found_move_to_the_named_domain(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *content;
        enum policy_type type;
        const char *domain, *named, *counts_for;
    } rows[] = {
        {"a", POLICY_TYPE_TLSA, "mx1.example.net", "example.com", "example.com"},
        {"b", POLICY_TYPE_NO_POLICY_FOUND, "mx1.example.net", "example.com", "example.com"},
        {"c", POLICY_TYPE_TLSA, "mx1.example.net", NULL, "mx1.example.net"},
        {"d", POLICY_TYPE_UNKNOWN, "mx2.example.net", "example.com", "mx2.example.net"},
        {"e", POLICY_TYPE_STS, "mx3.example.net", "example.com", "mx3.example.net"},
        {"f", POLICY_TYPE_TLSA, NULL, "example.com", ""},
        {"g", POLICY_TYPE_STS, NULL, "example.com", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_report *report = about_mx(place, rows[i].content, rows[i].type);
        report->policies[0].policy_domain = text_of(rows[i].domain);
        report->named_domain = text_of(rows[i].named);
        put(place, report);
        char sql[128];
        snprintf(
            sql, sizeof sql,
            "SELECT domain FROM v_policy JOIN v_report USING (report) WHERE report_id = '%s'",
            rows[i].content);
        assert_string_equal(ask(place, sql), rows[i].counts_for);
    }
}

static void a_counted_sts_entry_makes_a_domain_its_own(void **state)
{
    struct place *place = *state;
    put(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    put(place, about_mx(place, "b", POLICY_TYPE_STS));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net p2=mx1.example.net");
    put(place, about_mx(place, "c", POLICY_TYPE_NO_POLICY_FOUND));
    assert_string_equal(rows_of(place, ALL_ROWS),
                        "p1=mx1.example.net p2=mx1.example.net p3=mx1.example.net");
}

static void one_that_is_not_counted_does_not(void **state)
{
    struct place *place = *state;
    put(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    struct tls_report *forged = about_mx(place, "forged", POLICY_TYPE_STS);
    forged->report_id = TEXT("a");
    forged->reporter = TEXT("forger.example");
    assert_int_equal(put(place, forged), STORE_SUPERSEDED);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    /* The attribution is there now, and counts as soon as a report does. */
    put(place, about_mx(place, "b", POLICY_TYPE_STS));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net p3=mx1.example.net");
}

static void when_the_last_sts_entry_is_displaced_rows_move_back(void **state)
{
    struct place *place = *state;
    begin(place);
    put_in(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    put_in(place, about_mx(place, "b", POLICY_TYPE_STS));
    put_in(place, about_mx(place, "c", POLICY_TYPE_STS));
    commit(place);
    const char *steps[] = {"b", "c"};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(ask(place, "SELECT domain FROM v_policy WHERE id = 1"),
                            "mx1.example.net");
        char content[8];
        snprintf(content, sizeof content, "%s2", steps[i]);
        struct tls_report *newer = about_mx(place, content, POLICY_TYPE_TLSA);
        newer->report_id = text_of(steps[i]);
        newer->sent_at = DAY_3;
        assert_int_equal(put(place, newer), STORE_SUPERSEDED);
    }
    assert_string_equal(ask(place, "SELECT group_concat(DISTINCT domain) FROM v_policy"),
                        "example.com");
    assert_string_equal(ask(place, "SELECT count(*) FROM domain"), "0");
    /* And again to its own, in the same process: nothing remembers the old mark. */
    put(place, about_mx(place, "d", POLICY_TYPE_STS));
    assert_string_equal(ask(place, "SELECT domain FROM v_policy WHERE id = 1"),
                        "mx1.example.net");
}

static void configuring_moves_rows_at_the_next_write_and_back(void **state)
{
    struct place *place = *state;
    put(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    CONFIGURE(place, "example.com", "mx1.example.net", "mx1.example.net");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    begin(place);
    store_rollback(place->store);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    begin(place);
    commit(place);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net");
    CONFIGURE(place, "example.com");
    begin(place);
    commit(place);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    assert_string_equal(ask(place, "SELECT count(*) FROM domain"), "1");
    CONFIGURE(place, NULL);
    begin(place);
    commit(place);
    assert_string_equal(ask(place, "SELECT count(*) FROM domain"), "0");
    assert_sound(place);
}

static void an_unchanged_configuration_writes_nothing(void **state)
{
    struct place *place = *state;
    CONFIGURE(place, "b.example", "a.example");
    begin(place);
    commit(place);
    sqlite3 *db = place_sqlite(place);
    sqlite3_stmt *version = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA data_version", -1, &version, NULL), 0);
    assert_int_equal(sqlite3_step(version), SQLITE_ROW);
    int first = sqlite3_column_int(version, 0);
    sqlite3_reset(version);
    CONFIGURE(place, "a.example", "b.example", "a.example");
    begin(place);
    commit(place);
    assert_int_equal(sqlite3_step(version), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(version, 0), first);
    sqlite3_reset(version);
    CONFIGURE(place, "a.example");
    begin(place);
    commit(place);
    assert_int_equal(sqlite3_step(version), SQLITE_ROW);
    assert_int_not_equal(sqlite3_column_int(version, 0), first);
    sqlite3_finalize(version);
    sqlite3_close(db);
}

static void a_reader_has_its_own_configuration(void **state)
{
    struct place *place = *state;
    put(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    place_open_as(place, STORE_READ);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    CONFIGURE(place, "mx1.example.net");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net");
    struct text domain = TEXT("mx1.example.net");
    struct text_list domains = {&domain, 1};
    struct row_filter filter = ALL_ROWS;
    filter.domains = &domains;
    assert_string_equal(rows_of(place, filter), "p1=mx1.example.net");
    /* What others store meanwhile is seen too. */
    struct place writer = *place;
    writer.store = NULL;
    place_open_as(&writer, STORE_WRITE);
    put(&writer, make_report(&writer, "b"));
    store_close(writer.store);
    place->arena = writer.arena;
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net p2=example.com");
    CONFIGURE(place, "elsewhere.example");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com p2=example.com");
    CONFIGURE(place, NULL);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com p2=example.com");
    assert_string_equal(ask(place, "SELECT count(*) FROM domain WHERE configured"), "0");
}

static void a_reader_undoes_a_stored_configuration_for_itself(void **state)
{
    struct place *place = *state;
    CONFIGURE(place, "mx1.example.net");
    put(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    place_open_as(place, STORE_READ);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net");
    CONFIGURE(place, "example.com");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    CONFIGURE(place, "mx1.example.net");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net");
}

/* The place for observations: a flag of its own in the table domain. */
static void an_observed_domain_is_its_own(void **state)
{
    struct place *place = *state;
    tell(place, "INSERT INTO text (shared, text) VALUES (1, 'mx1.example.net');"
                "INSERT INTO domain (name, observed) SELECT id, 1 FROM text");
    put(place, about_mx(place, "a", POLICY_TYPE_TLSA));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx1.example.net");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(only_tlsa_and_no_policy_found_move_to_the_named_domain),
        STORE_TEST(a_counted_sts_entry_makes_a_domain_its_own),
        STORE_TEST(one_that_is_not_counted_does_not),
        STORE_TEST(when_the_last_sts_entry_is_displaced_rows_move_back),
        STORE_TEST(configuring_moves_rows_at_the_next_write_and_back),
        STORE_TEST(an_unchanged_configuration_writes_nothing),
        STORE_TEST(a_reader_has_its_own_configuration),
        STORE_TEST(a_reader_undoes_a_stored_configuration_for_itself),
        STORE_TEST(an_observed_domain_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
