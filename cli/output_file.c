#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/output.h"

/* The folder of PATH with its slash, "" where PATH has none. */
static struct text folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return (struct text){path, slash ? (size_t)(slash + 1 - path) : 0};
}

/* A device or a pipe cannot be replaced, and replacing a link would leave its file as it is. */
static bool check_place(const char *path, struct error *err)
{
    struct stat about;
    if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return error_set(err, ERROR_USAGE,
                         "--output: %s is there and is no file; write to standard output",
                         path);
    return true;
}

bool output_file_begin(struct output_file *file, struct text path, struct arena *arena,
                       struct error *err)
{
    *file = (struct output_file){.path = text_string(arena, path)};
    if (!path.length)
        return error_set(err, ERROR_USAGE, "--output needs the name of a file");
    if (!check_place(file->path, err))
        return false;
    struct text folder = folder_of(file->path);
    /* With a point before it and nothing known behind it, so that nobody takes it for a file of theirs. */
    char *temporary = text_string(arena, text_format(arena, "%.*s.%s.XXXXXX", TEXT_ARGS(folder),
                                                     file->path + folder.length));
    FD_AUTO fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_IO, "cannot write beside %s: %s", file->path,
                         strerror(errno));
    file->temporary = temporary;
    if (!output_to(fd, file->path, err))
        return output_file_end(file, false, err);
    return true;
}

/* A rename is on disk when its folder is. */
static bool sync_folder(const char *path, struct arena *arena)
{
    struct text folder = folder_of(path);
    FD_AUTO fd = open(folder.length ? text_string(arena, folder) : ".",
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

static bool take_place(const struct output_file *file, struct error *err)
{
    ARENA_AUTO arena = {0};
    if (fchmod(STDOUT_FILENO, 0644) == 0 && fsync(STDOUT_FILENO) == 0 &&
        rename(file->temporary, file->path) == 0 && sync_folder(file->path, &arena))
        return true;
    return error_set(err, ERROR_IO, "cannot write %s: %s", file->path, strerror(errno));
}

bool output_file_end(struct output_file *file, bool good, struct error *err)
{
    if (!file->temporary)
        return good;
    good = good && output_finish(err) && take_place(file, err);
    if (!good)
        unlink(file->temporary);
    file->temporary = NULL;
    return good;
}
