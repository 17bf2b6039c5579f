#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "render/escape.h"

struct example {
    const char *name;
    struct text in;
    const char *line, *lines, *json, *csv;
};

#define IN(literal)                                                                            \
    {                                                                                          \
        literal, sizeof(literal) - 1                                                           \
    }

static const struct example examples[] = {
    {"plain text", IN("mx.example.com"), "mx.example.com", "mx.example.com", "mx.example.com",
     "mx.example.com"},
    {"letters of other scripts", IN("Bücher 例"), "Bücher 例", "Bücher 例", "Bücher 例",
     "Bücher 例"},
    {"a quote and a backslash", IN("a\"b\\c"), "a\"b\\c", "a\"b\\c", "a\\\"b\\\\c",
     "\"a\"\"b\\c\""},
    {"an ANSI sequence", IN("\x1b[31mred"), "\\x1b[31mred", "\\x1b[31mred", "\\u001b[31mred",
     "\\x1b[31mred"},
    {"a C1 control character",
     IN("a\xc2\x9b"
        "1m"),
     "a\\u{9b}1m", "a\\u{9b}1m", "a\\u009b1m", "a\\u{9b}1m"},
    {"the same as a lone byte",
     IN("a\x9b"
        "1m"),
     "a\\x9b1m", "a\\x9b1m", "a\\u009b1m", "a\\x9b1m"},
    {"DEL", IN("\x7f"), "\\x7f", "\\x7f", "\\u007f", "\\x7f"},
    {"NUL", IN("a\0b"), "a\\x00b", "a\\x00b", "a\\u0000b", "a\\x00b"},
    {"an override of direction", IN("\u202eevil\u2069"), "\\u{202e}evil\\u{2069}",
     "\\u{202e}evil\\u{2069}", "\\u202eevil\\u2069", "\\u{202e}evil\\u{2069}"},
    {"what cannot be seen", IN("a\u200fb\u200bc\u061cd\ufeff"),
     "a\\u{200f}b\\u{200b}c\\u{61c}d\\u{feff}", "a\\u{200f}b\\u{200b}c\\u{61c}d\\u{feff}",
     "a\\u200fb\\u200bc\\u061cd\\ufeff", "a\\u{200f}b\\u{200b}c\\u{61c}d\\u{feff}"},
    {"line separators", IN("\u2028\u2029"), "\\u{2028}\\u{2029}", "\\u{2028}\\u{2029}",
     "\\u2028\\u2029", "\\u{2028}\\u{2029}"},
    {"several lines", IN("a\r\nb\tc\rd"), "a\\x0d\\x0ab\\x09c\\x0dd", "a\nb\tc\\x0dd",
     "a\\r\\nb\\tc\\rd", "\"a\r\nb\tc\rd\""},
    {"a Latin-1 letter that is no UTF-8", IN("caf\xe9"), "caf\\xe9", "caf\\xe9", "café",
     "caf\\xe9"},
    {"a formula", IN("=1+1"), "=1+1", "=1+1", "=1+1", "'=1+1"},
    {"a formula with a comma", IN("+A1,B1"), "+A1,B1", "+A1,B1", "+A1,B1", "\"'+A1,B1\""},
    {"a formula that begins with a minus", IN("-2"), "-2", "-2", "-2", "'-2"},
    {"a formula that begins with an at", IN("@SUM(A1)"), "@SUM(A1)", "@SUM(A1)", "@SUM(A1)",
     "'@SUM(A1)"},
    {"a formula behind a tab", IN("\t=1"), "\\x09=1", "\t=1", "\\t=1", "\"'\t=1\""},
    {"a formula behind a CR", IN("\r=1"), "\\x0d=1", "\\x0d=1", "\\r=1", "\"'\r=1\""},
    {"a formula behind a LF", IN("\n=1"), "\\x0a=1", "\n=1", "\\n=1", "\"'\n=1\""},
    {"a full-width formula", IN("＝1"), "＝1", "＝1", "＝1", "'＝1"},
    {"a list", IN("a; b"), "a; b", "a; b", "a; b", "\"a; b\""},
    {"a blank at the end", IN("a "), "a ", "a ", "a ", "\"a \""},
    {"nothing", IN(""), "", "", "", ""},
};

static void check(const char *name, const char *sink,
                  void (*escape)(struct buffer *, struct text), struct text in,
                  const char *expected)
{
    BUFFER_AUTO out = {0};
    escape(&out, in);
    if (!text_equal(buffer_text(&out), text_of(expected)))
        fail_msg("%s, %s: \"%.*s\" instead of \"%s\"", name, sink, TEXT_ARGS(buffer_text(&out)),
                 expected);
}

static void no_harmful_character_reaches_an_output(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *e = &examples[i];
        check(e->name, "line", escape_line, e->in, e->line);
        check(e->name, "lines", escape_lines, e->in, e->lines);
        check(e->name, "csv", escape_csv, e->in, e->csv);
        check(e->name, "json", escape_json, e->in, e->json);
    }
}

static void html_has_no_tag_and_no_end_of_an_attribute(void **state)
{
    static const struct {
        const char *in, *html;
    } cases[] = {
        {"mx.example.com", "mx.example.com"},
        {"<script>alert('1')</script>", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"},
        {"\"><b onclick=\"", "&quot;&gt;&lt;b onclick=&quot;"},
        {"&lt;", "&amp;lt;"},
        {"Bücher 例", "Bücher 例"},
        {"a\nb\tc", "a\\x0ab\\x09c"},
        {"\u202eevil", "\\u{202e}evil"},
        {"\xc0<", "\\xc0&lt;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check("html", "html", escape_html, text_of(cases[i].in), cases[i].html);
}

static void unknown_text_appends_nothing(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    escape_line(&out, TEXT_UNKNOWN);
    escape_lines(&out, TEXT_UNKNOWN);
    escape_csv(&out, TEXT_UNKNOWN);
    escape_html(&out, TEXT_UNKNOWN);
    assert_int_equal(out.length, 0);
}

/* Whatever the bytes are, a line stays one line of printable UTF-8. */
static void every_pair_of_bytes_becomes_clean_utf8(void **state)
{
    (void)state;
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char pair[] = {(char)a, (char)b};
            void (*const sinks[])(struct buffer *, struct text) = {escape_line, escape_json,
                                                                   escape_html};
            for (size_t i = 0; i < 3; i++) {
                BUFFER_AUTO out = {0};
                sinks[i](&out, (struct text){pair, 2});
                assert_true(text_is_utf8(buffer_text(&out)));
                for (size_t j = 0; j < out.length; j++)
                    assert_true((unsigned char)out.at[j] >= ' ' && out.at[j] != 0x7f);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_harmful_character_reaches_an_output),
        cmocka_unit_test(html_has_no_tag_and_no_end_of_an_attribute),
        cmocka_unit_test(unknown_text_appends_nothing),
        cmocka_unit_test(every_pair_of_bytes_becomes_clean_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
