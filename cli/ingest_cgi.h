/* `ingest --cgi`: one report that a web server hands over, and the answer for its client. */
#ifndef CLI_INGEST_CGI_H
#define CLI_INGEST_CGI_H

#include "cli/command.h"
#include "ingest/ingest.h"

/* Reads the request, stores its report and prints the answer, also for a database that is at fault. False
 * with ERROR_USAGE, before anything is read, where the call is wrong. */
bool ingest_cgi(const struct invocation *inv, const struct ingest_options *options,
                struct error *err);

/* Answers a request of which nothing has been read, as the call failed for WHY before that. */
void ingest_cgi_failed(const struct error *why);

#endif
