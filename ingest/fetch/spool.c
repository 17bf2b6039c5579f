#include "fetch/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

const char *spool_path(const char *folder, uint64_t file, char buffer[SPOOL_PATH_SIZE])
{
    snprintf(buffer, SPOOL_PATH_SIZE, "%s/%" PRIu64, folder, file);
    return buffer;
}

void spool_start(struct spool *spool, const char *folder)
{
    *spool = (struct spool){.folder = folder, .fd = -1, .oldest = 1};
}

static bool failed(const struct spool *spool, struct error *err)
{
    int reason = errno;
    bool full = reason == ENOSPC || reason == EDQUOT;
    return error_set(err, full ? ERROR_TRY_AGAIN : ERROR_IO,
                     "mails cannot be put down in %s: %s", spool->folder, strerror(reason));
}

static bool next_file(struct spool *spool, struct error *err)
{
    char path[SPOOL_PATH_SIZE];
    file_close(&spool->fd);
    spool->fd = open(spool_path(spool->folder, spool->file + 1, path),
                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (spool->fd < 0)
        return failed(spool, err);
    spool->file++;
    spool->length = spool->start = 0;
    return true;
}

bool spool_begin(struct spool *spool, struct error *err)
{
    if (spool->fd >= 0 && !spool_cut(spool, 0, err))
        return false;
    if (spool->fd < 0 || spool->length >= SPOOL_FILE_SIZE)
        return next_file(spool, err);
    return true;
}

bool spool_add(struct spool *spool, struct text piece, struct error *err)
{
    if (!file_write(spool->fd, piece.at, piece.length, NULL))
        return failed(spool, err);
    spool->length += piece.length;
    return true;
}

bool spool_cut(struct spool *spool, uint64_t length, struct error *err)
{
    uint64_t end = spool->start + length;
    if (end >= spool->length)
        return true;
    if (ftruncate(spool->fd, (off_t)end) != 0 || lseek(spool->fd, (off_t)end, SEEK_SET) < 0)
        return failed(spool, err);
    spool->length = end;
    return true;
}

void spool_keep(struct spool *spool)
{
    spool->start = spool->length;
}

uint64_t spool_written(const struct spool *spool)
{
    return spool->length - spool->start;
}

void spool_release(struct spool *spool, uint32_t file)
{
    char path[SPOOL_PATH_SIZE];
    for (; spool->oldest < file; spool->oldest++)
        unlink(spool_path(spool->folder, spool->oldest, path));
}

bool spool_is_full(const struct spool *spool)
{
    return spool->file - spool->oldest + 1 >= SPOOL_FILES_MOST;
}

void spool_end(struct spool *spool)
{
    file_close(&spool->fd);
    spool->fd = -1;
    spool_release(spool, spool->file + 1);
}
