/* The words of the diagnosis: what is known of something published, when it was seen, which policy
 * a sender applied. Pure functions over observations; nothing here opens anything. */
#ifndef RULES_WORDS_H
#define RULES_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "published/fact.h"
#include "published/mta_sts.h"
#include "published/observation.h"

enum confidence {
    CONFIDENCE_UNKNOWN = 0,
    CONFIDENCE_POSSIBLE,
    CONFIDENCE_LIKELY,
    CONFIDENCE_CONFIRMED,
    CONFIDENCE_COUNT,
};
const char *confidence_name(enum confidence confidence);

/* ---- when ---- */

/* The observations of a domain, in the order of their times. */
struct history {
    const struct observation *const *at;
    size_t count;
};

/* Seconds between an observation at TAKEN_AT and a report's window from BEGIN to END: 0 within. */
int64_t observation_distance(int64_t taken_at, int64_t begin, int64_t end);

/* The observation nearest to the window, of two as near the earlier; null where there is none. */
const struct observation *history_then(const struct history *history, int64_t begin,
                                       int64_t end);

/* The latest, or null. */
const struct observation *history_now(const struct history *history);

/* What a fact is worth that was observed at DISTANCE seconds from the window: confirmed within a
 * day, likely within a week, else possible. */
enum confidence confidence_at(int64_t distance);

/* ---- what ---- */

struct published {
    enum fact fact;
    enum lookup_status status; /* of the look-up where nothing is present */
    enum dnssec dnssec;        /* of records the weakest, of a negative answer its own */
    struct text_list values;
    uint32_t ttl; /* the least of the records; 0 where it is not known */
};

/* What FACTS (may be null) hold of NAME and TYPE, a CNAME at NAME followed. A record that is bogus is
 * failed: its data is not believed. Values are in ARENA. */
struct published published_of(const struct facts *facts, struct text name, struct text type,
                              struct arena *arena);

/* The TLSA records of an MX, at _25._tcp of its name. */
struct published published_tlsa(const struct facts *facts, struct text mx, struct arena *arena);

/* The names of the MX records of DOMAIN, lower case, in their order; a null MX gives ".". */
struct published published_mx(const struct facts *facts, struct text domain,
                              struct arena *arena);

/* The MTA-STS policy that the policy host served, by OBSERVATION. FACT_ABSENT is told where the
 * host does not exist; what does not parse is present and not valid. */
enum fact published_policy(const struct observation *observation, struct arena *arena,
                           struct mta_sts_policy *policy);

/* ---- policy applied ---- */

enum policy_source { POLICY_QUOTED = 1, POLICY_SERVED_THEN, POLICY_SERVED_NOW };

/* The policy that a sender applied: what its report QUOTES if that parses, else the one served
 * THEN, else NOW (each may be null). False where none is known. */
bool policy_applied(const struct text_list *quotes, const struct observation *then,
                    const struct observation *now, struct arena *arena,
                    struct mta_sts_policy *policy, enum policy_source *source);

#endif
