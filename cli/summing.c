#include "cli/summing.h"

#include <stdlib.h>

#include "ahead/forecast.h"
#include "base/vector.h"

/* ---- which domains ---- */

bool summing_domains(const struct invocation *inv, struct text_list *domains, struct error *err)
{
    struct text client = invocation_option(inv, "client");
    if (!text_known(client))
        return analysis_domains(inv, domains, err);
    if (inv->arguments.count)
        return error_set(err, ERROR_USAGE, "--client names the domains: leave out others");
    for (size_t i = 0; i < inv->config.domain_count; i++)
        if (text_equal_nocase(inv->config.domains[i].client, client))
            text_list_add_once(inv->arena, domains, inv->config.domains[i].name);
    text_list_sort(domains);
    struct text shown = text_first(client, 60);
    return domains->count ||
           error_set(err, ERROR_USAGE, "no domain is configured for client %.*s",
                     TEXT_ARGS(shown));
}

bool summing_load(struct summing *summing, struct store *store, const struct text_list *domains,
                  struct error *err)
{
    const struct invocation *inv = summing->inv;
    return expectations_load(inv, store, domains, &summing->expectations, err) &&
           store_acknowledgements(store, inv->now, inv->arena, &summing->acknowledgements, err);
}

/* ---- the numbers ---- */

/* More days than these are no period that anybody reads. */
enum { DAYS_MAX = 3660 };

static void count_days(const struct summing *summing, const struct groups *groups,
                       struct summary *summary)
{
    struct arena *arena = summing->inv->arena;
    int64_t first = time_day(summing->window.since);
    int64_t end = summing->window.until;
    for (int64_t day = first; day < end && summary->by_day.count < DAYS_MAX; day += TIME_DAY)
        VECTOR_ADD(arena, &summary->by_day, ((struct day_count){.day = day}));
    for (size_t i = 0; i < groups->reports.count; i++) {
        int64_t place = (time_day(groups->reports.at[i].begin) - first) / TIME_DAY;
        if (place >= 0 && (size_t)place < summary->by_day.count)
            session_counts_add(&summary->by_day.at[place].sessions,
                               groups->reports.at[i].total);
    }
}

static int compare_reporters(const void *a, const void *b)
{
    const struct reporter_count *x = a, *y = b;
    uint64_t of_x = sessions_add(x->sessions.successful, x->sessions.failed);
    uint64_t of_y = sessions_add(y->sessions.successful, y->sessions.failed);
    if (of_x != of_y)
        return of_x < of_y ? 1 : -1;
    return text_compare(x->name, y->name);
}

static void count_reporters(const struct summing *summing, const struct groups *groups,
                            struct summary *summary)
{
    struct arena *arena = summing->inv->arena;
    for (size_t i = 0; i < groups->reporters.count; i++) {
        const struct reporter_seen *reporter = groups->reporters.at[i];
        if (reporter->is_second)
            continue;
        struct reporter_count count = {text_copy(arena, reporter->name), reporter->total, NULL};
        if (reporter->twin)
            session_counts_add(&count.sessions, reporter->twin->total);
        VECTOR_ADD(arena, &summary->reporters, count);
    }
    if (summary->reporters.count)
        qsort(summary->reporters.at, summary->reporters.count, sizeof *summary->reporters.at,
              compare_reporters);
}

/* ---- what changed ---- */

static struct text_list copy_texts(struct arena *arena, const struct text_list *list)
{
    struct text_list copy = {0};
    for (size_t i = 0; i < list->count; i++)
        text_list_add(arena, &copy, text_copy(arena, list->at[i]));
    return copy;
}

static void keep_changes(struct arena *arena, const struct changes *changes,
                         struct summary *summary)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct change change = changes->at[i];
        change.name = text_copy(arena, change.name);
        change.before = copy_texts(arena, &change.before);
        change.after = copy_texts(arena, &change.after);
        VECTOR_ADD(arena, &summary->changes, change);
    }
}

static void find_changes(const struct summing *summing, const struct inquiry *inquiry,
                         struct summary *summary)
{
    const struct sight *first = sight_before(inquiry, summing->window.since);
    const struct sight *last = sight_before(inquiry, summing->window.until);
    struct changes changes = {0};
    if (!first)
        first = sight_after(inquiry, summing->window.since - 1);
    if (!first || !last || first->taken_at >= last->taken_at)
        return;
    changes_between(first->observation, last->observation, inquiry->arena, &changes);
    for (const struct sight *each = first + 1; each < last; each++) {
        struct changes earlier = {0};
        if (each->content == each[-1].content)
            continue;
        changes_between(first->observation, each->observation, inquiry->arena, &earlier);
        changes_seen(&changes, &earlier);
    }
    keep_changes(summing->inv->arena, &changes, summary);
}

/* ---- the whole ---- */

static struct text action_of(const struct summary *summary)
{
    const struct findings *findings = &summary->diagnosis->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].state == STATE_ONGOING && !findings->at[i].acknowledged &&
            findings->at[i].severity >= SEVERITY_WARNING)
            return findings->at[i].action;
    return TEXT("Nothing to do.");
}

bool summing_domain(struct summing *summing, struct inquiry *inquiry, struct groups *groups,
                    struct summary *summary, struct error *err)
{
    struct arena *arena = summing->inv->arena;
    struct expectation *expectation = arena_new(inquiry->arena, struct expectation);
    struct audit audit, *kept_audit = arena_new(arena, struct audit);
    struct diagnosis *diagnosis = arena_new(arena, struct diagnosis);
    *summary = (struct summary){.audit = kept_audit, .diagnosis = diagnosis};
    expectation_of(&summing->expectations, inquiry->domain, expectation);
    inquiry->expected = expectation;
    audit_domain(inquiry, groups, &audit);
    audit_copy(&audit, arena, kept_audit);
    if (!analysis_diagnose(summing->inv, &summing->acknowledgements, inquiry, groups, diagnosis,
                           err))
        return false;
    summary->sessions = groups->total;
    count_days(summing, groups, summary);
    count_reporters(summing, groups, summary);
    find_changes(summing, inquiry, summary);
    summary->action = action_of(summary);
    struct forecast *forecast = arena_new(arena, struct forecast);
    forecast_make(inquiry, diagnosis, arena, forecast);
    summary->forecast = forecast;
    return true;
}
