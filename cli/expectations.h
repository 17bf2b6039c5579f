/* What is expected of a domain, out of the configuration and what the database knows of its reports. */
#ifndef CLI_EXPECTATIONS_H
#define CLI_EXPECTATIONS_H

#include "cli/command.h"
#include "rules/expectation.h"
#include "store/acknowledgements.h"
#include "store/arrivals.h"
#include "store/store.h"

/* What is the same for all domains. */
struct expectations {
    const struct invocation *inv;
    struct arrivals_list arrivals;
    struct report_days_list days; /* of the domains that may be silent */
    uint64_t quarantined;         /* of no domain: the first that is asked for tells it */
    bool quarantine_told;
    struct text_list acknowledged;
};

/* For DOMAINS; null or empty: all. */
bool expectations_load(const struct invocation *inv, struct store *store,
                       const struct text_list *domains, struct expectations *expectations,
                       struct error *err);

/* Those of DOMAIN, which may not be configured. */
void expectation_of(struct expectations *expectations, struct text domain,
                    struct expectation *expectation);

#endif
