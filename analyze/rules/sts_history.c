/* What only several observations tell: policies that live on in caches, ids that stayed, policies that
 * went away, policies that were never there. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/families.h"
#include "rules/sts.h"

/* ---- what is shared ---- */

static size_t place_of(const struct inquiry *inquiry, const struct sight *sight)
{
    return (size_t)(sight - inquiry->sights.at);
}

/* A policy that a report quotes and that is not the one served then. */
struct stale {
    const struct applied *applied;
    size_t last;               /* the place of the last observation that serves it */
    const struct sight *newer; /* the observation that tells what was served then */
};

/* Whether NEWER would not let a session with MX fail as OLDER does. */
static bool would_not_fail(const struct inquiry *inquiry, const struct mta_sts_policy *older,
                           const struct sight *newer, struct text mx)
{
    const struct sight *now = sight_now(inquiry);
    if (newer->policy.mode == MTA_STS_MODE_NONE)
        return older->mode != MTA_STS_MODE_NONE;
    return !policy_lacks(&newer->policy, now, mx, NULL) && policy_lacks(older, now, mx, NULL);
}

static bool find_stale(const struct inquiry *inquiry, const struct failure_group *group,
                       const struct applied_list *policies, struct stale *stale)
{
    const struct sight *then = served_at(inquiry, group);
    if (!then || !sight_serves(then))
        return false;
    for (size_t i = 0; i < policies->count; i++) {
        const struct applied *applied = &policies->at[i];
        if (applied->source != POLICY_QUOTED ||
            mta_sts_policy_equal(&applied->policy, &then->policy))
            continue;
        size_t last = policy_last_served(inquiry, &applied->policy, then->taken_at);
        if (last == SIZE_MAX ||
            !would_not_fail(inquiry, &applied->policy, then, group_mx(group)))
            continue;
        *stale = (struct stale){applied, last, then};
        return true;
    }
    return false;
}

static void say_both(const struct inquiry *inquiry, const struct stale *stale,
                     struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    const struct sight *older = &inquiry->sights.at[stale->last];
    evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, older->taken_at,
                 "served then, and quoted by the sender: %.*s",
                 TEXT_ARGS(words_of_policy(arena, &older->policy)));
    evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, stale->newer->taken_at,
                 "served now: %.*s", TEXT_ARGS(words_of_policy(arena, &stale->newer->policy)));
}

/* ---- STS-ID-UNCHANGED ---- */

bool sts_id_unchanged_explains(const struct inquiry *inquiry, const struct failure_group *group,
                               struct claim *claim)
{
    struct applied_list policies = group_policies(inquiry, group);
    struct stale stale;
    if (!find_stale(inquiry, group, &policies, &stale))
        return false;
    const struct sight *older = &inquiry->sights.at[stale.last];
    if (!older->sts_record.valid || !stale.newer->sts_record.valid ||
        !text_equal(older->sts_record.id, stale.newer->sts_record.id))
        return false;
    claim->confidence = confidence_at(sight_distance(inquiry, stale.newer, group));
    claim->changed_at = inquiry->sights.at[stale.last + 1].taken_at;
    claim_says(
        inquiry->arena, &claim->title,
        "The MTA-STS policy was edited without changing the id: senders keep the old one");
    claim_says(inquiry->arena, &claim->action,
               "Change the id now, and at every edit of the policy:\n%.*s",
               TEXT_ARGS(record_with_new_id(inquiry)));
    say_both(inquiry, &stale, claim);
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, stale.newer->taken_at,
                 "_mta-sts.%.*s had the id %.*s before and after the edit",
                 TEXT_ARGS(inquiry->domain), TEXT_ARGS(older->sts_record.id));
    return true;
}

/* ---- STS-CACHED-POLICY ---- */

/* The first observation after the former policy that serves one which would not fail. */
static int64_t mended_at(const struct inquiry *inquiry, const struct stale *stale,
                         struct text mx)
{
    for (size_t i = stale->last + 1; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight_serves(sight) && would_not_fail(inquiry, &stale->applied->policy, sight, mx))
            return sight->taken_at;
    }
    return TIME_UNKNOWN;
}

bool sts_cached_policy_explains(const struct inquiry *inquiry,
                                const struct failure_group *group, struct claim *claim)
{
    struct applied_list policies = group_policies(inquiry, group);
    struct stale stale;
    const struct sight *now = sight_now(inquiry);
    if (!find_stale(inquiry, group, &policies, &stale) || !sight_serves(now) ||
        mta_sts_policy_equal(&stale.applied->policy, &now->policy) ||
        !would_not_fail(inquiry, &stale.applied->policy, now, group_mx(group)))
        return false;
    int64_t until = policy_alive_until(inquiry, stale.last, &stale.applied->policy);
    if (until <= group->span.first_begin)
        return false;
    /* A sender that goes on beyond that does not stop by itself. */
    bool beyond = group->span.last_begin > until;
    claim->bound = beyond ? TIME_UNKNOWN : until;
    claim->mended_at = mended_at(inquiry, &stale, group_mx(group));
    claim->confidence = confidence_at(sight_distance(inquiry, stale.newer, group));
    struct text date = text_moment(inquiry->arena, until);
    claim_says(inquiry->arena, &claim->title,
               "The sender still used the former MTA-STS policy, as it may until %.*s",
               TEXT_ARGS(date));
    if (beyond)
        claim_says(
            inquiry->arena, &claim->action,
            "The former policy should have died on %.*s, yet the sender keeps it. Change the "
            "id once more, and write to the sender's contact:\n%.*s",
            TEXT_ARGS(date), TEXT_ARGS(record_with_new_id(inquiry)));
    else
        claim_says(
            inquiry->arena, &claim->action,
            "Wait. The former policy can live in caches until %.*s; nothing is wrong now.",
            TEXT_ARGS(date));
    if (!beyond)
        claim_says(inquiry->arena, &claim->done_when,
                   "Done on %.*s, when the former policy can live in no cache any more.",
                   TEXT_ARGS(date));
    say_both(inquiry, &stale, claim);
    return true;
}

/* ---- STS-POLICY-FOREIGN ---- */

/* Whether in the observations from SINCE to UNTIL, of which there are two at least and one before BEGIN,
 * a policy was fetched each time, none equal to POLICY, and the id did not change. */
static bool never_served(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                         int64_t since, int64_t begin, int64_t until)
{
    size_t count = 0, before = 0;
    struct text id = TEXT_UNKNOWN;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight->taken_at < since || sight->taken_at > until)
            continue;
        if (!sight_serves(sight) || mta_sts_policy_equal(&sight->policy, policy) ||
            !sight->sts_record.valid ||
            (text_known(id) && !text_equal(id, sight->sts_record.id)))
            return false;
        id = sight->sts_record.id;
        count++;
        before += sight->taken_at < begin;
    }
    return count >= 2 && before;
}

/* Whether an observation from SINCE to UNTIL serves a policy that equals POLICY. */
static bool was_served(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                       int64_t since, int64_t until)
{
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight->taken_at >= since && sight->taken_at <= until && sight_serves(sight) &&
            mta_sts_policy_equal(&sight->policy, policy))
            return true;
    }
    return false;
}

/* Whether POLICY, which reports of SPAN quote, is not the domain's: by the first or by the last of them, as
 * each has a time of its own in which the policy could be fetched. */
static bool is_foreign(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                       const struct span *span)
{
    int64_t age =
        policy->max_age < MTA_STS_MAX_AGE_MAX ? (int64_t)policy->max_age : MTA_STS_MAX_AGE_MAX;
    return !was_served(inquiry, policy, span->first_begin - age, span->last_end) &&
           (never_served(inquiry, policy, span->first_begin - age, span->first_begin,
                         span->first_end) ||
            never_served(inquiry, policy, span->last_begin - age, span->last_begin,
                         span->last_end));
}

static bool quotes_equal(const struct inquiry *inquiry, const struct failure_group *group,
                         const struct mta_sts_policy *policy)
{
    struct applied_list list = group_policies(inquiry, group);
    for (size_t i = 0; i < list.count; i++)
        if (list.at[i].source == POLICY_QUOTED &&
            mta_sts_policy_equal(&list.at[i].policy, policy))
            return true;
    return false;
}

/* How many independent reporters quote POLICY with a failure. */
static size_t quoting_reporters(const struct inquiry *inquiry,
                                const struct mta_sts_policy *policy)
{
    struct text_list names = {0};
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *group = inquiry->groups->all.at[i];
        if (group->policy_type == POLICY_TYPE_STS && group->reporter &&
            text_known(group->reporter->name) && quotes_equal(inquiry, group, policy))
            text_list_add_once(inquiry->arena, &names, group->reporter->name);
    }
    return names.count;
}

/* What the domain has to do with POLICY, which it did not serve when it could have been fetched. */
static struct text words_of_former(const struct inquiry *inquiry,
                                   const struct mta_sts_policy *policy)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight_serves(sight) && mta_sts_policy_equal(&sight->policy, policy))
            return text_format(inquiry->arena,
                               "this domain served on %.*s and that was over by its max_age",
                               TEXT_ARGS(text_date(inquiry->arena, sight->taken_at)));
    }
    return TEXT("this domain has not served");
}

static void say_foreign(const struct inquiry *inquiry, const struct applied *applied,
                        size_t reporters, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text former = words_of_former(inquiry, &applied->policy);
    if (reporters > 1) {
        claim_says(arena, &claim->title,
                   "%zu independent senders applied an MTA-STS policy that %.*s", reporters,
                   TEXT_ARGS(former));
        claim_says(
            arena, &claim->action,
            "Someone else may answer for mta-sts.%.*s. Check its DNS at every name server, "
            "the host and its addresses, who has certificates for the name (certificate "
            "transparency logs), and the vendor that serves the policy.",
            TEXT_ARGS(inquiry->domain));
    } else {
        claim->severity = SEVERITY_NOTICE;
        claim->has_side = true;
        claim->side = SIDE_SENDER;
        claim_says(
            arena, &claim->title,
            "One sender applied an MTA-STS policy that %.*s: it may mix up domains, or keep a "
            "policy too long",
            TEXT_ARGS(former));
        claim_says(arena, &claim->action,
                   "Write to the contact that the report gives. If a second sender quotes that "
                   "policy, someone else may answer for mta-sts.%.*s.",
                   TEXT_ARGS(inquiry->domain));
    }
    evidence_add(arena, &claim->evidence, EVIDENCE_REPORT, applied->quote->span.last_end,
                 "the policy quoted: %.*s",
                 TEXT_ARGS(words_of_policy(arena, &applied->policy)));
}

bool sts_policy_foreign_explains(const struct inquiry *inquiry,
                                 const struct failure_group *group, struct claim *claim)
{
    struct applied_list policies = group_policies(inquiry, group);
    for (size_t i = 0; i < policies.count; i++) {
        const struct applied *applied = &policies.at[i];
        if (applied->source != POLICY_QUOTED)
            continue;
        if (!is_foreign(inquiry, &applied->policy, &applied->quote->span))
            continue;
        say_foreign(inquiry, applied, quoting_reporters(inquiry, &applied->policy), claim);
        const struct sight *then = sight_of_group(inquiry, group);
        claim->confidence = CONFIDENCE_CONFIRMED;
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, then->taken_at,
                     "what the domain served then; no observation of the time in which the "
                     "sender could have fetched it has the other: %.*s",
                     TEXT_ARGS(words_of_policy(inquiry->arena, &then->policy)));
        return true;
    }
    return false;
}

/* ---- STS-REMOVED-BADLY ---- */

static bool is_certificate_fault(const struct sight *sight)
{
    const struct observed_policy *policy = sight->observation->policy;
    return policy && (policy->status == FETCH_CERTIFICATE_EXPIRED ||
                      policy->status == FETCH_CERTIFICATE_NAME_MISMATCH ||
                      policy->status == FETCH_CERTIFICATE_UNTRUSTED);
}

/* Whether SIGHT shows MTA-STS gone: the record, and perhaps the policy, for no other
 * reason that is known. */
static bool is_gone(const struct inquiry *inquiry, const struct sight *sight)
{
    bool no_record =
        sight->sts_txt.fact == FACT_ABSENT ||
        (sight->sts_txt.fact == FACT_PRESENT && sight->sts_record.state == TXT_NONE);
    /* Where nobody tried the policy host, what is known of its certificate is what was seen last. */
    const struct sight *tried = sight;
    while (tried->policy_fact == FACT_UNKNOWN && tried > inquiry->sights.at)
        tried--;
    return no_record && !is_certificate_fault(tried);
}

/* The place of the last observation up to SIGHT that serves a policy, if the record was there before and
 * the policy was in enforce; SIZE_MAX otherwise. */
static size_t removed_from(const struct inquiry *inquiry, const struct sight *sight)
{
    size_t last = SIZE_MAX;
    for (size_t i = place_of(inquiry, sight) + 1; i-- > 0;) {
        const struct sight *each = &inquiry->sights.at[i];
        if (last == SIZE_MAX && sight_serves(each)) {
            if (each->policy.mode != MTA_STS_MODE_ENFORCE)
                return SIZE_MAX;
            last = i;
        }
        if (last != SIZE_MAX && each->sts_record.state != TXT_NONE)
            return last;
    }
    return SIZE_MAX;
}

/* Whether SIGHT shows a policy removed that was alive at TIME. *UNTIL is the end of its life. */
static bool removed_badly(const struct inquiry *inquiry, const struct sight *sight,
                          int64_t time, int64_t *until, size_t *last)
{
    if (!sight || !is_gone(inquiry, sight))
        return false;
    *last = removed_from(inquiry, sight);
    if (*last == SIZE_MAX)
        return false;
    *until = policy_alive_until(inquiry, *last, &inquiry->sights.at[*last].policy);
    return *until > time;
}

static void say_removed(const struct inquiry *inquiry, const struct sight *sight, size_t last,
                        int64_t until, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    const struct sight *before = &inquiry->sights.at[last];
    struct text date = text_moment(arena, until);
    claim_says(
        arena, &claim->title,
        "MTA-STS was taken away while it was in enforce: senders keep the policy until %.*s",
        TEXT_ARGS(date));
    claim_says(
        arena, &claim->action,
        "Serve this policy at https://mta-sts.%.*s/.well-known/mta-sts.txt until "
        "%.*s:\n    version: STSv1\n    mode: none\n    max_age: 86400\nwith the record\n"
        "%.*s\nand take both away after that. Until then mail is refused that does not fit "
        "the former policy. If it was not meant to go, put record and policy back instead.",
        TEXT_ARGS(inquiry->domain), TEXT_ARGS(date), TEXT_ARGS(record_with_new_id(inquiry)));
    claim_says(arena, &claim->done_when, "Done on %.*s, or once mode: none is served.",
               TEXT_ARGS(date));
    claim->host = policy_host(inquiry, before);
    evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, before->taken_at,
                 "the last policy: %.*s", TEXT_ARGS(words_of_policy(arena, &before->policy)));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_mta-sts.%.*s TXT is not there any more", TEXT_ARGS(inquiry->domain));
    if (sight->policy_fact == FACT_ABSENT || sight->policy_fact == FACT_FAILED)
        evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                     "nor is the policy: %s",
                     fetch_status_name(sight->observation->policy->status));
}

static bool tells_of_record(const struct sight *sight)
{
    return sight->sts_txt.fact == FACT_PRESENT || sight->sts_txt.fact == FACT_ABSENT;
}

/* The observations that tell of the record about the last report of a group. */
struct around {
    const struct sight *before, *after; /* the nearest on either side */
    const struct sight *gone;           /* the first within it that shows MTA-STS gone */
    bool told;                          /* one within it tells */
};

static struct around look_around(const struct inquiry *inquiry, const struct span *span)
{
    struct around around = {0};
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (!tells_of_record(sight))
            continue;
        if (sight->taken_at < span->last_begin) {
            around.before = sight;
        } else if (sight->taken_at > span->last_end) {
            around.after = sight;
            break;
        } else {
            around.told = true;
            if (!around.gone && is_gone(inquiry, sight))
                around.gone = sight;
        }
    }
    return around;
}

/* The observation that shows MTA-STS gone at the last report of GROUP: a failure before that is not by it.
 * *CONFIDENCE is what it is worth. */
static const struct sight *gone_at_group(const struct inquiry *inquiry,
                                         const struct failure_group *group,
                                         enum confidence *confidence)
{
    const struct span *span = &group->span;
    struct around around = look_around(inquiry, span);
    const struct sight *gone = around.gone;
    *confidence = CONFIDENCE_CONFIRMED;
    if (gone || around.told)
        return gone;
    gone = around.before && is_gone(inquiry, around.before) ? around.before : around.after;
    if (!gone || !is_gone(inquiry, gone))
        return NULL;
    int64_t distance = observation_distance(gone->taken_at, span->last_begin, span->last_end);
    *confidence = confidence_at(distance);
    /* The nearer one still has it: it may have gone only after the failures. */
    if (gone == around.after && around.before &&
        span->last_begin - around.before->taken_at < distance)
        *confidence = CONFIDENCE_POSSIBLE;
    return gone;
}

bool sts_removed_badly_explains(const struct inquiry *inquiry,
                                const struct failure_group *group, struct claim *claim)
{
    enum confidence confidence;
    const struct sight *sight = gone_at_group(inquiry, group, &confidence);
    int64_t until;
    size_t last;
    if (!removed_badly(inquiry, sight, group->span.first_begin, &until, &last))
        return false;
    say_removed(inquiry, sight, last, until, claim);
    /* Where the policy is still there, what it says may be kept: other faults come first. */
    if (sight_serves(sight))
        claim->tier = TIER_ELSE;
    claim->bound = group->span.last_begin > until ? TIME_UNKNOWN : until;
    claim->confidence = confidence;
    return true;
}

void sts_removed_badly_stands(const struct inquiry *inquiry, const struct rule *rule,
                              struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    int64_t until;
    size_t last;
    if (!now || !removed_badly(inquiry, now, now->taken_at, &until, &last) ||
        until <= inquiry->now)
        return;
    struct claim claim = claim_of(rule);
    say_removed(inquiry, now, last, until, &claim);
    claim.confidence = CONFIDENCE_CONFIRMED;
    VECTOR_ADD(inquiry->arena, claims, claim);
}

/* ---- STS-TESTING-FORGOTTEN ---- */

enum { FORGOTTEN = 30 * TIME_DAY, WINDOW_SLACK = 7 * TIME_DAY };

int64_t testing_since(const struct inquiry *inquiry)
{
    int64_t since = TIME_UNKNOWN;
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight->policy_fact == FACT_UNKNOWN)
            continue;
        if (!sight_serves(sight) || sight->policy.mode != MTA_STS_MODE_TESTING)
            break;
        since = sight->taken_at;
    }
    return since;
}

/* From when on the reports reach back 30 days and none of them names a failure that the policy rules;
 * TIME_UNKNOWN where there is none. */
static int64_t clean_from(const struct inquiry *inquiry)
{
    const struct groups *groups = inquiry->groups;
    if (!groups->reports.count)
        return TIME_UNKNOWN;
    int64_t from = groups->reports.at[0].begin + FORGOTTEN - WINDOW_SLACK;
    for (size_t i = 0; i < groups->all.count; i++) {
        const struct failure_group *group = groups->all.at[i];
        if (group->policy_type != POLICY_TYPE_TLSA && group->sessions &&
            group->span.last_end + FORGOTTEN + 1 > from)
            from = group->span.last_end + FORGOTTEN + 1;
    }
    return from;
}

int64_t testing_forgotten_from(const struct inquiry *inquiry)
{
    int64_t since = testing_since(inquiry), clean = clean_from(inquiry);
    if (!inquiry->readiness || inquiry->readiness->readiness != READINESS_READY ||
        since == TIME_UNKNOWN || clean == TIME_UNKNOWN)
        return TIME_UNKNOWN;
    return since + FORGOTTEN > clean ? since + FORGOTTEN : clean;
}

void sts_testing_forgotten_stands(const struct inquiry *inquiry, const struct rule *rule,
                                  struct claims *claims)
{
    int64_t from = testing_forgotten_from(inquiry);
    if (from == TIME_UNKNOWN || from > inquiry->now)
        return;
    struct claim claim = claim_of(rule);
    struct mta_sts_policy enforced = sight_now(inquiry)->policy;
    enforced.mode = MTA_STS_MODE_ENFORCE;
    claim.confidence = CONFIDENCE_CONFIRMED;
    claim_says(
        inquiry->arena, &claim.title,
        "The MTA-STS policy has been in testing for 30 days without a failure: it protects "
        "nothing yet");
    claim_says(inquiry->arena, &claim.action,
               "Move to enforce:\n%.*s\nthen change the id:\n%.*s",
               TEXT_ARGS(policy_to_paste(inquiry, &enforced, NULL)),
               TEXT_ARGS(record_with_new_id(inquiry)));
    evidence_add(inquiry->arena, &claim.evidence, EVIDENCE_POLICY, sight_now(inquiry)->taken_at,
                 "the policy: %.*s",
                 TEXT_ARGS(words_of_policy(inquiry->arena, &sight_now(inquiry)->policy)));
    VECTOR_ADD(inquiry->arena, claims, claim);
}
