/* What a worker hands over is read back as it was, and nothing else is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/wire.h"

static struct text list_items[] = {TEXT_ROW("version: STSv1"), TEXT_ROW("mode: enforce"),
                                   TEXT_ROW("")};

static struct tls_failure failure_rows[] = {
    {.result_type = RESULT_CERTIFICATE_EXPIRED,
     .result_type_raw = TEXT_ROW("cert-expired"),
     .cause = CAUSE_EXPIRED,
     .failed_sessions = INT64_MAX,
     .receiving_ip = TEXT_ROW("2001:db8::1"),
     .receiving_mx_helo = TEXT_ROW("mx\r\n250 x")},
    {.result_type = RESULT_UNKNOWN, .failed_sessions = 0},
};

static struct tls_policy policy_rows[] = {
    {.index = 2,
     .policy_domain = TEXT_ROW("example.com"),
     .policy_type = POLICY_TYPE_STS,
     .policy_mode = POLICY_MODE_ENFORCE,
     .policy_strings = {list_items, 3},
     .successful_sessions = 7,
     .failed_sessions = 9,
     .unitemised_failures = 2,
     .failures = failure_rows,
     .failure_count = 2},
    {.index = 3, .policy_type = POLICY_TYPE_NO_POLICY_FOUND},
};

static struct tls_report sample = {
    .organization_name = TEXT_ROW("Reporter One"),
    .report_id = TEXT_ROW("r\xc3\xa9"),
    .begin = 1767225600,
    .end = 1767311999,
    .sent_at = TIME_UNKNOWN,
    .received_at = 1767312000,
    .reporter = TEXT_ROW("reporter.example"),
    .authenticated = AUTHENTICATED_PASS,
    .sha256 = {1, 2, 3},
    .policies = policy_rows,
    .policy_count = 2,
};

static struct tls_report *samples[] = {&sample, &sample};

static void encode(struct buffer *out)
{
    struct reading reading = {.reports = samples,
                              .report_count = 2,
                              .fault = TEXT("one part is broken"),
                              .received_at = 1767312000};
    wire_encode(&reading, out);
}

static bool decode(struct text bytes, const struct ingest_limits *limits, struct arena *arena,
                   struct reading *reading)
{
    struct error err;
    return wire_decode(bytes, limits, arena, reading, &err);
}

static void a_reading_comes_back_as_it_was(void **state)
{
    (void)state;
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    BUFFER_AUTO out = {0}, again = {0};
    ARENA_AUTO arena = {0};
    struct reading reading;
    encode(&out);
    assert_true(decode(buffer_text(&out), &limits, &arena, &reading));
    assert_int_equal(reading.report_count, 2);
    const struct tls_report *report = reading.reports[1];
    assert_true(text_equal(report->report_id, sample.report_id));
    assert_false(text_known(report->contact_info));
    assert_int_equal(report->sent_at, TIME_UNKNOWN);
    assert_int_equal(report->policies[0].failures[0].failed_sessions, INT64_MAX);
    assert_true(text_known(report->policies[0].policy_strings.at[2]));
    wire_encode(&reading, &again);
    assert_true(text_equal(buffer_text(&out), buffer_text(&again)));
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    BUFFER_AUTO out = {0};
    encode(&out);
    for (size_t length = 0; length < out.length; length++) {
        ARENA_AUTO arena = {0};
        struct reading reading;
        assert_false(decode(text_first(buffer_text(&out), length), &limits, &arena, &reading));
    }
    buffer_add_char(&out, 0);
    ARENA_AUTO arena = {0};
    struct reading reading;
    assert_false(decode(buffer_text(&out), &limits, &arena, &reading));
}

/* Whatever bytes are changed, reading them ends, takes memory in proportion, and what is accepted
 * keeps the promises of the structs. */
static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    BUFFER_AUTO out = {0};
    encode(&out);
    srand(1);
    for (int round = 0; round < 20000; round++) {
        BUFFER_AUTO changed = {0};
        buffer_add_text(&changed, buffer_text(&out));
        for (int i = 0; i <= rand() % 4; i++)
            changed.at[(size_t)rand() % changed.length] = (char)rand();
        ARENA_AUTO arena = {0};
        struct reading reading;
        bool good = decode(buffer_text(&changed), &limits, &arena, &reading);
        assert_true(arena.used < 64 * changed.length + 4096);
        for (size_t i = 0; good && i < reading.report_count; i++)
            for (size_t j = 0; j < reading.reports[i]->policy_count; j++) {
                const struct tls_policy *policy = &reading.reports[i]->policies[j];
                assert_true(policy->failed_sessions <= INT64_MAX);
                assert_true(policy->unitemised_failures <= policy->failed_sessions);
                assert_true(policy->policy_type < POLICY_TYPE_COUNT);
                assert_true(text_is_utf8(policy->policy_domain));
            }
    }
}

static void more_rows_than_allowed_are_refused(void **state)
{
    (void)state;
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    BUFFER_AUTO out = {0};
    encode(&out);
    ARENA_AUTO arena = {0};
    struct reading reading;
    limits.failure_rows = 2;
    assert_true(decode(buffer_text(&out), &limits, &arena, &reading));
    limits.failure_rows = 1;
    assert_false(decode(buffer_text(&out), &limits, &arena, &reading));
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    struct reading latin = {.fault = TEXT("caf\xe9"), .received_at = TIME_UNKNOWN}, reading;
    BUFFER_AUTO out = {0};
    ARENA_AUTO arena = {0};
    wire_encode(&latin, &out);
    assert_false(decode(buffer_text(&out), &limits, &arena, &reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_comes_back_as_it_was),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(more_rows_than_allowed_are_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
