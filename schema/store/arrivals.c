/* The table arrival has one row an attribution: it is kept in line with the counted policies as they
 * come, and made again of them where some go. */
#include "store/arrivals.h"

#include <stdlib.h>

#include "base/vector.h"
#include "store/store_internal.h"

/* ---- keeping the table ---- */

/* What the rows of the attribution ?1, or all where that is NULL, should be. */
#define RECOUNT                                                                                \
    "WITH daily AS MATERIALIZED ("                                                             \
    " SELECT p.attribution AS attribution, p.begin_at / 86400 AS day,"                         \
    "  max(p.begin_at) AS begin_at, max(coalesce(r.end_at, p.begin_at)) AS end_at"             \
    " FROM policy p CROSS JOIN report r ON r.id = p.report"                                    \
    " WHERE p.counted = 1 AND p.begin_at IS NOT NULL AND (?1 IS NULL OR p.attribution = ?1)"   \
    " GROUP BY 1, 2),"                                                                         \
    " latest AS MATERIALIZED (SELECT attribution, max(begin_at) AS begin_at,"                  \
    "  max(end_at) AS end_at FROM daily GROUP BY 1)"                                           \
    " INSERT INTO arrival"                                                                     \
    " SELECT l.attribution, l.begin_at, l.end_at, sum(1 << (l.begin_at / 86400 - d.day))"      \
    " FROM latest l JOIN daily d ON d.attribution = l.attribution"                             \
    "  AND d.day >= l.begin_at / 86400 - 14 GROUP BY l.attribution"

/* A shift by more bits than there are gives 0 in SQLite, whatever the distance in days. */
bool arrivals_count(struct store *store, int64_t attribution, int64_t begin, int64_t end,
                    struct error *err)
{
    STATEMENT_AUTO *count = store_statement(
        store, STATEMENT_ARRIVAL,
        "INSERT INTO arrival (attribution, last_begin, last_end, days) VALUES (?1, ?2, ?3, 1)"
        " ON CONFLICT (attribution) DO UPDATE SET"
        " days = CASE WHEN ?2 / 86400 > last_begin / 86400"
        "  THEN ((days << (?2 / 86400 - last_begin / 86400)) & 32767) | 1"
        "  ELSE days | ((1 << (last_begin / 86400 - ?2 / 86400)) & 32767) END,"
        " last_begin = max(last_begin, ?2), last_end = max(last_end, ?3)",
        err);
    begin = stored_time(begin);
    end = stored_time(end);
    if (!count || begin == TIME_UNKNOWN)
        return count;
    bind_id(count, 1, attribution);
    bind_number(count, 2, begin);
    bind_number(count, 3, end == TIME_UNKNOWN ? begin : end);
    return statement_run(store, count, err);
}

/* Makes the rows of ATTRIBUTION again, or all where it is 0. */
static bool recount(struct store *store, int64_t attribution, struct error *err)
{
    STATEMENT_ONCE *drop =
        store_prepare(store, "DELETE FROM arrival WHERE ?1 IS NULL OR attribution = ?1", err);
    STATEMENT_ONCE *make = drop ? store_prepare(store, RECOUNT, err) : NULL;
    if (!make)
        return false;
    bind_id(drop, 1, attribution);
    bind_id(make, 1, attribution);
    return statement_run(store, drop, err) && statement_run(store, make, err);
}

bool arrivals_recount(struct store *store, struct error *err)
{
    return recount(store, 0, err);
}

/* Nearly always the new document has the same domains and types: then nothing is recounted. */
bool arrivals_replaced(struct store *store, const struct id_range *old,
                       const struct id_range *new, struct error *err)
{
    STATEMENT_AUTO *lost = store_statement(
        store, STATEMENT_LOST_ARRIVAL,
        "SELECT DISTINCT p.attribution FROM policy p WHERE p.id >= ?1 AND p.id < ?2"
        " AND p.attribution NOT IN"
        "  (SELECT q.attribution FROM policy q WHERE q.id >= ?3 AND q.id < ?4)",
        err);
    if (!lost)
        return false;
    bind_number(lost, 1, old->first);
    bind_number(lost, 2, old->end);
    bind_number(lost, 3, new->first);
    bind_number(lost, 4, new->end);
    for (;;) {
        bool row;
        if (!statement_step(store, lost, &row, err))
            return false;
        if (!row)
            return true;
        if (!recount(store, sqlite3_column_int64(lost, 0), err))
            return false;
    }
}

/* ---- reading it ---- */

enum { DAYS_KEPT = 15, DAYS_MASK = (1 << DAYS_KEPT) - 1 };

/* One domain while the rows of its attributions come in. */
struct coming {
    struct arrivals arrivals;
    int64_t last_day;
    uint64_t days; /* as in the table */
};

static uint64_t shifted(uint64_t days, int64_t by)
{
    return by < DAYS_KEPT ? days << by & DAYS_MASK : 0;
}

static void add_days(struct coming *coming, int64_t day, uint64_t days, int64_t end)
{
    if (day > coming->last_day) {
        coming->days = shifted(coming->days, day - coming->last_day) | days;
        coming->last_day = day;
    } else {
        coming->days |= shifted(days, coming->last_day - day);
    }
    if (end > coming->arrivals.last_end)
        coming->arrivals.last_end = end;
}

static void finish(const struct coming *coming, struct arena *arena, struct arrivals_list *list)
{
    if (!text_known(coming->arrivals.domain))
        return;
    struct arrivals arrivals = coming->arrivals;
    arrivals.days_before = (unsigned)__builtin_popcountll(coming->days >> 1);
    VECTOR_ADD(arena, list, arrivals);
}

/* Where the latest report begins after NOW, the days before it are not in the table: the policies of
 * that attribution are looked through. Whether there is such a one is asked before any of them. */
static bool list_all(struct store *store, int64_t now, struct arena *arena,
                     struct arrivals_list *list, struct error *err)
{
    STATEMENT_ONCE *rows = store_prepare(
        store,
        "SELECT domain.text, w.day, w.days, w.end_at FROM"
        " (SELECT attribution, last_begin / 86400 AS day, days, last_end AS end_at"
        "  FROM arrival WHERE last_begin <= ?1"
        "  UNION ALL"
        "  SELECT p.attribution, p.begin_at / 86400, 1, max(coalesce(r.end_at, p.begin_at))"
        "  FROM policy p CROSS JOIN report r ON r.id = p.report"
        "  WHERE p.counted = 1 AND p.begin_at <= ?1"
        "  AND EXISTS (SELECT 1 FROM arrival WHERE last_begin > ?1)"
        "  AND p.attribution IN (SELECT attribution FROM arrival WHERE last_begin > ?1)"
        "  GROUP BY 1, 2) w"
        " JOIN attribution a ON a.id = w.attribution JOIN text domain ON domain.id = a.domain"
        " ORDER BY 1",
        err);
    struct coming coming = {0};
    bool row = true;
    if (!rows)
        return false;
    bind_number(rows, 1, now);
    while (statement_step(store, rows, &row, err) && row) {
        struct text domain = column_text(rows, 0);
        int64_t day = sqlite3_column_int64(rows, 1);
        if (!text_equal(domain, coming.arrivals.domain)) {
            finish(&coming, arena, list);
            coming = (struct coming){{text_copy(arena, domain), TIME_UNKNOWN, 0}, day, 0};
        }
        add_days(&coming, day, column_count(rows, 2), column_time(rows, 3));
    }
    if (!row)
        finish(&coming, arena, list);
    return !row;
}
bool store_arrivals(struct store *store, int64_t now, struct arena *arena,
                    struct arrivals_list *list, struct error *err)
{
    *list = (struct arrivals_list){0};
    bool done = list_all(store, now, arena, list, err);
    store_work_done(store);
    return done;
}

/* Of a row whose first member is its domain. */
static int compare_to_domain(const void *domain, const void *row)
{
    _Static_assert(offsetof(struct arrivals, domain) == 0, "the domain comes first");
    _Static_assert(offsetof(struct report_days, domain) == 0, "the domain comes first");
    const struct text *wanted = domain, *has = row;
    return text_compare(*wanted, *has);
}

const struct arrivals *arrivals_of(const struct arrivals_list *list, struct text domain)
{
    return list->count
               ? bsearch(&domain, list->at, list->count, sizeof *list->at, compare_to_domain)
               : NULL;
}

/* ---- days ---- */

bool store_report_days(struct store *store, const struct text_list *domains, int64_t since,
                       int64_t now, struct arena *arena, struct report_days_list *list,
                       struct error *err)
{
    STATEMENT_ONCE *rows =
        store_prepare(store,
                      "WITH wanted AS MATERIALIZED (SELECT a.id AS id, domain.text AS domain"
                      "  FROM attribution a JOIN text domain ON domain.id = a.domain"
                      "  WHERE domain.text IN (SELECT value FROM json_each(?1)))"
                      " SELECT DISTINCT w.domain, p.begin_at / 86400 FROM policy p"
                      " CROSS JOIN wanted w ON w.id = p.attribution"
                      " WHERE p.counted = 1 AND p.begin_at >= ?2 AND p.begin_at <= ?3"
                      " AND p.attribution IN (SELECT id FROM wanted) ORDER BY 1, 2",
                      err);
    BUFFER_AUTO wanted = {0};
    bool row = true;
    *list = (struct report_days_list){0};
    if (!rows)
        return false;
    json_list_write(&wanted, domains);
    bind_text(rows, 1, buffer_text(&wanted));
    bind_number(rows, 2, since > 0 ? since : 0);
    bind_number(rows, 3, now);
    while (statement_step(store, rows, &row, err) && row) {
        struct text domain = column_text(rows, 0);
        if (!list->count || !text_equal(list->at[list->count - 1].domain, domain))
            VECTOR_ADD(arena, list, ((struct report_days){.domain = text_copy(arena, domain)}));
        VECTOR_ADD(arena, &list->at[list->count - 1].days,
                   sqlite3_column_int64(rows, 1) * TIME_DAY);
    }
    store_work_done(store);
    return !row;
}

const struct report_days *report_days_of(const struct report_days_list *list,
                                         struct text domain)
{
    return list->count
               ? bsearch(&domain, list->at, list->count, sizeof *list->at, compare_to_domain)
               : NULL;
}
