#include "ahead/plan.h"

#include "ahead/plan_steps.h"
#include "base/vector.h"

enum {
    WEEK = 7 * TIME_DAY,
    FORTNIGHT = 14 * TIME_DAY,
    FIRST_MAX_AGE = TIME_DAY,
    MAX_AGE = WEEK
};

const char *plan_goal_name(enum plan_goal goal)
{
    static const char *const names[PLAN_COUNT] = {
        [PLAN_ENFORCE] = "enforce", [PLAN_TESTING] = "testing",         [PLAN_NONE] = "none",
        [PLAN_MX] = "mx",           [PLAN_CERTIFICATE] = "certificate",
    };
    return (unsigned)goal < PLAN_COUNT ? names[goal] : NULL;
}

/* ---- where the domain is ---- */

static bool serves(const struct planning *planning, enum mta_sts_mode mode)
{
    const struct sight *now = planning->now;
    return sight_serves(now) && now->policy.mode == mode && now->sts_record.valid;
}

static bool covers_all(const struct planning *planning)
{
    const struct sight *now = planning->now;
    return now->hosts.count && mta_sts_policy_covers_all(&now->policy, &now->hosts);
}

/* Since when every observation serves that mode. */
static int64_t served_since(const struct planning *planning, enum mta_sts_mode mode)
{
    const struct sights *sights = &planning->inquiry->sights;
    int64_t since = planning->inquiry->now;
    for (size_t i = sights->count; i-- > 0;) {
        const struct sight *sight = &sights->at[i];
        if (sight->policy_fact != FACT_PRESENT || sight->policy.mode != mode)
            break;
        since = sight->taken_at;
    }
    return since;
}

static struct text done_by_looking(struct planning *planning)
{
    return text_format(planning->arena, "tlsrpt observe %.*s shows it",
                       TEXT_ARGS(planning->inquiry->domain));
}

/* ---- to testing, to enforce ---- */

static void add_reporting(struct planning *planning)
{
    struct text domain = planning->inquiry->domain;
    struct text name = text_format(planning->arena, "_smtp._tls.%.*s", TEXT_ARGS(domain));
    struct published record = sight_published(planning->inquiry, planning->now, name, "TXT");
    struct plan_step *step =
        plan_step(planning, "Ask for reports", record.fact == FACT_PRESENT);
    plan_says(planning, &step->text,
              "Without them nobody tells what enforce would refuse (RFC 8460 §3).");
    plan_paste(planning, step, "dns", name,
               text_format(planning->arena,
                           "%.*s. IN TXT \"v=TLSRPTv1; rua=mailto:tlsrpt@%.*s\"",
                           TEXT_ARGS(name), TEXT_ARGS(domain)));
    step->done_when = done_by_looking(planning);
}

/* A policy that is in force stays so. */
static void add_cover(struct planning *planning, bool there)
{
    struct plan_step *step = plan_step(
        planning, "Let the policy that is in force list every MX host, with its record", there);
    plan_says(planning, &step->text,
              "Senders that hold it refuse a host that it does not list (RFC 8461 §4.1).");
    plan_paste_policy(planning, step, planning->policy, MTA_STS_MODE_ENFORCE,
                      planning->policy->max_age, &planning->now->hosts);
    plan_paste_servers(planning, step);
    step->done_when = done_by_looking(planning);
}

static bool holds_enforce(const struct planning *planning)
{
    return planning->policy && planning->policy->mode == MTA_STS_MODE_ENFORCE;
}

static void add_testing(struct planning *planning)
{
    struct text domain = planning->inquiry->domain;
    bool there =
        (serves(planning, MTA_STS_MODE_TESTING) || serves(planning, MTA_STS_MODE_ENFORCE)) &&
        covers_all(planning);
    if (holds_enforce(planning)) {
        add_cover(planning, there);
        return;
    }
    struct plan_step *step =
        plan_step(planning, "Publish a policy in testing that lists every MX host", there);
    plan_says(
        planning, &step->text,
        "Serve the file from mta-sts.%.*s with a certificate for that name, then publish the "
        "record. In testing senders deliver all the same, and report what they would not "
        "have accepted (RFC 8461 §5).",
        TEXT_ARGS(domain));
    plan_paste_policy(planning, step, planning->policy, MTA_STS_MODE_TESTING, FIRST_MAX_AGE,
                      &planning->now->hosts);
    plan_paste_servers(planning, step);
    step->done_when = done_by_looking(planning);
}

static void add_watching(struct planning *planning)
{
    const struct inquiry *inquiry = planning->inquiry;
    const struct readiness_answer *readiness = inquiry->readiness;
    bool ready = readiness && (readiness->readiness == READINESS_READY ||
                               readiness->readiness == READINESS_ENFORCING);
    struct plan_step *step =
        plan_step(planning, "Read the reports of 14 days, and mend what they show", ready);
    struct text reasons = TEXT("");
    for (size_t i = 0; readiness && i < readiness->reasons.count; i++)
        reasons = text_format(planning->arena, "%.*s\n- %.*s", TEXT_ARGS(reasons),
                              TEXT_ARGS(readiness->reasons.at[i]));
    plan_says(
        planning, &step->text,
        "tlsrpt analyze %.*s says what is wrong, tlsrpt whatif %.*s --mode enforce what would "
        "have been refused.%s%.*s",
        TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain),
        reasons.length ? " In the way:" : "", TEXT_ARGS(reasons));
    if (inquiry->groups->reports.count)
        step->not_before = inquiry->groups->reports.at[0].begin + FORTNIGHT;
    else
        step->not_before = inquiry->now + FORTNIGHT;
    if (ready || step->not_before <= inquiry->now)
        step->not_before = TIME_UNKNOWN;
    plan_says(planning, &step->done_when, "the readiness of tlsrpt analyze is \"ready\"");
}

/* What is in force for a day, from AFTER (TIME_UNKNOWN: now) on, for longer. */
static void add_lasting(struct planning *planning, bool enforcing, int64_t after)
{
    bool lasting = enforcing && planning->now->policy.max_age >= MAX_AGE;
    bool longer = holds_enforce(planning) && planning->policy->max_age > MAX_AGE;
    int64_t since = after == TIME_UNKNOWN ? planning->inquiry->now : after;
    since = enforcing ? served_since(planning, MTA_STS_MODE_ENFORCE) : since;
    struct plan_step *step = plan_step(
        planning, "After a week without a refusal let the policy live longer", lasting);
    step->not_before = since + WEEK > planning->inquiry->now ? since + WEEK : TIME_UNKNOWN;
    plan_says(
        planning, &step->text,
        "A policy that senders hold for weeks is what protects: who blocks the look-up of the "
        "policy has to wait that long (RFC 8461 §10). 604800 is a week; the most is 31557600.");
    plan_paste_policy(planning, step, planning->policy, MTA_STS_MODE_ENFORCE,
                      longer ? planning->policy->max_age : MAX_AGE, &planning->now->hosts);
    step->done_when = done_by_looking(planning);
}

static void add_enforce(struct planning *planning)
{
    bool enforcing = serves(planning, MTA_STS_MODE_ENFORCE) && covers_all(planning);
    struct plan_step *step =
        plan_step(planning, "Publish enforce, at first for a day at a time", enforcing);
    plan_says(
        planning, &step->text,
        "The low max_age lets a mistake run out in a day. From here on senders keep back what "
        "they cannot deliver as the policy says.");
    if (!enforcing && !planning->plan->steps.at[planning->plan->steps.count - 2].done)
        step->not_before = planning->plan->steps.at[planning->plan->steps.count - 2].not_before;
    plan_paste_policy(planning, step, planning->policy, MTA_STS_MODE_ENFORCE,
                      holds_enforce(planning) ? planning->policy->max_age : FIRST_MAX_AGE,
                      &planning->now->hosts);
    step->done_when = done_by_looking(planning);
    add_lasting(planning, enforcing, step->not_before);
}

static void add_weakening(struct planning *planning)
{
    int64_t until = enforced_until(planning->inquiry, NULL);
    if (until == TIME_UNKNOWN || until <= planning->inquiry->now)
        return;
    plan_cost(
        planning,
        "Once senders take it up, whoever stands between them and an MX can read and change "
        "mail by hiding STARTTLS or by another certificate, and it is delivered all the same.");
    plan_cost(
        planning,
        "It does not end refusals at once: a sender that cannot fetch the new policy goes by "
        "the enforce that it holds, until %.*s. To mend what is refused is faster: tlsrpt "
        "analyze %.*s.",
        TEXT_ARGS(plan_date(planning, until)), TEXT_ARGS(planning->inquiry->domain));
}

static void plan_testing(struct planning *planning)
{
    int64_t until = enforced_until(planning->inquiry, NULL);
    add_reporting(planning);
    if (until == TIME_UNKNOWN || until <= planning->inquiry->now) {
        add_testing(planning);
        return;
    }
    add_weakening(planning);
    bool there = serves(planning, MTA_STS_MODE_TESTING);
    struct plan_step *step = plan_step(planning, "Publish testing, with a new id", there);
    uint64_t max_age = planning->policy ? planning->policy->max_age : MAX_AGE;
    plan_says(planning, &step->text, "Decide it by name: see what it costs.");
    plan_paste_policy(planning, step, planning->policy, MTA_STS_MODE_TESTING, max_age,
                      &planning->now->hosts);
    step->done_when = done_by_looking(planning);
    step = plan_step(planning, "Wait until the last enforce that a sender may hold has run out",
                     false);
    step->not_before = until;
    plan_says(
        planning, &step->text,
        "Until then keep every MX as that policy demands: a certificate that is good for its "
        "name, and STARTTLS.");
    plan_says(planning, &step->done_when, "that date has passed");
}

/* ---- out of MTA-STS ---- */

static void plan_none(struct planning *planning)
{
    const struct sight *now = planning->now;
    int64_t until = enforced_until(planning->inquiry, NULL);
    bool waits = until != TIME_UNKNOWN && until > planning->inquiry->now;
    bool gone = now->sts_txt.fact == FACT_ABSENT && now->policy_fact != FACT_PRESENT;
    bool none = serves(planning, MTA_STS_MODE_NONE);
    plan_cost(planning,
              "Without MTA-STS and DANE whoever stands between a sender and an MX can read and "
              "change mail by hiding STARTTLS. Nothing takes the place of the policy.");
    struct plan_step *step = plan_step(planning, "Publish a policy of mode none, with a new id",
                                       none || (gone && !waits));
    plan_says(
        planning, &step->text,
        "Taking the record or the host away leaves senders with the policy that they hold "
        "(RFC 8461 §8.3): none tells them that it is over.");
    plan_paste_policy(planning, step, planning->policy, MTA_STS_MODE_NONE, FIRST_MAX_AGE, NULL);
    step->done_when = done_by_looking(planning);
    step = plan_step(planning,
                     "Wait until the last policy in force that a sender may hold has run out",
                     (none || gone) && !waits);
    step->not_before = waits ? until : TIME_UNKNOWN;
    plan_says(planning, &step->text,
              "A sender that looks takes the new one at once; one that cannot goes by what it "
              "holds.");
    plan_says(planning, &step->done_when, "that date has passed");
    step = plan_step(planning, "Remove the record, then the policy file and its host name",
                     gone && !waits);
    step->not_before = waits ? until : TIME_UNKNOWN;
    plan_says(planning, &step->text, "The record first: who finds one asks for the file.");
    plan_paste(
        planning, step, "dns",
        text_format(planning->arena, "_mta-sts.%.*s", TEXT_ARGS(planning->inquiry->domain)),
        text_format(planning->arena, "; remove: _mta-sts.%.*s. TXT, then mta-sts.%.*s.",
                    TEXT_ARGS(planning->inquiry->domain),
                    TEXT_ARGS(planning->inquiry->domain)));
    step->done_when = done_by_looking(planning);
}

static void plan_enforce(struct planning *planning)
{
    add_reporting(planning);
    add_testing(planning);
    add_watching(planning);
    add_enforce(planning);
}

/* ---- what is in the way ---- */

static void add_findings(struct planning *planning)
{
    const struct sight *stable = migration_stable(planning->inquiry);
    struct migration_findings all;
    if (!stable)
        return;
    migration_look(planning->inquiry, stable, planning->now, &all);
    for (size_t i = 0; i < all.count; i++)
        if (all.at[i].severity >= SEVERITY_WARNING)
            VECTOR_ADD(planning->arena, &planning->plan->findings, all.at[i]);
}

/* ---- the whole ---- */

static void (*const makers[PLAN_COUNT])(struct planning *planning) = {
    [PLAN_ENFORCE] = plan_enforce,
    [PLAN_TESTING] = plan_testing,
    [PLAN_NONE] = plan_none,
    [PLAN_MX] = plan_mx,
    [PLAN_CERTIFICATE] = plan_certificate,
};

void plan_make(const struct inquiry *inquiry, enum plan_goal goal,
               const struct proposal *proposal, struct plan *plan)
{
    struct planning planning = {.inquiry = inquiry,
                                .proposal = proposal,
                                .arena = inquiry->arena,
                                .plan = plan,
                                .now = sight_now(inquiry),
                                .policy = policy_in_force(inquiry)};
    *plan = (struct plan){.domain = inquiry->domain, .goal = goal, .observed_at = TIME_UNKNOWN};
    if (!planning.now || !makers[goal]) {
        plan_note(&planning, "Nothing was observed of %.*s: tlsrpt observe %.*s",
                  TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain));
        return;
    }
    plan->observed_at = planning.now->taken_at;
    if (inquiry->now - plan->observed_at > WEEK)
        plan_note(&planning, "The newest observation is of %.*s: tlsrpt observe %.*s",
                  TEXT_ARGS(plan_date(&planning, plan->observed_at)),
                  TEXT_ARGS(inquiry->domain));
    add_findings(&planning);
    makers[goal](&planning);
    while (plan->current < plan->steps.count && plan->steps.at[plan->current].done)
        plan->current++;
}
