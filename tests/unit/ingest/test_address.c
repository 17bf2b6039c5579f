/* Addresses are kept in one form, and a file name says what RFC 8460 lets it say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ingest/parse.h"

static const struct {
    const char *sent, *kept; /* null: no address */
    bool plain;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"2001:db8::1", "2001:db8::1", true},
    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", true},
    {"2001:db8:0000:0:1:0:0:1", "2001:db8::1:0:0:1", true},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", true},
    {"::", "::", true},
    {"::1", "::1", true},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1", true},
    {"::FFFF:c000:0201", "::ffff:192.0.2.1", true},
    {"::192.0.2.1", "::c000:201", true},
    {"::2:0", "::2:0", true},
    {" 192.0.2.1\r\n", "192.0.2.1", false},
    {"[192.0.2.1]", "192.0.2.1", false},
    {"[2001:db8::1]", "2001:db8::1", false},
    {"[IPv6:2001:db8::1]", "2001:db8::1", false},
    {"192.0.2.1:25", "192.0.2.1", false},
    {"[192.0.2.1]:25", "192.0.2.1", false},
    {"[2001:db8::1]:25", "2001:db8::1", false},
    {"fe80::1%eth0", "fe80::1", false},
    {"[fe80::1%eth0]:25", "fe80::1", false},
    {"", NULL, true},
    {" ", NULL, true},
    {"mx1.example.com", NULL, true},
    {"192.0.2.256", NULL, true},
    {"192.0.2.01", NULL, true},
    {"192.0.2", NULL, true},
    {"192.0.2.0/24", NULL, true},
    {"192.0.2.1:65536", NULL, true},
    {"192.0.2.1:", NULL, true},
    {"192.0.2.1%eth0", NULL, true},
    {"[192.0.2.1", NULL, true},
    {"[192.0.2.1]x", NULL, true},
    {"[]", NULL, true},
    {"2001:db8::1::", NULL, true},
    {"2001:db8::12345", NULL, true},
    {NULL, NULL, true},
};

static void addresses_are_kept_in_one_form(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        bool plain;
        struct text kept = address_read(&arena, text_of(addresses[i].sent), &plain);
        if (!text_equal(kept, text_of(addresses[i].kept)))
            fail_msg("%s: %.*s", addresses[i].sent, (int)kept.length, kept.at ? kept.at : "");
        if (text_known(kept))
            assert_int_equal(plain, addresses[i].plain);
    }
}

static void a_long_text_or_one_with_nul_is_no_address(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    char longer[200];
    bool plain;
    memset(longer, ' ', sizeof longer);
    memcpy(longer, "192.0.2.1", 9);
    assert_false(
        text_known(address_read(&arena, (struct text){longer, sizeof longer}, &plain)));
    assert_false(text_known(address_read(&arena, TEXT("192.0.2.1\0"), &plain)));
}

static const struct {
    const char *name, *sender, *domain;
    int64_t begin, end;
} names[] = {
    {"sender.example!example.com!1700000000!1700086399.json.gz", "sender.example",
     "example.com", 1700000000, 1700086399},
    {"sender.example!example.com!1700000000!1700086399!abc1.json", "sender.example",
     "example.com", 1700000000, 1700086399},
    {"Sender.EXAMPLE!Example.COM.!1!2.JSON.GZ", "sender.example", "example.com", 1, 2},
    {"sender.example!example.com!1!2.zip", "sender.example", "example.com", 1, 2},
    {"sender.example!example.com!1!2.txt", "sender.example", "example.com", 1, 2},
    {"sender.example!example.com!1!2", "sender.example", "example.com", 1, 2},
    {"sender.example!example.com.json.gz", "sender.example", "example.com", TIME_UNKNOWN,
     TIME_UNKNOWN},
    {"sender.example!example.com!-1!99999999999999999999.json", "sender.example", "example.com",
     TIME_UNKNOWN, TIME_UNKNOWN},
    {"sender.example!example.com!x!2.json", "sender.example", "example.com", TIME_UNKNOWN, 2},
    {"sender.example!example.com!253402300799!253402300800.json", "sender.example",
     "example.com", 253402300799, TIME_UNKNOWN},
    {"!!!.json", NULL, NULL, TIME_UNKNOWN, TIME_UNKNOWN},
    {"Some Name!a b!1!2.json", NULL, NULL, 1, 2},
    {"example.com.json", NULL, NULL, TIME_UNKNOWN, TIME_UNKNOWN},
    {"", NULL, NULL, TIME_UNKNOWN, TIME_UNKNOWN},
    {NULL, NULL, NULL, TIME_UNKNOWN, TIME_UNKNOWN},
};

static void a_file_name_says_what_it_can(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct report_file_name read = report_file_name_read(&arena, text_of(names[i].name));
        if (!text_equal(read.sender, text_of(names[i].sender)) ||
            !text_equal(read.policy_domain, text_of(names[i].domain)) ||
            read.begin != names[i].begin || read.end != names[i].end)
            fail_msg("%s", names[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_kept_in_one_form),
        cmocka_unit_test(a_long_text_or_one_with_nul_is_no_address),
        cmocka_unit_test(a_file_name_says_what_it_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
