#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void file_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int file_open_regular(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        error_set(err, ERROR_IO, "cannot open the file: %s", strerror(errno));
        return -1;
    }
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        error_set(err, ERROR_IO, "is not a regular file");
        close(fd);
        return -1;
    }
    return fd;
}

bool file_read(int fd, size_t limit, struct buffer *buffer, bool *more, struct error *err)
{
    enum { STEP = 64 * 1024 };
    size_t taken = 0;
    *more = false;
    for (;;) {
        /* One byte beyond the limit is asked for, to know whether there is more. */
        size_t wanted = limit - taken < STEP ? limit - taken + 1 : STEP;
        buffer_reserve(buffer, wanted);
        ssize_t got = read(fd, buffer->at + buffer->length, wanted);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_IO, "cannot read: %s", strerror(errno));
        if (got == 0)
            return true;
        if ((size_t)got > limit - taken) {
            buffer->length += limit - taken;
            *more = true;
            return true;
        }
        buffer->length += (size_t)got;
        taken += (size_t)got;
    }
}

bool file_write(int fd, const void *bytes, size_t length, struct error *err)
{
    const char *at = bytes;
    while (length) {
        ssize_t put = write(fd, at, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_set(err,
                             errno == ENOSPC || errno == EDQUOT ? ERROR_TRY_AGAIN : ERROR_IO,
                             "cannot write: %s", strerror(errno));
        at += put;
        length -= (size_t)put;
    }
    return true;
}
