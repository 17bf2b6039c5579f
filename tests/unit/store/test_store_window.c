/* What the analysis reads: which reports of a window come, in which order, and what is known of
 * them. */
#include "store/window.h"
#include "store_testing.h"

/* ---- windows as one line of text ---- */

struct seen_window {
    struct buffer text;
    int stop_after; /* 0: never */
    int count;
};

static bool see(void *context, struct text domain, const struct tls_report *report)
{
    struct seen_window *seen = context;
    if (seen->text.length)
        buffer_add_char(&seen->text, ' ');
    buffer_add_text(&seen->text, domain);
    buffer_format(&seen->text, "@%lld", (long long)(report->begin - DAY_1) / 86400 + 1);
    for (size_t i = 0; i < report->policy_count; i++) {
        const struct tls_policy *policy = &report->policies[i];
        buffer_format(&seen->text, ":%s/%llu/%llu", policy_type_name(policy->policy_type),
                      (unsigned long long)policy->successful_sessions,
                      (unsigned long long)policy->failed_sessions);
        for (size_t j = 0; j < policy->failure_count; j++)
            buffer_format(&seen->text, "+%llu",
                          (unsigned long long)policy->failures[j].failed_sessions);
    }
    return ++seen->count != seen->stop_after;
}

/* "example.com@1:sts/10/3+1+2 …": domain, day, and of each policy type, counts and failures. */
static const char *window_of(struct place *place, struct window_filter filter)
{
    struct seen_window seen = {0};
    struct error err = {0};
    if (!store_window_each(place->store, &filter, see, &seen, &err))
        fail_msg("%s", err.text);
    const char *copy =
        seen.text.length ? text_string(&place->arena, buffer_text(&seen.text)) : "";
    buffer_free(&seen.text);
    return copy;
}

#define WHOLE                                                                                  \
    ((struct window_filter){.since = TIME_UNKNOWN, .until = TIME_UNKNOWN, .now = TIME_UNKNOWN})

static struct tls_report *report_of(struct place *place, const char *content, int64_t begin,
                                    const char *domain)
{
    struct tls_report *report = make_report(place, content);
    report->report_id = text_of(content);
    report->begin = begin;
    report->end = begin + 86399;
    report->named_domain = report->policies[0].policy_domain = text_of(domain);
    return report;
}

/* ---- tests ---- */

static void it_goes_domain_by_domain_and_by_begin(void **state)
{
    struct place *place = *state;
    put(place, report_of(place, "a", DAY_2, "b.example"));
    put(place, report_of(place, "b", DAY_2, "a.example"));
    put(place, report_of(place, "c", DAY_1, "b.example"));
    put(place, report_of(place, "d", DAY_1, "a.example"));
    assert_string_equal(window_of(place, WHOLE), "a.example@1:sts/10/0 a.example@2:sts/10/0"
                                                 " b.example@1:sts/10/0 b.example@2:sts/10/0");
    place_open_as(place, STORE_READ);
    struct window_filter filter = WHOLE;
    struct text names[] = {TEXT_ROW("b.example"), TEXT_ROW("other.example")};
    filter.domains = &(struct text_list){names, 2};
    assert_string_equal(window_of(place, filter), "b.example@1:sts/10/0 b.example@2:sts/10/0");
    filter.domains = &(struct text_list){names + 1, 1};
    assert_string_equal(window_of(place, filter), "");
}

static void a_report_lies_in_a_window_by_its_begin(void **state)
{
    struct place *place = *state;
    static const int64_t begins[] = {DAY_1, DAY_2, DAY_3, TIME_UNKNOWN};
    for (size_t i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "r%zu", i);
        struct tls_report *report = report_of(place, name, begins[i], "a.example");
        report->end = DAY_3;
        put(place, report);
    }
    static const struct {
        int64_t since, until, now;
        const char *days;
    } rows[] = {
        {TIME_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN,
         "a.example@1:sts/10/0 a.example@2:sts/10/0 a.example@3:sts/10/0"},
        {DAY_2, DAY_3, TIME_UNKNOWN, "a.example@2:sts/10/0"},
        {DAY_2, DAY_3 + 1, TIME_UNKNOWN, "a.example@2:sts/10/0 a.example@3:sts/10/0"},
        {TIME_UNKNOWN, DAY_3 + 1, DAY_2, "a.example@1:sts/10/0 a.example@2:sts/10/0"},
        {DAY_1 + 1, TIME_UNKNOWN, DAY_2, "a.example@2:sts/10/0"},
        {DAY_3, DAY_1, TIME_UNKNOWN, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            window_of(place,
                      (struct window_filter){rows[i].since, rows[i].until, rows[i].now, NULL}),
            rows[i].days);
}

static void a_report_comes_once_a_domain_with_its_own_policies(void **state)
{
    struct place *place = *state;
    struct tls_report *report = report_of(place, "a", DAY_1, "a.example");
    report->policies[0].failed_sessions = 3;
    add_failures(place, &report->policies[0], 2);
    struct tls_policy *other = add_policy(place, report, POLICY_TYPE_STS, "b.example");
    other->failed_sessions = 1;
    add_failures(place, other, 1);
    struct tls_policy *tlsa = add_policy(place, report, POLICY_TYPE_TLSA, "a.example");
    tlsa->failed_sessions = 6;
    add_failures(place, tlsa, 3);
    put(place, report);
    put(place, report_of(place, "b", DAY_1, "a.example"));
    assert_string_equal(window_of(place, WHOLE),
                        "a.example@1:sts/10/3+1+2:tlsa/0/6+1+2+3 a.example@1:sts/10/0"
                        " b.example@1:sts/0/1+1");
}

static void what_is_not_counted_does_not_come(void **state)
{
    struct place *place = *state;
    struct tls_report *old = report_of(place, "a", DAY_1, "a.example");
    old->policies[0].failed_sessions = 1;
    add_failures(place, &old->policies[0], 1);
    put(place, old);
    struct tls_report *new = report_of(place, "a", DAY_1, "a.example");
    sha256(TEXT("newer"), new->sha256);
    new->sent_at = DAY_3;
    new->policies[0].successful_sessions = 20;
    assert_int_equal(put(place, new), STORE_SUPERSEDED);
    assert_string_equal(window_of(place, WHOLE), "a.example@1:sts/20/0");
}

static void rows_count_for_the_configured_domains(void **state)
{
    struct place *place = *state;
    struct tls_report *report = report_of(place, "a", DAY_1, "a.example");
    add_policy(place, report, POLICY_TYPE_TLSA, "mx.a.example")->successful_sessions = 4;
    put(place, report);
    assert_string_equal(window_of(place, WHOLE), "a.example@1:sts/10/0:tlsa/4/0");
    place_open_as(place, STORE_READ);
    CONFIGURE(place, "mx.a.example");
    assert_string_equal(window_of(place, WHOLE),
                        "a.example@1:sts/10/0 mx.a.example@1:tlsa/4/0");
    struct window_filter filter = WHOLE;
    struct text name = TEXT("mx.a.example");
    filter.domains = &(struct text_list){&name, 1};
    assert_string_equal(window_of(place, filter), "mx.a.example@1:tlsa/4/0");
}

static void the_caller_can_stop(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 4; i++) {
        struct tls_report *report = report_of(place, i % 2 ? "a" : "b", DAY_1, "a.example");
        report->policies[0].policy_domain = text_of(i < 2 ? "a.example" : "b.example");
        report->policies[0].failed_sessions = 1;
        add_failures(place, &report->policies[0], 1);
        put(place, report);
    }
    struct window_filter filter = WHOLE;
    for (int stop = 1; stop <= 4; stop++) {
        struct seen_window seen = {.stop_after = stop};
        struct error err = {0};
        assert_true(store_window_each(place->store, &filter, see, &seen, &err));
        assert_int_equal(seen.count, stop);
        buffer_free(&seen.text);
    }
    /* Nothing is held: somebody else can write. */
    tell(place, "UPDATE state SET next_id = next_id");
}

struct kept_lists {
    struct text *at[4];
    size_t count;
};

static bool keep_lists(void *context, struct text domain, const struct tls_report *report)
{
    (void)domain;
    struct kept_lists *kept = context;
    kept->at[kept->count++] = report->policies[0].policy_strings.at;
    return true;
}

static void equal_quotes_are_the_same_pointer(void **state)
{
    struct place *place = *state;
    struct tls_report *other = report_of(place, "b", DAY_2, "example.com");
    text_list_add(&place->arena, &other->policies[0].policy_strings, TEXT("max_age: 1"));
    put(place, report_of(place, "a", DAY_1, "example.com"));
    put(place, other);
    put(place, report_of(place, "c", DAY_3, "example.com"));
    struct kept_lists kept = {0};
    struct window_filter filter = WHOLE;
    struct error err = {0};
    assert_true(store_window_each(place->store, &filter, keep_lists, &kept, &err));
    assert_int_equal(kept.count, 3);
    assert_ptr_equal(kept.at[0], kept.at[2]);
    assert_ptr_not_equal(kept.at[0], kept.at[1]);
}

static void assert_text(struct text text, const char *expected)
{
    assert_true(text_equal(text, text_of(expected)));
}

static bool check_report(void *context, struct text domain, const struct tls_report *report)
{
    assert_text(domain, "example.com");
    assert_text(report->report_id, "2024-01-01T00:00:00Z_example.com");
    assert_text(report->organization_name, "Reporter Inc.");
    assert_text(report->contact_info, "tls@reporter.example");
    assert_text(report->reporter, "reporter.example");
    assert_int_equal(report->begin, DAY_1);
    assert_int_equal(report->end, DAY_1 + 86399);
    assert_int_equal(report->authenticated, AUTHENTICATED_FAIL);
    assert_int_equal(report->policy_count, 1);
    const struct tls_policy *policy = &report->policies[0];
    assert_text(policy->policy_domain, "example.com");
    assert_int_equal(policy->policy_mode, POLICY_MODE_ENFORCE);
    assert_int_equal(policy->policy_strings.count, 2);
    assert_text(policy->policy_strings.at[1], "mode: enforce");
    assert_int_equal(policy->mx_hosts.count, 1);
    assert_text(policy->mx_hosts.at[0], "mx1.example.com");
    assert_int_equal(policy->unitemised_failures, 1);
    assert_int_equal(policy->failure_count, 1);
    const struct tls_failure *failure = &policy->failures[0];
    assert_int_equal(failure->result_type, RESULT_TLSA_INVALID);
    assert_int_equal(failure->cause, CAUSE_DANE_NO_MATCH);
    assert_int_equal(failure->failed_sessions, INT64_MAX);
    assert_text(failure->sending_mta_ip, "192.0.2.1");
    assert_text(failure->receiving_mx_hostname, "mx1.example.com");
    assert_text(failure->receiving_ip, "2001:db8::1");
    assert_int_equal(failure->additional_information.length, WINDOW_TEXT);
    assert_text(failure->failure_reason_code, NULL);
    *(int *)context += 1;
    return true;
}

static void what_the_analysis_needs_comes_back(void **state)
{
    struct place *place = *state;
    struct tls_report *report = make_report(place, "a");
    report->authenticated = AUTHENTICATED_FAIL;
    struct tls_policy *policy = &report->policies[0];
    policy->failed_sessions = INT64_MAX;
    policy->unitemised_failures = 1;
    char *large = arena_alloc(&place->arena, 70000);
    memset(large, 'i', 70000);
    *add_failures(place, policy, 1) = (struct tls_failure){
        .result_type = RESULT_TLSA_INVALID,
        .cause = CAUSE_DANE_NO_MATCH,
        .failed_sessions = INT64_MAX,
        .sending_mta_ip = TEXT("192.0.2.1"),
        .receiving_mx_hostname = TEXT("mx1.example.com"),
        .receiving_ip = TEXT("2001:db8::1"),
        .additional_information = {large, 70000},
    };
    put(place, report);
    int count = 0;
    struct window_filter filter = WHOLE;
    struct error err = {0};
    assert_true(store_window_each(place->store, &filter, check_report, &count, &err));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(it_goes_domain_by_domain_and_by_begin),
        STORE_TEST(a_report_lies_in_a_window_by_its_begin),
        STORE_TEST(a_report_comes_once_a_domain_with_its_own_policies),
        STORE_TEST(what_is_not_counted_does_not_come),
        STORE_TEST(rows_count_for_the_configured_domains),
        STORE_TEST(the_caller_can_stop),
        STORE_TEST(equal_quotes_are_the_same_pointer),
        STORE_TEST(what_the_analysis_needs_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
