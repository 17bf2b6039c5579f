#include "cli/observed.h"

#include "base/vector.h"
#include "published/fact.h"
#include "published/observation_settle.h"

/* The host of an MX value, "10 mx1.example.com"; unknown for a null MX. */
static struct text host_of(struct text value)
{
    size_t blank = text_find_char(value, ' ');
    struct text host = blank == SIZE_MAX ? TEXT_UNKNOWN : text_from(value, blank + 1);
    return text_is_host(host) ? host : TEXT_UNKNOWN;
}

/* Whose MX hosts they are decides for whom a report counts. */
static void pack_hosts(const struct observation *observation, struct arena *arena,
                       struct stored_observation *stored)
{
    struct facts facts;
    struct text_list values = {0};
    facts_of(observation, arena, &facts);
    enum fact fact = fact_find(&facts, observation->domain, TEXT("MX"), arena, &values);
    stored->mx_known = fact == FACT_PRESENT || fact == FACT_ABSENT;
    for (size_t i = 0; i < values.count; i++)
        if (text_known(host_of(values.at[i])))
            text_list_add(arena, &stored->mx_hosts, host_of(values.at[i]));
}

void observed_pack(const struct observation *observation, struct arena *arena,
                   struct stored_observation *stored)
{
    struct observation settled;
    struct observation_parts parts;
    observation_settle(observation, arena, &settled);
    observation_split(&settled, arena, &parts);
    *stored = (struct stored_observation){
        .domain = observation->domain, .taken_at = observation->taken_at, .count = parts.count};
    stored->at = arena_array(arena, parts.count, sizeof *stored->at);
    for (size_t i = 0; i < parts.count; i++)
        stored->at[i] = (struct stored_part){
            parts.at[i].json,
            parts.at[i].ttl.known ? (int64_t)parts.at[i].ttl.value : TTL_UNKNOWN};
    pack_hosts(observation, arena, stored);
}

bool observed_unpack(const struct stored_observation *stored, struct arena *arena,
                     struct observation *observation, struct error *err)
{
    *observation = *observation_new(arena, stored->domain, stored->taken_at);
    for (size_t i = 0; i < stored->count; i++) {
        int64_t ttl = stored->at[i].ttl;
        struct observation_part part = {.json = stored->at[i].json,
                                        .ttl = {ttl != TTL_UNKNOWN, (uint32_t)ttl}};
        if (!observation_join(observation, &part, arena, err)) {
            if (err)
                err->code = ERROR_IO;
            return false;
        }
    }
    return true;
}

const struct observation *observed_get(struct store *store, struct text domain,
                                       enum observation_wanted wanted, int64_t time,
                                       struct arena *arena, struct error *err)
{
    struct stored_observation stored;
    struct observation *observation = arena_new(arena, struct observation);
    bool found;
    if (!store_get_observation(store, domain, wanted, time, arena, &stored, &found, err) ||
        !found || !observed_unpack(&stored, arena, observation, err))
        return NULL;
    return observation;
}
