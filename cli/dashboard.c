#include "render/dashboard.h"

#include "base/vector.h"
#include "cli/dashboard_data.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/site.h"
#include "cli/summing.h"

const struct option options_dashboard[] = {
    {"output", "DIR", "the folder of the site; made where it is not there", .letter = 'o'},
    {"client", "NAME", "the domains configured for that client, in plain words"},
    {"since", "TIME", "reports that begin then or later: 30d (the default), 2026-11-01"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {0},
};

struct making {
    struct summing summing;
    struct site site;
    struct summary *at; /* of the domains whose pages are made */
    size_t count;
};

static bool make_domain(void *context, struct inquiry *inquiry, struct groups *groups,
                        struct error *err)
{
    struct making *making = context;
    struct dashboard_domain data;
    struct summary summary;
    BUFFER_AUTO page = {0};
    if (!summing_domain(&making->summing, inquiry, groups, &summary, err))
        return false;
    dashboard_data(&making->summing.window, inquiry, groups, &summary, &data);
    dashboard_domain(&page, &data);
    VECTOR_ADD(making->summing.inv->arena, making, summary);
    return site_page(&making->site, dashboard_domain_file(inquiry->arena, inquiry->domain),
                     &page, err);
}

/* The diagnoses in a row, as shared_faults() wants them. */
static const struct diagnosis *diagnoses_of(const struct making *making)
{
    struct arena *arena = making->summing.inv->arena;
    struct diagnosis *all = arena_array(arena, making->count, sizeof *all);
    for (size_t i = 0; i < making->count; i++)
        all[i] = *making->at[i].diagnosis;
    return all;
}

static bool make_codes(struct making *making, const struct dashboard_report *report,
                       struct error *err)
{
    ARENA_AUTO arena = {0};
    BUFFER_AUTO list = {0};
    for (size_t i = 0; i < rule_count; i++) {
        BUFFER_AUTO page = {0};
        dashboard_code(&page, report, &rules[i]);
        if (!site_page(&making->site, dashboard_code_file(&arena, &rules[i]), &page, err))
            return false;
    }
    dashboard_codes(&list, rules, rule_count);
    return site_page(&making->site, TEXT("code/index.html"), &list, err);
}

/* The overview comes last, so that what it links to is there. */
static bool make_rest(struct making *making, struct error *err)
{
    const struct invocation *inv = making->summing.inv;
    BUFFER_AUTO page = {0};
    struct shared_faults shared;
    struct dashboard_report report = {
        .findings = {.generated_at = inv->now,
                     .since = making->summing.window.since,
                     .until = making->summing.window.until,
                     .at = diagnoses_of(making),
                     .count = making->count,
                     .shared = &shared},
        .at = making->at,
        .client = invocation_option(inv, "client"),
    };
    shared_faults(report.findings.at, report.findings.count, inv->arena, &shared);
    if (!make_codes(making, &report, err))
        return false;
    dashboard_index(&page, &report);
    return site_page(&making->site, TEXT("index.html"), &page, err);
}

static bool make_all(struct making *making, struct store *store,
                     const struct text_list *domains, struct error *err)
{
    return summing_load(&making->summing, store, domains, err) &&
           analysis_each(making->summing.inv, store, &making->summing.window, domains,
                         make_domain, making, err) &&
           make_rest(making, err);
}

static void tell(const struct invocation *inv, const struct site *site)
{
    BUFFER_AUTO out = {0};
    if (inv->quiet)
        return;
    buffer_format(&out, "%s/index.html: %zu pages written, %zu as they were, %zu removed\n",
                  site->path, site->written, site->kept, site->removed);
    output_buffer(&out);
}

bool command_dashboard(struct invocation *inv, struct error *err)
{
    struct text_list domains = {0};
    struct making making = {.summing.inv = inv};
    struct window *window = &making.summing.window;
    if (!invocation_has(inv, "output"))
        return error_set(err, ERROR_USAGE, "where to? tlsrpt dashboard --output DIR");
    if (!summing_domains(inv, &domains, err) || !analysis_window(inv, window, err))
        return false;
    if (window->until == TIME_UNKNOWN)
        window->until = inv->now;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store)
        return false;
    bool good = site_begin(&making.site, invocation_option(inv, "output"), inv->arena, err) &&
                make_all(&making, store, &domains, err);
    if (!site_end(&making.site, &dashboard_folders, good, err))
        return false;
    tell(inv, &making.site);
    return true;
}
