/* Text from outside: unknown is not empty, and no byte is taken on trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"

static void unknown_is_not_empty(void **state)
{
    (void)state;
    assert_false(text_equal(TEXT_UNKNOWN, TEXT("")));
    assert_true(text_equal(TEXT_UNKNOWN, TEXT_UNKNOWN));
    assert_false(text_equal_nocase(TEXT(""), TEXT_UNKNOWN));
    assert_true(text_compare(TEXT_UNKNOWN, TEXT("")) < 0);
    assert_false(text_known(text_of(NULL)));
    assert_int_equal(text_trim(TEXT_UNKNOWN).length, 0);
    assert_int_equal(text_find(TEXT_UNKNOWN, TEXT("a")), SIZE_MAX);
}

static void comparison_is_by_bytes(void **state)
{
    (void)state;
    assert_true(text_equal_nocase(TEXT("AbC"), TEXT("aBc")));
    assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
    assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0);
    assert_true(text_compare(TEXT("b"), TEXT("ab")) > 0);
    assert_true(text_starts_nocase(TEXT("MX: a"), TEXT("mx:")));
    assert_true(text_ends_nocase(TEXT("a.JSON"), TEXT(".json")));
    assert_false(text_ends_nocase(TEXT("n"), TEXT(".json")));
}

static void parts_end_with_the_text(void **state)
{
    (void)state;
    struct text rest = TEXT("a,,b"), part;
    assert_true(text_next(&rest, ',', &part) && text_equal(part, TEXT("a")));
    assert_true(text_next(&rest, ',', &part) && text_equal(part, TEXT("")));
    assert_true(text_next(&rest, ',', &part) && text_equal(part, TEXT("b")));
    assert_false(text_next(&rest, ',', &part));
    assert_int_equal(text_from(TEXT("abc"), 9).length, 0);
    assert_true(text_equal(text_trim(TEXT(" \t\r\na b\r\n")), TEXT("a b")));
}

static void numbers_have_only_digits_and_do_not_wrap(void **state)
{
    (void)state;
    static const char *const others[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"};
    uint64_t value;
    assert_true(text_unsigned(TEXT("18446744073709551615"), &value) && value == UINT64_MAX);
    assert_true(text_unsigned(TEXT("007"), &value) && value == 7);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(text_unsigned(text_of(others[i]), &value));
}

static const struct {
    struct text bytes;
    bool valid;
    struct text as_utf8;
} utf8[] = {
    {TEXT_ROW("plain"), true, TEXT_ROW("plain")},
    {TEXT_ROW("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), true,
     TEXT_ROW("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80")},
    {TEXT_ROW("\xf4\x8f\xbf\xbf"), true, TEXT_ROW("\xf4\x8f\xbf\xbf")},
    {TEXT_ROW("caf\xe9"), false, TEXT_ROW("caf\xc3\xa9")},
    {TEXT_ROW("\xe2\x82"), false, TEXT_ROW("\xc3\xa2\xc2\x82")},
    {TEXT_ROW("\xc0\xaf"), false, TEXT_ROW("\xc3\x80\xc2\xaf")},
    {TEXT_ROW("\xe0\x80\xaf"), false, TEXT_ROW("\xc3\xa0\xc2\x80\xc2\xaf")},
    {TEXT_ROW("\xed\xa0\x80"), false, TEXT_ROW("\xc3\xad\xc2\xa0\xc2\x80")},
    {TEXT_ROW("\xf4\x90\x80\x80"), false, TEXT_ROW("\xc3\xb4\xc2\x90\xc2\x80\xc2\x80")},
    {TEXT_ROW("\xc3\xa9\xff"), false, TEXT_ROW("\xc3\xa9\xc3\xbf")},
};

static void what_is_not_utf8_becomes_latin1(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++) {
        assert_int_equal(text_is_utf8(utf8[i].bytes), utf8[i].valid);
        struct text made = text_as_utf8(&arena, utf8[i].bytes);
        assert_true(text_equal(made, utf8[i].as_utf8));
        assert_int_equal(made.at == utf8[i].bytes.at, utf8[i].valid);
    }
    assert_false(text_known(text_as_utf8(&arena, TEXT_UNKNOWN)));
}

static const struct {
    struct text sent, kept;
    bool is_host;
} hosts[] = {
    {TEXT_ROW("MX1.Example.COM."), TEXT_ROW("mx1.example.com"), true},
    {TEXT_ROW(" mx1.example.com\r\n"), TEXT_ROW("mx1.example.com"), true},
    {TEXT_ROW("m\xc3\xbcnchen.example"), TEXT_ROW("xn--mnchen-3ya.example"), true},
    {TEXT_ROW("_mta-sts.example.com"), TEXT_ROW("_mta-sts.example.com"), true},
    {TEXT_ROW("localhost"), TEXT_ROW("localhost"), false},
    {TEXT_ROW("Example Org"), TEXT_ROW("example org"), false},
    {TEXT_ROW("a..example"), TEXT_ROW("a..example"), false},
    {TEXT_ROW("*.example.com"), TEXT_ROW("*.example.com"), false},
    {TEXT_ROW(""), TEXT_ROW(""), false},
    {TEXT_ROW("a\0b.example"), TEXT_ROW("a\0b.example"), false},
};

static void host_names_are_lower_case_a_labels(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct text host = text_host(&arena, hosts[i].sent);
        assert_true(text_equal(host, hosts[i].kept));
        assert_int_equal(text_is_host(host), hosts[i].is_host);
    }
    assert_false(text_known(text_host(&arena, TEXT_UNKNOWN)));
    char label[300];
    memset(label, 'a', sizeof label);
    memcpy(label + 64, ".example", 8);
    assert_false(text_is_host((struct text){label, 72}));
    assert_true(text_is_host((struct text){label + 1, 71}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_is_not_empty),
        cmocka_unit_test(comparison_is_by_bytes),
        cmocka_unit_test(parts_end_with_the_text),
        cmocka_unit_test(numbers_have_only_digits_and_do_not_wrap),
        cmocka_unit_test(what_is_not_utf8_becomes_latin1),
        cmocka_unit_test(host_names_are_lower_case_a_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
