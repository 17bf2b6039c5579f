/* How long is waited for others. */
#ifndef FETCH_PATIENCE_H
#define FETCH_PATIENCE_H

/* Seconds without a byte from the server after which the connection is given up. The development build
 * takes another number from TLSRPT_TEST_TIMEOUT. */
int patience_seconds(void);

#endif
