#include "ingest/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"
#include "ingest/mbox.h"
#include "ingest/worker.h"

enum { FOLDER_DEPTH = 16 };

struct search {
    const struct source_filter *filter;
    struct arena *arena;
    struct source_list *list;
};

struct names {
    char **at;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct text maildir_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct text name = text_of(slash ? slash + 1 : path);
    return text_first(name, text_find_char(name, ':'));
}

struct text maildir_flags(const char *path)
{
    struct text name = text_of(path);
    size_t at = text_find(name, TEXT(":2,"));
    return at == SIZE_MAX ? TEXT_UNKNOWN : text_from(name, at + 3);
}

/* The names in a folder that are not hidden, of plain files or (with FOLDERS) folders too; links
 * are left out. DIRENT's type is trusted where the file system gives one. */
static bool list_folder(struct search *search, const char *path, bool folders,
                        struct names *names, struct error *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return error_set(err, ERROR_IO, "%s: cannot be read: %s", path, strerror(errno));
    struct dirent *entry;
    while ((errno = 0, entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        unsigned char type = entry->d_type;
        struct stat about;
        if (type == DT_UNKNOWN &&
            fstatat(dirfd(folder), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0)
            type = S_ISREG(about.st_mode) ? DT_REG : S_ISDIR(about.st_mode) ? DT_DIR : DT_LNK;
        if (type == DT_REG || (folders && type == DT_DIR))
            VECTOR_ADD(search->arena, names,
                       text_string(search->arena, text_of(entry->d_name)));
    }
    int failure = errno;
    closedir(folder);
    if (failure)
        return error_set(err, ERROR_IO, "%s: cannot be read: %s", path, strerror(failure));
    if (names->count > 1)
        qsort(names->at, names->count, sizeof *names->at, by_name);
    return true;
}

static char *join(struct arena *arena, const char *folder, const char *name)
{
    size_t folder_length = strlen(folder), name_length = strlen(name);
    char *path = arena_alloc(arena, folder_length + name_length + 2);
    memcpy(path, folder, folder_length);
    path[folder_length] = '/';
    memcpy(path + folder_length + 1, name, name_length);
    return path;
}

static bool is_folder(struct arena *arena, const char *path, const char *name)
{
    struct stat about;
    return lstat(join(arena, path, name), &about) == 0 && S_ISDIR(about.st_mode);
}

bool sources_is_maildir(const char *path)
{
    ARENA_AUTO arena = {0};
    return is_folder(&arena, path, "cur") && is_folder(&arena, path, "new");
}

static bool find_in_maildir(struct search *search, const char *path, struct error *err)
{
    static const char *const folders[] = {"new", "cur"};
    /* Its identity must not depend on how it was named this time. */
    char *real = realpath(path, NULL);
    if (!real)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    const char *maildir = text_string(search->arena, text_of(real));
    free(real);
    bool good = true;
    for (int i = 0; i < 2; i++) {
        struct names names = {0};
        const char *folder = join(search->arena, path, folders[i]);
        good = list_folder(search, folder, false, &names, err) && good;
        for (size_t j = 0; j < names.count; j++) {
            bool kept = false;
            bool seen = search->filter->seen(search->filter->context, text_of(maildir),
                                             maildir_name(names.at[j]), &kept);
            if (seen && !(kept && search->filter->list_known))
                continue;
            struct source_mail mail = {.path = join(search->arena, folder, names.at[j]),
                                       .length = WORKER_TO_THE_END,
                                       .maildir = maildir,
                                       .known = seen};
            VECTOR_ADD(search->arena, search->list, mail);
        }
    }
    return good;
}

static bool add_mbox_mail(void *context, uint64_t offset, uint64_t length)
{
    struct search *search = context;
    struct source_mail *last = &search->list->at[search->list->count - 1];
    struct source_mail mail = {.path = last->path, .offset = offset, .length = length};
    VECTOR_ADD(search->arena, search->list, mail);
    return true;
}

static bool find_in_file(struct search *search, const char *path, struct error *err)
{
    FD_AUTO fd = file_open_regular(path, err);
    if (fd < 0)
        return error_prefix(err, "%s", path);
    struct source_mail whole = {.path = path, .length = WORKER_TO_THE_END, .bare_name = true};
    VECTOR_ADD(search->arena, search->list, whole);
    if (!mbox_is(fd))
        return true;
    size_t place = search->list->count - 1;
    if (!mbox_split(fd, add_mbox_mail, search, err))
        return error_prefix(err, "%s", path);
    /* The mails take the place of the file. */
    search->list->count--;
    memmove(search->list->at + place, search->list->at + place + 1,
            (search->list->count - place) * sizeof *search->list->at);
    return true;
}

static bool find_in_folder(struct search *search, const char *path, int depth,
                           struct error *err)
{
    if (sources_is_maildir(path))
        return find_in_maildir(search, path, err);
    if (search->filter->only_maildirs)
        return error_set(err, ERROR_IO, "%s: is no Maildir: it has no new/ and cur/", path);
    if (depth > FOLDER_DEPTH)
        return error_set(err, ERROR_IO, "%s: folders deeper than %d", path, FOLDER_DEPTH);
    struct names names = {0};
    if (!list_folder(search, path, true, &names, err))
        return false;
    bool good = true;
    for (size_t i = 0; i < names.count; i++) {
        const char *inner = join(search->arena, path, names.at[i]);
        struct stat about;
        if (lstat(inner, &about) != 0)
            continue;
        struct error inner_err;
        bool found = S_ISDIR(about.st_mode)
                         ? find_in_folder(search, inner, depth + 1, &inner_err)
                     : S_ISREG(about.st_mode) ? find_in_file(search, inner, &inner_err)
                                              : true;
        if (!found && good)
            *err = inner_err;
        good = good && found;
    }
    return good;
}

bool sources_find(const char *path, const struct source_filter *filter, struct arena *arena,
                  struct source_list *list, struct error *err)
{
    struct search search = {.filter = filter, .arena = arena, .list = list};
    struct stat about;
    if (stat(path, &about) != 0)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    if (filter->only_maildirs && !S_ISDIR(about.st_mode))
        return error_set(err, ERROR_IO, "%s: is no Maildir but a file", path);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const char *own = text_string(arena, (struct text){path, length});
    if (S_ISDIR(about.st_mode))
        return find_in_folder(&search, own, 0, err);
    if (!S_ISREG(about.st_mode))
        return error_set(err, ERROR_IO,
                         "%s: is neither a file nor a folder; pipe a mail in instead: "
                         "tlsrpt ingest - < FILE",
                         path);
    /* A link that the user names is followed; one that is found in a folder is not. */
    struct stat itself;
    if (lstat(own, &itself) != 0 || S_ISLNK(itself.st_mode)) {
        char *real = realpath(own, NULL);
        if (!real)
            return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
        own = text_string(arena, text_of(real));
        free(real);
    }
    return find_in_file(&search, own, err);
}
