#include "base/vector.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/window.h"
#include "store/acknowledgements.h"

const struct option options_acknowledge[] = {
    {"until", "TIME", "it is known until then: 2026-12-24; after that it is open again"},
    {"note", "TEXT", "why, or who takes care of it"},
    {"undo", NULL, "it is no longer known"},
    {0},
};

enum { ID_LENGTH = 8, NOTE_MAX = 1000 };

static bool is_id(struct text id)
{
    for (size_t i = 0; i < id.length; i++)
        if (!text_is_digit(id.at[i]) && (id.at[i] < 'a' || id.at[i] > 'f'))
            return false;
    return id.length == ID_LENGTH;
}

static bool read_arguments(const struct invocation *inv, struct text_list *ids,
                           struct acknowledgement *acknowledgement, struct error *err)
{
    struct text until = invocation_option(inv, "until"), note = invocation_option(inv, "note");
    *acknowledgement = (struct acknowledgement){
        .acknowledged_at = inv->now, .until = TIME_UNKNOWN, .note = note};
    if (!inv->arguments.count)
        return error_set(err, ERROR_USAGE,
                         "what is known? name ids, as tlsrpt analyze and changes print them");
    if (text_known(until) && !window_time(until, inv->now, true, &acknowledgement->until, err))
        return error_prefix(err, "--until");
    if (acknowledgement->until != TIME_UNKNOWN && acknowledgement->until <= inv->now)
        return error_set(err, ERROR_USAGE, "--until: that time has passed");
    if (note.length > NOTE_MAX || !text_is_utf8(note))
        return error_set(err, ERROR_USAGE, "--note: at most %d bytes of UTF-8", NOTE_MAX);
    for (size_t i = 0; i < inv->arguments.count; i++) {
        struct text id = text_lower(inv->arena, inv->arguments.at[i]);
        struct text shown = text_first(inv->arguments.at[i], 20);
        if (!is_id(id))
            return error_set(err, ERROR_USAGE, "\"%.*s\" is no id: it has 8 digits from 0 to f",
                             TEXT_ARGS(shown));
        text_list_add_once(inv->arena, ids, id);
    }
    return true;
}

static bool undo(const struct invocation *inv, struct store *store, struct text id,
                 struct error *err)
{
    bool known;
    if (!store_unacknowledge(store, id, &known, err))
        return false;
    if (!known && !inv->quiet)
        output_message("%.*s was not acknowledged", TEXT_ARGS(id));
    return true;
}

bool command_acknowledge(struct invocation *inv, struct error *err)
{
    struct text_list ids = {0};
    struct acknowledgement acknowledgement;
    bool undoes = invocation_has(inv, "undo");
    if (undoes && (invocation_has(inv, "until") || invocation_has(inv, "note")))
        return error_set(err, ERROR_USAGE, "--undo goes with neither --until nor --note");
    if (!read_arguments(inv, &ids, &acknowledgement, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_CHANGE, err);
    if (!store)
        return false;
    for (size_t i = 0; i < ids.count; i++) {
        acknowledgement.id = ids.at[i];
        if (undoes ? !undo(inv, store, ids.at[i], err)
                   : !store_acknowledge(store, &acknowledgement, err))
            return false;
    }
    return true;
}
