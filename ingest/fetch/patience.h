/* How long is waited for others. */
#ifndef FETCH_PATIENCE_H
#define FETCH_PATIENCE_H

#include <stdint.h>

/* Seconds without a byte from the server after which the connection is given up. The development build
 * takes another number from TLSRPT_TEST_TIMEOUT. */
int patience_seconds(void);

/* Milliseconds for a pause of SECONDS before another connection. Where that variable is set they pass in
 * no time. */
int64_t patience_pause(unsigned seconds);

#endif
