#include "cli/export.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/window.h"
#include "render/rows.h"

const struct option options_export[] = {
    {"format", "ndjson|csv|openmetrics",
     "one JSON object a line (the default), a table, or gauges for monitoring"},
    {"rows", "failure|policy", "which rows the table has (default: failure)"},
    {"since-id", "N", "only rows with a greater id, and which reports no longer count"},
    {"since", "TIME", "only reports that begin then or later: 30d, 2026-11-01, …"},
    {"until", "TIME", "only reports that begin before; a date is within"},
    {"output", "FILE", "write to FILE, which has all or what it had before", .letter = 'o'},
    {0},
};

/* Rows are collected to pieces of this size, and only written when the database is let go: whoever
 * reads them may take his time. */
enum { PIECE = 1 << 20 };

struct listing {
    struct buffer out;
    bool csv;
    enum row_kind rows; /* of the table */
    int64_t last_id;    /* of the row that came last */
    bool full;          /* a piece is */
};

static bool print_row(void *context, const struct store_row *row)
{
    struct listing *listing = context;
    if (!listing->csv)
        row_ndjson(&listing->out, row);
    else if (row->kind == listing->rows || row->kind == ROW_RETRACT)
        row_csv(&listing->out, row, listing->rows);
    listing->last_id = row->id;
    listing->full = listing->out.length >= PIECE;
    return !listing->full;
}

static bool read_since_id(const struct invocation *inv, int64_t *since_id, struct error *err)
{
    struct text text = invocation_option(inv, "since-id");
    uint64_t number = 0;
    if (text_known(text) && (!text_unsigned(text, &number) || number > INT64_MAX))
        return error_set(err, ERROR_USAGE, "--since-id: \"%.*s\" is no id",
                         TEXT_ARGS(text_first(text, 60)));
    *since_id = (int64_t)number;
    return true;
}

static bool read_filter(const struct invocation *inv, struct text_list *domains,
                        struct row_filter *filter, struct error *err)
{
    struct window window;
    if (!invocation_domains(inv, domains, err) || !read_since_id(inv, &filter->since_id, err) ||
        !window_read(invocation_option(inv, "since"), invocation_option(inv, "until"), inv->now,
                     0, &window, err))
        return false;
    filter->since = window.since;
    filter->until = window.until;
    /* Whoever reads on from an id must not miss a report whose day has not come. */
    filter->now = invocation_has(inv, "now") ? inv->now : TIME_UNKNOWN;
    filter->domains = domains;
    return true;
}

static bool print_rows(struct store *store, struct row_filter *filter, struct listing *listing,
                       struct error *err)
{
    do {
        listing->full = false;
        filter->after_id = listing->last_id;
        if (!store_rows(store, filter, print_row, listing, err))
            return false;
    } while (output_buffer(&listing->out) && listing->full);
    return true;
}

/* Writes what was asked for to standard output. */
static bool print_all(const struct invocation *inv, struct error *err)
{
    struct text_list domains;
    struct row_filter filter;
    struct listing listing = {.csv = invocation_is(inv, "format", "csv"),
                              .rows = invocation_is(inv, "rows", "policy") ? ROW_POLICY
                                                                           : ROW_FAILURE};
    if (!read_filter(inv, &domains, &filter, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store)
        return false;
    if (invocation_is(inv, "format", "openmetrics"))
        return export_metrics(inv, store, err);
    if (listing.csv)
        row_csv_header(&listing.out, listing.rows);
    bool done = print_rows(store, &filter, &listing, err);
    buffer_free(&listing.out);
    return done;
}

bool command_export(struct invocation *inv, struct error *err)
{
    struct output_file file = {0};
    struct text path = invocation_option(inv, "output");
    if (invocation_has(inv, "rows") && !invocation_is(inv, "format", "csv"))
        return error_set(err, ERROR_USAGE, "--rows is for --format csv: NDJSON has all rows");
    if (text_known(path) && !output_file_begin(&file, path, inv->arena, err))
        return false;
    return output_file_end(&file, print_all(inv, err), err);
}
