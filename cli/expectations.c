#include "cli/expectations.h"

#include "base/vector.h"

static bool count_one(void *context, const struct quarantined *mail)
{
    (void)mail;
    ++*(uint64_t *)context;
    return true;
}

bool expectations_load(const struct invocation *inv, struct store *store,
                       struct expectations *expectations, struct error *err)
{
    struct acknowledgements known;
    *expectations = (struct expectations){.inv = inv};
    if (!store_arrivals(store, inv->now, inv->arena, &expectations->arrivals, err) ||
        !store_quarantine_list(store, inv->now, count_one, &expectations->quarantined, err) ||
        !store_acknowledgements(store, inv->now, inv->arena, &known, err))
        return false;
    for (size_t i = 0; i < known.count; i++)
        text_list_add(inv->arena, &expectations->acknowledged, known.at[i].id);
    return true;
}

static void take_configured(const struct config_domain *domain, struct expectation *expectation)
{
    static const enum ownership models[] = {
        [MODEL_UNKNOWN] = OWNERSHIP_UNKNOWN,
        [MODEL_CLIENT] = OWNERSHIP_CLIENT,
        [MODEL_AGENCY] = OWNERSHIP_AGENCY,
        [MODEL_PLATFORM] = OWNERSHIP_PLATFORM,
    };
    static const enum priority priorities[] = {
        [PRIORITY_UNKNOWN] = PRIORITY_IS_NORMAL,
        [PRIORITY_HIGH] = PRIORITY_IS_HIGH,
        [PRIORITY_NORMAL] = PRIORITY_IS_NORMAL,
        [PRIORITY_LOW] = PRIORITY_IS_LOW,
    };
    static const enum maturity stages[] = {
        [STAGE_UNKNOWN] = MATURITY_UNKNOWN,         [STAGE_BASIC] = MATURITY_BASIC,
        [STAGE_OPERATIONAL] = MATURITY_OPERATIONAL, [STAGE_REPORTING] = MATURITY_REPORTING,
        [STAGE_TRANSPORT] = MATURITY_TRANSPORT,     [STAGE_ONGOING] = MATURITY_ONGOING,
    };
    expectation->client = domain->client;
    expectation->owner = domain->owner;
    expectation->sts_owner = domain->sts_owner;
    expectation->dns_host = domain->dns_host;
    expectation->model = models[domain->model];
    expectation->priority = priorities[domain->priority];
    expectation->stage = stages[domain->stage];
    expectation->compliance = domain->compliance;
    expectation->rua = domain->rua;
}

void expectation_of(struct expectations *expectations, struct text domain,
                    struct expectation *expectation)
{
    const struct config *config = &expectations->inv->config;
    const struct config_domain *configured = config_domain(config, domain);
    const struct arrivals *arrivals = arrivals_of(&expectations->arrivals, domain);
    *expectation = (struct expectation){
        .former_vendors = config->former_vendors,
        .authserv_id = config->authserv_id,
        .silent_after = config->silent_after,
        .last_report_at = arrivals ? arrivals->last_end : TIME_UNKNOWN,
        .days_before = arrivals ? arrivals->days_before : 0,
        .quarantined = expectations->quarantine_told ? 0 : expectations->quarantined,
        .acknowledged = expectations->acknowledged,
    };
    expectations->quarantine_told = true;
    if (configured)
        take_configured(configured, expectation);
}
