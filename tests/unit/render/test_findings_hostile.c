#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "findings_sample.h"

static struct sample sample;

static int setup(void **state)
{
    (void)state;
    sample_fill(&sample);
    return 0;
}

/* Whether what a terminal or a browser obeys is in PAGE, line feeds excepted. */
static bool is_harmless(const struct buffer *page)
{
    static const char *const harmful[] = {
        "\u202e", "\u202a", "\u2066", "\u2069", "\u200e",   "\u200f",   "\u061c",
        "\u2028", "\u2029", "\u200b", "\ufeff", "\xc2\x9b", "\xc2\x85",
    };
    if (!text_is_utf8(buffer_text(page)))
        return false;
    for (size_t i = 0; i < page->length; i++)
        if (((unsigned char)page->at[i] < ' ' && page->at[i] != '\n') || page->at[i] == 0x7f)
            return false;
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
        if (count_of(page, harmful[i]))
            return false;
    return true;
}

/* The tags of PAGE, one after the other, without their attributes. */
static void tags_of(struct buffer *tags, const struct buffer *page)
{
    struct text rest = buffer_text(page);
    for (size_t at; (at = text_find_char(rest, '<')) != SIZE_MAX;) {
        rest = text_from(rest, at);
        size_t end = 1;
        while (end < rest.length && rest.at[end] != ' ' && rest.at[end] != '>')
            end++;
        buffer_add(tags, rest.at, end);
        rest = text_from(rest, end);
    }
}

static const char *const hostile[] = {
    "\033[2J\033]0;title\007",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</pre></style></dd></article>",
    "&lt;script&gt;&#60;",
    "\u202e\u2066moc.elpmaxe\u2069",
    "\u061c\u200e\u200f\u200b\ufeff\u2028\u2029\302\205\302\23331m",
    "\r\nNothing to do.\r\n\tX",
    "\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80",
    "\x7f\x01\x08\x08\x08",
    "    \033[31mto be pasted",
    "%s%n%*d",
    "",
    "    ",
};

static void assert_all_are_harmless(void)
{
    BUFFER_AUTO text = {0};
    BUFFER_AUTO html = {0};
    BUFFER_AUTO one = {0};
    BUFFER_AUTO verbose = {0};
    BUFFER_AUTO json = {0};
    findings_text(&text, &sample.report, (struct text_style){0});
    findings_text(&verbose, &sample.report, (struct text_style){.verbose = true, .width = 1});
    finding_text(&one, &sample.own[2], (struct text_style){0});
    findings_html(&html, &sample.report);
    findings_json(&json, &sample.report);
    assert_true(is_harmless(&text));
    assert_true(is_harmless(&verbose));
    assert_true(is_harmless(&one));
    assert_true(is_harmless(&html));
    assert_true(is_harmless(&json));
    assert_int_equal(count_of(&json, "\n"), 1);
    ASSERT_LACKS(&html, "<script");
    ASSERT_LACKS(&html, "<img");
    ASSERT_LACKS(&html, "' on");
}

static void hostile_text_in_any_field_reaches_nobody(void **state)
{
    (void)state;
    BUFFER_AUTO before = {0};
    BUFFER_AUTO tags = {0};
    findings_html(&before, &sample.report);
    tags_of(&tags, &before);
    for (size_t i = 0; i < sample.text_count; i++) {
        for (size_t j = 0; j < sizeof hostile / sizeof *hostile; j++) {
            BUFFER_AUTO text = {0};
            BUFFER_AUTO html = {0};
            BUFFER_AUTO new_tags = {0};
            sample_fill(&sample);
            struct text *field = sample.texts[i];
            /* In place of the text the tags stay those of the page, but for the paragraphs of an
             * action and the words that are explained. */
            *field = text_of(hostile[j]);
            assert_all_are_harmless();
            findings_text(&text, &sample.report, (struct text_style){0});
            assert_false(text_starts(buffer_text(&text), TEXT("Nothing to do.")));
            ASSERT_LACKS(&text, "\nNothing to do.");
            findings_html(&html, &sample.report);
            tags_of(&new_tags, &html);
            assert_int_equal(count_of(&tags, "<article"), count_of(&new_tags, "<article"));
            assert_int_equal(count_of(&new_tags, "<pre"), count_of(&new_tags, "</pre"));
            assert_int_equal(count_of(&new_tags, "<ul"), count_of(&new_tags, "</ul"));
        }
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Pieces of what is hostile and single bytes, in all fields at once. */
static void random_text_reaches_nobody(void **state)
{
    (void)state;
    uint32_t seed = 14;
    for (size_t round = 0; round < 60; round++) {
        struct buffer texts[SAMPLE_TEXTS] = {0};
        sample_fill(&sample);
        for (size_t i = 0; i < sample.text_count; i++) {
            for (size_t j = next_random(&seed) % 40; j > 0; j--) {
                size_t which = next_random(&seed) % (2 * sizeof hostile / sizeof *hostile);
                if (which < sizeof hostile / sizeof *hostile)
                    buffer_add_text(&texts[i], text_of(hostile[which]));
                else
                    buffer_add_char(&texts[i], (char)next_random(&seed));
            }
            *sample.texts[i] = buffer_text(&texts[i]);
        }
        assert_all_are_harmless();
        for (size_t i = 0; i < sample.text_count; i++)
            buffer_free(&texts[i]);
    }
}

static void a_very_long_word_stays_whole(void **state)
{
    (void)state;
    char word[5000];
    BUFFER_AUTO out = {0};
    BUFFER_AUTO html = {0};
    memset(word, 'x', sizeof word);
    for (size_t i = 0; i < sample.text_count; i++)
        *sample.texts[i] = (struct text){word, sizeof word};
    findings_text(&out, &sample.report, (struct text_style){0});
    findings_html(&html, &sample.report);
    assert_true(text_find(buffer_text(&out), (struct text){word, sizeof word}) != SIZE_MAX);
    ASSERT_HAS(&html, "overflow-wrap:anywhere");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hostile_text_in_any_field_reaches_nobody),
        TEST(random_text_reaches_nobody),
        TEST(a_very_long_word_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
