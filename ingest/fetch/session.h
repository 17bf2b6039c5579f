/* A dialogue with an IMAP server: commands and their answers (RFC 3501), several at a time. */
#ifndef FETCH_SESSION_H
#define FETCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/connection.h"
#include "fetch/talk.h"
#include "mailbox/imap_reader.h"

enum {
    CAPABILITY_IDLE = 1 << 0,
    CAPABILITY_MOVE = 1 << 1,
    CAPABILITY_UIDPLUS = 1 << 2,
    CAPABILITY_NAMESPACE = 1 << 3,
};

/* A command that was sent. */
struct imap_command {
    struct imap_command *next; /* of those that wait for their end */
    char tag[24];
    bool done;
    enum imap_kind status; /* then: IMAP_OK, IMAP_NO or IMAP_BAD */
    char code[32];         /* the first word of the status's code, in upper case */
    char text[200];        /* of the status */
};

/* What a caller wants to see of the untagged responses; each may be null. False ends the session. */
struct session_watcher {
    void *context;
    bool (*body_begin)(void *context, struct error *err);
    bool (*body)(void *context, struct text piece, struct error *err);
    bool (*response)(void *context, const struct imap_response *response, struct error *err);
};

struct session {
    const struct fetch_job *job;
    struct talk *talk;
    struct connection *connection;
    struct imap_reader reader;
    struct session_watcher watcher;
    struct imap_command *waiting;
    char tag[12]; /* what all tags begin with: nobody can guess it */
    unsigned tags;
    bool broken;  /* no use going on with it */
    bool lasting; /* nor with another, unless something is changed */

    unsigned budget; /* responses that may still come before a command is sent */

    unsigned capabilities;
    struct buffer capability_words;
    bool continued; /* "+" came */
    char bye[200];

    /* Of the selected folder. */
    bool selected, read_only;
    uint32_t uidvalidity, uidnext; /* 0: not told */
    uint32_t exists;
    bool news; /* EXISTS came since this was set to false */
};

/* Connects, logs in, and asks for the capabilities. SESSION is to be closed in any case. */
bool session_open(struct session *session, const struct fetch_job *job,
                  const struct secret *secret, struct talk *talk, struct error *err);

/* Says LOGOUT where that makes sense, and closes. */
void session_close(struct session *session);

/* Sends a command; the tag and the line's end are added. COMMAND must live until it is done or the session
 * is closed. */
bool session_send(struct session *session, struct imap_command *command, struct text line,
                  struct error *err);

/* Sends bytes as they are. */
bool session_send_raw(struct session *session, struct text bytes, struct error *err);

/* Takes what comes until COMMAND is done. */
bool session_wait(struct session *session, struct imap_command *command, struct error *err);

/* Takes what comes, waiting MILLISECONDS at most, and until OTHER (-1: none) can be read. False when the
 * connection is over. */
bool session_take(struct session *session, int other, int milliseconds, enum received *received,
                  struct error *err);

/* Sends a command and waits for its end. False with what the server said unless that is OK. */
bool session_do(struct session *session, struct imap_command *command, struct error *err,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Selects the folder of the job, WRITABLE or not (RFC 3501 §6.3.1, §6.3.2). */
bool session_select(struct session *session, bool writable, struct error *err);

#endif
