/* Places at which a test of the development build lets the process die. */
#ifndef MAILBOX_CRASH_POINT_H
#define MAILBOX_CRASH_POINT_H

/* Ends the process by SIGKILL where TLSRPT_TEST_STOP is NAME. Does nothing in what users run. */
void crash_point(const char *name);

#endif
