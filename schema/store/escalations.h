/* What somebody was notified of. */
#ifndef STORE_ESCALATIONS_H
#define STORE_ESCALATIONS_H

#include "store/store.h"

struct stored_escalation {
    struct text id; /* of the finding */
    struct text domain, code, title;
    unsigned severity; /* as it was when somebody was notified last */
    uint64_t failed_sessions;
    int64_t opened_at, notified_at;
    int64_t closed_at; /* TIME_UNKNOWN: it is open */
};

struct stored_escalations {
    struct stored_escalation *at; /* in the order of their ids */
    size_t count;
};

/* All, open and closed, in ARENA. */
bool store_escalations(struct store *store, struct arena *arena,
                       struct stored_escalations *list, struct error *err);

/* Keeps ESCALATION in the place of a former one of that id; in its own transaction. */
bool store_put_escalation(struct store *store, const struct stored_escalation *escalation,
                          struct error *err);

#endif
