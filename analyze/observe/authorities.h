/* Asks the authoritative servers of a zone directly, one by one, since a resolver hears only one of
 * them: a secondary that was left behind is seen no other way. */
#ifndef OBSERVE_AUTHORITIES_H
#define OBSERVE_AUTHORITIES_H

#include "observe/limits.h"
#include "observe/wire_dns.h"
#include "published/observation.h"

struct authority_server {
    struct text name;    /* as NS has it */
    struct text address; /* canonical */
};

struct authority_question {
    struct text name;
    uint16_t type;
};

struct authority_zone {
    struct text name;
    struct {
        struct authority_server *at;
        size_t count;
    } servers;
    struct {
        struct authority_question *at;
        size_t count;
    } questions;
};

/* Asks every server of ZONE every question, all servers at once, each server in turn: UDP, TCP where an
 * answer is truncated. A server that leaves one question without answer is not asked the others. Appends
 * an entry for each server and question to OUT, memory from ARENA, values sorted; a server at an address
 * that is not public has none unless the options allow it. An alias at the name is an entry of type
 * CNAME. LOOKUP_SERVFAIL: it refuses or is no authority; LOOKUP_TIMEOUT: it does not answer. Blocks for
 * some 10 seconds at most. */
void authorities_ask(const struct authority_zone *zone, const struct observe_options *options,
                     struct arena *arena, struct observed_authorities *out);

#endif
