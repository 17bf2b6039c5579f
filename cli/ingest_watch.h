/* `ingest --watch`: rounds of ingest for as long as the process lives. */
#ifndef CLI_INGEST_WATCH_H
#define CLI_INGEST_WATCH_H

#include "cli/command.h"
#include "ingest/ingest.h"

/* Ingests the Maildirs that are the call's arguments at once, then whenever something comes into
 * them, until SIGTERM or SIGINT. Each round opens the database anew and says on standard error, with
 * --format json also on standard output, what it did. A Maildir that goes away, a mail that cannot
 * be read, and a database that is busy or full are told of and tried again. False with ERROR_USAGE or ERROR_IO
 * where an argument is no Maildir at the start, and for what will not pass by waiting. */
bool ingest_watch(struct invocation *inv, const struct ingest_options *options,
                  struct error *err);

#endif
