#include "ahead/outcome.h"

void outcome_add(struct outcome *outcome, struct verdict_answer answer)
{
    if (outcome->may[answer.verdict])
        return;
    outcome->may[answer.verdict] = true;
    outcome->clause[answer.verdict] = answer.clause;
}

bool outcome_is_empty(const struct outcome *outcome)
{
    for (int i = 0; i < VERDICT_COUNT; i++)
        if (outcome->may[i])
            return false;
    return true;
}

static bool same_verdicts(const struct outcome *a, const struct outcome *b)
{
    for (int i = 0; i < VERDICT_COUNT; i++)
        if (a->may[i] != b->may[i])
            return false;
    return true;
}

void outcome_merge(struct outcome *outcome, const struct outcome *other, unsigned open)
{
    if (!outcome_is_empty(outcome) && !outcome_is_empty(other) &&
        !same_verdicts(outcome, other))
        outcome->open |= open;
    outcome->open |= other->open;
    for (int i = 0; i < VERDICT_COUNT; i++)
        if (other->may[i])
            outcome_add(outcome, (struct verdict_answer){(enum verdict)i, other->clause[i]});
}

struct verdict_answer outcome_answer(const struct outcome *outcome)
{
    bool delivers = outcome->may[VERDICT_DELIVER], refuses = outcome->may[VERDICT_REFUSE];
    enum verdict only = delivers ? VERDICT_DELIVER : VERDICT_REFUSE;
    if (outcome->may[VERDICT_UNKNOWN] || delivers == refuses)
        return (struct verdict_answer){VERDICT_UNKNOWN, outcome->clause[VERDICT_UNKNOWN]};
    return (struct verdict_answer){only, outcome->clause[only]};
}

bool outcome_equal(const struct outcome *a, const struct outcome *b)
{
    for (int i = 0; i < VERDICT_COUNT; i++)
        if (a->may[i] != b->may[i] || a->clause[i] != b->clause[i])
            return false;
    return a->open == b->open;
}
