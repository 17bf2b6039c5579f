/* What the two files of the window share. */
#ifndef STORE_WINDOW_INTERNAL_H
#define STORE_WINDOW_INTERNAL_H

#include "store/store_internal.h"
#include "store/window.h"

/* What an attribution says; `domain` is the place of its name among the sorted ones. */
struct attributed {
    int64_t id;
    struct text name, policy_domain;
    enum policy_type type;
    uint32_t domain;
};

struct entry {
    int64_t policy, report, begin, end, received_at;
    int64_t reporter, contact, organization, quoted;
    uint64_t successful, failed, unitemised;
    struct text report_id;
    const struct attributed *attributed;
    uint32_t position;
    enum authenticated authenticated;
};

struct entries {
    struct entry *at;
    size_t count;
};

/* The policies that FILTER lets through, in the order of domain, begin, report, policy; BUFFER holds
 * them, ARENA what they refer to. */
bool window_load_entries(struct store *store, const struct window_filter *filter,
                         struct arena *arena, struct buffer *buffer, struct entries *entries,
                         struct error *err);

/* A list of ids as a JSON array in OUT: each is added, then the array ended. */
void ids_add(struct buffer *out, int64_t id);
void ids_end(struct buffer *out);

/* Less, equal or greater than 0. */
int ids_compare(int64_t a, int64_t b);

#endif
