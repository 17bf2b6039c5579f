#include "ingest/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

/* ---- files: Landlock ---- */

/* The kernel's struct landlock_ruleset_attr as of Linux 6.12; the header here may be older. An
 * older kernel takes it as long as what it does not know is 0. */
struct ruleset {
    uint64_t files, ports, scopes;
};

/* What each version of the interface can forbid beyond the one before. */
static const struct {
    int version;
    struct ruleset adds;
} versions[] = {
    {1, {.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1}}, /* all that the first one had */
    {2, {.files = 1u << 13}},                               /* link or rename across folders */
    {3, {.files = 1u << 14}},                               /* truncate */
    {4, {.ports = 3}},                                      /* bind and connect TCP */
    {5, {.files = 1u << 15}},                               /* ioctl on devices */
    {6, {.scopes = 3}}, /* abstract Unix sockets and signals to others */
};

static int landlock_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* A source that cannot be opened is left out: the task that names it will say why. */
static void allow_reading(int ruleset, const char *path)
{
    FD_AUTO fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
                                              .parent_fd = fd};
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static bool restrict_files(const struct text_list *sources)
{
    struct ruleset forbidden = {0};
    int version = landlock_version();
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i].version <= version) {
            forbidden.files |= versions[i].adds.files;
            forbidden.ports |= versions[i].adds.ports;
            forbidden.scopes |= versions[i].adds.scopes;
        }
    if (!forbidden.files)
        return false;
    FD_AUTO ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &forbidden, sizeof forbidden, 0);
    if (ruleset < 0)
        return false;
    for (size_t i = 0; sources && i < sources->count; i++)
        allow_reading(ruleset, sources->at[i].at);
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

/* ---- calls: seccomp ---- */

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

enum {
    NOT_TO_READ = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH,
};
#define WHOLE UINT32_MAX

/* Allowed when the arguments are, under a mask, as given here. */
static const struct {
    int call;
    unsigned count;
    struct scmp_arg_cmp arguments[2];
} allowed_if[] = {
    {SCMP_SYS(openat), 1, {{2, SCMP_CMP_MASKED_EQ, NOT_TO_READ, O_RDONLY}}},
    {SCMP_SYS(open), 1, {{1, SCMP_CMP_MASKED_EQ, NOT_TO_READ, O_RDONLY}}},
    {SCMP_SYS(mmap), 1, {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}},
    {SCMP_SYS(mprotect), 1, {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}},
    /* Not F_SETOWN: it makes the kernel send signals. */
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_GETFL}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_GETFD}}},
    {SCMP_SYS(fcntl), 1, {{1, SCMP_CMP_MASKED_EQ, WHOLE, F_SETFD}}},
    /* Its own limit of processor time, renewed with each mail; no other limit, and nobody's. */
    {SCMP_SYS(prlimit64),
     2,
     {{0, SCMP_CMP_MASKED_EQ, WHOLE, 0}, {1, SCMP_CMP_MASKED_EQ, WHOLE, RLIMIT_CPU}}},
#if SANITIZED
    {SCMP_SYS(prlimit64),
     2,
     {{0, SCMP_CMP_MASKED_EQ, WHOLE, 0}, {2, SCMP_CMP_MASKED_EQ, UINT64_MAX, 0}}},
#endif
};

static bool add_rules(scmp_filter_ctx filter)
{
    /* abort() signals its own thread. */
    const struct scmp_arg_cmp itself = {0, SCMP_CMP_MASKED_EQ, WHOLE, (scmp_datum_t)getpid()};
    bool good =
        seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &itself) == 0;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL) == 0;
    for (size_t i = 0; i < sizeof allowed_if / sizeof *allowed_if; i++)
        good =
            good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed_if[i].call,
                                           allowed_if[i].count, allowed_if[i].arguments) == 0;
    /* What asks whether it writes to a terminal takes ENOTTY for a plain no. */
    return good && seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0,
                                          NULL) == 0;
}

static bool restrict_calls(void)
{
    /* An error rather than death: a library that only tries something goes on without it. Calls
     * by another architecture's numbers (32 bit, x32) are no library's try. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    bool good = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                add_rules(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

static bool can_restrict_calls(void)
{
    uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* ---- both ---- */

unsigned sandbox_enter(const struct text_list *sources)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 0;
    /* The files first: the filter forbids what that takes. */
    unsigned files = restrict_files(sources) ? SANDBOX_FILES : 0;
    unsigned calls = restrict_calls() ? SANDBOX_CALLS : 0;
    return files | calls;
}

const char *sandbox_missing(void)
{
    static const char *const sentences[] = {
        [0] = "no Landlock and no seccomp here: mails are read without a sandbox",
        [SANDBOX_FILES] =
            "no seccomp here: what reads mails is kept from other files, not from "
            "the network",
        [SANDBOX_CALLS] = "no Landlock here: what reads mails can read other files too",
        [SANDBOX_FILES | SANDBOX_CALLS] = NULL,
    };
    unsigned files = landlock_version() > 0 ? SANDBOX_FILES : 0;
    unsigned calls = can_restrict_calls() ? SANDBOX_CALLS : 0;
    return sentences[files | calls];
}
