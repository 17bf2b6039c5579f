#include "cli/analysis.h"

#include <stdlib.h>

#include "base/vector.h"
#include "cli/observed.h"
#include "cli/output.h"
#include "rules/groups.h"
#include "rules/inquiry.h"
#include "rules/survey.h"
#include "store/window.h"

enum { DEFAULT_WINDOW = 30 * TIME_DAY };

bool analysis_window(const struct invocation *inv, struct window *window, struct error *err)
{
    return window_read(invocation_option(inv, "since"), invocation_option(inv, "until"),
                       inv->now, DEFAULT_WINDOW, window, err);
}

bool analysis_domains(const struct invocation *inv, struct text_list *domains,
                      struct error *err)
{
    if (!invocation_domains(inv, domains, err))
        return false;
    for (size_t i = 0; !inv->arguments.count && i < inv->config.domain_count; i++)
        text_list_add_once(inv->arena, domains, inv->config.domains[i].name);
    text_list_sort(domains);
    return true;
}

/* ---- reports ---- */

/* The groups of one domain, in an arena of its own. */
struct loaded {
    struct text domain;
    struct arena arena;
    struct groups groups;
};

struct loading {
    const struct text_list *wanted; /* sorted; empty: all */
    struct arena *arena;
    struct survey *survey;
    struct {
        struct loaded **at; /* those wanted, in the order of their names */
        size_t count;
    } domains;
    struct loaded *current;
    bool only_survey; /* the domains are known: what comes is for the survey */
    bool alone;       /* what other domains tell is not asked for */
};

static void loaded_free(struct loaded *loaded)
{
    arena_free(&loaded->arena);
    free(loaded);
}

static struct loaded *loaded_new(struct arena *arena, struct text domain)
{
    struct loaded *loaded = calloc(1, sizeof *loaded);
    if (!loaded)
        memory_exhausted();
    loaded->domain = text_copy(arena, domain);
    loaded->groups = groups_new(&loaded->arena);
    return loaded;
}

/* What is reported of a domain that nobody asked for still tells of the senders. */
static void finish_current(struct loading *loading)
{
    struct loaded *loaded = loading->current;
    if (!loaded)
        return;
    loading->current = NULL;
    groups_finish(&loaded->groups);
    if (loading->only_survey || !loading->wanted->count)
        survey_add(loading->survey, loaded->domain, &loaded->groups);
    if (loading->only_survey)
        loaded_free(loaded);
    else
        VECTOR_ADD(loading->arena, &loading->domains, loaded);
}

static bool take_report(void *context, struct text domain, const struct tls_report *report)
{
    struct loading *loading = context;
    if (!loading->current || !text_equal(loading->current->domain, domain)) {
        finish_current(loading);
        loading->current = loaded_new(loading->arena, domain);
    }
    groups_add(&loading->current->groups, report);
    return true;
}

/* Domains that were asked for and have no reports are looked at all the same. Both lists are in the order
 * of names. */
static void add_without_reports(struct loading *loading)
{
    size_t reported = loading->domains.count;
    for (size_t i = 0, j = 0; i < loading->wanted->count; i++) {
        struct text wanted = loading->wanted->at[i];
        while (j < reported && text_compare(loading->domains.at[j]->domain, wanted) < 0)
            j++;
        if (j == reported || !text_equal(loading->domains.at[j]->domain, wanted))
            VECTOR_ADD(loading->arena, &loading->domains, loaded_new(loading->arena, wanted));
    }
    /* gcc-suppress -Wanalyzer-malloc-leak ; they are in the list, whose end frees them */
}

static bool load_those(struct store *store, const struct window_filter *filter,
                       struct loading *loading, struct error *err)
{
    bool loaded = store_window_each(store, filter, take_report, loading, err);
    finish_current(loading);
    return loaded;
}

static bool asks_for_survey(const struct loading *loading)
{
    for (size_t i = 0; i < loading->domains.count; i++)
        if (survey_is_asked(&loading->domains.at[i]->groups))
            return true;
    return false;
}

/* Those that were asked for come first; the others, of which there may be many, only where a rule may
 * ask for what they tell. */
static bool load(struct store *store, const struct invocation *inv, const struct window *window,
                 struct loading *loading, struct error *err)
{
    struct window_filter filter = {.since = window->since,
                                   .until = window->until,
                                   .now = inv->now,
                                   .domains = loading->wanted};
    bool loaded = load_those(store, &filter, loading, err);
    if (loaded && loading->wanted->count && !loading->alone && asks_for_survey(loading)) {
        filter.domains = NULL;
        loading->only_survey = true;
        loaded = load_those(store, &filter, loading, err);
    }
    if (loaded)
        add_without_reports(loading);
    return loaded;
}

static int compare_loaded(const void *a, const void *b)
{
    return text_compare((*(struct loaded *const *)a)->domain,
                        (*(struct loaded *const *)b)->domain);
}

/* ---- observations ---- */

struct observing {
    struct inquiry *inquiry;
    struct observation *last;
    int64_t content;
    struct error why;
};

static bool take_observation(void *context, const struct stored_observation *stored)
{
    struct observing *observing = context;
    struct observation *observation = arena_new(observing->inquiry->arena, struct observation);
    if (observing->last && observing->content == stored->content) {
        *observation = *observing->last;
        observation->taken_at = stored->taken_at;
    } else if (!observed_unpack(stored, observing->inquiry->arena, observation,
                                &observing->why)) {
        return false;
    }
    observing->last = observation;
    observing->content = stored->content;
    inquiry_observed(observing->inquiry, observation, stored->content);
    return true;
}

static bool load_observations(struct store *store, struct inquiry *inquiry, struct error *err)
{
    struct observing observing = {.inquiry = inquiry};
    if (!store_observations(store, inquiry->domain, 0, inquiry->now, take_observation,
                            &observing, err))
        return false;
    if (observing.why.code)
        *err = observing.why;
    return !observing.why.code;
}

/* ---- diagnoses ---- */

static bool check_sums(const struct inquiry *inquiry, bool reconciled, struct error *err)
{
    if (reconciled)
        return true;
#ifdef TLSRPT_DEV
    return error_set(err, ERROR_BUG, "the sums of the findings of %.*s do not add up",
                     TEXT_ARGS(inquiry->domain));
#else
    (void)err;
    output_message("the sums of the findings of %.*s do not add up: please report this",
                   TEXT_ARGS(inquiry->domain));
    return true;
#endif
}

static void add_acknowledgements(const struct acknowledgements *list,
                                 struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->findings.count; i++) {
        struct finding *finding = &diagnosis->findings.at[i];
        const struct acknowledgement *known = acknowledgement_of(list, text_of(finding->id));
        if (!known)
            continue;
        finding->acknowledged = true;
        finding->acknowledged_until = known->until;
        finding->acknowledged_note = known->note;
    }
}

bool analysis_diagnose(const struct invocation *inv,
                       const struct acknowledgements *acknowledgements, struct inquiry *inquiry,
                       struct groups *groups, struct diagnosis *diagnosis, struct error *err)
{
    struct diagnosis made;
    if (!check_sums(inquiry, diagnose(inquiry, groups, &made), err))
        return false;
    diagnosis_copy(&made, inv->arena, diagnosis);
    add_acknowledgements(acknowledgements, diagnosis);
    return true;
}

static bool take_domain(const struct invocation *inv, struct store *store,
                        const struct window *window, const struct loading *loading,
                        struct loaded *loaded, analysis_domain *each, void *context,
                        struct error *err)
{
    ARENA_AUTO arena = {0};
    struct inquiry inquiry = {
        .arena = &arena,
        .domain = loaded->domain,
        .now = inv->now,
        .since = window->since,
        .until = window->until,
        .groups = &loaded->groups,
        .survey = loading->survey,
    };
    return load_observations(store, &inquiry, err) &&
           each(context, &inquiry, &loaded->groups, err);
}

static bool take_each(const struct invocation *inv, struct store *store,
                      const struct window *window, const struct text_list *domains, bool alone,
                      analysis_domain *each, void *context, struct error *err)
{
    struct loading loading = {.wanted = domains,
                              .arena = inv->arena,
                              .survey = survey_new(inv->arena),
                              .alone = alone};
    bool good = load(store, inv, window, &loading, err);
    if (loading.domains.count)
        qsort(loading.domains.at, loading.domains.count, sizeof *loading.domains.at,
              compare_loaded);
    for (size_t i = 0; i < loading.domains.count; i++) {
        good = good && take_domain(inv, store, window, &loading, loading.domains.at[i], each,
                                   context, err);
        loaded_free(loading.domains.at[i]);
    }
    return good;
}

bool analysis_each(const struct invocation *inv, struct store *store,
                   const struct window *window, const struct text_list *domains,
                   analysis_domain *each, void *context, struct error *err)
{
    return take_each(inv, store, window, domains, false, each, context, err);
}

bool analysis_alone(const struct invocation *inv, struct store *store,
                    const struct window *window, struct text domain, analysis_domain *each,
                    void *context, struct error *err)
{
    struct text_list domains = {&domain, 1};
    return take_each(inv, store, window, &domains, true, each, context, err);
}

struct running {
    const struct invocation *inv;
    struct analysis *analysis;
};

static bool add_diagnosis(void *context, struct inquiry *inquiry, struct groups *groups,
                          struct error *err)
{
    struct running *running = context;
    struct diagnosis diagnosis;
    if (!analysis_diagnose(running->inv, &running->analysis->acknowledgements, inquiry, groups,
                           &diagnosis, err))
        return false;
    VECTOR_ADD(running->inv->arena, &running->analysis->diagnoses, diagnosis);
    return true;
}

bool analysis_run(const struct invocation *inv, struct store *store,
                  const struct window *window, const struct text_list *domains,
                  struct analysis *analysis, struct error *err)
{
    struct running running = {inv, analysis};
    *analysis = (struct analysis){.window = *window};
    if (!store_acknowledgements(store, inv->now, inv->arena, &analysis->acknowledgements,
                                err) ||
        !analysis_each(inv, store, window, domains, add_diagnosis, &running, err))
        return false;
    shared_faults(analysis->diagnoses.at, analysis->diagnoses.count, inv->arena,
                  &analysis->shared);
    return true;
}
