#include "fetch/session.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/time.h"
#include "fetch/folders.h"
#include "fetch/patience.h"
#include "mailbox/folder_name.h"

enum {
    RECEIVE_BYTES = 64 * 1024,
    GOODBYE_MILLISECONDS = 2000,
    RESPONSES_MOST = 500000, /* to one command */
    PATIENCES_MOST = 30,     /* that one command may take */
};

/* ---- what comes ---- */

static void copy(char *to, size_t room, struct text text)
{
    snprintf(to, room, "%.*s", TEXT_ARGS(text_first(text, room - 1)));
}

static bool broken(struct session *session, struct error *err, const char *why)
{
    session->broken = true;
    return error_set(err, ERROR_UNAVAILABLE, "%s", why);
}

static void read_capabilities(struct session *session, struct text words)
{
    static const struct {
        struct text word;
        unsigned bit;
    } rows[] = {
        {TEXT_ROW("IDLE"), CAPABILITY_IDLE},
        {TEXT_ROW("MOVE"), CAPABILITY_MOVE},
        {TEXT_ROW("UIDPLUS"), CAPABILITY_UIDPLUS},
        {TEXT_ROW("NAMESPACE"), CAPABILITY_NAMESPACE},
    };
    struct text word;
    session->capabilities = 0;
    session->capability_words.length = 0;
    buffer_add_text(&session->capability_words, words);
    while (text_next(&words, ' ', &word))
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (text_equal_nocase(word, rows[i].word))
                session->capabilities |= rows[i].bit;
}

static bool read_validity(struct session *session, uint32_t value, struct error *err)
{
    if (session->selected && session->uidvalidity && value != session->uidvalidity)
        return broken(session, err, "the server began to number the mails anew");
    session->uidvalidity = value;
    return true;
}

/* Codes of a status (RFC 3501 §7.1) that tell about the folder. */
static bool read_code(struct session *session, const struct imap_response *response,
                      struct error *err)
{
    struct text rest = response->code, word;
    uint64_t value = 0;
    if (!text_next(&rest, ' ', &word))
        return true;
    bool is_number = text_known(rest) && text_unsigned(rest, &value) && value <= UINT32_MAX;
    if (text_equal_nocase(word, TEXT("UIDVALIDITY")) && is_number)
        return read_validity(session, (uint32_t)value, err);
    if (text_equal_nocase(word, TEXT("UIDNEXT")) && is_number)
        session->uidnext = (uint32_t)value;
    else if (text_equal_nocase(word, TEXT("READ-ONLY")))
        session->read_only = true;
    else if (text_equal_nocase(word, TEXT("CAPABILITY")) && text_known(rest))
        read_capabilities(session, rest);
    else if (text_equal_nocase(word, TEXT("ALERT")))
        return talk_text(session->talk, EVENT_NOTE, err, "the server says: %.*s",
                         TEXT_ARGS(text_first(response->text, 300)));
    return true;
}

static void end_command(struct session *session, const struct imap_response *response)
{
    for (struct imap_command **at = &session->waiting; *at; at = &(*at)->next) {
        struct imap_command *command = *at;
        if (!text_equal(response->tag, text_of(command->tag)))
            continue;
        struct text code = response->code, word = TEXT("");
        text_next(&code, ' ', &word);
        command->done = true;
        command->status = response->kind;
        copy(command->code, sizeof command->code, word);
        copy(command->text, sizeof command->text, response->text);
        *at = command->next;
        return;
    }
}

static bool take_response(void *context, const struct imap_response *response,
                          struct error *err)
{
    struct session *session = context;
    if (!session->budget--)
        return broken(session, err, "the server sends one response after another, and no end");
    switch (response->kind) {
    case IMAP_BYE:
        copy(session->bye, sizeof session->bye, response->text);
        break;
    case IMAP_CONTINUE:
        session->continued = true;
        break;
    case IMAP_CAPABILITY:
        read_capabilities(session, response->text);
        break;
    case IMAP_EXISTS:
        session->exists = response->number;
        session->news = true;
        break;
    case IMAP_OK:
    case IMAP_NO:
    case IMAP_BAD:
        if (!read_code(session, response, err))
            return false;
        if (text_known(response->tag))
            end_command(session, response);
        break;
    default:
        break;
    }
    return !session->watcher.response ||
           session->watcher.response(session->watcher.context, response, err);
}

static bool begin_body(void *context, struct error *err)
{
    struct session *session = context;
    return !session->watcher.body_begin ||
           session->watcher.body_begin(session->watcher.context, err);
}

static bool take_body(void *context, struct text piece, struct error *err)
{
    struct session *session = context;
    return !session->watcher.body ||
           session->watcher.body(session->watcher.context, piece, err);
}

bool session_take(struct session *session, int other, int milliseconds, enum received *received,
                  struct error *err)
{
    static char bytes[RECEIVE_BYTES];
    size_t length = 0;
    *received = connection_receive(session->connection, bytes, sizeof bytes, &length, other,
                                   milliseconds);
    if (*received == RECEIVED_END && *session->bye) {
        session->broken = true;
        return error_set(err, ERROR_UNAVAILABLE, "the server ended the connection: \"%s\"",
                         session->bye);
    }
    if (*received == RECEIVED_END)
        return broken(session, err, "the connection broke");
    if (*received != RECEIVED_BYTES)
        return true;
    if (imap_reader_take(&session->reader, (struct text){bytes, length}, err))
        return true;
    session->broken = true;
    return false;
}

/* ---- commands ---- */

bool session_send_raw(struct session *session, struct text bytes, struct error *err)
{
    if (connection_send(session->connection, bytes, err))
        return true;
    session->broken = true;
    return false;
}

bool session_send(struct session *session, struct imap_command *command, struct text line,
                  struct error *err)
{
    BUFFER_AUTO bytes = {0};
    *command = (struct imap_command){.next = session->waiting};
    snprintf(command->tag, sizeof command->tag, "%s%u", session->tag, ++session->tags);
    buffer_format(&bytes, "%s %.*s\r\n", command->tag, TEXT_ARGS(line));
    session->waiting = command;
    session->budget = RESPONSES_MOST;
    return session_send_raw(session, buffer_text(&bytes), err);
}

bool session_wait(struct session *session, struct imap_command *command, struct error *err)
{
    int64_t patience = (int64_t)patience_seconds() * 1000;
    int64_t end = time_milliseconds() + PATIENCES_MOST * patience;
    enum received received;
    while (!command->done) {
        if (time_milliseconds() > end)
            return broken(session, err, "the server does not come to an end with one command");
        if (!session_take(session, -1, (int)patience, &received, err))
            return false;
        if (received == RECEIVED_NOTHING)
            return broken(session, err, "the server does not answer any more");
    }
    return true;
}

bool session_do(struct session *session, struct imap_command *command, struct error *err,
                const char *format, ...)
{
    ARENA_AUTO arena = {0};
    va_list arguments;
    va_start(arguments, format);
    struct text line = text_format_list(&arena, format, arguments);
    va_end(arguments);
    if (!session_send(session, command, line, err) || !session_wait(session, command, err))
        return false;
    return command->status == IMAP_OK ||
           error_set(err, ERROR_UNAVAILABLE, "the server said \"%s\"", command->text);
}

bool session_open(struct session *session, const struct fetch_job *job,
                  const struct secret *secret, struct talk *talk, struct error *err)
{
    uint32_t random = 0;
    struct imap_command command;
    *session = (struct session){.job = job, .talk = talk};
    session->reader.events =
        (struct imap_events){session, begin_body, take_body, take_response};
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return error_set(err, ERROR_BUG, "no random numbers");
    snprintf(session->tag, sizeof session->tag, "t%08x.", random);
    session->connection = connection_open(job, secret, &session->lasting, err);
    session->broken = !session->connection;
    return session->connection && session_do(session, &command, err, "CAPABILITY");
}

void session_close(struct session *session)
{
    struct imap_command command;
    struct error unimportant;
    enum received received = RECEIVED_BYTES;
    session->watcher = (struct session_watcher){0};
    bool said = session->connection && !session->broken &&
                session_send(session, &command, TEXT("LOGOUT"), &unimportant);
    int64_t end = time_milliseconds() + GOODBYE_MILLISECONDS;
    while (said && !command.done && time_milliseconds() < end &&
           session_take(session, -1, GOODBYE_MILLISECONDS, &received, &unimportant))
        ;
    connection_close(session->connection);
    session->connection = NULL;
    imap_reader_free(&session->reader);
    buffer_free(&session->capability_words);
}

/* ---- the folder ---- */

bool session_select(struct session *session, bool writable, struct error *err)
{
    BUFFER_AUTO name = {0};
    struct imap_command command;
    session->selected = session->read_only = false;
    session->uidvalidity = session->uidnext = session->exists = 0;
    if (!folder_name_write(&name, session->job->folder)) {
        session->lasting = true;
        return error_set(err, ERROR_UNAVAILABLE, "the name of the folder is no text in UTF-8");
    }
    if (!session_do(session, &command, err, "%s %.*s", writable ? "SELECT" : "EXAMINE",
                    (int)name.length, name.at)) {
        session->lasting = !session->broken;
        return !session->broken && folders_explain(session, session->job->folder, err);
    }
    if (!session->uidvalidity) {
        session->lasting = true;
        return error_set(
            err, ERROR_UNAVAILABLE,
            "the server does not say by what its mails are numbered (UIDVALIDITY): "
            "what is new cannot be told");
    }
    session->selected = true;
    return true;
}
