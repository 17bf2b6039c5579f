/* What DNS says of one domain: which look-ups there are, and which follow from which answer (SPEC.md,
 * "Looked up"). */
#ifndef OBSERVE_GATHER_H
#define OBSERVE_GATHER_H

#include "observe/authorities.h"
#include "observe/limits.h"
#include "observe/resolver.h"
#include "observe/starttls.h"
#include "published/observation.h"

enum {
    GATHER_MX_MAX = 20,
    GATHER_ADDRESSES_MAX = 8, /* of one host */
    GATHER_SELECTORS_MAX = 20,
};

struct gather_question;
struct gather_zone {
    struct authority_zone zone;
    struct gather_zone *next;
};

/* Zero it, set the first group, then gather_start(). All memory is of ARENA, which lives longer. */
struct gather {
    struct arena *arena;
    struct resolver *resolver;
    struct text domain; /* a host name in lower case */
    struct text_list selectors;
    void (*done)(struct gather *gather); /* called once, when the last answer is there */

    struct observed_records records; /* as they came; see gather_sort() */
    struct observed_lookups lookups;
    struct text_list mx; /* hosts in the order of preference; of an implicit MX the domain */
    struct gather_zone *zones; /* whose servers are to be asked directly */

    struct gather_question *questions; /* asked so far, the newest first */
    size_t outstanding, asked;
};

void gather_start(struct gather *gather);

/* Sorts records and look-ups into the order in which they are written. */
void gather_sort(struct gather *gather);

/* An address of a host, and whether the whole way to it, aliases included, is validated. */
struct gather_address {
    struct text address;
    enum dnssec dnssec;
};

struct gather_addresses {
    struct gather_address at[GATHER_ADDRESSES_MAX];
    size_t count;
    enum lookup_status
        status; /* LOOKUP_OK, or why there is none: of A and AAAA what says less */
};

/* The addresses of HOST among the records, through aliases. */
void gather_addresses(const struct gather *gather, struct text host,
                      struct gather_addresses *addresses);

/* The TLSA records that a sender looks for at the MX named HOST, of which ADDRESS is an address: at the
 * name behind its aliases first, if all of them are secure (RFC 7672 §2.2.2). */
void gather_tlsa(const struct gather *gather, struct text host,
                 const struct gather_address *address, struct starttls_tlsa *tlsa);

/* The values of the records of NAME and TYPE, sorted, in ARENA; false where nothing was found. */
bool gather_values(const struct gather *gather, struct text name, struct text type,
                   struct arena *arena, struct text_list *values);

/* The status of the look-up of NAME and TYPE; LOOKUP_UNKNOWN where it has no entry. */
enum lookup_status gather_status(const struct gather *gather, struct text name,
                                 struct text type);

#endif
