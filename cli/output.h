/* Results go to standard output, everything else to standard error. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* To be called once, before any file is opened: standard descriptors that are closed are taken by
 * ones that cannot be used, so that no file gets their numbers; a closed pipe and a file size
 * limit become errors of write(2) instead of signals. */
void output_start(void);

/* Standard output is FD from here on; messages call it NAME, which has to stay. False with ERROR_IO. */
bool output_to(int fd, const char *name, struct error *err);

/* Writes what BUFFER holds to standard output and empties it. False from the first write that
 * failed on: the caller may stop then; output_finish() tells why. */
bool output_buffer(struct buffer *buffer);

/* Everything that was written is with the system when this returns true. False with ERROR_IO; for a
 * reader that went away the text is empty, as there is nothing to say. */
bool output_finish(struct error *err);

/* Prints the sentence of *ERR, if there is one, as output_message() does. BRIEF: less than 200 bytes
 * of it, for the log of a mail system. */
void output_error(const struct error *err, bool brief);

/* Prints "tlsrpt: " and a line on standard error, escaped for a terminal. */
void output_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
