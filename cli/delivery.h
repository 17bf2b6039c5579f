/* Delivery: a mail system has started the program with a mail on its standard input and acts on
 * the exit status. Most of them return the mail to its sender for any status but 0 and 75. */
#ifndef CLI_DELIVERY_H
#define CLI_DELIVERY_H

#include <stdbool.h>

enum caller { CALLER_OTHER = 0, CALLER_MAIL_SYSTEM, CALLER_WEB_SERVER };

/* Who waits for this call: a mail system with a mail (`ingest` with no PATH, or with `-`), a web server
 * with a report (`ingest --cgi`), or anybody. It must hold for a command line with faults too, so
 * it looks at the words alone. */
enum caller delivery_caller(int argc, char **argv);

/* Makes every signal that would end the process, and the lack of memory, end it with 75. */
void delivery_start(void);

/* Ends a delivery: reads standard input to its end and returns the exit status for STATUS: 0, with
 * REJECT also 65, for everything else 75. */
int delivery_end(int status, bool reject);

#endif
