/* Waiting for new mail. */
#ifndef FETCH_IDLE_H
#define FETCH_IDLE_H

#include "fetch/session.h"

/* Waits until the server tells of something new, standard input can be read, or some minutes are over: by IDLE (RFC
 * 2177), or by NOOP where the server does not have it. False when the connection is over. */
bool idle(struct session *session, struct error *err);

#endif
