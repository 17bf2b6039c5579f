#include "observe/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "observe/address_guard.h"

static bool set_address(struct target *target, struct text address)
{
    char text[INET6_ADDRSTRLEN];
    if (!address.length || address.length >= sizeof text)
        return false;
    memcpy(text, address.at, address.length);
    text[address.length] = 0;
    memset(&target->to, 0, sizeof target->to);
    if (inet_pton(AF_INET, text, &target->to.ipv4.sin_addr) == 1) {
        target->to.ipv4.sin_family = AF_INET;
        target->to.ipv4.sin_port = htons(target->port);
        target->length = sizeof target->to.ipv4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &target->to.ipv6.sin6_addr) == 1) {
        target->to.ipv6.sin6_family = AF_INET6;
        target->to.ipv6.sin6_port = htons(target->port);
        target->length = sizeof target->to.ipv6;
        return true;
    }
    return false;
}

/* Takes a host, or an address in brackets (returned without them), up to ':' or the end. */
static bool take_host(struct text *rest, struct text *host)
{
    if (!text_starts(*rest, TEXT("[")))
        return text_next(rest, ':', host);
    size_t end = text_find_char(*rest, ']');
    if (end == SIZE_MAX)
        return false;
    *host = text_first(text_from(*rest, 1), end - 1);
    *rest = text_from(*rest, end + 1);
    if (!rest->length) {
        *rest = TEXT_UNKNOWN;
        return true;
    }
    struct text between;
    return text_next(rest, ':', &between) && !between.length;
}

/* 0 for an empty text; false for what is no port. */
static bool port_of(struct text text, uint16_t *port)
{
    uint64_t value = 0;
    if (text.length && (!text_unsigned(text, &value) || value == 0 || value > UINT16_MAX))
        return false;
    *port = (uint16_t)value;
    return true;
}

struct detour {
    struct text host, address;
    uint16_t port, to_port;
};

static bool read_detour(struct text entry, struct detour *detour)
{
    struct text rest = text_trim(entry), port = {0}, to_port = {0};
    return take_host(&rest, &detour->host) && text_next(&rest, ':', &port) &&
           take_host(&rest, &detour->address) && text_next(&rest, ':', &to_port) &&
           !text_known(rest) && port_of(port, &detour->port) &&
           port_of(to_port, &detour->to_port);
}

bool target_of(struct text host, uint16_t port, struct text address,
               const struct observe_options *options, struct target *target)
{
    *target = (struct target){.port = port};
    for (size_t i = 0; i < options->connect_to.count; i++) {
        struct detour detour;
        if (!read_detour(options->connect_to.at[i], &detour) ||
            (detour.host.length && !text_equal_nocase(detour.host, host)) ||
            (detour.port && detour.port != port))
            continue;
        if (detour.to_port)
            target->port = detour.to_port;
        target->configured = detour.address.length > 0;
        return set_address(target, target->configured ? detour.address : address);
    }
    return set_address(target, address);
}

/* To connect a datagram socket looks the route up and sends nothing. */
static bool has_route(const struct target *target)
{
    FD_AUTO fd = socket(target->to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno != EAFNOSUPPORT;
    return connect(fd, &target->to.any, target->length) == 0 ||
           (errno != ENETUNREACH && errno != EADDRNOTAVAIL && errno != EHOSTUNREACH);
}

enum target_reach target_reach(const struct target *target,
                               const struct observe_options *options)
{
    if (!options->allow_private_addresses && !target->configured &&
        !address_is_public(&target->to.any))
        return TARGET_NOT_PUBLIC;
    return has_route(target) ? TARGET_MAY_BE_TRIED : TARGET_NO_ROUTE;
}
