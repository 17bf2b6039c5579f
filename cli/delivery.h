/* Delivery: a mail system has started the program with a mail on its standard input and acts on
 * the exit status. Most of them return the mail to its sender for any status but 0 and 75. */
#ifndef CLI_DELIVERY_H
#define CLI_DELIVERY_H

#include <stdbool.h>

#include "base/error.h"

/* Whether this call delivers a mail: `ingest` with no PATH, or with `-`. It must hold for a command
 * line with faults too, so it looks at the words alone. */
bool delivery_mode(int argc, char **argv);

/* Ends a delivery: reads standard input to its end, says at most one short line, and returns the
 * exit status to end with: 0, 65 if STATUS is that, else 75. */
int delivery_end(int status, const struct error *err);

#endif
