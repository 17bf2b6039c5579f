#include "published/changes.h"

#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/findings_out.h"
#include "cli/observed.h"
#include "cli/output.h"
#include "cli/window.h"
#include "render/changes.h"
#include "rules/counting.h"
#include "rules/expectation.h"
#include "store/acknowledgements.h"

const struct option options_changes[] = {
    {"from", "TIME",
     "what was published then (default: the first observation): 30d, 2026-11-01"},
    {"to", "TIME", "what was published then (default: the latest observation)"},
    {"format", "text|json", "for people (the default), or one JSON object"},
    {0},
};

struct ends {
    int64_t from, to; /* not after now */
};

static bool read_ends(const struct invocation *inv, struct ends *ends, struct error *err)
{
    struct text from = invocation_option(inv, "from"), to = invocation_option(inv, "to");
    int64_t begin;
    *ends = (struct ends){0, inv->now};
    if (text_known(from) && !window_time(from, inv->now, false, &ends->from, err))
        return error_prefix(err, "--from");
    if (text_known(to)) {
        if (!window_time(to, inv->now, false, &begin, err) ||
            !window_time(to, inv->now, true, &ends->to, err))
            return error_prefix(err, "--to");
        /* A date is meant with its last second. */
        if (ends->to > begin)
            ends->to--;
    }
    if (ends->to > inv->now)
        ends->to = inv->now;
    return ends->from <= ends->to || error_set(err, ERROR_USAGE, "--from is later than %s",
                                               text_known(to) ? "--to" : "now");
}

/* The observation in force at --from, else the first after it. */
static const struct observation *find_first(struct store *store, struct text domain,
                                            const struct ends *ends, struct arena *arena,
                                            struct error *err)
{
    const struct observation *first =
        observed_get(store, domain, OBSERVATION_AT, ends->from, arena, err);
    if (first || err->code)
        return first;
    first = observed_get(store, domain, OBSERVATION_AFTER, ends->from, arena, err);
    return first && first->taken_at <= ends->to ? first : NULL;
}

/* ---- when each was first seen ---- */

struct unfolding {
    const struct observation *first;
    struct arena *arena;
    struct changes *at; /* of each observation whose content is another than that before it */
    size_t count;
    int64_t content;
    struct observation *last;
    struct error *err;
};

static bool add_observation(void *context, const struct stored_observation *stored)
{
    struct unfolding *history = context;
    if (history->last && history->content == stored->content) {
        history->last->taken_at = stored->taken_at;
        return true;
    }
    struct observation *observation = arena_new(history->arena, struct observation);
    struct changes changes;
    if (!observed_unpack(stored, history->arena, observation, history->err))
        return false;
    changes_between(history->first, observation, history->arena, &changes);
    VECTOR_ADD(history->arena, history, changes);
    history->last = observation;
    history->content = stored->content;
    return true;
}

/* What changed from the first observation to the last. */
static bool find_changes(struct store *store, const struct ends *ends,
                         struct unfolding *history, struct changes *changes, struct error *err)
{
    const struct observation *first = history->first;
    struct error why = {0};
    /* cppcheck-suppress autoVariables ; the history is written no more once this returns */
    history->err = &why;
    *changes = (struct changes){0};
    if (!store_observations(store, first->domain, first->taken_at, ends->to, add_observation,
                            history, err))
        return false;
    if (why.code) {
        *err = why;
        return false;
    }
    if (!history->count)
        return true;
    *changes = history->at[history->count - 1];
    for (size_t i = 0; i < history->count; i++)
        changes_seen(changes, &history->at[i]);
    return true;
}

static bool find_acknowledged(const struct invocation *inv, struct store *store,
                              struct text_list *ids, struct error *err)
{
    struct acknowledgements list;
    if (!store_acknowledgements(store, inv->now, inv->arena, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        text_list_add(inv->arena, ids, list.at[i].id);
    return true;
}

/* ---- what they do to mail ---- */

struct looking {
    const struct invocation *inv;
    struct changes_report *report;
};

static void print(const struct invocation *inv, const struct changes_report *report)
{
    BUFFER_AUTO out = {0};
    if (invocation_is(inv, "format", "json"))
        changes_json(&out, report);
    else
        changes_text(&out, report, output_style(inv));
    output_buffer(&out);
}

static const struct sight *sight_at(const struct inquiry *inquiry, int64_t time)
{
    const struct sight *sight = sight_before(inquiry, time + 1);
    return sight && sight->taken_at == time ? sight : NULL;
}

static bool look(void *context, struct inquiry *inquiry, struct groups *groups,
                 struct error *err)
{
    struct looking *looking = context;
    const struct config *config = &looking->inv->config;
    struct expectation expected = {.former_vendors = config->former_vendors};
    const struct sight *from = sight_at(inquiry, looking->report->from);
    const struct sight *to = sight_at(inquiry, looking->report->to);
    (void)err;
    groups_settle(groups, NULL, NULL);
    inquiry->expected = &expected;
    if (from && to)
        migration_look(inquiry, from, to, &looking->report->findings);
    inquiry->expected = NULL;
    print(looking->inv, looking->report);
    return true;
}

/* Of the reports those of that time and since, and of the four weeks before, to compare with. */
static bool look_and_print(const struct invocation *inv, struct store *store,
                           struct changes_report *report, struct error *err)
{
    enum { COMPARED = 28 * TIME_DAY };
    struct looking looking = {inv, report};
    struct window window = {report->from - COMPARED, inv->now + 1};
    return analysis_alone(inv, store, &window, report->domain, look, &looking, err);
}

bool command_changes(struct invocation *inv, struct error *err)
{
    struct text_list domains;
    struct ends ends;
    struct changes changes;
    if (!invocation_domains(inv, &domains, err) || !read_ends(inv, &ends, err))
        return false;
    if (domains.count != 1)
        return error_set(err, ERROR_USAGE, "which domain? changes is of one domain");
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store)
        return false;
    struct unfolding history = {.arena = inv->arena};
    history.first = find_first(store, domains.at[0], &ends, inv->arena, err);
    if (!history.first)
        return err->code ? false
                         : error_set(err, ERROR_UNAVAILABLE,
                                     "%.*s was not observed until then: tlsrpt observe %.*s",
                                     TEXT_ARGS(domains.at[0]), TEXT_ARGS(domains.at[0]));
    if (!find_changes(store, &ends, &history, &changes, err))
        return false;
    struct changes_report report = {
        .domain = domains.at[0],
        .from = history.first->taken_at,
        .to = history.last ? history.last->taken_at : history.first->taken_at,
        .changes = &changes,
    };
    if (!find_acknowledged(inv, store, &report.acknowledged, err))
        return false;
    return look_and_print(inv, store, &report, err);
}
