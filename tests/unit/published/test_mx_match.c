#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "published/mx_match.h"

struct match_case {
    const char *pattern, *host;
    bool matches;
};

static void a_pattern_covers_its_name_and_a_wildcard_one_label(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"mx1.example.com", "mx1.example.com", true},
        {"MX1.Example.COM", "mx1.example.com", true},
        {"mx1.example.com.", "mx1.example.com", true},
        {"mx1.example.com", "mx1.example.com.", true},
        {"mx1.example.com", "mx2.example.com", false},
        {"example.com", "mx1.example.com", false},
        {"*.example.com", "mx1.example.com", true},
        {"*.EXAMPLE.com.", "mx1.example.com.", true},
        {"*.example.com", "example.com", false},
        {"*.example.com", "a.b.example.com", false},
        {"*.example.com", "a.b.example.com.evil.example", false},
        {"*.example.com", "mx1xexample.com", false},
        {"*.example.com", ".example.com", false},
        /* Whoever switches on inbound DANE at Microsoft meets this one. */
        {"*.mx.microsoft", "example-com.h-v1.mx.microsoft", false},
        {"*.h-v1.mx.microsoft", "example-com.h-v1.mx.microsoft", true},
        {"xn--mx-xka.example.com", "XN--MX-XKA.example.com", true},
        {"m\xc3\xa4il.example.com", "xn--mil-qla.example.com", false},
        {"mx*.example.com", "mx1.example.com", false},
        {"*", "mx1", false},
        {"*", "mx1.example.com", false},
        {"*.", "mx1", false},
        {"*.*.example.com", "a.b.example.com", false},
        {"", "", false},
        {"", "mx1.example.com", false},
        {".", ".", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mx_match(text_of(cases[i].pattern), text_of(cases[i].host)) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].host);
    assert_false(mx_match(TEXT_UNKNOWN, TEXT_UNKNOWN));
}

static void a_certificate_name_covers_as_tls_libraries_see_it(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"mx1.example.com", "MX1.example.com.", true},
        {"*.example.com", "mx1.example.com", true},
        {"*.example.com", "a.mx1.example.com", false},
        {"*.example.com", "example.com", false},
        {"mx*.example.com", "mx1.example.com", false},
        {"*.com", "example.com", false},
        {"*.com.", "example.com", false},
        {"*", "localhost", false},
        {"*.0.2.1", "192.0.2.1", false},
        {"192.0.2.1", "192.0.2.1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (certificate_name_match(text_of(cases[i].pattern), text_of(cases[i].host)) !=
            cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].host);
}

static void one_of_several_names_is_enough(void **state)
{
    (void)state;
    struct text names[] = {TEXT("www.example.com"), TEXT("*.example.net")};
    struct text_list list = {names, 2}, none = {0};
    assert_true(certificate_names_match(&list, TEXT("mx1.example.net")));
    assert_false(certificate_names_match(&list, TEXT("mx1.example.com")));
    assert_false(certificate_names_match(&none, TEXT("mx1.example.com")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_covers_its_name_and_a_wildcard_one_label),
        cmocka_unit_test(a_certificate_name_covers_as_tls_libraries_see_it),
        cmocka_unit_test(one_of_several_names_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
