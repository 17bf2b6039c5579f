#include "fetch/folders.h"

#include "mailbox/folder_name.h"

enum { SHOWN = 12 };

struct listing {
    struct arena arena;
    struct buffer *out;
    size_t most, count;
    char separator;
};

static bool take(void *context, const struct imap_response *response, struct error *err)
{
    struct listing *listing = context;
    (void)err;
    if (response->kind != IMAP_LIST)
        return true;
    if (response->separator)
        listing->separator = response->separator;
    if (!response->selectable || listing->count++ >= listing->most)
        return true;
    struct text name = folder_name_read(&listing->arena, text_first(response->name, 200));
    buffer_format(listing->out, "%s\"%.*s\"", listing->count > 1 ? ", " : "", TEXT_ARGS(name));
    arena_reset(&listing->arena);
    return true;
}

bool folders_list(struct session *session, size_t most, struct buffer *out, struct error *err)
{
    struct listing listing = {.out = out, .most = most};
    struct imap_command command;
    struct session_watcher before = session->watcher;
    session->watcher = (struct session_watcher){.context = &listing, .response = take};
    bool listed = session_do(session, &command, err, "LIST \"\" \"*\"");
    session->watcher = before;
    if (listing.count > most)
        buffer_format(out, " and %zu more", listing.count - most);
    if (listing.separator)
        buffer_format(out, "; the separator between a folder and one within it is \"%c\"",
                      listing.separator);
    arena_free(&listing.arena);
    return listed || !session->broken;
}

bool folders_explain(struct session *session, struct text name, struct error *err)
{
    BUFFER_AUTO names = {0};
    struct error answer = *err, unimportant;
    if (folders_list(session, SHOWN, &names, &unimportant) && names.length)
        return error_set(err, answer.code, "folder \"%.*s\": %s. The folders are %.*s",
                         TEXT_ARGS(text_first(name, 100)), answer.text,
                         TEXT_ARGS(text_first(buffer_text(&names), 300)));
    *err = answer;
    return error_prefix(err, "folder \"%.*s\"", TEXT_ARGS(text_first(name, 100)));
}
