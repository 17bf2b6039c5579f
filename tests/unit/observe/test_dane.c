#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observe/dane.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void what_dns_says_is_said_without_a_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        enum lookup_status status;
        enum dnssec dnssec;
        enum dane dane;
    } cases[] = {
        {NULL, LOOKUP_NODATA, DNSSEC_SECURE, DANE_NONE},
        {NULL, LOOKUP_NXDOMAIN, DNSSEC_INSECURE, DANE_NONE},
        {NULL, LOOKUP_NODATA, DNSSEC_BOGUS, DANE_BOGUS},
        {NULL, LOOKUP_BOGUS, DNSSEC_BOGUS, DANE_BOGUS},
        {NULL, LOOKUP_OK, DNSSEC_SECURE, DANE_NONE},
        /* A look-up that fails is not an absence. */
        {NULL, LOOKUP_SERVFAIL, DNSSEC_UNKNOWN, DANE_UNKNOWN},
        {NULL, LOOKUP_TIMEOUT, DNSSEC_UNKNOWN, DANE_UNKNOWN},
        {NULL, LOOKUP_UNKNOWN, DNSSEC_UNKNOWN, DANE_UNKNOWN},
        {"3 1 1 " HEX64, LOOKUP_OK, DNSSEC_SECURE, DANE_NOT_CHECKED},
        {"2 0 1 " HEX64, LOOKUP_OK, DNSSEC_SECURE, DANE_NOT_CHECKED},
        {"3 1 1 " HEX64, LOOKUP_OK, DNSSEC_INSECURE, DANE_INSECURE},
        {"3 1 1 " HEX64, LOOKUP_OK, DNSSEC_BOGUS, DANE_BOGUS},
        {"3 1 1 " HEX64, LOOKUP_OK, DNSSEC_INDETERMINATE, DANE_UNKNOWN},
        {"1 1 1 " HEX64, LOOKUP_OK, DNSSEC_SECURE, DANE_UNUSABLE},
        {"3 1 2 " HEX64, LOOKUP_OK, DNSSEC_SECURE, DANE_UNUSABLE},
        {"no record", LOOKUP_OK, DNSSEC_SECURE, DANE_UNUSABLE},
        {"1 1 1 " HEX64, LOOKUP_OK, DNSSEC_INSECURE, DANE_INSECURE},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text record = text_of(cases[i].record);
        struct starttls_tlsa tlsa = {.records = {&record, cases[i].record ? 1 : 0},
                                     .dnssec = cases[i].dnssec,
                                     .status = cases[i].status};
        if (dane_by_lookup(&tlsa, &arena) != cases[i].dane)
            fail_msg("case %zu", i);
    }
    assert_int_equal(dane_by_lookup(NULL, &arena), DANE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_dns_says_is_said_without_a_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
