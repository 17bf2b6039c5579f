#include <string.h>

#include "base/vector.h"
#include "store/observations_internal.h"

/* What tells one observation from another of the same domain and second. */
struct rank {
    uint64_t parts;
    struct text digest, ttls;
};

/* Which of two is kept: the one that found more, else one of the two whatever their order. */
static int compare_ranks(const struct rank *a, const struct rank *b)
{
    if (a->parts != b->parts)
        return a->parts < b->parts ? -1 : 1;
    int order = text_compare(a->digest, b->digest);
    return order ? order : text_compare(a->ttls, b->ttls);
}

/* ---- content ---- */

/* Each TTL plus one, so that 0 is unknown, in groups of seven bits, the lowest first. */
static void write_ttls(struct buffer *out, const struct stored_observation *observation)
{
    for (size_t i = 0; i < observation->count; i++) {
        int64_t ttl = observation->at[i].ttl;
        uint64_t left = ttl < 0 || ttl > UINT32_MAX ? 0 : (uint64_t)ttl + 1;
        for (; left >= 0x80; left >>= 7)
            buffer_add_char(out, (char)(left | 0x80));
        buffer_add_char(out, (char)left);
    }
}

/* Writes the digest of each part to DIGESTS and that of the whole to *DIGEST. */
static void digest_content(const struct stored_observation *observation,
                           uint8_t (*digests)[SHA256_SIZE], uint8_t digest[SHA256_SIZE])
{
    for (size_t i = 0; i < observation->count; i++)
        sha256(observation->at[i].json, digests[i]);
    sha256((struct text){(const char *)digests, observation->count * SHA256_SIZE}, digest);
}

static bool find_by_digest(struct store *store, sqlite3_stmt *find, const uint8_t *digest,
                           int64_t *id, struct error *err)
{
    bool row;
    bind_blob(find, 1, digest, SHA256_SIZE);
    if (!statement_step(store, find, &row, err))
        return false;
    *id = row ? sqlite3_column_int64(find, 0) : 0;
    return true;
}

static bool intern_part(struct store *store, struct text json, const uint8_t *digest,
                        int64_t *id, struct error *err)
{
    STATEMENT_AUTO *find = store_statement(
        store, STATEMENT_PART_FIND, "SELECT id FROM observed_part WHERE sha256 = ?1", err);
    if (!find || !find_by_digest(store, find, digest, id, err))
        return false;
    if (*id)
        return true;
    STATEMENT_AUTO *add =
        store_statement(store, STATEMENT_PART_ADD,
                        "INSERT INTO observed_part (sha256, json) VALUES (?1, ?2)", err);
    if (!add)
        return false;
    bind_blob(add, 1, digest, SHA256_SIZE);
    bind_text(add, 2, json);
    if (!statement_run(store, add, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    return true;
}

/* A sorted list without repetitions. */
static void write_hosts(struct buffer *out, const struct text_list *hosts)
{
    ARENA_AUTO arena = {0};
    struct text_list all = {0}, once = {0};
    for (size_t i = 0; i < hosts->count; i++)
        text_list_add(&arena, &all, hosts->at[i]);
    text_list_sort(&all);
    for (size_t i = 0; i < all.count; i++)
        if (!i || !text_equal(all.at[i], all.at[i - 1]))
            text_list_add(&arena, &once, all.at[i]);
    json_list_write(out, &once);
}

static bool add_content(struct store *store, const struct stored_observation *observation,
                        const uint8_t (*digests)[SHA256_SIZE], const struct rank *rank,
                        int64_t *id, struct error *err)
{
    BUFFER_AUTO parts = {0};
    BUFFER_AUTO hosts = {0};
    for (size_t i = 0; i < observation->count; i++) {
        int64_t part;
        if (!intern_part(store, observation->at[i].json, digests[i], &part, err))
            return false;
        buffer_format(&parts, "%c%lld", i ? ',' : '[', (long long)part);
    }
    buffer_add_text(&parts, observation->count ? TEXT("]") : TEXT("[]"));
    if (observation->mx_known)
        write_hosts(&hosts, &observation->mx_hosts);
    STATEMENT_AUTO *add = store_statement(
        store, STATEMENT_CONTENT_ADD,
        "INSERT INTO observed_content (sha256, parts, part_count, mx_hosts, ttls)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
        err);
    if (!add)
        return false;
    bind_blob(add, 1, rank->digest.at, rank->digest.length);
    bind_text(add, 2, buffer_text(&parts));
    bind_count(add, 3, rank->parts);
    bind_text(add, 4, observation->mx_known ? buffer_text(&hosts) : TEXT_UNKNOWN);
    bind_blob(add, 5, rank->ttls.at, rank->ttls.length);
    if (!statement_run(store, add, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    return true;
}

static bool intern_content(struct store *store, const struct stored_observation *observation,
                           const uint8_t (*digests)[SHA256_SIZE], const struct rank *rank,
                           int64_t *id, struct error *err)
{
    STATEMENT_AUTO *find =
        store_statement(store, STATEMENT_CONTENT_FIND,
                        "SELECT id FROM observed_content WHERE sha256 = ?1", err);
    if (!find || !find_by_digest(store, find, (const uint8_t *)rank->digest.at, id, err))
        return false;
    return *id || add_content(store, observation, digests, rank, id, err);
}

/* ---- what follows for the attribution ---- */

/* The MX hosts of DOMAIN by its latest observation that knows them, as JSON. */
static bool latest_hosts(struct store *store, int64_t domain, struct buffer *json,
                         struct error *err)
{
    STATEMENT_AUTO *get = store_statement(
        store, STATEMENT_LATEST_MX,
        "SELECT c.mx_hosts FROM observation o CROSS JOIN observed_content c ON c.id = o.content"
        " WHERE o.domain = ?1 AND c.mx_hosts IS NOT NULL ORDER BY o.taken_at DESC LIMIT 1",
        err);
    if (!get)
        return false;
    bind_id(get, 1, domain);
    bool row;
    if (!statement_step(store, get, &row, err))
        return false;
    buffer_add_text(json, row ? column_text(get, 0) : TEXT("[]"));
    return true;
}

/* Those that the table mx_of has, as JSON, and their ids. */
static bool known_hosts(struct store *store, int64_t domain, struct arena *arena,
                        struct buffer *json, struct id_list *ids, struct error *err)
{
    STATEMENT_AUTO *get = store_statement(store, STATEMENT_MX_OF,
                                          "SELECT m.mx, t.text FROM mx_of m JOIN text t"
                                          " ON t.id = m.mx WHERE m.domain = ?1",
                                          err);
    if (!get)
        return false;
    bind_id(get, 1, domain);
    struct text_list hosts = {0};
    bool row;
    for (;;) {
        if (!statement_step(store, get, &row, err))
            return false;
        if (!row)
            break;
        VECTOR_ADD(arena, ids, sqlite3_column_int64(get, 0));
        text_list_add(arena, &hosts, text_copy(arena, column_text(get, 1)));
    }
    write_hosts(json, &hosts);
    return true;
}

/* Puts HOSTS in the place of what the table has of DOMAIN, and adds their ids to IDS. */
static bool set_hosts(struct store *store, int64_t domain, const struct text_list *hosts,
                      struct arena *arena, struct id_list *ids, struct error *err)
{
    STATEMENT_ONCE *drop = store_prepare(store, "DELETE FROM mx_of WHERE domain = ?1", err);
    if (!drop)
        return false;
    bind_id(drop, 1, domain);
    STATEMENT_ONCE *add = NULL;
    if (!statement_run(store, drop, err) ||
        !(add = store_prepare(store, "INSERT OR IGNORE INTO mx_of (mx, domain) VALUES (?1, ?2)",
                              err)))
        return false;
    for (size_t i = 0; i < hosts->count; i++) {
        int64_t mx;
        if (!intern_text(store, hosts->at[i], TEXT_SHARED, &mx, err))
            return false;
        bind_id(add, 1, mx);
        bind_id(add, 2, domain);
        bool done = statement_run(store, add, err);
        sqlite3_reset(add);
        if (!done)
            return false;
        VECTOR_ADD(arena, ids, mx);
    }
    return true;
}

static bool review_hosts(struct store *store, int64_t domain, struct error *err)
{
    ARENA_AUTO arena = {0};
    BUFFER_AUTO before = {0};
    BUFFER_AUTO after = {0};
    struct id_list ids = {0};
    if (!known_hosts(store, domain, &arena, &before, &ids, err) ||
        !latest_hosts(store, domain, &after, err))
        return false;
    if (text_equal(buffer_text(&before), buffer_text(&after)))
        return true;
    struct text_list hosts = json_list_read(&arena, buffer_text(&after));
    if (!set_hosts(store, domain, &hosts, &arena, &ids, err))
        return false;
    for (size_t i = 0; i < ids.count; i++)
        if (!attribution_recheck(store, ids.at[i], err))
            return false;
    return true;
}

/* ---- storing ---- */

struct standing {
    bool there;
    struct rank rank; /* in the arena */
};

static bool find_standing(struct store *store, int64_t domain, int64_t taken_at,
                          struct arena *arena, struct standing *standing, struct error *err)
{
    STATEMENT_AUTO *find =
        store_statement(store, STATEMENT_OBSERVATION_FIND,
                        "SELECT c.part_count, c.sha256, coalesce(o.ttls, c.ttls)"
                        " FROM observation o JOIN observed_content c ON c.id = o.content"
                        " WHERE o.domain = ?1 AND o.taken_at = ?2",
                        err);
    if (!find)
        return false;
    bind_id(find, 1, domain);
    bind_time(find, 2, taken_at);
    if (!statement_step(store, find, &standing->there, err))
        return false;
    if (standing->there)
        standing->rank =
            (struct rank){column_count(find, 0), text_copy(arena, column_blob(find, 1)),
                          text_copy(arena, column_blob(find, 2))};
    return true;
}

static bool write_row(struct store *store, int64_t domain, int64_t taken_at, int64_t content,
                      struct text ttls, struct error *err)
{
    STATEMENT_AUTO *write = store_statement(
        store, STATEMENT_OBSERVATION_PUT,
        "INSERT INTO observation (domain, taken_at, content, ttls)"
        " SELECT ?1, ?2, id, nullif(?4, ttls) FROM observed_content WHERE id = ?3"
        " ON CONFLICT (domain, taken_at)"
        " DO UPDATE SET content = excluded.content, ttls = excluded.ttls",
        err);
    if (!write)
        return false;
    bind_id(write, 1, domain);
    bind_time(write, 2, taken_at);
    bind_id(write, 3, content);
    bind_blob(write, 4, ttls.at, ttls.length);
    return statement_run(store, write, err);
}

static bool put(struct store *store, const struct stored_observation *observation,
                struct arena *arena, enum observation_outcome *outcome, struct error *err)
{
    BUFFER_AUTO ttls = {0};
    uint8_t digest[SHA256_SIZE];
    uint8_t(*digests)[SHA256_SIZE] = arena_array(arena, observation->count, sizeof *digests);
    write_ttls(&ttls, observation);
    digest_content(observation, digests, digest);
    struct rank rank = {observation->count,
                        {(const char *)digest, SHA256_SIZE},
                        ttls.length ? buffer_text(&ttls) : TEXT("")};
    struct standing standing = {0};
    int64_t domain, content;
    if (!intern_text(store, observation->domain, TEXT_SHARED, &domain, err) ||
        !find_standing(store, domain, observation->taken_at, arena, &standing, err))
        return false;
    int order = standing.there ? compare_ranks(&rank, &standing.rank) : 1;
    *outcome = order > 0    ? OBSERVATION_STORED
               : order == 0 ? OBSERVATION_KNOWN
                            : OBSERVATION_OTHER_KEPT;
    if (order <= 0)
        return true;
    return intern_content(store, observation, (const uint8_t(*)[SHA256_SIZE])digests, &rank,
                          &content, err) &&
           write_row(store, domain, observation->taken_at, content, rank.ttls, err) &&
           attribution_mark_observed(store, domain, err) && review_hosts(store, domain, err);
}

bool store_put_observation(struct store *store, const struct stored_observation *observation,
                           enum observation_outcome *outcome, struct error *err)
{
    ARENA_AUTO arena = {0};
    if (!store_needs_transaction(store, err))
        return false;
    if (stored_time(observation->taken_at) == TIME_UNKNOWN)
        return error_set(err, ERROR_INPUT, "an observation without a time cannot be stored");
    return put(store, observation, &arena, outcome, err);
}
