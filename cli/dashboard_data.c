#include "cli/dashboard_data.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/vector.h"

/* So many bars are still told apart in a plot; a longer window has several days in one. */
enum { BARS_MAX = 92 };

struct counting {
    struct arena *arena;
    const struct inquiry *inquiry;
    const struct groups *groups;
    struct dashboard_domain *data;
};

/* ---- by day and reporter ---- */

static void name_parts(struct dashboard_domain *data)
{
    size_t count = data->summary->reporters.count;
    for (size_t i = 0; i < count && i < DASHBOARD_PARTS; i++) {
        struct text name = data->summary->reporters.at[i].name;
        data->parts[data->part_count++] = text_known(name) ? name : TEXT("(no name)");
    }
    if (count > DASHBOARD_PARTS)
        data->parts[DASHBOARD_PARTS - 1] = TEXT("others");
}

static size_t part_of_reporter(const struct dashboard_domain *data, struct text name)
{
    size_t count = data->summary->reporters.count;
    for (size_t i = 0; i < count && i + 1 < DASHBOARD_PARTS; i++)
        if (text_equal(data->summary->reporters.at[i].name, name))
            return i;
    return DASHBOARD_PARTS - 1;
}

static void make_bars(struct counting *counting)
{
    struct dashboard_domain *data = counting->data;
    int64_t first = time_day(data->since),
            days = (data->until - first + TIME_DAY - 1) / TIME_DAY;
    data->bar_days = (days + BARS_MAX - 1) / BARS_MAX;
    for (int64_t day = 0; day < days; day += data->bar_days)
        VECTOR_ADD(counting->arena, &data->bars,
                   ((struct dashboard_bar){.day = first + day * TIME_DAY}));
}

/* The bar that TIME is in, or null. */
static struct dashboard_bar *bar_of(const struct dashboard_domain *data, int64_t time)
{
    int64_t first = time_day(data->since), length = data->bar_days * TIME_DAY;
    if (time < first || (size_t)((time - first) / length) >= data->bars.count)
        return NULL;
    return &data->bars.at[(time - first) / length];
}

static void count_reports(struct counting *counting)
{
    for (size_t i = 0; i < counting->groups->reports.count; i++) {
        const struct report_seen *report = &counting->groups->reports.at[i];
        struct dashboard_bar *bar = bar_of(counting->data, report->begin);
        if (!bar)
            continue;
        session_counts_add(&bar->sessions, report->total);
        session_counts_add(
            &bar->parts[part_of_reporter(counting->data, report->reporter->name)],
            report->total);
    }
}

/* ---- by MX and address ---- */

static int compare_places(const void *a, const void *b)
{
    const struct dashboard_place *x = a, *y = b;
    int order = text_compare(x->mx, y->mx);
    return order ? order : text_compare(x->address, y->address);
}

static int compare_weights(const void *a, const void *b)
{
    const struct dashboard_place *x = a, *y = b;
    if (x->sessions != y->sessions)
        return x->sessions < y->sessions ? 1 : -1;
    return compare_places(a, b);
}

/* Those of one MX and address stand side by side: they become one. */
static void join_places(struct dashboard_domain *data)
{
    size_t kept = 0;
    for (size_t i = 0; i < data->places.count; i++) {
        const struct dashboard_place *place = &data->places.at[i];
        struct dashboard_place *last = kept ? &data->places.at[kept - 1] : NULL;
        if (last && compare_places(last, place) == 0) {
            last->sessions = sessions_add(last->sessions, place->sessions);
            last->result_types |= place->result_types;
        } else {
            data->places.at[kept++] = *place;
        }
    }
    data->places.count = kept;
}

static void count_places(struct counting *counting)
{
    struct dashboard_domain *data = counting->data;
    for (size_t i = 0; i < counting->groups->all.count; i++) {
        const struct failure_group *group = counting->groups->all.at[i];
        struct dashboard_place place = {.mx = group->mx,
                                        .address = group->address,
                                        .result_types = 1U << (unsigned)group->result_type,
                                        .sessions = group->carried};
        if (group->carried)
            VECTOR_ADD(counting->arena, &data->places, place);
    }
    if (!data->places.count)
        return;
    qsort(data->places.at, data->places.count, sizeof *data->places.at, compare_places);
    join_places(data);
    qsort(data->places.at, data->places.count, sizeof *data->places.at, compare_weights);
}

/* ---- what was published ---- */

static void add_state(struct counting *counting, const struct sight *sight)
{
    struct dashboard_domain *data = counting->data;
    struct dashboard_state state = {.first_at = sight->taken_at,
                                    .last_at = sight->taken_at,
                                    .observation = sight->observation};
    if (data->states.count)
        changes_between(data->states.at[data->states.count - 1].observation, sight->observation,
                        counting->arena, &state.changes);
    VECTOR_ADD(counting->arena, &data->states, state);
}

/* Up to the end of the window: a page is of that time. */
static void find_states(struct counting *counting)
{
    struct dashboard_domain *data = counting->data;
    const struct sights *sights = &counting->inquiry->sights;
    for (size_t i = 0; i < sights->count && sights->at[i].taken_at < data->until; i++) {
        if (i && sights->at[i].content == sights->at[i - 1].content)
            data->states.at[data->states.count - 1].last_at = sights->at[i].taken_at;
        else
            add_state(counting, &sights->at[i]);
    }
    for (size_t i = 0; i < data->states.count; i++)
        if (data->states.at[i].first_at < data->since)
            data->state_then = i;
}

static void mark_changes(struct dashboard_domain *data)
{
    size_t number = 0;
    for (size_t i = 1; i < data->states.count; i++) {
        struct dashboard_state *state = &data->states.at[i];
        struct dashboard_bar *bar = bar_of(data, state->first_at);
        if (!bar || !state->changes.count || state->first_at < data->since)
            continue;
        state->mark = ++number;
        if (!bar->mark)
            bar->mark = number;
    }
}

void dashboard_data(const struct window *window, const struct inquiry *inquiry,
                    const struct groups *groups, const struct summary *summary,
                    struct dashboard_domain *data)
{
    struct counting counting = {inquiry->arena, inquiry, groups, data};
    *data = (struct dashboard_domain){
        .summary = summary, .since = window->since, .until = window->until};
    name_parts(data);
    make_bars(&counting);
    count_reports(&counting);
    count_places(&counting);
    find_states(&counting);
    mark_changes(data);
}
