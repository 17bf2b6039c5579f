/* Retention. What refers to texts is named here once; a test holds it against the foreign keys of
 * the schema. Foreign keys are not enforced meanwhile: to look for who refers to each row that goes
 * would take an index on every reference. */
#include "store/store_internal.h"

static const char choose[] = "CREATE TEMP TABLE doomed (id INTEGER PRIMARY KEY);"
                             "CREATE TEMP TABLE doomed_policy (id INTEGER PRIMARY KEY);";

static const char choose_reports[] =
    "INSERT INTO temp.doomed SELECT id FROM report WHERE end_at < ?1"
    " OR (end_at IS NULL AND coalesce(received_at, stored_at) < ?1)";

static const char remove_reports[] =
    "INSERT INTO temp.doomed_policy SELECT p.id FROM policy p"
    " WHERE p.report IN (SELECT id FROM temp.doomed);"
    "DELETE FROM failure WHERE policy IN (SELECT id FROM temp.doomed_policy);"
    "DELETE FROM policy WHERE id IN (SELECT id FROM temp.doomed_policy);"
    "DELETE FROM retract WHERE report IN (SELECT id FROM temp.doomed);"
    "DELETE FROM report WHERE id IN (SELECT id FROM temp.doomed);";

/* But the one that was in force at the cutoff. */
static const char remove_observations[] =
    "DELETE FROM observation WHERE taken_at < (SELECT max(o.taken_at) FROM observation o"
    " WHERE o.domain = observation.domain AND o.taken_at <= ?1)";

/* What nobody refers to any more, in the order of references. */
static const char remove_orphans[] =
    "DELETE FROM observed_content WHERE id NOT IN (SELECT content FROM observation);"
    "DELETE FROM observed_part WHERE id NOT IN"
    " (SELECT listed.value FROM observed_content c JOIN json_each(c.parts) listed);"
    "DELETE FROM domain_set WHERE id NOT IN (SELECT domains FROM report);"
    "DELETE FROM quoted_policy WHERE id NOT IN (SELECT quoted FROM policy);"
    "DELETE FROM attribution WHERE id NOT IN (SELECT attribution FROM policy);";

static const char remove_texts[] =
    "CREATE TEMP TABLE used_text (id INTEGER PRIMARY KEY);"
    "INSERT OR IGNORE INTO temp.used_text"
    " SELECT name FROM domain"
    " UNION SELECT domain FROM observation"
    " UNION SELECT mx FROM mx_of"
    " UNION SELECT domain FROM mx_of"
    " UNION SELECT policy_domain FROM attribution WHERE policy_domain IS NOT NULL"
    " UNION SELECT named_domain FROM attribution WHERE named_domain IS NOT NULL"
    " UNION SELECT domain FROM attribution WHERE domain IS NOT NULL"
    " UNION SELECT organization FROM report WHERE organization IS NOT NULL"
    " UNION SELECT contact FROM report WHERE contact IS NOT NULL"
    " UNION SELECT submitter FROM report WHERE submitter IS NOT NULL"
    " UNION SELECT report_domain FROM report WHERE report_domain IS NOT NULL"
    " UNION SELECT reporter FROM report WHERE reporter IS NOT NULL"
    " UNION SELECT source_folder FROM report WHERE source_folder IS NOT NULL"
    " UNION SELECT warnings FROM report WHERE warnings IS NOT NULL"
    " UNION SELECT warnings FROM policy WHERE warnings IS NOT NULL"
    " UNION SELECT result_type FROM failure"
    " UNION SELECT result_type_raw FROM failure WHERE result_type_raw IS NOT NULL"
    " UNION SELECT cause FROM failure WHERE cause IS NOT NULL"
    " UNION SELECT sending_mta_ip FROM failure WHERE sending_mta_ip IS NOT NULL"
    " UNION SELECT receiving_mx_hostname FROM failure WHERE receiving_mx_hostname IS NOT NULL"
    " UNION SELECT receiving_mx_helo FROM failure WHERE receiving_mx_helo IS NOT NULL"
    " UNION SELECT receiving_ip FROM failure WHERE receiving_ip IS NOT NULL"
    " UNION SELECT additional_information FROM failure WHERE additional_information IS NOT NULL"
    " UNION SELECT failure_reason_code FROM failure WHERE failure_reason_code IS NOT NULL"
    " UNION SELECT directory FROM seen;"
    "DELETE FROM text WHERE id NOT IN (SELECT id FROM temp.used_text);";

static const char forget[] = "DROP TABLE IF EXISTS temp.doomed;"
                             "DROP TABLE IF EXISTS temp.doomed_policy;"
                             "DROP TABLE IF EXISTS temp.used_text;";

static bool run_before(struct store *store, const char *sql, int64_t cutoff, uint64_t *changes,
                       struct error *err)
{
    STATEMENT_ONCE *statement = store_prepare(store, sql, err);
    if (!statement)
        return false;
    bind_number(statement, 1, cutoff);
    if (!statement_run(store, statement, err))
        return false;
    *changes = (uint64_t)sqlite3_changes64(store->db);
    return true;
}

static bool prune(struct store *store, int64_t cutoff, struct prune_counts *counts,
                  struct error *err)
{
    uint64_t counters;
    if (!run_before(store, "DELETE FROM quarantine WHERE quarantined_at < ?1", cutoff,
                    &counts->quarantined, err) ||
        !run_before(store, "DELETE FROM quota WHERE day < ?1 / 86400", cutoff, &counters,
                    err) ||
        !run_before(store, remove_observations, cutoff, &counts->observations, err) ||
        !store_run(store, choose, err) ||
        !run_before(store, choose_reports, cutoff, &counts->reports, err))
        return false;
    if (!counts->reports && !counts->observations)
        return store_run(store, forget, err);
    return store_run(store, remove_reports, err) && attribution_review(store, err) &&
           arrivals_recount(store, err) && store_run(store, remove_orphans, err) &&
           store_run(store, remove_texts, err) && store_run(store, forget, err);
}

bool store_prune(struct store *store, int64_t cutoff, struct prune_counts *counts,
                 struct error *err)
{
    *counts = (struct prune_counts){0};
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    bool done = store_begin(store, err);
    if (done) {
        done = prune(store, cutoff, counts, err) && store_commit(store, err);
        if (!done)
            store_rollback(store);
    }
    cache_forget(store->cache);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    return done;
}
