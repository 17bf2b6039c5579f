#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cgi.h"

enum { LIMIT = 1000 };

static void requests_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *method, *type, *length;
        enum cgi_answer answer;
        uint64_t to_read;
        enum reader_form form;
    } rows[] = {
        {"POST", "application/tlsrpt+gzip", "5", CGI_TAKEN, 5, READER_BARE_CLAIMED},
        {"POST", "Application/TLSRPT+JSON; a=b", "1000", CGI_TAKEN, 1000, READER_BARE_CLAIMED},
        {"POST", "application/gzip", "0", CGI_TAKEN, 0, READER_BARE},
        {"POST", "", "", CGI_TAKEN, UINT64_MAX, READER_BARE},
        {"POST", NULL, NULL, CGI_TAKEN, UINT64_MAX, READER_BARE},
        {"POST", "application/json", "1001", CGI_TOO_LARGE, 1001, READER_BARE},
        {"POST", "application/json", "18446744073709551615", CGI_TOO_LARGE, UINT64_MAX,
         READER_BARE},
        {"POST", "application/json", "18446744073709551616", CGI_BAD_LENGTH, 0, READER_BARE},
        {"POST", "application/json", "-1", CGI_BAD_LENGTH, 0, READER_BARE},
        {"POST", "text/plain", "5", CGI_WRONG_TYPE, 5, READER_BARE},
        {"POST", "message/rfc822", "5", CGI_WRONG_TYPE, 5, READER_BARE},
        {"GET", NULL, NULL, CGI_NOT_POST, UINT64_MAX, READER_BARE},
        {"post", "application/json", "5", CGI_NOT_POST, 5, READER_BARE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cgi_request request = {text_of(rows[i].method), text_of(rows[i].type),
                                      text_of(rows[i].length)};
        struct cgi_body body;
        assert_int_equal(cgi_check(&request, LIMIT, &body), rows[i].answer);
        assert_int_equal(body.form, rows[i].form);
        if (rows[i].answer == CGI_BAD_LENGTH)
            continue;
        assert_int_equal(body.announced, rows[i].length && *rows[i].length);
        if (body.announced)
            assert_int_equal(body.length, rows[i].to_read);
    }
}

static enum cgi_answer read_bytes(const char *bytes, struct cgi_body body, size_t limit,
                                  size_t expected)
{
    int ends[2];
    BUFFER_AUTO out = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, strlen(bytes)), strlen(bytes));
    close(ends[1]);
    enum cgi_answer answer = cgi_read_body(ends[0], &body, limit, 10, &out);
    close(ends[0]);
    assert_int_equal(out.length, expected);
    return answer;
}

static struct cgi_body of_length(uint64_t length)
{
    return (struct cgi_body){.announced = true, .length = length};
}

static void bodies_are_read_as_announced(void **state)
{
    (void)state;
    struct cgi_body unannounced = {0};
    assert_int_equal(read_bytes("12345", of_length(5), 10, 5), CGI_TAKEN);
    assert_int_equal(read_bytes("12345 and more", of_length(5), 10, 5), CGI_TAKEN);
    assert_int_equal(read_bytes("12345", of_length(0), 10, 0), CGI_TAKEN);
    assert_int_equal(read_bytes("12345", of_length(6), 10, 5), CGI_CUT_OFF);
    assert_int_equal(read_bytes("12345", of_length(5), 5, 5), CGI_TAKEN);
    assert_int_equal(read_bytes("123456", of_length(6), 5, 5), CGI_TOO_LARGE);
    assert_int_equal(read_bytes("123456", of_length(UINT64_MAX), 5, 5), CGI_TOO_LARGE);
    assert_int_equal(read_bytes("12345", unannounced, 5, 5), CGI_TAKEN);
    assert_int_equal(read_bytes("123456", unannounced, 5, 5), CGI_TOO_LARGE);
    assert_int_equal(read_bytes("", unannounced, 5, 0), CGI_TAKEN);
}

static void a_body_that_does_not_come_has_an_end(void **state)
{
    (void)state;
    int ends[2];
    BUFFER_AUTO out = {0};
    struct cgi_body body = of_length(1);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(cgi_read_body(ends[0], &body, 10, 1, &out), CGI_TOO_SLOW);
    close(ends[0]);
    close(ends[1]);
}

static void answers_are_fields_an_empty_line_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < CGI_ANSWERS; i++) {
        BUFFER_AUTO out = {0};
        cgi_format(&out, (enum cgi_answer)i);
        struct text text = buffer_text(&out);
        assert_true(text_starts(text, TEXT("Status: ")));
        size_t end = text_find(text, TEXT("\n\n"));
        assert_int_not_equal(end, SIZE_MAX);
        assert_int_not_equal(
            text_find(text_first(text, end), TEXT("\nContent-Type: text/plain")), SIZE_MAX);
        assert_int_equal(text_find_char(text_from(text, end + 2), '\n'), text.length - end - 3);
    }
}

static void what_may_pass_is_asked_for_again(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_TRY_AGAIN, "busy");
    assert_int_equal(cgi_answer_to(&err), CGI_AGAIN);
    error_set(&err, ERROR_CONFIG, "wrong");
    assert_int_equal(cgi_answer_to(&err), CGI_FAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_checked),
        cmocka_unit_test(bodies_are_read_as_announced),
        cmocka_unit_test(a_body_that_does_not_come_has_an_end),
        cmocka_unit_test(answers_are_fields_an_empty_line_and_a_sentence),
        cmocka_unit_test(what_may_pass_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
