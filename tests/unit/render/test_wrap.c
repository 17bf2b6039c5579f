#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "render/wrap.h"

static void columns_are_those_of_a_terminal(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        {"", 0},       {"abc", 3},    {"§", 1},          {"äöü", 3},  {"a\u0308", 1},
        {"例え", 4},   {"\u200d", 0}, {"\U0001f600", 2}, {"\xff", 4}, /* \xff */
        {"\u202e", 8}, {"\t\033", 8},                                 /* \x09\x1b */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(wrap_columns(text_of(cases[i].text)), cases[i].columns);
}

static void paragraphs_break_between_words(void **state)
{
    static const struct {
        size_t column;
        const char *text, *lines;
    } cases[] = {
        {0, "", "\n"},
        {0, "one two", "one two\n"},
        {0, "one  two   ", "one two\n"},
        {0, "0123456789", "0123456789\n"},
        {0, "01234 6789", "01234 6789\n"},
        {0, "01234 67890", "01234\n  67890\n"},
        {5, "01234 6", "01234\n  6\n"},
        {5, "012345", "\n  012345\n"}, /* not behind the label that takes five columns */
        {2, "0123456789abc d", "0123456789abc\n  d\n"}, /* nowhere else is it shorter */
        {0, "例え 例え 例", "例え 例え\n  例\n"},
        {0, "a\nb", "a\\x0ab\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUFFER_AUTO out = {0};
        wrap_paragraph(&out, (struct wrap){10, 2}, cases[i].column, text_of(cases[i].text));
        buffer_add_char(&out, 0);
        assert_string_equal(out.at, cases[i].lines);
    }
}

static void what_is_to_be_pasted_is_not_broken(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    wrap_lines(&out, (struct wrap){12, 2}, 2,
               TEXT("Publish this:\r\n    a b c d e f g h\r\n\nthen\033 wait."));
    buffer_add_char(&out, 0);
    assert_string_equal(out.at,
                        "Publish\n  this:\n      a b c d e f g h\n  then\\x1b\n  wait.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(paragraphs_break_between_words),
        cmocka_unit_test(what_is_to_be_pasted_is_not_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
