#include "fetch/after.h"

#include "fetch/folders.h"
#include "mailbox/folder_name.h"

static enum mailbox_after_kind kind_of(const struct fetch_job *job, enum fetch_lot lot)
{
    return (enum mailbox_after_kind)(lot == LOT_AFTER ? job->after : job->after_failed);
}

bool after_fetch_wanted(const struct fetch_job *job, enum fetch_lot lot)
{
    return kind_of(job, lot) != MAIL_LEAVE;
}

/* UID EXPUNGE takes only these (RFC 4315 §2.1). */
static bool delete (struct session *session, struct text set, struct error *err)
{
    struct imap_command command;
    if (!session_do(session, &command, err, "UID STORE %.*s +FLAGS.SILENT (\\Deleted)",
                    TEXT_ARGS(set)))
        return false;
    if (session->capabilities & CAPABILITY_UIDPLUS)
        return session_do(session, &command, err, "UID EXPUNGE %.*s", TEXT_ARGS(set));
    return talk_text(
        session->talk, EVENT_NOTE, err,
        "the server has no UIDPLUS: mails that are done are marked as deleted, and stay "
        "until somebody expunges the folder");
}

static bool move(struct session *session, struct text set, struct text folder,
                 struct imap_command *command, struct error *err)
{
    BUFFER_AUTO name = {0};
    bool can_move = session->capabilities & CAPABILITY_MOVE;
    if (!folder_name_write(&name, folder))
        return error_set(err, ERROR_UNAVAILABLE,
                         "the name of the folder to move to is no text in UTF-8");
    if (!session_do(session, command, err, "UID %s %.*s %.*s", can_move ? "MOVE" : "COPY",
                    TEXT_ARGS(set), (int)name.length, name.at))
        return false;
    return can_move || delete (session, set, err);
}

static struct text folder_of(const struct fetch_job *job, enum fetch_lot lot)
{
    return lot == LOT_AFTER ? job->after_folder : job->after_failed_folder;
}

static bool do_to(struct session *session, enum fetch_lot lot, struct text set,
                  struct imap_command *command, struct error *err)
{
    switch (kind_of(session->job, lot)) {
    case MAIL_LEAVE:
        return true;
    case MAIL_SEEN:
        return session_do(session, command, err, "UID STORE %.*s +FLAGS.SILENT (\\Seen)",
                          TEXT_ARGS(set));
    case MAIL_MOVE:
        return move(session, set, folder_of(session->job, lot), command, err);
    case MAIL_DELETE:
        return delete (session, set, err);
    }
    return true;
}

/* ---- what is there still ---- */

struct still_there {
    struct buffer *out;
    unsigned count;
};

static bool note_uid(void *context, const struct imap_response *response, struct error *err)
{
    enum { MOST = 1000 };
    struct still_there *there = context;
    (void)err;
    if (response->kind == IMAP_FETCH && response->uid && there->count < MOST)
        buffer_format(there->out, "%s%u", there->count++ ? "," : "", (unsigned)response->uid);
    return true;
}

/* Some servers refuse all where one mail is gone, as when somebody else moved it: the rest is tried once more. */
static bool do_to_rest(struct session *session, enum fetch_lot lot, struct text set,
                       struct imap_command *command, struct error *err)
{
    BUFFER_AUTO rest = {0};
    struct still_there there = {.out = &rest};
    session->watcher = (struct session_watcher){.context = &there, .response = note_uid};
    bool asked = session_do(session, command, err, "UID FETCH %.*s (UID)", TEXT_ARGS(set));
    session->watcher = (struct session_watcher){0};
    return asked && (!rest.length || do_to(session, lot, buffer_text(&rest), command, err));
}

bool after_fetch(struct session *session, enum fetch_lot lot, const struct uid_set *set,
                 struct error *err)
{
    BUFFER_AUTO text = {0};
    struct imap_command command = {0};
    uid_set_write(&text, set);
    if (do_to(session, lot, buffer_text(&text), &command, err))
        return true;
    bool no_folder = text_equal_nocase(text_of(command.code), TEXT("TRYCREATE"));
    if (!session->broken && !no_folder &&
        do_to_rest(session, lot, buffer_text(&text), &command, err))
        return true;
    return !session->broken && kind_of(session->job, lot) == MAIL_MOVE &&
           folders_explain(session, folder_of(session->job, lot), err);
}
