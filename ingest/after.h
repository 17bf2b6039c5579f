/* What is done to a mail in a Maildir once all that matters of it is on disk. */
#ifndef INGEST_AFTER_H
#define INGEST_AFTER_H

#include "ingest/ingest.h"
#include "ingest/sources.h"

/* Marks MAIL seen, moves it to FOLDER or deletes it; nothing where it lies in no Maildir. FOLDER is a
 * path (with a '/') of a Maildir, or the name of a subfolder (".NAME", as Maildir++ has it); it is
 * made if it is not there. A mail that is gone is no error. */
bool after_ingest(enum after_ingest after, struct text folder, const struct source_mail *mail,
                  struct error *err);

#endif
