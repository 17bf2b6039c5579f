/* Whether MTA-STS may go to enforce (diagnosis.md, "Readiness to enforce"). */
#include <stdarg.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/counting.h"
#include "rules/engine.h"
#include "rules/verdict.h"

enum {
    LOOK_BACK = 14 * TIME_DAY,
    REPORTS_SPAN = 14 * TIME_DAY,
    OBSERVATION_AGE = 7 * TIME_DAY
};

static void add_reason(const struct inquiry *inquiry, struct readiness_answer *answer,
                       enum gate gate, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add_reason(const struct inquiry *inquiry, struct readiness_answer *answer,
                       enum gate gate, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text reason = text_format_list(inquiry->arena, format, arguments);
    va_end(arguments);
    text_list_add_once(inquiry->arena, &answer->reasons, reason);
    text_list_add_once(inquiry->arena, &answer->gates[gate].reasons, reason);
}

/* ---- sessions that enforce would have refused ---- */

/* Who uses DANE is not ruled by the policy; everybody else would have refused what failed. */
static bool is_ruled_by_policy(const struct failure_group *group)
{
    return group->policy_type != POLICY_TYPE_TLSA;
}

static uint64_t recent_sessions(const struct inquiry *inquiry,
                                const struct failure_group *group)
{
    uint64_t sessions = 0;
    for (size_t i = 0; i < group->reports.count; i++) {
        const struct group_report *part = &group->reports.at[i];
        if (inquiry->groups->reports.at[part->report].end >= inquiry->now - LOOK_BACK)
            sessions = sessions_add(sessions, part->sessions);
    }
    return sessions;
}

/* Blocking sessions of one code and MX, for one reason. */
struct blocked {
    const struct claim *claim;
    unsigned result_types;
    uint64_t sessions;
};
struct blocked_list {
    struct blocked *at;
    size_t count;
};

static struct blocked *blocked_of(struct arena *arena, struct blocked_list *list,
                                  const struct claim *claim)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].claim->rule == claim->rule &&
            text_equal(list->at[i].claim->mx, claim->mx))
            return &list->at[i];
    VECTOR_ADD(arena, list, ((struct blocked){.claim = claim}));
    return &list->at[list->count - 1];
}

static struct text types_of(struct arena *arena, unsigned types)
{
    struct text all = TEXT("");
    for (unsigned type = 0; type < RESULT_COUNT; type++)
        if (types & (1U << type))
            all = text_format(arena, "%.*s%s%s", TEXT_ARGS(all), all.length ? ", " : "",
                              result_type_name((enum result_type)type));
    return all;
}

static void say_blocked(const struct inquiry *inquiry, const struct blocked *blocked,
                        struct readiness_answer *answer)
{
    struct arena *arena = inquiry->arena;
    const struct claim *claim = blocked->claim;
    struct text sessions = text_sessions(arena, blocked->sessions);
    struct text place =
        text_known(claim->mx) ? text_format(arena, " at %.*s", TEXT_ARGS(claim->mx)) : TEXT("");
    struct text types = types_of(arena, blocked->result_types);
    add_reason(inquiry, answer, GATE_SESSIONS,
               "Enforce would have refused %.*s of the last 14 days%.*s (%.*s): see %s",
               TEXT_ARGS(sessions), TEXT_ARGS(place), TEXT_ARGS(types), claim->rule->code);
}

static void count_blocking(const struct inquiry *inquiry,
                           const struct attributed_list *attributed,
                           struct readiness_answer *answer)
{
    struct blocked_list list = {0};
    for (size_t i = 0; i < attributed->count; i++) {
        const struct attributed *each = &attributed->at[i];
        uint64_t sessions = recent_sessions(inquiry, each->group);
        if (!sessions || !is_ruled_by_policy(each->group) || !each->claim.rule ||
            each->stopped_by == STOPPED_SEEN_GONE)
            continue;
        struct blocked *blocked = blocked_of(inquiry->arena, &list, &each->claim);
        blocked->sessions = sessions_add(blocked->sessions, sessions);
        blocked->result_types |= 1U << each->group->result_type;
        answer->blocking_sessions = sessions_add(answer->blocking_sessions, sessions);
    }
    for (size_t i = 0; i < list.count; i++)
        say_blocked(inquiry, &list.at[i], answer);
}

/* ---- what is published ---- */

static void look_at_policy(const struct inquiry *inquiry, const struct sight *now,
                           struct readiness_answer *answer)
{
    if (now->policy_fact == FACT_ABSENT || now->policy_fact == FACT_FAILED)
        add_reason(inquiry, answer, GATE_POLICY,
                   "The policy cannot be fetched from mta-sts.%.*s: mend that first",
                   TEXT_ARGS(inquiry->domain));
    else if (now->policy_fact == FACT_PRESENT && !now->policy.valid)
        add_reason(inquiry, answer, GATE_POLICY,
                   "The policy at mta-sts.%.*s is not valid: senders ignore it",
                   TEXT_ARGS(inquiry->domain));
    if (now->sts_txt.fact == FACT_ABSENT)
        add_reason(
            inquiry, answer, GATE_RECORD,
            "The TXT record _mta-sts.%.*s is missing: senders do not look for the policy",
            TEXT_ARGS(inquiry->domain));
    else if (now->sts_txt.fact == FACT_FAILED)
        add_reason(inquiry, answer, GATE_RECORD,
                   "The TXT record _mta-sts.%.*s cannot be looked up",
                   TEXT_ARGS(inquiry->domain));
    else if (now->sts_txt.fact == FACT_PRESENT && !now->sts_record.valid)
        add_reason(
            inquiry, answer, GATE_RECORD,
            "The TXT record _mta-sts.%.*s is not valid: senders do not look for the policy",
            TEXT_ARGS(inquiry->domain));
}

static void look_at_cover(const struct inquiry *inquiry, const struct sight *now,
                          struct readiness_answer *answer)
{
    if (now->policy_fact != FACT_PRESENT || !now->policy.valid)
        return;
    for (size_t i = 0; i < now->hosts.count; i++)
        if (!mta_sts_policy_covers(&now->policy, now->hosts.at[i]))
            add_reason(inquiry, answer, GATE_HOSTS_LISTED,
                       "The policy does not list the MX host %.*s: add the line mx: %.*s",
                       TEXT_ARGS(now->hosts.at[i]), TEXT_ARGS(now->hosts.at[i]));
}

/* What a sender would do with mail for MX under enforce, by what PROBE found. */
static struct verdict_answer under_enforce(const struct sight *now, struct text mx,
                                           const struct observed_smtp *probe)
{
    struct mta_sts_policy policy = now->policy;
    policy.mode = MTA_STS_MODE_ENFORCE;
    struct verdict_question question = {
        .mx = mx, .policy_fact = FACT_PRESENT, .policy = &policy, .probe = probe};
    return verdict_by_sts(&question);
}

/* The newest observation that tells of ADDRESS of MX; null if none. */
static const struct sight *newest_probe(const struct inquiry *inquiry, struct text mx,
                                        struct text address)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct probes probes = sight_probes(inquiry, sight, mx, address);
        for (size_t j = 0; j < probes.count; j++)
            if (text_equal(probes.at[j]->address, address) && probe_tells(probes.at[j]))
                return sight;
    }
    return NULL;
}

static void look_at_address(const struct inquiry *inquiry, const struct sight *now,
                            struct text mx, struct text address,
                            struct readiness_answer *answer)
{
    const struct sight *sight = newest_probe(inquiry, mx, address);
    if (!sight)
        return;
    struct probes probes = sight_probes(inquiry, sight, mx, address);
    for (size_t i = 0; i < probes.count; i++) {
        struct verdict_answer verdict = under_enforce(now, mx, probes.at[i]);
        if (!text_equal(probes.at[i]->address, address) || verdict.verdict != VERDICT_REFUSE ||
            verdict.clause == CLAUSE_STS_MX_NOT_LISTED)
            continue;
        add_reason(inquiry, answer, GATE_HOSTS_PASS,
                   "Enforce would refuse %.*s (%.*s), as observed at %.*s: %s", TEXT_ARGS(mx),
                   TEXT_ARGS(address), TEXT_ARGS(text_moment(inquiry->arena, sight->taken_at)),
                   verdict_clause_text(verdict.clause));
    }
}

static void look_at_host(const struct inquiry *inquiry, const struct sight *now, struct text mx,
                         struct readiness_answer *answer)
{
    struct published addresses = sight_addresses(inquiry, now, mx);
    if (addresses.fact == FACT_PRESENT) {
        for (size_t i = 0; i < addresses.values.count; i++)
            look_at_address(inquiry, now, mx, addresses.values.at[i], answer);
        return;
    }
    struct probes probes = sight_probes(inquiry, now, mx, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count; i++)
        look_at_address(inquiry, now, mx, probes.at[i]->address, answer);
}

/* ---- what is missing ---- */

static size_t independent_reporters(const struct groups *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < groups->reporters.count; i++) {
        const struct reporter_seen *reporter = groups->reporters.at[i];
        bool counted = reporter->is_second && !reporter_is_loop(groups, reporter->twin);
        count += text_known(reporter->name) && !counted && !reporter_is_loop(groups, reporter);
    }
    return count;
}

static void look_for_gaps(const struct inquiry *inquiry, const struct sight *now,
                          struct readiness_answer *answer)
{
    const struct groups *groups = inquiry->groups;
    size_t reporters = independent_reporters(groups), count = groups->reports.count;
    if (reporters < 2)
        add_reason(inquiry, answer, GATE_REPORTERS,
                   "Only %zu independent reporter%s sent reports: two are needed", reporters,
                   reporters == 1 ? "" : "s");
    int64_t span =
        count ? groups->reports.at[count - 1].begin - groups->reports.at[0].begin : 0;
    if (span < REPORTS_SPAN)
        add_reason(inquiry, answer, GATE_SPAN,
                   "The reports cover %lld days: 14 are needed from the first to the last",
                   (long long)(span / TIME_DAY));
    if (inquiry->now - now->taken_at > OBSERVATION_AGE)
        add_reason(inquiry, answer, GATE_OBSERVED,
                   "The latest observation is of %.*s, older than 7 days: tlsrpt observe %.*s",
                   TEXT_ARGS(text_date(inquiry->arena, now->taken_at)),
                   TEXT_ARGS(inquiry->domain));
    for (size_t i = 0; i < now->hosts.count; i++)
        if (!sight_probed(inquiry, now, now->hosts.at[i]))
            add_reason(
                inquiry, answer, GATE_PROBED,
                "The MX host %.*s was not probed: run tlsrpt observe %.*s from where port 25 "
                "is open",
                TEXT_ARGS(now->hosts.at[i]), TEXT_ARGS(inquiry->domain));
}

/* ---- the answer ---- */

static bool served_before(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->sights.count; i++)
        if (inquiry->sights.at[i].policy_fact == FACT_PRESENT)
            return true;
    return false;
}

/* No policy: neither the record nor the file, or the mode none. */
static bool is_none(const struct inquiry *inquiry, const struct sight *now)
{
    if (now->policy_fact == FACT_PRESENT)
        return now->policy.valid && now->policy.mode == MTA_STS_MODE_NONE;
    if (now->policy_fact == FACT_UNKNOWN)
        return now->sts_txt.fact == FACT_ABSENT;
    return now->sts_txt.fact == FACT_ABSENT ||
           (now->sts_txt.fact == FACT_UNKNOWN && !served_before(inquiry)) ||
           (now->sts_txt.fact == FACT_PRESENT && now->sts_record.state == TXT_NONE);
}

/* Whether it was looked at what GATE asks. */
static bool is_told(const struct inquiry *inquiry, const struct sight *now,
                    const struct readiness_answer *answer, enum gate gate)
{
    bool read = sight_serves(now);
    switch (gate) {
    case GATE_RECORD:
        return now->sts_txt.fact != FACT_UNKNOWN;
    case GATE_HOSTS_LISTED:
        return read && now->hosts.count;
    case GATE_HOSTS_PASS:
        return read && now->hosts.count && !answer->gates[GATE_PROBED].reasons.count;
    case GATE_SESSIONS:
        return inquiry->groups->reports.count;
    case GATE_PROBED:
        return now->hosts.count;
    default:
        return true;
    }
}

static void answer_gates(const struct inquiry *inquiry, const struct sight *now,
                         struct readiness_answer *answer)
{
    answer->has_gates = true;
    for (unsigned i = 0; i < GATE_COUNT; i++) {
        struct gate_answer *gate = &answer->gates[i];
        if (gate->reasons.count)
            gate->ok = ANSWER_NO;
        else if (is_told(inquiry, now, answer, (enum gate)i))
            gate->ok = ANSWER_YES;
    }
}

struct readiness_answer readiness_of(const struct inquiry *inquiry,
                                     const struct attributed_list *attributed)
{
    struct readiness_answer answer = {.readiness = READINESS_INSUFFICIENT_DATA};
    const struct sight *now = sight_now(inquiry);
    if (!now) {
        add_reason(inquiry, &answer, GATE_OBSERVED,
                   "Nothing was observed yet: tlsrpt observe %.*s", TEXT_ARGS(inquiry->domain));
        return answer;
    }
    bool served = now->policy_fact == FACT_PRESENT;
    answer.published_mode = served ? now->policy.mode : MTA_STS_MODE_UNKNOWN;
    if (served && now->policy.valid && now->policy.mode == MTA_STS_MODE_ENFORCE)
        answer.readiness = READINESS_ENFORCING;
    else if (is_none(inquiry, now))
        answer.readiness = READINESS_NONE;
    if (answer.readiness != READINESS_INSUFFICIENT_DATA)
        return answer;
    count_blocking(inquiry, attributed, &answer);
    look_at_policy(inquiry, now, &answer);
    look_at_cover(inquiry, now, &answer);
    for (size_t i = 0; served && now->policy.valid && i < now->hosts.count; i++)
        look_at_host(inquiry, now, now->hosts.at[i], &answer);
    /* What is missing decides nothing where something is wrong, but is told gate by gate. */
    struct text_list wrong = answer.reasons;
    if (now->policy_fact == FACT_UNKNOWN)
        add_reason(inquiry, &answer, GATE_POLICY,
                   "The policy was not fetched: tlsrpt observe %.*s",
                   TEXT_ARGS(inquiry->domain));
    look_for_gaps(inquiry, now, &answer);
    answer_gates(inquiry, now, &answer);
    answer.readiness = answer.reasons.count ? READINESS_INSUFFICIENT_DATA : READINESS_READY;
    if (wrong.count) {
        answer.readiness = READINESS_NOT_READY;
        answer.reasons = wrong;
    }
    return answer;
}
