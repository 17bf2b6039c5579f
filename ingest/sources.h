/* Paths become the list of mails to read. Only names and first bytes are looked at here. */
#ifndef INGEST_SOURCES_H
#define INGEST_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* A mail to read. */
struct source_mail {
    const char *path;        /* of the file */
    uint64_t offset, length; /* of it, or WORKER_TO_THE_END */
    const char *maildir;     /* the Maildir's canonical path, or null */
    bool bare_name;          /* the file may be a bare report */
    struct text source;      /* where it comes from, for people, if not PATH; else unknown */
    uint64_t whole;          /* bytes of the mail where PATH has only its beginning; else 0 */
    bool known; /* the sink has seen it: only what comes after ingest is left to do */
};

struct source_list {
    struct source_mail *at;
    size_t count;
};

/* Whether a file of a Maildir is to be read: answered by the sink. */
struct source_filter {
    bool (*seen)(void *context, struct text directory, struct text name, bool *kept);
    void *context;
    bool list_known;    /* list those that are seen and kept too, as known */
    bool only_maildirs; /* a path that is no Maildir is ERROR_IO */
};

/* Appends the mails at PATH: a mail, a bare report, a Maildir (new/ and cur/ of it, no links, no
 * hidden files), an mbox, or a folder of these. In the order of their names. All in ARENA. False
 * with ERROR_IO where PATH is not there or cannot be read; what could be found is listed. */
bool sources_find(const char *path, const struct source_filter *filter, struct arena *arena,
                  struct source_list *list, struct error *err);

/* Whether there are new/ and cur/ in the folder at PATH. */
bool sources_is_maildir(const char *path);

/* The name of a file in a Maildir before its ':' (flags), without folder. */
struct text maildir_name(const char *path);

/* What follows a Maildir file's ":2," or unknown. */
struct text maildir_flags(const char *path);

#endif
