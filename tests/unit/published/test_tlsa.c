#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/sha256.h"
#include "published/tlsa.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX128 HEX64 HEX64

static void each_record_is_read_or_its_fault_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool reads;
        enum tlsa_fault fault;
        size_t offset;
        const char *canonical;
    } cases[] = {
        {"3 1 1 " HEX64, true, TLSA_FAULT_NONE, 0, "3 1 1 " HEX64},
        {"2 0 1 " HEX64, true, TLSA_FAULT_NONE, 0, "2 0 1 " HEX64},
        {"3 1 2 " HEX128, true, TLSA_FAULT_NONE, 0, "3 1 2 " HEX128},
        {"  3\t1 1 ( 0123456789ABCDEF 0123456789abcdef0123456789abcdef\n0123456789abcdef )",
         true, TLSA_FAULT_NONE, 0, "3 1 1 " HEX64},
        {"003 1 1 " HEX64, true, TLSA_FAULT_NONE, 0, "3 1 1 " HEX64},
        /* A DER SEQUENCE of three bytes. */
        {"3 1 0 3003020105", true, TLSA_FAULT_NONE, 0, "3 1 0 3003020105"},
        {"3 1 0 3004020105", true, TLSA_FAULT_LENGTH, 0, "3 1 0 3004020105"},
        {"3 1 0 " HEX64, true, TLSA_FAULT_LENGTH, 0, "3 1 0 " HEX64},
        {"0 1 1 " HEX64, true, TLSA_FAULT_USAGE, 0, "0 1 1 " HEX64},
        {"1 1 1 " HEX64, true, TLSA_FAULT_USAGE, 0, "1 1 1 " HEX64},
        {"255 1 1 " HEX64, true, TLSA_FAULT_USAGE, 0, "255 1 1 " HEX64},
        {"3 2 1 " HEX64, true, TLSA_FAULT_SELECTOR, 0, "3 2 1 " HEX64},
        {"3 1 3 " HEX64, true, TLSA_FAULT_MATCHING, 0, "3 1 3 " HEX64},
        {"3 1 1 " HEX128, true, TLSA_FAULT_LENGTH, 0, "3 1 1 " HEX128},
        {"3 1 2 " HEX64, true, TLSA_FAULT_LENGTH, 0, "3 1 2 " HEX64},
        {"3 1 1 ab", true, TLSA_FAULT_LENGTH, 0, "3 1 1 ab"},
        {"", false, TLSA_FAULT_NUMBER, 0, NULL},
        {"3 1", false, TLSA_FAULT_NUMBER, 3, NULL},
        {"3 1 x ab", false, TLSA_FAULT_NUMBER, 4, NULL},
        {"256 1 1 ab", false, TLSA_FAULT_NUMBER, 0, NULL},
        {"3 -1 1 ab", false, TLSA_FAULT_NUMBER, 2, NULL},
        {"3 1 1", false, TLSA_FAULT_NO_DATA, 5, NULL},
        {"3 1 1 abc", false, TLSA_FAULT_ODD, 9, NULL},
        {"3 1 1 abxd", false, TLSA_FAULT_HEX, 8, NULL},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tlsa tlsa;
        bool reads = tlsa_parse(text_of(cases[i].text), &arena, &tlsa);
        if (reads != cases[i].reads || tlsa.fault != cases[i].fault ||
            tlsa.offset != cases[i].offset)
            fail_msg("%s: %s at %zu", cases[i].text,
                     tlsa.fault ? tlsa_fault_name(tlsa.fault) : "no fault", tlsa.offset);
        assert_int_equal(text_known(tlsa.sentence), tlsa.fault != TLSA_FAULT_NONE);
        assert_int_equal(tlsa.usable, reads && !tlsa.fault);
        if (reads)
            assert_true(text_equal(tlsa_text(&arena, &tlsa), text_of(cases[i].canonical)));
    }
}

static void the_wire_form_reads_as_the_same(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct tlsa tlsa;
    assert_true(tlsa_parse_wire(TEXT("\x03\x01\x01\xab\xcd"), &arena, &tlsa));
    assert_int_equal(tlsa.fault, TLSA_FAULT_LENGTH);
    assert_true(text_equal(tlsa_text(&arena, &tlsa), TEXT("3 1 1 abcd")));
    char bytes[3 + SHA256_SIZE] = {2, 0, 1};
    assert_true(tlsa_parse_wire((struct text){bytes, sizeof bytes}, &arena, &tlsa));
    assert_true(tlsa.usable);
    assert_int_equal(tlsa.usage, 2);
    assert_false(tlsa_parse_wire(TEXT("\x03\x01"), &arena, &tlsa));
    assert_int_equal(tlsa.fault, TLSA_FAULT_NUMBER);
    assert_false(tlsa_parse_wire(TEXT("\x03\x01\x01"), &arena, &tlsa));
    assert_int_equal(tlsa.fault, TLSA_FAULT_NO_DATA);
}

static void the_digest_of_an_empty_file_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool nothing;
    } cases[] = {
        {"3 1 1 E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", true},
        {"3 1 2 cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
         "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
         true},
        {"3 1 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false},
        {"3 1 1 " HEX64, false},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tlsa tlsa;
        assert_true(tlsa_parse(text_of(cases[i].text), &arena, &tlsa));
        assert_int_equal(tlsa_is_digest_of_nothing(&tlsa), cases[i].nothing);
    }
}

static void a_record_is_compared_with_what_its_selector_takes(void **state)
{
    (void)state;
    uint8_t digest[SHA256_SIZE];
    char key_hex[SHA256_HEX_SIZE];
    sha256(TEXT("\x30\x03\x02\x01\x05"), digest);
    sha256_hex(digest, key_hex);
    const struct {
        const char *record;
        const char *spki, *cert;
        enum tlsa_match match;
    } cases[] = {
        {"3 1 1 " HEX64, HEX64, NULL, TLSA_MATCH_YES},
        {"3 1 1 " HEX64, key_hex, HEX64, TLSA_MATCH_NO},
        {"3 0 1 " HEX64, NULL, HEX64, TLSA_MATCH_YES},
        {"3 0 1 " HEX64, HEX64, key_hex, TLSA_MATCH_NO},
        {"2 0 1 " HEX64, HEX64, NULL, TLSA_MATCH_UNKNOWN},
        {"3 1 2 " HEX128, HEX64, HEX64, TLSA_MATCH_UNKNOWN},
        {"3 1 0 3003020105", key_hex, NULL, TLSA_MATCH_YES},
        {"3 1 0 3003020106", key_hex, NULL, TLSA_MATCH_NO},
        {"3 2 1 " HEX64, HEX64, HEX64, TLSA_MATCH_UNKNOWN},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tlsa tlsa;
        assert_true(tlsa_parse(text_of(cases[i].record), &arena, &tlsa));
        if (tlsa_match(&tlsa, text_of(cases[i].spki), text_of(cases[i].cert)) != cases[i].match)
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_read_or_its_fault_named),
        cmocka_unit_test(the_wire_form_reads_as_the_same),
        cmocka_unit_test(the_digest_of_an_empty_file_is_known),
        cmocka_unit_test(a_record_is_compared_with_what_its_selector_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
