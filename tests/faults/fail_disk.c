/* LD_PRELOAD: counts what a program does to the files of one folder, writes it down, and lets some of
 * it fail. By environment:
 *
 *   FAIL_UNDER   the folder, a canonical path
 *   FAIL_AT      the number of the first call that fails, from 1; 0 lets all through
 *   FAIL_HOW     io, full: with that error; torn: a write of half, then full; kill: by SIGKILL before
 *                the call; torn-kill: after half of the write
 *   FAIL_ON      if set, all calls that follow fail too
 *   FAIL_LOG     a file for one line a call: its name, the file, the offset, the bytes in hex */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 256, LOG_FD = 900 };

static const char *under, *how;
static unsigned long fail_at, number;
static bool fail_on, logging;
static char names[FILES][256]; /* of the open files below the folder, without it */

/* The C library's function that the one here takes the place of. */
#define REAL(function)                                                                         \
    union {                                                                                    \
        void *object;                                                                          \
        __typeof__(&function) call;                                                            \
    } real = {dlsym(RTLD_NEXT, #function)}

__attribute__((constructor)) static void start(void)
{
    const char *at = getenv("FAIL_AT"), *log = getenv("FAIL_LOG");
    under = getenv("FAIL_UNDER");
    how = getenv("FAIL_HOW");
    fail_at = at ? strtoul(at, NULL, 10) : 0;
    fail_on = getenv("FAIL_ON") != NULL;
    if (!log)
        return;
    REAL(open);
    int fd = real.call(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    logging = fd >= 0 && fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD) == LOG_FD;
}

/* The part of PATH below the folder ("." for itself), null for any other. */
static const char *name_of(const char *path)
{
    size_t length = under ? strlen(under) : 0;
    if (!length || strncmp(path, under, length) != 0)
        return NULL;
    if (!path[length])
        return ".";
    return path[length] == '/' ? path + length + 1 : NULL;
}

static const char *name_of_fd(int fd)
{
    return fd >= 0 && fd < FILES && names[fd][0] ? names[fd] : NULL;
}

static void note(const char *call, const char *name, long offset, const void *bytes,
                 size_t length)
{
    static char line[512 + 2 * 65536 + 2];
    if (!logging)
        return;
    int at = snprintf(line, 512, "%s %s %ld ", call, name, offset);
    if (bytes && length <= 65536)
        for (size_t i = 0; i < length; i++)
            at += snprintf(line + at, 3, "%02x", ((const unsigned char *)bytes)[i]);
    line[at++] = '\n';
    REAL(write);
    if (real.call(LOG_FD, line, (size_t)at) != at)
        abort();
}

/* Whether the call at hand fails. Counts it. */
static bool fails(void)
{
    number++;
    if (!fail_at || !(fail_on ? number >= fail_at : number == fail_at))
        return false;
    if (strcmp(how, "kill") == 0)
        kill(getpid(), SIGKILL);
    errno = strcmp(how, "io") == 0 ? EIO : ENOSPC;
    return true;
}

static int opened(int fd, const char *name)
{
    if (fd >= 0 && fd < FILES)
        snprintf(names[fd], sizeof names[fd], "%s", name);
    return fd;
}

#define OPEN(function)                                                                         \
    int function(const char *path, int flags, ...)                                             \
    {                                                                                          \
        REAL(function);                                                                        \
        va_list arguments;                                                                     \
        va_start(arguments, flags);                                                            \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;                         \
        va_end(arguments);                                                                     \
        const char *name = name_of(path);                                                      \
        if (!name)                                                                             \
            return real.call(path, flags, mode);                                               \
        struct stat about;                                                                     \
        bool makes = (flags & O_CREAT) && stat(path, &about) != 0;                             \
        if (fails())                                                                           \
            return -1;                                                                         \
        int fd = opened(real.call(path, flags, mode), name);                                   \
        note(makes &&fd >= 0 ? "create" : "open", name, 0, NULL, 0);                           \
        return fd;                                                                             \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    REAL(close);
    if (fd >= 0 && fd < FILES)
        names[fd][0] = 0;
    return real.call(fd);
}

#define PREAD(function, offset_type)                                                           \
    ssize_t function(int fd, void *bytes, size_t length, offset_type offset)                   \
    {                                                                                          \
        REAL(function);                                                                        \
        const char *name = name_of_fd(fd);                                                     \
        if (name && fails())                                                                   \
            return -1;                                                                         \
        if (name)                                                                              \
            note("read", name, (long)offset, NULL, 0);                                         \
        return real.call(fd, bytes, length, offset);                                           \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

/* Half a write: a torn one. */
static ssize_t tear(ssize_t (*write_at)(int, const void *, size_t, off64_t), int fd,
                    const void *bytes, size_t length, off64_t offset)
{
    if (strncmp(how, "torn", 4) != 0)
        return -1;
    ssize_t put = write_at(fd, bytes, length / 2, offset);
    if (strcmp(how, "torn-kill") == 0)
        kill(getpid(), SIGKILL);
    return put;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    REAL(pwrite64);
    const char *name = name_of_fd(fd);
    if (name && fails())
        return tear(real.call, fd, bytes, length, offset);
    if (name)
        note("write", name, (long)offset, bytes, length);
    return real.call(fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    return pwrite64(fd, bytes, length, offset);
}

#define ON_FD(function, word, parameters, arguments, offset)                                   \
    int function parameters                                                                    \
    {                                                                                          \
        REAL(function);                                                                        \
        const char *name = name_of_fd(fd);                                                     \
        if (name && fails())                                                                   \
            return -1;                                                                         \
        if (name)                                                                              \
            note(word, name, (long)(offset), NULL, 0);                                         \
        return real.call arguments;                                                            \
    }
ON_FD(fsync, "sync", (int fd), (fd), 0)
ON_FD(fdatasync, "sync", (int fd), (fd), 0)
ON_FD(ftruncate, "truncate", (int fd, off_t length), (fd, length), length)
ON_FD(ftruncate64, "truncate", (int fd, off64_t length), (fd, length), length)
ON_FD(fchown, "owner", (int fd, uid_t user, gid_t group), (fd, user, group), 0)
ON_FD(fchmod, "mode", (int fd, mode_t mode), (fd, mode), 0)
ON_FD(fstat, "stat", (int fd, struct stat *about), (fd, about), 0)
ON_FD(fstat64, "stat", (int fd, struct stat64 *about), (fd, about), 0)

/* Locks, of all that fcntl() does. */
#define FCNTL(function)                                                                        \
    int function(int fd, int command, ...)                                                     \
    {                                                                                          \
        REAL(function);                                                                        \
        va_list arguments;                                                                     \
        va_start(arguments, command);                                                          \
        void *argument = va_arg(arguments, void *);                                            \
        va_end(arguments);                                                                     \
        const char *name = command == F_SETLK || command == F_GETLK ? name_of_fd(fd) : NULL;   \
        if (name && fails())                                                                   \
            return -1;                                                                         \
        if (name)                                                                              \
            note("lock", name, 0, NULL, 0);                                                    \
        return real.call(fd, command, argument);                                               \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

int unlink(const char *path)
{
    REAL(unlink);
    const char *name = name_of(path);
    if (name && fails())
        return -1;
    if (name)
        note("unlink", name, 0, NULL, 0);
    return real.call(path);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    const char *name = name_of(from);
    if (name && fails())
        return -1;
    if (name)
        note("rename", name, 0, NULL, 0);
    return real.call(from, to);
}
