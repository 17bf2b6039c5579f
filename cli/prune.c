#include <inttypes.h>

#include "base/buffer.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/window.h"
#include "render/json_out.h"

const struct option options_prune[] = {
    {"older-than", "AGE", "400d, 52w, or a date (default: retention of the configuration)"},
    {"format", "text|json", "how to say what was removed"},
    {0},
};

static bool read_cutoff(const struct invocation *inv, int64_t *cutoff, struct error *err)
{
    struct text age = invocation_option(inv, "older-than");
    if (text_known(age))
        return window_time(age, inv->now, false, cutoff, err) ||
               error_prefix(err, "--older-than");
    if (!inv->config.retention)
        return error_set(err, ERROR_USAGE,
                         "how old? prune needs --older-than AGE, or retention "
                         "in the configuration");
    *cutoff = inv->now > inv->config.retention ? inv->now - inv->config.retention : 0;
    return true;
}

static void print_json(struct buffer *out, int64_t cutoff, const struct prune_counts *counts)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_time(&json, "cutoff", cutoff);
    json_unsigned(&json, "reports", counts->reports);
    json_unsigned(&json, "quarantined", counts->quarantined);
    json_unsigned(&json, "observations", counts->observations);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}

static void print_text(struct buffer *out, int64_t cutoff, const struct prune_counts *counts)
{
    char date[TIME_TEXT_SIZE];
    buffer_format(out,
                  "removed %" PRIu64 " report%s that ended before %s, %" PRIu64
                  " quarantined mail%s and %" PRIu64 " observation%s\n",
                  counts->reports, counts->reports == 1 ? "" : "s", time_text(cutoff, date),
                  counts->quarantined, counts->quarantined == 1 ? "" : "s",
                  counts->observations, counts->observations == 1 ? "" : "s");
}

bool command_prune(struct invocation *inv, struct error *err)
{
    BUFFER_AUTO out = {0};
    struct prune_counts counts = {0};
    int64_t cutoff;
    if (!read_cutoff(inv, &cutoff, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_CHANGE, err);
    if (!store || !store_prune(store, cutoff, &counts, err))
        return false;
    if (invocation_is(inv, "format", "json"))
        print_json(&out, cutoff, &counts);
    else if (!inv->quiet)
        print_text(&out, cutoff, &counts);
    output_buffer(&out);
    return true;
}
