/* The dated steps of a move: to enforce, to testing, out of MTA-STS, to other MX hosts, to a new certificate; and the
 * step that the domain is at, by what was observed. It proposes and changes nothing. */
#ifndef AHEAD_PLAN_H
#define AHEAD_PLAN_H

#include "ahead/migration.h"
#include "ahead/proposal.h"

enum plan_goal {
    PLAN_UNKNOWN = 0,
    PLAN_ENFORCE,
    PLAN_TESTING,
    PLAN_NONE,
    PLAN_MX,
    PLAN_CERTIFICATE,
    PLAN_COUNT,
};
/* "enforce", "testing", "none", "mx", "certificate"; null for unknown. */
const char *plan_goal_name(enum plan_goal goal);

/* Something to paste. */
struct plan_file {
    const char *kind; /* "policy", "dns", "nginx", "caddy", "command" */
    struct text name; /* where it belongs */
    struct text content;
};

struct plan_step {
    struct text title, text; /* what to do; why, and what to mind */
    int64_t not_before;      /* TIME_UNKNOWN: at once after the step before it */
    int64_t not_after;       /* TIME_UNKNOWN: nothing is known that waits for it */
    bool done;
    struct {
        struct plan_file *at;
        size_t count;
    } files;
    struct text done_when;
};

struct plan {
    struct text domain;
    enum plan_goal goal;
    int64_t observed_at; /* TIME_UNKNOWN: nothing is known, and there are no steps */
    struct {
        struct plan_step *at;
        size_t count;
    } steps;
    size_t current;         /* the first that is not done; steps.count: all are */
    struct text_list costs; /* what the move gives up; empty where it weakens nothing */
    struct text_list notes;
    /* What the latest change left in the way, of severity warning and critical: to be mended first. */
    struct migration_findings findings;
};

/* Plans for the domain of INQUIRY, which is diagnosed. For PLAN_MX the hosts are PROPOSAL->mx; for PLAN_CERTIFICATE its
 * certificate, if known, is the new one. All of *PLAN is in the inquiry's arena. */
void plan_make(const struct inquiry *inquiry, enum plan_goal goal,
               const struct proposal *proposal, struct plan *plan);

#endif
