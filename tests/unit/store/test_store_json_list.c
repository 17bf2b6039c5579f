/* Lists of texts as JSON arrays, also those that a stranger edited. */
#include "store/store_internal.h"
#include "store_testing.h"

static const char *joined(struct arena *arena, const char *json)
{
    struct text_list list = json_list_read(arena, text_of(json));
    BUFFER_AUTO out = {0};
    for (size_t i = 0; i < list.count; i++)
        buffer_format(&out, "%s%.*s", i ? "|" : "", TEXT_ARGS(list.at[i]));
    return text_string(arena, buffer_text(&out));
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    static const struct text texts[] = {
        {"", 0},
        {"plain", 5},
        {"a \"quoted\" one", 14},
        {"back\\slash", 10},
        {"\x01\t\n\x1f", 4},
        {"z\0z", 3},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8c", 9},
    };
    struct text_list list = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        text_list_add(&arena, &list, texts[i]);
        BUFFER_AUTO json = {0};
        json_list_write(&json, &list);
        struct text_list back = json_list_read(&arena, buffer_text(&json));
        assert_int_equal(back.count, list.count);
        for (size_t j = 0; j < list.count; j++)
            assert_true(text_equal(back.at[j], list.at[j]));
    }
}

static void foreign_spellings_are_read_and_broken_ones_end_the_list(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    static const struct {
        const char *json, *texts;
    } rows[] = {
        {"[]", ""},
        {" [ \"a\" ,\n\"b\" ] ", "a|b"},
        {"[\"\\u0041\\/\\b\"]", "A/\b"},
        {"[\"\\u20AC\\ud83d\\udc0c\"]", "\xe2\x82\xac\xf0\x9f\x90\x8c"},
        {"[\"\\ud83d\",\"\\udc0c\",\"\\ud83dx\"]", "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbdx"},
        {"[\"\\ud83d\\u0041\"]", "\xef\xbf\xbd"
                                 "A"},
        {"", ""},
        {"\"a\"", ""},
        {"[\"a\",1,\"b\"]", "a"},
        {"[\"a\",\"b", "a"},
        {"[\"a\",\"\\", "a"},
        {"[\"a\",\"\\u12", "a"},
        {"[\"a\",\"\\x\"]", "a"},
        {"[\"a\" \"b\"]", "a"},
        {"[[[[", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(joined(&arena, rows[i].json), rows[i].texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(foreign_spellings_are_read_and_broken_ones_end_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
