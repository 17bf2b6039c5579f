/* Which addresses an observer connects to: domain names come from strangers' reports, so that a
 * name may lead to this machine or its network. */
#ifndef OBSERVE_ADDRESS_GUARD_H
#define OBSERVE_ADDRESS_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether ADDRESS is of the public Internet: not loopback, private, link-local, shared (100.64/10),
 * multicast, reserved, unspecified, an IPv4 one of these mapped or embedded in IPv6 (::ffff:0:0/96,
 * 64:ff9b::/96, 2002::/16), fc00::/7 or fe80::/10. */
bool address_is_public(const struct sockaddr *address);

#endif
