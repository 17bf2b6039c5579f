#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/findings_out.h"
#include "cli/nearest.h"
#include "cli/observe.h"
#include "cli/output.h"
#include "render/migration.h"
#include "store/observations.h"

const struct option options_analyze[] = {
    {"since", "TIME", "reports that begin then or later: 30d (the default), 2026-11-01"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {"fresh", NULL, "observe the domains first"},
    {"code", "CODE", "say what a code means; list, or nothing, names them all",
     .may_lack = true},
    {"format", "text|json|html", "for people (the default), one JSON object, or one page"},
    {0},
};

/* ---- --code ---- */

static bool explain_code(const struct invocation *inv, struct text code, struct error *err)
{
    BUFFER_AUTO out = {0};
    const struct rule *rule = rule_of(code);
    const struct migration_rule *migration = migration_rule_of(code);
    if (!code.length || text_equal(code, TEXT("list"))) {
        codes_text(&out, rules, rule_count, output_style(inv));
        migration_codes_text(&out, output_style(inv));
    } else if (migration) {
        migration_code_text(&out, migration, output_style(inv));
    } else if (rule) {
        code_text(&out, rule, output_style(inv));
    } else {
        struct nearest nearest = nearest_to(code);
        for (size_t i = 0; i < rule_count; i++)
            nearest_try(&nearest, rules[i].code);
        for (size_t i = 0; i < migration_rule_count; i++)
            nearest_try(&nearest, migration_rules[i].code);
        struct text shown = text_first(code, 60);
        return error_set(err, ERROR_USAGE, "there is no code \"%.*s\"; %s%s", TEXT_ARGS(shown),
                         nearest.best ? "did you mean " : "--code list names them",
                         nearest.best ? nearest.best : "");
    }
    output_buffer(&out);
    return true;
}

/* ---- the command ---- */

/* Of the domains that strangers' reports name, no more than these are observed. */
enum { OBSERVED_MAX = 1000 };

static bool add_reported(const struct invocation *inv, struct store *store,
                         const struct window *window, struct text_list *domains,
                         struct error *err)
{
    struct text_list reported = {0};
    int64_t until = window->until <= inv->now ? window->until - 1 : inv->now;
    if (!store_reported_domains(store, window->since, until, OBSERVED_MAX, inv->arena,
                                &reported, err))
        return false;
    for (size_t i = 0; i < reported.count; i++)
        if (text_is_host(reported.at[i]))
            text_list_add(inv->arena, domains, reported.at[i]);
    return true;
}

static bool observe_first(struct invocation *inv, const struct text_list *domains,
                          struct window *window, struct error *err)
{
    struct text_list observed = *domains;
    if (inv->offline)
        return error_set(err, ERROR_USAGE,
                         "--fresh looks things up in the network, and --offline forbids it");
    STORE_AUTO *store = database_open(inv, DATABASE_CHANGE, err);
    if (!store || (!observed.count && !add_reported(inv, store, window, &observed, err)))
        return false;
    if (observed.count && !observe_quietly(inv, store, &observed, err))
        return false;
    return analysis_window(inv, window, err);
}

bool command_analyze(struct invocation *inv, struct error *err)
{
    struct text_list domains;
    struct analysis analysis;
    struct window window;
    if (invocation_has(inv, "code"))
        return explain_code(inv, invocation_option(inv, "code"), err);
    if (!analysis_domains(inv, &domains, err) || !analysis_window(inv, &window, err))
        return false;
    if (invocation_has(inv, "fresh") && !observe_first(inv, &domains, &window, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store || !analysis_run(inv, store, &window, &domains, &analysis, err))
        return false;
    findings_out(inv, &analysis);
    return true;
}
