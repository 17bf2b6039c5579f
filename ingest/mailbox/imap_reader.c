#include "mailbox/imap_reader.h"

static bool unusable(struct error *err, const char *why)
{
    return error_set(err, ERROR_UNAVAILABLE, "the server sent %s", why);
}

/* ---- literals ---- */

/* The length in the "{123}" that LINE ends in. *AT is where that begins. False: it ends in none. */
static bool literal_length(struct text line, uint64_t *length, size_t *at, bool *too_large)
{
    size_t end = line.length;
    if (!end || line.at[--end] != '}')
        return false;
    size_t start = end;
    while (start && text_is_digit(line.at[start - 1]))
        start--;
    if (start == end || !start || line.at[start - 1] != '{')
        return false;
    *at = start - 1;
    *too_large = !text_unsigned(text_first(text_from(line, start), end - start), length) ||
                 *length > IMAP_BODY_MAX;
    return true;
}

static bool begin_literal(struct imap_reader *reader, uint64_t length, size_t at,
                          struct error *err)
{
    struct text before = text_first(buffer_text(&reader->line), at);
    if (reader->literal_count == IMAP_LITERALS_MAX)
        return unusable(err, "too many literals in one response");
    struct imap_literal *literal = &reader->literals[reader->literal_count];
    *literal = (struct imap_literal){.at = at, .is_body = imap_response_body_next(before)};
    reader->small_at[reader->literal_count++] = reader->small.length;
    reader->literal_left = length;
    if (literal->is_body)
        return reader->events.body_begin(reader->events.context, err);
    if (length > IMAP_LINE_MAX - reader->small.length)
        return unusable(err, "a literal that is too long");
    literal->text.length = (size_t)length;
    return true;
}

static bool take_literal(struct imap_reader *reader, struct text *bytes, struct error *err)
{
    size_t most =
        reader->literal_left < bytes->length ? (size_t)reader->literal_left : bytes->length;
    struct text piece = text_first(*bytes, most);
    *bytes = text_from(*bytes, most);
    reader->literal_left -= most;
    if (reader->literals[reader->literal_count - 1].is_body)
        return reader->events.body(reader->events.context, piece, err);
    buffer_add_text(&reader->small, piece);
    return true;
}

/* ---- lines ---- */

static bool end_response(struct imap_reader *reader, struct error *err)
{
    const struct imap_events *events = &reader->events;
    struct imap_response response;
    for (size_t i = 0; i < reader->literal_count; i++)
        if (!reader->literals[i].is_body)
            reader->literals[i].text.at =
                reader->small.length ? reader->small.at + reader->small_at[i] : "";
    reader->scratch.length = 0;
    buffer_reserve(&reader->scratch, reader->line.length + 1);
    imap_response_parse(buffer_text(&reader->line), reader->literals, reader->literal_count,
                        reader->scratch.at, &response);
    bool good = true;
    if (text_known(response.quoted))
        good = events->body_begin(events->context, err) &&
               events->body(events->context, response.quoted, err);
    good = good && events->response(events->context, &response, err);
    reader->line.length = reader->small.length = 0;
    reader->literal_count = 0;
    return good;
}

/* A line may end right after a literal: the "{…}" before its end is not another one. */
static bool is_known(const struct imap_reader *reader, size_t at)
{
    return reader->literal_count && reader->literals[reader->literal_count - 1].at == at;
}

/* The line has come to its end, or to a literal. */
static bool end_line(struct imap_reader *reader, struct error *err)
{
    uint64_t length;
    size_t at;
    bool too_large;
    if (reader->line.length && reader->line.at[reader->line.length - 1] == '\r')
        reader->line.length--;
    struct text line = buffer_text(&reader->line);
    if (!imap_response_has_literals(line) || !literal_length(line, &length, &at, &too_large) ||
        is_known(reader, at))
        return end_response(reader, err);
    if (too_large)
        return unusable(err, "a literal of more than 2 GiB");
    return begin_literal(reader, length, at, err);
}

static bool take_line(struct imap_reader *reader, struct text *bytes, struct error *err)
{
    size_t end = text_find_char(*bytes, '\n');
    struct text piece = text_first(*bytes, end);
    if (piece.length > IMAP_LINE_MAX - reader->line.length)
        return unusable(err, "a line of more than 64 KiB");
    buffer_add_text(&reader->line, piece);
    *bytes = text_from(*bytes, end == SIZE_MAX ? bytes->length : end + 1);
    return end == SIZE_MAX || end_line(reader, err);
}

bool imap_reader_take(struct imap_reader *reader, struct text bytes, struct error *err)
{
    while (bytes.length)
        if (!(reader->literal_left ? take_literal(reader, &bytes, err)
                                   : take_line(reader, &bytes, err)))
            return false;
    return true;
}

void imap_reader_free(struct imap_reader *reader)
{
    buffer_free(&reader->line);
    buffer_free(&reader->small);
    buffer_free(&reader->scratch);
}
