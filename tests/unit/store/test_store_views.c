/* The views are an interface: their columns, what they leave out, and that they count sessions as
 * report/sessions.h does. */
#include "report/sessions.h"
#include "store_testing.h"

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Small ones, ones around the halves of 32 bits, and ones near the end. */
static uint64_t random_count(void)
{
    uint64_t value = next_random();
    switch (next_random() % 6) {
    case 0:
        return 0;
    case 1:
        return value % 100;
    case 2:
        return value % (UINT64_C(1) << 33);
    case 3:
        return value % INT64_MAX;
    case 4:
        return INT64_MAX - value % 3;
    default:
        return (UINT64_C(1) << 32) - 1 + value % 3;
    }
}

enum { DOMAINS = 3 };
static const char *const names[DOMAINS] = {"a.example", "b.example", "c.example"};

/* One random report; TALLIES gets what it says of each domain. */
static struct tls_report *random_report(struct place *place, int number,
                                        struct session_tally tallies[DOMAINS],
                                        bool present[DOMAINS])
{
    char *content = arena_alloc(&place->arena, 16);
    snprintf(content, 16, "%d", number);
    struct tls_report *report = make_report(place, content);
    report->report_id = text_of(content);
    report->named_domain = TEXT_UNKNOWN;
    report->policy_count = 0;
    if (number % 7 == 0)
        report->begin = TIME_UNKNOWN;
    for (size_t i = next_random() % 9; i > 0; i--) {
        enum policy_type type = (enum policy_type)(next_random() % POLICY_TYPE_COUNT);
        size_t domain = next_random() % DOMAINS;
        struct tls_policy *policy = add_policy(place, report, type, names[domain]);
        policy->successful_sessions = random_count();
        policy->failed_sessions = random_count();
        session_tally_add(&tallies[domain], type, policy->successful_sessions,
                          policy->failed_sessions);
        present[domain] = true;
    }
    return report;
}

static void expect(struct buffer *expected, int report_id, const char *domain,
                   const struct session_tally *tally)
{
    struct session_counts total = session_tally_total(tally);
    buffer_format(expected, "%d %s %llu %llu\n", report_id, domain,
                  (unsigned long long)total.successful, (unsigned long long)total.failed);
}

static void v_sessions_counts_as_sessions_h(void **state)
{
    struct place *place = *state;
    BUFFER_AUTO expected = {0};
    begin(place);
    for (int i = 0; i < 3000; i++) {
        struct session_tally tallies[DOMAINS] = {0};
        bool present[DOMAINS] = {0};
        put_in(place, random_report(place, i, tallies, present));
        for (int j = 0; j < DOMAINS; j++)
            if (present[j])
                expect(&expected, i, names[j], &tallies[j]);
    }
    commit(place);
    const char *got = ask(
        place, "SELECT group_concat(line, '') FROM (SELECT report_id || ' ' || domain || ' ' ||"
               " successful_sessions || ' ' || failed_sessions || char(10) AS line"
               " FROM v_sessions JOIN v_report USING (report)"
               " ORDER BY CAST(report_id AS INTEGER), domain)");
    assert_true(expected.length > 50000);
    assert_string_equal(got, text_string(&place->arena, buffer_text(&expected)));
}

static void only_what_counts_is_shown(void **state)
{
    struct place *place = *state;
    struct tls_report *report = make_report(place, "a"), *forged = make_report(place, "b");
    add_failures(place, &report->policies[0], 1);
    add_failures(place, &forged->policies[0], 5);
    forged->reporter = TEXT("forger.example");
    put(place, report);
    put(place, forged);
    static const char *const views[] = {"v_report", "v_policy", "v_failure", "v_sessions"};
    for (size_t i = 0; i < 4; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", views[i]);
        assert_string_equal(ask(place, sql), "1");
    }
}

static void the_columns_are_these(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *view, *columns;
    } rows[] = {
        {"v_report",
         "report,organization_name,contact_info,report_id,begin,end,begin_at,submitter,"
         "report_domain,reporter,received_at,stored_at,authenticated,sha256,source,"
         "warnings"},
        {"v_policy",
         "id,report,index,domain,policy_domain,policy_type,policy_mode,policy_strings,"
         "mx_hosts,begin,begin_at,successful_sessions,failed_sessions,"
         "unitemised_failures,warnings"},
        {"v_failure",
         "id,policy,report,domain,policy_domain,policy_type,policy_mode,begin,begin_at,"
         "result_type,result_type_raw,cause,failed_sessions,sending_mta_ip,"
         "receiving_mx_hostname,receiving_mx_helo,receiving_ip,"
         "additional_information,failure_reason_code"},
        {"v_sessions", "report,domain,begin,begin_at,successful_sessions,failed_sessions"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT group_concat(name) FROM pragma_table_info('%s')",
                 rows[i].view);
        assert_string_equal(ask(place, sql), rows[i].columns);
    }
}

static void the_values_read_well(void **state)
{
    struct place *place = *state;
    struct tls_report *report = make_report(place, "a");
    struct tls_failure *failure = add_failures(place, &report->policies[0], 1);
    failure->cause = CAUSE_EXPIRED;
    failure->receiving_ip = TEXT("192.0.2.1");
    put(place, report);
    assert_string_equal(
        ask(place,
            "SELECT \"begin\" || ' ' || \"end\" || ' ' || received_at || ' ' || authenticated"
            " || ' ' || warnings FROM v_report"),
        "2024-01-01T00:00:00Z 2024-01-01T23:59:59Z 2024-01-02T00:00:10Z pass []");
    assert_string_equal(
        ask(place,
            "SELECT \"index\" || ' ' || domain || ' ' || policy_type || ' ' || policy_mode"
            " || ' ' || policy_strings || ' ' || mx_hosts FROM v_policy"),
        "0 example.com sts enforce [\"version: STSv1\",\"mode: enforce\"] "
        "[\"mx1.example.com\"]");
    assert_string_equal(
        ask(place, "SELECT result_type || ' ' || cause || ' ' || receiving_ip || ' ' ||"
                   " failed_sessions || ' ' || coalesce(receiving_mx_helo, 'null')"
                   " FROM v_failure"),
        "certificate-expired expired 192.0.2.1 1 null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(v_sessions_counts_as_sessions_h),
        STORE_TEST(only_what_counts_is_shown),
        STORE_TEST(the_columns_are_these),
        STORE_TEST(the_values_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
