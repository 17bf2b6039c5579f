/* Where observations go, be they imported or fresh: into the database, a few at a time. */
#ifndef CLI_OBSERVE_SINK_H
#define CLI_OBSERVE_SINK_H

#include "cli/observed.h"

struct observe_sink {
    struct store *store; /* null: nothing is stored */
    struct arena arena;  /* of what is waiting */
    struct {
        struct stored_observation *at;
        size_t count;
    } waiting;
    int64_t first_at; /* milliseconds: since when something waits */
    uint64_t read, stored;
};

/* Takes OBSERVATION, of which nothing is kept. Writes when many wait, or one for long: nobody waits
 * for the database while the network is waited for. */
bool observe_sink_put(struct observe_sink *sink, const struct observation *observation,
                      struct error *err);

/* Writes what waits. */
bool observe_sink_flush(struct observe_sink *sink, struct error *err);

void observe_sink_free(struct observe_sink *sink);

#endif
