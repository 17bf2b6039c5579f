#include "cli/net_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#ifndef TLSRPT_LIBEXEC
#define TLSRPT_LIBEXEC "/usr/libexec"
#endif

/* ---- which program ---- */

/* The folder that this program lies in, or null. */
static const char *own_folder(struct arena *arena)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return NULL;
    path[length] = 0;
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    return text_string(arena, (struct text){path, (size_t)(slash - path)});
}

/* Where it is: named by TLSRPT_NET, installed beside this program, beside it in a build, or where the
 * build said that it would be installed. */
const char *net_program(struct arena *arena, struct error *err)
{
    static const char *const beside[] = {"../libexec/tlsrpt/tlsrpt-net", "net/tlsrpt-net"};
    const char *named = getenv("TLSRPT_NET"), *folder = own_folder(arena);
    if (named && *named)
        return named;
    for (size_t i = 0; folder && i < sizeof beside / sizeof *beside; i++) {
        const char *path = text_format(arena, "%s/%s", folder, beside[i]).at;
        if (access(path, X_OK) == 0)
            return path;
    }
    static const char installed[] = TLSRPT_LIBEXEC "/tlsrpt/tlsrpt-net";
    if (access(installed, X_OK) == 0)
        return installed;
    error_set(
        err, ERROR_UNAVAILABLE,
        "tlsrpt-net, which looks things up in the network, is not at %s: install the whole "
        "of tlsrpt (cmake --install), or name it with TLSRPT_NET",
        installed);
    return NULL;
}

/* ---- running it ---- */

void net_process_release(struct net_process *process)
{
    file_close(&process->output);
    process->output = -1;
    if (process->pid) {
        kill(process->pid, SIGTERM);
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    process->pid = 0;
}

/* Signals that this program ignores must not stay ignored there. */
static int spawn(const char *program, char *const *arguments, int input, int output, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t restored;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    sigemptyset(&restored);
    sigaddset(&restored, SIGPIPE);
    sigaddset(&restored, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    int result = posix_spawn(pid, program, &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return result;
}

bool net_process_start(struct net_process *process, char *const *arguments, int input,
                       struct error *err)
{
    int ends[2];
    *process = (struct net_process){.output = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    int result = spawn(arguments[0], arguments, input, ends[1], &process->pid);
    close(ends[1]);
    process->output = ends[0];
    if (result == 0)
        return true;
    process->pid = 0;
    return error_set(err, ERROR_UNAVAILABLE, "cannot run %s: %s", arguments[0],
                     strerror(result));
}

bool net_process_finish(struct net_process *process, struct error *err)
{
    int status;
    pid_t pid = process->pid;
    file_close(&process->output);
    process->output = -1;
    process->pid = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(err, ERROR_IO, "cannot wait for tlsrpt-net: %s", strerror(errno));
    if (WIFSIGNALED(status))
        return error_set(err, ERROR_UNAVAILABLE, "tlsrpt-net was ended by signal %d",
                         WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "tlsrpt-net ended with status %d",
                         WEXITSTATUS(status));
    return true;
}
