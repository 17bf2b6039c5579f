/* Identity, duplicates, and who takes whose place. */
#include "store_testing.h"

static const char counted[] = "SELECT group_concat(substr(sha256, 1, 4)) FROM v_report";
static const char documents[] = "SELECT count(*) FROM report";

static void the_same_document_is_stored_once(void **state)
{
    struct place *place = *state;
    struct tls_report *report = make_report(place, "a");
    assert_int_equal(put(place, report), STORE_STORED);
    assert_int_equal(put(place, report), STORE_DUPLICATE);
    assert_string_equal(ask(place, documents), "1");
    begin(place);
    struct tls_report *other = make_report(place, "b");
    other->report_id = TEXT("another");
    assert_int_equal(put_in(place, other), STORE_STORED);
    assert_int_equal(put_in(place, other), STORE_DUPLICATE);
    commit(place);
    assert_sound(place);
}

/* Each change but the first makes another report of it. */
static void identity_is_every_one_of_its_parts(void **state)
{
    struct place *place = *state;
    struct tls_report *first = make_report(place, "a");
    put(place, first);
    struct tls_report *same = make_report(place, "b");
    same->contact_info = TEXT("other@reporter.example");
    same->submitter = TEXT("Reporter Inc.");
    same->report_domain = TEXT_UNKNOWN;
    assert_int_equal(put(place, same), STORE_SUPERSEDED);
    struct tls_report *changed[8];
    char content[2] = "c";
    for (size_t i = 0; i < 8; i++, content[0]++)
        changed[i] = make_report(place, content);
    changed[0]->organization_name = TEXT("reporter inc.");
    changed[1]->report_id = TEXT("2024-01-01T00:00:00Z_example.org");
    changed[2]->begin++;
    changed[3]->end = TIME_UNKNOWN;
    changed[4]->policies[0].policy_domain = TEXT("example.org");
    changed[5]->begin = TIME_UNKNOWN;
    changed[6]->policies[0].policy_domain = TEXT_UNKNOWN;
    changed[7]->policy_count = 0;
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(put(place, changed[i]), STORE_STORED);
        assert_int_equal(put(place, changed[i]), STORE_DUPLICATE);
    }
}

static void the_set_of_domains_knows_no_order_and_no_repetition(void **state)
{
    struct place *place = *state;
    struct tls_report *first = make_report(place, "a");
    add_policy(place, first, POLICY_TYPE_TLSA, "example.org");
    put(place, first);
    struct tls_report *second = make_report(place, "b");
    second->policies[0].policy_domain = TEXT("example.org");
    add_policy(place, second, POLICY_TYPE_STS, "example.com");
    add_policy(place, second, POLICY_TYPE_TLSA, "example.com");
    assert_int_equal(put(place, second), STORE_SUPERSEDED);
    struct tls_report *third = make_report(place, "c");
    third->policies[0].policy_domain = TEXT("example.comexample.org");
    assert_int_equal(put(place, third), STORE_STORED);
}

static void a_missing_report_id_is_the_documents_sha256(void **state)
{
    struct place *place = *state;
    struct tls_report *first = make_report(place, "a"), *second = make_report(place, "b");
    first->report_id = second->report_id = TEXT_UNKNOWN;
    assert_int_equal(put(place, first), STORE_STORED);
    assert_int_equal(put(place, second), STORE_STORED);
    assert_int_equal(put(place, first), STORE_DUPLICATE);
    assert_string_equal(ask(place, "SELECT count(*) FROM v_report WHERE report_id IS NULL"),
                        "2");
    struct tls_report *empty = make_report(place, "c");
    empty->report_id = TEXT("");
    assert_int_equal(put(place, empty), STORE_STORED);
    assert_int_equal(put(place, empty), STORE_DUPLICATE);
}

static void a_missing_organization_is_the_reporter(void **state)
{
    struct place *place = *state;
    struct tls_report *first = make_report(place, "a"), *second = make_report(place, "b");
    first->organization_name = TEXT_UNKNOWN;
    second->organization_name = TEXT("reporter.example");
    assert_int_equal(put(place, first), STORE_STORED);
    assert_int_equal(put(place, second), STORE_SUPERSEDED);
    assert_int_equal(put(place, first), STORE_DUPLICATE);
    struct tls_report *third = make_report(place, "c"), *fourth = make_report(place, "d");
    third->organization_name = fourth->organization_name = TEXT_UNKNOWN;
    third->reporter = TEXT("other.example");
    fourth->reporter = TEXT_UNKNOWN;
    assert_int_equal(put(place, third), STORE_STORED);
    assert_int_equal(put(place, fourth), STORE_STORED);
    assert_string_equal(
        ask(place, "SELECT count(*) FROM v_report WHERE organization_name IS NULL"), "3");
}

/* What a second document of an identity must be to take the first one's place. */
static void only_a_newer_no_worse_one_of_the_same_reporter_takes_the_place(void **state)
{
    static const struct {
        int64_t sent_at, received_at;
        enum authenticated before, after;
        const char *reporter;
        bool takes;
    } rows[] = {
        {DAY_2 + 1, 0, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "reporter.example", true},
        {DAY_2, DAY_3, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "reporter.example", false},
        {DAY_2 - 1, DAY_3, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "reporter.example", false},
        {TIME_UNKNOWN, DAY_2 + 1, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "reporter.example",
         true},
        {TIME_UNKNOWN, DAY_2, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "reporter.example",
         false},
        /* Then the moment of storing counts, which put() says is the third day. */
        {TIME_UNKNOWN, TIME_UNKNOWN, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "reporter.example",
         true},
        {DAY_3, 0, AUTHENTICATED_NONE, AUTHENTICATED_PASS, "reporter.example", true},
        {DAY_3, 0, AUTHENTICATED_FAIL, AUTHENTICATED_NONE, "reporter.example", true},
        {DAY_3, 0, AUTHENTICATED_PASS, AUTHENTICATED_NONE, "reporter.example", false},
        {DAY_3, 0, AUTHENTICATED_NONE, AUTHENTICATED_FAIL, "reporter.example", false},
        {DAY_3, 0, AUTHENTICATED_PASS, AUTHENTICATED_PASS, "forger.example", false},
        {DAY_3, 0, AUTHENTICATED_PASS, AUTHENTICATED_PASS, NULL, false},
        /* Whoever was there first, what is authenticated wins: identities can be guessed. */
        {DAY_1, 0, AUTHENTICATED_NONE, AUTHENTICATED_PASS, "reporter.example", true},
        {DAY_1, 0, AUTHENTICATED_FAIL, AUTHENTICATED_PASS, "other.example", true},
        {DAY_1, 0, AUTHENTICATED_FAIL, AUTHENTICATED_NONE, "reporter.example", false},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char contents[2][16];
        struct tls_report *reports[2];
        for (int j = 0; j < 2; j++) {
            snprintf(contents[j], sizeof contents[j], "%zu.%d", i, j);
            reports[j] = make_report(place, contents[j]);
            reports[j]->report_id = text_of(contents[0]);
        }
        reports[0]->authenticated = rows[i].before;
        reports[1]->authenticated = rows[i].after;
        reports[1]->sent_at = rows[i].sent_at;
        reports[1]->received_at = rows[i].received_at;
        reports[1]->reporter = text_of(rows[i].reporter);
        assert_int_equal(put(place, reports[0]), STORE_STORED);
        assert_int_equal(put(place, reports[1]), STORE_SUPERSEDED);
        /* Both are known now, whichever counts. */
        assert_int_equal(put(place, reports[0]), STORE_DUPLICATE);
        assert_int_equal(put(place, reports[1]), STORE_DUPLICATE);
        char sql[160], hex[SHA256_HEX_SIZE];
        snprintf(sql, sizeof sql, "SELECT sha256 FROM v_report WHERE report_id = '%s'",
                 contents[0]);
        sha256_hex(reports[rows[i].takes]->sha256, hex);
        if (strcmp(ask(place, sql), hex) != 0)
            fail_msg("row %zu: the wrong document counts", i);
    }
    assert_sound(place);
}

static void several_that_are_not_counted_stand_beside_each_other(void **state)
{
    struct place *place = *state;
    put(place, make_report(place, "a"));
    char content[] = "b";
    for (; content[0] <= 'z'; content[0]++) {
        struct tls_report *old = make_report(place, content);
        old->sent_at = DAY_1;
        assert_int_equal(put(place, old), STORE_SUPERSEDED);
        assert_int_equal(put(place, old), STORE_DUPLICATE);
    }
    assert_string_equal(ask(place, documents), "26");
    assert_string_equal(ask(place, counted), "ca97"); /* sha256 of "a" */
    assert_string_equal(ask(place, "SELECT count(*) FROM v_policy"), "1");
    assert_string_equal(ask(place, "SELECT count(*) FROM retract"), "0");
}

/* Documents whose sha256 begin alike go to neighbouring places. */
static void equal_beginnings_of_sha256_do_not_collide(void **state)
{
    struct place *place = *state;
    struct tls_report *reports[4];
    for (int i = 0; i < 4; i++) {
        reports[i] = make_report(place, "a");
        memset(reports[i]->sha256, 0xff, SHA256_SIZE); /* the last place there is */
        reports[i]->sha256[31] = (uint8_t)i;
        reports[i]->sent_at = DAY_2 + (i == 2 ? 5 : -i);
    }
    assert_int_equal(put(place, reports[0]), STORE_STORED);
    for (int i = 1; i < 4; i++)
        assert_int_equal(put(place, reports[i]), STORE_SUPERSEDED);
    for (int i = 0; i < 4; i++)
        assert_int_equal(put(place, reports[i]), STORE_DUPLICATE);
    assert_string_equal(ask(place, documents), "4");
    assert_string_equal(ask(place, "SELECT count(*) FROM v_report"), "1");
    assert_sound(place);
}

static void a_change_of_place_retracts_and_gives_new_ids(void **state)
{
    struct place *place = *state;
    struct tls_report *first = make_report(place, "a"), *second = make_report(place, "b");
    add_failures(place, &first->policies[0], 2);
    second->sent_at = DAY_3;
    put(place, first);
    assert_string_equal(rows_of(place, ALL_ROWS),
                        "p1=example.com f2=example.com f3=example.com");
    put(place, second);
    assert_string_equal(rows_of(place, ALL_ROWS), "p5=example.com");
    struct row_filter filter = ALL_ROWS;
    filter.since_id = 3;
    assert_string_equal(rows_of(place, filter), "r4 p5=example.com");
    filter.since_id = 4;
    assert_string_equal(rows_of(place, filter), "p5=example.com");
    assert_string_equal(
        ask(place, "SELECT lower(hex(r.sha256)) LIKE 'ca97%' FROM retract JOIN report r"
                   " ON r.id = retract.report"),
        "1");
}

static void a_report_without_policies_is_stored_and_has_no_rows(void **state)
{
    struct place *place = *state;
    struct tls_report *empty = make_report(place, "a");
    empty->policy_count = 0;
    assert_int_equal(put(place, empty), STORE_STORED);
    assert_string_equal(rows_of(place, ALL_ROWS), "");
    assert_string_equal(ask(place, "SELECT count(*) FROM v_report"), "1");
    put(place, make_report(place, "b"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p2=example.com");
}

static void values_beyond_their_bounds_are_taken_as_far_as_they_go(void **state)
{
    struct place *place = *state;
    struct tls_report *report = make_report(place, "a");
    report->begin = -5;
    report->end = INT64_MAX;
    report->sent_at = INT64_MAX;
    report->authenticated = (enum authenticated)77;
    report->policies[0].successful_sessions = UINT64_MAX;
    report->policies[0].policy_type = (enum policy_type)99;
    report->policies[0].policy_mode = (enum policy_mode)99;
    assert_int_equal(put(place, report), STORE_STORED);
    assert_int_equal(put(place, report), STORE_DUPLICATE);
    assert_string_equal(
        ask(place, "SELECT coalesce(begin_at, 'none') || authenticated FROM v_report"),
        "nonenone");
    assert_string_equal(ask(place, "SELECT policy_type || successful_sessions FROM v_policy"),
                        "unknown9223372036854775807");
}

static void a_roll_back_leaves_nothing(void **state)
{
    struct place *place = *state;
    begin(place);
    put_in(place, make_report(place, "a"));
    store_rollback(place->store);
    assert_string_equal(ask(place, "SELECT count(*) FROM text"), "0");
    assert_int_equal(put(place, make_report(place, "a")), STORE_STORED);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    assert_sound(place);
}

static void a_report_outside_a_transaction_is_refused(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    enum store_outcome outcome;
    assert_false(store_put_report(place->store, make_report(place, "a"), TEXT("x"), DAY_3,
                                  &outcome, &err));
    assert_int_equal(err.code, ERROR_BUG);
}

/* A write that fails leaves half a report in the transaction: then it must not be committed. */
static void a_transaction_with_a_failed_write_is_never_committed(void **state)
{
    struct place *place = *state;
    tell(place,
         "CREATE TRIGGER t BEFORE INSERT ON failure BEGIN SELECT RAISE(FAIL, 'no'); END");
    struct tls_report *report = make_report(place, "a");
    add_failures(place, &report->policies[0], 1);
    struct error err = {0};
    enum store_outcome outcome;
    begin(place);
    assert_false(store_put_report(place->store, report, TEXT("x"), DAY_3, &outcome, &err));
    assert_false(store_commit(place->store, &err));
    assert_string_equal(ask(place, documents), "0");
    tell(place, "DROP TRIGGER t");
    assert_int_equal(put(place, report), STORE_STORED);
}

static void the_source_is_kept(void **state)
{
    struct place *place = *state;
    put(place, make_report(place, "a"));
    assert_string_equal(ask(place, "SELECT source FROM v_report"), "/mail/new/1.a");
    struct error err = {0};
    enum store_outcome outcome;
    struct tls_report *report = make_report(place, "b");
    report->report_id = TEXT("b");
    begin(place);
    assert_true(
        store_put_report(place->store, report, TEXT("standard input"), DAY_3, &outcome, &err));
    commit(place);
    assert_string_equal(ask(place, "SELECT source FROM v_report WHERE report_id = 'b'"),
                        "standard input");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_same_document_is_stored_once),
        STORE_TEST(identity_is_every_one_of_its_parts),
        STORE_TEST(the_set_of_domains_knows_no_order_and_no_repetition),
        STORE_TEST(a_missing_report_id_is_the_documents_sha256),
        STORE_TEST(a_missing_organization_is_the_reporter),
        STORE_TEST(only_a_newer_no_worse_one_of_the_same_reporter_takes_the_place),
        STORE_TEST(several_that_are_not_counted_stand_beside_each_other),
        STORE_TEST(equal_beginnings_of_sha256_do_not_collide),
        STORE_TEST(a_change_of_place_retracts_and_gives_new_ids),
        STORE_TEST(a_report_without_policies_is_stored_and_has_no_rows),
        STORE_TEST(values_beyond_their_bounds_are_taken_as_far_as_they_go),
        STORE_TEST(a_roll_back_leaves_nothing),
        STORE_TEST(a_report_outside_a_transaction_is_refused),
        STORE_TEST(a_transaction_with_a_failed_write_is_never_committed),
        STORE_TEST(the_source_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
