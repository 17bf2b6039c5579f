/* What each reporter (what is authenticated of a name apart from the rest) sees across the domains of a database in the window: for faults of a sender that
 * show everywhere (SENDER-WIDE). */
#ifndef RULES_SURVEY_H
#define RULES_SURVEY_H

#include "rules/groups.h"

/* The number of MX hosts that the survey keeps for one reporter: three are proof. */
enum { SURVEY_HOSTS = 16 };

struct survey;

/* An empty survey in ARENA. */
struct survey *survey_new(struct arena *arena);

/* Adds the failures of one domain, whose groups are finished: of each reporter the MX hosts at which it
 * fails while others succeed. Copies what it keeps. */
void survey_add(struct survey *survey, struct text domain, const struct groups *groups);

/* Whether a rule may ask the survey for what it knows, of a domain with GROUPS. */
bool survey_is_asked(const struct groups *groups);

/* An MX host of another domain at which the reporter fails. */
struct survey_host {
    struct text domain, mx;
};
struct survey_hosts {
    struct survey_host *at;
    size_t count;
};

/* The first MX hosts, no two of which are related, at which REPORTER fails while others succeed; related
 * are hosts of one domain, and names under one registrable domain. SURVEY may be null. */
const struct survey_hosts *survey_unrelated(const struct survey *survey,
                                            const struct reporter_seen *reporter);

#endif
