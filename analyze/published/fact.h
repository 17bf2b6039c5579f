/* What an observation says of one record set. There are four answers: it is there, it is not
 * there, the look-up failed, nobody looked. Only the first two are knowledge. */
#ifndef PUBLISHED_FACT_H
#define PUBLISHED_FACT_H

#include "published/observation.h"

enum fact {
    FACT_UNKNOWN = 0, /* neither record nor look-up */
    FACT_PRESENT,
    FACT_ABSENT, /* nodata or nxdomain */
    FACT_FAILED, /* servfail, timeout, bogus */
};

/* A record, or a look-up where `record` is null. */
struct fact_entry {
    struct text name, type;
    const struct observed_record *record;
    const struct observed_lookup *lookup;
};

/* The records and look-ups of an observation, sorted by name and type. */
struct facts {
    struct fact_entry *at;
    size_t count;
};

/* Sorts them, into ARENA; what it points at is the observation's. */
void facts_of(const struct observation *observation, struct arena *arena, struct facts *facts);

/* The entries of that name and type: from *FIRST on, the result is their number. */
size_t facts_find(const struct facts *facts, struct text name, struct text type, size_t *first);

/* What is known of NAME and TYPE itself. Unless VALUES is null, the values are added to it in the
 * order of the observation. */
enum fact fact_direct(const struct facts *facts, struct text name, struct text type,
                      struct arena *arena, struct text_list *values);

/* The same, following the CNAME records of the observation where nothing is known of NAME
 * itself. */
enum fact fact_find(const struct facts *facts, struct text name, struct text type,
                    struct arena *arena, struct text_list *values);

/* The status of the look-up that failed or found nothing; LOOKUP_UNKNOWN where there is none. */
enum lookup_status fact_status(const struct facts *facts, struct text name, struct text type);

#endif
