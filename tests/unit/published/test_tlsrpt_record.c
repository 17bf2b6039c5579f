#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "published/tlsrpt_record.h"

enum { STRINGS_MAX = 3 };

struct record_case {
    const char *strings[STRINGS_MAX];
    enum txt_state state;
    enum txt_fault fault; /* the first one */
    size_t offset;
    bool valid, usable;
    const char *corrected;
};

#define MENDED "v=TLSRPTv1; rua=mailto:tls@example.com"

static const struct record_case cases[] = {
    /* right */
    {{NULL}, TXT_NONE, 0, 0, false, false, NULL},
    {{"v=TLSRPTv1;rua=mailto:tls@example.com"}, TXT_ONE, 0, 0, true, true, NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com;"}, TXT_ONE, 0, 0, true, true, NULL},
    {{"v=TLSRPTv1;\trua=mailto:tls@example.com ; "}, TXT_ONE, 0, 0, true, true, NULL},
    {{"v=TLSRPTv1; rua=https://reports.example.com/tls?d=1"}, TXT_ONE, 0, 0, true, true, NULL},
    {{"v=TLSRPTv1; rua=mailto:a@example.com , https://r.example/x"},
     TXT_ONE,
     0,
     0,
     true,
     true,
     NULL},
    {{"v=TLSRPTv1; ext_1=value; rua=mailto:tls@example.com"}, TXT_ONE, 0, 0, true, true, NULL},
    {{"v=TLSRPTv1; rua=MAILTO:tls@example.com"}, TXT_ONE, 0, 0, true, true, NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com?subject=TLS%20report"},
     TXT_ONE,
     0,
     0,
     true,
     true,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:a%2Cb%21%3B@example.com"}, TXT_ONE, 0, 0, true, true, NULL},
    /* beside strings that are none */
    {{"some-verification=abc", "v=TLSRPTv1;rua=mailto:tls@example.com", "v=spf1 -all"},
     TXT_ONE,
     0,
     0,
     true,
     true,
     NULL},
    {{"some-verification=abc"}, TXT_NONE, 0, 0, false, false, NULL},
    {{""}, TXT_NONE, 0, 0, false, false, NULL},
    /* which record */
    {{"v=TLSRPTv1;rua=mailto:a@example.com", "v=TLSRPTv1;rua=mailto:b@example.com"},
     TXT_SEVERAL,
     TXT_FAULT_SEVERAL,
     0,
     false,
     false,
     "v=TLSRPTv1; rua=mailto:a@example.com,mailto:b@example.com"},
    {{"v=TLSRPTv1;rua=mailto:a@example.com", "v=TLSRPTv1 ;rua=mailto:b@example.com"},
     TXT_ONE,
     0,
     0,
     true,
     true,
     NULL},
    {{"v=TLSRPTv1 ;rua=mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_SPACE_BEFORE_SEMICOLON,
     10,
     true,
     true,
     MENDED},
    {{"v=TLSRPTv1 ;rua=mailto:tls@example.com", "v=spf1 -all"},
     TXT_MISTAKEN,
     TXT_FAULT_SPACE_BEFORE_SEMICOLON,
     10,
     false,
     false,
     MENDED},
    {{"v=DMARC1; p=none; rua=mailto:d@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_DMARC,
     0,
     false,
     false,
     NULL},
    {{"v=spf1 include:example.net -all"}, TXT_MISTAKEN, TXT_FAULT_SPF, 0, false, false, NULL},
    {{"v=STSv1; id=1"}, TXT_MISTAKEN, TXT_FAULT_OTHER_RECORD, 0, false, false, NULL},
    {{"v=spf1 -all", "v=TLSRPTv2; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION,
     0,
     false,
     false,
     MENDED},
    /* the version */
    {{"v=TLSRPTV1; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION_CASE,
     0,
     false,
     false,
     MENDED},
    {{"V=TLSRPTv1; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION_CASE,
     0,
     false,
     false,
     MENDED},
    {{"v = TLSRPTv1; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION_BLANK,
     0,
     false,
     false,
     MENDED},
    {{"v=TLSRPT1; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION,
     0,
     false,
     false,
     MENDED},
    {{"v=TSLRPTv1; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION,
     0,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv10; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION,
     0,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1 rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_SEMICOLON_MISSING,
     10,
     false,
     false,
     MENDED},
    {{"rua=mailto:tls@example.com; v=TLSRPTv1"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION_NOT_FIRST,
     28,
     false,
     false,
     MENDED},
    {{"rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_VERSION_NOT_FIRST,
     0,
     false,
     false,
     MENDED},
    {{"\"v=TLSRPTv1; rua=mailto:tls@example.com\""},
     TXT_MISTAKEN,
     TXT_FAULT_LEADING,
     0,
     false,
     false,
     MENDED},
    {{"\xe2\x80\x9cv=TLSRPTv1; rua=mailto:tls@example.com\xe2\x80\x9d"},
     TXT_MISTAKEN,
     TXT_FAULT_LEADING,
     0,
     false,
     false,
     MENDED},
    {{" v=TLSRPTv1; rua=mailto:tls@example.com"},
     TXT_MISTAKEN,
     TXT_FAULT_LEADING,
     0,
     false,
     false,
     MENDED},
    /* rua */
    {{"v=TLSRPTv1"}, TXT_ONE, TXT_FAULT_RUA_MISSING, 10, false, false, NULL},
    {{"v=TLSRPTv1;"}, TXT_ONE, TXT_FAULT_RUA_MISSING, 11, false, false, NULL},
    {{"v=TLSRPTv1; ext=a"}, TXT_ONE, TXT_FAULT_RUA_MISSING, 17, false, false, NULL},
    {{"v=TLSRPTv1; RUA=mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_RUA_CASE,
     12,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua =mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_BLANK_AT_EQUALS,
     15,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua= mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_BLANK_AT_EQUALS,
     15,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_EQUALS_MISSING,
     12,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua:mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_EQUALS_MISSING,
     12,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com; rua=mailto:b@example.com"},
     TXT_ONE,
     TXT_FAULT_RUA_REPEATED,
     40,
     true,
     true,
     "v=TLSRPTv1; rua=mailto:tls@example.com,mailto:b@example.com"},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com rua=mailto:b@example.com"},
     TXT_ONE,
     TXT_FAULT_SEMICOLON_MISSING,
     38,
     false,
     false,
     "v=TLSRPTv1; rua=mailto:tls@example.com,mailto:b@example.com"},
    {{"v=TLSRPTv1; ext=a rua=mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_SEMICOLON_MISSING,
     17,
     false,
     false,
     "v=TLSRPTv1; rua=mailto:tls@example.com; ext=a"},
    {{"v=TLSRPTv1;; rua=mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_FIELD_EMPTY,
     11,
     false,
     false,
     MENDED},
    /* one address */
    {{"v=TLSRPTv1; rua="}, TXT_ONE, TXT_FAULT_URI_EMPTY, 16, false, false, NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com,"},
     TXT_ONE,
     TXT_FAULT_URI_EMPTY,
     39,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=tls@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_NO_SCHEME,
     16,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com,b@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_NO_SCHEME,
     39,
     false,
     false,
     "v=TLSRPTv1; rua=mailto:tls@example.com,mailto:b@example.com"},
    {{"v=TLSRPTv1; rua=http://r.example/x"},
     TXT_ONE,
     TXT_FAULT_URI_SCHEME,
     16,
     true,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=ftp://r.example/x,mailto:tls@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_SCHEME,
     16,
     true,
     true,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com!10m"},
     TXT_ONE,
     TXT_FAULT_URI_SIZE,
     38,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=mailto:t!s@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_BANG,
     24,
     false,
     false,
     "v=TLSRPTv1; rua=mailto:t%21s@example.com"},
    {{"v=TLSRPTv1; rua=https://r.example/a;b"},
     TXT_ONE,
     TXT_FAULT_EQUALS_MISSING,
     36,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:a,b@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_ADDRESS,
     16,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:tls"}, TXT_ONE, TXT_FAULT_URI_ADDRESS, 16, true, false, NULL},
    {{"v=TLSRPTv1; rua=mailto:@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_ADDRESS,
     16,
     true,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:a@example.com%2Cb@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_ADDRESS,
     16,
     true,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto://tls@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_ADDRESS,
     16,
     true,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=mailto: tls@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_CHARACTER,
     23,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=<mailto:tls@example.com>"},
     TXT_ONE,
     TXT_FAULT_URI_CHARACTER,
     16,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=\"mailto:tls@example.com\""},
     TXT_ONE,
     TXT_FAULT_URI_CHARACTER,
     16,
     false,
     false,
     MENDED},
    {{"v=TLSRPTv1; rua=mailto:tls@m\xc3\xa4il.example"},
     TXT_ONE,
     TXT_FAULT_URI_CHARACTER,
     28,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:50%@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_PERCENT,
     25,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:a%0d%0ab@example.com"},
     TXT_ONE,
     TXT_FAULT_URI_PERCENT,
     24,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=https:///x"}, TXT_ONE, TXT_FAULT_URI_HOST, 16, true, false, NULL},
    {{"v=TLSRPTv1; rua=https:r.example"}, TXT_ONE, TXT_FAULT_URI_HOST, 16, true, false, NULL},
    /* extensions */
    {{"v=TLSRPTv1; rua=mailto:tls@example.com; a=b=c"},
     TXT_ONE,
     TXT_FAULT_VALUE_EQUALS,
     43,
     true,
     true,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com; a=\xc3\xa4"},
     TXT_ONE,
     TXT_FAULT_VALUE,
     42,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com; a="},
     TXT_ONE,
     TXT_FAULT_VALUE,
     42,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com; -a=b"},
     TXT_ONE,
     TXT_FAULT_NAME,
     40,
     false,
     false,
     NULL},
    {{"v=TLSRPTv1; rua=mailto:tls@example.com; a23456789012345678901234567890123=b"},
     TXT_ONE,
     TXT_FAULT_NAME,
     40,
     false,
     false,
     NULL},
};

static void read_case(const struct record_case *wanted, struct arena *arena,
                      struct tlsrpt_record *record)
{
    struct text_list strings = {0};
    for (size_t i = 0; i < STRINGS_MAX && wanted->strings[i]; i++)
        text_list_add(arena, &strings, text_of(wanted->strings[i]));
    tlsrpt_record_read(&strings, arena, record);
}

static void every_fault_is_named_at_its_byte(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct record_case *wanted = &cases[i];
        struct tlsrpt_record record;
        read_case(wanted, &arena, &record);
        enum txt_fault fault = record.faults.count ? record.faults.at[0].fault : TXT_FAULT_NONE;
        size_t offset = record.faults.count ? record.faults.at[0].offset : 0;
        if (record.state != wanted->state || fault != wanted->fault ||
            offset != wanted->offset || record.valid != wanted->valid ||
            record.usable != wanted->usable)
            fail_msg("%s: state %d, %s at %zu, valid %d, usable %d", wanted->strings[0],
                     record.state, fault ? txt_fault_name(fault) : "no fault", offset,
                     record.valid, record.usable);
        for (size_t j = 0; j < record.faults.count; j++) {
            assert_true(record.faults.at[j].sentence.length > 20);
            assert_true(text_is_utf8(record.faults.at[j].sentence));
        }
    }
}

static void a_corrected_record_is_offered_where_it_can_be_derived(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tlsrpt_record record;
        read_case(&cases[i], &arena, &record);
        if (!text_equal(record.corrected, text_of(cases[i].corrected)))
            fail_msg("%s: %.*s", cases[i].strings[0] ? cases[i].strings[0] : "nothing",
                     TEXT_ARGS(record.corrected));
    }
}

static void addresses_are_decoded_and_their_domains_known(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct text string =
        TEXT("v=TLSRPTv1; rua=mailto:tls%2Breports@Example.COM?subject=x, "
             "https://user@Reports.example:8443/x,mailto:%22a%20b%22@example.net; rua=x:y");
    struct text_list strings = {&string, 1};
    struct tlsrpt_record record;
    tlsrpt_record_read(&strings, &arena, &record);
    assert_int_equal(record.ruas.count, 4);
    const struct tlsrpt_rua *rua = record.ruas.at;
    assert_int_equal(rua[0].scheme, TLSRPT_SCHEME_MAILTO);
    assert_true(text_equal(rua[0].address, TEXT("tls+reports@example.com")));
    assert_true(text_equal(rua[0].domain, TEXT("example.com")));
    assert_int_equal(rua[0].offset, 16);
    assert_int_equal(rua[1].scheme, TLSRPT_SCHEME_HTTPS);
    assert_true(text_equal(rua[1].domain, TEXT("reports.example")));
    assert_false(text_known(rua[1].address));
    assert_true(text_equal(rua[1].uri, TEXT("https://user@Reports.example:8443/x")));
    assert_true(text_equal(rua[2].address, TEXT("\"a b\"@example.net")));
    assert_int_equal(rua[3].scheme, TLSRPT_SCHEME_OTHER);
    assert_false(rua[3].usable);
    assert_true(record.usable);
}

static void a_flood_of_faults_is_cut_and_still_invalid(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    enum { SIZE = 60000 };
    char *at = arena_alloc(&arena, SIZE);
    memset(at, ';', SIZE);
    memcpy(at, "v=TLSRPTv1;rua=mailto:tls@example.com", 37);
    struct text string = {at, SIZE};
    struct text_list strings = {&string, 1};
    struct tlsrpt_record record;
    tlsrpt_record_read(&strings, &arena, &record);
    assert_int_equal(record.faults.count, TXT_FAULTS_MAX);
    assert_false(record.valid);
    assert_false(text_known(record.corrected));
}

static void sentences_quote_nothing_unprintable(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct text string = TEXT("v=TLSRPTv1; rua=mailto:a@example.com; \x1b[31m\xff\xc2\x9b\x07");
    struct text_list strings = {&string, 1};
    struct tlsrpt_record record;
    tlsrpt_record_read(&strings, &arena, &record);
    assert_int_equal(record.faults.at[0].fault, TXT_FAULT_EQUALS_MISSING);
    assert_true(text_starts(record.faults.at[0].sentence, TEXT("\"?[31m???\" is no field")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_named_at_its_byte),
        cmocka_unit_test(a_corrected_record_is_offered_where_it_can_be_derived),
        cmocka_unit_test(addresses_are_decoded_and_their_domains_known),
        cmocka_unit_test(a_flood_of_faults_is_cut_and_still_invalid),
        cmocka_unit_test(sentences_quote_nothing_unprintable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
