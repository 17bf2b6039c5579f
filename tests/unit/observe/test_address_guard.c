#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "observe/address_guard.h"
#include "observe/target.h"

static void only_addresses_of_the_internet_are_public(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool is_public;
    } cases[] = {
        {"0.0.0.0", false},
        {"0.255.255.255", false},
        {"1.0.0.0", true},
        {"9.255.255.255", true},
        {"10.0.0.0", false},
        {"10.255.255.255", false},
        {"11.0.0.0", true},
        {"100.63.255.255", true},
        {"100.64.0.0", false},
        {"100.127.255.255", false},
        {"100.128.0.0", true},
        {"127.0.0.1", false},
        {"127.255.255.254", false},
        {"128.0.0.0", true},
        {"169.253.255.255", true},
        {"169.254.169.254", false},
        {"172.15.255.255", true},
        {"172.16.0.0", false},
        {"172.31.255.255", false},
        {"172.32.0.0", true},
        {"192.0.0.1", false},
        {"192.0.1.1", true},
        {"192.0.2.1", false},
        {"192.167.255.255", true},
        {"192.168.0.1", false},
        {"192.169.0.0", true},
        {"198.17.255.255", true},
        {"198.18.0.0", false},
        {"198.19.255.255", false},
        {"198.20.0.0", true},
        {"198.51.100.1", false},
        {"203.0.113.1", false},
        {"223.255.255.255", true},
        {"224.0.0.1", false},
        {"239.255.255.255", false},
        {"240.0.0.1", false},
        {"255.255.255.255", false},
        {"::", false},
        {"::1", false},
        {"::ffff:127.0.0.1", false},
        {"::ffff:10.1.2.3", false},
        {"::ffff:9.9.9.9", true},
        {"::9.9.9.9", false},
        {"64:ff9b::7f00:1", false},
        {"64:ff9b::a00:1", false},
        {"64:ff9b::909:909", true},
        {"64:ff9b:1::909:909", false},
        {"100::1", false},
        {"1fff:ffff::1", false},
        {"2000::1", true},
        {"2001::1", false},
        {"2001:1ff:ffff::1", false},
        {"2001:200::1", true},
        {"2001:db7:ffff::1", true},
        {"2001:db8::1", false},
        {"2001:db9::1", true},
        {"2002:7f00:1::1", false},
        {"2002:c0a8:1::1", false},
        {"2002:909:909::1", true},
        {"2a00:1450::1", true},
        {"3ffe:ffff::1", true},
        {"3fff::1", false},
        {"4000::1", false},
        {"fc00::1", false},
        {"fdff::1", false},
        {"fe80::1", false},
        {"febf::1", false},
        {"fec0::1", false},
        {"ff02::1", false},
    };
    struct observe_options options = OBSERVE_OPTIONS_DEFAULT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target target;
        if (!target_of(TEXT("mx.example.com"), 25, text_of(cases[i].address), &options,
                       &target) ||
            address_is_public(&target.to.any) != cases[i].is_public)
            fail_msg("%s", cases[i].address);
    }
}

static void what_is_no_ip_address_is_not_public(void **state)
{
    (void)state;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_false(address_is_public((const struct sockaddr *)&local));
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    assert_false(address_is_public(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_addresses_of_the_internet_are_public),
        cmocka_unit_test(what_is_no_ip_address_is_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
