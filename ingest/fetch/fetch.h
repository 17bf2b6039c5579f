/* Fetches a mailbox: what is new in it goes into the spool and is told of; what is acknowledged is moved, marked
 * or deleted as the job says. Runs in tlsrpt-net. */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include "fetch/talk.h"

/* Does what JOB says. A connection that breaks is made again and goes on where it was; with FETCH_WATCH it stays
 * until standard input ends. False where it has to give up, with why. */
bool fetch_run(const struct fetch_job *job, struct talk *talk, struct error *err);

#endif
