/* Headers and parts of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "render/mail_out.h"

static void assert_written(const struct buffer *out, const char *expected)
{
    struct text text = buffer_text(out);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.at, expected, text.length);
}

static void test_header_cannot_begin_another_header(void **state)
{
    BUFFER_AUTO out = {0};
    (void)state;
    mail_out_header(&out, "Subject", TEXT("a\r\nBcc: b@example.com\x1b[0m"));
    assert_written(&out, "Subject: a??Bcc: b@example.com?[0m\n");
    out.length = 0;
    mail_out_header_encoded(&out, "Subject", TEXT("a\nBcc: b@example.com"));
    assert_null(memchr(out.at, '\n', out.length - 1));
}

static void test_header_of_other_letters_is_encoded_in_whole_characters(void **state)
{
    BUFFER_AUTO out = {0};
    (void)state;
    mail_out_header_encoded(&out, "Subject", TEXT("\xc3\xa4"));
    assert_written(&out, "Subject: =?UTF-8?B?w6Q=?=\n");
    /* 42 bytes fit one word: 41 letters and half a character do not. */
    out.length = 0;
    mail_out_header_encoded(&out, "Subject",
                            TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4"));
    assert_written(
        &out, "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\n"
              " =?UTF-8?B?w6Q=?=\n");
}

static void test_base64_is_that_of_rfc_4648(void **state)
{
    static const struct {
        struct text bytes;
        const char *digits;
    } rows[] = {
        {TEXT_ROW("f"), "Zg==\n"},
        {TEXT_ROW("fo"), "Zm8=\n"},
        {TEXT_ROW("foo"), "Zm9v\n"},
        {TEXT_ROW("foobar"), "Zm9vYmFy\n"},
        {TEXT_ROW("\xff\xfe\xfd"), "//79\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUFFER_AUTO out = {0};
        mail_out_base64(&out, rows[i].bytes);
        assert_written(&out, rows[i].digits);
    }
}

static void test_nobody_is_named_where_there_is_nobody(void **state)
{
    BUFFER_AUTO out = {0};
    struct text names[] = {TEXT("a@example.com"), TEXT("b@example.com")};
    (void)state;
    mail_out_recipients(&out, &(struct text_list){names, 2});
    mail_out_recipients(&out, &(struct text_list){0});
    assert_written(&out, "To: a@example.com, b@example.com\nTo: undisclosed-recipients:;\n");
}

static void test_date_and_id_are_those_of_the_message(void **state)
{
    BUFFER_AUTO out = {0}, again = {0}, other = {0};
    (void)state;
    mail_out_date(&out, 1780920000);
    assert_written(&out, "Date: Mon, 08 Jun 2026 12:00:00 +0000\n");
    out.length = 0;
    mail_out_message_id(&out, TEXT("one"));
    mail_out_message_id(&again, TEXT("one"));
    mail_out_message_id(&other, TEXT("two"));
    assert_true(text_equal(buffer_text(&out), buffer_text(&again)));
    assert_false(text_equal(buffer_text(&out), buffer_text(&other)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_cannot_begin_another_header),
        cmocka_unit_test(test_header_of_other_letters_is_encoded_in_whole_characters),
        cmocka_unit_test(test_base64_is_that_of_rfc_4648),
        cmocka_unit_test(test_nobody_is_named_where_there_is_nobody),
        cmocka_unit_test(test_date_and_id_are_those_of_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
