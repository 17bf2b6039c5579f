#include "cli/ingest.h"

#include <inttypes.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/confine.h"
#include "cli/database.h"
#include "cli/ingest_cgi.h"
#include "cli/ingest_sink.h"
#include "cli/ingest_watch.h"
#include "cli/output.h"
#include "render/json_out.h"

const struct option options_ingest[] = {
    {"format", "text|json", "how to say what became of the mails"},
    {"mark-seen", NULL, "mark the mails of a Maildir that were reports as seen"},
    {"move-to", "FOLDER", "move them to a subfolder, or to another Maildir (a path)"},
    {"delete", NULL, "delete them"},
    {"only-configured", NULL, "leave out what counts for domains that are not configured"},
    {"unrecognized", "accept|reject", "exit with 65 for a mail that is no report (default: 0)"},
    {"watch", NULL, "stay, and read what comes into Maildirs as it comes"},
    {"rescan", "TIME", "look at all of them that often in any case (default: 1m)"},
    {"cgi", NULL, "be the CGI program of a web server: take one report by POST"},
    {"sender", "ADDRESS", "taken, and kept for nothing"},
    {"recipient", "ADDRESS", "taken, and kept for nothing"},
    {0},
};

/* ---- what is printed ---- */

static void add_text(struct buffer *out, const struct ingest_counts *counts)
{
    buffer_format(out, "%" PRIu64 " %s read", counts->messages,
                  counts->messages == 1 ? "mail" : "mails");
    const char *separator = ": ";
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        if (counts->outcomes[i]) {
            buffer_format(out, "%s%" PRIu64 " %s", separator, counts->outcomes[i],
                          outcome_name((enum outcome)i));
            separator = ", ";
        }
}

static void add_json(struct buffer *out, const struct ingest_counts *counts)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_unsigned(&json, "messages", counts->messages);
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        json_unsigned(&json, outcome_name((enum outcome)i), counts->outcomes[i]);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}

void ingest_print_counts(const struct invocation *inv, const struct ingest_counts *counts)
{
    BUFFER_AUTO out = {0};
    if (invocation_is(inv, "format", "json"))
        add_json(&out, counts);
    else if (!inv->quiet && !inv->delivery) {
        add_text(&out, counts);
        buffer_add_char(&out, '\n');
        if (counts->outcomes[OUTCOME_QUARANTINED])
            buffer_add_text(&out, TEXT("Why some are in quarantine: tlsrpt quarantine list\n"));
    }
    output_buffer(&out);
}

void ingest_say_counts(const struct ingest_counts *counts)
{
    BUFFER_AUTO out = {0};
    add_text(&out, counts);
    output_message("%.*s", TEXT_ARGS(buffer_text(&out)));
}

/* ---- what is read ---- */

static bool read_after(const struct invocation *inv, struct ingest_options *options,
                       struct error *err)
{
    static const struct {
        const char *name;
        enum after_ingest after;
    } rows[] = {
        {"mark-seen", AFTER_MARK_SEEN}, {"move-to", AFTER_MOVE}, {"delete", AFTER_DELETE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (invocation_has(inv, rows[i].name))
            options->after = rows[i].after;
    options->move_to = invocation_option(inv, "move-to");
    if (options->after == AFTER_MOVE && !options->move_to.length)
        return error_set(err, ERROR_USAGE, "--move-to needs the name of a folder");
    return true;
}

struct reader_options ingest_reader_options(const struct invocation *inv)
{
    return (struct reader_options){.limits = inv->config.limits,
                                   .authserv_id = inv->config.authserv_id};
}

struct ingest_sink_store ingest_sink_target(const struct invocation *inv, struct store *store)
{
    return (struct ingest_sink_store){
        .store = store,
        .now = inv->now,
        .quarantine_max = inv->config.quarantine_max,
        .admission = {.only_configured = invocation_has(inv, "only-configured"),
                      .reports_a_day = inv->config.max_reports_a_day,
                      .unauthenticated_a_day = inv->config.max_unauthenticated_a_day},
    };
}

bool ingest_check_admission(const struct invocation *inv, struct error *err)
{
    if (!invocation_has(inv, "only-configured") || inv->config.domain_count)
        return true;
    return error_set(err, ERROR_CONFIG,
                     "--only-configured would leave out every report, as no domain is "
                     "configured: add a [domain NAME] section");
}

/* A sink whose database is opened while the mail is read. */
struct late_sink {
    struct ingest_sink_store target; /* comes first: what the sink has for a context */
    const struct invocation *inv;
};

static bool open_late(void *context, struct error *err)
{
    struct late_sink *late = context;
    late->target.store = database_open(late->inv, DATABASE_MAKE, err);
    return late->target.store;
}

bool ingest_in_memory(const struct invocation *inv, const struct ingest_options *options,
                      const struct ingest_input *input, struct text source,
                      struct ingest_counts *counts, struct error *err)
{
    struct late_sink late = {ingest_sink_target(inv, NULL), inv};
    late.target.arrives_now = true;
    struct ingest_sink sink = ingest_sink_store(&late.target);
    sink.open = open_late;
    bool good = ingest_one(input, source, options, &sink, counts, err);
    store_close(late.target.store);
    return good;
}

/* The whole mail is read before anything else is done with it: its writer must not wait for a
 * database that is busy. */
static bool ingest_input(const struct invocation *inv, const struct ingest_options *options,
                         struct ingest_counts *counts, struct error *err)
{
    __attribute__((cleanup(ingest_input_free))) struct ingest_input input;
    if (!ingest_read_input(STDIN_FILENO, options->reader.limits.mail_size, &input, err))
        return error_prefix(err, "standard input");
    return ingest_in_memory(inv, options, &input, TEXT("standard input"), counts, err);
}

bool ingest_arguments(const struct invocation *inv, const struct ingest_options *options,
                      struct ingest_counts *counts, bool *opened, struct error *err)
{
    STORE_AUTO *store = database_open(inv, DATABASE_MAKE, err);
    *opened = store != NULL;
    if (!store)
        return false;
    struct ingest_sink_store target = ingest_sink_target(inv, store);
    struct ingest_sink sink = ingest_sink_store(&target);
    bool good = ingest_paths(&inv->arguments, options, &sink, counts, err);
    ingest_sink_store_end(&target);
    return good;
}

int ingest_failed(struct invocation *inv, const struct error *why)
{
    output_error(why, inv->delivery || inv->cgi);
    if (!inv->cgi)
        return error_exit_status(why->code);
    ingest_cgi_failed(why);
    return EX_OK;
}

/* ---- the command ---- */

/* The options that make no sense beside others. */
static bool check_options(const struct invocation *inv, struct error *err)
{
    static const struct {
        const char *one, *other;
    } rows[] = {
        {"cgi", "watch"},          {"cgi", "rescan"},       {"cgi", "format"},
        {"cgi", "mark-seen"},      {"cgi", "move-to"},      {"cgi", "delete"},
        {"cgi", "unrecognized"},   {"cgi", "sender"},       {"cgi", "recipient"},
        {"watch", "unrecognized"}, {"watch", "sender"},     {"watch", "recipient"},
        {"mark-seen", "move-to"},  {"mark-seen", "delete"}, {"move-to", "delete"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (invocation_has(inv, rows[i].one) && invocation_has(inv, rows[i].other))
            return error_set(err, ERROR_USAGE, "--%s and --%s exclude each other", rows[i].one,
                             rows[i].other);
    if (invocation_has(inv, "rescan") && !invocation_has(inv, "watch"))
        return error_set(err, ERROR_USAGE, "--rescan is for --watch");
    return true;
}

/* A mail that is delivered is refused as a whole, or not: of its reports, one may be for a domain that
 * is not configured. */
static bool is_refused(const struct invocation *inv, const struct ingest_counts *counts)
{
    uint64_t others = 0;
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        others += i == OUTCOME_IGNORED ? 0 : counts->outcomes[i];
    return counts->outcomes[OUTCOME_IGNORED] && !(inv->delivery && others);
}

static bool ingest_paths_or_input(struct invocation *inv, const struct ingest_options *options,
                                  struct error *err)
{
    struct ingest_counts counts = {0};
    bool dash = false, opened;
    for (size_t i = 0; i < inv->arguments.count; i++)
        dash = dash || text_equal(inv->arguments.at[i], TEXT("-"));
    if (dash && inv->arguments.count > 1)
        return error_set(err, ERROR_USAGE, "- stands alone: it is one mail on stdin");
    if (!inv->delivery && !inv->arguments.count)
        return error_set(err, ERROR_USAGE,
                         "nothing to read: name a Maildir or a file, or pipe a mail in");
    bool good = inv->delivery ? ingest_input(inv, options, &counts, err)
                              : ingest_arguments(inv, options, &counts, &opened, err);
    if (good || !inv->delivery)
        ingest_print_counts(inv, &counts);
    if (is_refused(inv, &counts) && invocation_is(inv, "unrecognized", "reject"))
        inv->status = EX_DATAERR;
    return good;
}

bool command_ingest(struct invocation *inv, struct error *err)
{
    struct ingest_options options = {.progress = !inv->quiet && !inv->delivery && !inv->cgi &&
                                                 isatty(STDERR_FILENO)};
    if (!check_options(inv, err) || !read_after(inv, &options, err) ||
        !ingest_check_admission(inv, err))
        return false;
    options.reader = ingest_reader_options(inv);
    const struct text_list none = {0};
    if (!confine(inv, inv->delivery || inv->cgi ? &none : &inv->arguments, &options, true, err))
        return false;
    if (invocation_has(inv, "cgi"))
        return ingest_cgi(inv, &options, err);
    if (invocation_has(inv, "watch"))
        return ingest_watch(inv, &options, err);
    return ingest_paths_or_input(inv, &options, err);
}

/* ---- quarantine retry ---- */

/* Lets through only what can be read and is let in now; the rest stays where it is. */
struct retry {
    struct ingest_sink_store target;
    const struct quarantined *entry;
};

static bool retry_take(void *context, const struct ingest_mail *mail,
                       const struct reading *reading, struct ingest_counts *counts, bool *kept,
                       struct error *err)
{
    struct retry *retry = context;
    struct ingest_sink sink = ingest_sink_store(&retry->target);
    if (text_known(reading->fault) || !reading->report_count) {
        counts->outcomes[OUTCOME_QUARANTINED]++;
        return true;
    }
    return sink.take(sink.context, mail, reading, counts, kept, err) &&
           (!*kept || store_quarantine_remove(retry->target.store, retry->entry->sha256, err));
}

static bool retry_commit(void *context, struct error *err)
{
    struct retry *retry = context;
    struct ingest_sink sink = ingest_sink_store(&retry->target);
    return sink.commit(sink.context, err);
}

bool ingest_retry(struct invocation *inv, struct store *store, const struct quarantined *mail,
                  struct ingest_counts *counts, struct error *err)
{
    struct retry retry = {.target = ingest_sink_target(inv, store), .entry = mail};
    retry.target.arrives_now = retry.target.in_quarantine = true;
    struct ingest_sink sink = {.context = &retry, .take = retry_take, .commit = retry_commit};
    struct ingest_options options = {0};
    options.reader = ingest_reader_options(inv);
    __attribute__((cleanup(ingest_input_free))) struct ingest_input input = {.size = mail->size,
                                                                             .whole = true};
    buffer_add_text(&input.bytes, mail->bytes);
    return ingest_one(&input, mail->source, &options, &sink, counts, err);
}
