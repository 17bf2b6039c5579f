/* What an observer may do, and for how long. */
#ifndef OBSERVE_LIMITS_H
#define OBSERVE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct observe_options {
    struct text resolver;        /* ADDRESS or ADDRESS@PORT; unknown: the system's */
    struct text trust_anchor;    /* a file of DS or DNSKEY records; unknown: the root's */
    struct text policy_ca;       /* an extra CA for the policy fetch and the STARTTLS probe */
    struct text_list connect_to; /* HOST:PORT:ADDRESS:PORT, as curl has it */
    uint16_t smtp_port;
    bool allow_private_addresses;
    bool probe;           /* whether MX hosts are connected to */
    struct text helo;     /* the name that a probe gives itself; unknown: the machine's */
    unsigned dns_seconds; /* for one look-up, with all its tries */
    unsigned fetch_seconds;
    unsigned probe_seconds; /* for one connection */
};

#define OBSERVE_OPTIONS_DEFAULT                                                                  \
    ((struct observe_options){                                                                   \
        .smtp_port = 25, .probe = true, .dns_seconds = 10, .fetch_seconds = 30, .probe_seconds = 30})

#endif
