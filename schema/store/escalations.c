#include "store/escalations.h"

#include "base/vector.h"
#include "store/store_internal.h"

static bool list_all(struct store *store, struct arena *arena, struct stored_escalations *list,
                     struct error *err)
{
    STATEMENT_ONCE *all = store_prepare(
        store,
        "SELECT id, domain, code, title, severity, failed_sessions, opened_at, notified_at,"
        " closed_at FROM escalation ORDER BY id",
        err);
    bool row = true;
    if (!all)
        return false;
    while (statement_step(store, all, &row, err) && row)
        VECTOR_ADD(arena, list,
                   ((struct stored_escalation){
                       .id = text_copy(arena, column_text(all, 0)),
                       .domain = text_copy(arena, column_text(all, 1)),
                       .code = text_copy(arena, column_text(all, 2)),
                       .title = text_copy(arena, column_text(all, 3)),
                       .severity = (unsigned)column_count(all, 4),
                       .failed_sessions = column_count(all, 5),
                       .opened_at = column_time(all, 6),
                       .notified_at = column_time(all, 7),
                       .closed_at = column_time(all, 8),
                   }));
    return !row;
}

bool store_escalations(struct store *store, struct arena *arena,
                       struct stored_escalations *list, struct error *err)
{
    *list = (struct stored_escalations){0};
    bool done = list_all(store, arena, list, err);
    store_work_done(store);
    return done;
}

static bool put(struct store *store, const struct stored_escalation *escalation,
                struct error *err)
{
    STATEMENT_ONCE *put = store_prepare(
        store,
        "INSERT OR REPLACE INTO escalation (id, domain, code, title, severity, failed_sessions,"
        " opened_at, notified_at, closed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        err);
    if (!put)
        return false;
    bind_text(put, 1, escalation->id);
    bind_text(put, 2, escalation->domain);
    bind_text(put, 3, escalation->code);
    bind_text(put, 4, escalation->title);
    bind_number(put, 5, escalation->severity);
    bind_count(put, 6, escalation->failed_sessions);
    bind_number(put, 7, escalation->opened_at);
    bind_number(put, 8, escalation->notified_at);
    bind_time(put, 9, escalation->closed_at);
    return statement_run(store, put, err);
}

bool store_put_escalation(struct store *store, const struct stored_escalation *escalation,
                          struct error *err)
{
    bool done = put(store, escalation, err);
    store_work_done(store);
    return done;
}
