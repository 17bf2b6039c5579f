/* Where a connection goes: the address by DNS, what connect-to of the configuration makes of it,
 * and whether it may be tried at all. */
#ifndef OBSERVE_TARGET_H
#define OBSERVE_TARGET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "observe/limits.h"

struct target {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } to;
    socklen_t length;
    uint16_t port;
    bool configured; /* connect-to names the address itself: it need not be a public one */
};

/* Port PORT of ADDRESS, an address of HOST, or what options->connect_to says instead. There an
 * empty HOST or PORT at the left covers any, and an empty one at the right leaves what is
 * there; an IPv6 address stands in brackets; the first entry that covers HOST and PORT counts.
 * False where ADDRESS, or the one that connect-to names, is none. */
bool target_of(struct text host, uint16_t port, struct text address,
               const struct observe_options *options, struct target *target);

enum target_reach {
    TARGET_MAY_BE_TRIED = 0,
    TARGET_NOT_PUBLIC, /* and options do not allow that */
    TARGET_NO_ROUTE,   /* this machine has no route there: says nothing about the host */
};

/* Sends nothing. */
enum target_reach target_reach(const struct target *target,
                               const struct observe_options *options);

#endif
