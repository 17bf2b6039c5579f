/* What cJSON lets through or gets wrong is dealt with before it sees the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "ingest/json.h"

static const struct {
    struct text text;
    enum json_end end;
} ends[] = {
    {TEXT_ROW("{}"), JSON_WHOLE},
    {TEXT_ROW(" \r\n\t{\"a\":[1,{\"b\":null}]} \n"), JSON_WHOLE},
    {TEXT_ROW("\xef\xbb\xbf {}"), JSON_WHOLE},
    {TEXT_ROW("{\"a\":\"}\\\"}\"}"), JSON_WHOLE},
    {TEXT_ROW(""), JSON_NOT_OBJECT},
    {TEXT_ROW("[]"), JSON_NOT_OBJECT},
    {TEXT_ROW("<feedback/>"), JSON_NOT_OBJECT},
    {TEXT_ROW("\0{}"), JSON_NOT_OBJECT},
    {TEXT_ROW("{"), JSON_CUT},
    {TEXT_ROW("{\"a\":[{}"), JSON_CUT},
    {TEXT_ROW("{\"a"), JSON_CUT},
    {TEXT_ROW("{\"a\\"), JSON_CUT},
    {TEXT_ROW("{\"a\\u00"), JSON_CUT},
    {TEXT_ROW("{\"a\":12e"), JSON_CUT},
    {TEXT_ROW("{\"a\":\"x\0y\"}"), JSON_NUL},
    {TEXT_ROW("{\"a\":1,\0\"b\":2}"), JSON_NUL},
    {TEXT_ROW("{\"a\":\"\\\0\"}"), JSON_NUL},
    {TEXT_ROW("{\"a\":1]"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":1,}"), JSON_BROKEN},
    {TEXT_ROW("{'a':1}"), JSON_BROKEN},
    {TEXT_ROW("{a:1}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":NaN}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":+1}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":1-2}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":-}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":1.5.2}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":1.5x}"), JSON_BROKEN},
    {TEXT_ROW("{1.5:1}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":\"\\x41\"}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":\"\\u00g0\"}"), JSON_BROKEN},
    {TEXT_ROW("{\"a\":\xc2\xa0 1}"), JSON_BROKEN},
};

static void a_text_ends_as_it_is(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct json_document document;
        enum json_end end = json_parse(ends[i].text, 64, &arena, &document);
        if (end != ends[i].end)
            fail_msg("case %zu: %d instead of %d", i, (int)end, (int)ends[i].end);
        assert_int_equal(end == JSON_WHOLE, document.root != NULL);
        assert_int_equal(json_is_object(ends[i].text), ends[i].end != JSON_NOT_OBJECT);
        assert_true(document.error_offset <= ends[i].text.length);
    }
}

static const struct {
    struct text value; /* of the key a, with its quotes */
    struct text string;
    const char *oddities;
} strings[] = {
    {TEXT_ROW("\"plain\""), TEXT_ROW("plain"), ""},
    {TEXT_ROW("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TEXT_ROW("a\"\\/\b\f\n\r\t"), ""},
    {TEXT_ROW("\"\\u20ac \\ud83d\\ude00\""), TEXT_ROW("\xe2\x82\xac \xf0\x9f\x98\x80"), ""},
    {TEXT_ROW("\"\xe2\x82\xac\""), TEXT_ROW("\xe2\x82\xac"), ""},
    {TEXT_ROW("\"caf\xe9 \xff\""), TEXT_ROW("caf\xc3\xa9 \xc3\xbf"), "not-utf8"},
    {TEXT_ROW("\"\xe2\x82\""), TEXT_ROW("\xc3\xa2\xc2\x82"), "not-utf8"},
    {TEXT_ROW("\"\xed\xa0\x80\""), TEXT_ROW("\xc3\xad\xc2\xa0\xc2\x80"), "not-utf8"},
    {TEXT_ROW("\"a\\u0000b\""),
     TEXT_ROW("a\xef\xbf\xbd"
              "b"),
     "nul-escape"},
    {TEXT_ROW("\"\\ud800\""), TEXT_ROW("\xef\xbf\xbd"), "lone-surrogate"},
    {TEXT_ROW("\"\\udc00x\""), TEXT_ROW("\xef\xbf\xbdx"), "lone-surrogate"},
    {TEXT_ROW("\"\\ud800\\ud83d\\ude00\""), TEXT_ROW("\xef\xbf\xbd\xf0\x9f\x98\x80"),
     "lone-surrogate"},
    {TEXT_ROW("\"\\udc00\\udc00\""), TEXT_ROW("\xef\xbf\xbd\xef\xbf\xbd"), "lone-surrogate"},
    {TEXT_ROW("\"\\ud83dx\\ude00\""), TEXT_ROW("\xef\xbf\xbdx\xef\xbf\xbd"), "lone-surrogate"},
    {TEXT_ROW("\"a\tb\r\n\x01\""), TEXT_ROW("a\tb\r\n\x01"), "control-character"},
    {TEXT_ROW("\"\x7f\""), TEXT_ROW("\x7f"), ""},
    {TEXT_ROW("\x0c\"a\""), TEXT_ROW("a"), "control-character"},
    {TEXT_ROW("\"12345678901234567890\""), TEXT_ROW("12345678901234567890"), ""},
};

static const char *oddities_text(const struct json_oddities *found, char *buffer)
{
    const struct {
        bool found;
        const char *name;
    } names[] = {
        {found->byte_order_mark, "byte-order-mark "},
        {found->not_utf8, "not-utf8 "},
        {found->nul_escape, "nul-escape "},
        {found->lone_surrogate, "lone-surrogate "},
        {found->control_character, "control-character "},
        {found->number_form, "number-form "},
        {found->trailing, "trailing "},
    };
    buffer[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].found)
            strcat(buffer, names[i].name);
    if (*buffer)
        buffer[strlen(buffer) - 1] = 0;
    return buffer;
}

/* The value of the key a in a document made of it; another string follows it, so that what is
 * rewritten shows that the rest stays. */
static const cJSON *parse_value(struct text value, struct arena *arena,
                                struct json_document *document)
{
    struct text text = text_format(arena, "{\"a\":%.*s,\"z\":\"end\"}", 0, "");
    BUFFER_AUTO made = {0};
    buffer_add_text(&made, text_first(text, 5));
    buffer_add_text(&made, value);
    buffer_add_text(&made, text_from(text, 5));
    struct text bytes = text_copy(arena, buffer_text(&made));
    if (json_parse(bytes, 64, arena, document) != JSON_WHOLE)
        return NULL;
    assert_true(text_equal(document->source, bytes));
    const cJSON *last = document->root->child->next;
    assert_true(text_equal(json_string(last), TEXT("end")));
    return document->root->child;
}

static void strings_come_as_they_were_meant(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct json_document document;
        char buffer[256];
        const cJSON *item = parse_value(strings[i].value, &arena, &document);
        if (!item || !text_equal(json_string(item), strings[i].string))
            fail_msg("case %zu", i);
        assert_string_equal(oddities_text(&document.oddities, buffer), strings[i].oddities);
    }
}

static const struct {
    const char *value;
    enum json_number found;
    uint64_t count;
    bool as_string, loose;
} counts[] = {
    {"0", JSON_NUMBER_OK, 0, false, false},
    {"7", JSON_NUMBER_OK, 7, false, false},
    {"-0", JSON_NUMBER_OK, 0, false, false},
    {"999999999999999", JSON_NUMBER_OK, 999999999999999, false, false},
    {"9007199254740993", JSON_NUMBER_OK, 9007199254740993, false, false},
    {"9223372036854775807", JSON_NUMBER_OK, INT64_MAX, false, false},
    {"9223372036854775808", JSON_NUMBER_TOO_LARGE, INT64_MAX, false, false},
    {"18446744073709551617", JSON_NUMBER_TOO_LARGE, INT64_MAX, false, false},
    {"1e999", JSON_NUMBER_TOO_LARGE, INT64_MAX, false, false},
    {"1e99999999999999999999", JSON_NUMBER_TOO_LARGE, INT64_MAX, false, false},
    {"0e999", JSON_NUMBER_OK, 0, false, false},
    {"12.0", JSON_NUMBER_OK, 12, false, false},
    {"1.2e1", JSON_NUMBER_OK, 12, false, false},
    {"120E-1", JSON_NUMBER_OK, 12, false, false},
    {"922337203685477580.7e+1", JSON_NUMBER_OK, INT64_MAX, false, false},
    {"12.5", JSON_NUMBER_FRACTION, 12, false, false},
    {"1e-99999999999999999999", JSON_NUMBER_FRACTION, 0, false, false},
    {"-1", JSON_NUMBER_NEGATIVE, 0, false, false},
    {"-0.5", JSON_NUMBER_NEGATIVE, 0, false, false},
    {"-9223372036854775809", JSON_NUMBER_NEGATIVE, 0, false, false},
    {"007", JSON_NUMBER_OK, 7, false, true},
    {"1.", JSON_NUMBER_OK, 1, false, true},
    {"\"12\"", JSON_NUMBER_OK, 12, true, false},
    {"\" 12.0 \"", JSON_NUMBER_OK, 12, true, false},
    {"\"9007199254740993\"", JSON_NUMBER_OK, 9007199254740993, true, false},
    {"\"-3\"", JSON_NUMBER_NEGATIVE, 0, true, false},
    {"\"\"", JSON_NUMBER_NONE, 0, false, false},
    {"\"12x\"", JSON_NUMBER_NONE, 0, false, false},
    {"\"0x10\"", JSON_NUMBER_NONE, 0, false, false},
    {"null", JSON_NUMBER_NONE, 0, false, false},
    {"true", JSON_NUMBER_NONE, 0, false, false},
    {"[1]", JSON_NUMBER_NONE, 0, false, false},
};

static void counts_are_exact_and_saturate(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct json_document document;
        uint64_t count;
        bool as_string;
        const cJSON *item = parse_value(text_of(counts[i].value), &arena, &document);
        assert_non_null(item);
        enum json_number found = json_count(item, &count, &as_string);
        if (found != counts[i].found || count != counts[i].count)
            fail_msg("%s: %d, %lu", counts[i].value, (int)found, (unsigned long)count);
        assert_int_equal(as_string, counts[i].as_string);
        assert_int_equal(document.oddities.number_form, counts[i].loose);
    }
    uint64_t count;
    bool as_string;
    assert_int_equal(json_count(NULL, &count, &as_string), JSON_NUMBER_NONE);
}

static void a_number_is_no_string(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct json_document document;
    const cJSON *item = parse_value(TEXT("9007199254740993"), &arena, &document);
    assert_false(text_known(json_string(item)));
    assert_true(text_equal(json_scalar(item, &arena), TEXT("9007199254740993")));
    item = parse_value(TEXT("404"), &arena, &document);
    assert_true(text_equal(json_scalar(item, &arena), TEXT("404")));
    item = parse_value(TEXT("false"), &arena, &document);
    assert_true(text_equal(json_scalar(item, &arena), TEXT("false")));
    assert_false(text_known(json_scalar(NULL, &arena)));
    /* A string cannot forge the mark of a rewritten number. */
    item = parse_value(TEXT("\"\xff"
                            "12\""),
                       &arena, &document);
    assert_true(text_equal(json_string(item), TEXT("\xc3\xbf"
                                                   "12")));
}

/* DEPTH objects in one another. */
static struct text nested(struct buffer *buffer, size_t depth)
{
    buffer->length = 0;
    for (size_t i = 1; i < depth; i++)
        buffer_add_text(buffer, TEXT("{\"a\":"));
    buffer_add_text(buffer, TEXT("{"));
    for (size_t i = 0; i < depth; i++)
        buffer_add_char(buffer, '}');
    return buffer_text(buffer);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    static const struct {
        size_t depth;
        unsigned limit;
        enum json_end end;
    } cases[] = {
        {1, 1, JSON_WHOLE},         {2, 1, JSON_TOO_DEEP},    {64, 64, JSON_WHOLE},
        {65, 64, JSON_TOO_DEEP},    {1000, 5000, JSON_WHOLE}, {1001, 5000, JSON_TOO_DEEP},
        {20000, 64, JSON_TOO_DEEP},
    };
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_document document;
        struct text text = nested(&buffer, cases[i].depth);
        assert_int_equal(json_parse(text, cases[i].limit, &arena, &document), cases[i].end);
    }
    struct json_document document;
    assert_int_equal(json_parse(TEXT("{\"a\":[[]]}"), 2, &arena, &document), JSON_TOO_DEEP);
}

static void the_document_is_what_lies_between_its_braces(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        const char *source, *oddities;
    } cases[] = {
        {TEXT_ROW("{}\r\n \t"), "{}", ""},
        {TEXT_ROW("\xef\xbb\xbf\n{ } x"), "{ }", "byte-order-mark trailing"},
        {TEXT_ROW("{\"a\":1}{\"b\":2}"), "{\"a\":1}", "trailing"},
        {TEXT_ROW("{}\0"), "{}", "trailing"},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_document document;
        char buffer[256];
        assert_int_equal(json_parse(cases[i].text, 64, &arena, &document), JSON_WHOLE);
        assert_true(text_equal(document.source, text_of(cases[i].source)));
        assert_string_equal(oddities_text(&document.oddities, buffer), cases[i].oddities);
    }
}

static void an_array_in_a_text_is_flat_and_all_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int elements; /* -1: none */
    } cases[] = {
        {"[]", 0},       {"[\"3 1 1 ab\",\"3 1 1 cd\"]", 2},
        {"[1,null]", 2}, {"[[]]", -1},
        {"[{}]", -1},    {"[\"a\"] x", -1},
        {"[\"a\"", -1},  {"[a]", -1},
        {"mx: [a]", -1}, {"[}", -1},
        {"", -1},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *array = json_array_in_text(text_of(cases[i].text), &arena);
        assert_int_equal(array ? cJSON_GetArraySize(array) : -1, cases[i].elements);
    }
}

static void cjson_is_left_with_its_own_memory(void **state)
{
    (void)state;
    struct json_document document;
    {
        ARENA_AUTO arena = {0};
        assert_int_equal(json_parse(TEXT("{\"a\":[1.5}"), 64, &arena, &document), JSON_CUT);
        assert_int_equal(json_parse(TEXT("{\"a\":[1.5]}"), 64, &arena, &document), JSON_WHOLE);
        assert_int_equal(json_parse(TEXT("{\"a\":[1.5,]}"), 64, &arena, &document),
                         JSON_BROKEN);
    }
    cJSON *own = cJSON_Parse("{\"a\":[1]}");
    assert_non_null(own);
    cJSON_Delete(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_ends_as_it_is),
        cmocka_unit_test(strings_come_as_they_were_meant),
        cmocka_unit_test(counts_are_exact_and_saturate),
        cmocka_unit_test(a_number_is_no_string),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_document_is_what_lies_between_its_braces),
        cmocka_unit_test(an_array_in_a_text_is_flat_and_all_of_it),
        cmocka_unit_test(cjson_is_left_with_its_own_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
