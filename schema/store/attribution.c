/* Which domain a row counts for. A policy domain of type tlsa or no-policy-found may be an MX host:
 * unless it is known to be a domain of its own, the row belongs to the recipient domain that the
 * report's mail names. The answer is kept in the table attribution, one row for each combination
 * that occurs. */
#include <string.h>

#include "base/vector.h"
#include "store/store_internal.h"

#define MOVABLE "policy_type IN ('tlsa', 'no-policy-found')"

/* The domain that alone has the policy domain among its MX hosts, else NULL. */
#define MX_OWNER                                                                               \
    "(SELECT CASE WHEN count(*) = 1 THEN min(o.domain) END FROM mx_of o"                       \
    " WHERE o.mx = policy_domain)"

/* The rule, over the columns of attribution. `domain` is the table of what is known of domains and
 * mx_of that of observed MX hosts, or this connection's own of these names. */
#define RULE                                                                                   \
    "CASE WHEN NOT " MOVABLE " THEN policy_domain"                                             \
    " WHEN policy_domain IS NULL THEN NULL"                                                    \
    " WHEN policy_domain IN (SELECT name FROM domain"                                          \
    "                        WHERE configured = 1 OR has_sts = 1 OR observed = 1)"             \
    " THEN policy_domain"                                                                      \
    " ELSE coalesce(named_domain, " MX_OWNER ", policy_domain) END"

/* Domains of which nothing is known need no row. */
#define FORGET_UNKNOWN                                                                         \
    "DELETE FROM domain WHERE configured = 0 AND has_sts = 0 AND observed = 0"

#define REVIEW_ALL "UPDATE attribution SET domain = " RULE " WHERE domain IS NOT (" RULE ")"

bool attribution_recheck(struct store *store, int64_t policy_domain, struct error *err)
{
    STATEMENT_AUTO *set =
        store_statement(store, STATEMENT_RECHECK,
                        "UPDATE attribution SET domain = " RULE
                        " WHERE coalesce(policy_domain, 0) = ?1 AND domain IS NOT (" RULE ")",
                        err);
    if (!set)
        return false;
    bind_id(set, 1, policy_domain);
    return statement_run(store, set, err);
}

/* Runs MARK, which sets a flag of POLICY_DOMAIN where it is not set, and draws the conclusion. */
static bool run_mark(struct store *store, sqlite3_stmt *mark, int64_t policy_domain,
                     struct error *err)
{
    if (!mark)
        return false;
    bind_id(mark, 1, policy_domain);
    if (!statement_run(store, mark, err))
        return false;
    return sqlite3_changes(store->db) == 0 || attribution_recheck(store, policy_domain, err);
}

static bool mark_sts(struct store *store, int64_t policy_domain, struct error *err)
{
    STATEMENT_AUTO *mark =
        store_statement(store, STATEMENT_MARK_STS,
                        "INSERT INTO domain (name, has_sts) VALUES (?1, 1)"
                        " ON CONFLICT (name) DO UPDATE SET has_sts = 1 WHERE has_sts = 0",
                        err);
    return run_mark(store, mark, policy_domain, err);
}

bool attribution_mark_observed(struct store *store, int64_t domain, struct error *err)
{
    STATEMENT_AUTO *mark =
        store_statement(store, STATEMENT_MARK_OBSERVED,
                        "INSERT INTO domain (name, observed) VALUES (?1, 1)"
                        " ON CONFLICT (name) DO UPDATE SET observed = 1 WHERE observed = 0",
                        err);
    return run_mark(store, mark, domain, err);
}

static bool find(struct store *store, int64_t policy_domain, int64_t named_domain,
                 struct text type, int64_t *id, struct error *err)
{
    STATEMENT_AUTO *find = store_statement(store, STATEMENT_ATTRIBUTION_FIND,
                                           "SELECT id FROM attribution"
                                           " WHERE coalesce(policy_domain, 0) = ?1"
                                           " AND policy_type = ?2"
                                           " AND coalesce(named_domain, 0) = ?3",
                                           err);
    if (!find)
        return false;
    bind_number(find, 1, policy_domain);
    bind_text(find, 2, type);
    bind_number(find, 3, named_domain);
    bool row;
    if (!statement_step(store, find, &row, err))
        return false;
    *id = row ? sqlite3_column_int64(find, 0) : 0;
    return true;
}

static bool add(struct store *store, int64_t policy_domain, int64_t named_domain,
                struct text type, int64_t *id, struct error *err)
{
    STATEMENT_AUTO *add =
        store_statement(store, STATEMENT_ATTRIBUTION_ADD,
                        "INSERT INTO attribution (policy_domain, named_domain, policy_type)"
                        " VALUES (?1, ?2, ?3)",
                        err);
    if (!add)
        return false;
    bind_id(add, 1, policy_domain);
    bind_id(add, 2, named_domain);
    bind_text(add, 3, type);
    if (!statement_run(store, add, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    STATEMENT_AUTO *set =
        store_statement(store, STATEMENT_ATTRIBUTION_SET,
                        "UPDATE attribution SET domain = " RULE " WHERE id = ?1", err);
    if (!set)
        return false;
    bind_id(set, 1, *id);
    return statement_run(store, set, err);
}

bool attribution_of(struct store *store, int64_t policy_domain, int64_t named_domain,
                    enum policy_type type, bool counted, int64_t *id, struct error *err)
{
    const int64_t parts[] = {policy_domain, named_domain, (int64_t)type};
    struct text key = {(const char *)parts, sizeof parts};
    bool needs_mark = counted && type == POLICY_TYPE_STS && policy_domain;
    const struct cached *known = cache_get(store->cache, CACHE_ATTRIBUTION, key);
    struct cached entry = known ? *known : (struct cached){0};
    struct text name = text_of(policy_type_name(type));
    if (!entry.id && !find(store, policy_domain, named_domain, name, &entry.id, err))
        return false;
    if (!entry.id && !add(store, policy_domain, named_domain, name, &entry.id, err))
        return false;
    if (needs_mark && !entry.has_sts) {
        if (!mark_sts(store, policy_domain, err))
            return false;
        entry.has_sts = true;
    }
    cache_put(store->cache, CACHE_ATTRIBUTION, key, entry);
    *id = entry.id;
    return true;
}

bool attribution_is_configured(struct store *store, int64_t policy_domain, int64_t named_domain,
                               enum policy_type type, bool *configured, struct error *err)
{
    STATEMENT_AUTO *find = store_statement(
        store, STATEMENT_IS_CONFIGURED,
        "SELECT 1 FROM (SELECT ?1 AS policy_domain, ?2 AS named_domain, ?3 AS policy_type)"
        " WHERE (" RULE ") IN (SELECT name FROM domain WHERE configured = 1)",
        err);
    if (!find)
        return false;
    bind_id(find, 1, policy_domain);
    bind_id(find, 2, named_domain);
    bind_text(find, 3, text_of(policy_type_name(type)));
    return statement_step(store, find, configured, err);
}

bool attribution_review(struct store *store, struct error *err)
{
    cache_forget(store->cache);
    return store_run(store,
                     "UPDATE domain SET has_sts = 0 WHERE has_sts = 1 AND name NOT IN"
                     " (SELECT a.policy_domain FROM policy p JOIN attribution a"
                     "  ON a.id = p.attribution WHERE p.counted = 1 AND a.policy_type = 'sts'"
                     "  AND a.policy_domain IS NOT NULL);" FORGET_UNKNOWN ";" REVIEW_ALL,
                     err);
}

/* Nearly always the new document has a sts entry where the old one had it; then nothing need be
 * looked through. */
bool attribution_replaced(struct store *store, const struct id_range *old,
                          const struct id_range *new, struct error *err)
{
    STATEMENT_AUTO *lost = store_statement(
        store, STATEMENT_LOST_STS,
        "SELECT 1 FROM policy p JOIN attribution a ON a.id = p.attribution"
        " WHERE p.id >= ?1 AND p.id < ?2 AND a.policy_type = 'sts' AND a.policy_domain NOT IN"
        "  (SELECT b.policy_domain FROM policy q JOIN attribution b ON b.id = q.attribution"
        "   WHERE q.id >= ?3 AND q.id < ?4 AND b.policy_type = 'sts'"
        "   AND b.policy_domain IS NOT NULL) LIMIT 1",
        err);
    if (!lost)
        return false;
    bind_number(lost, 1, old->first);
    bind_number(lost, 2, old->end);
    bind_number(lost, 3, new->first);
    bind_number(lost, 4, new->end);
    bool row;
    if (!statement_step(store, lost, &row, err))
        return false;
    sqlite3_reset(lost);
    return !row || attribution_review(store, err);
}

/* ---- the configured domains ---- */

static void digest_of(const struct text_list *domains, uint8_t digest[SHA256_SIZE])
{
    BUFFER_AUTO json = {0};
    json_list_write(&json, domains);
    sha256(buffer_text(&json), digest);
}

/* Whether the stored flags are those of store->configured. */
static bool in_line(struct store *store, bool *same, struct error *err)
{
    uint8_t digest[SHA256_SIZE];
    digest_of(&store->configured, digest);
    STATEMENT_AUTO *get = store_statement(store, STATEMENT_CONFIGURED,
                                          "SELECT configured FROM state WHERE one = 1", err);
    bool row;
    if (!get || !statement_step(store, get, &row, err))
        return false;
    struct text stored = row ? column_blob(get, 0) : TEXT_UNKNOWN;
    *same = text_equal(stored, (struct text){(const char *)digest, sizeof digest}) ||
            (stored.length == 0 && store->configured.count == 0);
    return true;
}

static bool keep_digest(struct store *store, struct error *err)
{
    uint8_t digest[SHA256_SIZE];
    digest_of(&store->configured, digest);
    STATEMENT_ONCE *set =
        store_prepare(store, "UPDATE state SET configured = ?1 WHERE one = 1", err);
    if (!set)
        return false;
    bind_blob(set, 1, digest, sizeof digest);
    return statement_run(store, set, err);
}

/* Sets the flag of each configured domain, in whichever table is called domain here. MAKE: also of
 * those whose name the database does not hold. */
static bool flag_configured(struct store *store, bool make, struct error *err)
{
    STATEMENT_ONCE *flag = store_prepare(store,
                                         "INSERT INTO domain (name, configured) VALUES (?1, 1)"
                                         " ON CONFLICT (name) DO UPDATE SET configured = 1",
                                         err);
    if (!flag)
        return false;
    for (size_t i = 0; i < store->configured.count; i++) {
        int64_t name;
        struct text text = store->configured.at[i];
        if (!(make ? intern_text(store, text, TEXT_SHARED, &name, err)
                   : intern_find_text(store, text, &name, err)))
            return false;
        if (!name)
            continue;
        bind_id(flag, 1, name);
        bool done = statement_run(store, flag, err);
        sqlite3_reset(flag);
        if (!done)
            return false;
    }
    return true;
}

bool attribution_apply_configured(struct store *store, struct error *err)
{
    bool same;
    if (!in_line(store, &same, err))
        return false;
    if (same)
        return true;
    return store_run(store, "UPDATE domain SET configured = 0 WHERE configured = 1", err) &&
           flag_configured(store, true, err) &&
           store_run(store, FORGET_UNKNOWN ";" REVIEW_ALL, err) && keep_digest(store, err);
}

/* Whether an observation was taken later than store->now. */
static bool observed_later(struct store *store, bool *later, struct error *err)
{
    *later = false;
    if (store->now == TIME_UNKNOWN)
        return true;
    STATEMENT_ONCE *find = store_prepare(
        store,
        "SELECT 1 FROM domain d WHERE d.observed = 1 AND EXISTS"
        " (SELECT 1 FROM observation o WHERE o.domain = d.name AND o.taken_at > ?1) LIMIT 1",
        err);
    if (!find)
        return false;
    bind_number(find, 1, store->now);
    return statement_step(store, find, later, err);
}

/* Runs SQL with store->now as its parameter. */
static bool run_with_now(struct store *store, const char *sql, struct error *err)
{
    STATEMENT_ONCE *statement = store_prepare(store, sql, err);
    if (!statement)
        return false;
    bind_number(statement, 1, store->now == TIME_UNKNOWN ? INT64_MAX : store->now);
    return statement_run(store, statement, err);
}

/* What was observed up to store->now, in tables of this connection. CROSS JOIN keeps the order of the
 * tables: domains are few. */
static bool fill_observed(struct store *store, bool later, struct error *err)
{
    static const char domains[] =
        "INSERT INTO temp.domain SELECT d.name, 0, d.has_sts, d.observed AND EXISTS"
        " (SELECT 1 FROM observation o WHERE o.domain = d.name AND o.taken_at <= ?1)"
        " FROM main.domain d";
    static const char hosts[] =
        "INSERT OR IGNORE INTO temp.mx_of SELECT t.id, d.name FROM main.domain d"
        " CROSS JOIN observed_content c ON c.id ="
        "  (SELECT o.content FROM observation o CROSS JOIN observed_content k ON k.id = "
        "o.content"
        "   WHERE o.domain = d.name AND o.taken_at <= ?1 AND k.mx_hosts IS NOT NULL"
        "   ORDER BY o.taken_at DESC LIMIT 1)"
        " CROSS JOIN json_each(c.mx_hosts) listed"
        " CROSS JOIN text t ON t.text = listed.value AND t.shared = 1 WHERE d.observed = 1";
    if (later)
        return run_with_now(store, domains, err) && run_with_now(store, hosts, err);
    return store_run(
        store,
        "INSERT INTO temp.domain SELECT name, 0, has_sts, observed FROM main.domain;"
        "INSERT INTO temp.mx_of SELECT mx, domain FROM main.mx_of",
        err);
}

/* For one connection: a view of the name of the table stands before it. It takes from the table
 * what is not overridden, so that attributions made later are there too. */
static bool override_for_connection(struct store *store, struct error *err)
{
    static const char drop[] = "DROP VIEW IF EXISTS temp.attribution;"
                               "DROP TABLE IF EXISTS temp.attribution_override;";
    static const char make[] =
        "CREATE TEMP TABLE domain (name INTEGER PRIMARY KEY,"
        " configured INTEGER NOT NULL DEFAULT 0, has_sts INTEGER NOT NULL DEFAULT 0,"
        " observed INTEGER NOT NULL DEFAULT 0);"
        "CREATE TEMP TABLE mx_of (mx INTEGER, domain INTEGER, PRIMARY KEY (mx, domain))"
        " WITHOUT ROWID;";
    static const char use[] =
        "CREATE TEMP TABLE attribution_override (id INTEGER PRIMARY KEY, domain INTEGER);"
        "INSERT INTO attribution_override"
        " SELECT id, " RULE " FROM main.attribution WHERE domain IS NOT (" RULE ");"
        "DROP TABLE temp.domain;"
        "DROP TABLE temp.mx_of;"
        "CREATE TEMP VIEW attribution AS"
        " SELECT a.id, a.policy_domain, a.named_domain, a.policy_type,"
        "  CASE WHEN a.id IN (SELECT id FROM temp.attribution_override)"
        "       THEN (SELECT o.domain FROM temp.attribution_override o WHERE o.id = a.id)"
        "       ELSE a.domain END AS domain"
        " FROM main.attribution a;";
    if (!store_run(store, drop, err))
        return false;
    bool same, later;
    if (!in_line(store, &same, err) || !observed_later(store, &later, err))
        return false;
    if (same && !later)
        return true;
    return store_run(store, make, err) && fill_observed(store, later, err) &&
           flag_configured(store, false, err) && store_run(store, use, err);
}

void store_set_now(struct store *store, int64_t now)
{
    store->now = now;
}

bool store_set_configured(struct store *store, const struct text_list *domains,
                          struct error *err)
{
    arena_reset(&store->configured_arena);
    struct text_list sorted = {0};
    for (size_t i = 0; i < domains->count; i++)
        if (text_known(domains->at[i]))
            text_list_add(&store->configured_arena, &sorted,
                          text_copy(&store->configured_arena, domains->at[i]));
    text_list_sort(&sorted);
    size_t count = 0;
    for (size_t i = 0; i < sorted.count; i++)
        if (i == 0 || !text_equal(sorted.at[i], sorted.at[count - 1]))
            sorted.at[count++] = sorted.at[i];
    sorted.count = count;
    store->configured = sorted;
    if (store->mode == STORE_WRITE) {
        store->configured_pending = true;
        store->configured_applied = false;
        return true;
    }
    bool set = store_run(store, "BEGIN", err) && override_for_connection(store, err) &&
               store_run(store, "COMMIT", err);
    if (!set)
        store_rollback(store);
    store_work_done(store);
    return set;
}
