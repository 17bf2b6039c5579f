#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "published/mta_sts.h"

/* ---- the TXT record ---- */

enum { STRINGS_MAX = 3 };

static void the_txt_record_is_read_or_its_fault_named(void **state)
{
    (void)state;
    static const struct {
        const char *strings[STRINGS_MAX];
        enum txt_state state;
        enum txt_fault fault; /* the first one */
        size_t offset;
        bool valid;
        const char *id;
    } cases[] = {
        {{NULL}, TXT_NONE, 0, 0, false, NULL},
        {{"some-verification=abc"}, TXT_NONE, 0, 0, false, NULL},
        {{"v=STSv1; id=20240131120000;"}, TXT_ONE, 0, 0, true, "20240131120000"},
        {{"v=STSv1;id=a"}, TXT_ONE, 0, 0, true, "a"},
        {{"v=STSv1; ext=1; id=A9"}, TXT_ONE, 0, 0, true, "A9"},
        {{"v=spf1 -all", "v=STSv1; id=1", "x"}, TXT_ONE, 0, 0, true, "1"},
        {{"v=STSv1; id=1", "v=STSv1x; id=2"}, TXT_ONE, 0, 0, true, "1"},
        {{"v=STSv1; id=12345678901234567890123456789012"},
         TXT_ONE,
         0,
         0,
         true,
         "12345678901234567890123456789012"},
        {{"v=STSv1; id=1", "v=STSv1; id=2"}, TXT_SEVERAL, TXT_FAULT_SEVERAL, 0, false, NULL},
        {{"v=STSv1 ; id=1"}, TXT_ONE, TXT_FAULT_SPACE_BEFORE_SEMICOLON, 7, true, "1"},
        {{"v=STSv1 ; id=1", "x"},
         TXT_MISTAKEN,
         TXT_FAULT_SPACE_BEFORE_SEMICOLON,
         7,
         false,
         NULL},
        {{"v=STSv1"}, TXT_ONE, TXT_FAULT_ID_MISSING, 7, false, NULL},
        {{"v=STSv1;"}, TXT_ONE, TXT_FAULT_ID_MISSING, 8, false, NULL},
        {{"v=STSv1; ID=1"}, TXT_ONE, TXT_FAULT_ID_CASE, 9, false, NULL},
        {{"v=STSv1; id="}, TXT_ONE, TXT_FAULT_ID_EMPTY, 12, false, NULL},
        {{"v=STSv1; id=2024-01-31"}, TXT_ONE, TXT_FAULT_ID_CHARACTER, 16, false, NULL},
        {{"v=STSv1; id=123456789012345678901234567890123"},
         TXT_ONE,
         TXT_FAULT_ID_LONG,
         44,
         false,
         NULL},
        {{"v=STSv1; id=1; id=2"}, TXT_ONE, TXT_FAULT_ID_REPEATED, 15, true, "1"},
        {{"v=STSv1; id =1"}, TXT_ONE, TXT_FAULT_BLANK_AT_EQUALS, 11, false, "1"},
        {{"v=STSv1; id=1 x=2"}, TXT_ONE, TXT_FAULT_SEMICOLON_MISSING, 13, false, NULL},
        {{"v=STSv1; id=1; x"}, TXT_ONE, TXT_FAULT_EQUALS_MISSING, 15, false, "1"},
        {{"v=STSv1 id=1"}, TXT_MISTAKEN, TXT_FAULT_SEMICOLON_MISSING, 7, false, NULL},
        {{"v=STSV1; id=1"}, TXT_MISTAKEN, TXT_FAULT_VERSION_CASE, 0, false, NULL},
        {{"v=STS1; id=1"}, TXT_MISTAKEN, TXT_FAULT_VERSION, 0, false, NULL},
        {{"v = STSv1; id=1"}, TXT_MISTAKEN, TXT_FAULT_VERSION_BLANK, 0, false, NULL},
        {{"id=1; v=STSv1"}, TXT_MISTAKEN, TXT_FAULT_VERSION_NOT_FIRST, 6, false, NULL},
        {{"\"v=STSv1; id=1\""}, TXT_MISTAKEN, TXT_FAULT_LEADING, 0, false, NULL},
        {{"v=TLSRPTv1; rua=mailto:a@example.com"},
         TXT_MISTAKEN,
         TXT_FAULT_OTHER_RECORD,
         0,
         false,
         NULL},
        {{"v=spf1 -all"}, TXT_MISTAKEN, TXT_FAULT_SPF, 0, false, NULL},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text_list strings = {0};
        struct mta_sts_record record;
        for (size_t j = 0; j < STRINGS_MAX && cases[i].strings[j]; j++)
            text_list_add(&arena, &strings, text_of(cases[i].strings[j]));
        mta_sts_record_read(&strings, &arena, &record);
        enum txt_fault fault = record.faults.count ? record.faults.at[0].fault : TXT_FAULT_NONE;
        size_t offset = record.faults.count ? record.faults.at[0].offset : 0;
        if (record.state != cases[i].state || fault != cases[i].fault ||
            offset != cases[i].offset || record.valid != cases[i].valid ||
            !text_equal(record.id, text_of(cases[i].id)))
            fail_msg("%s: state %d, %s at %zu, valid %d", cases[i].strings[0], record.state,
                     fault ? txt_fault_name(fault) : "no fault", offset, record.valid);
    }
}

/* ---- the policy ---- */

#define HEAD "version: STSv1\nmode: enforce\n"
#define TAIL "max_age: 604800\n"
#define MX   "mx: mx1.example.com\n"

static const struct policy_case {
    const char *body;
    enum mta_sts_fault fault; /* the first one */
    size_t line;
    bool valid;
    const char *says; /* a piece of the sentence */
} cases[] = {
    /* right */
    {HEAD MX TAIL, 0, 0, true, NULL},
    {"version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n", 0, 0,
     true, NULL},
    {HEAD MX "max_age: 604800", 0, 0, true, NULL},
    {TAIL MX "mode: testing\nversion: STSv1\n", 0, 0, true, NULL},
    {"version:STSv1\nmode:enforce\nmx:*.example.com\nmax_age:0\n", 0, 0, true, NULL},
    {HEAD MX "max_age: 31557600 \t\n", 0, 0, true, NULL},
    {"version: STSv1\nmode: none\nmax_age: 86400\n", 0, 0, true, NULL},
    {HEAD MX "mx: mx2.example.com\nfuture: value\n" TAIL, 0, 0, true, NULL},
    {HEAD "mx: MX1.Example.COM\n" TAIL, 0, 0, true, NULL},
    /* the file */
    {"", MTA_STS_FAULT_EMPTY, 0, false, "empty"},
    {"\r\n \n", MTA_STS_FAULT_EMPTY, 0, false, "empty"},
    {"<!DOCTYPE html>\n<html><body>404</body></html>\n", MTA_STS_FAULT_HTML, 1, false,
     "web page"},
    {"\n <html>", MTA_STS_FAULT_HTML, 1, false, "web page"},
    {"\xef\xbb\xbf" HEAD MX TAIL, MTA_STS_FAULT_BYTE_ORDER_MARK, 1, false, "byte order mark"},
    {"version: STSv1\rmode: enforce\rmx: mx1.example.com\rmax_age: 604800\r",
     MTA_STS_FAULT_LINE_ENDS, 0, false, "CR alone"},
    /* a line */
    {HEAD "\n" MX TAIL, MTA_STS_FAULT_BLANK_LINE, 3, true, "empty line"},
    {HEAD MX TAIL "\n\n", MTA_STS_FAULT_BLANK_LINE, 5, true, "empty line"},
    {"# a policy\n" HEAD MX TAIL, MTA_STS_FAULT_COMMENT, 1, false, "comments"},
    {"# note: old\n" HEAD MX TAIL, MTA_STS_FAULT_COMMENT, 1, true, "comments"},
    {"version: STSv1\nmode enforce\n" MX TAIL, MTA_STS_FAULT_COLON_MISSING, 2, false,
     "no colon"},
    {"version: STSv1\nmode=enforce\n" MX TAIL, MTA_STS_FAULT_COLON_MISSING, 2, false,
     "no colon"},
    {HEAD " mx: mx1.example.com\n" TAIL, MTA_STS_FAULT_BLANK, 3, true, "blank"},
    {HEAD "mx : mx1.example.com\n" TAIL, MTA_STS_FAULT_BLANK, 3, true, "blank"},
    {"version: STSv1\nMode: enforce\n" MX TAIL, MTA_STS_FAULT_KEY_CASE, 2, false,
     "\"mode:\" in lower case"},
    {HEAD "Mx: mx1.example.com\n" TAIL, MTA_STS_FAULT_KEY_CASE, 3, false, "\"mx:\""},
    {HEAD "Mx: mx0.example.com\n" MX TAIL, MTA_STS_FAULT_KEY_CASE, 3, true, "\"mx:\""},
    {HEAD "nmx: mx1.example.com\n" TAIL, MTA_STS_FAULT_KEY_NEAR, 3, false, "\"nmx:\""},
    {HEAD MX "max-age: 604800\n", MTA_STS_FAULT_KEY_NEAR, 4, false, "\"max_age:\""},
    {HEAD MX "maxage: 604800\n", MTA_STS_FAULT_KEY_NEAR, 4, false, "\"max_age:\""},
    {"v: STSv1\nmode: enforce\n" MX TAIL, MTA_STS_FAULT_KEY_NEAR, 1, false, "\"version:\""},
    {"id: 20240131\n" HEAD MX TAIL, MTA_STS_FAULT_ID_IN_POLICY, 1, true, "TXT record"},
    {HEAD "mode: testing\n" MX TAIL, MTA_STS_FAULT_REPEATED, 3, true, "the first counts"},
    {HEAD MX TAIL "max_age: x\n", MTA_STS_FAULT_REPEATED, 5, true, "the first counts"},
    /* version, mode, max_age */
    {"mode: enforce\n" MX TAIL, MTA_STS_FAULT_VERSION_MISSING, 0, false, "version: STSv1"},
    {"version: STSV1\nmode: enforce\n" MX TAIL, MTA_STS_FAULT_VERSION, 1, false, "STSv1"},
    {"version: v=STSv1\nmode: enforce\n" MX TAIL, MTA_STS_FAULT_VERSION, 1, false, "STSv1"},
    {"version: STSv1\n" MX TAIL, MTA_STS_FAULT_MODE_MISSING, 0, false, "mode"},
    {"version: STSv1\nmode: enforced\n" MX TAIL, MTA_STS_FAULT_MODE, 2, false,
     "mode: enforce\""},
    {"version: STSv1\nmode: Enforce\n" MX TAIL, MTA_STS_FAULT_MODE, 2, false,
     "mode: enforce\""},
    {"version: STSv1\nmode: test\n" MX TAIL, MTA_STS_FAULT_MODE, 2, false, "mode: testing\""},
    {"version: STSv1\nmode: report\n" MX TAIL, MTA_STS_FAULT_MODE, 2, false,
     "enforce, testing"},
    {"version: STSv1\nmode:\n" MX TAIL, MTA_STS_FAULT_MODE, 2, false, "unknown"},
    {HEAD MX, MTA_STS_FAULT_MAX_AGE_MISSING, 0, false, "max_age"},
    {HEAD MX "max_age: 7d\n", MTA_STS_FAULT_MAX_AGE, 4, false, "digits only"},
    {HEAD MX "max_age: -1\n", MTA_STS_FAULT_MAX_AGE, 4, false, "digits only"},
    {HEAD MX "max_age:\n", MTA_STS_FAULT_MAX_AGE, 4, false, "digits only"},
    {HEAD MX "max_age: 31557601\n", MTA_STS_FAULT_MAX_AGE_LARGE, 4, false, "31557600"},
    {HEAD MX "max_age: 9999999999\n", MTA_STS_FAULT_MAX_AGE_LARGE, 4, false, "31557600"},
    {HEAD MX "max_age: 00000000001\n", MTA_STS_FAULT_MAX_AGE, 4, false, "10 digits"},
    /* mx */
    {HEAD TAIL, MTA_STS_FAULT_MX_MISSING, 0, false, "mx: host name"},
    {"version: STSv1\nmode: testing\n" TAIL, MTA_STS_FAULT_MX_MISSING, 0, false,
     "mx: host name"},
    {HEAD "mx:\n" MX TAIL, MTA_STS_FAULT_MX_EMPTY, 3, true, "names no host"},
    {HEAD "mx: 192.0.2.1\n" MX TAIL, MTA_STS_FAULT_MX_ADDRESS, 3, true, "IP address"},
    {HEAD "mx: [2001:db8::1]\n" MX TAIL, MTA_STS_FAULT_MX_ADDRESS, 3, true, "IP address"},
    {HEAD "mx: 192.0.2.1\n" TAIL, MTA_STS_FAULT_MX_ADDRESS, 3, false, "IP address"},
    {HEAD "mx: https://mx1.example.com/\n" MX TAIL, MTA_STS_FAULT_MX_URL, 3, true, "URL"},
    {HEAD "mx: postmaster@example.com\n" MX TAIL, MTA_STS_FAULT_MX_MAIL_ADDRESS, 3, true,
     "mail address"},
    {HEAD "mx: mx1.example.com, mx2.example.com\n" MX TAIL, MTA_STS_FAULT_MX_LIST, 3, true,
     "several names"},
    {HEAD "mx: mx1.example.com mx2.example.com\n" TAIL, MTA_STS_FAULT_MX_LIST, 3, false,
     "several names"},
    {HEAD "mx: 10 mx1.example.com\n" MX TAIL, MTA_STS_FAULT_MX_PREFERENCE, 3, true,
     "preference"},
    {HEAD "mx: *\n" TAIL, MTA_STS_FAULT_MX_STAR, 3, false, "covers no MX"},
    {HEAD "mx: mx*.example.com\n" MX TAIL, MTA_STS_FAULT_MX_WILDCARD, 3, true, "wrong place"},
    {HEAD "mx: *.*.example.com\n" MX TAIL, MTA_STS_FAULT_MX_WILDCARD, 3, true, "wrong place"},
    {HEAD "mx: *example.com\n" MX TAIL, MTA_STS_FAULT_MX_WILDCARD, 3, true, "wrong place"},
    {HEAD "mx: m\xc3\xa4il.example\n" MX TAIL, MTA_STS_FAULT_MX_UNICODE, 3, true,
     "xn--mil-qla.example"},
    {HEAD "mx: mx1.example.com.\n" TAIL, MTA_STS_FAULT_MX_FINAL_DOT, 3, true, "dot"},
    {HEAD "mx: mx1.example.com:25\n" MX TAIL, MTA_STS_FAULT_MX_NAME, 3, true, "host name"},
    {HEAD "mx: \"mx1.example.com\"\n" MX TAIL, MTA_STS_FAULT_MX_NAME, 3, true, "host name"},
    {HEAD "mx: mx1..example.com\n" MX TAIL, MTA_STS_FAULT_MX_NAME, 3, true, "host name"},
    {HEAD "mx: .example.com\n" MX TAIL, MTA_STS_FAULT_MX_NAME, 3, true, "host name"},
};

static void every_fault_of_a_policy_is_named_at_its_line(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mta_sts_policy policy;
        mta_sts_policy_read(text_of(cases[i].body), &arena, &policy);
        const struct mta_sts_fault_found *found = policy.faults.at;
        enum mta_sts_fault fault = policy.faults.count ? found->fault : MTA_STS_FAULT_NONE;
        size_t line = policy.faults.count ? found->line : 0;
        if (fault != cases[i].fault || line != cases[i].line || policy.valid != cases[i].valid)
            fail_msg("%s: %s in line %zu, valid %d", cases[i].body,
                     fault ? mta_sts_fault_name(fault) : "no fault", line, policy.valid);
        if (cases[i].says && text_find(found->sentence, text_of(cases[i].says)) == SIZE_MAX)
            fail_msg("%s: %.*s", cases[i].body, TEXT_ARGS(found->sentence));
    }
}

static void a_policy_is_valid_exactly_if_no_fault_is_fatal(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mta_sts_policy policy;
        mta_sts_policy_read(text_of(cases[i].body), &arena, &policy);
        bool fatal = false;
        for (size_t j = 0; j < policy.faults.count; j++)
            fatal = fatal || policy.faults.at[j].fatal;
        if (fatal == policy.valid)
            fail_msg("%s", cases[i].body);
    }
}

static void a_near_miss_is_said_once_and_in_place_of_what_is_missing(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct mta_sts_policy policy;
    mta_sts_policy_read(TEXT(HEAD "nmx: mx1.example.com\n" TAIL), &arena, &policy);
    assert_int_equal(policy.faults.count, 1);
    assert_int_equal(policy.faults.at[0].fault, MTA_STS_FAULT_KEY_NEAR);
    assert_true(policy.faults.at[0].fatal);
    assert_int_equal(policy.mx.count, 0);
}

static void values_are_kept_as_they_count(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct mta_sts_policy policy;
    mta_sts_policy_read(TEXT("mode: testing\nmx: MX1.example.com.\nmx: 192.0.2.1\nmax_age: 5\n"
                             "mode: enforce\nversion: STSv1\nmax_age: 7\nmx: *.Example.net\n"),
                        &arena, &policy);
    assert_true(policy.valid);
    assert_int_equal(policy.mode, MTA_STS_MODE_TESTING);
    assert_int_equal(policy.max_age, 5);
    assert_int_equal(policy.mx.count, 3);
    assert_true(text_equal(policy.mx.at[0].pattern, TEXT("mx1.example.com")));
    assert_int_equal(policy.mx.at[1].fault, MTA_STS_FAULT_MX_ADDRESS);
    assert_int_equal(policy.mx.at[2].line, 8);
    assert_ptr_equal(mta_sts_policy_covers(&policy, TEXT("mx1.example.com")), &policy.mx.at[0]);
    assert_ptr_equal(mta_sts_policy_covers(&policy, TEXT("a.example.net")), &policy.mx.at[2]);
    assert_null(mta_sts_policy_covers(&policy, TEXT("192.0.2.1")));
    assert_null(mta_sts_policy_covers(&policy, TEXT("a.b.example.net")));
}

static void the_lines_of_a_report_read_as_the_file(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct text lines[] = {TEXT("version:STSv1"), TEXT("mode: enforce\r"),
                           TEXT("mx: mx1.example.com"), TEXT("max_age: 604800")};
    struct text_list list = {lines, 4}, none = {0};
    struct mta_sts_policy quoted, served;
    mta_sts_policy_read_lines(&list, &arena, &quoted);
    mta_sts_policy_read(TEXT(HEAD MX TAIL), &arena, &served);
    assert_true(quoted.valid);
    assert_true(mta_sts_policy_equal(&quoted, &served));
    mta_sts_policy_read_lines(&none, &arena, &quoted);
    assert_false(quoted.valid);
    assert_int_equal(quoted.faults.at[0].fault, MTA_STS_FAULT_EMPTY);
}

static void policies_are_equal_by_mode_patterns_and_max_age(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool equal;
    } others[] = {
        {HEAD "mx: mx2.example.com\n" MX TAIL, true},
        {"mode: enforce\r\nmax_age: 604800\r\nmx: MX1.EXAMPLE.COM\r\nmx: mx2.example.com\r\n"
         "mx: mx2.example.com\r\nx: y\r\nversion: STSv1\r\n",
         true},
        {HEAD MX "mx: mx2.example.com\n" TAIL, true},
        {HEAD MX TAIL, false},
        {HEAD MX "mx: mx3.example.com\n" TAIL, false},
        {HEAD MX "mx: mx2.example.com\nmax_age: 604801\n", false},
        {HEAD MX "mx: mx2.example.com\n", false},
        {"version: STSv1\nmode: testing\n" MX "mx: mx2.example.com\n" TAIL, false},
    };
    ARENA_AUTO arena = {0};
    struct mta_sts_policy a, b;
    mta_sts_policy_read(TEXT(HEAD MX "mx: mx2.example.com\n" TAIL), &arena, &a);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        mta_sts_policy_read(text_of(others[i].body), &arena, &b);
        if (mta_sts_policy_equal(&a, &b) != others[i].equal ||
            mta_sts_policy_equal(&b, &a) != others[i].equal)
            fail_msg("%s", others[i].body);
    }
}

static void a_file_with_another_mx_is_ready_to_paste(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct mta_sts_policy policy, again;
    struct text more[] = {TEXT("mx2.example.com"), TEXT("mx1.example.com")};
    struct text_list add = {more, 2};
    mta_sts_policy_read(TEXT("mode: enforce\r\nversion: STSv1\r\nmx: mx1.example.com.\r\n"
                             "mx: 192.0.2.1\r\nmax_age: 86400\r\n"),
                        &arena, &policy);
    struct text file = mta_sts_policy_write(&policy, &add, &arena);
    assert_string_equal(file.at, "version: STSv1\nmode: enforce\nmx: mx1.example.com\n"
                                 "mx: mx2.example.com\nmax_age: 86400\n");
    mta_sts_policy_read(file, &arena, &again);
    assert_int_equal(again.faults.count, 0);
    mta_sts_policy_read(TEXT("version: STSv1\n"), &arena, &policy);
    assert_false(text_known(mta_sts_policy_write(&policy, NULL, &arena)));
    mta_sts_policy_read(TEXT("mode: none\nmax_age: 99999999999999999999\n"), &arena, &policy);
    assert_string_equal(mta_sts_policy_write(&policy, NULL, &arena).at,
                        "version: STSv1\nmode: none\nmax_age: 31557600\n");
}

static void a_flood_of_lines_is_bounded(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    enum { LINES = 200000, SIZE = LINES * 6 };
    char *at = arena_alloc(&arena, SIZE);
    for (size_t i = 0; i < LINES; i++)
        memcpy(at + i * 6, "mx:*x\n", 6);
    struct mta_sts_policy policy;
    mta_sts_policy_read((struct text){at, SIZE}, &arena, &policy);
    assert_int_equal(policy.mx.count, MTA_STS_MX_MAX);
    assert_int_equal(policy.faults.count, MTA_STS_FAULTS_MAX);
    assert_false(policy.valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_txt_record_is_read_or_its_fault_named),
        cmocka_unit_test(every_fault_of_a_policy_is_named_at_its_line),
        cmocka_unit_test(a_policy_is_valid_exactly_if_no_fault_is_fatal),
        cmocka_unit_test(a_near_miss_is_said_once_and_in_place_of_what_is_missing),
        cmocka_unit_test(values_are_kept_as_they_count),
        cmocka_unit_test(the_lines_of_a_report_read_as_the_file),
        cmocka_unit_test(policies_are_equal_by_mode_patterns_and_max_age),
        cmocka_unit_test(a_file_with_another_mx_is_ready_to_paste),
        cmocka_unit_test(a_flood_of_lines_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
