#include "cli/net_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/vector.h"

/* The largest observation that is read; a longer line ends the run. */
enum { LINE_MAX_BYTES = 32 * 1024 * 1024, READ_BYTES = 64 * 1024 };

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
static const char *find_program(struct arena *arena, struct error *err)
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

/* ---- what it is told ---- */

struct words {
    char **at;
    size_t count;
};

static void add_word(struct arena *arena, struct words *words, const char *word)
{
    char *copy = word ? text_string(arena, text_of(word)) : NULL;
    VECTOR_ADD(arena, words, copy);
}

static void add_value(struct arena *arena, struct words *words, const char *option,
                      struct text value)
{
    if (!text_known(value))
        return;
    add_word(arena, words, option);
    VECTOR_ADD(arena, words, text_string(arena, value));
}

static char **arguments_of(const struct invocation *inv, const char *program, bool probe)
{
    const struct config *config = &inv->config;
    struct arena *arena = inv->arena;
    struct words words = {0};
    add_word(arena, &words, program);
    add_word(arena, &words, "observe");
    add_value(arena, &words, "--resolver", config->resolver);
    add_value(arena, &words, "--trust-anchor", config->trust_anchor);
    add_value(arena, &words, "--policy-ca", config->policy_ca);
    for (size_t i = 0; i < config->connect_to.count; i++)
        add_value(arena, &words, "--connect-to", config->connect_to.at[i]);
    add_value(arena, &words, "--smtp-port",
              text_format(arena, "%llu", (unsigned long long)config->smtp_port));
    if (config->allow_private_addresses)
        add_word(arena, &words, "--allow-private-addresses");
    if (!probe)
        add_word(arena, &words, "--no-probe");
    add_word(arena, &words, NULL);
    return words.at;
}

static void write_domains(struct buffer *out, const struct net_domain *domains, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct text_list *selectors = domains[i].selectors;
        buffer_add_text(out, domains[i].name);
        for (size_t j = 0; selectors && j < selectors->count; j++) {
            buffer_add_char(out, j ? ';' : '\t');
            buffer_add_text(out, selectors->at[j]);
        }
        buffer_add_char(out, '\n');
    }
}

/* A file without a name that holds the domains: a pipe could fill up while nobody reads it. */
static int input_of(const struct net_domain *domains, size_t count, struct error *err)
{
    BUFFER_AUTO text = {0};
    write_domains(&text, domains, count);
    int fd = memfd_create("domains", MFD_CLOEXEC);
    if (fd < 0) {
        error_set(err, ERROR_IO, "cannot hand domains to tlsrpt-net: %s", strerror(errno));
        return -1;
    }
    if (!file_write(fd, text.at, text.length, err) || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- running it ---- */

struct child {
    pid_t pid; /* 0: none */
    int output;
};

static void release_child(struct child *child)
{
    file_close(&child->output);
    if (child->pid) {
        kill(child->pid, SIGTERM);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    child->pid = 0;
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

static bool start(struct child *child, const char *program, char *const *arguments, int input,
                  struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    int result = spawn(program, arguments, input, ends[1], &child->pid);
    close(ends[1]);
    child->output = ends[0];
    if (result == 0)
        return true;
    child->pid = 0;
    return error_set(err, ERROR_UNAVAILABLE, "cannot run %s: %s", program, strerror(result));
}

static bool finish(struct child *child, struct error *err)
{
    int status;
    pid_t pid = child->pid;
    file_close(&child->output);
    child->output = -1;
    child->pid = 0;
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

/* Hands over the complete lines of BUFFER, which held none up to SEARCHED. */
static bool hand_over_lines(struct buffer *buffer, size_t searched, net_run_line *each,
                            void *context, struct error *err)
{
    size_t start = 0;
    for (size_t i = searched; i < buffer->length; i++) {
        if (buffer->at[i] != '\n')
            continue;
        struct text line = {buffer->at + start, i - start};
        start = i + 1;
        if (line.length && !each(context, line, err))
            return false;
    }
    buffer_drop(buffer, start);
    return true;
}

static bool read_lines(int fd, net_run_line *each, void *context, struct error *err)
{
    BUFFER_AUTO buffer = {0};
    for (;;) {
        buffer_reserve(&buffer, READ_BYTES);
        ssize_t got = read(fd, buffer.at + buffer.length, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_IO, "cannot read from tlsrpt-net: %s", strerror(errno));
        if (got == 0)
            break;
        size_t searched = buffer.length;
        buffer.length += (size_t)got;
        if (!hand_over_lines(&buffer, searched, each, context, err))
            return false;
        if (buffer.length > LINE_MAX_BYTES)
            return error_set(err, ERROR_BUG, "tlsrpt-net printed a line of more than 32 MiB");
    }
    /* What has no end was cut off; its exit status tells why. */
    return true;
}

bool net_run_observe(const struct invocation *inv, const struct net_domain *domains,
                     size_t count, bool probe, net_run_line *each, void *context,
                     struct error *err)
{
    __attribute__((cleanup(release_child))) struct child child = {.output = -1};
    const char *program = find_program(inv->arena, err);
    if (!program)
        return false;
    FD_AUTO input = input_of(domains, count, err);
    if (input < 0)
        return false;
    return start(&child, program, arguments_of(inv, program, probe), input, err) &&
           read_lines(child.output, each, context, err) && finish(&child, err);
}
