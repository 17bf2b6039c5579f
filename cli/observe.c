#include "cli/observe.h"

#include <unistd.h>

#include "base/progress.h"
#include "base/vector.h"
#include "cli/database.h"
#include "cli/net_run.h"
#include "cli/output.h"
#include "render/json_out.h"
#include "render/observation_text.h"

const struct option options_observe[] = {
    {"all", NULL, "every configured domain"},
    {"reported", NULL, "also the domains of the reports of the last 30 days, at most 1000"},
    {"no-probe", NULL, "do not speak to the MX hosts"},
    {"print", NULL, "print each as JSON on a line, store nothing"},
    {"import", "FILE", "store what was observed elsewhere; - is standard input"},
    {"format", "text|json", "how to show what was observed"},
    {0},
};

enum { REPORTED_MAX = 1000, REPORTED_DAYS = 30 };
/* More domains without an answer than this are counted but not named. */
enum { NAMED_MAX = 20 };

/* ---- which domains ---- */

struct targets {
    struct net_domain *at; /* sorted by name, each once */
    size_t count;
};

/* Domains of reports are named by strangers: what is no host name is none. */
static bool add_reported(const struct invocation *inv, struct store *store,
                         struct text_list *names, struct error *err)
{
    struct text_list reported;
    int64_t since = inv->now - (int64_t)REPORTED_DAYS * TIME_DAY;
    if (!store_reported_domains(store, since, inv->now, REPORTED_MAX, inv->arena, &reported,
                                err))
        return false;
    for (size_t i = 0; i < reported.count; i++)
        if (text_is_host(reported.at[i]))
            text_list_add(inv->arena, names, reported.at[i]);
    return true;
}

static bool find_names(const struct invocation *inv, struct store *store,
                       struct text_list *names, struct error *err)
{
    bool reported = invocation_has(inv, "reported");
    if (!invocation_domains(inv, names, err))
        return false;
    if (invocation_has(inv, "all") || !names->count)
        for (size_t i = 0; i < inv->config.domain_count; i++)
            text_list_add(inv->arena, names, inv->config.domains[i].name);
    if (reported && !add_reported(inv, store, names, err))
        return false;
    if (names->count || reported)
        return true;
    return error_set(err, ERROR_USAGE,
                     "which domain? none is named, and none is configured in a [domain NAME]; "
                     "--reported takes those of recent reports");
}

static bool find_targets(const struct invocation *inv, struct store *store,
                         struct targets *targets, struct error *err)
{
    struct text_list names;
    if (!find_names(inv, store, &names, err))
        return false;
    text_list_sort(&names);
    for (size_t i = 0; i < names.count; i++) {
        const struct config_domain *domain = config_domain(&inv->config, names.at[i]);
        struct net_domain target = {names.at[i], domain ? &domain->dkim_selectors : NULL};
        if (!i || !text_equal(names.at[i], names.at[i - 1]))
            VECTOR_ADD(inv->arena, targets, target);
    }
    return true;
}

/* ---- observing ---- */

struct run {
    const struct invocation *inv;
    struct targets targets;
    struct text *shown; /* what people read about each target; unknown: no answer yet */
    struct observe_sink *sink;
    struct progress progress;
    bool as_json;
    uint64_t wrong;
};

static size_t find_target(const struct targets *targets, struct text name)
{
    size_t low = 0, high = targets->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(targets->at[middle].name, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

/* Checks it as an import would be. */
static bool read_answer(struct run *run, struct text line, struct arena *arena,
                        struct observation *observation, size_t *target)
{
    struct error why = {0};
    if (!observation_read(line, arena, observation, &why)) {
        output_message("tlsrpt-net: %s", why.text);
        return false;
    }
    *target = find_target(&run->targets, observation->domain);
    if (*target == SIZE_MAX)
        output_message("tlsrpt-net: an observation of %.*s, which was not asked for",
                       TEXT_ARGS(text_first(observation->domain, 253)));
    return *target != SIZE_MAX;
}

static bool take_line(void *context, struct text line, struct error *err)
{
    struct run *run = context;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO shown = {0};
    struct observation observation;
    size_t target;
    if (!read_answer(run, line, &arena, &observation, &target)) {
        run->wrong++;
        return true;
    }
    if (!observe_sink_put(run->sink, &observation, err))
        return false;
    progress_show(&run->progress, run->sink->read);
    if (run->as_json) {
        observation_write(&shown, &observation);
        buffer_add_char(&shown, '\n');
        run->shown[target] = TEXT("");
        return output_buffer(&shown) || error_set(err, ERROR_IO, "%s", "");
    }
    if (!run->inv->quiet)
        observation_text(&shown, &observation);
    run->shown[target] =
        text_copy(run->inv->arena, shown.length ? buffer_text(&shown) : TEXT(""));
    return true;
}

/* In the order of the names. Returns how many have no answer. */
static size_t print_shown(const struct run *run)
{
    BUFFER_AUTO out = {0};
    size_t missing = 0;
    for (size_t i = 0; i < run->targets.count; i++) {
        struct text shown = run->shown[i];
        if (!text_known(shown) && missing++ < NAMED_MAX)
            output_message("%.*s was not observed", TEXT_ARGS(run->targets.at[i].name));
        buffer_add_text(&out, shown);
        if (shown.length && i + 1 < run->targets.count)
            buffer_add_char(&out, '\n');
    }
    output_buffer(&out);
    return missing;
}

static bool observe_now(struct run *run, struct error *err)
{
    const struct invocation *inv = run->inv;
    if (!run->targets.count) {
        if (!inv->quiet)
            output_message("no report of the last %d days names a domain", REPORTED_DAYS);
        return true;
    }
    run->shown = arena_array(inv->arena, run->targets.count, sizeof *run->shown);
    progress_start(&run->progress, !inv->quiet && isatty(STDERR_FILENO), run->targets.count);
    run->progress.things = "domains";
    bool done = net_run_observe(inv, run->targets.at, run->targets.count,
                                !invocation_has(inv, "no-probe"), take_line, run, err);
    progress_end(&run->progress);
    /* What came before a failure is kept. */
    struct error unwritten = {0};
    if (!observe_sink_flush(run->sink, &unwritten) && done) {
        *err = unwritten;
        done = false;
    }
    size_t missing = print_shown(run);
    if (!done)
        return false;
    if (run->wrong)
        return error_set(err, ERROR_BUG,
                         "tlsrpt-net printed what is no observation: is it of "
                         "the same version?");
    if (missing)
        return error_set(err, ERROR_UNAVAILABLE, "%zu of %zu domains could not be observed",
                         missing, run->targets.count);
    return true;
}

/* ---- the command ---- */

static bool check_options(const struct invocation *inv, struct error *err)
{
    bool import = invocation_has(inv, "import");
    bool names = inv->arguments.count || invocation_has(inv, "all") ||
                 invocation_has(inv, "reported") || invocation_has(inv, "no-probe");
    if (import && names)
        return error_set(err, ERROR_USAGE,
                         "--import takes all that is in its file: no domain, --all, --reported "
                         "or --no-probe beside it");
    if (!import && inv->offline)
        return error_set(err, ERROR_USAGE,
                         "observe looks things up in the network, and --offline forbids it");
    if (invocation_has(inv, "print") && invocation_is(inv, "format", "text"))
        return error_set(err, ERROR_USAGE, "--print prints JSON: leave out --format text");
    return true;
}

static bool import(const struct invocation *inv, struct observe_sink *sink, struct error *err)
{
    bool print = invocation_has(inv, "print");
    bool done = observe_import(inv, invocation_option(inv, "import"), print, sink, err);
    BUFFER_AUTO out = {0};
    if (print || (!done && (err->code != ERROR_INPUT || !sink->read)))
        return done;
    if (invocation_is(inv, "format", "json")) {
        struct json_out json = {.to = &out};
        json_object(&json, NULL);
        json_unsigned(&json, "observations", sink->read);
        json_unsigned(&json, "new", sink->stored);
        json_object_end(&json);
        buffer_add_char(&out, '\n');
    } else if (!inv->quiet) {
        buffer_format(&out, "%llu observation%s read, %llu new\n",
                      (unsigned long long)sink->read, sink->read == 1 ? "" : "s",
                      (unsigned long long)sink->stored);
    }
    output_buffer(&out);
    return done;
}

bool command_observe(struct invocation *inv, struct error *err)
{
    __attribute__((cleanup(observe_sink_free))) struct observe_sink sink = {0};
    bool print = invocation_has(inv, "print");
    if (!check_options(inv, err))
        return false;
    if (!print && !(sink.store = database_open(inv, DATABASE_MAKE, err)))
        return false;
    if (invocation_has(inv, "import"))
        return import(inv, &sink, err);
    STORE_AUTO *reports = NULL;
    if (print && invocation_has(inv, "reported") &&
        !(reports = database_open(inv, DATABASE_READ, err)))
        return false;
    struct run run = {
        .inv = inv, .sink = &sink, .as_json = print || invocation_is(inv, "format", "json")};
    return find_targets(inv, print ? reports : sink.store, &run.targets, err) &&
           observe_now(&run, err);
}
