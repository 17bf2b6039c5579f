#include "cli/observe_sink.h"

#include "base/vector.h"

enum { WAITING_MAX = 100, WAITING_BYTES = 16 * 1024 * 1024, WAITING_MILLISECONDS = 1000 };

bool observe_sink_put(struct observe_sink *sink, const struct observation *observation,
                      struct error *err)
{
    struct stored_observation stored;
    sink->read++;
    if (!sink->store)
        return true;
    observed_pack(observation, &sink->arena, &stored);
    /* What the parts do not copy goes with the observation. */
    stored.domain = text_copy(&sink->arena, stored.domain);
    for (size_t i = 0; i < stored.mx_hosts.count; i++)
        stored.mx_hosts.at[i] = text_copy(&sink->arena, stored.mx_hosts.at[i]);
    if (!sink->waiting.count)
        sink->first_at = time_milliseconds();
    VECTOR_ADD(&sink->arena, &sink->waiting, stored);
    bool due = sink->waiting.count >= WAITING_MAX || sink->arena.used > WAITING_BYTES ||
               time_milliseconds() - sink->first_at > WAITING_MILLISECONDS;
    return !due || observe_sink_flush(sink, err);
}

static bool store_waiting(struct observe_sink *sink, uint64_t *stored, struct error *err)
{
    for (size_t i = 0; i < sink->waiting.count; i++) {
        enum observation_outcome outcome;
        if (!store_put_observation(sink->store, &sink->waiting.at[i], &outcome, err))
            return false;
        *stored += outcome == OBSERVATION_STORED;
    }
    return true;
}

bool observe_sink_flush(struct observe_sink *sink, struct error *err)
{
    uint64_t stored = 0;
    if (!sink->waiting.count)
        return true;
    if (!store_begin(sink->store, err))
        return false;
    if (!store_waiting(sink, &stored, err)) {
        store_rollback(sink->store);
        return false;
    }
    if (!store_commit(sink->store, err))
        return false;
    sink->stored += stored;
    sink->waiting.at = NULL;
    sink->waiting.count = 0;
    arena_reset(&sink->arena);
    return true;
}

void observe_sink_free(struct observe_sink *sink)
{
    arena_free(&sink->arena);
    store_close(sink->store);
    sink->store = NULL;
}
