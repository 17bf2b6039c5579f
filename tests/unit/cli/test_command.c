#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/command.h"

static bool domains_of(struct arena *arena, struct text *words, size_t count,
                       struct text_list *domains, struct error *err)
{
    struct invocation inv = {.arena = arena, .arguments = {words, count}};
    return invocation_domains(&inv, domains, err);
}

static void domains_are_a_labels_each_once(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct error err = {0};
    struct text_list domains;
    struct text words[] = {TEXT("Example.COM."), TEXT("bücher.example"), TEXT("example.com")};
    assert_true(domains_of(&arena, words, 3, &domains, &err));
    assert_int_equal(domains.count, 2);
    assert_true(text_equal(domains.at[0], TEXT("example.com")));
    assert_true(text_equal(domains.at[1], TEXT("xn--bcher-kva.example")));
}

static void what_is_no_domain_is_a_usage_error(void **state)
{
    (void)state;
    struct text words[] = {TEXT(""), TEXT("nodot"), TEXT("a b.example"), TEXT("..")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ARENA_AUTO arena = {0};
        struct error err = {0};
        struct text_list domains;
        assert_false(domains_of(&arena, &words[i], 1, &domains, &err));
        assert_int_equal(err.code, ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_are_a_labels_each_once),
        cmocka_unit_test(what_is_no_domain_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
