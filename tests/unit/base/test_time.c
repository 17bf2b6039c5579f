/* Times are read generously and written in one way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"

static const struct {
    const char *text;
    const char *utc; /* null: no time */
    struct time_form form;
} cases[] = {
    {"2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", {0}},
    {"2024-01-01t00:00:00z", "2024-01-01T00:00:00Z", {0}},
    {"2024-01-01 00:00:00Z", "2024-01-01T00:00:00Z", {0}},
    {"2024-01-01T12:34:56.999Z", "2024-01-01T12:34:56Z", {0}},
    {"2024-01-01T01:00:00+02:00", "2023-12-31T23:00:00Z", {0}},
    {"2024-01-01T01:00:00-02:30", "2024-01-01T03:30:00Z", {0}},
    {"2024-02-29T24:00:00Z", "2024-03-01T00:00:00Z", {0}},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", {0}},
    {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", {0}},
    {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", {0}},
    {"2024-01-01T00:00:00", "2024-01-01T00:00:00Z", {.no_zone = true}},
    {"2024-01-01", "2024-01-01T00:00:00Z", {.date_only = true}},
    {" 2024-01-01T00:00:00Z\n", "2024-01-01T00:00:00Z", {.loose = true}},
    {"2024-01-01T00:00Z", "2024-01-01T00:00:00Z", {.loose = true}},
    {"2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00Z", {.loose = true}},
    {"2024-01-01T00:00:00+0200", "2023-12-31T22:00:00Z", {.loose = true}},
    {"2024-01-01 00:00:00 +02:00", "2023-12-31T22:00:00Z", {.loose = true}},
    {"", NULL, {0}},
    {"yesterday", NULL, {0}},
    {"2024-13-01T00:00:00Z", NULL, {0}},
    {"2023-02-29T00:00:00Z", NULL, {0}},
    {"2024-01-00", NULL, {0}},
    {"2024-01-01T25:00:00Z", NULL, {0}},
    {"2024-01-01T24:00:01Z", NULL, {0}},
    {"2024-01-01T00:60:00Z", NULL, {0}},
    {"2024-01-01T00:00:00+24:00", NULL, {0}},
    {"2024-01-01T00:00:00ZZ", NULL, {0}},
    {"2024-1-1", NULL, {0}},
    {"1969-12-31T23:59:59Z", NULL, {0}},
    {"1970-01-01T00:00:00+01:00", NULL, {0}},
    {"9999-12-31T23:59:59-01:00", NULL, {0}},
    {"9999-12-31T24:00:00Z", NULL, {0}},
};

static void times_are_read_generously(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time;
        struct time_form form;
        char buffer[TIME_TEXT_SIZE];
        bool read = time_parse(text_of(cases[i].text), &time, &form);
        if (read != (cases[i].utc != NULL))
            fail_msg("%s is %s", cases[i].text, read ? "read" : "not read");
        if (!read)
            continue;
        assert_string_equal(time_text(time, buffer), cases[i].utc);
        if (form.date_only != cases[i].form.date_only ||
            form.no_zone != cases[i].form.no_zone || form.loose != cases[i].form.loose)
            fail_msg("%s has another form", cases[i].text);
    }
}

static void an_unknown_time_is_written_as_nothing(void **state)
{
    (void)state;
    char buffer[TIME_TEXT_SIZE];
    assert_string_equal(time_text(TIME_UNKNOWN, buffer), "");
    assert_string_equal(time_date(TIME_UNKNOWN, buffer), "");
    assert_string_equal(time_text(INT64_MAX, buffer), "");
    assert_string_equal(time_date(86399, buffer), "1970-01-01");
}

static void days_begin_at_midnight_utc(void **state)
{
    (void)state;
    assert_true(time_day(86399) == 0);
    assert_true(time_day(86400) == 86400);
    assert_true(time_day(-1) == -86400);
    assert_true(time_days_of(2000, 3, 1) == 11017);
}

static void spans_have_a_unit_and_do_not_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } spans[] = {{"30d", 2592000},
                 {"12w", 7257600},
                 {"6h", 21600},
                 {"15m", 900},
                 {"60s", 60},
                 {" 7 ", 604800},
                 {"", -1},
                 {"d", -1},
                 {"-1d", -1},
                 {"1y", -1},
                 {"9223372036854775807w", -1}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        int64_t seconds = -1;
        bool read = time_span_parse(text_of(spans[i].text), TIME_DAY, &seconds);
        assert_int_equal(read, spans[i].seconds >= 0);
        if (read)
            assert_true(seconds == spans[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_generously),
        cmocka_unit_test(an_unknown_time_is_written_as_nothing),
        cmocka_unit_test(days_begin_at_midnight_utc),
        cmocka_unit_test(spans_have_a_unit_and_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
