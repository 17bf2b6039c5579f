#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "published/observation_settle.h"

#define MX "mx1.example.com"

static const struct {
    const char *banner, *settled;
} cases[] = {
    {"220 mx1.example.com ESMTP", "220 mx1.example.com ESMTP"},
    {"220 mx1.example.com ESMTP Postfix (3.7.11)",
     "220 mx1.example.com ESMTP Postfix (3.7.11)"},
    {"220 mx.reporter.example ESMTP 5b1f17b1804b1-47791d6ac62si12345.123 - gsmtp",
     "220 mx.reporter.example ESMTP … - gsmtp"},
    {"220 AM6EUR05FT021.mail.example.net ESMTP MAIL Service ready at Tue, 24 Nov 2026 "
     "07:54:23 +0000 [08DE1B3E4F5A6789]",
     "220 *.mail.example.net ESMTP MAIL Service ready at …"},
    {"220 mail.example.net ESMTP Exim 4.96 Tue, 24 Nov 2026 07:54:23 +0000",
     "220 mail.example.net ESMTP Exim 4.96 …"},
    {"220 mail.example.net ESMTP Sendmail 8.17.1/8.17.1; Tue, 24 Nov 2026 7:54:23 GMT",
     "220 mail.example.net ESMTP Sendmail 8.17.1/8.17.1; …"},
    /* What a firewall makes of a banner must stay. */
    {"220 ****************0*2******0***", "220 ****************0*2******0***"},
    {"220 2.0.0 Ready to start TLS", "220 2.0.0 Ready to start TLS"},
    {"454 4.7.0 TLS not available", "454 4.7.0 TLS not available"},
    /* Numbers without a time of day are no date. */
    {"220 mail.example.net 24 Nov 2026", "220 mail.example.net 24 Nov 2026"},
    {"20261124075423", "20261124075423"},
    {"", ""},
};

static struct text settle_banner(struct arena *arena, struct text banner)
{
    struct observed_smtp probe = {.mx = TEXT(MX), .banner = banner};
    struct observation from = {.smtp = {&probe, 1}}, to;
    observation_settle(&from, arena, &to);
    return to.smtp.at[0].banner;
}

static void banners_lose_what_changes_at_each_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ARENA_AUTO arena = {0};
        struct text settled = settle_banner(&arena, text_of(cases[i].banner));
        assert_string_equal(text_string(&arena, settled), cases[i].settled);
        /* Settled again it is the same. */
        settled = settle_banner(&arena, settled);
        assert_string_equal(text_string(&arena, settled), cases[i].settled);
    }
}

static void a_machine_of_many_loses_its_own_name(void **state)
{
    static const struct {
        const char *helo, *settled;
    } names[] = {
        {MX, MX},
        {"MX1.example.com", "MX1.example.com"},
        {"mtaproxy501.mail.example.net", "*.mail.example.net"},
        {"mail.example.net", "mail.example.net"},
        {"localhost", "localhost"},
        {"[192.0.2.1]", "[192.0.2.1]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ARENA_AUTO arena = {0};
        struct observed_smtp probe = {.mx = TEXT(MX), .helo = text_of(names[i].helo)};
        struct observation from = {.smtp = {&probe, 1}}, to;
        observation_settle(&from, &arena, &to);
        assert_string_equal(text_string(&arena, to.smtp.at[0].helo), names[i].settled);
    }
}

static void what_is_unknown_stays_so(void **state)
{
    ARENA_AUTO arena = {0};
    struct observed_smtp probe = {.mx = TEXT(MX)};
    struct observation from = {.smtp = {&probe, 1}}, to;
    (void)state;
    observation_settle(&from, &arena, &to);
    assert_false(text_known(to.smtp.at[0].banner));
    assert_false(text_known(to.smtp.at[0].helo));
    from.smtp = (struct observed_smtps){0};
    observation_settle(&from, &arena, &to);
    assert_null(to.smtp.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(banners_lose_what_changes_at_each_connection),
        cmocka_unit_test(a_machine_of_many_loses_its_own_name),
        cmocka_unit_test(what_is_unknown_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
