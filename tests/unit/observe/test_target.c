#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "observe/target.h"

static void connect_to_decides_where_a_connection_goes(void **state)
{
    (void)state;
    static const struct {
        const char *connect_to[2], *address, *went_to;
        unsigned port;
        bool configured;
    } cases[] = {
        {{NULL}, "192.0.2.1", "192.0.2.1", 25, false},
        {{NULL}, "2001:db8::1", "2001:db8::1", 25, false},
        {{"mx.example.com:25:127.0.0.1:2525"}, "192.0.2.1", "127.0.0.1", 2525, true},
        {{"MX.Example.com:25:[::1]:2525"}, "192.0.2.1", "::1", 2525, true},
        {{"mx.example.com:25::2525"}, "192.0.2.1", "192.0.2.1", 2525, false},
        {{"mx.example.com:25:127.0.0.1:"}, "192.0.2.1", "127.0.0.1", 25, true},
        {{":::2525"}, "192.0.2.1", "192.0.2.1", 2525, false},
        {{"mx.example.com::127.0.0.1:2525"}, "192.0.2.1", "127.0.0.1", 2525, true},
        {{"www.example.com:25:127.0.0.1:1", "mx.example.com:25:127.0.0.2:2"},
         "192.0.2.1",
         "127.0.0.2",
         2,
         true},
        {{"mx.example.com:25:127.0.0.1:1", "mx.example.com:25:127.0.0.2:2"},
         "192.0.2.1",
         "127.0.0.1",
         1,
         true},
        /* Another port, and entries that cannot be read, are passed over. */
        {{"mx.example.com:443:127.0.0.1:1"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{"mx.example.com:25:127.0.0.1"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{"mx.example.com:25:127.0.0.1:70000"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{"mx.example.com:25:127.0.0.1:0"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{"mx.example.com:25:127.0.0.1:1:2"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{"mx.example.com:25:[::1:1"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{"mx.example.com:25:[::1]x:1"}, "192.0.2.1", "192.0.2.1", 25, false},
        {{""}, "192.0.2.1", "192.0.2.1", 25, false},
        /* No addresses. */
        {{"mx.example.com:25:localhost:1"}, "192.0.2.1", NULL, 0, false},
        {{NULL}, "mx.example.com", NULL, 0, false},
        {{NULL}, "", NULL, 0, false},
        {{NULL}, "192.0.2.1:25", NULL, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text entries[2] = {text_of(cases[i].connect_to[0]),
                                  text_of(cases[i].connect_to[1])};
        struct observe_options options = OBSERVE_OPTIONS_DEFAULT;
        options.connect_to = (struct text_list){entries, 0};
        while (options.connect_to.count < 2 && entries[options.connect_to.count].at)
            options.connect_to.count++;
        struct target target;
        bool found =
            target_of(TEXT("mx.example.com"), 25, text_of(cases[i].address), &options, &target);
        if (found != (cases[i].went_to != NULL))
            fail_msg("case %zu: %s", i, found ? "found" : "not found");
        if (!found)
            continue;
        char text[INET6_ADDRSTRLEN];
        bool ipv6 = target.to.any.sa_family == AF_INET6;
        inet_ntop(target.to.any.sa_family,
                  ipv6 ? (const void *)&target.to.ipv6.sin6_addr : &target.to.ipv4.sin_addr,
                  text, sizeof text);
        unsigned port = ntohs(ipv6 ? target.to.ipv6.sin6_port : target.to.ipv4.sin_port);
        if (strcmp(text, cases[i].went_to) != 0 || port != cases[i].port ||
            target.configured != cases[i].configured)
            fail_msg("case %zu: %s port %u", i, text, port);
    }
}

static void an_address_of_this_network_needs_leave(void **state)
{
    (void)state;
    struct observe_options options = OBSERVE_OPTIONS_DEFAULT;
    struct target target;
    assert_true(target_of(TEXT("mx"), 25, TEXT("127.0.0.1"), &options, &target));
    assert_int_equal(target_reach(&target, &options), TARGET_NOT_PUBLIC);
    options.allow_private_addresses = true;
    assert_int_equal(target_reach(&target, &options), TARGET_MAY_BE_TRIED);
    options.allow_private_addresses = false;
    target.configured = true;
    assert_int_equal(target_reach(&target, &options), TARGET_MAY_BE_TRIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_to_decides_where_a_connection_goes),
        cmocka_unit_test(an_address_of_this_network_needs_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
