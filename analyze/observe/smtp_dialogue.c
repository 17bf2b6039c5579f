#include "observe/smtp_dialogue.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "base/vector.h"

/* RFC 5321 §4.5.3.1.4 has no longer commands. */
enum { LINE_SENT_MAX = 510 };

static int milliseconds_left(const struct smtp_dialogue *dialogue)
{
    int64_t left = dialogue->deadline - time_milliseconds();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

bool smtp_wait(const struct smtp_dialogue *dialogue, bool to_write)
{
    struct pollfd wanted = {.fd = dialogue->fd, .events = to_write ? POLLOUT : POLLIN};
    for (;;) {
        int left = milliseconds_left(dialogue);
        int ready = left ? poll(&wanted, 1, left) : 0;
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

static bool fail(struct smtp_dialogue *dialogue, int error)
{
    smtp_close(dialogue);
    errno = error;
    return false;
}

bool smtp_connect(struct smtp_dialogue *dialogue, const struct sockaddr *address,
                  socklen_t length)
{
    dialogue->length = 0;
    dialogue->fd =
        socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (dialogue->fd < 0)
        return false;
    if (connect(dialogue->fd, address, length) == 0)
        return true;
    if (errno != EINPROGRESS)
        return fail(dialogue, errno);
    if (!smtp_wait(dialogue, true))
        return fail(dialogue, ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(dialogue->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return error ? fail(dialogue, error) : true;
}

/* Adds what can be received to the buffer, which has room. */
static enum smtp_outcome receive(struct smtp_dialogue *dialogue)
{
    for (;;) {
        ssize_t got = recv(dialogue->fd, dialogue->buffer + dialogue->length,
                           sizeof dialogue->buffer - dialogue->length, 0);
        if (got > 0) {
            dialogue->length += (size_t)got;
            return SMTP_FINE;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return SMTP_CLOSED;
        if (!smtp_wait(dialogue, false))
            return SMTP_LATE;
    }
}

/* Three digits, the first 2 to 5, then the end, a blank, or '-' where more lines follow. */
static bool read_code(struct text line, unsigned *code, bool *more)
{
    if (line.length < 3 || line.at[0] < '2' || line.at[0] > '5')
        return false;
    *code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (line.at[i] < '0' || line.at[i] > '9')
            return false;
        *code = *code * 10 + (unsigned)(line.at[i] - '0');
    }
    *more = line.length > 3 && line.at[3] == '-';
    return line.length == 3 || *more || line.at[3] == ' ';
}

/* Takes the first line from the buffer; false where none is complete. */
static bool take_line(struct smtp_dialogue *dialogue, size_t *from, struct text *line)
{
    const char *start = dialogue->buffer + *from;
    const char *end = memchr(start, '\n', dialogue->length - *from);
    if (!end)
        return false;
    *from = (size_t)(end - dialogue->buffer) + 1;
    *line = (struct text){start, (size_t)(end - start)};
    if (line->length && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

enum smtp_outcome smtp_read(struct smtp_dialogue *dialogue, struct arena *arena,
                            struct smtp_reply *reply)
{
    *reply = (struct smtp_reply){0};
    size_t from = 0;
    for (bool more = true; more;) {
        struct text line;
        if (take_line(dialogue, &from, &line)) {
            if (!read_code(line, &reply->code, &more))
                return SMTP_GARBAGE;
            if (reply->lines.count == SMTP_REPLY_LINES_MAX)
                return SMTP_TOO_LONG;
            text_list_add(arena, &reply->lines, text_copy(arena, line));
            continue;
        }
        if (dialogue->length == sizeof dialogue->buffer)
            return SMTP_TOO_LONG;
        enum smtp_outcome outcome = receive(dialogue);
        if (outcome != SMTP_FINE)
            return outcome;
    }
    dialogue->length -= from;
    memmove(dialogue->buffer, dialogue->buffer + from, dialogue->length);
    return SMTP_FINE;
}

/* In one packet where that can be: some firewalls look at nothing else. */
enum smtp_outcome smtp_send(struct smtp_dialogue *dialogue, struct text line)
{
    char packet[LINE_SENT_MAX + 2];
    line = text_first(line, LINE_SENT_MAX);
    memcpy(packet, line.at, line.length);
    memcpy(packet + line.length, "\r\n", 2);
    struct text bytes = {packet, line.length + 2};
    while (bytes.length) {
        ssize_t sent = send(dialogue->fd, bytes.at, bytes.length, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes = text_from(bytes, (size_t)sent);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!smtp_wait(dialogue, true))
                return SMTP_LATE;
        } else if (errno != EINTR) {
            return SMTP_CLOSED;
        }
    }
    return SMTP_FINE;
}

size_t smtp_drop(struct smtp_dialogue *dialogue)
{
    size_t dropped = dialogue->length;
    dialogue->length = 0;
    return dropped;
}

void smtp_close(struct smtp_dialogue *dialogue)
{
    if (dialogue->fd >= 0)
        close(dialogue->fd);
    dialogue->fd = -1;
}
