/* What is done to a mail in the mailbox once it is on disk here. */
#ifndef FETCH_AFTER_H
#define FETCH_AFTER_H

#include "fetch/session.h"

/* Does to the mails of SET, which are few enough for one line, what the job says for LOT. A mail that is not there
 * any more is no error. Never a plain EXPUNGE, which would remove what others marked too. False where the server
 * refuses, or the connection broke (session->broken). */
bool after_fetch(struct session *session, enum fetch_lot lot, const struct uid_set *set,
                 struct error *err);

/* Whether anything is to be done to mails of LOT. */
bool after_fetch_wanted(const struct fetch_job *job, enum fetch_lot lot);

#endif
