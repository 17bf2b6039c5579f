/* The periodic summary of one domain, for its owner: what to know in words, then the numbers. */
#ifndef RULES_SUMMARY_H
#define RULES_SUMMARY_H

#include "published/changes.h"
#include "rules/audit.h"
#include "rules/habits.h"

struct day_count {
    int64_t day; /* its first second */
    struct session_counts sessions;
};

struct reporter_count {
    struct text name; /* unknown: reports that name nobody */
    struct session_counts sessions;
    const struct habit *habit; /* null: not learned */
};

/* What is coming; made by the room that looks ahead. */
struct forecast;

struct summary {
    const struct audit *audit; /* status, owner, mode, next action */
    const struct diagnosis *diagnosis;
    struct session_counts sessions, previous; /* of the period, and of the one before */
    struct {
        struct day_count *at; /* every day of the period, in order */
        size_t count;
    } by_day;
    struct {
        struct reporter_count
            *at; /* those with the most sessions first; also those without any that
                                    * are silent against their habit */
        size_t count;
    } reporters;
    struct changes changes;          /* of what is published, within the period */
    struct text action;              /* the one thing to do, or that nothing is */
    const struct forecast *forecast; /* null: not made */
};

#endif
