#include "cli/fetch_spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

static const char *const SUFFIX = "-fetch-";

/* Its files have no folders among them. */
static void remove_folder(const char *path, int fd)
{
    DIR *files = fdopendir(dup(fd));
    struct dirent *file;
    while (files && (file = readdir(files)))
        unlinkat(fd, file->d_name, 0);
    if (files)
        closedir(files);
    rmdir(path);
}

/* The descriptor of PATH, locked, or -1 where somebody else has it. */
static int lock_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
        file_close(&fd), fd = -1;
    return fd;
}

/* Whoever made a folder holds its lock until it ends, however it ends. */
static void remove_left_behind(const char *folder, struct text prefix, struct arena *arena)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        if (!text_starts(text_of(entry->d_name), prefix))
            continue;
        const char *path = text_format(arena, "%s/%s", folder, entry->d_name).at;
        FD_AUTO fd = lock_folder(path);
        if (fd >= 0)
            remove_folder(path, fd);
    }
    if (entries)
        closedir(entries);
}

static bool is_there(const char *path, int fd)
{
    struct stat named, held;
    return stat(path, &named) == 0 && fstat(fd, &held) == 0 && named.st_ino == held.st_ino &&
           named.st_dev == held.st_dev;
}

bool fetch_spool_make(const char *db, struct arena *arena, struct fetch_spool *spool,
                      struct error *err)
{
    const char *slash = strrchr(db, '/');
    struct text folder =
        slash ? (struct text){db, slash == db ? 1 : (size_t)(slash - db)} : TEXT(".");
    const char *name = slash ? slash + 1 : db;
    char *real = realpath(text_string(arena, folder), NULL);
    const char *place = text_string(arena, real ? text_of(real) : folder);
    free(real);
    *spool = (struct fetch_spool){.lock = -1};
    remove_left_behind(place, text_format(arena, "%s%s", name, SUFFIX), arena);
    /* Somebody else may clear it away in the moment before it is locked. */
    while (spool->lock < 0) {
        char *path =
            text_string(arena, text_format(arena, "%s/%s%sXXXXXX", place, name, SUFFIX));
        if (!mkdtemp(path))
            return error_set(err, errno == ENOSPC ? ERROR_TRY_AGAIN : ERROR_IO,
                             "no folder for mails can be made beside the database (%s): %s",
                             path, strerror(errno));
        spool->path = path;
        spool->lock = lock_folder(path);
        if (spool->lock >= 0 && !is_there(path, spool->lock)) {
            file_close(&spool->lock);
            spool->lock = -1;
        }
    }
    return true;
}

void fetch_spool_remove(struct fetch_spool *spool)
{
    if (spool->path)
        remove_folder(spool->path, spool->lock);
    file_close(&spool->lock);
    *spool = (struct fetch_spool){.lock = -1};
}
