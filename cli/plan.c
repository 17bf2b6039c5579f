#include "ahead/plan.h"

#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/findings_out.h"
#include "cli/output.h"
#include "cli/proposal.h"
#include "render/plan.h"
#include "rules/expectation.h"

const struct option options_plan[] = {
    {"certificate", "FILE", "the new certificate, in PEM form, for its TLSA record"},
    {"since", "TIME", "reports that begin then or later: 30d (the default), 2026-11-01"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {"format", "text|json", "for people (the default), or one JSON object"},
    {0},
};

struct planning_run {
    const struct invocation *inv;
    enum plan_goal goal;
    struct proposal proposal;
};

static bool make(void *context, struct inquiry *inquiry, struct groups *groups,
                 struct error *err)
{
    const struct planning_run *run = context;
    struct acknowledgements none = {0};
    struct diagnosis diagnosis;
    struct plan plan;
    BUFFER_AUTO out = {0};
    /* It tells whether the domain is ready for enforce. */
    if (!analysis_diagnose(run->inv, &none, inquiry, groups, &diagnosis, err))
        return false;
    struct expectation expected = {.former_vendors = run->inv->config.former_vendors};
    inquiry->readiness = &diagnosis.mta_sts;
    inquiry->expected = &expected;
    plan_make(inquiry, run->goal, &run->proposal, &plan);
    inquiry->readiness = NULL;
    inquiry->expected = NULL;
    if (invocation_is(run->inv, "format", "json"))
        plan_json(&out, &plan, run->inv->now);
    else
        plan_text(&out, &plan, output_style(run->inv));
    output_buffer(&out);
    return true;
}

static bool read_goal(const struct invocation *inv, struct planning_run *run, struct error *err)
{
    const struct text_list *arguments = &inv->arguments;
    for (unsigned goal = 1; arguments->count > 1 && goal < PLAN_COUNT; goal++)
        if (text_equal(arguments->at[1], text_of(plan_goal_name((enum plan_goal)goal))))
            run->goal = (enum plan_goal)goal;
    if (!run->goal)
        return error_set(
            err, ERROR_USAGE,
            "plan takes a domain and where to go: enforce, testing, none, mx NAME…, "
            "or certificate");
    if ((run->goal == PLAN_MX) != (arguments->count > 2))
        return error_set(err, ERROR_USAGE,
                         run->goal == PLAN_MX
                             ? "which MX hosts? plan DOMAIN mx NAME…"
                             : "there are words behind the goal: only mx takes names");
    struct invocation names = *inv;
    names.arguments =
        (struct text_list){arguments->at + 2, arguments->count > 2 ? arguments->count - 2 : 0};
    struct text_list sorted;
    if (!proposal_read(inv, &run->proposal, err) || !invocation_domains(&names, &sorted, err))
        return false;
    for (size_t i = 0; i < names.arguments.count; i++)
        text_list_add_once(inv->arena, &run->proposal.mx,
                           text_host(inv->arena, names.arguments.at[i]));
    return true;
}

bool command_plan(struct invocation *inv, struct error *err)
{
    struct planning_run run = {.inv = inv};
    struct invocation first = *inv;
    struct text_list domains;
    struct window window;
    if (!read_goal(inv, &run, err))
        return false;
    first.arguments.count = 1;
    if (!invocation_domains(&first, &domains, err) || !analysis_window(inv, &window, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    return store && analysis_each(inv, store, &window, &domains, make, &run, err);
}
