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
    /* 39 bytes fit one word: 38 letters and half a character do not. */
    out.length = 0;
    mail_out_header_encoded(&out, "Subject",
                            TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4"));
    assert_written(&out,
                   "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\n"
                   " =?UTF-8?B?w6Q=?=\n");
}

/* RFC 2047 §2: 76 for a line that has an encoded word, with the header's name. */
static void test_encoded_lines_are_short_whatever_is_cut(void **state)
{
    BUFFER_AUTO value = {0}, out = {0};
    (void)state;
    for (size_t i = 0; i < 300; i++)
        buffer_add_text(&value, TEXT("\xe2\x82\xac"));
    mail_out_header_encoded(&out, "Subject", buffer_text(&value));
    struct text rest = buffer_text(&out), line;
    while (text_next(&rest, '\n', &line))
        assert_true(line.length <= 76);
    assert_null(memchr(out.at, '\\', out.length));
    assert_true(text_starts(buffer_text(&out), TEXT("Subject: =?UTF-8?B?4oKs")));
}

static void test_what_only_looks_encoded_is_not_decoded(void **state)
{
    BUFFER_AUTO out = {0};
    (void)state;
    mail_out_header_encoded(&out, "Subject", TEXT("=?UTF-8?B?aGVsbG8=?="));
    assert_written(&out, "Subject: =?UTF-8?B?PT9VVEYtOD9CP2FHVnNiRzg9Pz0=?=\n");
}

/* Who decodes the word finds the line end escaped: "\x0a" in four letters. */
static void test_no_line_end_is_encoded(void **state)
{
    BUFFER_AUTO out = {0};
    (void)state;
    mail_out_header_encoded(&out, "Subject", TEXT("\xc3\xa4\n"));
    assert_written(&out, "Subject: =?UTF-8?B?w6RceDBh?=\n");
}

static void test_no_recipient_is_cut_or_lost(void **state)
{
    struct text names[40];
    BUFFER_AUTO out = {0};
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < 40; i++)
        names[i] = TEXT("somebody@example.com");
    mail_out_recipients(&out, &(struct text_list){names, 40});
    struct text rest = buffer_text(&out), line;
    while (text_next(&rest, '\n', &line)) {
        assert_true(line.length <= 76);
        for (size_t at; (at = text_find(line, names[0])) != SIZE_MAX; count++)
            line = text_from(line, at + names[0].length);
    }
    assert_int_equal(count, 40);
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

static void a_text_with_a_line_that_is_too_long_is_encoded(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        BUFFER_AUTO body = {0}, out = {0};
        buffer_add_text(&body, TEXT("short\n"));
        for (size_t i = 0; i < 998 + more; i++)
            buffer_add_char(&body, 'x');
        buffer_add_text(&body, TEXT("\nshort"));
        mail_out_text(&out, buffer_text(&body));
        struct text text = buffer_text(&out);
        assert_int_equal(text_find(text, TEXT("8bit\n\nshort\nxxx")) != SIZE_MAX, !more);
        assert_int_equal(text_find(text, TEXT("base64\n\nc2hvcnQK")) != SIZE_MAX, more);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_cannot_begin_another_header),
        cmocka_unit_test(test_header_of_other_letters_is_encoded_in_whole_characters),
        cmocka_unit_test(test_encoded_lines_are_short_whatever_is_cut),
        cmocka_unit_test(test_what_only_looks_encoded_is_not_decoded),
        cmocka_unit_test(test_no_line_end_is_encoded),
        cmocka_unit_test(test_no_recipient_is_cut_or_lost),
        cmocka_unit_test(test_base64_is_that_of_rfc_4648),
        cmocka_unit_test(test_nobody_is_named_where_there_is_nobody),
        cmocka_unit_test(test_date_and_id_are_those_of_the_message),
        cmocka_unit_test(a_text_with_a_line_that_is_too_long_is_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
