/* Reading observations. */
#include <string.h>

#include "base/vector.h"
#include "store/observations.h"
#include "store/store_internal.h"

#define COLUMNS                                                                                \
    "SELECT o.taken_at, o.content, c.parts, coalesce(o.ttls, c.ttls), c.mx_hosts"              \
    " FROM observation o CROSS JOIN observed_content c ON c.id = o.content"                    \
    " WHERE o.domain = ?1"

/* The next TTL of what observations.c wrote. */
static int64_t next_ttl(struct text *ttls)
{
    uint64_t value = 0;
    for (unsigned shift = 0; ttls->length && shift < 35; shift += 7) {
        unsigned char c = (unsigned char)ttls->at[0];
        *ttls = text_from(*ttls, 1);
        value |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            break;
    }
    return value && value - 1 <= UINT32_MAX ? (int64_t)value - 1 : TTL_UNKNOWN;
}

static void read_ttls(struct stored_observation *observation, struct text ttls)
{
    for (size_t i = 0; i < observation->count; i++)
        observation->at[i].ttl = next_ttl(&ttls);
}

/* The parts whose ids are the JSON array IDS, in that order. */
static bool read_parts(struct store *store, struct text ids, struct arena *arena,
                       struct stored_observation *observation, struct error *err)
{
    STATEMENT_AUTO *get = store_statement(
        store, STATEMENT_PARTS,
        "SELECT p.json FROM json_each(?1) listed JOIN observed_part p ON p.id = listed.value"
        " ORDER BY listed.key",
        err);
    if (!get)
        return false;
    bind_text(get, 1, ids);
    bool row;
    for (;;) {
        if (!statement_step(store, get, &row, err))
            return false;
        if (!row)
            return true;
        struct stored_part part = {text_copy(arena, column_text(get, 0)), TTL_UNKNOWN};
        VECTOR_ADD(arena, observation, part);
    }
}

/* Reads the row at which STATEMENT stands. What has the content that OBSERVATION holds already keeps
 * its parts. */
static bool read_row(struct store *store, sqlite3_stmt *row, struct arena *arena,
                     struct stored_observation *observation, struct error *err)
{
    int64_t content = sqlite3_column_int64(row, 1);
    observation->taken_at = column_time(row, 0);
    if (!observation->content || observation->content != content) {
        observation->at = NULL;
        observation->count = 0;
        observation->content = content;
        if (!read_parts(store, column_text(row, 2), arena, observation, err))
            return false;
        struct text hosts = column_text(row, 4);
        observation->mx_known = text_known(hosts);
        observation->mx_hosts = json_list_read(arena, hosts);
    }
    read_ttls(observation, column_blob(row, 3));
    return true;
}

/* ---- one moment ---- */

static bool get(struct store *store, struct text domain, enum observation_wanted wanted,
                int64_t time, struct arena *arena, struct stored_observation *observation,
                bool *found, struct error *err)
{
    static const char *const sql[] = {
        [OBSERVATION_AT] = COLUMNS " AND o.taken_at <= ?2 ORDER BY o.taken_at DESC LIMIT 1",
        [OBSERVATION_AFTER] = COLUMNS " AND o.taken_at >= ?2 ORDER BY o.taken_at LIMIT 1",
    };
    int64_t id;
    *found = false;
    if (!intern_find_text(store, domain, &id, err))
        return false;
    if (!id)
        return true;
    STATEMENT_AUTO *find = store_statement(
        store,
        wanted == OBSERVATION_AT ? STATEMENT_OBSERVATION_AT : STATEMENT_OBSERVATION_AFTER,
        sql[wanted], err);
    if (!find)
        return false;
    bind_id(find, 1, id);
    bind_number(find, 2, time);
    *observation = (struct stored_observation){.domain = text_copy(arena, domain)};
    return statement_step(store, find, found, err) &&
           (!*found || read_row(store, find, arena, observation, err));
}

bool store_get_observation(struct store *store, struct text domain,
                           enum observation_wanted wanted, int64_t time, struct arena *arena,
                           struct stored_observation *observation, bool *found,
                           struct error *err)
{
    bool own;
    if (!store_begin_reading(store, &own, err))
        return false;
    bool done = get(store, domain, wanted, time, arena, observation, found, err);
    return store_end_reading(store, own, done, err);
}

static bool walk(struct store *store, struct stored_observation *observation, int64_t since,
                 int64_t until, store_observation_each *each, void *context, struct error *err)
{
    int64_t id;
    if (!intern_find_text(store, observation->domain, &id, err))
        return false;
    STATEMENT_ONCE *list = store_prepare(
        store, COLUMNS " AND o.taken_at BETWEEN ?2 AND ?3 ORDER BY o.taken_at", err);
    if (!list)
        return false;
    bind_id(list, 1, id);
    bind_number(list, 2, since);
    bind_number(list, 3, until);
    ARENA_AUTO arena = {0};
    bool row;
    for (;;) {
        if (!statement_step(store, list, &row, err))
            return false;
        if (!row)
            return true;
        if (sqlite3_column_int64(list, 1) != observation->content)
            arena_reset(&arena);
        if (!read_row(store, list, &arena, observation, err))
            return false;
        if (!each(context, observation))
            return true;
    }
}

bool store_observations(struct store *store, struct text domain, int64_t since, int64_t until,
                        store_observation_each *each, void *context, struct error *err)
{
    struct stored_observation observation = {.domain = domain};
    bool own;
    if (!store_begin_reading(store, &own, err))
        return false;
    bool done = walk(store, &observation, since, until, each, context, err);
    return store_end_reading(store, own, done, err);
}

/* ---- lists ---- */

bool store_observation_times(struct store *store, struct text domain, int64_t until,
                             struct arena *arena, int64_t **times, size_t *count,
                             struct error *err)
{
    struct {
        int64_t *at;
        size_t count;
    } list = {0};
    STATEMENT_ONCE *get =
        store_prepare(store,
                      "SELECT taken_at FROM observation WHERE taken_at <= ?2 AND domain ="
                      " (SELECT id FROM text WHERE text = ?1 AND shared = 1) ORDER BY taken_at",
                      err);
    if (!get)
        return false;
    bind_text(get, 1, domain);
    bind_number(get, 2, until);
    bool row, done;
    while ((done = statement_step(store, get, &row, err)) && row)
        VECTOR_ADD(arena, &list, column_time(get, 0));
    store_work_done(store);
    *times = list.at;
    *count = list.count;
    return done;
}

/* The first column of every row. */
static bool list_texts(struct store *store, sqlite3_stmt *statement, struct arena *arena,
                       struct text_list *list, struct error *err)
{
    bool row, done;
    *list = (struct text_list){0};
    while ((done = statement_step(store, statement, &row, err)) && row)
        text_list_add(arena, list, text_copy(arena, column_text(statement, 0)));
    store_work_done(store);
    return done;
}

bool store_observed_domains(struct store *store, int64_t until, struct arena *arena,
                            struct text_list *domains, struct error *err)
{
    STATEMENT_ONCE *get = store_prepare(
        store,
        "SELECT t.text FROM main.domain d JOIN text t ON t.id = d.name WHERE d.observed = 1"
        " AND EXISTS (SELECT 1 FROM observation o WHERE o.domain = d.name AND o.taken_at <= ?1)"
        " ORDER BY t.text",
        err);
    if (!get)
        return false;
    bind_number(get, 1, until);
    return list_texts(store, get, arena, domains, err);
}

bool store_reported_domains(struct store *store, int64_t since, int64_t until, size_t limit,
                            struct arena *arena, struct text_list *domains, struct error *err)
{
    STATEMENT_ONCE *get =
        store_prepare(store,
                      "SELECT t.text FROM policy p JOIN attribution a ON a.id = p.attribution"
                      " JOIN text t ON t.id = a.domain"
                      " WHERE p.counted = 1 AND p.begin_at BETWEEN ?1 AND ?2 GROUP BY t.id"
                      " ORDER BY total(p.successful) + total(p.failed) DESC, t.text LIMIT ?3",
                      err);
    if (!get)
        return false;
    bind_number(get, 1, since);
    bind_number(get, 2, until);
    bind_count(get, 3, limit);
    return list_texts(store, get, arena, domains, err);
}
