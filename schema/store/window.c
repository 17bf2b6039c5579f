/* One pass over the index of the window collects the policies as numbers, which are then sorted by
 * domain. Texts, quoted policies and failures follow for one domain at a time, each by one
 * statement that is given a list of ids; failures are not kept but handed on report by report. */
#include <stdlib.h>

#include "base/vector.h"
#include "store/window_internal.h"

/* What is known by its id, sorted by it. */
struct named {
    int64_t id;
    struct text text;
};
struct quoted {
    int64_t id;
    enum policy_mode mode;
    struct text_list strings, mx_hosts;
};

struct ids {
    int64_t *at;
    size_t count;
};

struct window {
    struct store *store;
    const struct window_filter *filter;
    store_window_report *each;
    void *context;
    struct entries entries;

    sqlite3_stmt *texts_of, *quoted_of, *failures_of;
    struct arena domain_arena, report_arena;
    struct {
        struct named *at;
        size_t count;
    } texts;
    struct {
        struct quoted *at;
        size_t count;
    } quoted;
    bool failure_row; /* failures_of stands at one */
    int64_t failing;  /* policies before this that were asked for failures */
    bool stopped;
};

/* ---- what belongs to one domain ---- */

static int compare_ids(const void *a, const void *b)
{
    return ids_compare(*(const int64_t *)a, *(const int64_t *)b);
}

/* Sorts IDS and writes each once. */
static void write_ids(struct buffer *out, struct ids *ids)
{
    if (ids->count)
        qsort(ids->at, ids->count, sizeof *ids->at, compare_ids);
    for (size_t i = 0; i < ids->count; i++)
        if (ids->at[i] && (!i || ids->at[i] != ids->at[i - 1]))
            ids_add(out, ids->at[i]);
    ids_end(out);
}

static bool load_texts(struct window *window, const struct entries *entries, struct error *err)
{
    struct arena *arena = &window->domain_arena;
    struct ids ids = {arena_array(arena, entries->count, 3 * sizeof *ids.at), 0};
    for (size_t i = 0; i < entries->count; i++) {
        ids.at[ids.count++] = entries->at[i].reporter;
        ids.at[ids.count++] = entries->at[i].contact;
        ids.at[ids.count++] = entries->at[i].organization;
    }
    BUFFER_AUTO json = {0};
    write_ids(&json, &ids);
    STATEMENT_AUTO *get = window->texts_of;
    bind_text(get, 1, buffer_text(&json));
    bind_number(get, 2, WINDOW_TEXT);
    window->texts.at = NULL;
    window->texts.count = 0;
    bool row;
    for (;;) {
        if (!statement_step(window->store, get, &row, err))
            return false;
        if (!row)
            return true;
        struct named named = {sqlite3_column_int64(get, 0),
                              text_copy(arena, column_text(get, 1))};
        VECTOR_ADD(arena, &window->texts, named);
    }
}

static bool load_quoted(struct window *window, const struct entries *entries, struct error *err)
{
    struct arena *arena = &window->domain_arena;
    struct ids ids = {arena_array(arena, entries->count, sizeof *ids.at), 0};
    for (size_t i = 0; i < entries->count; i++)
        ids.at[ids.count++] = entries->at[i].quoted;
    BUFFER_AUTO json = {0};
    write_ids(&json, &ids);
    STATEMENT_AUTO *get = window->quoted_of;
    bind_text(get, 1, buffer_text(&json));
    bind_number(get, 2, WINDOW_QUOTE);
    window->quoted.at = NULL;
    window->quoted.count = 0;
    bool row;
    for (;;) {
        if (!statement_step(window->store, get, &row, err))
            return false;
        if (!row)
            return true;
        struct quoted quoted = {
            .id = sqlite3_column_int64(get, 0),
            .mode = policy_mode_of(column_text(get, 1)),
            .strings = json_list_read(arena, column_text(get, 2)),
            .mx_hosts = json_list_read(arena, column_text(get, 3)),
        };
        VECTOR_ADD(arena, &window->quoted, quoted);
    }
}

static int compare_to_id(const void *id, const void *element)
{
    return compare_ids(id, element);
}

static struct text text_by_id(const struct window *window, int64_t id)
{
    _Static_assert(offsetof(struct named, id) == 0, "the id comes first");
    const struct named *found = window->texts.count
                                    ? bsearch(&id, window->texts.at, window->texts.count,
                                              sizeof *window->texts.at, compare_to_id)
                                    : NULL;
    return found ? found->text : TEXT_UNKNOWN;
}

static const struct quoted *quoted_by_id(const struct window *window, int64_t id)
{
    static const struct quoted nothing;
    _Static_assert(offsetof(struct quoted, id) == 0, "the id comes first");
    const struct quoted *found = window->quoted.count
                                     ? bsearch(&id, window->quoted.at, window->quoted.count,
                                               sizeof *window->quoted.at, compare_to_id)
                                     : NULL;
    return found ? found : &nothing;
}

/* ---- failures ---- */

/* A policy's failures have the ids from its own to that of the next policy. They come in the order of
 * the list: CROSS JOIN keeps the order of the tables, LEFT JOIN that of the rows. */
#define FAILURES                                                                               \
    "SELECT wanted.key, result_type.text, cause.text, f.failed, sending_mta_ip.text,"          \
    " substr(mx.text, 1, ?2), receiving_ip.text, substr(information.text, 1, ?2),"             \
    " substr(reason.text, 1, ?2)"                                                              \
    " FROM json_each(?1) wanted"                                                               \
    " CROSS JOIN failure f ON f.id > wanted.value AND f.id < coalesce("                        \
    "  (SELECT n.id FROM policy n WHERE n.id > wanted.value ORDER BY n.id LIMIT 1),"           \
    "  9223372036854775807) AND f.policy = wanted.value"                                       \
    " LEFT JOIN text result_type ON result_type.id = f.result_type"                            \
    " LEFT JOIN text cause ON cause.id = f.cause"                                              \
    " LEFT JOIN text sending_mta_ip ON sending_mta_ip.id = f.sending_mta_ip"                   \
    " LEFT JOIN text mx ON mx.id = f.receiving_mx_hostname"                                    \
    " LEFT JOIN text receiving_ip ON receiving_ip.id = f.receiving_ip"                         \
    " LEFT JOIN text information ON information.id = f.additional_information"                 \
    " LEFT JOIN text reason ON reason.id = f.failure_reason_code"

/* Adds the failures of the policy that is next in the list. */
static bool read_failures(struct window *window, struct tls_policy *policy, struct error *err)
{
    sqlite3_stmt *row = window->failures_of;
    struct arena *arena = &window->report_arena;
    struct {
        struct tls_failure *at;
        size_t count;
    } failures = {0};
    int64_t place = window->failing++;
    while (window->failure_row && sqlite3_column_int64(row, 0) == place) {
        struct tls_failure failure = {
            .result_type = result_type_of(column_text(row, 1)),
            .cause = cause_of(column_text(row, 2)),
            .failed_sessions = column_count(row, 3),
            .sending_mta_ip = text_copy(arena, column_text(row, 4)),
            .receiving_mx_hostname = text_copy(arena, column_text(row, 5)),
            .receiving_ip = text_copy(arena, column_text(row, 6)),
            .additional_information = text_copy(arena, column_text(row, 7)),
            .failure_reason_code = text_copy(arena, column_text(row, 8)),
        };
        VECTOR_ADD(arena, &failures, failure);
        if (!statement_step(window->store, row, &window->failure_row, err))
            return false;
    }
    policy->failures = failures.at;
    policy->failure_count = failures.count;
    return true;
}

/* ---- handing over ---- */

static struct tls_policy policy_of(const struct window *window, const struct entry *entry)
{
    const struct quoted *quoted = quoted_by_id(window, entry->quoted);
    return (struct tls_policy){
        .index = entry->position,
        .policy_domain = entry->attributed->policy_domain,
        .policy_type = entry->attributed->type,
        .policy_mode = quoted->mode,
        .policy_strings = quoted->strings,
        .mx_hosts = quoted->mx_hosts,
        .successful_sessions = entry->successful,
        .failed_sessions = entry->failed,
        .unitemised_failures = entry->unitemised,
    };
}

/* ENTRIES are those of one report and domain. */
static bool hand_over(struct window *window, const struct entries *entries, struct error *err)
{
    const struct entry *first = &entries->at[0];
    arena_reset(&window->report_arena);
    struct tls_report report = {
        .organization_name = text_by_id(window, first->organization),
        .contact_info = text_by_id(window, first->contact),
        .reporter = text_by_id(window, first->reporter),
        .begin = first->begin,
        .end = first->end,
        .sent_at = TIME_UNKNOWN,
        .received_at = first->received_at,
        .authenticated = first->authenticated,
        .policies = arena_array(&window->report_arena, entries->count, sizeof *report.policies),
        .policy_count = entries->count,
    };
    for (size_t i = 0; i < entries->count; i++) {
        report.policies[i] = policy_of(window, &entries->at[i]);
        if (!entries->at[i].failed)
            continue;
        report.report_id = entries->at[i].report_id;
        if (!read_failures(window, &report.policies[i], err))
            return false;
    }
    window->stopped = !window->each(window->context, first->attributed->name, &report);
    return true;
}

/* Asks for the failures of all that have failed sessions; JSON has their ids. */
static bool start_failures(struct window *window, sqlite3_stmt *get,
                           const struct entries *entries, struct buffer *json,
                           struct error *err)
{
    for (size_t i = 0; i < entries->count; i++)
        if (entries->at[i].failed)
            ids_add(json, entries->at[i].policy);
    window->failing = 0;
    window->failure_row = false;
    if (!json->length)
        return true;
    ids_end(json);
    bind_text(get, 1, buffer_text(json));
    bind_number(get, 2, WINDOW_TEXT);
    return statement_step(window->store, get, &window->failure_row, err);
}

/* ENTRIES are those of one domain. */
static bool hand_over_domain(struct window *window, const struct entries *entries,
                             struct error *err)
{
    BUFFER_AUTO json = {0};
    STATEMENT_AUTO *failures = window->failures_of;
    arena_reset(&window->domain_arena);
    if (!load_texts(window, entries, err) || !load_quoted(window, entries, err) ||
        !start_failures(window, failures, entries, &json, err))
        return false;
    for (size_t i = 0, end; i < entries->count && !window->stopped; i = end) {
        for (end = i + 1; end < entries->count; end++)
            if (entries->at[end].report != entries->at[i].report)
                break;
        struct entries report = {entries->at + i, end - i};
        if (!hand_over(window, &report, err))
            return false;
    }
    return window->stopped || !window->failure_row ||
           error_set(err, ERROR_BUG, "failures came in another order than they were asked for");
}

static bool hand_over_all(struct window *window, struct error *err)
{
    const struct entries *all = &window->entries;
    for (size_t i = 0, end; i < all->count && !window->stopped; i = end) {
        for (end = i + 1; end < all->count; end++)
            if (all->at[end].attributed->domain != all->at[i].attributed->domain)
                break;
        struct entries domain = {all->at + i, end - i};
        if (!hand_over_domain(window, &domain, err))
            return false;
    }
    return true;
}

static bool hand_over_window(struct window *window, struct error *err)
{
    struct store *store = window->store;
    STATEMENT_ONCE *texts = store_prepare(store,
                                          "SELECT t.id, substr(t.text, 1, ?2)"
                                          " FROM json_each(?1) wanted"
                                          " CROSS JOIN text t ON t.id = wanted.value",
                                          err);
    STATEMENT_ONCE *quoted =
        texts ? store_prepare(store,
                              "SELECT q.id, q.mode,"
                              " CASE WHEN length(q.strings) <= ?2 THEN q.strings END,"
                              " CASE WHEN length(q.mx_hosts) <= ?2 THEN q.mx_hosts END"
                              " FROM json_each(?1) wanted"
                              " CROSS JOIN quoted_policy q ON q.id = wanted.value",
                              err)
              : NULL;
    STATEMENT_ONCE *failures = quoted ? store_prepare(store, FAILURES, err) : NULL;
    if (!failures)
        return false;
    window->texts_of = texts;
    window->quoted_of = quoted;
    window->failures_of = failures;
    return hand_over_all(window, err);
}

bool store_window_each(struct store *store, const struct window_filter *filter,
                       store_window_report *each, void *context, struct error *err)
{
    bool own;
    if (!store_begin_reading(store, &own, err))
        return false;
    struct window window = {.store = store, .filter = filter, .each = each, .context = context};
    ARENA_AUTO arena = {0};
    BUFFER_AUTO entries = {0};
    bool done = window_load_entries(store, filter, &arena, &entries, &window.entries, err) &&
                hand_over_window(&window, err);
    arena_free(&window.report_arena);
    arena_free(&window.domain_arena);
    return store_end_reading(store, own, done, err);
}
