/* The folders of a mailbox, to show to people: a name is easily spelled in another way there. */
#ifndef FETCH_FOLDERS_H
#define FETCH_FOLDERS_H

#include "fetch/session.h"

/* Appends the names and the separator of the folders that can be selected, MOST at most. False where the
 * connection broke. */
bool folders_list(struct session *session, size_t most, struct buffer *out, struct error *err);

/* Adds to ERR, which has the server's answer about the folder NAME, which folders there are. Returns false. */
bool folders_explain(struct session *session, struct text name, struct error *err);

#endif
