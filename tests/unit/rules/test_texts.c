/* What people are told of a code is there for every rule, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "rules/families.h"

static const struct rule_text *const tables[] = {
    texts_sts, texts_mx, texts_tls, texts_dane, texts_remains, texts_reporting,
};

static void check_member(const char *code, const char *member, const char *text)
{
    if (!text || text_trim(text_of(text)).length == 0)
        fail_msg("%s has no %s", code, member);
}

static void every_rule_has_a_text_of_its_own_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule_text *text = rule_text_of(&rules[i]);
        if (!text)
            fail_msg("%s has no text", rules[i].code);
        assert_string_equal(text->code, rules[i].code);
    }
}

static void every_text_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct rule_text *each = tables[i]; each->code; each++) {
            check_member(each->code, "title", each->title);
            check_member(each->code, "meaning", each->meaning);
            check_member(each->code, "decided", each->decided);
            check_member(each->code, "action", each->action);
        }
}

/* A row that rule_text_of() does not give for its code is one too many, or in the wrong table. */
static void every_text_is_that_of_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct rule_text *each = tables[i]; each->code; each++) {
            const struct rule *rule = rule_of(text_of(each->code));
            if (!rule || rule_text_of(rule) != each)
                fail_msg("%s is the text of no rule", each->code);
        }
}

/* They stand in lists, one a line, and after "CODE: ". */
static void titles_are_short_and_have_no_full_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct rule_text *each = tables[i]; each->code; each++) {
            struct text title = text_of(each->title);
            if (title.length >= 100 || text_ends_nocase(title, TEXT(".")))
                fail_msg("%s: \"%s\"", each->code, each->title);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_a_text_of_its_own_code),
        cmocka_unit_test(every_text_is_complete),
        cmocka_unit_test(every_text_is_that_of_a_rule),
        cmocka_unit_test(titles_are_short_and_have_no_full_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
