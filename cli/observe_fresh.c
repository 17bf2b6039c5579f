/* Observing for another command: nothing is printed but what did not go. */
#include <unistd.h>

#include "base/progress.h"
#include "base/time.h"
#include "base/vector.h"
#include "cli/net_run.h"
#include "cli/observe.h"
#include "cli/output.h"

struct fresh {
    struct observe_sink *sink;
    struct progress progress;
    struct text_list observed;
    struct arena *arena;
};

static bool take_line(void *context, struct text line, struct error *err)
{
    struct fresh *fresh = context;
    ARENA_AUTO arena = {0};
    struct observation observation;
    struct error why = {0};
    if (!observation_read(line, &arena, &observation, &why)) {
        output_message("tlsrpt-net: %s", why.text);
        return true;
    }
    text_list_add_once(fresh->arena, &fresh->observed,
                       text_copy(fresh->arena, observation.domain));
    if (!observe_sink_put(fresh->sink, &observation, err))
        return false;
    progress_show(&fresh->progress, fresh->sink->read);
    return true;
}

static bool run(const struct invocation *inv, const struct text_list *domains,
                struct fresh *fresh, struct error *err)
{
    struct net_domain *targets = arena_array(inv->arena, domains->count, sizeof *targets);
    for (size_t i = 0; i < domains->count; i++) {
        const struct config_domain *domain = config_domain(&inv->config, domains->at[i]);
        targets[i] =
            (struct net_domain){domains->at[i], domain ? &domain->dkim_selectors : NULL};
    }
    progress_start(&fresh->progress, !inv->quiet && isatty(STDERR_FILENO), domains->count);
    fresh->progress.things = "domains";
    bool done = net_run_observe(inv, targets, domains->count, true, take_line, fresh, err);
    progress_end(&fresh->progress);
    struct error unwritten = {0};
    if (!observe_sink_flush(fresh->sink, &unwritten) && done) {
        *err = unwritten;
        return false;
    }
    return done;
}

bool observe_quietly(struct invocation *inv, struct store *store,
                     const struct text_list *domains, struct error *err)
{
    struct observe_sink sink = {.store = store};
    struct fresh fresh = {.sink = &sink, .arena = inv->arena};
    bool done = run(inv, domains, &fresh, err);
    /* The store is the caller's. */
    sink.store = NULL;
    observe_sink_free(&sink);
    /* The clock goes on, so that what was just seen counts. */
    if (!invocation_has(inv, "now"))
        inv->now = time_now();
    if (!done)
        return false;
    for (size_t i = 0; i < domains->count; i++)
        if (!text_list_has(&fresh.observed, domains->at[i]))
            output_message("%.*s was not observed", TEXT_ARGS(domains->at[i]));
    return fresh.observed.count ||
           error_set(err, ERROR_UNAVAILABLE, "nothing could be observed");
}
