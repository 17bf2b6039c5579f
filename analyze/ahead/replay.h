/* One reported session met again, under what is proposed. What a sender does is asked of the delivery verdict; this
 * says what it meets: the policy that is proposed, and of TLSA and STARTTLS what was observed at the time, unless
 * that is proposed too. */
#ifndef AHEAD_REPLAY_H
#define AHEAD_REPLAY_H

#include "ahead/outcome.h"
#include "ahead/proposal.h"
#include "rules/habits.h"

struct replay {
    const struct inquiry *inquiry;
    const struct proposal *proposal;
    enum fact policy_fact; /* of the policy that is proposed */
    struct mta_sts_policy policy;
};

void replay_begin(struct replay *replay, const struct inquiry *inquiry,
                  const struct proposal *proposal);

/* What becomes of the sessions of GROUP. *GONE: it would be refused for what an observation showed, and the newest
 * one shows that no more. */
struct outcome replay_failure(const struct replay *replay, const struct failure_group *group,
                              struct sender sender, bool *gone);

/* The hosts that a session may meet, with what becomes of it there. */
struct replay_host {
    struct text mx;
    struct outcome outcome;
};
struct replay_hosts {
    struct replay_host *at;
    size_t count;
};

/* What becomes of a session of REPORT under TYPE that succeeded. HOSTS are those that it may have met. */
struct outcome replay_success(const struct replay *replay, const struct report_seen *report,
                              enum policy_type type, struct sender sender,
                              struct replay_hosts *hosts);

/* What a sender that does both finds at MX where PROBE (may be null) of SIGHT tells what it offers. */
struct verdict_answer replay_answer(const struct replay *replay, const struct sight *sight,
                                    struct text mx, const struct observed_smtp *probe);

/* The newest observation in which a probe of MX tells, else the newest of all; null if there is none. */
const struct sight *replay_sight(const struct replay *replay, struct text mx);

#endif
