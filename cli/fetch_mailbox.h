/* A mailbox that is being fetched: the process that fetches it, what it tells, and how far it came. */
#ifndef CLI_FETCH_MAILBOX_H
#define CLI_FETCH_MAILBOX_H

#include "base/progress.h"
#include "cli/command.h"
#include "cli/fetch_spool.h"
#include "cli/net_process.h"
#include "mailbox/fetch_job.h"
#include "store/mailboxes.h"

/* A mail that lies in the spool. */
struct fetched_mail {
    uint32_t uid;
    uint64_t file, offset, length, whole; /* as in EVENT_MAIL */
};

struct fetched_mails {
    struct fetched_mail *at;
    size_t count;
};

/* What an EVENT_BATCH ended. */
struct fetched_batch {
    size_t end;        /* its mails are those before that one, and not of an earlier batch */
    uint32_t last_uid; /* up to it nothing is left */
};

struct fetched_batches {
    struct fetched_batch *at;
    size_t count;
};

struct fetched_uids {
    uint32_t *at;
    size_t count;
};

struct fetch_mailbox {
    const struct invocation *inv;
    const struct config_mailbox *config;
    enum fetch_mode mode;
    struct mailbox_key key;
    struct mailbox_state state; /* what is in the database */
    struct net_process process;
    int commands; /* to the process; -1: none */
    struct fetch_spool spool;
    struct buffer in;

    uint32_t uidvalidity;  /* of what is told now */
    uint64_t exists, told; /* mails in the folder; mails told of */

    /* What is told and not on disk yet. All of ARENA. */
    struct arena arena;
    struct fetched_mails mails;
    struct fetched_batches batches;
    struct fetched_uids lost, gone;
    /* Uids to which was done what was owed. */
    struct uid_set did;

    struct text_list facts; /* of FETCH_CHECK and FETCH_DRY_RUN, in inv->arena */
    bool ended;             /* no more will be told */
    struct error failure;   /* why it ended, if not well */
};

/* Starts to fetch CONFIG into the database of STORE (null: the mode stores nothing). BOX is to be ended in any
 * case. */
bool fetch_mailbox_start(struct fetch_mailbox *box, const struct invocation *inv,
                         const struct config_mailbox *config, enum fetch_mode mode,
                         struct store *store, struct error *err);

/* Reads what the process has told; does not wait. False where it tells nonsense. */
bool fetch_mailbox_read(struct fetch_mailbox *box, struct error *err);

/* Tells the process that its oldest batches are on disk: DONE, one for each. */
void fetch_mailbox_acknowledge(struct fetch_mailbox *box, const struct fetch_done *done,
                               size_t count);

/* Ends the process and removes the spool. */
void fetch_mailbox_end(struct fetch_mailbox *box);

#endif
