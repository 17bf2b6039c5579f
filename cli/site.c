#include "cli/site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"

/* Where new pages wait: what a run that was killed left there is removed by the next. */
static const char stage_name[] = ".tlsrpt-new";

enum { FOLDER_MODE = 0755, FILE_MODE = 0644, STAGED_NAME = 24 };

static bool cannot(const struct site *site, const char *what, const char *name,
                   struct error *err)
{
    return error_set(err, ERROR_IO, "cannot %s %s/%s: %s", what, site->path, name,
                     strerror(errno));
}

/* ---- what is there ---- */

static int open_file(int folder, const char *name)
{
    struct stat about;
    FD_AUTO fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
}

/* Whether it is there and has the mark. */
static bool is_ours(int folder, const char *name)
{
    enum { BEGINNING = 400 };
    char begin[BEGINNING];
    FD_AUTO fd = open_file(folder, name);
    ssize_t got = fd < 0 ? -1 : read(fd, begin, sizeof begin);
    return got > 0 && text_find((struct text){begin, (size_t)got}, TEXT(SITE_MARK)) != SIZE_MAX;
}

static bool is_there(int folder, const char *name)
{
    struct stat about;
    return fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool has_content(int folder, const char *name, const struct buffer *content)
{
    struct error why = {0};
    struct stat about;
    bool more;
    BUFFER_AUTO bytes = {0};
    FD_AUTO fd = open_file(folder, name);
    return fd >= 0 && fstat(fd, &about) == 0 && (size_t)about.st_size == content->length &&
           file_read(fd, content->length, &bytes, &more, &why) && !more &&
           bytes.length == content->length &&
           (!bytes.length || memcmp(bytes.at, content->at, bytes.length) == 0);
}

/* A file of the same name that somebody else made stays. */
static bool may_replace(const struct site *site, const char *name, struct error *err)
{
    if (!is_there(site->folder, name) || is_ours(site->folder, name))
        return true;
    return error_set(err, ERROR_USAGE, "%s/%s is not of tlsrpt dashboard: name another folder",
                     site->path, name);
}

/* ---- the folders ---- */

/* Opens the folder NAME in FOLDER, which is made where it is not there. */
static int make_folder(int folder, const char *name)
{
    bool made = mkdirat(folder, name, FOLDER_MODE) == 0;
    if ((!made && errno != EEXIST) || (made && fchmodat(folder, name, FOLDER_MODE, 0) != 0))
        return -1;
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

/* The names in it, in the arena of the site. */
static bool list_names(const struct site *site, int folder, struct text_list *names)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    __attribute__((cleanup(close_folder))) DIR *open = copy < 0 ? NULL : fdopendir(copy);
    if (!open) {
        file_close(&copy);
        return false;
    }
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            text_list_add(site->arena, names, text_copy(site->arena, text_of(entry->d_name)));
    return true;
}

static void empty_stage(const struct site *site)
{
    struct text_list names = {0};
    if (site->stage < 0 || !list_names(site, site->stage, &names))
        return;
    for (size_t i = 0; i < names.count; i++)
        unlinkat(site->stage, names.at[i].at, 0);
}

static bool lock(struct site *site, struct error *err)
{
    if (flock(site->folder, LOCK_EX | LOCK_NB) == 0)
        return true;
    return error_set(err, ERROR_TRY_AGAIN, "another run writes to %s: try again later",
                     site->path);
}

bool site_begin(struct site *site, struct text dir, struct arena *arena, struct error *err)
{
    *site = (struct site){
        .arena = arena, .path = text_string(arena, dir), .folder = -1, .stage = -1};
    if (!dir.length)
        return error_set(err, ERROR_USAGE, "--output needs the name of a folder");
    if (mkdir(site->path, FOLDER_MODE) == 0)
        chmod(site->path, FOLDER_MODE);
    else if (errno != EEXIST)
        return error_set(err, ERROR_IO, "cannot make the folder %s: %s", site->path,
                         strerror(errno));
    site->folder = open(site->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (site->folder < 0)
        return error_set(err, errno == ENOTDIR ? ERROR_USAGE : ERROR_IO,
                         "cannot open the folder %s: %s", site->path, strerror(errno));
    if (!lock(site, err))
        return false;
    if (!may_replace(site, "index.html", err))
        return false;
    site->stage = make_folder(site->folder, stage_name);
    if (site->stage < 0)
        return cannot(site, "make", stage_name, err);
    empty_stage(site);
    return true;
}

/* ---- pages ---- */

static const char *staged_name(size_t number, char *name)
{
    snprintf(name, STAGED_NAME, "%zu", number);
    return name;
}

static bool stage_page(struct site *site, struct text name, const struct buffer *content,
                       struct error *err)
{
    char staged[STAGED_NAME];
    FD_AUTO fd = openat(site->stage, staged_name(site->staged.count, staged),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0 || fchmod(fd, FILE_MODE) != 0)
        return cannot(site, "write", name.at, err);
    if (!file_write(fd, content->at, content->length, err))
        return error_prefix(err, "cannot write %s/%s", site->path, name.at);
    text_list_add(site->arena, &site->staged, name);
    return true;
}

bool site_page(struct site *site, struct text name, const struct buffer *content,
               struct error *err)
{
    name = text_copy(site->arena, name);
    text_list_add(site->arena, &site->names, name);
    if (has_content(site->folder, name.at, content)) {
        site->kept++;
        return true;
    }
    return may_replace(site, name.at, err) && stage_page(site, name, content, err);
}

/* ---- the end ---- */

/* The folder of NAME, made where it is missing; *LAST is the name in it. */
static int folder_of(const struct site *site, struct text name, const char **last)
{
    size_t slash = text_find_char(name, '/');
    *last = slash == SIZE_MAX ? name.at : name.at + slash + 1;
    if (slash == SIZE_MAX)
        return openat(site->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return make_folder(site->folder, text_string(site->arena, text_first(name, slash)));
}

static bool place_page(struct site *site, size_t number, struct error *err)
{
    char staged[STAGED_NAME];
    struct text name = site->staged.at[number];
    const char *last;
    FD_AUTO folder = folder_of(site, name, &last);
    if (folder < 0)
        return cannot(site, "open the folder of", name.at, err);
    if (renameat(site->stage, staged_name(number, staged), folder, last) != 0)
        return cannot(site, "write", name.at, err);
    site->written++;
    return true;
}

static void remove_others(struct site *site, struct text folder_name)
{
    struct text_list there = {0};
    const char *name = text_string(site->arena, folder_name);
    FD_AUTO folder =
        openat(site->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || !list_names(site, folder, &there))
        return;
    for (size_t i = 0; i < there.count; i++) {
        struct text path = text_format(site->arena, "%s/%s", name, there.at[i].at);
        if (!text_list_has_sorted(&site->names, path) && is_ours(folder, there.at[i].at) &&
            unlinkat(folder, there.at[i].at, 0) == 0)
            site->removed++;
    }
}

/* All is on disk before the first page takes its place: the renames are a matter of milliseconds. */
static bool place_all(struct site *site, const struct text_list *folders, struct error *err)
{
    if (site->staged.count && syncfs(site->stage) != 0)
        return cannot(site, "write", "index.html", err);
    for (size_t i = 0; i < site->staged.count; i++)
        if (!place_page(site, i, err))
            return false;
    text_list_sort(&site->names);
    for (size_t i = 0; i < folders->count; i++)
        remove_others(site, folders->at[i]);
    return true;
}

bool site_end(struct site *site, const struct text_list *folders, bool good, struct error *err)
{
    good = good && place_all(site, folders, err);
    if (site->stage >= 0) {
        empty_stage(site);
        unlinkat(site->folder, stage_name, AT_REMOVEDIR);
    }
    if (good)
        fsync(site->folder);
    file_close(&site->stage);
    file_close(&site->folder);
    return good;
}
