#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "cli/window.h"

/* 2026-06-10T12:00:00Z */
static const int64_t now = 1781092800;

static int64_t at(const char *time)
{
    int64_t value;
    if (!time)
        return TIME_UNKNOWN;
    assert_true(time_parse(text_of(time), &value, NULL));
    return value;
}

static void windows_take_spans_dates_and_times(void **state)
{
    (void)state;
    static const struct {
        const char *since, *until;
        int64_t span;
        const char *expected_since, *expected_until;
    } windows[] = {
        {NULL, NULL, 0, NULL, NULL},
        {NULL, NULL, 30 * TIME_DAY, "2026-05-11T12:00:00Z", "2026-06-10T12:00:00Z"},
        {"30d", NULL, 0, "2026-05-11T12:00:00Z", NULL},
        {"2w", NULL, 30 * TIME_DAY, "2026-05-27T12:00:00Z", "2026-06-10T12:00:00Z"},
        {"6h", "1h", 0, "2026-06-10T06:00:00Z", "2026-06-10T11:00:00Z"},
        {"2026-06-01", "2026-06-01", 0, "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"},
        {NULL, "2026-05-31", 0, NULL, "2026-06-01T00:00:00Z"},
        {NULL, "2026-05-31", 30 * TIME_DAY, "2026-05-02T00:00:00Z", "2026-06-01T00:00:00Z"},
        {"2026-06-01T02:00:00+02:00", "2026-06-01T10:00:00Z", 0, "2026-06-01T00:00:00Z",
         "2026-06-01T10:00:00Z"},
        {"100000d", NULL, 0, "1970-01-01T00:00:00Z", NULL},
    };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct window window;
        struct error err = {0};
        assert_true(window_read(text_of(windows[i].since), text_of(windows[i].until), now,
                                windows[i].span, &window, &err));
        assert_int_equal(window.since, at(windows[i].expected_since));
        assert_int_equal(window.until, at(windows[i].expected_until));
    }
}

static void a_wrong_or_empty_window_is_a_usage_error(void **state)
{
    (void)state;
    static const struct {
        const char *since, *until, *says;
    } windows[] = {
        {"30", NULL, "--since: \"30\" is no time"},
        {"", NULL, "--since: \"\" is no time"},
        {"yesterday", NULL, "--since: \"yesterday\" is no time"},
        {NULL, "2026-02-30", "--until: \"2026-02-30\" is no time"},
        {"-3d", NULL, "--since: \"-3d\" is no time"},
        {"99999999999999999999d", NULL, "--since: "},
        {"2026-06-02", "2026-06-01", "the window is empty"},
        {"2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z", "the window is empty"},
        {"2026-06-11", NULL, "the window is empty"},
    };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct window window;
        struct error err = {0};
        assert_false(window_read(text_of(windows[i].since), text_of(windows[i].until), now,
                                 30 * TIME_DAY, &window, &err));
        assert_int_equal(err.code, ERROR_USAGE);
        if (!text_starts(text_of(err.text), text_of(windows[i].says)))
            fail_msg("\"%s\" instead of \"%s\"", err.text, windows[i].says);
    }
}

static void the_clock_is_a_time(void **state)
{
    (void)state;
    int64_t clock;
    struct error err = {0};
    assert_true(window_now(TEXT("2026-06-10T12:00:00Z"), &clock, &err));
    assert_int_equal(clock, now);
    assert_false(window_now(TEXT("30d"), &clock, &err));
    assert_int_equal(err.code, ERROR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_take_spans_dates_and_times),
        cmocka_unit_test(a_wrong_or_empty_window_is_a_usage_error),
        cmocka_unit_test(the_clock_is_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
