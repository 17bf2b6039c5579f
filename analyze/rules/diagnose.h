/* The engine: asks every rule about every group and about what is published now, lets the rules of
 * precedence decide, and puts findings together (diagnosis.md, "Which rule wins"). */
#ifndef RULES_DIAGNOSE_H
#define RULES_DIAGNOSE_H

#include "rules/inquiry.h"

/* Diagnoses the domain of INQUIRY, whose groups are finished and whose observations are there. Settles
 * which groups carry their sessions (see groups_settle()), which changes GROUPS, and sets
 * inquiry->readiness. All of DIAGNOSIS lives in the inquiry's arena and points into its observations.
 * False where the sessions of the findings do not add up to those of the domain, which is a fault of
 * this program. */
bool diagnose(struct inquiry *inquiry, struct groups *groups, struct diagnosis *diagnosis);

/* Copies DIAGNOSIS to ARENA with all that it points at, so that the inquiry may be freed. */
void diagnosis_copy(const struct diagnosis *diagnosis, struct arena *arena,
                    struct diagnosis *copy);

/* A fault of one host that several domains share. */
struct shared_fault {
    const struct rule *rule;
    struct text host;
    enum severity severity;
    enum state state;
    uint64_t failed_sessions;
    const struct finding **at; /* one of each domain, in the order of the domains */
    size_t count;              /* two at least */
};
struct shared_faults {
    struct shared_fault *at;
    size_t count;
};

/* The findings of side domain that two or more of the diagnoses have of the same code, host and state,
 * the worst first, in ARENA. */
void shared_faults(const struct diagnosis *at, size_t count, struct arena *arena,
                   struct shared_faults *faults);

#endif
