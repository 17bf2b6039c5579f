/* The policies of a window, as numbers: one pass over the index. */
#include <stdlib.h>

#include "base/vector.h"
#include "store/window_internal.h"

struct loading {
    struct store *store;
    const struct window_filter *filter;
    struct arena *arena;
    struct buffer *entries;
    struct {
        struct attributed *at; /* sorted by id */
        size_t count;
    } attributed;
};

int ids_compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

void ids_add(struct buffer *out, int64_t id)
{
    buffer_format(out, "%c%lld", out->length ? ',' : '[', (long long)id);
}

void ids_end(struct buffer *out)
{
    if (!out->length)
        buffer_add_char(out, '[');
    buffer_add_char(out, ']');
}

/* ---- attributions ---- */

static int compare_attributed(const void *a, const void *b)
{
    const struct attributed *const *x = a, *const *y = b;
    return text_compare((*x)->name, (*y)->name);
}

static void rank_domains(struct loading *loading)
{
    size_t count = loading->attributed.count;
    struct attributed **sorted = arena_array(loading->arena, count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &loading->attributed.at[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_attributed);
    for (size_t i = 1; i < count; i++)
        sorted[i]->domain =
            sorted[i - 1]->domain + !text_equal(sorted[i]->name, sorted[i - 1]->name);
}

static bool load_attributed(struct loading *loading, struct error *err)
{
    STATEMENT_ONCE *get = store_prepare(
        loading->store,
        "SELECT a.id, domain.text, policy_domain.text, a.policy_type FROM attribution a"
        " JOIN text domain ON domain.id = a.domain"
        " LEFT JOIN text policy_domain ON policy_domain.id = a.policy_domain"
        " WHERE ?1 IS NULL OR domain.text IN (SELECT value FROM json_each(?1)) ORDER BY a.id",
        err);
    if (!get)
        return false;
    BUFFER_AUTO domains = {0};
    const struct text_list *wanted = loading->filter->domains;
    if (wanted && wanted->count)
        json_list_write(&domains, wanted);
    bind_text(get, 1, domains.length ? buffer_text(&domains) : TEXT_UNKNOWN);
    bool row;
    for (;;) {
        if (!statement_step(loading->store, get, &row, err))
            return false;
        if (!row)
            break;
        struct attributed attributed = {
            .id = sqlite3_column_int64(get, 0),
            .name = text_copy(loading->arena, column_text(get, 1)),
            .policy_domain = text_copy(loading->arena, column_text(get, 2)),
            .type = policy_type_of(column_text(get, 3)),
        };
        VECTOR_ADD(loading->arena, &loading->attributed, attributed);
    }
    rank_domains(loading);
    return true;
}

static const struct attributed *attributed_of(const struct loading *loading, int64_t id)
{
    size_t low = 0, high = loading->attributed.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (loading->attributed.at[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < loading->attributed.count && loading->attributed.at[low].id == id;
    return found ? &loading->attributed.at[low] : NULL;
}

/* ---- the policies of the window ---- */

/* In the order of domain, begin, report, policy. */
static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = ids_compare(x->attributed->domain, y->attributed->domain);
    if (!order)
        order = ids_compare(x->begin, y->begin);
    if (!order)
        order = ids_compare(x->report, y->report);
    return order ? order : ids_compare(x->policy, y->policy);
}

static enum authenticated authenticated_at(sqlite3_stmt *row, int at)
{
    uint64_t value = column_count(row, at);
    return value >= AUTHENTICATED_PASS && value < AUTHENTICATED_COUNT
               ? (enum authenticated)value
               : AUTHENTICATED_NONE;
}

static void add_entry(struct loading *loading, sqlite3_stmt *row)
{
    struct entry entry = {
        .attributed = attributed_of(loading, sqlite3_column_int64(row, 0)),
        .policy = sqlite3_column_int64(row, 1),
        .report = sqlite3_column_int64(row, 2),
        .begin = column_time(row, 3),
        .successful = column_count(row, 4),
        .failed = column_count(row, 5),
        .unitemised = column_count(row, 6),
        .position = (uint32_t)column_count(row, 7),
        .quoted = sqlite3_column_int64(row, 8),
        .end = column_time(row, 9),
        .authenticated = authenticated_at(row, 10),
        .reporter = sqlite3_column_int64(row, 11),
        .contact = sqlite3_column_int64(row, 12),
        .organization = sqlite3_column_int64(row, 13),
        .received_at = column_time(row, 15),
    };
    if (!entry.attributed || entry.begin == TIME_UNKNOWN)
        return;
    if (entry.failed)
        entry.report_id = text_copy(loading->arena, column_text(row, 14));
    buffer_add(loading->entries, &entry, sizeof entry);
}

static void bind_window(const struct loading *loading, sqlite3_stmt *get, struct text wanted)
{
    const struct window_filter *filter = loading->filter;
    int64_t until = filter->until == TIME_UNKNOWN ? INT64_MAX : filter->until;
    if (filter->now != TIME_UNKNOWN && filter->now < until)
        until = filter->now + 1;
    bind_number(get, 1, filter->since == TIME_UNKNOWN ? 0 : filter->since);
    bind_number(get, 2, until);
    bind_text(get, 3, wanted);
}

/* The index holds the time, the attribution and the counts: what the filter of domains refuses costs
 * no look-up. */
static bool load_entries(struct loading *loading, struct error *err)
{
    STATEMENT_ONCE *get = store_prepare(
        loading->store,
        "SELECT p.attribution, p.id, p.report, p.begin_at, p.successful, p.failed,"
        " p.unitemised, p.position, p.quoted, r.end_at, r.authenticated, r.reporter,"
        " r.contact, r.organization, r.report_id, r.received_at"
        " FROM policy p CROSS JOIN report r ON r.id = p.report"
        " WHERE p.counted = 1 AND p.begin_at >= ?1 AND p.begin_at < ?2"
        " AND (?3 IS NULL OR p.attribution IN (SELECT value FROM json_each(?3)))",
        err);
    if (!get)
        return false;
    BUFFER_AUTO wanted = {0};
    bool filtered = loading->filter->domains && loading->filter->domains->count;
    for (size_t i = 0; filtered && i < loading->attributed.count; i++)
        ids_add(&wanted, loading->attributed.at[i].id);
    if (filtered)
        ids_end(&wanted);
    bind_window(loading, get, filtered ? buffer_text(&wanted) : TEXT_UNKNOWN);
    bool row;
    for (;;) {
        if (!statement_step(loading->store, get, &row, err))
            return false;
        if (!row)
            break;
        add_entry(loading, get);
    }
    return true;
}

bool window_load_entries(struct store *store, const struct window_filter *filter,
                         struct arena *arena, struct buffer *buffer, struct entries *entries,
                         struct error *err)
{
    struct loading loading = {
        .store = store, .filter = filter, .arena = arena, .entries = buffer};
    if (!load_attributed(&loading, err) || !load_entries(&loading, err))
        return false;
    *entries = (struct entries){(struct entry *)(void *)buffer->at,
                                buffer->length / sizeof(struct entry)};
    if (entries->count)
        qsort(entries->at, entries->count, sizeof *entries->at, compare_entries);
    return true;
}
