/* What each reporter does as a rule, learned from its own reports: on which days they come and how late, how much they
 * tell, whether it does DANE and MTA-STS, and how long it goes on using a policy that is served no more. */
#ifndef RULES_HABITS_H
#define RULES_HABITS_H

#include "rules/inquiry.h"

/* What a sender is known to look for. */
struct sender {
    enum answer dane, sts;
};

/* Days and times are only told from that many. */
enum { HABIT_GAPS = 5, HABIT_DELAYS = 3 };

/* How far apart days with reports are. */
struct rhythm {
    unsigned days; /* different ones */
    int64_t
        gap; /* seconds from one to the next: the median; TIME_UNKNOWN: fewer than HABIT_GAPS */
    int64_t long_gap; /* that of 9 in 10 */
};

/* That of COUNT days, given by their first seconds in any order, which it uses up. */
struct rhythm rhythm_of(int64_t *days, size_t count);

struct habit {
    struct text name;   /* unknown: reports that name nobody */
    bool authenticated; /* some of its reports are */
    uint64_t reports;
    uint64_t sessions; /* of a report: the median */
    int64_t first_begin, last_begin, last_end;
    struct rhythm rhythm; /* of the UTC days on which one begins */
    int64_t
        delay; /* seconds from the end of a report's range until it was received: the median;
                    * TIME_UNKNOWN: fewer than HABIT_DELAYS are known */
    int64_t long_delay; /* that of 9 in 10 */
    struct sender sender;
    int64_t
        kept_for; /* seconds that it used a policy, at the least, after an observation showed another:
                       * the longest seen, 0 where it took each at once; TIME_UNKNOWN: it met no change */
    int64_t due_at; /* when the next report is to be expected; TIME_UNKNOWN */
    bool silent;    /* the next report is late by more than is usual */
};

struct habits {
    struct habit *at; /* one for each name, those with the most reports first */
    size_t count;
};

/* Learns them from the reports and observations of INQUIRY, whose groups are finished, as of inquiry->now. All is in its arena. */
void habits_learn(const struct inquiry *inquiry, struct habits *habits);

/* When the next report of a reporter, which may have a twin of the same name, is to be expected; TIME_UNKNOWN. */
int64_t habit_due_at(const struct inquiry *inquiry, const struct reporter_seen *reporter);

/* Null if there is none of that name. */
const struct habit *habit_of(const struct habits *habits, struct text name);

#endif
