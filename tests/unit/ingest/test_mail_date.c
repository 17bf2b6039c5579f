/* The time in a Date or Received field, of whatever form; values by another program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/time.h"
#include "ingest/mail.h"

static void every_form_gives_its_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } rows[] = {
        {"Fri, 16 Sep 2022 03:10:06 -0700", 1663323006},
        {"Wed, 04 Sep 2024 03:53:20 -0700 (PDT)", 1725447200},
        {"16 Sep 2022 12:10 +0200", 1663323000},
        {"Fri, 16 Sep 2022 12 : 10 : 07 +0200", 1663323007},
        {"16 Sep 2022 12 :10: 07 +0200", 1663323007},
        {"03 Feb 2023 06:09 +0100", 1675400940},
        {"Fri, May 09 2017 16:54:30 -0800", 1494377670},
        {"fri, 3 feb 2023 05:09:22 gmt", 1675400962},
        {"FRIDAY, 3 FEBRUARY 2023 05:09:22 UT", 1675400962},
        {"Fri,3 Feb 2023 5:9:22 +0000", 1675400962},
        {"Fri, 3 Feb\r\n 2023\t05:09:22 +0000", 1675400962},
        {"(a (nested \\) one) 1 Jan 1999) Fri, 3 (4) Feb 2023 05:09:22 (06:00) +0000 "
         "(GMT+0100)",
         1675400962},
        {"3 Feb 2023 05:09:22 EST", 1675418962},
        {"3 Feb 2023 05:09:22 EDT", 1675415362},
        {"3 Feb 2023 05:09:22 CST", 1675422562},
        {"3 Feb 2023 05:09:22 PST", 1675429762},
        {"3 Feb 2023 05:09:22 CEST", 1675393762},
        {"3 Feb 2023 05:09:22 A", 1675400962},
        {"3 Feb 2023 05:09:22 z", 1675400962},
        {"3 Feb 2023 05:09:22 Nowhere", 1675400962},
        {"3 Feb 2023 05:09:22 -0000", 1675400962},
        {"3 Feb 2023 05:09:22", 1675400962},
        {"3 Feb 2023 05:09:22 +0545", 1675380262},
        {"3 Feb 2023 05:09:22 +05:45", 1675380262},
        {"3 Feb 2023 05:09:22 +05", 1675382962},
        {"3 Feb 2023 05:09:22+0100", 1675397362},
        {"3 Feb 2023 05:09:22 +0100 +0200", 1675397362},
        {"3 Feb 2023 05:09:22 GMT+0100", 1675397362},
        {"3 Feb 2023 05:09:22.830 +0100", 1675397362},
        {"3 Feb 2023 05:09:22 +9999", 1675400962},
        {"3-Feb-2023 05:09:22 +0100", 1675397362},
        {"Fri Feb  3 05:09:22 2023", 1675400962},
        {"Fri Feb  3 05:09:22 PST 2023", 1675429762},
        {"3 Feb 23 05:09:22 +0000", 1675400962},
        {"3 Feb 49 05:09:22 +0000", 2495941762},
        {"3 Feb 99 05:09:22 +0000", 918018562},
        {"3 Feb 123 05:09:22 +0000", 1675400962},
        {"31 Dec 2016 23:59:60 +0000", 1483228800},
        {"29 Feb 2024 00:00:00 +0000", 1709164800},
        {"3 Feb 2023", 1675382400},
        {"2023-02-03T05:09:22Z", 1675400962},
        {"2023-02-03T05:09:22+01:00", 1675397362},
        {"1 Jan 1970 00:00:00 +0000", 0},
        {"31 Dec 9999 23:59:59 +0000", 253402300799},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t time = mail_date(text_of(rows[i].text));
        if (time != rows[i].time)
            fail_msg("%s: %lld", rows[i].text, (long long)time);
    }
}

static void what_is_no_time_is_unknown(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "hello",
        "(((",
        ")))",
        "+0200",
        "05:09:22",
        "Fri, 32 Jan 2023 05:09:22 +0000",
        "29 Feb 2023 05:09:22 +0000",
        "0 Feb 2023 05:09:22",
        "31 Dec 1969 23:59:59 +0000",
        "1 Jan 1970 00:00:00 +0100",
        "31 Dec 9999 23:59:59 -0100",
        "3 Feb 1950 00:00:00",
        "3 Feb 50 00:00:00 +0000",
        "3 Feb 20233 05:09:22",
        "3 Foo 2023 05:09:22",
        "3 Feb 2023 24:09:22",
        "3 Feb 2023 05:60:22",
        "3 Feb 2023 05:09:61",
        "99999999999999999999 Feb 2023 05:09:22",
        "3 Feb 2023 05:",
        "3 Feb 2023 999:09:22",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (mail_date(text_of(rows[i])) != TIME_UNKNOWN)
            fail_msg("%s", rows[i]);
    assert_true(mail_date(TEXT_UNKNOWN) == TIME_UNKNOWN);
}

static void long_and_binary_text_does_no_harm(void **state)
{
    (void)state;
    BUFFER_AUTO text = {0};
    for (int i = 0; i < 1 << 20; i++)
        buffer_add_char(&text, "(\\1:+a\0\377) "[i % 11]);
    mail_date(buffer_text(&text));
    struct text date = TEXT("3\0Feb\0002023 05:09:22 +0000");
    assert_int_equal(mail_date(date), 1675400962);
    for (size_t i = 0; i <= date.length; i++)
        mail_date(text_first(date, i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_its_time),
        cmocka_unit_test(what_is_no_time_is_unknown),
        cmocka_unit_test(long_and_binary_text_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
