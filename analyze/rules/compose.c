/* Findings out of what was attributed: the state of each cause, one finding for each (code, MX, policy
 * type, state). */
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/counting.h"
#include "rules/engine.h"

/* The groups that one cause explains: what has a state of its own. */
struct cause_seen {
    struct claim claim; /* the best of its groups */
    enum policy_type policy_type;
    bool authenticated; /* its reports are: what strangers say changes nothing of its state */
    enum impact impact;
    struct attributed_list groups;
    struct {
        struct attributed **at;
        size_t count;
    } members; /* of whom it is the finding: its groups, and those that are evidence for it */
    int64_t last_begin, last_end, bound, gone_at;
    struct fix fix;
    enum state state;
    enum stopped_by stopped_by;
    bool carries;
};
struct causes_seen {
    struct cause_seen **at;
    size_t count;
};

/* ---- causes ---- */

static bool is_same_cause(const struct cause_seen *cause, const struct attributed *attributed)
{
    const struct claim *a = &cause->claim, *b = &attributed->claim;
    return a->rule == b->rule && cause->policy_type == attributed->group->policy_type &&
           cause->authenticated == attributed->group->authenticated &&
           text_equal(a->mx, b->mx) && text_equal(a->address, b->address) &&
           text_equal(a->instance, b->instance);
}

static struct cause_seen *cause_seen_of(struct arena *arena, struct causes_seen *causes,
                                        const struct attributed *attributed)
{
    for (size_t i = 0; i < causes->count; i++)
        if (is_same_cause(causes->at[i], attributed))
            return causes->at[i];
    struct cause_seen *cause = arena_new(arena, struct cause_seen);
    *cause = (struct cause_seen){.claim = attributed->claim,
                                 .policy_type = attributed->group->policy_type,
                                 .authenticated = attributed->group->authenticated,
                                 .last_begin = TIME_UNKNOWN,
                                 .last_end = TIME_UNKNOWN,
                                 .bound = TIME_UNKNOWN,
                                 .gone_at = TIME_UNKNOWN};
    VECTOR_ADD(arena, causes, cause);
    return cause;
}

static void add_to_cause(struct arena *arena, struct cause_seen *cause,
                         struct attributed *attributed)
{
    const struct failure_group *group = attributed->group;
    if (attributed->claim.confidence > cause->claim.confidence)
        cause->claim = attributed->claim;
    cause->impact = attributed->impact > cause->impact ? attributed->impact : cause->impact;
    cause->last_begin = time_later(cause->last_begin, group->span.last_begin);
    cause->last_end = time_later(cause->last_end, group->span.last_end);
    cause->bound = time_later(cause->bound, attributed->claim.bound);
    cause->gone_at = time_later(cause->gone_at, attributed->claim.gone_at);
    cause->carries = cause->carries || group->carried;
    VECTOR_ADD(arena, &cause->groups, *attributed);
    VECTOR_ADD(arena, &cause->members, attributed);
}

/* ---- state ---- */

/* Whether an observation shows it gone, and no report that begins after that shows the failure. Where failures
 * go on from there, healthy observations prove nothing. */
static bool seen_gone(const struct cause_seen *cause)
{
    bool tells = cause->claim.rule->shows || cause->gone_at != TIME_UNKNOWN;
    return tells && cause->fix.seen && cause->last_begin <= cause->fix.seen_at;
}

/* Until when the cause may go on by itself: what caches hold of before the fix bounds it too. */
static int64_t bound_of(const struct cause_seen *cause)
{
    if (cause->bound != TIME_UNKNOWN || !cause->fix.held)
        return cause->bound;
    return cause->fix.held_until;
}

/* When the last report of REPORTER begins that shows the cause. */
static int64_t last_of(const struct cause_seen *cause, const struct reporter_seen *reporter)
{
    int64_t last = TIME_UNKNOWN;
    for (size_t i = 0; i < cause->groups.count; i++)
        if (cause->groups.at[i].group->reporter == reporter)
            last = time_later(last, cause->groups.at[i].group->span.last_begin);
    return last;
}

/* Whether every reporter that failed has since sent two reports with successes and without it. */
static bool all_succeed(const struct inquiry *inquiry, const struct cause_seen *cause)
{
    const struct sight *now = sight_now(inquiry);
    bool one_mx = now && now->hosts.count == 1;
    for (size_t i = 0; i < cause->groups.count; i++) {
        const struct failure_group *group = cause->groups.at[i].group;
        if (!group->reporter ||
            reporter_successes_since(inquiry->groups, group->reporter, cause->policy_type,
                                     last_of(cause, group->reporter), one_mx) < 2)
            return false;
    }
    return true;
}

static bool is_of_sender_or_path(const struct claim *claim)
{
    return claim_side(claim) == SIDE_SENDER || claim_side(claim) == SIDE_PATH;
}

static void tell_state(const struct inquiry *inquiry, struct cause_seen *cause)
{
    cause->fix =
        fix_of_cause(inquiry, &cause->claim, &cause->groups, cause->gone_at, cause->bound);
    int64_t bound = bound_of(cause);
    cause->state = STATE_STOPPED;
    if (seen_gone(cause))
        cause->stopped_by = STOPPED_SEEN_GONE;
    else if (all_succeed(inquiry, cause))
        cause->stopped_by = STOPPED_SUCCESSES;
    else if (bound != TIME_UNKNOWN && bound <= inquiry->now && cause->last_begin <= bound)
        cause->stopped_by = STOPPED_BOUND;
    else if (is_of_sender_or_path(&cause->claim) &&
             cause->last_end + 7 * TIME_DAY <= inquiry->now)
        cause->stopped_by = STOPPED_NOT_REPEATED;
    else
        cause->state = STATE_ONGOING;
    for (size_t i = 0; i < cause->members.count; i++)
        cause->members.at[i]->stopped_by = cause->stopped_by;
}

/* ---- groups that carry nothing ---- */

static bool is_evidence(const struct failure_group *group)
{
    return !group->carried;
}

/* The cause that carries sessions of the MX of ATTRIBUTED: one of its own rule, else the best. */
static struct cause_seen *carrier_of(const struct causes_seen *causes,
                                     const struct attributed *attributed)
{
    struct cause_seen *best = NULL;
    for (size_t i = 0; i < causes->count; i++) {
        struct cause_seen *each = causes->at[i];
        if (!each->carries || each->authenticated != attributed->group->authenticated ||
            !text_equal(each->claim.mx, attributed->claim.mx))
            continue;
        if (each->claim.rule == attributed->claim.rule)
            return each;
        if (!best || claims_compare(&each->claim, &best->claim, attributed->under_dane) < 0)
            best = each;
    }
    return best;
}

static void add_evidence_group(const struct inquiry *inquiry, struct causes_seen *causes,
                               struct attributed *attributed)
{
    struct cause_seen *carrier = carrier_of(causes, attributed);
    if (!carrier) {
        add_to_cause(inquiry->arena, cause_seen_of(inquiry->arena, causes, attributed),
                     attributed);
        return;
    }
    const struct failure_group *group = attributed->group;
    VECTOR_ADD(inquiry->arena, &carrier->members, attributed);
    evidence_add(inquiry->arena, &carrier->claim.evidence, EVIDENCE_REPORT,
                 group->span.last_end,
                 "the same sessions, told a second time under policy type %s: %llu as %s",
                 policy_type_name(group->policy_type), (unsigned long long)group->sessions,
                 result_type_name(group->result_type));
}

/* ---- findings ---- */

static bool is_finding_of(const struct finding *finding, const struct cause_seen *cause)
{
    return finding->rule == cause->claim.rule && finding->state == cause->state &&
           finding->policy_type == cause->policy_type &&
           text_equal(finding->mx, cause->claim.mx);
}

static bool has_evidence(const struct evidence_list *list, const struct evidence *evidence)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].at == evidence->at && text_equal(list->at[i].text, evidence->text))
            return true;
    return false;
}

/* What a finding keeps of the evidence of its causes. */
enum { FINDING_EVIDENCE = 32 };

static void join_evidence(const struct inquiry *inquiry, struct finding *finding,
                          const struct evidence_list *list)
{
    for (size_t i = 0; i < list->count && finding->evidence.count < FINDING_EVIDENCE; i++)
        if (!has_evidence(&finding->evidence, &list->at[i]))
            VECTOR_ADD(inquiry->arena, &finding->evidence, list->at[i]);
}

static struct finding *finding_of(const struct inquiry *inquiry, struct findings *findings,
                                  const struct cause_seen *cause)
{
    for (size_t i = 0; i < findings->count; i++)
        if (is_finding_of(&findings->at[i], cause))
            return &findings->at[i];
    const struct claim *claim = &cause->claim;
    struct finding finding = {.rule = claim->rule,
                              .state = cause->state,
                              .stopped_by = cause->stopped_by,
                              .domain = inquiry->domain,
                              .mx = claim->mx,
                              .policy_type = cause->policy_type,
                              .has_policy_type = true,
                              .first_seen = TIME_UNKNOWN,
                              .last_seen = TIME_UNKNOWN,
                              .acknowledged_until = TIME_UNKNOWN};
    VECTOR_ADD(inquiry->arena, findings, finding);
    return &findings->at[findings->count - 1];
}

struct text claim_host(const struct claim *claim)
{
    enum rule_family family = claim->rule->family;
    bool looks = claim->rule->shows || claim->rule->stands;
    if (text_known(claim->host))
        return claim->host;
    if (family == FAMILY_TLS || family == FAMILY_CERT || family == FAMILY_DANE ||
        (family == FAMILY_MX && looks))
        return claim->mx;
    return TEXT_UNKNOWN;
}

static void take_words(struct finding *finding, const struct claim *claim)
{
    if (finding->confidence >= claim->confidence)
        return;
    finding->confidence = claim->confidence;
    finding->title = claim->title;
    finding->action = claim->action;
    finding->done_when = claim->done_when;
    finding->side = claim_side(claim);
    finding->host = claim_host(claim);
}

/* A finding under construction, with the groups that it is made of. */
struct building {
    struct group_list groups;
    size_t causes;
};

static void add_cause(const struct inquiry *inquiry, struct finding *finding,
                      struct building *building, const struct cause_seen *cause)
{
    enum severity severity = claim_severity(&cause->claim, cause->impact);
    finding->severity = severity > finding->severity ? severity : finding->severity;
    finding->impact = cause->impact > finding->impact ? cause->impact : finding->impact;
    if (cause->authenticated && cause->impact > finding->proven.impact)
        finding->proven.impact = cause->impact;
    if (cause->authenticated && severity > finding->proven.severity)
        finding->proven.severity = severity;
    take_words(finding, &cause->claim);
    join_evidence(inquiry, finding, &cause->claim.evidence);
    fix_join(&finding->fix, &cause->fix, !building->causes++);
    for (size_t i = 0; i < cause->groups.count; i++) {
        const struct failure_group *group = cause->groups.at[i].group;
        VECTOR_ADD(inquiry->arena, &building->groups, group);
        join_evidence(inquiry, finding, &cause->groups.at[i].claim.evidence);
        finding->result_types |= 1U << group->result_type;
        finding->failed_sessions = sessions_add(finding->failed_sessions, group->carried);
        if (group->authenticated)
            finding->proven.sessions = sessions_add(finding->proven.sessions, group->sessions);
        if (group->reporter && text_known(group->reporter->name))
            text_list_add_once(inquiry->arena, &finding->reporters, group->reporter->name);
        if (finding->first_seen == TIME_UNKNOWN ||
            group->span.first_begin < finding->first_seen)
            finding->first_seen = group->span.first_begin;
        finding->last_seen = time_later(finding->last_seen, group->span.last_end);
    }
}

static void collect_causes(const struct inquiry *inquiry, struct attributed_list *attributed,
                           struct causes_seen *causes)
{
    for (size_t i = 0; i < attributed->count; i++)
        if (attributed->at[i].claim.rule && !is_evidence(attributed->at[i].group))
            add_to_cause(inquiry->arena,
                         cause_seen_of(inquiry->arena, causes, &attributed->at[i]),
                         &attributed->at[i]);
    for (size_t i = 0; i < attributed->count; i++)
        if (attributed->at[i].claim.rule && is_evidence(attributed->at[i].group))
            add_evidence_group(inquiry, causes, &attributed->at[i]);
    for (size_t i = 0; i < causes->count; i++)
        tell_state(inquiry, causes->at[i]);
}

void compose_findings(const struct inquiry *inquiry, struct attributed_list *attributed,
                      struct findings *findings)
{
    struct causes_seen causes = {0};
    collect_causes(inquiry, attributed, &causes);
    struct building *buildings = arena_array(inquiry->arena, causes.count, sizeof *buildings);
    for (size_t i = 0; i < causes.count; i++) {
        struct finding *finding = finding_of(inquiry, findings, causes.at[i]);
        add_cause(inquiry, finding, &buildings[finding - findings->at], causes.at[i]);
    }
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->at[i];
        text_list_sort(&finding->reporters);
        if (inquiry->groups->total.failed)
            finding->share =
                (double)finding->failed_sessions / (double)inquiry->groups->total.failed;
        fix_ask_reporters(inquiry, &buildings[i].groups, &finding->fix);
        reported_evidence(inquiry, &buildings[i].groups, finding);
    }
}
