#include "cli/analysis.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/vector.h"
#include "cli/findings_out.h"
#include "cli/ingest.h"
#include "cli/ingest_sink.h"
#include "cli/observe.h"
#include "cli/output.h"
#include "store/observations.h"

const struct option options_explain[] = {
    {"observation", "FILE", "what was observed elsewhere (tlsrpt observe --print); - is stdin"},
    {"unrecognized", "accept|reject", "exit with 65 if there is no report (default: 0)"},
    {"format", "text|json|html", "for people (the default), one JSON object, or one page"},
    {0},
};

/* Of the domains that strangers' reports name, those with the most sessions are observed. */
enum { OBSERVED_MAX = 100 };

/* ---- reports ---- */

static bool read_input(const struct ingest_options *options, const struct ingest_sink *sink,
                       struct ingest_counts *counts, struct error *err)
{
    __attribute__((cleanup(ingest_input_free))) struct ingest_input input;
    if (!ingest_read_input(STDIN_FILENO, options->reader.limits.mail_size, &input, err))
        return error_prefix(err, "standard input");
    return ingest_one(&input, TEXT("standard input"), options, sink, counts, err);
}

static bool read_reports(const struct invocation *inv, struct store *store,
                         struct ingest_counts *counts, struct error *err)
{
    struct ingest_sink_store target = {
        .store = store, .now = inv->now, .quarantine_max = inv->config.quarantine_max};
    struct ingest_sink sink = ingest_sink_store(&target);
    struct ingest_options options = {
        .reader = {.limits = inv->config.limits},
        .progress = !inv->quiet && isatty(STDERR_FILENO),
    };
    bool from_stdin = text_equal(inv->arguments.at[0], TEXT("-"));
    bool good = from_stdin ? read_input(&options, &sink, counts, err)
                           : ingest_paths(&inv->arguments, &options, &sink, counts, err);
    ingest_sink_store_end(&target);
    return good;
}

static bool say_unread(void *context, const struct quarantined *mail)
{
    (void)context;
    output_message("%.*s: %.*s", TEXT_ARGS(text_first(mail->source, 200)),
                   TEXT_ARGS(text_first(mail->reason, 300)));
    return true;
}

/* ---- observations ---- */

static bool is_observation(const struct given_option *given)
{
    return text_equal(text_of(given->option->name), TEXT("observation"));
}

static bool import(const struct invocation *inv, struct store *store, struct text file,
                   struct error *err)
{
    struct observe_sink sink = {.store = store};
    bool done = observe_import(inv, file, false, &sink, err);
    /* The store is the caller's. */
    sink.store = NULL;
    observe_sink_free(&sink);
    return done;
}

/* Standard input is read once, as a mail or as a file of observations. */
static bool check_input(const struct invocation *inv, struct error *err)
{
    size_t readers = text_list_has(&inv->arguments, TEXT("-"));
    if (readers && inv->arguments.count > 1)
        return error_set(err, ERROR_USAGE, "- stands alone: it is one mail on stdin");
    for (size_t i = 0; i < inv->options.count; i++)
        readers += is_observation(&inv->options.at[i]) &&
                   text_equal(inv->options.at[i].value, TEXT("-"));
    return readers <= 1 || error_set(err, ERROR_USAGE, "standard input can be read only once");
}

/* That nothing could be observed leaves what the reports say by themselves. */
static bool observe(struct invocation *inv, struct store *store, struct error *err)
{
    struct text_list reported = {0}, domains = {0};
    struct error why = {0};
    if (!store_reported_domains(store, 0, inv->now, OBSERVED_MAX + 1, inv->arena, &reported,
                                err))
        return false;
    if (reported.count > OBSERVED_MAX && !inv->quiet)
        output_message("of these domains, the %d with the most sessions are observed",
                       OBSERVED_MAX);
    for (size_t i = 0; i < reported.count && i < OBSERVED_MAX; i++)
        if (text_is_host(reported.at[i]))
            text_list_add(inv->arena, &domains, reported.at[i]);
    if (domains.count && !observe_quietly(inv, store, &domains, &why) && !inv->quiet)
        output_message("%s: the findings rest on the reports alone", why.text);
    return true;
}

static bool look(struct invocation *inv, struct store *store, struct error *err)
{
    bool imported = false;
    for (size_t i = 0; i < inv->options.count; i++) {
        const struct given_option *given = &inv->options.at[i];
        if (!is_observation(given))
            continue;
        if (!import(inv, store, given->value, err))
            return false;
        imported = true;
    }
    return imported || inv->offline || observe(inv, store, err);
}

/* ---- the command ---- */

static bool has_reports(const struct ingest_counts *counts)
{
    return counts->outcomes[OUTCOME_STORED] || counts->outcomes[OUTCOME_SUPERSEDED];
}

static bool explain(struct invocation *inv, struct store *store, struct error *err)
{
    struct ingest_counts counts = {0};
    struct analysis analysis;
    struct window window = {TIME_UNKNOWN, TIME_UNKNOWN};
    struct text_list all = {0};
    if (!read_reports(inv, store, &counts, err) ||
        !store_quarantine_list(store, TIME_UNKNOWN, say_unread, NULL, err))
        return false;
    if (!has_reports(&counts)) {
        output_message("no TLS report in %llu mail%s", (unsigned long long)counts.messages,
                       counts.messages == 1 ? "" : "s");
        if (invocation_is(inv, "unrecognized", "reject"))
            inv->status = EX_DATAERR;
        return true;
    }
    if (!look(inv, store, err) || !analysis_run(inv, store, &window, &all, &analysis, err))
        return false;
    findings_out(inv, &analysis);
    return true;
}

bool command_explain(struct invocation *inv, struct error *err)
{
    if (!inv->arguments.count)
        return error_set(
            err, ERROR_USAGE,
            "nothing to read: name a report, a mail or a mailbox; - is one on stdin");
    if (!check_input(inv, err))
        return false;
    STORE_AUTO *store = store_open_memory(err);
    if (!store)
        return false;
    store_set_now(store, inv->now);
    return explain(inv, store, err);
}
