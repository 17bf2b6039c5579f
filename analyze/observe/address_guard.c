#include "observe/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The special-purpose registries of RFC 6890 as far as no host of the Internet can be there. */
static const struct {
    uint32_t network;
    unsigned bits;
} not_public[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* shared, behind a provider's NAT */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local, where clouds keep their metadata */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* the former 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4},  /* multicast */
    {0xf0000000, 4},  /* reserved, broadcast */
};

static bool ipv4_is_public(const uint8_t bytes[4])
{
    uint32_t address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                       (uint32_t)bytes[2] << 8 | bytes[3];
    for (size_t i = 0; i < sizeof not_public / sizeof *not_public; i++)
        if ((address ^ not_public[i].network) >> (32 - not_public[i].bits) == 0)
            return false;
    return true;
}

/* What of IPv6 is not simply decided by 2000::/3; the first row that covers an address counts. */
static const struct {
    uint8_t network[16];
    unsigned bits;
    int ipv4_at; /* the byte at which an IPv4 address is embedded that decides, or -1 */
} ipv6_rows[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, 12}, /* ::ffff:0:0/96, mapped */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},   /* 64:ff9b::/96, NAT64 */
    {{0x20, 0x02}, 16, 2},                /* 6to4 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, -1},   /* documentation */
    {{0x20, 0x01, 0x00, 0x00}, 23, -1},   /* protocol assignments, Teredo */
    {{0x3f, 0xff, 0x00, 0x00}, 20, -1},   /* documentation */
};

static bool has_prefix(const uint8_t *address, const uint8_t *network, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address, network, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0;
}

static bool ipv6_is_public(const uint8_t address[16])
{
    for (size_t i = 0; i < sizeof ipv6_rows / sizeof *ipv6_rows; i++)
        if (has_prefix(address, ipv6_rows[i].network, ipv6_rows[i].bits))
            return ipv6_rows[i].ipv4_at >= 0 && ipv4_is_public(address + ipv6_rows[i].ipv4_at);
    /* All that IANA has given to hosts lies in 2000::/3. */
    return address[0] >> 5 == 1;
}

bool address_is_public(const struct sockaddr *address)
{
    uint8_t bytes[16];
    switch (address->sa_family) {
    case AF_INET:
        memcpy(bytes, (const char *)address + offsetof(struct sockaddr_in, sin_addr), 4);
        return ipv4_is_public(bytes);
    case AF_INET6:
        memcpy(bytes, (const char *)address + offsetof(struct sockaddr_in6, sin6_addr), 16);
        return ipv6_is_public(bytes);
    default:
        return false;
    }
}
