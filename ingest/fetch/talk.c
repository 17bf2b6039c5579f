#include "fetch/talk.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"

enum { FLUSH_AT = 16 * 1024, READ_BYTES = 16 * 1024, LINE_MOST = 1024 * 1024 };

bool talk_tell(struct talk *talk, const struct fetch_event *event, struct error *err)
{
    fetch_event_write(&talk->out, event);
    if (event->kind == EVENT_MAIL && talk->out.length < FLUSH_AT)
        return true;
    bool told = file_write(STDOUT_FILENO, talk->out.at, talk->out.length, err);
    talk->out.length = 0;
    talk->ended = talk->ended || !told;
    return told;
}

bool talk_text(struct talk *talk, enum fetch_event_kind kind, struct error *err,
               const char *format, ...)
{
    ARENA_AUTO arena = {0};
    va_list arguments;
    va_start(arguments, format);
    struct text text = text_format_list(&arena, format, arguments);
    va_end(arguments);
    return talk_tell(talk, &(struct fetch_event){.kind = kind, .text = text}, err);
}

static bool take_line(struct talk *talk, struct text *line)
{
    struct text rest = buffer_text(&talk->in);
    size_t end = text_find_char(rest, '\n');
    if (end == SIZE_MAX)
        return false;
    *line = text_first(rest, end);
    talk->used = end + 1;
    return true;
}

/* False at the end. */
static bool read_more(struct talk *talk)
{
    buffer_reserve(&talk->in, READ_BYTES);
    ssize_t got = read(STDIN_FILENO, talk->in.at + talk->in.length, READ_BYTES);
    if (got > 0)
        talk->in.length += (size_t)got;
    return (got > 0 && talk->in.length <= LINE_MOST) || (got < 0 && errno == EINTR);
}

enum talk_next talk_next(struct talk *talk, int milliseconds, struct text *line)
{
    int64_t end = time_milliseconds() + milliseconds;
    buffer_drop(&talk->in, talk->used);
    talk->used = 0;
    while (!take_line(talk, line)) {
        int64_t left = milliseconds < 0 ? -1 : end - time_milliseconds();
        struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
        if (talk->ended)
            return TALK_END;
        if (poll(&ready, 1, left < 0 && milliseconds >= 0 ? 0 : (int)left) > 0)
            talk->ended = !read_more(talk);
        else if (milliseconds >= 0 && left <= 0)
            return TALK_NOTHING;
    }
    return TALK_LINE;
}

void talk_free(struct talk *talk)
{
    buffer_free(&talk->out);
    buffer_free(&talk->in);
}
