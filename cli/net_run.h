/* Runs tlsrpt-net, the program that has the sockets and knows certificates: domains or a file in, observations
 * out. */
#ifndef CLI_NET_RUN_H
#define CLI_NET_RUN_H

#include "cli/command.h"

/* A domain to observe, and the selectors at which its DKIM keys are looked up. */
struct net_domain {
    struct text name;
    const struct text_list *selectors; /* may be null */
};

/* Called for every line that it prints; false stops it. */
typedef bool net_run_line(void *context, struct text line, struct error *err);

/* Runs `tlsrpt-net observe` with what the configuration says of resolver, trust anchor, extra CA,
 * other hosts and ports. With PROBE it speaks to the MX hosts too. What it says on standard error is
 * seen. ERROR_UNAVAILABLE where it is not installed or did not end well. */
bool net_run_observe(const struct invocation *inv, const struct net_domain *domains,
                     size_t count, bool probe, net_run_line *each, void *context,
                     struct error *err);

/* Runs `tlsrpt-net certificate`, which needs no network, on the file that FD has open: EACH gets one observation with
 * one MX that presents what is in it. ERROR_UNAVAILABLE as above, also where it is no certificate. */
bool net_run_certificate(const struct invocation *inv, int fd, net_run_line *each,
                         void *context, struct error *err);

#endif
