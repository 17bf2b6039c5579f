/* Says what there is, and changes nothing: for `tlsrpt fetch --check` and --dry-run. */
#ifndef FETCH_CHECK_H
#define FETCH_CHECK_H

#include "fetch/session.h"

/* Tells the facts of the mailbox that SESSION is logged in to; with EVERYTHING the certificate, the capabilities
 * and the folders too. */
bool check_mailbox(struct session *session, bool everything, struct error *err);

#endif
