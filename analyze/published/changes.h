/* What changed of what a domain publishes, between two observations of it. */
#ifndef PUBLISHED_CHANGES_H
#define PUBLISHED_CHANGES_H

#include "published/observation.h"

enum change_kind {
    CHANGE_UNKNOWN = 0,
    CHANGE_MX,
    CHANGE_ADDRESS, /* A, AAAA and CNAME of a host */
    CHANGE_SPF,
    CHANGE_DKIM,
    CHANGE_DMARC,
    CHANGE_MTA_STS, /* the TXT record */
    CHANGE_POLICY,  /* what the policy host serves */
    CHANGE_TLS_RPT,
    CHANGE_TLSA,
    CHANGE_NS,
    CHANGE_VERIFICATION, /* any other TXT string at the domain, and its BIMI record */
    CHANGE_CERTIFICATE,  /* of an MX, and of the policy host */
    CHANGE_COUNT,
};

enum { CHANGE_ID_SIZE = 9 };

struct change {
    char id[CHANGE_ID_SIZE]; /* 8 hexadecimal digits, made of domain, kind, name and `after` */
    enum change_kind kind;
    struct text name;               /* of the record set, or the host */
    struct text_list before, after; /* sorted, each value once; empty: it was not there */
    int64_t first_seen;             /* when the observation was taken that shows it */
};

struct changes {
    struct change *at;
    size_t count;
};

/* The word of SPEC.md, "mta-sts"; null for unknown. */
const char *change_kind_name(enum change_kind kind);

/* Lists in ARENA what is otherwise in AFTER than in BEFORE, by kind and name. What one of them does
 * not know, because nobody looked or the look-up failed, is no change. TTLs, the order of
 * records, and of a policy line ends and the order of lines do not count. Texts are the
 * observations' or ARENA's. */
void changes_between(const struct observation *before, const struct observation *after,
                     struct arena *arena, struct changes *changes);

/* Where EARLIER, made from the same first observation and one in between, has a change of CHANGES
 * already, that is when it was first seen. */
void changes_seen(struct changes *changes, const struct changes *earlier);

#endif
