#include "fetch/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"

enum { COMMAND_MILLISECONDS = 60 * 1000 };

extern char **environ;

/* In a group of its own, so that all of it can be ended. */
static bool start(char *command, int output, pid_t *pid, struct error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t restored;
    char shell[] = "sh", option[] = "-c";
    char *arguments[] = {shell, option, command, NULL};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    sigemptyset(&restored);
    sigaddset(&restored, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    int result = posix_spawn(pid, "/bin/sh", &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return result == 0 ||
           error_set(err, ERROR_UNAVAILABLE, "cannot run /bin/sh: %s", strerror(result));
}

/* Reads to the end; what is more than a secret can have is dropped. False: it took too long. */
static bool read_output(int fd, struct secret *secret, size_t *length)
{
    int64_t end = time_milliseconds() + COMMAND_MILLISECONDS;
    char dropped[512];
    *length = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int64_t left = end - time_milliseconds();
        if (left <= 0)
            return false;
        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        bool full = *length == SECRET_MAX;
        ssize_t got = full ? read(fd, dropped, sizeof dropped)
                           : read(fd, secret->text + *length, SECRET_MAX - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        *length += full ? 0 : (size_t)got;
    }
}

static bool judge(bool in_time, int status, struct secret *secret, struct error *err)
{
    static const char what[] = "the command that prints the password or token";
    if (!in_time)
        return error_set(err, ERROR_UNAVAILABLE, "%s took longer than %d s", what,
                         COMMAND_MILLISECONDS / 1000);
    if (WIFSIGNALED(status))
        return error_set(err, ERROR_UNAVAILABLE, "%s was ended by signal %d", what,
                         WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s ended with status %d: run it by hand, as this user", what,
                         WEXITSTATUS(status));
    if (!*secret->text)
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s printed nothing: run it by hand, as this user", what);
    if (strlen(secret->text) == SECRET_MAX)
        return error_set(err, ERROR_UNAVAILABLE, "%s printed a line of more than %d bytes",
                         what, SECRET_MAX - 1);
    return true;
}

bool secret_get(struct text command, struct secret *secret, struct error *err)
{
    ARENA_AUTO arena = {0};
    int ends[2], status = 0;
    pid_t pid;
    size_t length = 0;
    memset(secret, 0, sizeof *secret);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    bool started = start(text_string(&arena, command), ends[1], &pid, err);
    file_close(&ends[1]);
    bool in_time = started && read_output(ends[0], secret, &length);
    file_close(&ends[0]);
    if (!started)
        return false;
    if (!in_time)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    secret->text[length] = 0;
    secret->text[strcspn(secret->text, "\r\n")] = 0;
    return judge(in_time, status, secret, err);
}

void secret_forget(struct secret *secret)
{
    explicit_bzero(secret, sizeof *secret);
}
