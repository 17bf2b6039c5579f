#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "observe/wire_dns.h"

/* Bytes with NUL in them. */
#define BYTES(literal) ((struct text){"" literal, sizeof(literal) - 1})

/* A response with one answer, to the question for mx.example, type MX; its name is at offset 12. */
#define HEAD(flags, answers) "\x12\x34" flags "\0\1\0" answers "\0\0\0\0"
#define ASKED                "\2mx\7example\0\0\x0f\0\1"
#define FIXED(type)          "\xc0\x0c" type "\0\1\0\0\1\x2c"

static void a_question_has_edns_and_no_recursion(void **state)
{
    (void)state;
    static const char expected[] =
        "\x12\x34\0\0\0\1\0\0\0\0\0\1" ASKED "\0\0\x29\x04\xd0\0\0\0\0\0\0";
    uint8_t query[DNS_QUERY_MAX];
    size_t length = dns_query_write(query, 0x1234, TEXT("mx.example"), DNS_MX);
    assert_int_equal(length, sizeof expected - 1);
    assert_memory_equal(query, expected, length);
}

static void what_is_no_host_name_is_not_asked_for(void **state)
{
    (void)state;
    static const char *const names[] = {"", ".", "a..example", "a b.example", ".example"};
    uint8_t query[DNS_QUERY_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(dns_query_write(query, 1, text_of(names[i]), DNS_A), 0);
    char longest[254];
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 2 ? '.' : 'a';
    size_t length = dns_query_write(query, 1, (struct text){longest, 253}, DNS_A);
    assert_int_equal(length, DNS_HEADER_SIZE + 255 + 4 + 11);
}

static void each_type_has_its_canonical_value(void **state)
{
    (void)state;
    static const struct {
        struct text message;
        uint16_t type;
        const char *value, *host;
    } cases[] = {
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\1") "\0\4\xc0\0\2\1"), DNS_A,
         "192.0.2.1", NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1")
                      ASKED FIXED("\0\x1c") "\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
         DNS_AAAA, "2001:db8::1", NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x0f") "\0\6\0\x0a\1A\xc0\x0c"), DNS_MX,
         "10 a.mx.example", "a.mx.example"},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x0f") "\0\3\0\0\0"), DNS_MX, "0 .", "."},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\5") "\0\6\1B\1C\xc0\x0f"), DNS_CNAME,
         "b.c.example", "b.c.example"},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\2") "\0\2\xc0\x0f"), DNS_NS, "example",
         "example"},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x10") "\0\x07\3v=1\0\1;"), DNS_TXT,
         "v=1;", NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x34") "\0\5\3\1\0\xAB\xCD"), DNS_TLSA,
         "3 1 0 abcd", NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x63") "\0\2\1\xff"), 99, "\\# 2 01ff",
         NULL},
        /* Data that is not what its type says. */
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\1") "\0\3\xc0\0\2"), DNS_A,
         "\\# 3 c00002", NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x10") "\0\2\5v"), DNS_TXT, "\\# 2 0576",
         NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x0f") "\0\4\0\1\0\0"), DNS_MX,
         "\\# 4 00010000", NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x0f") "\0\1\1"), DNS_MX, "\\# 1 01",
         NULL},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\5") "\0\5\3a.b\0"), DNS_CNAME, "a\\.b",
         "a\\.b"},
        {TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\5") "\0\4\2\xff \0"), DNS_CNAME,
         "\\255\\032", "\\255\\032"},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dns_answer answer;
        assert_true(dns_answer_read(cases[i].message, &arena, &answer));
        assert_int_equal(answer.records.count, 1);
        const struct dns_record *record = &answer.records.at[0];
        assert_int_equal(record->type, cases[i].type);
        assert_int_equal(record->ttl, 300);
        assert_true(text_equal(record->name, TEXT("mx.example")));
        assert_string_equal(text_string(&arena, record->value), cases[i].value);
        assert_true(text_equal(record->host, text_of(cases[i].host)));
    }
}

static void what_is_no_answer_is_refused(void **state)
{
    (void)state;
    static const struct text messages[] = {
        TEXT_ROW(""),
        TEXT_ROW(HEAD("\0\0", "\0") ASKED),                  /* a question */
        TEXT_ROW(HEAD("\xa0\0", "\0") ASKED),                /* another opcode */
        TEXT_ROW("\1\2\x84\0\0\0\0\0\0\0\0\0"),              /* without a question */
        TEXT_ROW(HEAD("\x84\0", "\0") "\1a\0\0\x0f\0\3"),    /* class CH */
        TEXT_ROW(HEAD("\x84\0", "\0") "\xc0\x0c\0\x0f\0\1"), /* a name that is itself */
        TEXT_ROW(HEAD("\x84\0", "\0") "\xc0\x20\0\x0f\0\1"), /* a pointer forward */
        TEXT_ROW(HEAD("\x84\0", "\0") "\x41"
                                      "a\0\0\x0f\0\1"), /* a label of unknown kind */
        TEXT_ROW(HEAD("\x84\0", "\1") ASKED),           /* fewer records than it says */
        TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\1") "\0\5\xc0\0\2\1"),
    };
    ARENA_AUTO arena = {0};
    struct dns_answer answer;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        assert_false(dns_answer_read(messages[i], &arena, &answer));
}

static void no_cut_reads_beyond_the_message(void **state)
{
    (void)state;
    static const struct text whole =
        TEXT_ROW(HEAD("\x84\0", "\1") ASKED FIXED("\0\x0f") "\0\6\0\x0a\1A\xc0\x0c");
    for (size_t length = 0; length < whole.length; length++) {
        ARENA_AUTO arena = {0};
        struct dns_answer answer;
        char *copy = malloc(length + !length);
        assert_non_null(copy);
        memcpy(copy, whole.at, length);
        assert_false(dns_answer_read((struct text){copy, length}, &arena, &answer));
        free(copy);
    }
}

static void a_truncated_answer_gives_what_is_whole(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct dns_answer answer;
    assert_true(dns_answer_read(
        BYTES(HEAD("\x86\0", "\2") ASKED FIXED("\0\1") "\0\4\xc0\0\2\1\xc0"), &arena, &answer));
    assert_true(answer.truncated && answer.authoritative);
    assert_int_equal(answer.records.count, 1);
}

static void an_answer_belongs_to_its_question(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct dns_answer answer;
    assert_true(dns_answer_read(BYTES(HEAD("\x81\3", "\0") "\2Mx\7eXample\0\0\x0f\0\1"), &arena,
                                &answer));
    assert_int_equal(answer.rcode, DNS_NXDOMAIN);
    assert_false(answer.authoritative);
    assert_true(dns_answers(&answer, 0x1234, TEXT("mx.example"), DNS_MX));
    assert_false(dns_answers(&answer, 0x1235, TEXT("mx.example"), DNS_MX));
    assert_false(dns_answers(&answer, 0x1234, TEXT("my.example"), DNS_MX));
    assert_false(dns_answers(&answer, 0x1234, TEXT("mx.example"), DNS_TXT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_has_edns_and_no_recursion),
        cmocka_unit_test(what_is_no_host_name_is_not_asked_for),
        cmocka_unit_test(each_type_has_its_canonical_value),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(no_cut_reads_beyond_the_message),
        cmocka_unit_test(a_truncated_answer_gives_what_is_whole),
        cmocka_unit_test(an_answer_belongs_to_its_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
