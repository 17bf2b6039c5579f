#include "ahead/replay.h"

#include "base/vector.h"
#include "rules/rule.h"

/* ---- the senders ---- */

void replay_begin(struct replay *replay, const struct inquiry *inquiry,
                  const struct proposal *proposal)
{
    *replay = (struct replay){.inquiry = inquiry, .proposal = proposal};
    replay->policy_fact = proposal_policy(inquiry, proposal, &replay->policy);
}

/* ---- questions ---- */

static struct verdict_question question_of(const struct replay *replay,
                                           const struct sight *sight, struct text mx,
                                           const struct observed_smtp *probe)
{
    struct verdict_question question =
        proposal_question(replay->inquiry, replay->proposal, sight, mx, probe);
    question.policy_fact = replay->policy_fact;
    question.policy = &replay->policy;
    return question;
}

struct verdict_answer replay_answer(const struct replay *replay, const struct sight *sight,
                                    struct text mx, const struct observed_smtp *probe)
{
    struct verdict_question question = question_of(replay, sight, mx, probe);
    return verdict_of(&question, replay->inquiry->arena);
}

/* As if the policy were in force: what testing only reports shows as a refusal. */
static struct verdict_question in_force(const struct verdict_question *question,
                                        struct arena *arena)
{
    struct verdict_question strict = *question;
    struct mta_sts_policy *policy = arena_new(arena, struct mta_sts_policy);
    bool in_use = question->policy_fact == FACT_PRESENT && question->policy->valid &&
                  question->policy->mode != MTA_STS_MODE_NONE;
    *policy = in_use ? *question->policy : policy_of_host(question->mx, arena);
    policy->mode = MTA_STS_MODE_ENFORCE;
    strict.policy_fact = FACT_PRESENT;
    strict.policy = policy;
    return strict;
}

static struct verdict_answer without_sts(const struct verdict_question *question)
{
    struct verdict_question without = *question;
    without.policy_fact = FACT_ABSENT;
    return verdict_by_sts(&without);
}

/* By the policy, which SENDER may not look for. */
static void add_sts(struct outcome *outcome, struct sender sender,
                    const struct verdict_question *question, struct verdict_answer answer)
{
    struct outcome other = {0};
    outcome_add(outcome, answer);
    if (sender.sts == ANSWER_YES || answer.verdict == VERDICT_DELIVER)
        return;
    outcome_add(&other, without_sts(question));
    outcome_merge(outcome, &other, OPEN_SENDER);
}

static struct outcome ask(const struct replay *replay, struct sender sender,
                          const struct verdict_question *question)
{
    struct outcome outcome = {0}, other = {0};
    struct verdict_answer dane = verdict_by_dane(question, replay->inquiry->arena);
    struct verdict_answer sts = verdict_by_sts(question);
    bool applies = dane.clause != CLAUSE_NONE && sender.dane != ANSWER_NO;
    if (applies)
        outcome_add(&outcome, dane);
    if (!applies || sender.dane == ANSWER_UNKNOWN)
        add_sts(&other, sender, question, sts);
    outcome_merge(&outcome, &other, OPEN_SENDER);
    return outcome;
}

/* ---- hosts ---- */

const struct sight *replay_sight(const struct replay *replay, struct text mx)
{
    const struct inquiry *inquiry = replay->inquiry;
    for (size_t i = inquiry->sights.count; i-- > 0;)
        if (sight_probed(inquiry, &inquiry->sights.at[i], mx))
            return &inquiry->sights.at[i];
    return sight_now(inquiry);
}

/* What of MX tells at the time of THEN (may be null): there, else in the newest that does. */
static const struct sight *sight_for(const struct replay *replay, const struct sight *then,
                                     struct text mx)
{
    if (then && sight_probed(replay->inquiry, then, mx))
        return then;
    return replay_sight(replay, mx);
}

/* The probes of MX that tell, of ADDRESS where that is known; a single null where none does. */
static struct probes telling(const struct inquiry *inquiry, const struct sight *sight,
                             struct text mx, struct text address)
{
    struct probes tell = {0}, all = {0};
    if (sight)
        all = sight_probes(inquiry, sight, mx, address);
    for (size_t i = 0; i < all.count; i++)
        if (probe_tells(all.at[i]))
            VECTOR_ADD(inquiry->arena, &tell, all.at[i]);
    if (!tell.count)
        VECTOR_ADD(inquiry->arena, &tell, NULL);
    return tell;
}

static struct outcome at_host(const struct replay *replay, struct sender sender,
                              const struct sight *sight, struct text mx, struct text address)
{
    struct probes probes = telling(replay->inquiry, sight, mx, address);
    struct outcome outcome = {0};
    for (size_t i = 0; i < probes.count; i++) {
        struct verdict_question question = question_of(replay, sight, mx, probes.at[i]);
        struct outcome each = ask(replay, sender, &question);
        outcome_merge(&outcome, &each, OPEN_ADDRESS);
    }
    return outcome;
}

/* A session that finds other hosts than it did. */
static struct outcome at_hosts(const struct replay *replay, struct sender sender,
                               const struct sight *then, const struct text_list *hosts,
                               struct replay_hosts *met)
{
    struct outcome outcome = {0};
    for (size_t i = 0; i < hosts->count; i++) {
        struct replay_host host = {.mx = hosts->at[i]};
        host.outcome =
            at_host(replay, sender, sight_for(replay, then, host.mx), host.mx, TEXT_UNKNOWN);
        outcome_merge(&outcome, &host.outcome, OPEN_HOST);
        if (met)
            VECTOR_ADD(replay->inquiry->arena, met, host);
    }
    return outcome;
}

/* ---- a session that failed ---- */

struct failing {
    const struct replay *replay;
    const struct failure_group *group;
    struct sender sender;
    const struct sight *sight; /* may be null */
    struct text mx;            /* may be unknown */
};

/* What the sender found at MX then, by what PROBE shows. */
static struct verdict_answer found_then(const struct failing *failing,
                                        const struct observed_smtp *probe)
{
    const struct inquiry *inquiry = failing->replay->inquiry;
    struct verdict_question before =
        proposal_question(inquiry, NULL, failing->sight, failing->mx, probe);
    struct applied_list applied = group_policies(inquiry, failing->group);
    bool by_policy = failing->group->policy_type == POLICY_TYPE_STS && applied.count;
    before.policy_fact = by_policy ? FACT_PRESENT : FACT_ABSENT;
    before.policy = by_policy ? &applied.at[0].policy : NULL;
    before = in_force(&before, inquiry->arena);
    return failing->group->policy_type == POLICY_TYPE_TLSA ? verdict_of(&before, inquiry->arena)
                                                           : verdict_by_sts(&before);
}

/* What becomes of it where what the sender did not accept stays as it was. */
static struct outcome standing(const struct failing *failing)
{
    const struct replay *replay = failing->replay;
    const struct failure_group *group = failing->group;
    struct verdict_question question = question_of(replay, failing->sight, failing->mx, NULL);
    /* Without a probe this is the clause of a TLSA that applies. */
    bool secure =
        verdict_by_dane(&question, replay->inquiry->arena).clause == CLAUSE_DANE_NOT_PROBED;
    bool said =
        group->policy_type == POLICY_TYPE_TLSA || group->result_type == RESULT_DANE_REQUIRED;
    struct sender sender = failing->sender;
    struct outcome outcome = {0}, other = {0};
    secure = secure || (said && proposal_keeps_tlsa(replay->proposal));
    if (said)
        sender.dane = ANSWER_YES;
    bool applies = secure && sender.dane != ANSWER_NO;
    if (applies)
        outcome_add(&outcome,
                    verdict_after_failure(replay->policy_fact, &replay->policy, true));
    if (!applies || sender.dane == ANSWER_UNKNOWN)
        add_sts(&other, sender, &question,
                verdict_after_failure(replay->policy_fact, &replay->policy, false));
    outcome_merge(&outcome, &other, OPEN_SENDER);
    return outcome;
}

/* Whether what is proposed may mend a failure of that type although nothing observed shows it. */
static bool may_mend(const struct failing *failing)
{
    const struct proposal *proposal = failing->replay->proposal;
    unsigned type = 1U << failing->group->result_type;
    const unsigned of_policy = RESULT(STS_POLICY_FETCH_ERROR) | RESULT(STS_POLICY_INVALID) |
                               RESULT(STS_WEBPKI_INVALID);
    bool tlsa = failing->group->policy_type == POLICY_TYPE_TLSA;
    return (proposal->certificate && ((type & RESULTS_CERT) || tlsa)) ||
           (tlsa && !proposal_keeps_tlsa(proposal)) || (proposal->policy && (type & of_policy));
}

/* The fault that PROBE shows, with what becomes of it. False where it shows none. */
static bool explained(const struct failing *failing, const struct observed_smtp *probe,
                      struct outcome *outcome)
{
    const struct replay *replay = failing->replay;
    if (found_then(failing, probe).verdict != VERDICT_REFUSE)
        return false;
    struct verdict_question after = question_of(replay, failing->sight, failing->mx, probe);
    struct outcome each = ask(replay, failing->sender, &after);
    outcome_merge(outcome, &each, OPEN_ADDRESS);
    return true;
}

/* At one host. *SHOWN: an observation shows the fault. */
static struct outcome failing_at(const struct failing *failing, bool *shown)
{
    const struct replay *replay = failing->replay;
    struct probes probes =
        telling(replay->inquiry, failing->sight, failing->mx, failing->group->address);
    struct outcome outcome = {0};
    *shown = false;
    for (size_t i = 0; i < probes.count; i++)
        *shown = explained(failing, probes.at[i], &outcome) || *shown;
    if (*shown)
        return outcome;
    outcome = standing(failing);
    if (may_mend(failing)) {
        struct outcome mended = at_host(replay, failing->sender, failing->sight, failing->mx,
                                        failing->group->address);
        outcome_merge(&outcome, &mended, OPEN_CAUSE);
    }
    return outcome;
}

/* Where the report names no MX: the hosts at which something is seen to be wrong, else any. */
static struct outcome failing_anywhere(struct failing *failing, const struct text_list *hosts)
{
    struct outcome seen = {0}, all = {0};
    for (size_t i = 0; i < hosts->count; i++) {
        bool shown;
        failing->mx = hosts->at[i];
        struct outcome each = failing_at(failing, &shown);
        outcome_merge(shown ? &seen : &all, &each, OPEN_HOST);
    }
    failing->mx = TEXT_UNKNOWN;
    if (!outcome_is_empty(&seen))
        return seen;
    return outcome_is_empty(&all) ? standing(failing) : all;
}

static bool tells_of_mx(const struct inquiry *inquiry, const struct sight *sight,
                        const struct failure_group *group)
{
    return sight_probed(inquiry, sight, group_mx(group));
}

static bool is_only(const struct outcome *outcome, enum verdict verdict)
{
    return outcome_answer(outcome).verdict == verdict;
}

struct outcome replay_failure(const struct replay *replay, const struct failure_group *group,
                              struct sender sender, bool *gone)
{
    const struct inquiry *inquiry = replay->inquiry;
    const struct text_list *proposed = &replay->proposal->mx;
    struct failing failing = {replay, group, sender, NULL, group_mx(group)};
    bool named = text_known(failing.mx), shown;
    *gone = false;
    failing.sight = named ? sight_nearest(inquiry, group, tells_of_mx) : NULL;
    if (!failing.sight)
        failing.sight = sight_of_group(inquiry, group);
    if (named && proposed->count && !text_list_has(proposed, failing.mx))
        return at_hosts(replay, sender, failing.sight, proposed, NULL);
    if (!named) {
        struct text_list hosts = proposal_hosts(replay->proposal, failing.sight);
        return failing_anywhere(&failing, &hosts);
    }
    struct outcome outcome = failing_at(&failing, &shown);
    const struct sight *newest = replay_sight(replay, failing.mx);
    if (shown && newest && newest != failing.sight && is_only(&outcome, VERDICT_REFUSE)) {
        struct outcome now = at_host(replay, sender, newest, failing.mx, group->address);
        *gone = is_only(&now, VERDICT_DELIVER);
    }
    return outcome;
}

/* ---- a session that succeeded ---- */

/* What a sender that succeeded under TYPE had asked of MX, and what it would ask: by the policy as if that were in
 * force, or by DANE. */
static struct verdict_answer checked(const struct verdict_question *question,
                                     enum policy_type type, struct arena *arena)
{
    if (type == POLICY_TYPE_NO_POLICY_FOUND || type == POLICY_TYPE_UNKNOWN)
        return without_sts(question);
    struct verdict_question strict = in_force(question, arena);
    return type == POLICY_TYPE_TLSA ? verdict_of(&strict, arena) : verdict_by_sts(&strict);
}

struct succeeding {
    const struct replay *replay;
    const struct sight *then; /* may be null */
    enum policy_type type;
    struct sender sender;
};

/* Adds what becomes of it at MX as PROBE shows that. With STRICT only where the success is no contradiction to
 * what the probe shows. */
static void succeed_at(const struct succeeding *succeeding, const struct sight *sight,
                       struct text mx, const struct observed_smtp *probe, bool strict,
                       struct outcome *outcome)
{
    const struct replay *replay = succeeding->replay;
    struct arena *arena = replay->inquiry->arena;
    struct verdict_question before = proposal_question(replay->inquiry, NULL, sight, mx, probe);
    struct verdict_question after = question_of(replay, sight, mx, probe);
    const struct sight *then = succeeding->then;
    before.policy_fact = then ? then->policy_fact : FACT_UNKNOWN;
    before.policy = then ? &then->policy : NULL;
    struct verdict_answer was = checked(&before, succeeding->type, arena);
    struct verdict_answer is = checked(&after, succeeding->type, arena);
    if (strict && was.verdict == VERDICT_REFUSE)
        return;
    struct outcome each = {0};
    struct verdict_answer told = verdict_after_success(was, is);
    if (told.clause == CLAUSE_SUCCEEDED)
        outcome_add(&each, told);
    else
        each = ask(replay, succeeding->sender, &after);
    outcome_merge(outcome, &each, OPEN_ADDRESS);
}

static struct outcome succeed_anywhere(const struct succeeding *succeeding,
                                       const struct text_list *hosts, bool strict,
                                       struct replay_hosts *met)
{
    const struct replay *replay = succeeding->replay;
    struct outcome outcome = {0};
    for (size_t i = 0; i < hosts->count; i++) {
        struct replay_host host = {.mx = hosts->at[i]};
        const struct sight *sight = sight_for(replay, succeeding->then, host.mx);
        struct probes probes = telling(replay->inquiry, sight, host.mx, TEXT_UNKNOWN);
        for (size_t j = 0; j < probes.count; j++)
            succeed_at(succeeding, sight, host.mx, probes.at[j], strict, &host.outcome);
        if (outcome_is_empty(&host.outcome))
            continue;
        outcome_merge(&outcome, &host.outcome, OPEN_HOST);
        VECTOR_ADD(replay->inquiry->arena, met, host);
    }
    return outcome;
}

/* Where no host is known: a policy that is not in force stops nobody. */
static struct outcome succeed_nowhere(const struct succeeding *succeeding)
{
    const struct replay *replay = succeeding->replay;
    struct outcome outcome = {0};
    struct mta_sts_policy policy =
        policy_of_host(replay->inquiry->domain, replay->inquiry->arena);
    struct verdict_question question = {
        .mx = replay->inquiry->domain, .policy_fact = replay->policy_fact, .policy = &policy};
    policy.mode = replay->policy.mode;
    policy.valid = replay->policy.valid;
    add_sts(&outcome, succeeding->sender, &question, verdict_by_sts(&question));
    return outcome;
}

struct outcome replay_success(const struct replay *replay, const struct report_seen *report,
                              enum policy_type type, struct sender sender,
                              struct replay_hosts *hosts)
{
    const struct text_list *proposed = &replay->proposal->mx;
    struct succeeding succeeding = {replay, sight_of_report(replay->inquiry, report), type,
                                    sender};
    struct text_list then = proposal_hosts(NULL, succeeding.then);
    struct text_list stay = {0}, come = {0};
    /* Nobody looked then: it met the hosts of now. */
    if (!then.count)
        then = proposal_hosts(NULL, sight_now(replay->inquiry));
    *hosts = (struct replay_hosts){0};
    if (type == POLICY_TYPE_TLSA)
        succeeding.sender.dane = ANSWER_YES;
    for (size_t i = 0; i < then.count; i++)
        if (!proposed->count || text_list_has(proposed, then.at[i]))
            text_list_add(replay->inquiry->arena, &stay, then.at[i]);
    for (size_t i = 0; i < proposed->count; i++)
        if (!text_list_has(&then, proposed->at[i]))
            text_list_add(replay->inquiry->arena, &come, proposed->at[i]);
    struct outcome outcome = succeed_anywhere(&succeeding, &stay, true, hosts);
    if (outcome_is_empty(&outcome))
        outcome = succeed_anywhere(&succeeding, &stay, false, hosts);
    struct outcome new = at_hosts(replay, sender, succeeding.then, &come, hosts);
    outcome_merge(&outcome, &new, OPEN_HOST);
    return outcome_is_empty(&outcome) ? succeed_nowhere(&succeeding) : outcome;
}
