/* What passes between tlsrpt and tlsrpt-net while mails are fetched: the job goes one way, then
 * events the one and acknowledgements the other way, a line each. The mails themselves lie in the
 * files of a spool folder. */
#ifndef MAILBOX_FETCH_JOB_H
#define MAILBOX_FETCH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "mailbox/uid_set.h"

enum mailbox_tls { TLS_IMPLICIT = 0, TLS_STARTTLS };
enum mailbox_auth { AUTH_PASSWORD = 0, AUTH_XOAUTH2, AUTH_OAUTHBEARER };

/* What happens in a mailbox to a mail that was a report. */
enum mailbox_after_kind { MAIL_LEAVE = 0, MAIL_SEEN, MAIL_MOVE, MAIL_DELETE };

enum fetch_mode {
    FETCH_ALL = 0, /* what is new, then end */
    FETCH_WATCH,   /* stay, and fetch what comes */
    FETCH_DRY_RUN, /* only say what is new */
    FETCH_CHECK,   /* say everything about the mailbox */
};

/* The two lots of a mail that was a report. */
enum fetch_lot { LOT_AFTER = 0, LOT_AFTER_FAILED, LOT_COUNT };

struct fetch_job {
    uint64_t mode; /* enum fetch_mode */
    struct text host;
    uint64_t port;
    uint64_t tls; /* enum mailbox_tls */
    struct text ca_file;
    struct text connect_to; /* HOST:PORT:ADDRESS:PORT, separated by blanks */
    struct text user;
    uint64_t auth;                /* enum mailbox_auth */
    struct text command;          /* prints the password or token; run by /bin/sh -c */
    struct text folder;           /* UTF-8 */
    uint64_t after, after_failed; /* enum mailbox_after_kind */
    struct text after_folder, after_failed_folder; /* of MAIL_MOVE */
    uint64_t max_size; /* of larger mails only the first FETCH_KEPT_OF_TOO_LARGE are fetched */
    struct text spool; /* a folder */

    /* Where an earlier run ended. */
    uint64_t uidvalidity;          /* 0: nothing was fetched yet */
    uint64_t last_uid;             /* it and all before are done */
    struct text owed, owed_failed; /* uid sets: what is still to be done to mails, by lot */
    struct text again;             /* mails that could not be fetched */
};

/* Of a mail larger than max_size this much is fetched. */
enum { FETCH_KEPT_OF_TOO_LARGE = 1 << 20 };

/* Appends JOB, one "key value" a line, and an empty line. False with ERROR_USAGE where a value holds a
 * line end. */
bool fetch_job_write(struct buffer *out, const struct fetch_job *job, struct error *err);

/* Reads what fetch_job_write() wrote, without the empty line; the texts are those of LINES. */
bool fetch_job_read(struct text lines, struct fetch_job *job, struct error *err);

/* ---- events: from tlsrpt-net ---- */

enum fetch_event_kind {
    EVENT_UNKNOWN = 0,
    EVENT_MAILBOX, /* uidvalidity, mails in it: the folder is selected; what follows is of it */
    EVENT_MAIL, /* uid, number of the file, offset, length, size of the whole: lies in the spool */
    EVENT_LOST, /* uid: there, and cannot be fetched; TEXT says why */
    EVENT_GONE, /* uid: was to be fetched again and is not there any more */
    EVENT_BATCH, /* last uid: up to it nothing is left but what the events since the last such told */
    EVENT_DID,    /* lot: what was owed to the uids of TEXT, a set, is done */
    EVENT_IDLE,   /* all that there was is fetched (and acknowledged); it waits for more */
    EVENT_NOTE,   /* TEXT is for people: something is not as it should be, and it goes on */
    EVENT_FACT,   /* "NAME: VALUE" for FETCH_CHECK and FETCH_DRY_RUN */
    EVENT_END,    /* done */
    EVENT_FAILED, /* enum error_code: it ends; TEXT says why */
    EVENT_KINDS,
};

enum { EVENT_NUMBERS = 5 };

struct fetch_event {
    enum fetch_event_kind kind;
    uint64_t numbers[EVENT_NUMBERS];
    struct text text;
};

/* Appends EVENT as a line. Line ends and NULs in its text become blanks. */
void fetch_event_write(struct buffer *out, const struct fetch_event *event);

/* Reads a line without its end. False where it is no event. */
bool fetch_event_read(struct text line, struct fetch_event *event);

/* ---- acknowledgements: to tlsrpt-net, one for each EVENT_BATCH, in their order ---- */

/* What is on disk now, and to be treated as the job says. */
struct fetch_done {
    struct uid_set lots[LOT_COUNT];
};

void fetch_done_write(struct buffer *out, const struct fetch_done *done);
bool fetch_done_read(struct text line, struct arena *arena, struct fetch_done *done);

#endif
