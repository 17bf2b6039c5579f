/* When reports came for each domain. */
#ifndef STORE_ARRIVALS_H
#define STORE_ARRIVALS_H

#include "store/store.h"

struct arrivals {
    struct text domain;
    int64_t last_end;     /* the latest end of a report */
    unsigned days_before; /* of the 14 days before the day of the last report, those with one */
};

struct arrivals_list {
    struct arrivals *at; /* in the order of their domains */
    size_t count;
};

/* Of every domain with counted reports that begin at NOW or before, in ARENA. */
bool store_arrivals(struct store *store, int64_t now, struct arena *arena,
                    struct arrivals_list *list, struct error *err);

/* The UTC days on which counted reports of a domain begin. */
struct report_days {
    struct text domain;
    struct {
        int64_t *at; /* their first seconds, sorted */
        size_t count;
    } days;
};

struct report_days_list {
    struct report_days *at; /* in the order of their domains; of those that have any */
    size_t count;
};

/* Of DOMAINS, from SINCE to NOW, in ARENA. Reads the index of that time: to be asked once for all. */
bool store_report_days(struct store *store, const struct text_list *domains, int64_t since,
                       int64_t now, struct arena *arena, struct report_days_list *list,
                       struct error *err);

/* Those of DOMAIN, or null. */
const struct report_days *report_days_of(const struct report_days_list *list,
                                         struct text domain);
const struct arrivals *arrivals_of(const struct arrivals_list *list, struct text domain);

#endif
