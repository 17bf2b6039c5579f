/* The two halves of the sandbox, for sandbox.c alone. */
#ifndef INGEST_SANDBOX_PARTS_H
#define INGEST_SANDBOX_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "ingest/sandbox.h"

/* What may be done with files at or below some paths. */
enum files_use {
    FILES_READ,        /* open to read */
    FILES_READ_FOLDER, /* that, and list folders */
    FILES_WRITE,       /* all of these, and write, make and remove files and folders */
};

struct files_rule {
    const struct text_list *paths; /* canonical, each ending in NUL; null: none */
    enum files_use use;
};

/* The version of Landlock that this kernel has, below 1 for none. */
int sandbox_files_version(void);

/* Forbids all files but those of the rules. False where the kernel cannot. */
bool sandbox_restrict_files(const struct files_rule *rules, size_t count);

enum calls_role {
    CALLS_WORKER, /* reads mails */
    CALLS_PARENT, /* starts workers, keeps the database, changes mailboxes */
};

/* Whether this kernel can restrict system calls. */
bool sandbox_can_restrict_calls(void);

/* Forbids all system calls but those that the role needs. False where the kernel cannot. */
bool sandbox_restrict_calls(enum calls_role role);

#endif
