/* Names of folders, to IMAP and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailbox/folder_name.h"

static const struct {
    const char *name, *sent; /* without its quotes and escapes */
    const char *written;
} rows[] = {
    {"INBOX", "INBOX", "\"INBOX\""},
    {"a & b", "a &- b", "\"a &- b\""},
    {"Berichte/Türkçe", "Berichte/T&APw-rk&AOc-e", "\"Berichte/T&APw-rk&AOc-e\""},
    {"日本語", "&ZeVnLIqe-", "\"&ZeVnLIqe-\""},
    {"😀", "&2D3eAA-", "\"&2D3eAA-\""},
    {"say \"so\" \\", "say \"so\" \\", "\"say \\\"so\\\" \\\\\""},
};

static void a_name_goes_there_and_back(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUFFER_AUTO out = {0};
        assert_true(folder_name_write(&out, text_of(rows[i].name)));
        buffer_add_char(&out, 0);
        assert_string_equal(out.at, rows[i].written);
        struct text read = folder_name_read(&arena, text_of(rows[i].sent));
        assert_true(text_equal(read, text_of(rows[i].name)));
    }
}

static void what_is_no_name_is_not_sent(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "a\nb",    "a\r\nA1 LOGOUT",
                                      "\x7f", "T\xfcrk", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        BUFFER_AUTO out = {0};
        assert_false(folder_name_write(&out, text_of(bad[i])));
        assert_int_equal(out.length, 0);
    }
}

static void what_cannot_be_decoded_is_shown_as_it_is(void **state)
{
    (void)state;
    static const char *const odd[] = {"&####-", "T\xfcrk", ""};
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct text read = folder_name_read(&arena, text_of(odd[i]));
        assert_true(text_equal(read, text_of(odd[i])));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_goes_there_and_back),
        cmocka_unit_test(what_is_no_name_is_not_sent),
        cmocka_unit_test(what_cannot_be_decoded_is_shown_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
