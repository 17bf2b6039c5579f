/* What a worker and its parent can do from inside their sandboxes, and what they cannot. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ingest/pool.h"
#include "ingest/sandbox.h"

/* A folder with the one source, a link out of it, and a file beside it. */
static char folder[64];
static struct text source;
static struct text_list sources = {&source, 1};

static char *under(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int put(const char *name)
{
    FD_AUTO fd = open(under(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return fd >= 0 && file_write(fd, "{}\n", 3, NULL) ? 0 : -1;
}

static int set_up(void **state)
{
    (void)state;
    static char inner[80];
    strcpy(folder, "/tmp/tlsrpt-test.XXXXXX");
    if (!mkdtemp(folder) || mkdir(under("source"), 0700) != 0 || put("source/mail") != 0 ||
        put("beside") != 0 || mkdir(under("database"), 0700) != 0 ||
        put("database/t.db") != 0 || symlink("../beside", under("source/link")) != 0)
        return -1;
    strcpy(inner, under("source"));
    source = text_of(inner);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- the calls; each returns what the system call does ---- */

static pid_t parent;
static int pipe_ends[2], socket_before;

static long try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static long try_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_DGRAM, 0);
}
static long try_fork(void)
{
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
static long try_clone3(void)
{
    return syscall(SYS_clone3, NULL, 0);
}
static long try_write(void)
{
    return open(under("source/mail"), O_WRONLY);
}
static long try_append(void)
{
    return open(under("source/mail"), O_RDWR | O_APPEND);
}
static long try_create(void)
{
    return open(under("source/new"), O_RDONLY | O_CREAT, 0600);
}
static long try_truncate(void)
{
    return open(under("source/mail"), O_RDONLY | O_TRUNC);
}
static long try_unlink(void)
{
    return unlink(under("source/mail"));
}
static long try_mkdir(void)
{
    return mkdir(under("source/folder"), 0700);
}
static long try_chmod(void)
{
    return chmod(under("source/mail"), 0777);
}
static long try_ptrace(void)
{
    return ptrace(PTRACE_ATTACH, parent, NULL, NULL);
}
static long try_kill(void)
{
    return kill(parent, SIGTERM);
}
static long try_tgkill(void)
{
    return syscall(SYS_tgkill, parent, parent, SIGTERM);
}
static long try_owner(void)
{
    return fcntl(pipe_ends[0], F_SETOWN, parent);
}
static long try_io_uring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL);
}
static long try_ioctl(void)
{
    return isatty(pipe_ends[1]) ? 0 : -1;
}
static long try_outside(void)
{
    return open("/etc/passwd", O_RDONLY);
}
static long try_beside(void)
{
    return open(under("beside"), O_RDONLY);
}
static long try_link(void)
{
    return open(under("source/link"), O_RDONLY);
}
static long try_above(void)
{
    return open(under("source/../beside"), O_RDONLY);
}
static long try_list(void)
{
    return open(under("source"), O_RDONLY | O_DIRECTORY);
}

static long try_connect(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/nobody.example"};
    return connect(socket_before, (struct sockaddr *)&to, sizeof to);
}

static long try_execve(void)
{
    static char name[] = "/bin/true";
    return execve(name, (char *[]){name, NULL}, (char *[]){NULL});
}

static long try_rename(void)
{
    char from[128];
    strcpy(from, under("source/mail"));
    return rename(from, under("source/other"));
}

static long try_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -1 : 0;
}

static long try_memory_limit(void)
{
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_AS, &more);
}

static long try_parents_limit(void)
{
    struct rlimit less = {1000, RLIM_INFINITY};
    return prlimit(parent, RLIMIT_CPU, &less, NULL);
}

static long try_read(void)
{
    char bytes[3];
    FD_AUTO fd = file_open_regular(under("source/mail"), &(struct error){0});
    return fd >= 0 && read(fd, bytes, sizeof bytes) == 3 && lseek(fd, 0, SEEK_SET) == 0 ? 0
                                                                                        : -1;
}

static long try_memory(void)
{
    enum { SIZE = 10 << 20 };
    char *at = malloc(SIZE);
    if (at)
        memset(at, 1, SIZE);
    bool good = at && at[SIZE - 1] == 1;
    free(at);
    return good ? 0 : -1;
}

static long try_larger_pipe(void)
{
    return fcntl(pipe_ends[0], F_SETPIPE_SZ, 1 << 17) > 0 ? 0 : -1;
}

static long try_pipe(void)
{
    return write(pipe_ends[1], "", 0);
}

static long try_cpu_limit(void)
{
    struct rlimit limit = {100, RLIM_INFINITY};
    struct rusage used;
    return getrusage(RUSAGE_SELF, &used) == 0 ? setrlimit(RLIMIT_CPU, &limit) : -1;
}

/* ERROR is what it fails with, 0 where it must work. HALF: which half of the sandbox it is of. */
struct call {
    const char *name;
    long (*try)(void);
    int error;
    unsigned half;
};

/* ---- a worker's ---- */

static const struct call worker_calls[] = {
    {"socket of the internet", try_socket, EPERM, SANDBOX_CALLS},
    {"socket of Unix", try_unix_socket, EPERM, SANDBOX_CALLS},
    {"connect", try_connect, EPERM, SANDBOX_CALLS},
    {"execve", try_execve, EPERM, SANDBOX_CALLS},
    {"fork", try_fork, EPERM, SANDBOX_CALLS},
    {"clone3", try_clone3, EPERM, SANDBOX_CALLS},
    {"open to write", try_write, EPERM, SANDBOX_CALLS},
    {"open to append", try_append, EPERM, SANDBOX_CALLS},
    {"open to create", try_create, EPERM, SANDBOX_CALLS},
    {"open to truncate", try_truncate, EPERM, SANDBOX_CALLS},
    {"unlink", try_unlink, EPERM, SANDBOX_CALLS},
    {"rename", try_rename, EPERM, SANDBOX_CALLS},
    {"mkdir", try_mkdir, EPERM, SANDBOX_CALLS},
    {"chmod", try_chmod, EPERM, SANDBOX_CALLS},
    {"ptrace", try_ptrace, EPERM, SANDBOX_CALLS},
    {"kill of the parent", try_kill, EPERM, SANDBOX_CALLS},
    {"tgkill of the parent", try_tgkill, EPERM, SANDBOX_CALLS},
    {"signals by a descriptor's owner", try_owner, EPERM, SANDBOX_CALLS},
    {"io_uring", try_io_uring, EPERM, SANDBOX_CALLS},
    {"memory with code", try_code, EPERM, SANDBOX_CALLS},
    {"limit of memory", try_memory_limit, EPERM, SANDBOX_CALLS},
    {"limit of the parent", try_parents_limit, EPERM, SANDBOX_CALLS},
    {"ioctl", try_ioctl, ENOTTY, SANDBOX_CALLS},
    {"open outside", try_outside, EACCES, SANDBOX_FILES},
    {"open beside", try_beside, EACCES, SANDBOX_FILES},
    {"open through a link", try_link, EACCES, SANDBOX_FILES},
    {"open through the folder above", try_above, EACCES, SANDBOX_FILES},
    {"list a folder", try_list, EACCES, SANDBOX_FILES},
    {"read below the source", try_read, 0, 0},
    {"10 MB of memory", try_memory, 0, 0},
    {"write to a pipe", try_pipe, 0, 0},
    {"limit of processor time", try_cpu_limit, 0, 0},
};
enum { WORKER_CALLS = sizeof worker_calls / sizeof *worker_calls };

/* ---- the parent's ---- */

static long try_execve_shell(void)
{
    return system("exit 0") == 0 ? 0 : -1;
}
static long try_socketpair(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}
static long try_new_namespace(void)
{
    return syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0);
}
static long try_unshare(void)
{
    return unshare(CLONE_NEWUSER);
}
static long try_mount(void)
{
    return mount("none", folder, "tmpfs", 0, NULL);
}
static long try_vm_read(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&parent, 1};
    return process_vm_readv(parent, &here, 1, &there, 1, 0);
}
static long try_terminal_input(void)
{
    return ioctl(pipe_ends[1], TIOCSTI, "x");
}
static long try_write_beside(void)
{
    return open(under("beside"), O_WRONLY);
}
static long try_create_beside(void)
{
    return open(under("new"), O_WRONLY | O_CREAT, 0600);
}
static long try_unlink_beside(void)
{
    return unlink(under("beside"));
}
static long try_rename_out(void)
{
    char from[128];
    strcpy(from, under("database/t.db"));
    return rename(from, under("t.db"));
}
static long try_list_above(void)
{
    return open(folder, O_RDONLY | O_DIRECTORY);
}
static long try_create_in_database(void)
{
    FD_AUTO fd = open(under("database/t.db-journal"), O_RDWR | O_CREAT, 0600);
    return fd >= 0 && pwrite(fd, "x", 1, 0) == 1 && fsync(fd) == 0 && ftruncate(fd, 0) == 0
               ? unlink(under("database/t.db-journal"))
               : -1;
}
static long try_null(void)
{
    FD_AUTO fd = open("/dev/null", O_RDWR);
    return fd;
}
static long try_wait_for_files(void)
{
    FD_AUTO fd = inotify_init1(IN_CLOEXEC);
    return fd < 0 ? -1 : inotify_add_watch(fd, under("source"), IN_CREATE);
}
static long try_worker(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(sandbox_enter(&sources) == (SANDBOX_FILES | SANDBOX_CALLS) && try_read() == 0 &&
                      try_list() < 0 && try_outside() < 0 && try_fork() < 0 && try_write() < 0
                  ? 0
                  : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static const struct call parent_calls[] = {
    {"socket of the internet", try_socket, EPERM, SANDBOX_CALLS},
    {"socket of Unix", try_unix_socket, EPERM, SANDBOX_CALLS},
    {"pair of sockets", try_socketpair, EPERM, SANDBOX_CALLS},
    {"connect", try_connect, EPERM, SANDBOX_CALLS},
    {"execve", try_execve, EPERM, SANDBOX_CALLS},
    {"a shell", try_execve_shell, EPERM, SANDBOX_CALLS},
    {"fork into other namespaces", try_new_namespace, EPERM, SANDBOX_CALLS},
    {"unshare", try_unshare, EPERM, SANDBOX_CALLS},
    {"mount", try_mount, EPERM, SANDBOX_CALLS},
    {"memory of another process", try_vm_read, EPERM, SANDBOX_CALLS},
    {"chmod", try_chmod, EPERM, SANDBOX_CALLS},
#if !SANITIZED
    {"ptrace", try_ptrace, EPERM, SANDBOX_CALLS},
#endif
    {"signals by a descriptor's owner", try_owner, EPERM, SANDBOX_CALLS},
    {"io_uring", try_io_uring, EPERM, SANDBOX_CALLS},
    {"memory with code", try_code, EPERM, SANDBOX_CALLS},
    {"limit of another process", try_parents_limit, EPERM, SANDBOX_CALLS},
    {"input for the terminal", try_terminal_input, EPERM, SANDBOX_CALLS},
    {"open outside", try_outside, EACCES, SANDBOX_FILES},
    {"open beside", try_beside, EACCES, SANDBOX_FILES},
    {"open through a link", try_link, EACCES, SANDBOX_FILES},
    {"list the folder above", try_list_above, EACCES, SANDBOX_FILES},
    {"write a source", try_write, EACCES, SANDBOX_FILES},
    {"create among the sources", try_create, EACCES, SANDBOX_FILES},
    {"unlink a source", try_unlink, EACCES, SANDBOX_FILES},
    {"folder among the sources", try_mkdir, EACCES, SANDBOX_FILES},
    {"write beside", try_write_beside, EACCES, SANDBOX_FILES},
    {"create beside", try_create_beside, EACCES, SANDBOX_FILES},
    {"unlink beside", try_unlink_beside, EACCES, SANDBOX_FILES},
    {"move the database out", try_rename_out, EACCES, SANDBOX_FILES},
    {"read below the source", try_read, 0, 0},
    {"list the source", try_list, 0, 0},
    {"the database's folder", try_create_in_database, 0, 0},
    {"/dev/null", try_null, 0, 0},
    {"wait for files", try_wait_for_files, 0, 0},
    {"a pipe and memory", try_pipe, 0, 0},
    {"a larger pipe", try_larger_pipe, 0, 0},
    {"a worker that shuts itself in", try_worker, 0, SANDBOX_FILES | SANDBOX_CALLS},
};
enum { PARENT_CALLS = sizeof parent_calls / sizeof *parent_calls, MOST = 64 };

static unsigned enter_worker(void)
{
    return sandbox_enter(&sources);
}

static unsigned enter_parent(void)
{
    static char inner[80];
    strcpy(inner, under("database"));
    struct text written = text_of(inner);
    const struct text_list writes = {&written, 1};
    return sandbox_enter_parent(&sources, &writes, false);
}

/* Enters, then tries everything and tells the errors through the pipe. */
static _Noreturn void try_all(unsigned (*enter)(void), const struct call *calls, int count)
{
    int results[MOST + 1];
    results[MOST] = (int)enter();
    for (int i = 0; i < count; i++) {
        errno = 0;
        long result = calls[i].try();
        /* The child of a fork that worked. */
        if (calls[i].try == try_fork && result == 0)
            _exit(0);
        results[i] = result < 0 ? errno : 0;
    }
    _exit(write(pipe_ends[1], results, sizeof results) == sizeof results ? 0 : 1);
}

static void try_from_inside(unsigned (*enter)(void), const struct call *calls, int count)
{
    int results[MOST + 1];
    parent = getpid();
    assert_int_equal(pipe(pipe_ends), 0);
    socket_before = socket(AF_UNIX, SOCK_DGRAM, 0);
    signal(SIGTERM, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0)
        try_all(enter, calls, count);
    close(pipe_ends[1]);
    assert_int_equal(read(pipe_ends[0], results, sizeof results), sizeof results);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    unsigned entered = (unsigned)results[MOST];
    assert_int_equal(entered == (SANDBOX_FILES | SANDBOX_CALLS), sandbox_missing() == NULL);
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        if ((entered & calls[i].half) != calls[i].half)
            print_message("not tried, the kernel lacks it: %s\n", calls[i].name);
        else if (results[i] != calls[i].error && ++wrong)
            print_error("%s: error %d, expected %d\n", calls[i].name, results[i],
                        calls[i].error);
    }
    assert_int_equal(wrong, 0);
    signal(SIGTERM, SIG_DFL);
    close(pipe_ends[0]);
    close(socket_before);
}

static void a_worker_from_inside(void **state)
{
    (void)state;
    try_from_inside(enter_worker, worker_calls, WORKER_CALLS);
}

static void a_parent_from_inside(void **state)
{
    (void)state;
    try_from_inside(enter_parent, parent_calls, PARENT_CALLS);
}

#ifdef __x86_64__
static void calls_of_32_bits_end_the_process(void **state)
{
    (void)state;
    if (sandbox_missing())
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        sandbox_enter(NULL);
        long result = 20; /* getpid() there */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}
#endif

/* ---- a worker ---- */

static const char *const tasks[] = {"source/mail", "beside"};

static void give_task(void *context, size_t number, struct worker_task *task)
{
    (void)context;
    static char paths[2][128];
    strcpy(paths[number], under(tasks[number]));
    *task = (struct worker_task){
        .path = paths[number], .length = WORKER_TO_THE_END, .bare_name = true};
}

static bool take_answer(void *context, size_t number, const struct pool_answer *answer,
                        struct error *err)
{
    (void)err;
    assert_null(answer->died);
    ((enum worker_status *)context)[number] = answer->status;
    return true;
}

static void a_worker_reads_its_sources_and_no_other_file(void **state)
{
    (void)state;
    if (sandbox_missing())
        skip();
    struct reader_options options = {.limits = INGEST_LIMITS_DEFAULT};
    enum worker_status statuses[2] = {0};
    struct pool_job job = {.options = &options,
                           .sources = &sources,
                           .workers = 1,
                           .tasks = 2,
                           .task = give_task,
                           .answer = take_answer,
                           .context = statuses};
    struct error err;
    assert_true(pool_run(&job, &err));
    assert_int_equal(statuses[0], WORKER_READ);
    assert_int_equal(statuses[1], WORKER_UNREADABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_from_inside),
        cmocka_unit_test(a_parent_from_inside),
#ifdef __x86_64__
        cmocka_unit_test(calls_of_32_bits_end_the_process),
#endif
        cmocka_unit_test(a_worker_reads_its_sources_and_no_other_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
