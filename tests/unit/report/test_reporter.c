/* Who reports: the submitter's domain, else contact-info's, else the organisation's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/tls_report.h"

static const struct {
    const char *submitter, *contact, *organization;
    const char *domain, *reporter;
} cases[] = {
    {"example.com", "tls@other.example", "Example", "example.com", "example.com"},
    {" Example.COM. ", NULL, NULL, "example.com", "example.com"},
    {"Example Organisation", "tls@Corp.Example.com", "Example", "corp.example.com",
     "corp.example.com"},
    {NULL, "tls@example.com", NULL, "example.com", "example.com"},
    {NULL, "<tls@example.com>", NULL, "example.com", "example.com"},
    {NULL, "mailto:tls@example.com", NULL, "example.com", "example.com"},
    {NULL, "\"a@b\"@example.com", NULL, "example.com", "example.com"},
    {NULL, "example.com", " Example Org ", NULL, "example org"},
    {NULL, "tls@localhost", "Example", NULL, "example"},
    {NULL, "tls@", "Example", NULL, "example"},
    {"", "", "  ", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void check(struct text found, const char *wanted, size_t number)
{
    if (!text_equal(found, text_of(wanted)))
        fail_msg("case %zu: %.*s instead of %s", number, (int)found.length,
                 found.at ? found.at : "", wanted ? wanted : "none");
}

static void the_reporter_is_the_first_that_is_known(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text submitter = text_of(cases[i].submitter),
                    contact = text_of(cases[i].contact);
        check(report_submitter_domain(&arena, submitter, contact), cases[i].domain, i);
        check(report_reporter(&arena, submitter, contact, text_of(cases[i].organization)),
              cases[i].reporter, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reporter_is_the_first_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
