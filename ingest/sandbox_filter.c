/* Writes, as the program is built, the system calls that sandbox_calls.c allows, as programs for the
 * kernel: sandbox_filter sandbox_programs.h. Not as tlsrpt runs: that would take a twentieth of
 * the time of a delivery, and libseccomp 2.5.4 without memory makes a program that lacks its end. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ingest/sandbox.h"
#include "ingest/sandbox_filter.h"

/* ---- what both roles need ---- */

static const int allowed[] = {
    /* descriptors it has */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    /* clocks and itself; sysinfo() is how the C library's qsort() sizes its buffer */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield),
    /* signals, and the end */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
#if SANITIZED
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
#endif
};

#define WHOLE UINT32_MAX

/* Allowed when the arguments are, under a mask, as given here. */
struct call_if {
    int call;
    unsigned count;
    struct scmp_arg_cmp arguments[2];
};

static const struct call_if allowed_if[] = {
    {SCMP_SYS(mmap), 1, {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}},
    {SCMP_SYS(mprotect), 1, {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}},
    /* Not F_SETOWN: it makes the kernel send signals. */
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_GETFL}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_GETFD}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_SETFD}}},
#if SANITIZED
    {SCMP_SYS(prlimit64),
     2,
     {{0, SCMP_CMP_MASKED_EQ, WHOLE, 0}, {2, SCMP_CMP_MASKED_EQ, UINT64_MAX, 0}}},
#endif
};

/* ---- what only a worker needs ---- */

enum { NOT_TO_READ = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH };

static const struct call_if worker_if[] = {
    {SCMP_SYS(openat), 1, {{2, SCMP_CMP_MASKED_EQ, NOT_TO_READ, O_RDONLY}}},
    {SCMP_SYS(open), 1, {{1, SCMP_CMP_MASKED_EQ, NOT_TO_READ, O_RDONLY}}},
    /* abort() signals its own thread. */
    {SCMP_SYS(tgkill), 1, {{0, SCMP_CMP_MASKED_EQ, WHOLE, ITS_OWN_NUMBER}}},
    /* Its own limit of processor time, renewed with each mail; no other limit, and nobody's. */
    {SCMP_SYS(prlimit64),
     2,
     {{0, SCMP_CMP_MASKED_EQ, WHOLE, 0}, {1, SCMP_CMP_MASKED_EQ, WHOLE, RLIMIT_CPU}}},
};

/* ---- what the parent needs, and until they shut themselves in its workers ---- */

static const int parent_allowed[] = {
    /* files: which ones is the other half's matter */
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(pwrite64),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fchown),
    SCMP_SYS(fchmod),
    SCMP_SYS(umask),
    /* descriptors, and waiting for them */
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(close_range),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_add_watch),
    SCMP_SYS(inotify_rm_watch),
    SCMP_SYS(eventfd2),
    SCMP_SYS(signalfd4),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    /* clocks and signals */
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(alarm),
    SCMP_SYS(times),
    SCMP_SYS(pause),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(kill),
    SCMP_SYS(tgkill),
    /* itself */
    SCMP_SYS(uname),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(sched_getaffinity),
    /* workers, and what shuts them in */
    SCMP_SYS(fork),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(prctl),
    SCMP_SYS(seccomp),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
#if SANITIZED
    /* LeakSanitizer stops the process from a thread to look at its memory. */
    SCMP_SYS(ptrace),
    SCMP_SYS(getdents),
#endif
};

enum {
    NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                     CLONE_NEWNET | CLONE_NEWCGROUP
};

static const struct call_if parent_if[] = {
    {SCMP_SYS(clone), 1, {{0, SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_SETFL}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_DUPFD}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_DUPFD_CLOEXEC}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_SETPIPE_SZ}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_GETLK}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_SETLK}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_SETLKW}}},
    /* The width of the terminal for a bar of progress; nothing that writes to it. */
    {SCMP_SYS(ioctl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, TCGETS}}},
    {SCMP_SYS(ioctl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, TIOCGWINSZ}}},
    /* Its own limits and a worker's own, no other process's. */
    {SCMP_SYS(prlimit64), 1, {{0, SCMP_CMP_MASKED_EQ, WHOLE, 0}}},
    {SCMP_SYS(getrlimit), 0, {{0}}},
};

/* ---- the filter ---- */

static void check(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "sandbox_filter: %s: error %d\n", what, -result);
    exit(1);
}

static void add_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL), "a call");
}

static void add_calls_if(scmp_filter_ctx filter, const struct call_if *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rows[i].call, rows[i].count,
                                     rows[i].arguments),
              "a call with arguments");
}

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void add_worker(scmp_filter_ctx filter)
{
    add_calls_if(filter, worker_if, COUNT(worker_if));
    /* What asks whether it writes to a terminal takes ENOTTY for a plain no. */
    check(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0, NULL),
          "ioctl");
}

static void add_parent(scmp_filter_ctx filter)
{
    add_calls(filter, parent_allowed, COUNT(parent_allowed));
    add_calls_if(filter, parent_if, COUNT(parent_if));
}

/* Writes FILTER, by way of a pipe, which holds more than a program. */
static void write_program(scmp_filter_ctx filter, const char *name, FILE *out)
{
    static struct sock_filter program[BPF_MAXINSNS];
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "a pipe");
    check(seccomp_export_bpf(filter, ends[1]), "the program");
    close(ends[1]);
    ssize_t got = read(ends[0], program, sizeof program);
    close(ends[0]);
    check(got > 0 && (size_t)got % sizeof *program == 0 ? 0 : -EIO, "the program's end");
    fprintf(out, "static const struct sock_filter %s[] = {\n", name);
    for (size_t i = 0; i < (size_t)got / sizeof *program; i++)
        fprintf(out, "    {0x%02x, %u, %u, 0x%08x},\n", program[i].code, program[i].jt,
                program[i].jf, program[i].k);
    fprintf(out, "};\n");
}

static void make(void (*add)(scmp_filter_ctx filter), const char *name, FILE *out)
{
    /* An error rather than death: a library that only tries something goes on without it. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    check(filter ? 0 : -ENOMEM, "a filter");
    /* Calls by another architecture's numbers (32 bit, x32) are no library's try. */
    check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
          "what other architectures get");
    add_calls(filter, allowed, COUNT(allowed));
    add_calls_if(filter, allowed_if, COUNT(allowed_if));
    add(filter);
    write_program(filter, name, out);
    seccomp_release(filter);
}

int main(int count, char **words)
{
    FILE *out = count == 2 ? fopen(words[1], "w") : NULL;
    if (!out) {
        fprintf(stderr, "sandbox_filter: cannot write %s\n", count == 2 ? words[1] : "");
        return 1;
    }
    /* What kernels have since 4.14, whichever this is built on. */
    check(seccomp_api_set(3), "the version of the kernel's interface");
    make(add_worker, "worker_program", out);
    make(add_parent, "parent_program", out);
    bool whole = !ferror(out);
    check(fclose(out) == 0 && whole ? 0 : -EIO, "writing");
    return 0;
}
