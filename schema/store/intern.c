#include <stdlib.h>
#include <string.h>

#include "store/store_internal.h"

/* A free text up to this length is shared: reasons repeat, whole EHLO answers rarely do. */
enum { SHARED_LENGTH = 256 };

/* The first column of the one row of STATEMENT, 0 where there is none. */
static bool find_id(struct store *store, sqlite3_stmt *statement, int64_t *id,
                    struct error *err)
{
    bool row;
    if (!statement_step(store, statement, &row, err))
        return false;
    *id = row ? sqlite3_column_int64(statement, 0) : 0;
    return true;
}

static bool insert(struct store *store, sqlite3_stmt *statement, int64_t *id, struct error *err)
{
    if (!statement_run(store, statement, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    return true;
}

static bool add_text(struct store *store, struct text text, bool shared, int64_t *id,
                     struct error *err)
{
    STATEMENT_AUTO *add = store_statement(
        store, STATEMENT_TEXT_ADD, "INSERT INTO text (shared, text) VALUES (?1, ?2)", err);
    if (!add)
        return false;
    bind_number(add, 1, shared);
    bind_text(add, 2, text);
    return insert(store, add, id, err);
}

bool intern_find_text(struct store *store, struct text text, int64_t *id, struct error *err)
{
    *id = 0;
    if (!text_known(text))
        return true;
    bool cacheable = store->mode == STORE_WRITE && store_in_transaction(store);
    const struct cached *cached = cacheable ? cache_get(store->cache, CACHE_TEXT, text) : NULL;
    if (cached) {
        *id = cached->id;
        return true;
    }
    STATEMENT_AUTO *find = store_statement(
        store, STATEMENT_TEXT_FIND, "SELECT id FROM text WHERE text = ?1 AND shared = 1", err);
    if (!find)
        return false;
    bind_text(find, 1, text);
    if (!find_id(store, find, id, err))
        return false;
    if (*id && cacheable)
        cache_put(store->cache, CACHE_TEXT, text, (struct cached){.id = *id});
    return true;
}

bool intern_text(struct store *store, struct text text, enum interning how, int64_t *id,
                 struct error *err)
{
    *id = 0;
    if (!text_known(text))
        return true;
    if (how == TEXT_FREE && text.length > SHARED_LENGTH)
        return add_text(store, text, false, id, err);
    if (!intern_find_text(store, text, id, err))
        return false;
    if (*id)
        return true;
    if (!add_text(store, text, true, id, err))
        return false;
    cache_put(store->cache, CACHE_TEXT, text, (struct cached){.id = *id});
    return true;
}

bool intern_list(struct store *store, const struct text_list *list, int64_t *id,
                 struct error *err)
{
    *id = 0;
    if (!list->count)
        return true;
    BUFFER_AUTO json = {0};
    json_list_write(&json, list);
    return intern_text(store, buffer_text(&json), TEXT_FREE, id, err);
}

/* The id of what has DIGEST in the cache or by FIND, which takes the digest as its parameter; 0
 * where it is new. */
static bool find_digest(struct store *store, enum cache_kind kind, sqlite3_stmt *find,
                        const uint8_t digest[SHA256_SIZE], int64_t *id, struct error *err)
{
    struct text key = {(const char *)digest, SHA256_SIZE};
    const struct cached *cached = cache_get(store->cache, kind, key);
    if (cached) {
        *id = cached->id;
        return true;
    }
    bind_blob(find, 1, digest, SHA256_SIZE);
    if (!find_id(store, find, id, err))
        return false;
    if (*id)
        cache_put(store->cache, kind, key, (struct cached){.id = *id});
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Of the sorted set, each with its length before it, so that no two sets look alike. */
static void digest_domains(const struct tls_report *report, uint8_t digest[SHA256_SIZE])
{
    ARENA_AUTO arena = {0};
    struct text *domains = arena_array(&arena, report->policy_count, sizeof *domains);
    for (size_t i = 0; i < report->policy_count; i++)
        domains[i] = report->policies[i].policy_domain;
    if (report->policy_count)
        qsort(domains, report->policy_count, sizeof *domains, compare_texts);
    struct sha256_state *state = sha256_start();
    for (size_t i = 0; i < report->policy_count; i++) {
        if (i && text_equal(domains[i], domains[i - 1]))
            continue;
        uint64_t length = text_known(domains[i]) ? domains[i].length : UINT64_MAX;
        unsigned char bytes[8];
        for (int j = 0; j < 8; j++)
            bytes[j] = (unsigned char)(length >> 8 * j);
        sha256_add(state, (struct text){(const char *)bytes, sizeof bytes});
        sha256_add(state, domains[i]);
    }
    sha256_finish(state, digest);
}

bool intern_domain_set(struct store *store, const struct tls_report *report, int64_t *id,
                       struct error *err)
{
    uint8_t digest[SHA256_SIZE];
    digest_domains(report, digest);
    STATEMENT_AUTO *find = store_statement(store, STATEMENT_DOMAIN_SET_FIND,
                                           "SELECT id FROM domain_set WHERE sha256 = ?1", err);
    if (!find || !find_digest(store, CACHE_DOMAIN_SET, find, digest, id, err))
        return false;
    if (*id)
        return true;
    STATEMENT_AUTO *add = store_statement(store, STATEMENT_DOMAIN_SET_ADD,
                                          "INSERT INTO domain_set (sha256) VALUES (?1)", err);
    if (!add)
        return false;
    bind_blob(add, 1, digest, SHA256_SIZE);
    return insert(store, add, id, err);
}

bool intern_quoted_policy(struct store *store, const struct tls_policy *policy, int64_t *id,
                          struct error *err)
{
    BUFFER_AUTO strings = {0};
    BUFFER_AUTO mx_hosts = {0};
    json_list_write(&strings, &policy->policy_strings);
    json_list_write(&mx_hosts, &policy->mx_hosts);
    struct text mode = text_of(policy_mode_name(policy->policy_mode));
    /* JSON holds no NUL: it separates. */
    struct sha256_state *state = sha256_start();
    sha256_add(state, mode);
    sha256_add(state, TEXT("\0"));
    sha256_add(state, buffer_text(&strings));
    sha256_add(state, TEXT("\0"));
    sha256_add(state, buffer_text(&mx_hosts));
    uint8_t digest[SHA256_SIZE];
    sha256_finish(state, digest);

    STATEMENT_AUTO *find = store_statement(
        store, STATEMENT_QUOTED_FIND, "SELECT id FROM quoted_policy WHERE sha256 = ?1", err);
    if (!find || !find_digest(store, CACHE_QUOTED_POLICY, find, digest, id, err))
        return false;
    if (*id)
        return true;
    STATEMENT_AUTO *add =
        store_statement(store, STATEMENT_QUOTED_ADD,
                        "INSERT INTO quoted_policy (sha256, mode, strings, mx_hosts)"
                        " VALUES (?1, ?2, ?3, ?4)",
                        err);
    if (!add)
        return false;
    bind_blob(add, 1, digest, SHA256_SIZE);
    bind_text(add, 2, mode);
    bind_text(add, 3, buffer_text(&strings));
    bind_text(add, 4, buffer_text(&mx_hosts));
    return insert(store, add, id, err);
}
