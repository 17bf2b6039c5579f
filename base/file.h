/* Reading and writing whole descriptors. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Closes *FD if it is not negative: for __attribute__((cleanup)). */
void file_close(int *fd);
#define FD_AUTO __attribute__((cleanup(file_close))) int

/* Opens a regular file to read, following no link at its last step and never waiting for a FIFO.
 * Returns the descriptor, or -1 with the reason in ERR. */
int file_open_regular(const char *path, struct error *err);

/* Appends to BUFFER from FD to its end, LIMIT bytes at most. *MORE says whether there was more.
 * False with errno's reason in ERR on a read error. */
bool file_read(int fd, size_t limit, struct buffer *buffer, bool *more, struct error *err);

/* Writes all of it. False on error. */
bool file_write(int fd, const void *bytes, size_t length, struct error *err);

#endif
