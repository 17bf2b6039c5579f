#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/expectations.h"
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
struct search {
    const struct invocation *inv;
    struct text prefix;
    struct acknowledgements acknowledgements;
    struct expectations expectations;
    const struct finding *found;
    size_t count;
};

/* Also what audit and check find. */
static bool search_domain(void *context, struct inquiry *inquiry, struct groups *groups,
                          struct error *err)
{
    struct search *search = context;
    struct expectation expectation;
    struct diagnosis *diagnosis = arena_new(search->inv->arena, struct diagnosis);
    expectation_of(&search->expectations, inquiry->domain, &expectation);
    /* cppcheck-suppress autoVariables ; the inquiry is asked no more once this returns */
    inquiry->expected = &expectation;
    if (!analysis_diagnose(search->inv, &search->acknowledgements, inquiry, groups, diagnosis,
                           err))
        return false;
    for (size_t i = 0; i < diagnosis->findings.count; i++) {
        const struct finding *finding = &diagnosis->findings.at[i];
        if (!text_starts(text_of(finding->id), search->prefix))
            continue;
        if (!search->found)
            search->found = finding;
        search->count++;
    }
    return true;
}

/* Looks among the domains that analyze takes, then among all with reports, then among all that were
 * observed. */
static bool look(const struct invocation *inv, struct store *store, struct search *search,
                 struct error *err)
{
    struct text_list sets[3] = {0};
    struct window window;
    struct invocation plain = *inv;
    plain.arguments = (struct text_list){0};
    if (!analysis_window(inv, &window, err) || !analysis_domains(&plain, &sets[0], err) ||
        !store_observed_domains(store, inv->now, inv->arena, &sets[2], err) ||
        !store_acknowledgements(store, inv->now, inv->arena, &search->acknowledgements, err) ||
        !expectations_load(inv, store, NULL, &search->expectations, err))
        return false;
    for (size_t i = 0; i < 3 && !search->found; i++) {
        bool is_same = i == 1 && !sets[0].count;
        if (is_same || (i == 2 && !sets[2].count))
            continue;
        if (!analysis_each(inv, store, &window, &sets[i], search_domain, search, err))
            return false;
    }
    return true;
}

bool command_show(struct invocation *inv, struct error *err)
{
    BUFFER_AUTO out = {0};
    if (inv->arguments.count != 1 || inv->arguments.at[0].length < 4)
        return error_set(
            err, ERROR_USAGE,
            "which finding? show takes one id (or its first digits, four at least), as "
            "tlsrpt analyze prints it");
    struct search search = {.inv = inv, .prefix = text_lower(inv->arena, inv->arguments.at[0])};
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store || !look(inv, store, &search, err))
        return false;
    struct text shown = text_first(search.prefix, 20);
    if (!search.found)
        return error_set(
            err, ERROR_USAGE,
            "no finding of this window has the id %.*s: tlsrpt analyze and audit list them",
            TEXT_ARGS(shown));
    if (search.count > 1)
        return error_set(err, ERROR_USAGE,
                         "%zu findings have an id that begins with %.*s: give more of it",
                         search.count, TEXT_ARGS(shown));
    if (invocation_is(inv, "format", "json"))
        finding_json(&out, search.found);
    else
        finding_text(&out, search.found, output_style(inv));
    output_buffer(&out);
    return true;
}
