#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/findings_out.h"
#include "cli/output.h"
#include "store/observations.h"

const struct option options_show[] = {
    {"since", "TIME", "reports that begin then or later: 30d (the default), 2026-11-01"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {"format", "text|json", "for people (the default), or one JSON object"},
    {0},
};

/* The findings whose id begins with PREFIX: the first, and how many. */
static const struct finding *find(const struct analysis *analysis, struct text prefix,
                                  size_t *count)
{
    const struct finding *found = NULL;
    *count = 0;
    for (size_t i = 0; i < analysis->diagnoses.count; i++) {
        const struct findings *findings = &analysis->diagnoses.at[i].findings;
        for (size_t j = 0; j < findings->count; j++) {
            if (!text_starts(text_of(findings->at[j].id), prefix))
                continue;
            if (!found)
                found = &findings->at[j];
            ++*count;
        }
    }
    return found;
}

/* Looks among the domains that analyze takes, then among all with reports, then among all that were
 * observed. */
static bool look(const struct invocation *inv, struct store *store, struct text prefix,
                 const struct finding **found, size_t *count, struct error *err)
{
    struct text_list sets[3] = {0};
    struct analysis analysis;
    struct window window;
    struct invocation plain = *inv;
    plain.arguments = (struct text_list){0};
    if (!analysis_window(inv, &window, err) || !analysis_domains(&plain, &sets[0], err) ||
        !store_observed_domains(store, inv->now, inv->arena, &sets[2], err))
        return false;
    *found = NULL;
    for (size_t i = 0; i < 3 && !*found; i++) {
        bool is_same = i == 1 && !sets[0].count;
        if (is_same || (i == 2 && !sets[2].count))
            continue;
        if (!analysis_run(inv, store, &window, &sets[i], &analysis, err))
            return false;
        *found = find(&analysis, prefix, count);
    }
    return true;
}

bool command_show(struct invocation *inv, struct error *err)
{
    BUFFER_AUTO out = {0};
    const struct finding *finding;
    size_t count = 0;
    if (inv->arguments.count != 1 || inv->arguments.at[0].length < 4)
        return error_set(
            err, ERROR_USAGE,
            "which finding? show takes one id (or its first digits, four at least), as "
            "tlsrpt analyze prints it");
    struct text prefix = text_lower(inv->arena, inv->arguments.at[0]);
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store || !look(inv, store, prefix, &finding, &count, err))
        return false;
    struct text shown = text_first(prefix, 20);
    if (!finding)
        return error_set(err, ERROR_USAGE,
                         "no finding of this window has the id %.*s: tlsrpt analyze lists them",
                         TEXT_ARGS(shown));
    if (count > 1)
        return error_set(err, ERROR_USAGE,
                         "%zu findings have an id that begins with %.*s: give more of it",
                         count, TEXT_ARGS(shown));
    if (invocation_is(inv, "format", "json"))
        finding_json(&out, finding);
    else
        finding_text(&out, finding, output_style(inv));
    output_buffer(&out);
    return true;
}
