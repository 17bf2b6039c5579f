#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/expectations.h"
#include "cli/export.h"
#include "cli/output.h"
#include "render/openmetrics.h"
#include "store/observations.h"

struct measuring {
    const struct invocation *inv;
    struct expectations expectations;
    struct acknowledgements acknowledgements;
    struct metrics metrics;
};

static bool measure(void *context, struct inquiry *inquiry, struct groups *groups,
                    struct error *err)
{
    struct measuring *measuring = context;
    struct expectation expectation;
    struct diagnosis diagnosis;
    expectation_of(&measuring->expectations, inquiry->domain, &expectation);
    /* cppcheck-suppress autoVariables ; the inquiry is asked no more once this returns */
    inquiry->expected = &expectation;
    if (!analysis_diagnose(measuring->inv, &measuring->acknowledgements, inquiry, groups,
                           &diagnosis, err))
        return false;
    struct domain_metrics metrics = {
        .domain = diagnosis.domain,
        .sessions = diagnosis.sessions,
        .last_report_at = expectation.last_report_at,
    };
    for (size_t i = 0; i < diagnosis.findings.count; i++) {
        const struct finding *finding = &diagnosis.findings.at[i];
        if (finding->state == STATE_ONGOING && !finding->acknowledged)
            metrics.findings[finding->severity]++;
    }
    VECTOR_ADD(measuring->inv->arena, &measuring->metrics, metrics);
    return true;
}

bool export_metrics(const struct invocation *inv, struct store *store, struct error *err)
{
    BUFFER_AUTO out = {0};
    struct measuring measuring = {.inv = inv};
    struct text_list domains = {0};
    struct window window;
    if (!analysis_domains(inv, &domains, err) || !analysis_window(inv, &window, err) ||
        (!domains.count &&
         !store_observed_domains(store, inv->now, inv->arena, &domains, err)) ||
        !expectations_load(inv, store, &domains, &measuring.expectations, err) ||
        !store_acknowledgements(store, inv->now, inv->arena, &measuring.acknowledgements, err))
        return false;
    measuring.metrics.quarantined = measuring.expectations.quarantined;
    if (domains.count &&
        !analysis_each(inv, store, &window, &domains, measure, &measuring, err))
        return false;
    metrics_write(&out, &measuring.metrics);
    output_buffer(&out);
    return true;
}
