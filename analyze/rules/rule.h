/* A rule: one row of the table of diagnosis.md. Its predicate answers for one failure group or one
 * observation; the engine (diagnose.h) weighs what the rules claim, attributes every session, and tells
 * the state. */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "rules/inquiry.h"

/* What a rule speaks of: the narrower goes first. */
enum scope { SCOPE_ADDRESS = 1, SCOPE_HOST, SCOPE_DOMAIN };

/* Which rules are asked before which. */
enum tier {
    TIER_PUBLISHED = 0, /* something published explains it */
    TIER_ELSE,          /* only where no other published thing does */
    TIER_REPORTER,      /* a reporter rule: only where nothing published explains it */
    TIER_UNPROBED,      /* what its result type names, where the MX was not probed */
    TIER_REST,          /* NOT-OBSERVED, UNEXPLAINED */
};

enum rule_family {
    FAMILY_STS = 1,
    FAMILY_DNS,
    FAMILY_MX,
    FAMILY_TLS,  /* TLS-… */
    FAMILY_CERT, /* CERT-… */
    FAMILY_DANE,
    FAMILY_REMAINS,
    FAMILY_REPORTING,
};

/* What a rule says of one group, or of what is published now. The engine sets rule, mx and address (of the
 * subject) before it asks; a predicate that says yes sets title and action, adds evidence, and may
 * change the rest. */
struct claim {
    const struct rule *rule;
    struct text mx, address; /* what it is about; unknown: the domain */
    struct text host;        /* the policy host, where that may be shared; else unknown */
    struct text instance;    /* what tells two causes of one code and MX apart where the address
                                * does not: each has a state of its own */
    enum confidence confidence; /* set by the engine for what `shows` says */
    enum severity severity;     /* 0: the rule's */
    enum side side;             /* with has_side; else the rule's */
    bool has_side;
    enum scope scope;   /* 0: the rule's */
    enum tier tier;     /* not TIER_PUBLISHED: that, else the rule's */
    struct text title;  /* what is wrong, one sentence without a full stop, with names */
    struct text action; /* act or wait, and what exactly; what is to be pasted stands on lines
                                 * of its own, indented by four blanks */
    struct text done_when; /* unknown: the engine says it */
    struct evidence_list evidence;
    int64_t bound;   /* state (c): the cause ends by itself then; TIME_UNKNOWN: it does not */
    int64_t gone_at; /* state (a), of a rule without `shows`: when an observation showed that it
                                * is gone; TIME_UNKNOWN */
    int64_t
        mended_at; /* of a cause that lives on in caches: the observation that first shows what
                        * was to be done for it; TIME_UNKNOWN */
    int64_t changed_at; /* the observation that first shows the change that began it;
                                 * TIME_UNKNOWN: not known */
};

/* What a rule is asked about: a host, one address of it, or the domain as a whole. */
struct subject {
    struct text mx, address; /* may be unknown */
    const struct failure_group
        *group; /* null: nothing failed, what is published is looked at for
                                        * itself */
};

enum shown {
    SHOWN_UNKNOWN = 0, /* the observation does not tell: not looked at, or the look-up failed */
    SHOWN_NO,
    SHOWN_YES,
};

/* Whether SIGHT shows the fault at SUBJECT. Sets *CLAIM only with SHOWN_YES. From this alone the engine
 * finds then and now, the confidence, the onset, the state, and the fault that the newest
 * observation shows without any failure. */
typedef enum shown rule_shows(const struct inquiry *inquiry, const struct sight *sight,
                              const struct subject *subject, struct claim *claim);

/* Whether the rule explains GROUP, for what one observation by itself cannot tell: it looks at then, now,
 * earlier, other groups. Sets all of *CLAIM, its confidence too. */
typedef bool rule_explains(const struct inquiry *inquiry, const struct failure_group *group,
                           struct claim *claim);

struct claims {
    struct claim *at;
    size_t count;
};

/* What the rule finds without a failure; each claim of *CLAIMS has its title and action. For a rule
 * whose `shows` cannot be asked host by host. */
typedef void rule_stands(const struct inquiry *inquiry, const struct rule *rule,
                         struct claims *claims);

/* Which groups a rule may explain. */
#define RESULT(type) (1U << (unsigned)RESULT_##type)
#define RESULTS_ANY  ((1U << RESULT_COUNT) - 1)
#define RESULTS_NONE 0U
#define RESULTS_CERT                                                                           \
    (RESULT(CERTIFICATE_HOST_MISMATCH) | RESULT(CERTIFICATE_EXPIRED) |                         \
     RESULT(CERTIFICATE_NOT_TRUSTED) | RESULT(VALIDATION_FAILURE))
#define UNDER(type) (1U << (unsigned)POLICY_TYPE_##type)
#define UNDER_ANY   ((1U << POLICY_TYPE_COUNT) - 1)

struct rule {
    const char *code;
    enum rule_family family;
    unsigned result_types; /* RESULT()s; RESULTS_NONE: it explains no failure */
    unsigned under;        /* UNDER()s: the policy types of groups that it may explain */
    enum scope scope;
    enum tier tier;
    enum side side;
    enum severity severity;
    bool
        critical_if_refused; /* SEVERITY_CRITICAL where the impact is refused, else `severity` */
    bool harms;              /* of those about reporting: mail itself may be led astray */
    unsigned history;        /* its place among the history rules, from 1; 0: it is none */
    rule_shows *shows;
    rule_explains *explains;   /* asked for groups in place of `shows` where both are there */
    rule_stands *stands;       /* asked without failures in place of `shows` */
    bool only_with_failures;   /* `shows` says nothing without a failure */
    enum result_type unprobed; /* the type that names this code where the MX was not probed */
    const char *absorbs;       /* the code whose claims are evidence for this one */
    const char *reference;     /* "RFC 8461 §4.1" */
};

/* The table, in the order of diagnosis.md. */
extern const struct rule rules[];
extern const size_t rule_count;

/* The row of a code, in any case; null if there is none. */
const struct rule *rule_of(struct text code);

/* What people are told of a code (`--code`): texts.c has one row a rule. */
struct rule_text {
    const char *code;
    const char *title;   /* what it is, in one sentence without a full stop */
    const char *meaning; /* what it means for mail, in plain words */
    const char *decided; /* how the program knows */
    const char *action;  /* what to do */
};
const struct rule_text *rule_text_of(const struct rule *rule);

/* A code that is left out, so that a test can show that another would miss it; null. */
extern const char *rules_without;
bool rule_is_left_out(const char *code);

/* ---- for predicates ---- */

/* The candidates among the observations for GROUP at SUBJECT: those within its reports, else the nearest
 * on either side that tells. True if one of them shows what SHOWS asks; *CLAIM is its claim with
 * the confidence set, *DECIDING (may be null) the observation. */
bool group_shown(const struct inquiry *inquiry, const struct failure_group *group,
                 const struct subject *subject, rule_shows *shows, struct claim *claim,
                 const struct sight **deciding);

/* A claim for that rule in which nothing is set. */
struct claim claim_of(const struct rule *rule);

/* Sets the text of a member: claim_says(arena, &claim->title, "…", …). */
void claim_says(struct arena *arena, struct text *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
