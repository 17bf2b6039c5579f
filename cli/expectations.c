#include "cli/expectations.h"

#include "base/vector.h"

static bool count_one(void *context, const struct quarantined *mail)
{
    (void)mail;
    ++*(uint64_t *)context;
    return true;
}

/* What is usual is learned from that many days before the last report. */
enum { RHYTHM_WINDOW = 90 * TIME_DAY };

/* The days on which reports came for those domains that are silent for as long as the configuration says: only these
 * are asked how often reports come. */
static bool load_days(struct store *store, const struct text_list *domains,
                      struct expectations *expectations, struct error *err)
{
    const struct invocation *inv = expectations->inv;
    struct text_list silent = {0};
    int64_t since = inv->now;
    for (size_t i = 0; i < expectations->arrivals.count; i++) {
        const struct arrivals *each = &expectations->arrivals.at[i];
        bool wanted = !domains || !domains->count || text_list_has(domains, each->domain);
        if (!wanted || inv->now - each->last_end < inv->config.silent_after)
            continue;
        text_list_add(inv->arena, &silent, each->domain);
        since = each->last_end < since ? each->last_end : since;
    }
    return !silent.count || store_report_days(store, &silent, since - RHYTHM_WINDOW, inv->now,
                                              inv->arena, &expectations->days, err);
}

/* DAYS that lie within the time before LAST, the end of the last report. */
static struct rhythm rhythm_before(const struct report_days *days, int64_t last,
                                   struct arena *arena)
{
    int64_t *within = arena_array(arena, days->days.count, sizeof *within);
    size_t count = 0;
    for (size_t i = 0; i < days->days.count; i++)
        if (days->days.at[i] >= last - RHYTHM_WINDOW)
            within[count++] = days->days.at[i];
    return rhythm_of(within, count);
}

bool expectations_load(const struct invocation *inv, struct store *store,
                       const struct text_list *domains, struct expectations *expectations,
                       struct error *err)
{
    struct acknowledgements known;
    *expectations = (struct expectations){.inv = inv};
    if (!store_arrivals(store, inv->now, inv->arena, &expectations->arrivals, err) ||
        !store_quarantine_list(store, inv->now, count_one, &expectations->quarantined, err) ||
        !load_days(store, domains, expectations, err) ||
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
    const struct report_days *days = report_days_of(&expectations->days, domain);
    if (days && arrivals)
        expectation->rhythm = rhythm_before(days, arrivals->last_end, expectations->inv->arena);
    if (configured)
        take_configured(configured, expectation);
}
