/* The MTA-STS policy beside a change of the MX hosts, and policies that live on in caches. */
#include "ahead/migration_parts.h"

#include "base/vector.h"
#include "rules/rule.h"
#include "rules/sts.h"

static bool applies(const struct mta_sts_policy *policy)
{
    return policy && policy->valid &&
           (policy->mode == MTA_STS_MODE_ENFORCE || policy->mode == MTA_STS_MODE_TESTING);
}

int64_t enforced_until(const struct inquiry *inquiry, const struct text_list *hosts)
{
    int64_t until = TIME_UNKNOWN;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (!sight_serves(sight) || sight->policy.mode != MTA_STS_MODE_ENFORCE ||
            (hosts && mta_sts_policy_covers_all(&sight->policy, hosts)))
            continue;
        int64_t end = policy_alive_until(inquiry, i, &sight->policy);
        /* It is served until it is changed, which is now at the earliest. */
        if (i + 1 == inquiry->sights.count)
            end += inquiry->now - sight->taken_at;
        until = end > until ? end : until;
    }
    return until;
}

/* ---- MIG-MX-CHANGED-POLICY-NOT ---- */

bool mig_mx_changed_policy_not(const struct migration *migration,
                               struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct arena *arena = inquiry->arena;
    const struct mta_sts_policy *policy = policy_in_force(&migration->view);
    struct text_list lacking = {0};
    bool refused = false;
    if (!applies(policy))
        return false;
    for (size_t i = 0; i < migration->new.count; i++) {
        struct text host = migration->new.at[i];
        if (!policy_lacks(policy, migration->to, host, NULL))
            continue;
        text_list_add(arena, &lacking, host);
        refused = refused || migration_refused(policy, host);
    }
    if (!lacking.count)
        return false;
    struct text names = migration_names(migration, &lacking);
    finding->changed_at = migration_arrival(migration, lacking.at[0]);
    if (refused)
        finding->severity = SEVERITY_CRITICAL;
    claim_says(arena, &finding->title,
               "The MX records changed and the MTA-STS policy did not: it does not list %.*s",
               TEXT_ARGS(names));
    claim_says(
        arena, &finding->text,
        refused ? "Senders that hold the policy refuse to deliver there: mail waits in their "
                  "queues, and comes back after some days. Those without MTA-STS deliver."
                : "The policy is in testing: senders deliver all the same and report it. "
                  "In enforce they would refuse.");
    claim_says(
        arena, &finding->action,
        "Serve the policy with the new hosts beside the old:\n%.*s\nthen change the id:\n%.*s",
        TEXT_ARGS(policy_to_paste(inquiry, policy, &lacking)),
        TEXT_ARGS(record_with_new_id(inquiry)));
    migration_mx_evidence(migration, finding);
    evidence_add(arena, &finding->evidence, EVIDENCE_POLICY, migration->to->taken_at,
                 "the policy in force: %.*s", TEXT_ARGS(words_of_policy(arena, policy)));
    migration_hits(migration, &lacking, finding->changed_at, &finding->evidence);
    back_records(migration, migration->from, inquiry->domain, "MX", &finding->rollback);
    return true;
}

/* ---- MIG-POLICY-AHEAD-OK ---- */

/* What POLICY lists and FORMER does not, and takes no mail: hosts, and for a pattern a host that it covers. */
static struct text_list listed_since(const struct migration *migration,
                                     const struct mta_sts_policy *policy,
                                     const struct mta_sts_policy *former)
{
    struct text_list hosts = {0};
    struct arena *arena = migration->inquiry->arena;
    for (size_t i = 0; i < policy->mx.count; i++) {
        const struct mta_sts_mx *mx = &policy->mx.at[i];
        bool pattern = text_starts(mx->pattern, TEXT("*."));
        struct text host =
            pattern ? text_format(arena, "mx%.*s", TEXT_ARGS(text_from(mx->pattern, 1)))
                    : mx->pattern;
        if (text_is_host(host) && mta_sts_policy_covers(policy, host) &&
            !mta_sts_policy_covers(former, host) && !text_list_has(&migration->to->hosts, host))
            text_list_add_once(arena, &hosts, host);
    }
    return hosts;
}

/* Before the move: the policy lists hosts that take no mail yet. */
static bool ahead_of_move(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    const struct sight *to = migration->to;
    if (!sight_serves(migration->from) || migration->old.count || migration->new.count)
        return false;
    struct text_list hosts = listed_since(migration, &to->policy, &migration->from->policy);
    if (!hosts.count)
        return false;
    int64_t until = enforced_until(&migration->view, &hosts);
    bool waits = until != TIME_UNKNOWN && until > migration->inquiry->now;
    finding->until = waits ? until : TIME_UNKNOWN;
    claim_says(
        arena, &finding->title,
        "The MTA-STS policy lists %.*s ahead of the MX records, beside the hosts of today",
        TEXT_ARGS(migration_names(migration, &hosts)));
    claim_says(arena, &finding->text,
               "That is the right order: whoever looks at the policy now accepts the hosts of "
               "both sides of the move.");
    if (waits)
        claim_says(
            arena, &finding->action,
            "Move the MX records on %.*s or later: until then senders may hold the former "
            "policy.",
            TEXT_ARGS(text_moment(arena, until)));
    else
        claim_says(arena, &finding->action,
                   "Move the MX records; no sender holds the former policy.");
    return true;
}

/* After it: the policy lists the hosts of both sides. */
static bool listed_after_move(const struct migration *migration,
                              struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct arena *arena = inquiry->arena;
    const struct sight *to = migration->to;
    struct text_list listed = {0};
    struct departure last = {0};
    for (size_t i = 0; i < migration->old.count; i++) {
        struct departure departure = migration_departure(migration, migration->old.at[i]);
        if (!mta_sts_policy_covers(&to->policy, migration->old.at[i]))
            continue;
        text_list_add(arena, &listed, migration->old.at[i]);
        if (!last.gone || departure.gone > last.gone)
            last = departure;
    }
    if (!listed.count || !migration->new.count)
        return false;
    struct retirement retirement =
        retirement_of(inquiry, &listed, last.last, last.gone->taken_at);
    struct text names = migration_names(migration, &listed);
    finding->until = retirement.at;
    claim_says(arena, &finding->title,
               "The MTA-STS policy lists the new MX hosts, and still %.*s", TEXT_ARGS(names));
    claim_says(arena, &finding->text,
               "So a sender with the old MX records and one with the new ones both deliver.");
    claim_says(arena, &finding->action,
               "Take %.*s out of the policy on %.*s or later, then change the id. A name that "
               "the policy "
               "lists and that somebody else can register is a way in.",
               TEXT_ARGS(names), TEXT_ARGS(text_date(arena, retirement.at)));
    return true;
}

bool mig_policy_ahead_ok(const struct migration *migration, struct migration_finding *finding)
{
    const struct sight *to = migration->to;
    if (!sight_serves(to) || !applies(&to->policy) || !to->hosts.count ||
        !mta_sts_policy_covers_all(&to->policy, &to->hosts) ||
        (!ahead_of_move(migration, finding) && !listed_after_move(migration, finding)))
        return false;
    migration_mx_evidence(migration, finding);
    migration_policy_evidence(migration, to, finding);
    return true;
}

/* ---- MIG-POLICY-OLD-REMOVED-EARLY ---- */

/* The last sight up to TO whose policy lists HOST, where that of TO does not; null if there is none. */
static const struct sight *listed_until(const struct migration *migration, struct text host)
{
    const struct sights *sights = &migration->view.sights;
    if (!sight_serves(migration->to) || !applies(&migration->to->policy) ||
        mta_sts_policy_covers(&migration->to->policy, host))
        return NULL;
    for (size_t i = sights->count; i-- > 0;)
        if (sight_serves(&sights->at[i]) && applies(&sights->at[i].policy) &&
            mta_sts_policy_covers(&sights->at[i].policy, host))
            return &sights->at[i];
    return NULL;
}

/* The first sight after SIGHT that serves a policy. */
static const struct sight *served_next(const struct migration *migration,
                                       const struct sight *sight)
{
    do
        sight++;
    while (sight < migration->to && !sight_serves(sight));
    return sight;
}

struct removed {
    struct text_list hosts;
    const struct sight *listed; /* the last that lists one of them */
    int64_t until;
    bool in_use; /* one is an MX still, or senders come to it */
};

static void add_removed(const struct migration *migration, struct text host,
                        struct migration_finding *finding, struct removed *removed)
{
    const struct sight *listed = listed_until(migration, host);
    bool takes_mail = text_list_has(&migration->to->hosts, host);
    struct text_list one = {&host, 1};
    if (!listed)
        return;
    int64_t end = TIME_UNKNOWN;
    bool hit = false;
    if (!takes_mail) {
        struct departure departure = migration_departure(migration, host);
        struct hits hits = migration_hits(migration, &one, departure.gone->taken_at, NULL);
        end = departure_end(&departure);
        hit = hits.last_end != TIME_UNKNOWN &&
              hits.last_end + 7 * TIME_DAY > migration->inquiry->now;
        if (hit) {
            migration_hits(migration, &one, departure.gone->taken_at, &finding->evidence);
            end = retirement_of(migration->inquiry, &one, departure.last,
                                departure.gone->taken_at)
                      .at;
        }
        if (!hit && end <= migration->inquiry->now)
            return;
    }
    text_list_add(migration->inquiry->arena, &removed->hosts, host);
    removed->in_use = removed->in_use || hit || takes_mail;
    removed->until = end > removed->until ? end : removed->until;
    if (!removed->listed || listed > removed->listed)
        removed->listed = listed;
}

bool mig_policy_old_removed_early(const struct migration *migration,
                                  struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct arena *arena = inquiry->arena;
    struct removed removed = {.until = TIME_UNKNOWN};
    for (size_t i = 0; i < migration->kept.count; i++)
        add_removed(migration, migration->kept.at[i], finding, &removed);
    for (size_t i = 0; i < migration->old.count; i++)
        add_removed(migration, migration->old.at[i], finding, &removed);
    if (!removed.hosts.count)
        return false;
    bool refused = migration_refused(&migration->to->policy, removed.hosts.at[0]);
    struct text names = migration_names(migration, &removed.hosts);
    if (refused && removed.in_use)
        finding->severity = SEVERITY_CRITICAL;
    finding->until = removed.until;
    finding->changed_at = served_next(migration, removed.listed)->taken_at;
    claim_says(arena, &finding->title,
               "The MTA-STS policy dropped %.*s while senders still deliver there",
               TEXT_ARGS(names));
    claim_says(arena, &finding->text,
               refused
                   ? "Senders with the new policy refuse to deliver there, as long as the MX "
                     "records that they hold "
                     "name it."
                   : "The policy is in testing: senders deliver all the same and report it.");
    claim_says(arena, &finding->action,
               "List %.*s again beside the others, and drop it only when the MX records and "
               "the caches have "
               "forgotten it:\n%.*s\nthen change the id:\n%.*s",
               TEXT_ARGS(names),
               TEXT_ARGS(policy_to_paste(inquiry, &migration->to->policy, &removed.hosts)),
               TEXT_ARGS(record_with_new_id(inquiry)));
    migration_mx_evidence(migration, finding);
    migration_policy_evidence(migration, removed.listed, finding);
    migration_policy_evidence(migration, migration->to, finding);
    back_policy(migration, removed.listed, &finding->rollback);
    return true;
}

/* ---- MIG-ID-UNCHANGED ---- */

bool mig_id_unchanged(const struct migration *migration, struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct arena *arena = inquiry->arena;
    const struct sight *to = migration->to, *older = NULL;
    if (!sight_serves(to) || !to->sts_record.valid)
        return false;
    for (size_t i = migration->view.sights.count - 1; !older && i-- > 0;) {
        const struct sight *sight = &migration->view.sights.at[i];
        if (sight_serves(sight) && !mta_sts_policy_equal(&sight->policy, &to->policy))
            older = sight;
    }
    if (!older || !older->sts_record.valid ||
        !text_equal(older->sts_record.id, to->sts_record.id))
        return false;
    bool refused = false;
    for (size_t i = 0; i < to->hosts.count; i++)
        refused = refused || migration_refused(&older->policy, to->hosts.at[i]);
    if (refused)
        finding->severity = SEVERITY_CRITICAL;
    finding->changed_at = served_next(migration, older)->taken_at;
    claim_says(
        arena, &finding->title,
        "The MTA-STS policy was edited without changing the id: senders keep the old one");
    claim_says(arena, &finding->text,
               "A sender looks for a new policy when the id changes. Until then it goes by the "
               "one that "
               "it holds, for up to %llu seconds%s.",
               (unsigned long long)older->policy.max_age,
               refused ? ", and that one does not list every MX host of now" : "");
    claim_says(arena, &finding->action,
               "Change the id now, and at every edit of the policy:\n%.*s",
               TEXT_ARGS(record_with_new_id(inquiry)));
    migration_policy_evidence(migration, older, finding);
    migration_policy_evidence(migration, to, finding);
    evidence_add(arena, &finding->evidence, EVIDENCE_DNS, to->taken_at,
                 "_mta-sts.%.*s had the id %.*s before and after the edit",
                 TEXT_ARGS(inquiry->domain), TEXT_ARGS(to->sts_record.id));
    return true;
}

/* ---- MIG-MAXAGE-TAIL ---- */

/* Whether TO tells that the policy of SIGHT is served no more: another is, its host is gone, or the record is and the
 * policy cannot be fetched. */
static bool is_over(const struct migration *migration, const struct sight *sight)
{
    const struct sight *to = migration->to;
    if (to->policy_fact == FACT_ABSENT)
        return true;
    if (to->policy_fact == FACT_FAILED)
        return to->sts_txt.fact == FACT_ABSENT;
    return sight_serves(to) && !mta_sts_policy_equal(&sight->policy, &to->policy);
}

bool mig_maxage_tail(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    const struct sights *sights = &migration->view.sights;
    const struct sight *last = NULL;
    struct text_list lacking = {0};
    int64_t until = migration->inquiry->now;
    for (size_t i = 0; i < sights->count; i++) {
        const struct sight *sight = &sights->at[i];
        if (!sight_serves(sight) || sight->policy.mode != MTA_STS_MODE_ENFORCE ||
            !is_over(migration, sight))
            continue;
        int64_t end = policy_alive_until(&migration->view, i, &sight->policy);
        if (end <= until)
            continue;
        until = end;
        last = sight;
    }
    if (!last)
        return false;
    for (size_t i = 0; i < migration->to->hosts.count; i++)
        if (migration_refused(&last->policy, migration->to->hosts.at[i]))
            text_list_add(arena, &lacking, migration->to->hosts.at[i]);
    if (lacking.count)
        finding->severity = SEVERITY_WARNING;
    finding->until = until;
    finding->changed_at = last[1].taken_at;
    struct text date = text_moment(arena, until);
    claim_says(arena, &finding->title,
               "The former policy, in enforce, can live in caches until %.*s", TEXT_ARGS(date));
    if (lacking.count)
        claim_says(arena, &finding->text,
                   "A sender that holds it and cannot fetch the new one refuses to deliver to "
                   "%.*s until then, "
                   "which it does not list.",
                   TEXT_ARGS(migration_names(migration, &lacking)));
    else
        claim_says(arena, &finding->text,
                   "A sender that cannot fetch the new one goes by it: until then every MX has "
                   "to have "
                   "STARTTLS and a certificate as it demands.");
    claim_says(arena, &finding->action,
               "Keep the old and the new MX hosts in order, and under the names that it lists, "
               "until %.*s.",
               TEXT_ARGS(date));
    migration_policy_evidence(migration, last, finding);
    return true;
}
