#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ingest/sandbox_filter.h"
#include "ingest/sandbox_parts.h"
#include "sandbox_programs.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

bool sandbox_can_restrict_calls(void)
{
    uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static bool restrict_to(const struct sock_filter *program, size_t count)
{
    struct sock_filter own[COUNT(worker_program) + COUNT(parent_program)];
    memcpy(own, program, count * sizeof *own);
    for (size_t i = 0; i < count; i++)
        if (own[i].k == ITS_OWN_NUMBER)
            own[i].k = (uint32_t)getpid();
    struct sock_fprog filter = {.len = (unsigned short)count, .filter = own};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool sandbox_restrict_calls(enum calls_role role)
{
    if (!sandbox_can_restrict_calls())
        return false;
    return role == CALLS_WORKER ? restrict_to(worker_program, COUNT(worker_program))
                                : restrict_to(parent_program, COUNT(parent_program));
}
