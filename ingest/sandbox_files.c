#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "ingest/sandbox_parts.h"

/* The kernel's struct landlock_ruleset_attr as of Linux 6.12; the header here may be older. An
 * older kernel takes it as long as what it does not know is 0. */
struct ruleset {
    uint64_t files, ports, scopes;
};

#define RIGHT_REFER    (UINT64_C(1) << 13) /* link or rename across folders */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)
#define RIGHT_IOCTL    (UINT64_C(1) << 15) /* on devices */

/* What each version of the interface can forbid beyond the one before. */
static const struct {
    int version;
    struct ruleset adds;
} versions[] = {
    {1, {.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1}}, /* all that the first one had */
    {2, {.files = RIGHT_REFER}},
    {3, {.files = RIGHT_TRUNCATE}},
    {4, {.ports = 3}}, /* bind and connect TCP */
    {5, {.files = RIGHT_IOCTL}},
    {6, {.scopes = 3}}, /* abstract Unix sockets and signals to others */
};

/* What each use takes, of a folder and what is below it. */
static const uint64_t rights[] = {
    [FILES_READ] = LANDLOCK_ACCESS_FS_READ_FILE,
    [FILES_READ_FOLDER] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    [FILES_WRITE] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | RIGHT_REFER |
                    RIGHT_TRUNCATE,
};

/* Of these, what a rule for a single file may name. */
#define RIGHTS_OF_FILE                                                                         \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)

int sandbox_files_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* A path that cannot be opened is left out: who names it will say why. */
static void allow(int ruleset, const char *path, uint64_t wanted)
{
    struct stat about;
    FD_AUTO fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0)
        return;
    struct landlock_path_beneath_attr rule = {
        .allowed_access = S_ISDIR(about.st_mode) ? wanted : wanted & RIGHTS_OF_FILE,
        .parent_fd = fd};
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

bool sandbox_restrict_files(const struct files_rule *rules, size_t count)
{
    struct ruleset forbidden = {0};
    int version = sandbox_files_version();
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
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; rules[i].paths && j < rules[i].paths->count; j++)
            allow(ruleset, rules[i].paths->at[j].at, rights[rules[i].use] & forbidden.files);
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}
