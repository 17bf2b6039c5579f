#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/vector.h"
#include "cli/options.h"

static const struct option own[] = {
    {"sender", "ADDRESS", "who sent it"},
    {"unrecognized", "accept|reject", "what to do"},
    {"format", "text|json", "how to print"},
    {"output", "DIR", "where to", .letter = 'o'},
    {"delete", NULL, "remove it"},
    {"code", "CODE", "which", .may_lack = true},
    {0},
};

/* Reads LINE, words between blanks where '_' is an empty word, with `cmd` as the command. */
static bool read_line(struct arena *arena, const char *line, struct options *options,
                      struct text_list *arguments, struct error *err)
{
    char *argv[32] = {(char[]){"tlsrpt"}};
    struct text rest = text_of(line), word, argument;
    int argc = 1;
    while (text_next(&rest, ' ', &word))
        argv[argc++] = text_string(arena, text_equal(word, TEXT("_")) ? TEXT("") : word);
    struct option_reader reader = {.argv = argv, .argc = argc, .next = 1};
    do {
        if (!options_next(&reader, arena, options, &argument, err))
            return false;
        if (text_known(argument) && !reader.own) {
            assert_true(text_equal(argument, TEXT("cmd")));
            reader.own = own;
        } else if (text_known(argument)) {
            text_list_add(arena, arguments, argument);
        }
    } while (text_known(argument));
    return options_match_command(options, own, "cmd", err);
}

static void options_stand_anywhere_in_any_form(void **state)
{
    (void)state;
    static const struct {
        const char *line, *name, *value, *arguments;
    } lines[] = {
        {"--db x cmd a", "db", "x", "a"},
        {"cmd --db x a", "db", "x", "a"},
        {"cmd a --db=x", "db", "x", "a"},
        {"cmd --db=a=b", "db", "a=b", ""},
        {"cmd --db x --db y", "db", "y", ""},
        {"cmd --sender _ a", "sender", "", "a"},
        {"cmd --sender= a", "sender", "", "a"},
        {"cmd --sender --db a", "sender", "--db", "a"},
        {"cmd -q a", "quiet", NULL, "a"},
        {"cmd -vq a", "quiet", NULL, "a"},
        {"-q cmd a", "quiet", NULL, "a"},
        {"cmd -o dir a", "output", "dir", "a"},
        {"cmd -odir a", "output", "dir", "a"},
        {"cmd -qo dir a", "output", "dir", "a"},
        {"cmd --db x -", "db", "x", "-"},
        {"cmd --db x -- --db -q", "db", "x", "--db -q"},
        {"--format json cmd", "format", "json", ""},
        {"cmd --format json", "format", "json", ""},
        {"cmd --unrecognized=reject -", "unrecognized", "reject", "-"},
        {"cmd --db x _ a", "db", "x", " a"},
        {"cmd a --code x", "code", "x", "a"},
        {"cmd --code a", "code", "a", ""},
        {"cmd a --code", "code", "", "a"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ARENA_AUTO arena = {0};
        BUFFER_AUTO joined = {0};
        struct options options = {0};
        struct text_list arguments = {0};
        struct error err = {0};
        if (!read_line(&arena, lines[i].line, &options, &arguments, &err))
            fail_msg("%s: %s", lines[i].line, err.text);
        const struct given_option *given = options_find(&options, lines[i].name);
        assert_non_null(given);
        assert_true(text_equal(given->value, text_of(lines[i].value)));
        for (size_t j = 0; j < arguments.count; j++) {
            if (j)
                buffer_add_char(&joined, ' ');
            buffer_add_text(&joined, arguments.at[j]);
        }
        assert_true(text_equal(buffer_text(&joined), text_of(lines[i].arguments)));
    }
}

static void a_wrong_option_is_told_with_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } lines[] = {
        {"cmd --no-such-option", "there is no option --no-such-option"},
        {"cmd --formt=json", "there is no option --formt; did you mean --format?"},
        {"--offlin cmd", "there is no option --offlin; did you mean --offline?"},
        {"--delete cmd", "there is no option --delete before the command"},
        {"cmd -x", "there is no option -x"},
        {"cmd -qx", "there is no option -x"},
        {"cmd --db", "--db needs a value: --db FILE"},
        {"cmd -o", "--output needs a value: --output DIR"},
        {"cmd --delete=yes", "--delete takes no value"},
        {"cmd --format xml", "--format cannot be \"xml\": it is text|json"},
        {"--format xml cmd", "--format cannot be \"xml\": it is text|json"},
        {"cmd --format _", "--format cannot be \"\": it is text|json"},
        {"cmd --format js", "--format cannot be \"js\": it is text|json"},
        {"--since 3d cmd", "cmd has no option --since"},
        {"cmd --since 3d", "there is no option --since"},
        {"cmd ---db x", "there is no option ---db; did you mean --db?"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ARENA_AUTO arena = {0};
        struct options options = {0};
        struct text_list arguments = {0};
        struct error err = {0};
        assert_false(read_line(&arena, lines[i].line, &options, &arguments, &err));
        assert_int_equal(err.code, ERROR_USAGE);
        assert_string_equal(err.text, lines[i].says);
    }
}

static void the_table_prints_the_help(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    options_help(&out, own);
    for (const struct option *row = own; row->name; row++) {
        assert_true(text_find(buffer_text(&out), text_of(row->name)) != SIZE_MAX);
        assert_true(text_find(buffer_text(&out), text_of(row->help)) != SIZE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_in_any_form),
        cmocka_unit_test(a_wrong_option_is_told_with_what_was_meant),
        cmocka_unit_test(the_table_prints_the_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
