/* What an IMAP server sends, in pieces of a size that the first byte says: it comes apart as it would in
 * one piece. */
#include "fuzz.h"
#include "mailbox/fetch_job.h"
#include "mailbox/folder_name.h"
#include "mailbox/imap_reader.h"

static bool begin(void *context, struct error *err)
{
    (void)err;
    buffer_add_text(context, TEXT("<"));
    return true;
}

static bool body(void *context, struct text piece, struct error *err)
{
    (void)err;
    buffer_add_text(context, piece);
    return true;
}

static bool response(void *context, const struct imap_response *response, struct error *err)
{
    (void)err;
    buffer_format(context, ">%d %u %u %llu %d %d %d", (int)response->kind, response->uid,
                  response->number, (unsigned long long)response->size, response->has_body,
                  response->separator, response->selectable);
    buffer_add_text(context, response->tag);
    buffer_add_text(context, response->code);
    buffer_add_text(context, response->text);
    buffer_add_text(context, response->quoted);
    buffer_add_text(context, response->name);
    return true;
}

static bool read_all(struct text bytes, size_t step, struct buffer *transcript)
{
    struct imap_reader reader = {.events = {transcript, begin, body, response}};
    struct error err;
    bool good = true;
    while (good && bytes.length) {
        good = imap_reader_take(&reader, text_first(bytes, step), &err);
        bytes = text_from(bytes, step);
    }
    promise(reader.line.length <= IMAP_LINE_MAX && reader.small.length <= IMAP_LINE_MAX);
    imap_reader_free(&reader);
    return good;
}

static void fuzz(struct text bytes, struct arena *arena)
{
    BUFFER_AUTO whole = {0}, pieces = {0}, name = {0};
    struct fetch_event event;
    struct fetch_done done;
    size_t step = bytes.length ? 1 + (unsigned char)bytes.at[0] % 64 : 1;
    bytes = text_from(bytes, 1);
    bool good = read_all(bytes, SIZE_MAX, &whole);
    promise(read_all(bytes, step, &pieces) == good);
    promise(text_equal(buffer_text(&whole), buffer_text(&pieces)) ||
            (!whole.length && !pieces.length));
    fetch_event_read(text_first(bytes, text_find_char(bytes, '\n')), &event);
    fetch_done_read(bytes, arena, &done);
    if (folder_name_write(&name, bytes)) {
        struct text sent = text_first(text_from(buffer_text(&name), 1), name.length - 2);
        if (text_find_char(sent, '\\') == SIZE_MAX)
            promise(text_equal(folder_name_read(arena, sent), bytes));
    }
}
