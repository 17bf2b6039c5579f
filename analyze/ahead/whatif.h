/* What if: the reported sessions of a window, and the MX hosts, under what is proposed. */
#ifndef AHEAD_WHATIF_H
#define AHEAD_WHATIF_H

#include "ahead/replay.h"

/* Of how many sessions each is certain; `unknown` are those that may be delivered or refused. The three add up to
 * `sessions`, so that at most delivered + unknown are delivered, and so on. */
struct whatif_counts {
    uint64_t sessions, delivered, refused, unknown;
};

/* Sessions of one reporter to which the same happened and would happen. */
struct whatif_row {
    struct text reporter, mx; /* each unknown where none is named */
    bool succeeded;
    enum policy_type policy_type;
    enum result_type result_type; /* of those that failed */
    uint64_t sessions;
    struct outcome outcome;
    bool gone; /* see replay_failure() */
};

struct whatif_reporter {
    struct text name;
    struct sender sender;
    struct whatif_counts counts;
};

/* One answer of an MX host, at an address. */
struct whatif_answer {
    struct text address; /* unknown: not probed */
    int64_t at;          /* when it was seen; TIME_UNKNOWN */
    struct verdict_answer answer;
};

struct whatif_host {
    struct text mx;
    struct {
        struct whatif_answer *at;
        size_t count;
    } answers;
    /* The sessions that name it and failed, and at most all that may have met it. */
    uint64_t sessions_least, sessions_most, refused_least, refused_most;
};

struct whatif {
    struct text domain;
    int64_t since, until;
    int64_t observed_at; /* the newest observation; TIME_UNKNOWN */
    const struct proposal *proposal;
    enum fact policy_fact;
    struct mta_sts_policy policy; /* that is proposed, or in force now */
    struct text_list mx;
    struct whatif_counts counts;
    uint64_t gone; /* of those refused: for what the newest observation shows no more */
    unsigned open; /* OPEN_… of any row */
    struct {
        struct whatif_row
            *at; /* what is refused first, then what is not known; then by sessions */
        size_t count;
    } rows;
    struct {
        struct whatif_reporter *at; /* the most refused first */
        size_t count;
    } reporters;
    struct {
        struct whatif_host *at; /* in the order of the MX records */
        size_t count;
    } hosts;
    struct text_list notes; /* what limits the answer */
};

/* Answers for the domain of INQUIRY, which is diagnosed: each session is carried by one group. PROPOSAL stays. All of
 * *WHATIF is in the inquiry's arena. */
void whatif_answer(const struct inquiry *inquiry, const struct proposal *proposal,
                   struct whatif *whatif);

#endif
