#include "ingest/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "ingest/sandbox.h"
#include "ingest/wire.h"

enum {
    TASKS_FD = 3,
    ANSWERS_FD = 4,
    PIPE_ROOM = 1024 * 1024, /* the most that Linux gives to everybody */
    FLUSH_AT = 32 * 1024,    /* half a pipe: one write wakes the parent for several mails */
};

/* ---- what both sides know ---- */

struct task_header {
    uint64_t offset, length;
    uint32_t path_length;
    uint16_t bare_name, cut; /* of this width, so that no byte is left unset between */
};

void worker_put_task(struct buffer *out, const struct worker_task *task)
{
    struct task_header header = {.offset = task->offset,
                                 .length = task->length,
                                 .path_length = (uint32_t)strlen(task->path) + 1,
                                 .bare_name = task->bare_name,
                                 .cut = task->cut};
    buffer_add(out, &header, sizeof header);
    buffer_add(out, task->path, header.path_length);
}

size_t worker_answer_limit(const struct ingest_limits *limits)
{
    return 2 * limits->report_size + (1u << 20);
}

/* ---- the child ---- */

struct child {
    const struct reader_options *options;
    struct worker_place *place;
    struct arena arena;
    struct buffer in, out, mail;
    int64_t cpu_checked; /* seconds of the coarse clock */
};

static void flush(struct child *child)
{
    if (!file_write(ANSWERS_FD, child->out.at, child->out.length, NULL))
        _exit(WORKER_BROKEN_PIPE);
    child->out.length = 0;
}

static void answer_begin(struct child *child, enum worker_status status, size_t *start)
{
    *start = child->out.length;
    buffer_add_u32(&child->out, 0);
    buffer_add_char(&child->out, (char)status);
}

static void answer_end(struct child *child, size_t start)
{
    uint32_t length = (uint32_t)(child->out.length - start - sizeof length);
    memcpy(child->out.at + start, &length, sizeof length);
}

static void answer_reading(struct child *child, const struct reading *reading)
{
    size_t start;
    answer_begin(child, WORKER_READ, &start);
    wire_encode(reading, &child->out);
    if (child->out.length - start > worker_answer_limit(&child->options->limits)) {
        child->out.length = start;
        answer_begin(child, WORKER_READ, &start);
        struct reading fault = {.received_at = reading->received_at,
                                .fault = TEXT("the reports in it are larger than the limit for "
                                              "one mail")};
        wire_encode(&fault, &child->out);
    }
    answer_end(child, start);
}

static void answer_failure(struct child *child, enum worker_status status, const char *why)
{
    size_t start;
    answer_begin(child, status, &start);
    buffer_add(&child->out, why, strlen(why));
    answer_end(child, start);
}

/* The processor time for the mail at hand, beyond what is used already: a backstop for the parent's
 * clock. Asking twice within a second changes nothing. */
static void renew_cpu_limit(struct child *child)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (child->cpu_checked == now.tv_sec + 1)
        return;
    child->cpu_checked = now.tv_sec + 1;
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    rlim_t seconds = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     child->options->limits.worker_seconds + 2;
    struct rlimit limit = {.rlim_cur = seconds, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &limit);
}

static void read_mail(struct child *child, struct text bytes, struct text name, bool truncated)
{
    struct reading reading = {.received_at = TIME_UNKNOWN};
    renew_cpu_limit(child);
    mail_read(bytes, name, truncated, child->options, &child->arena, &reading);
    answer_reading(child, &reading);
    arena_reset(&child->arena);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void do_task(struct child *child, const struct task_header *header, const char *path)
{
    size_t limit = child->options->limits.mail_size;
    struct error err;
    errno = 0;
    FD_AUTO fd = file_open_regular(path, &err);
    if (fd < 0) {
        answer_failure(child, errno == ENOENT ? WORKER_GONE : WORKER_UNREADABLE, err.text);
        return;
    }
    bool more = false;
    child->mail.length = 0;
    if (header->offset && lseek(fd, (off_t)header->offset, SEEK_SET) < 0) {
        answer_failure(child, WORKER_UNREADABLE, strerror(errno));
        return;
    }
    size_t wanted = header->length < limit ? (size_t)header->length : limit;
    if (!file_read(fd, wanted, &child->mail, &more, &err)) {
        answer_failure(child, WORKER_UNREADABLE, err.text);
        return;
    }
    bool truncated = header->length == WORKER_TO_THE_END ? more : header->length > limit;
    struct text bytes = buffer_text(&child->mail);
    truncated = truncated || header->cut;
    if (truncated)
        bytes = text_first(bytes, INGEST_KEPT_OF_TOO_LARGE);
    struct text name = header->bare_name ? text_of(base_name(path)) : TEXT_UNKNOWN;
    read_mail(child, bytes, name, truncated);
    if (child->mail.room > 1u << 20)
        buffer_free(&child->mail);
}

/* The next task from the pipe; answers are handed over before it waits for one. */
static bool next_task(struct child *child, struct task_header *header, const char **path,
                      size_t *used)
{
    buffer_drop(&child->in, *used);
    *used = 0;
    for (;;) {
        if (child->in.length >= sizeof *header) {
            memcpy(header, child->in.at, sizeof *header);
            if (child->in.length - sizeof *header >= header->path_length) {
                *path = child->in.at + sizeof *header;
                *used = sizeof *header + header->path_length;
                return true;
            }
        }
        flush(child);
        buffer_reserve(&child->in, FLUSH_AT);
        ssize_t got = read(TASKS_FD, child->in.at + child->in.length, FLUSH_AT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        child->in.length += (size_t)got;
    }
}

static void limit_memory(size_t bytes)
{
    /* AddressSanitizer's shadow is larger than any limit; there the sanitizer's own limit holds
     * (see the default options in tlsrpt.c). */
    if (SANITIZED)
        return;
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
    setrlimit(RLIMIT_AS, &limit);
}

/* What a worker may touch from here on: its two pipes, and SOURCES to read. Where the kernel has no
 * sandbox it goes on without: sandbox_missing() tells the parent. */
static bool confine(const struct reader_options *options, const struct text_list *sources,
                    int tasks, int answers)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    static const int handled[] = {SIGABRT, SIGBUS,  SIGFPE,  SIGHUP,  SIGILL,
                                  SIGINT,  SIGSEGV, SIGTERM, SIGTRAP, SIGXCPU};
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        if (!SANITIZED || handled[i] == SIGTERM || handled[i] == SIGINT)
            signal(handled[i], SIG_DFL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* High first, so that no copy lands on a descriptor that is still needed. */
    tasks = fcntl(tasks, F_DUPFD_CLOEXEC, 64);
    answers = fcntl(answers, F_DUPFD_CLOEXEC, 64);
    if (null < 0 || tasks < 0 || answers < 0)
        return false;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    /* GLib warns on stderr, and might quote the mail. */
    if (!SANITIZED)
        dup2(null, STDERR_FILENO);
    if (dup2(tasks, TASKS_FD) < 0 || dup2(answers, ANSWERS_FD) < 0)
        return false;
    close_range(ANSWERS_FD + 1, ~0u, 0);
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    memory_exhausted_status(WORKER_OUT_OF_MEMORY);
    mail_start();
    limit_memory(options->limits.worker_memory);
    sandbox_enter(sources);
    return true;
}

static void run_child(struct child *child, const struct text *input, bool truncated)
{
    if (input) {
        atomic_store(&child->place->task, 1);
        read_mail(child, *input, TEXT_UNKNOWN, truncated);
        flush(child);
        return;
    }
    struct task_header header;
    const char *path;
    size_t used = 0;
    uint64_t task = 0;
    while (next_task(child, &header, &path, &used)) {
        atomic_store_explicit(&child->place->task, ++task, memory_order_relaxed);
        do_task(child, &header, path);
        if (child->out.length >= FLUSH_AT)
            flush(child);
    }
    flush(child);
}

/* ---- the parent ---- */

static bool make_pipe(int ends[2], bool parent_writes, struct error *err)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERROR_TRY_AGAIN, "cannot make a pipe: %s", strerror(errno));
    /* So that a worker need not wait while the parent waits for the disk. A wish: who has many pipes
     * gets a smaller one. */
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_ROOM);
    int flags = fcntl(ends[parent_writes], F_GETFL);
    fcntl(ends[parent_writes], F_SETFL, flags | O_NONBLOCK);
    return true;
}

bool worker_start(struct worker *worker, const struct reader_options *options,
                  const struct text_list *sources, const struct text *input, bool truncated,
                  struct error *err)
{
    *worker = (struct worker){.tasks = -1, .answers = -1};
    int tasks[2] = {-1, -1}, answers[2] = {-1, -1};
    worker->place = mmap(NULL, sizeof *worker->place, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (worker->place == MAP_FAILED) {
        worker->place = NULL;
        return error_set(err, ERROR_TRY_AGAIN, "cannot share memory with a worker: %s",
                         strerror(errno));
    }
    pid_t pid = -1;
    if (make_pipe(tasks, true, err) && make_pipe(answers, false, err)) {
        pid = fork();
        if (pid < 0)
            error_set(err, ERROR_TRY_AGAIN, "cannot start a worker: %s", strerror(errno));
    }
    if (pid == 0) {
        struct child child = {.options = options, .place = worker->place};
        if (!confine(options, sources, tasks[0], answers[1]))
            _exit(WORKER_BROKEN_PIPE);
        run_child(&child, input, truncated);
        _exit(0);
    }
    file_close(&tasks[0]);
    file_close(&answers[1]);
    worker->tasks = tasks[1];
    worker->answers = answers[0];
    worker->pid = pid > 0 ? pid : 0;
    if (pid > 0)
        return true;
    worker_end(worker, WORKER_UNWANTED, &options->limits, (char[128]){0});
    return false;
}

static void say_why(int status, bool too_slow, const struct ingest_limits *limits,
                    char why[128])
{
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (too_slow || signal_number == SIGXCPU)
        snprintf(why, 128, "reading it took longer than %u seconds", limits->worker_seconds);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_OUT_OF_MEMORY)
        snprintf(why, 128, "reading it took more than %zu MiB of memory",
                 limits->worker_memory >> 20);
    else if (signal_number == SIGTRAP || signal_number == SIGABRT)
        /* This is how GLib ends when it gets no memory. */
        snprintf(why, 128,
                 "the worker that read it gave up (%s), perhaps at its %zu MiB of memory",
                 strsignal(signal_number), limits->worker_memory >> 20);
    else if (signal_number)
        snprintf(why, 128, "the worker that read it died of signal %d (%s)", signal_number,
                 strsignal(signal_number));
    else
        snprintf(why, 128, "the worker that read it ended with status %d", WEXITSTATUS(status));
}

void worker_end(struct worker *worker, enum worker_ending ending,
                const struct ingest_limits *limits, char why[128])
{
    int status = 0;
    file_close(&worker->tasks);
    if (worker->pid > 0) {
        if (ending != WORKER_LEAVES)
            kill(worker->pid, SIGKILL);
        while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    file_close(&worker->answers);
    if (worker->place)
        munmap(worker->place, sizeof *worker->place);
    say_why(status, ending == WORKER_TOO_SLOW, limits, why);
    *worker = (struct worker){.tasks = -1, .answers = -1};
}
