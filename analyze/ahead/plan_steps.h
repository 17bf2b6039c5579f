/* What the plans of all goals are made of. */
#ifndef AHEAD_PLAN_STEPS_H
#define AHEAD_PLAN_STEPS_H

#include "ahead/plan.h"

struct planning {
    const struct inquiry *inquiry;
    const struct proposal *proposal;
    struct arena *arena;
    struct plan *plan;
    const struct sight *now;
    const struct mta_sts_policy *policy; /* in force; null: none */
};

/* Adds a step. The pointer is good until the next one is added. */
struct plan_step *plan_step(struct planning *planning, const char *title, bool done)
    __attribute__((returns_nonnull));
void plan_says(struct planning *planning, struct text *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void plan_cost(struct planning *planning, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void plan_note(struct planning *planning, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void plan_paste(struct planning *planning, struct plan_step *step, const char *kind,
                struct text name, struct text content);

/* The policy file of MODE and MAX_AGE that lists what POLICY (may be null) does and HOSTS, and the record with a new
 * id. */
void plan_paste_policy(struct planning *planning, struct plan_step *step,
                       const struct mta_sts_policy *policy, enum mta_sts_mode mode,
                       uint64_t max_age, const struct text_list *hosts);

/* How nginx and Caddy serve it. */
void plan_paste_servers(struct planning *planning, struct plan_step *step);

/* "2026-06-08", or "the day it is done" plus SECONDS for one that is not known. */
struct text plan_date(struct planning *planning, int64_t time);

void plan_mx(struct planning *planning);
void plan_certificate(struct planning *planning);

#endif
