/* Only our own server's field counts, and in it only what it says itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/authentication.h"

static void only_the_field_of_our_server_is_trusted(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool trusted;
    } rows[] = {
        {"mx.example.net; dkim=pass", true},
        {"  MX.Example.NET ;dkim=pass", true},
        {"mx.example.net", true},
        {"mx.example.net 1; none", true},
        {"mx.example.net\r\n\t1 (version);\r\n none", true},
        {"(a comment) mx.example.net; none", true},
        {"(a (nested \\) one) comment) mx.example.net; none", true},
        {"mx.example.net(comment); none", true},
        {"mx.example.net.evil.example; dkim=pass", false},
        {"evil.mx.example.net; dkim=pass", false},
        {"notmx.example.net; dkim=pass", false},
        {"mx.example.ne; dkim=pass", false},
        {"evil.example (mx.example.net); dkim=pass", false},
        {"(mx.example.net; dkim=pass", false},
        {"(mx.example.net;) evil.example; dkim=pass", false},
        {"\"mx.example.net\"; dkim=pass", false},
        {"\"mx.example.net; \" evil.example; dkim=pass", false},
        {"evil.example; mx.example.net; dkim=pass", false},
        {"mx.example.net evil.example; dkim=pass", false},
        {"mx.example.net 1 2; dkim=pass", false},
        {"mx.example.net=1; dkim=pass", false},
        {"", false},
        {";", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (authentication_by(text_of(rows[i].value), TEXT("mx.example.net")) !=
            rows[i].trusted)
            fail_msg("%s", rows[i].value);
}

static void without_an_id_nothing_is_trusted(void **state)
{
    (void)state;
    assert_false(authentication_by(TEXT("; dkim=pass"), TEXT("")));
    assert_false(authentication_by(TEXT("mx.example.net; dkim=pass"), TEXT_UNKNOWN));
    assert_false(authentication_by(TEXT_UNKNOWN, TEXT("mx.example.net")));
}

/* All for a mail of reports.example.net. */
static void verdict_needs_a_signature_of_the_submitter(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum authenticated verdict;
    } rows[] = {
        {"mx; dkim=pass header.d=reports.example.net", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.d=example.net", AUTHENTICATED_PASS},
        {"mx; DKIM=Pass Header.D=EXAMPLE.net", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.d=example.net.", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.i=@example.net", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.i=robot@reports.example.net", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.i=\"a b@c\"@example.net", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.d=\"example.net\"", AUTHENTICATED_PASS},
        {"mx; dkim=pass (2048-bit key) header.d=example.net header.s=a", AUTHENTICATED_PASS},
        {"mx; dkim/1=pass header.d=example.net", AUTHENTICATED_PASS},
        {"mx 1; spf=fail; dkim=pass reason=\"good; very\" header.d=example.net",
         AUTHENTICATED_PASS},
        {"mx;\r\n\tdkim\r\n\t=\r\n\tpass\r\n\theader.d = example.net", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.d=other.example; dkim=pass header.d=example.net",
         AUTHENTICATED_PASS},
        {"mx; dkim=fail header.d=example.net; dkim=pass header.d=example.net",
         AUTHENTICATED_PASS},
        {"mx; dkim=pass header.d=example.net; dkim=fail header.d=example.net",
         AUTHENTICATED_PASS},
        {"mx; dkim=pass header.b=\"x;y\" header.d=example.net;dmarc=fail", AUTHENTICATED_PASS},
        {"mx; dkim=pass header.b=ab= header.d=example.net", AUTHENTICATED_PASS},

        {"mx; dkim=fail header.d=example.net", AUTHENTICATED_FAIL},
        {"mx; dkim=fail (pass) header.d=example.net", AUTHENTICATED_FAIL},
        {"mx; dkim=(pass)fail header.d=example.net", AUTHENTICATED_FAIL},
        {"mx; dkim=fail reason=\"dkim=pass; dkim=pass header.d=example.net\"",
         AUTHENTICATED_FAIL},
        {"mx; dkim=fail header.d=other.example; dkim=pass header.d=other.example",
         AUTHENTICATED_FAIL},

        {"mx; none", AUTHENTICATED_NONE},
        {"mx", AUTHENTICATED_NONE},
        {"", AUTHENTICATED_NONE},
        {"mx; dkim=none (message not signed) header.d=none;dmarc=none", AUTHENTICATED_NONE},
        {"mx; dkim=neutral header.d=example.net", AUTHENTICATED_NONE},
        {"mx; dkim=temperror header.d=example.net", AUTHENTICATED_NONE},
        {"mx; dkim=pass", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=notexample.net", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=example.net.evil", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=a.reports.example.net", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=ports.example.net", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.i=example.net@evil.example", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=evil.example (header.d=example.net)", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=\"evil.example header.d=example.net\"", AUTHENTICATED_NONE},
        {"mx; dkim=pass header.d=evil.example; spf=pass header.d=example.net",
         AUTHENTICATED_NONE},
        {"mx; spf=pass smtp.mailfrom=example.net; dmarc=pass header.d=example.net",
         AUTHENTICATED_NONE},
        {"mx; (dkim=pass header.d=example.net)", AUTHENTICATED_NONE},
        {"mx; (dkim=pass header.d=example.net", AUTHENTICATED_NONE},
        {"mx; \"dkim\"=pass header.d=example.net", AUTHENTICATED_NONE},
        {"mx; arc=pass dkim=pass header.d=example.net", AUTHENTICATED_NONE},
        {"mx; spf=pass smtp.mailfrom=\"; dkim=pass header.d=example.net", AUTHENTICATED_NONE},
        {"mx; smtp dkim=pass header.d=example.net", AUTHENTICATED_NONE},
        {"evil; dkim=pass dkim (=pass) header.d", AUTHENTICATED_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (authentication_verdict(text_of(rows[i].value), TEXT("reports.example.net")) !=
            rows[i].verdict)
            fail_msg("%s", rows[i].value);
}

static void nothing_covers_an_unknown_submitter(void **state)
{
    (void)state;
    struct text value = TEXT("mx; dkim=pass header.d=example.net header.i=@");
    assert_int_equal(authentication_verdict(value, TEXT_UNKNOWN), AUTHENTICATED_NONE);
    assert_int_equal(authentication_verdict(value, TEXT("")), AUTHENTICATED_NONE);
    assert_int_equal(authentication_verdict(TEXT_UNKNOWN, TEXT("example.net")),
                     AUTHENTICATED_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_field_of_our_server_is_trusted),
        cmocka_unit_test(without_an_id_nothing_is_trusted),
        cmocka_unit_test(verdict_needs_a_signature_of_the_submitter),
        cmocka_unit_test(nothing_covers_an_unknown_submitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
