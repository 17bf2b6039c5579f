/* What the parts of the engine share: attribute.c decides which rule explains a group, compose.c makes
 * findings of that, standing.c adds what is wrong without a failure, readiness.c says whether enforce
 * is safe. Rules about certificates ask it what counts beside DANE. */
#ifndef RULES_ENGINE_H
#define RULES_ENGINE_H

#include "rules/diagnose.h"
#include "rules/rule.h"

/* A group and what explains it. */
struct attributed {
    struct failure_group *group;
    struct claim claim;
    enum impact impact;
    bool under_dane;
    enum stopped_by stopped_by; /* of the finding that it went to, once that is composed */
};
struct attributed_list {
    struct attributed *at; /* in the order of groups->all */
    size_t count;
};

/* Which of two claims goes first (diagnosis.md, "Which rule wins"): less than 0 where it is A. */
int claims_compare(const struct claim *a, const struct claim *b, bool under_dane);

/* Asks every rule about GROUP. UNEXPLAINED always claims, so there is an answer; only a table without
 * it (see rules_without) may leave it without a rule. What is thrown away is made in SCRATCH, which is
 * reset. */
struct attributed attribute(const struct inquiry *inquiry, struct failure_group *group,
                            struct arena *scratch);

/* Whether the only claims that a CERT row may make at MX are void, because all that matters there is a
 * TLSA of usage 3 (RFC 7672 §3.1.1). GROUP may be null. */
bool certificates_do_not_count(const struct inquiry *inquiry, const struct sight *sight,
                               struct text mx, const struct failure_group *group);

/* Whether a claim of RULE, if it is a CERT row, counts at MX (RFC 7672 §3.1): where TLSA records alone decide,
 * names and dates matter only under usage 2, and a public CA not at all. */
bool certificate_rule_counts(const struct inquiry *inquiry, const struct rule *rule,
                             const struct sight *sight, struct text mx,
                             const struct failure_group *group);

/* Makes findings of what was attributed, whose groups are settled. */
void compose_findings(const struct inquiry *inquiry, struct attributed_list *attributed,
                      struct findings *findings);

/* The host of which CLAIM tells a fault that other domains may share: the policy host that it names, or
 * the MX; unknown where the fault is the domain's own. */
struct text claim_host(const struct claim *claim);

/* Adds the faults of FAMILIES (1 << family) that the newest observation shows and no finding tells. */
enum { ALL_FAMILIES = -1 };
void standing_findings(const struct inquiry *inquiry, int families, struct findings *findings);

/* Sorts findings, gives them ids, and says when each is done. */
void finish_findings(const struct inquiry *inquiry, struct findings *findings);

/* What the reports say of the groups of a finding, and since when, as evidence. */
struct group_list {
    const struct failure_group **at;
    size_t count;
};
void reported_evidence(const struct inquiry *inquiry, const struct group_list *groups,
                       struct finding *finding);

/* What was seen of a fix of what CLAIM says, by which GROUPS (one at least) failed. GONE_AT and BOUND are those of the cause, or
 * TIME_UNKNOWN. */
struct fix fix_of_cause(const struct inquiry *inquiry, const struct claim *claim,
                        const struct attributed_list *groups, int64_t gone_at, int64_t bound);

/* Makes *FIX that of several causes together; FIRST: OTHER is the first. */
void fix_join(struct fix *fix, const struct fix *other, bool first);

/* Who of those that failed in GROUPS has spoken since. */
void fix_ask_reporters(const struct inquiry *inquiry, const struct group_list *groups,
                       struct fix *fix);

/* The severity that a claim has with that impact. */
enum severity claim_severity(const struct claim *claim, enum impact impact);
enum side claim_side(const struct claim *claim);
enum scope claim_scope(const struct claim *claim);
enum tier claim_tier(const struct claim *claim);

/* Readiness to enforce (diagnosis.md). */
struct readiness_answer readiness_of(const struct inquiry *inquiry,
                                     const struct attributed_list *attributed);

#endif
