#include "store/arrivals.h"

#include <stdlib.h>

#include "base/vector.h"
#include "store/store_internal.h"

/* One domain while its days come in, the latest first. */
struct coming {
    struct arrivals arrivals;
    int64_t last_day;
};

static void add_day(struct coming *coming, int64_t day, int64_t end)
{
    if (coming->arrivals.last_end == TIME_UNKNOWN || end > coming->arrivals.last_end)
        coming->arrivals.last_end = end;
    if (day < coming->last_day && day >= coming->last_day - 14)
        coming->arrivals.days_before++;
}

static bool list_all(struct store *store, int64_t now, struct arena *arena,
                     struct arrivals_list *list, struct error *err)
{
    STATEMENT_ONCE *days = store_prepare(
        store,
        "SELECT domain.text, p.begin_at / 86400 AS day, max(coalesce(r.end_at, r.begin_at))"
        " FROM policy p JOIN attribution a ON a.id = p.attribution"
        " JOIN report r ON r.id = p.report JOIN text domain ON domain.id = a.domain"
        " WHERE p.counted = 1 AND p.begin_at <= ?1 GROUP BY 1, 2 ORDER BY 1, 2 DESC",
        err);
    struct coming coming = {0};
    bool row = true;
    if (!days)
        return false;
    bind_number(days, 1, now);
    while (statement_step(store, days, &row, err) && row) {
        struct text domain = column_text(days, 0);
        int64_t day = sqlite3_column_int64(days, 1), end = column_time(days, 2);
        if (!text_equal(domain, coming.arrivals.domain)) {
            if (text_known(coming.arrivals.domain))
                VECTOR_ADD(arena, list, coming.arrivals);
            coming = (struct coming){{text_copy(arena, domain), TIME_UNKNOWN, 0}, day};
        }
        add_day(&coming, day, end);
    }
    if (!row && text_known(coming.arrivals.domain))
        VECTOR_ADD(arena, list, coming.arrivals);
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

static int compare_to_domain(const void *domain, const void *element)
{
    const struct text *wanted = domain;
    const struct arrivals *each = element;
    return text_compare(*wanted, each->domain);
}

const struct arrivals *arrivals_of(const struct arrivals_list *list, struct text domain)
{
    return list->count
               ? bsearch(&domain, list->at, list->count, sizeof *list->at, compare_to_domain)
               : NULL;
}
