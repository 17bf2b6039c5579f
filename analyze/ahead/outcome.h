/* What may become of one session, where more than one thing is possible. */
#ifndef AHEAD_OUTCOME_H
#define AHEAD_OUTCOME_H

#include "rules/verdict.h"

/* Why it is not one thing alone. */
enum {
    OPEN_HOST = 1,    /* reports give successes per policy, not per MX */
    OPEN_ADDRESS = 2, /* the addresses of the host differ, and the report names none */
    OPEN_SENDER = 4,  /* whether the sender does DANE, or MTA-STS, is not known */
    OPEN_CAUSE = 8,   /* nothing observed shows the fault that the sender reports */
    OPEN_REASONS = 4,
};

/* What is possible, each with the first clause that leads there. */
struct outcome {
    bool may[VERDICT_COUNT];
    enum verdict_clause clause[VERDICT_COUNT];
    unsigned open; /* OPEN_…: why there are several */
};

void outcome_add(struct outcome *outcome, struct verdict_answer answer);

/* Adds what else is possible, for the reason OPEN; that is noted only where the two differ. */
void outcome_merge(struct outcome *outcome, const struct outcome *other, unsigned open);

/* The one thing that is possible, or VERDICT_UNKNOWN; its clause is that of what is not known, or CLAUSE_NONE where
 * several known things are possible. */
struct verdict_answer outcome_answer(const struct outcome *outcome);

bool outcome_is_empty(const struct outcome *outcome);
bool outcome_equal(const struct outcome *a, const struct outcome *b);

#endif
