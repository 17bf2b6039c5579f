#include "store/acknowledgements.h"

#include <stdlib.h>

#include "base/vector.h"
#include "store/store_internal.h"

static bool put(struct store *store, const struct acknowledgement *acknowledgement,
                struct error *err)
{
    STATEMENT_ONCE *put = store_prepare(
        store,
        "INSERT INTO acknowledgement (id, acknowledged_at, until, note) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (id) DO UPDATE SET acknowledged_at = excluded.acknowledged_at,"
        " until = excluded.until, note = excluded.note",
        err);
    if (!put)
        return false;
    bind_text(put, 1, acknowledgement->id);
    bind_number(put, 2, acknowledgement->acknowledged_at);
    bind_time(put, 3, acknowledgement->until);
    bind_text(put, 4, acknowledgement->note);
    return statement_run(store, put, err);
}

bool store_acknowledge(struct store *store, const struct acknowledgement *acknowledgement,
                       struct error *err)
{
    bool done = put(store, acknowledgement, err);
    store_work_done(store);
    return done;
}

static bool forget(struct store *store, struct text id, bool *known, struct error *err)
{
    STATEMENT_ONCE *forget =
        store_prepare(store, "DELETE FROM acknowledgement WHERE id = ?1", err);
    if (!forget)
        return false;
    bind_text(forget, 1, id);
    if (!statement_run(store, forget, err))
        return false;
    *known = sqlite3_changes(store->db) > 0;
    return true;
}

bool store_unacknowledge(struct store *store, struct text id, bool *known, struct error *err)
{
    bool done = forget(store, id, known, err);
    store_work_done(store);
    return done;
}

static bool list_all(struct store *store, int64_t now, struct arena *arena,
                     struct acknowledgements *list, struct error *err)
{
    STATEMENT_ONCE *all = store_prepare(
        store,
        "SELECT id, acknowledged_at, until, note FROM acknowledgement"
        " WHERE acknowledged_at <= ?1 AND (until IS NULL OR until > ?1) ORDER BY id",
        err);
    bool row = true;
    if (!all)
        return false;
    bind_number(all, 1, now);
    while (statement_step(store, all, &row, err) && row)
        VECTOR_ADD(arena, list,
                   ((struct acknowledgement){.id = text_copy(arena, column_text(all, 0)),
                                             .acknowledged_at = column_time(all, 1),
                                             .until = column_time(all, 2),
                                             .note = text_copy(arena, column_text(all, 3))}));
    return !row;
}

bool store_acknowledgements(struct store *store, int64_t now, struct arena *arena,
                            struct acknowledgements *list, struct error *err)
{
    *list = (struct acknowledgements){0};
    bool done = list_all(store, now, arena, list, err);
    store_work_done(store);
    return done;
}

static int compare_to_id(const void *id, const void *element)
{
    const struct text *wanted = id;
    const struct acknowledgement *each = element;
    return text_compare(*wanted, each->id);
}

const struct acknowledgement *acknowledgement_of(const struct acknowledgements *list,
                                                 struct text id)
{
    return list->count ? bsearch(&id, list->at, list->count, sizeof *list->at, compare_to_id)
                       : NULL;
}
