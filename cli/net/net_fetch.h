/* tlsrpt-net fetch: a job on standard input, events on standard output (mailbox/fetch_job.h). */
#ifndef NET_NET_FETCH_H
#define NET_NET_FETCH_H

#include <stdbool.h>

#include "base/error.h"

/* The command; ERR is told to tlsrpt, not to people. */
bool net_fetch(int argc, char **argv, struct error *err);

#endif
