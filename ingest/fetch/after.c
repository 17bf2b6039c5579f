#include "fetch/after.h"

#include <string.h>

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
                 struct error *err)
{
    BUFFER_AUTO name = {0};
    struct imap_command command;
    bool can_move = session->capabilities & CAPABILITY_MOVE;
    if (!folder_name_write(&name, folder))
        return error_set(err, ERROR_UNAVAILABLE,
                         "the name of the folder to move to is no text in UTF-8");
    if (!session_do(session, &command, err, "UID %s %.*s %.*s", can_move ? "MOVE" : "COPY",
                    TEXT_ARGS(set), (int)name.length, name.at))
        return !session->broken && folders_explain(session, folder, err);
    return can_move || delete (session, set, err);
}

bool after_fetch(struct session *session, enum fetch_lot lot, const struct uid_set *set,
                 struct error *err)
{
    BUFFER_AUTO text = {0};
    struct imap_command command;
    const struct fetch_job *job = session->job;
    uid_set_write(&text, set);
    switch (kind_of(job, lot)) {
    case MAIL_LEAVE:
        return true;
    case MAIL_SEEN:
        return session_do(session, &command, err, "UID STORE %.*s +FLAGS.SILENT (\\Seen)",
                          (int)text.length, text.at);
    case MAIL_MOVE:
        return move(session, buffer_text(&text),
                    lot == LOT_AFTER ? job->after_folder : job->after_failed_folder, err);
    case MAIL_DELETE:
        return delete (session, buffer_text(&text), err);
    }
    return true;
}
