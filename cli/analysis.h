/* From the database to diagnoses: loads the reports of a window and the observations of its domains,
 * asks the rules, and hands out what they say. */
#ifndef CLI_ANALYSIS_H
#define CLI_ANALYSIS_H

#include "cli/command.h"
#include "cli/window.h"
#include "rules/diagnose.h"
#include "rules/inquiry.h"
#include "store/acknowledgements.h"
#include "store/store.h"

struct analysis {
    struct window window;
    struct {
        struct diagnosis *at; /* in the order of the domains */
        size_t count;
    } diagnoses;
    struct shared_faults shared;
    struct acknowledgements acknowledgements;
};

/* The window of --since and --until; 30 days up to now unless they say otherwise. */
bool analysis_window(const struct invocation *inv, struct window *window, struct error *err);

/* The domains of a command: those named as arguments, else every configured one; none of either leaves
 * the list empty, which stands for every domain with reports in the window. */
bool analysis_domains(const struct invocation *inv, struct text_list *domains,
                      struct error *err);

/* Called for each domain in the order of their names: GROUPS are finished, the observations are there.
 * What INQUIRY points at is freed afterwards. False with *ERR set ends it. */
typedef bool analysis_domain(void *context, struct inquiry *inquiry, struct groups *groups,
                             struct error *err);

/* Loads DOMAINS, which are sorted and each there once, or with an empty list every domain with reports in WINDOW, and calls EACH. */
bool analysis_each(const struct invocation *inv, struct store *store,
                   const struct window *window, const struct text_list *domains,
                   analysis_domain *each, void *context, struct error *err);

/* The same of one domain, which is not to be diagnosed: what other domains tell of its senders is not loaded. */
bool analysis_alone(const struct invocation *inv, struct store *store,
                    const struct window *window, struct text domain, analysis_domain *each,
                    void *context, struct error *err);

/* Diagnoses the domain of INQUIRY, in the arena of the run. */
bool analysis_diagnose(const struct invocation *inv,
                       const struct acknowledgements *acknowledgements, struct inquiry *inquiry,
                       struct groups *groups, struct diagnosis *diagnosis, struct error *err);

/* Diagnoses DOMAINS, or with an empty list every domain with reports in WINDOW. All is in the arena of
 * the run. */
bool analysis_run(const struct invocation *inv, struct store *store,
                  const struct window *window, const struct text_list *domains,
                  struct analysis *analysis, struct error *err);

#endif
