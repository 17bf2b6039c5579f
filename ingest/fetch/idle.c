#include "fetch/idle.h"

#include <unistd.h>

#include "base/time.h"
#include "fetch/patience.h"

/* Networks forget connections that are silent for ten minutes. */
enum { IDLE_MILLISECONDS = 9 * 60 * 1000, DONE_MILLISECONDS = 30 * 1000 };

/* Until there is news, or something at standard input, or COMMAND has ended, or the time is over. */
static bool wait(struct session *session, const struct imap_command *command, int milliseconds,
                 struct error *err)
{
    int64_t end = time_milliseconds() + milliseconds;
    enum received received = RECEIVED_BYTES;
    while (!session->news && !(command && command->done) && received == RECEIVED_BYTES) {
        int64_t left = end - time_milliseconds();
        if (left <= 0)
            return true;
        if (!session_take(session, STDIN_FILENO, (int)left, &received, err))
            return false;
    }
    return true;
}

static bool poll_server(struct session *session, struct error *err)
{
    struct imap_command command;
    return wait(session, NULL, patience_seconds() * 1000, err) &&
           session_do(session, &command, err, "NOOP");
}

/* A server that does not end IDLE in time is gone. */
static bool end_idle(struct session *session, const struct imap_command *command,
                     struct error *err)
{
    int64_t end = time_milliseconds() + DONE_MILLISECONDS;
    enum received received;
    if (!session_send_raw(session, TEXT("DONE\r\n"), err))
        return false;
    while (!command->done) {
        int64_t left = end - time_milliseconds();
        if (left <= 0) {
            session->broken = true;
            return error_set(err, ERROR_UNAVAILABLE, "the server does not answer any more");
        }
        if (!session_take(session, -1, (int)left, &received, err))
            return false;
    }
    return true;
}

bool idle(struct session *session, struct error *err)
{
    struct imap_command command;
    if (!(session->capabilities & CAPABILITY_IDLE))
        return poll_server(session, err);
    session->continued = false;
    if (!session_send(session, &command, TEXT("IDLE"), err))
        return false;
    while (!session->continued && !command.done) {
        enum received received;
        if (!session_take(session, -1, patience_seconds() * 1000, &received, err))
            return false;
        if (received == RECEIVED_NOTHING) {
            session->broken = true;
            return error_set(err, ERROR_UNAVAILABLE, "the server does not answer any more");
        }
    }
    if (command.done) { /* refused: not asked for again */
        session->capabilities &= ~(unsigned)CAPABILITY_IDLE;
        return poll_server(session, err);
    }
    return wait(session, &command, IDLE_MILLISECONDS, err) && end_idle(session, &command, err);
}
