#include "ingest/sandbox.h"

#include <sys/prctl.h>

#include "ingest/sandbox_parts.h"

/* What a process without a word of its own still opens: where to write nothing, SQLite's random
 * numbers, how many cores there are. */
static struct text devices[] = {
    TEXT_ROW("/dev/urandom"),
    TEXT_ROW("/sys/devices/system/cpu"),
#if SANITIZED
    TEXT_ROW("/proc"),
#endif
};
static struct text sinks[] = {TEXT_ROW("/dev/null")};
static const struct text_list to_read = {devices, sizeof devices / sizeof *devices};
static const struct text_list to_write = {sinks, sizeof sinks / sizeof *sinks};

/* The version of Landlock from which on files can be renamed across folders at all. */
enum { VERSION_OF_MOVES = 2 };

unsigned sandbox_enter(const struct text_list *sources)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 0;
    const struct files_rule rule = {sources, FILES_READ};
    /* The files first: the filter forbids what that takes. */
    unsigned files = sandbox_restrict_files(&rule, 1) ? SANDBOX_FILES : 0;
    unsigned calls = sandbox_restrict_calls(CALLS_WORKER) ? SANDBOX_CALLS : 0;
    return files | calls;
}

unsigned sandbox_enter_parent(const struct text_list *reads, const struct text_list *writes,
                              bool moves)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 0;
    const struct files_rule rules[] = {{reads, FILES_READ_FOLDER},
                                       {&to_read, FILES_READ_FOLDER},
                                       {writes, FILES_WRITE},
                                       {&to_write, FILES_WRITE}};
    bool can = !moves || sandbox_files_version() >= VERSION_OF_MOVES;
    unsigned files =
        can && sandbox_restrict_files(rules, sizeof rules / sizeof *rules) ? SANDBOX_FILES : 0;
    unsigned calls = sandbox_restrict_calls(CALLS_PARENT) ? SANDBOX_CALLS : 0;
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
    unsigned files = sandbox_files_version() > 0 ? SANDBOX_FILES : 0;
    unsigned calls = sandbox_can_restrict_calls() ? SANDBOX_CALLS : 0;
    return sentences[files | calls];
}
