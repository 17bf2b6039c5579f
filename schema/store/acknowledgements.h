/* What somebody has said to be known. */
#ifndef STORE_ACKNOWLEDGEMENTS_H
#define STORE_ACKNOWLEDGEMENTS_H

#include "store/store.h"

struct acknowledgement {
    struct text id; /* 8 hexadecimal digits, of a finding, an escalation or a change */
    int64_t acknowledged_at;
    int64_t until; /* TIME_UNKNOWN: for good */
    struct text note;
};

struct acknowledgements {
    struct acknowledgement *at; /* in the order of their ids */
    size_t count;
};

/* Keeps it, in the place of a former one of that id; in its own transaction. */
bool store_acknowledge(struct store *store, const struct acknowledgement *acknowledgement,
                       struct error *err);

/* Forgets that of ID. *KNOWN: there was one. */
bool store_unacknowledge(struct store *store, struct text id, bool *known, struct error *err);

/* All that hold at NOW: given then or before, and not over. In ARENA. */
bool store_acknowledgements(struct store *store, int64_t now, struct arena *arena,
                            struct acknowledgements *list, struct error *err);

/* That of ID, or null. */
const struct acknowledgement *acknowledgement_of(const struct acknowledgements *list,
                                                 struct text id);

#endif
