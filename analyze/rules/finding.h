/* What the analysis says of a domain: findings, and whether it may go to enforce (SPEC.md,
 * "Findings"; diagnosis.md). Everything is in the arena of the diagnosis. */
#ifndef RULES_FINDING_H
#define RULES_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "published/observation.h"
#include "report/sessions.h"
#include "report/words.h"
#include "rules/words.h"

/* In each the worse is greater. */
enum severity {
    SEVERITY_UNKNOWN = 0,
    SEVERITY_OK,
    SEVERITY_NOTICE,
    SEVERITY_WARNING,
    SEVERITY_CRITICAL,
    SEVERITY_COUNT,
};
const char *severity_name(enum severity severity);

enum side { SIDE_UNKNOWN = 0, SIDE_DOMAIN, SIDE_SENDER, SIDE_PATH, SIDE_COUNT };
const char *side_name(enum side side);

enum impact { IMPACT_DELIVERED = 1, IMPACT_UNKNOWN, IMPACT_REFUSED, IMPACT_COUNT };
const char *impact_name(enum impact impact);

enum state { STATE_ONGOING = 1, STATE_STOPPED, STATE_COUNT };
const char *state_name(enum state state);

/* By which of the four ways of diagnosis.md it is stopped. */
enum stopped_by {
    STOPPED_NOT = 0,
    STOPPED_SEEN_GONE,    /* (a) an observation showed the cause, a later one shows it gone */
    STOPPED_SUCCESSES,    /* (b) everyone who failed has succeeded since */
    STOPPED_BOUND,        /* (c) the cause is bounded in time */
    STOPPED_NOT_REPEATED, /* (d) a fault of sender or path that did not come back */
};

/* "seen-gone", "successes", "bound", "not-repeated"; null where it is not stopped. */
const char *stopped_by_name(enum stopped_by stopped_by);

enum evidence_source {
    EVIDENCE_REPORT = 1, /* what the reports say */
    EVIDENCE_DNS,
    EVIDENCE_AUTHORITY, /* one name server by itself */
    EVIDENCE_POLICY,    /* the policy host */
    EVIDENCE_SMTP,      /* the MX host */
    EVIDENCE_HISTORY,   /* a comparison of several observations */
    EVIDENCE_RULED_OUT, /* what was looked at and is in order */
    EVIDENCE_SOURCE_COUNT,
};
const char *evidence_source_name(enum evidence_source source);

struct evidence {
    enum evidence_source source;
    int64_t at; /* when it was seen; TIME_UNKNOWN where it is of no moment */
    struct text text;
};

struct evidence_list {
    struct evidence *at;
    size_t count;
};

void evidence_add(struct arena *arena, struct evidence_list *list, enum evidence_source source,
                  int64_t at, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A count of failed sessions with what it is of: a day, a reporter, an address. */
struct tally {
    struct text name;
    int64_t day; /* of by_day: its first second */
    uint64_t sessions;
};
struct tallies {
    struct tally *at;
    size_t count;
};

/* What a sender may go on using after it was changed. */
enum held { HELD_NOTHING = 0, HELD_POLICY, HELD_MX, HELD_ADDRESS, HELD_TLSA, HELD_COUNT };
/* "policy", "mx", "address", "tlsa"; null for nothing. */
const char *held_name(enum held held);

/* A reporter that has not spoken since. */
struct fix_waiting {
    struct text name;
    int64_t due_at; /* when its next report is to be expected; TIME_UNKNOWN */
};

/* The proof of a fix: what was seen of it, and who of those that failed has spoken since. */
struct fix {
    bool seen;          /* false: no observation shows it, or a later one shows the fault again;
                         * then the rest says nothing */
    int64_t seen_at;    /* the first observation after the fault that shows it gone */
    int64_t shown_at;   /* the last observation that shows the fault; TIME_UNKNOWN */
    enum held held;     /* what senders may hold of before */
    int64_t held_until; /* with `held`: until then */
    /* The reporters of the finding: those with successes since and without the failure, those that report
     * it since, those that have not spoken since. Sorted. */
    struct text_list succeeded, failing;
    struct {
        struct fix_waiting *at;
        size_t count;
    } waiting;
    bool returned; /* reports show it that begin when nothing of before can be held any more */
    int64_t failing_since; /* the begin of the first report since that shows it; TIME_UNKNOWN */
};

enum { FINDING_ID_SIZE = 9 };

struct finding {
    char id
        [FINDING_ID_SIZE]; /* 8 hexadecimal digits, made of domain, code, mx and policy type */
    const struct rule *rule;
    enum severity severity;
    enum confidence confidence;
    enum side side;
    enum impact impact;
    enum state state;
    enum stopped_by stopped_by;
    struct fix fix;
    struct text domain;
    struct text mx;   /* unknown where it is about the domain */
    struct text host; /* the host that others may share: the MX or the policy host */
    enum policy_type policy_type; /* with has_policy_type; a fault without failures has none */
    bool has_policy_type;
    unsigned result_types;    /* 1 << result type */
    uint64_t failed_sessions; /* attributed to it */
    /* What authenticated reports alone say: their sessions, carried or not, and what follows from them.
     * All 0: there are none. */
    struct {
        uint64_t sessions;
        enum severity severity;
        enum impact impact;
    } proven;
    bool shown_now;                /* the newest observation shows the fault by itself */
    double share;                  /* of the domain's failed sessions */
    struct text_list reporters;    /* sorted */
    int64_t first_seen, last_seen; /* reports: begin of the first, end of the last; else when
                                    * observed */
    struct text title, action, done_when;
    struct evidence_list evidence;
    bool acknowledged; /* somebody said that it is known: set by who reads the database */
    int64_t acknowledged_until; /* TIME_UNKNOWN: for good */
    struct text acknowledged_note;
    struct tallies by_day, by_reporter, by_mx,
        by_address; /* for `show`; a day is that of begin */
};

struct findings {
    struct finding *at; /* the worst first */
    size_t count;
};

enum readiness {
    READINESS_UNKNOWN = 0,
    READINESS_READY,
    READINESS_NOT_READY,
    READINESS_INSUFFICIENT_DATA,
    READINESS_ENFORCING,
    READINESS_NONE,
    READINESS_COUNT,
};
const char *readiness_name(enum readiness readiness);

/* What has to hold for READINESS_READY, in the order in which people are told. */
enum gate {
    GATE_POLICY = 0,   /* the policy is served and valid */
    GATE_RECORD,       /* so is the TXT record that announces it */
    GATE_HOSTS_LISTED, /* it lists every MX host */
    GATE_HOSTS_PASS,   /* each, as observed, is what enforce asks for */
    GATE_SESSIONS,     /* enforce would have refused no session of the last days */
    GATE_REPORTERS,    /* enough independent reporters */
    GATE_SPAN,         /* the reports cover enough days */
    GATE_OBSERVED,     /* the latest observation is not old */
    GATE_PROBED,       /* every MX host was probed */
    GATE_COUNT,
};

struct gate_answer {
    enum answer ok;           /* unknown: it cannot be told */
    struct text_list reasons; /* sentences: why it does not hold */
};

struct readiness_answer {
    enum readiness readiness;
    enum mta_sts_mode published_mode; /* unknown: no policy is known */
    uint64_t blocking_sessions;
    struct text_list reasons; /* sentences */
    bool
        has_gates; /* false where nobody asks: nothing was observed, enforce already, no policy */
    struct gate_answer gates[GATE_COUNT];
};

/* All of one domain. */
struct diagnosis {
    struct text domain;
    struct session_counts sessions;
    uint64_t explained; /* failed sessions that have a cause */
    struct readiness_answer mta_sts;
    struct findings findings;
};

#endif
