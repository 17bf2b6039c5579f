/* Observations in the database: what a domain publishes at one time, as a list of parts. The store
 * does not look into a part; equal parts, and equal lists of parts, are kept once. */
#ifndef STORE_OBSERVATIONS_H
#define STORE_OBSERVATIONS_H

#include "store/store.h"

/* A JSON object, and its time to live in seconds, which is no part of its content. */
struct stored_part {
    struct text json;
    int64_t ttl; /* TTL_UNKNOWN, or at most UINT32_MAX */
};
#define TTL_UNKNOWN INT64_C(-1)

struct stored_observation {
    struct text domain; /* as text_host() gives it */
    int64_t taken_at;
    struct stored_part *at; /* in an order that depends on nothing but the content */
    size_t count;
    bool mx_known; /* whether the MX set was found out */
    struct text_list mx_hosts;
    int64_t content; /* set by the readers: the same for the same parts, TTLs apart */
};

enum observation_outcome {
    OBSERVATION_STORED,
    OBSERVATION_KNOWN,      /* it is there already, nothing changes */
    OBSERVATION_OTHER_KEPT, /* another one of that domain and second is kept in its place */
};

/* Stores it, within a transaction, and brings the attribution of rows in line. Of two of one domain
 * and second the one of more parts is kept, else that of the greater digest, else that of the
 * greater TTLs: the order in which they come does not matter. ERROR_INPUT where taken_at is no time
 * from 1970 to 9999. */
bool store_put_observation(struct store *store, const struct stored_observation *observation,
                           enum observation_outcome *outcome, struct error *err);

enum observation_wanted {
    OBSERVATION_AT, /* the one in force at the time: the latest that was taken then or before */
    OBSERVATION_AFTER, /* the first that was taken then or later */
};

/* The observation of DOMAIN that is WANTED of TIME, in ARENA; mx_known and mx_hosts are set as
 * well. *FOUND: there is one. */
bool store_get_observation(struct store *store, struct text domain,
                           enum observation_wanted wanted, int64_t time, struct arena *arena,
                           struct stored_observation *observation, bool *found,
                           struct error *err);

/* Calls EACH for every observation of DOMAIN with SINCE <= taken_at <= UNTIL, in the order of time.
 * What it gets is valid during the call. EACH returns false to stop (no error). */
typedef bool store_observation_each(void *context,
                                    const struct stored_observation *observation);
bool store_observations(struct store *store, struct text domain, int64_t since, int64_t until,
                        store_observation_each *each, void *context, struct error *err);

/* When DOMAIN was observed: the *COUNT times up to UNTIL, in their order, in ARENA. */
bool store_observation_times(struct store *store, struct text domain, int64_t until,
                             struct arena *arena, int64_t **times, size_t *count,
                             struct error *err);

/* Every domain that was observed at UNTIL or before, sorted, in ARENA. */
bool store_observed_domains(struct store *store, int64_t until, struct arena *arena,
                            struct text_list *domains, struct error *err);

/* The domains for which the counted reports of SINCE <= begin <= UNTIL count, those with the most
 * sessions first, at most LIMIT. Names are as strangers wrote them. */
bool store_reported_domains(struct store *store, int64_t since, int64_t until, size_t limit,
                            struct arena *arena, struct text_list *domains, struct error *err);

#endif
