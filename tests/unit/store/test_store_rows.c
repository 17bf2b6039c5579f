/* The stream of rows: all of each, in the order of ids, as the filter says. */
#include "store_testing.h"

struct seen_rows {
    int count;
};

static void assert_text(struct text text, const char *expected)
{
    assert_true(text_equal(text, text_of(expected)));
}

static bool check_row(void *context, const struct store_row *row)
{
    struct seen_rows *seen = context;
    const struct tls_report *report = row->report;
    uint8_t digest[SHA256_SIZE];
    sha256(TEXT("a"), digest);
    assert_memory_equal(report->sha256, digest, SHA256_SIZE);
    assert_text(report->organization_name, "Reporter Inc.");
    assert_text(report->contact_info, "tls@reporter.example");
    assert_text(report->report_id, "2024-01-01T00:00:00Z_example.com");
    assert_text(report->submitter, "reporter.example");
    assert_text(report->report_domain, "example.com");
    assert_text(report->named_domain, "example.com");
    assert_text(report->reporter, "reporter.example");
    assert_int_equal(report->begin, DAY_1);
    assert_int_equal(report->end, DAY_1 + 86399);
    assert_int_equal(report->sent_at, DAY_2);
    assert_int_equal(report->received_at, DAY_2 + 10);
    assert_int_equal(report->authenticated, AUTHENTICATED_FAIL);
    assert_int_equal(report->warnings.count, 1);
    assert_int_equal(report->policy_count, 0);
    const struct tls_policy *policy = row->policy;
    assert_int_equal(policy->index, 0);
    assert_text(policy->policy_domain, "example.com");
    assert_int_equal(policy->policy_type, POLICY_TYPE_STS);
    assert_int_equal(policy->policy_mode, POLICY_MODE_TESTING);
    assert_int_equal(policy->successful_sessions, 10);
    assert_int_equal(policy->failed_sessions, 3);
    assert_int_equal(policy->unitemised_failures, 1);
    assert_int_equal(policy->failure_count, 0);
    if (row->kind == ROW_POLICY) {
        assert_int_equal(policy->policy_strings.count, 2);
        assert_text(policy->policy_strings.at[1], "mode: enforce");
        assert_text(policy->mx_hosts.at[0], "mx1.example.com");
        assert_text(policy->warnings.at[0], "w: \"quoted\"\n");
    } else {
        const struct tls_failure *failure = row->failure;
        assert_int_equal(policy->policy_strings.count, 0);
        assert_int_equal(failure->result_type, RESULT_TLSA_INVALID);
        assert_text(failure->result_type_raw, "TLSA_invalid");
        assert_int_equal(failure->cause, CAUSE_DANE_NO_MATCH);
        assert_int_equal(failure->failed_sessions, INT64_MAX);
        assert_text(failure->sending_mta_ip, "192.0.2.1");
        assert_text(failure->receiving_mx_hostname, "mx1.example.com");
        assert_text(failure->receiving_mx_helo, "");
        assert_text(failure->receiving_ip, "2001:db8::1");
        assert_int_equal(failure->additional_information.length, 70000);
        assert_text(failure->failure_reason_code, NULL);
    }
    seen->count++;
    return true;
}

static void every_field_comes_back(void **state)
{
    struct place *place = *state;
    struct tls_report *report = make_report(place, "a");
    report->authenticated = AUTHENTICATED_FAIL;
    text_list_add(&place->arena, &report->warnings, TEXT("r: report"));
    struct tls_policy *policy = &report->policies[0];
    policy->policy_mode = POLICY_MODE_TESTING;
    policy->failed_sessions = 3;
    policy->unitemised_failures = 1;
    text_list_add(&place->arena, &policy->warnings, TEXT("w: \"quoted\"\n"));
    struct tls_failure *failure = add_failures(place, policy, 1);
    char *large = arena_alloc(&place->arena, 70000);
    memset(large, 'i', 70000);
    *failure = (struct tls_failure){
        RESULT_TLSA_INVALID,
        TEXT("TLSA_invalid"),
        CAUSE_DANE_NO_MATCH,
        UINT64_MAX,
        TEXT("192.0.2.1"),
        TEXT("mx1.example.com"),
        TEXT(""),
        TEXT("2001:db8::1"),
        {large, 70000},
        TEXT_UNKNOWN,
    };
    put(place, report);
    struct seen_rows seen = {0};
    struct error err = {0};
    struct row_filter filter = ALL_ROWS;
    assert_true(store_rows(place->store, &filter, check_row, &seen, &err));
    assert_int_equal(seen.count, 2);
    place_open_as(place, STORE_READ);
    assert_true(store_rows(place->store, &filter, check_row, &seen, &err));
    assert_int_equal(seen.count, 4);
}

static void unknown_stays_unknown(void **state)
{
    struct place *place = *state;
    struct tls_report *report = arena_new(&place->arena, struct tls_report);
    *report = (struct tls_report){.begin = TIME_UNKNOWN,
                                  .end = TIME_UNKNOWN,
                                  .sent_at = TIME_UNKNOWN,
                                  .received_at = TIME_UNKNOWN,
                                  .authenticated = AUTHENTICATED_NONE};
    add_policy(place, report, POLICY_TYPE_UNKNOWN, NULL);
    assert_int_equal(put(place, report), STORE_STORED);
    assert_int_equal(put(place, report), STORE_DUPLICATE);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=?");
    struct row_filter filter = ALL_ROWS;
    filter.now = DAY_1;
    assert_string_equal(rows_of(place, filter), "p1=?");
    filter.since = 0;
    assert_string_equal(rows_of(place, filter), "");
    filter.since = TIME_UNKNOWN;
    filter.until = DAY_3;
    assert_string_equal(rows_of(place, filter), "");
}

/* Two reports of two policies each, with failures of both. */
static void fill(struct place *place)
{
    static const char *const contents[] = {"a", "b"};
    static const int64_t begins[] = {DAY_1, DAY_2};
    for (int i = 0; i < 2; i++) {
        struct tls_report *report = make_report(place, contents[i]);
        report->report_id = text_of(contents[i]);
        report->begin = begins[i];
        struct tls_policy *second = add_policy(place, report, POLICY_TYPE_STS, "example.org");
        add_failures(place, second, 1);
        add_failures(place, &report->policies[0], 2);
        put(place, report);
    }
}

static void each_policy_is_followed_by_its_failures(void **state)
{
    struct place *place = *state;
    fill(place);
    assert_string_equal(rows_of(place, ALL_ROWS),
                        "p1=example.com f2=example.com f3=example.com p4=example.org "
                        "f5=example.org p6=example.com f7=example.com f8=example.com "
                        "p9=example.org f10=example.org");
}

/* From every id on, also from the middle of a policy's failures. */
static void since_id_cuts_anywhere(void **state)
{
    struct place *place = *state;
    fill(place);
    struct row_filter filter = ALL_ROWS;
    for (int64_t id = 0; id <= 11; id++) {
        filter.since_id = id;
        const char *rows = rows_of(place, filter);
        char first[16];
        snprintf(first, sizeof first, "%lld=", (long long)id + 1);
        if (id < 10)
            assert_true(strncmp(rows + 1, first, strlen(first)) == 0);
        else
            assert_string_equal(rows, "");
    }
    filter.since_id = INT64_MAX;
    assert_string_equal(rows_of(place, filter), "");
    filter.since_id = -5;
    assert_string_equal(rows_of(place, filter), rows_of(place, ALL_ROWS));
}

static void a_window_is_half_open_and_now_is_not(void **state)
{
    struct place *place = *state;
    fill(place);
    static const char one[] = "p1=example.com f2=example.com f3=example.com p4=example.org "
                              "f5=example.org";
    static const struct {
        int64_t since, until, now;
        int first, second;
    } rows[] = {
        {DAY_1, DAY_2, TIME_UNKNOWN, 1, 0},
        {DAY_1 + 1, DAY_2, TIME_UNKNOWN, 0, 0},
        {DAY_1 + 1, DAY_2 + 1, TIME_UNKNOWN, 0, 1},
        {TIME_UNKNOWN, DAY_1, TIME_UNKNOWN, 0, 0},
        {TIME_UNKNOWN, DAY_1 + 1, TIME_UNKNOWN, 1, 0},
        {DAY_2, TIME_UNKNOWN, TIME_UNKNOWN, 0, 1},
        {TIME_UNKNOWN, TIME_UNKNOWN, DAY_2 - 1, 1, 0},
        {TIME_UNKNOWN, TIME_UNKNOWN, DAY_2, 1, 1},
        {TIME_UNKNOWN, TIME_UNKNOWN, DAY_1 - 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row_filter filter = {
            .since = rows[i].since, .until = rows[i].until, .now = rows[i].now};
        const char *got = rows_of(place, filter);
        bool first = strstr(got, one) == got, second = strstr(got, "p6=") != NULL;
        if (first != rows[i].first || second != rows[i].second)
            fail_msg("row %zu: %s", i, got);
    }
}

static void domains_choose_rows_of_both_kinds(void **state)
{
    struct place *place = *state;
    fill(place);
    struct text names[] = {TEXT("example.org"), TEXT("nobody.example"), TEXT("\"]'\\")};
    struct text_list domains = {names, 3};
    struct row_filter filter = ALL_ROWS;
    filter.domains = &domains;
    assert_string_equal(rows_of(place, filter),
                        "p4=example.org f5=example.org p9=example.org f10=example.org");
    filter.since_id = 4;
    assert_string_equal(rows_of(place, filter),
                        "f5=example.org p9=example.org f10=example.org");
    filter.since_id = 0;
    domains.count = 0;
    assert_string_equal(rows_of(place, filter), rows_of(place, ALL_ROWS));
    names[0] = TEXT("example.comx");
    domains.count = 1;
    assert_string_equal(rows_of(place, filter), "");
}

static bool stop_at_three(void *context, const struct store_row *row)
{
    *(int64_t *)context = row->id;
    return row->id < 3;
}

static void each_can_stop(void **state)
{
    struct place *place = *state;
    fill(place);
    int64_t last = 0;
    struct row_filter filter = ALL_ROWS;
    struct error err = {0};
    assert_true(store_rows(place->store, &filter, stop_at_three, &last, &err));
    assert_int_equal(last, 3);
    /* Nothing stays locked. */
    tell(place, "BEGIN EXCLUSIVE; COMMIT");
}

static void rows_can_be_read_within_a_transaction(void **state)
{
    struct place *place = *state;
    begin(place);
    put_in(place, make_report(place, "a"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
    commit(place);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_field_comes_back),
        STORE_TEST(unknown_stays_unknown),
        STORE_TEST(each_policy_is_followed_by_its_failures),
        STORE_TEST(since_id_cuts_anywhere),
        STORE_TEST(a_window_is_half_open_and_now_is_not),
        STORE_TEST(domains_choose_rows_of_both_kinds),
        STORE_TEST(each_can_stop),
        STORE_TEST(rows_can_be_read_within_a_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
