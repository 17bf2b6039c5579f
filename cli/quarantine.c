#include <inttypes.h>

#include "base/vector.h"
#include "cli/command.h"
#include "cli/confine.h"
#include "cli/database.h"
#include "cli/ingest.h"
#include "cli/output.h"
#include "render/escape.h"
#include "render/json_out.h"

const struct option options_quarantine_list[] = {
    {"format", "text|json", "a table (the default), or a JSON array"},
    {0},
};
const struct option options_quarantine_show[] = {
    {"raw", NULL, "only the bytes, as they are"},
    {0},
};
const struct option options_quarantine_retry[] = {
    {"only-configured", NULL, "leave out what counts for domains that are not configured"},
    {"format", "text|json", "how to say what became of them"},
    {0},
};

/* ---- list ---- */

struct listing {
    struct buffer out;
    struct json_out json;
    uint64_t count;
};

static bool list_json(void *context, const struct quarantined *mail)
{
    struct listing *listing = context;
    struct json_out *json = &listing->json;
    char digest[SHA256_HEX_SIZE];
    json_object(json, NULL);
    json_text(json, "sha256", text_of(sha256_hex(mail->sha256, digest)));
    json_time(json, "received_at", mail->received_at);
    json_unsigned(json, "size", mail->size);
    json_text(json, "reason", mail->reason);
    json_text(json, "source", mail->source);
    json_object_end(json);
    return output_buffer(&listing->out);
}

static bool list_text(void *context, const struct quarantined *mail)
{
    struct listing *listing = context;
    struct buffer *out = &listing->out;
    char digest[SHA256_HEX_SIZE], time[TIME_TEXT_SIZE];
    if (!listing->count++)
        buffer_format(out, "%-12s  %-20s  %10s  %s\n", "SHA256", "RECEIVED", "SIZE",
                      "REASON [SOURCE]");
    time_text(mail->received_at, time);
    buffer_format(out, "%.12s  %-20s  %10" PRIu64 "  ", sha256_hex(mail->sha256, digest),
                  time[0] ? time : "-", mail->size);
    escape_line(out, mail->reason);
    if (mail->source.length) {
        buffer_add_text(out, TEXT(" ["));
        escape_line(out, mail->source);
        buffer_add_char(out, ']');
    }
    buffer_add_char(out, '\n');
    return output_buffer(out);
}

bool command_quarantine_list(struct invocation *inv, struct error *err)
{
    struct listing listing = {0};
    bool as_json = invocation_is(inv, "format", "json");
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store)
        return false;
    listing.json.to = &listing.out;
    if (as_json)
        json_array(&listing.json, NULL);
    bool done =
        store_quarantine_list(store, inv->now, as_json ? list_json : list_text, &listing, err);
    if (as_json) {
        json_array_end(&listing.json);
        buffer_add_char(&listing.out, '\n');
    } else if (!listing.count && !inv->quiet && done) {
        buffer_add_text(&listing.out, TEXT("nothing is in quarantine\n"));
    }
    output_buffer(&listing.out);
    buffer_free(&listing.out);
    return done;
}

/* The entry named by PREFIX; that there is none is a fault of the command line. */
static bool find_entry(struct store *store, struct text prefix, struct arena *arena,
                       struct quarantined *mail, struct error *err)
{
    if (store_quarantine_get(store, prefix, arena, mail, err))
        return true;
    if (err->code == ERROR_INPUT)
        err->code = ERROR_USAGE;
    return false;
}

/* ---- show ---- */

static void add_line(struct buffer *out, const char *name, struct text value)
{
    buffer_format(out, "%-13s", name);
    if (text_known(value))
        escape_line(out, value);
    else
        buffer_add_char(out, '-');
    buffer_add_char(out, '\n');
}

static void add_time(struct buffer *out, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    time_text(time, text);
    add_line(out, name, text[0] ? text_of(text) : TEXT_UNKNOWN);
}

static void show_facts(struct buffer *out, const struct quarantined *mail, struct arena *arena)
{
    char digest[SHA256_HEX_SIZE];
    add_line(out, "sha256:", text_of(sha256_hex(mail->sha256, digest)));
    add_line(out, "source:", mail->source);
    add_time(out, "received:", mail->received_at);
    add_time(out, "quarantined:", mail->quarantined_at);
    add_line(out, "size:", text_format(arena, "%" PRIu64, mail->size));
    add_line(out, "reason:", mail->reason);
    if (!text_known(mail->bytes))
        add_line(out, "kept:", TEXT("nothing, as the quarantine was full"));
    else if (!mail->whole)
        add_line(out, "kept:", text_format(arena, "the first %zu bytes", mail->bytes.length));
}

bool command_quarantine_show(struct invocation *inv, struct error *err)
{
    BUFFER_AUTO out = {0};
    struct quarantined mail = {0};
    bool raw = invocation_has(inv, "raw");
    if (inv->arguments.count != 1)
        return error_set(err, ERROR_USAGE,
                         "which one? quarantine show needs the first digits of "
                         "one SHA256; quarantine list has them");
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store || !find_entry(store, inv->arguments.at[0], inv->arena, &mail, err))
        return false;
    if (raw && !text_known(mail.bytes))
        return error_set(err, ERROR_UNAVAILABLE,
                         "its bytes were not kept: the quarantine was full");
    if (raw) {
        buffer_add_text(&out, mail.bytes);
    } else {
        show_facts(&out, &mail, inv->arena);
        buffer_add_char(&out, '\n');
        escape_lines(&out, mail.bytes);
        if (mail.bytes.length && out.at[out.length - 1] != '\n')
            buffer_add_char(&out, '\n');
    }
    output_buffer(&out);
    return true;
}

/* ---- retry ---- */

struct digests {
    struct text *at;
    size_t count;
    struct arena *arena;
};

static bool add_digest(void *context, const struct quarantined *mail)
{
    struct digests *digests = context;
    char digest[SHA256_HEX_SIZE];
    struct text text = text_of(sha256_hex(mail->sha256, digest));
    VECTOR_ADD(digests->arena, digests, text_copy(digests->arena, text));
    return true;
}

static bool retry_one(struct invocation *inv, struct store *store, struct text digest,
                      struct ingest_counts *counts, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct quarantined mail = {0};
    if (!find_entry(store, digest, &arena, &mail, err))
        return false;
    if (mail.whole && text_known(mail.bytes))
        return ingest_retry(inv, store, &mail, counts, err);
    counts->messages++;
    counts->outcomes[OUTCOME_QUARANTINED]++;
    if (!inv->quiet)
        output_message("%.12s… cannot be read again: not all of it was kept",
                       sha256_hex(mail.sha256, (char[SHA256_HEX_SIZE]){0}));
    return true;
}

/* The named ones, or all. The list is taken first: what is read well leaves it. */
bool command_quarantine_retry(struct invocation *inv, struct error *err)
{
    struct digests digests = {.arena = inv->arena};
    struct ingest_counts counts = {0};
    const struct ingest_options options = {0};
    const struct text_list none = {0};
    if (!ingest_check_admission(inv, err) || !confine(inv, &none, &options, false, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_CHANGE, err);
    if (!store)
        return false;
    if (inv->arguments.count)
        digests = (struct digests){inv->arguments.at, inv->arguments.count, inv->arena};
    else if (!store_quarantine_list(store, inv->now, add_digest, &digests, err))
        return false;
    bool done = true;
    for (size_t i = 0; i < digests.count && done; i++)
        done = retry_one(inv, store, digests.at[i], &counts, err);
    ingest_print_counts(inv, &counts);
    return done;
}
