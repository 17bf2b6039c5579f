/* The move of a domain's mail to other MX hosts. */
#include "ahead/migration.h"
#include "ahead/plan_steps.h"

#include "base/vector.h"

enum { WEEK = 7 * TIME_DAY };

/* ---- which hosts ---- */

static bool same_hosts(const struct text_list *a, const struct text_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!text_list_has(b, a->at[i]))
            return false;
    return a->count == b->count;
}

static struct text_list without(struct planning *planning, const struct text_list *hosts,
                                const struct text_list *others)
{
    struct text_list left = {0};
    for (size_t i = 0; i < hosts->count; i++)
        if (!text_list_has(others, hosts->at[i]))
            text_list_add_once(planning->arena, &left, hosts->at[i]);
    return left;
}

struct moving {
    const struct text_list *target;
    struct text_list old, new;  /* hosts that go, and that come */
    const struct sight *before; /* the last before the move; the newest while it is not made */
    bool moved;
    int64_t moved_at;
};

static struct moving moving_of(struct planning *planning)
{
    const struct sights *sights = &planning->inquiry->sights;
    struct moving moving = {.target = &planning->proposal->mx,
                            .moved_at = planning->inquiry->now,
                            .before = planning->now};
    moving.moved = same_hosts(&planning->now->hosts, moving.target);
    for (size_t i = sights->count; moving.moved && i-- > 0;) {
        moving.before = &sights->at[i];
        if (sights->at[i].hosts.count && !same_hosts(&sights->at[i].hosts, moving.target))
            break;
        moving.moved_at = sights->at[i].taken_at;
    }
    moving.old = without(planning, &moving.before->hosts, moving.target);
    moving.new = without(planning, moving.target, &moving.before->hosts);
    return moving;
}

static struct text names(struct planning *planning, const struct text_list *hosts)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < hosts->count; i++)
        all = text_format(planning->arena, "%.*s%s%.*s", TEXT_ARGS(all), i ? ", " : "",
                          TEXT_ARGS(hosts->at[i]));
    return hosts->count ? all : TEXT("no host");
}

static struct text records(struct planning *planning, const struct text_list *hosts)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < hosts->count; i++)
        all = text_format(planning->arena, "%.*s%s%.*s. IN MX %zu %.*s.", TEXT_ARGS(all),
                          i ? "\n" : "", TEXT_ARGS(planning->inquiry->domain), 10 * (i + 1),
                          TEXT_ARGS(hosts->at[i]));
    return all;
}

/* ---- the steps ---- */

static bool policy_lists(const struct planning *planning, const struct text_list *hosts)
{
    return !planning->policy || mta_sts_policy_covers_all(planning->policy, hosts);
}

static void add_preparing(struct planning *planning, const struct moving *moving, bool done)
{
    bool dane = sight_has_dane(planning->inquiry, moving->before);
    struct plan_step *step = plan_step(planning, "Make the new MX hosts ready", done);
    plan_says(
        planning, &step->text,
        "%.*s: STARTTLS, with a certificate that a public CA signed for the host's own name.%s",
        TEXT_ARGS(names(planning, &moving->new)),
        dane ? " The old ones have TLSA records: publish those of the new ones two TTLs before "
               "the move (RFC 7671 §8.1), or senders lose what they checked until now."
             : "");
    for (size_t i = 0; i < moving->new.count; i++) {
        struct text mx = moving->new.at[i];
        plan_paste(
            planning, step, "command", mx,
            text_format(planning->arena,
                        "openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s "
                        "-verify_hostname %.*s </dev/null",
                        TEXT_ARGS(mx), TEXT_ARGS(mx), TEXT_ARGS(mx)));
    }
    plan_says(planning, &step->done_when, "the command says: Verify return code: 0 (ok)");
}

static void add_policy(struct planning *planning, const struct moving *moving)
{
    const struct mta_sts_policy *policy = planning->policy;
    if (!policy || policy->mode == MTA_STS_MODE_NONE)
        return;
    bool enforce = policy->mode == MTA_STS_MODE_ENFORCE;
    bool listed = policy_lists(planning, moving->target);
    struct plan_step *step = plan_step(
        planning, "Publish the policy with the old and the new MX hosts; change the id",
        listed);
    plan_says(planning, &step->text,
              "A sender that holds the policy refuses a host that it does not list (RFC 8461 "
              "§4.1). The "
              "policy goes first, the MX records later.");
    plan_paste_policy(planning, step, policy, policy->mode, policy->max_age, moving->target);
    plan_says(planning, &step->done_when, "tlsrpt observe %.*s shows it",
              TEXT_ARGS(planning->inquiry->domain));
    if (!enforce)
        return;
    int64_t until = enforced_until(planning->inquiry, moving->target);
    bool over = moving->moved || until == TIME_UNKNOWN || until <= planning->inquiry->now;
    step = plan_step(planning, "Wait until the last policy without the new hosts has run out",
                     listed && over);
    step->not_before = over ? TIME_UNKNOWN : until;
    plan_says(planning, &step->text,
              "Senders that look at the record take the new policy at once; one that cannot "
              "holds the "
              "old one for its max_age, %llu seconds.",
              (unsigned long long)policy->max_age);
    plan_says(planning, &step->done_when, "that date has passed");
}

static void add_move(struct planning *planning, const struct moving *moving)
{
    struct plan *plan = planning->plan;
    int64_t after = plan->steps.at[plan->steps.count - 1].not_before;
    struct plan_step *step = plan_step(planning, "Move the MX records", moving->moved);
    step->not_before = moving->moved ? TIME_UNKNOWN : after;
    plan_says(planning, &step->text,
              "From %.*s to %.*s. Their TTL is %u seconds: lower it to 300 that long before "
              "the move, so "
              "that it can be undone. The old records are below.",
              TEXT_ARGS(names(planning, &moving->before->hosts)),
              TEXT_ARGS(names(planning, moving->target)), moving->before->mx.ttl);
    plan_paste(planning, step, "dns", planning->inquiry->domain,
               records(planning, moving->target));
    struct published old =
        sight_published(planning->inquiry, moving->before, planning->inquiry->domain, "MX");
    struct text back = TEXT("; to go back:");
    for (size_t i = 0; i < old.values.count; i++)
        back = text_format(planning->arena, "%.*s\n%.*s. IN MX %.*s.", TEXT_ARGS(back),
                           TEXT_ARGS(planning->inquiry->domain), TEXT_ARGS(old.values.at[i]));
    plan_paste(planning, step, "dns", TEXT("the old records"), back);
    plan_says(planning, &step->done_when, "tlsrpt observe %.*s shows exactly these hosts",
              TEXT_ARGS(planning->inquiry->domain));
}

static const char *keeping_title(struct planning *planning, int64_t quiet)
{
    if (quiet <= WEEK)
        return "Keep the old hosts until a week has passed without a hit on them";
    return text_string(
        planning->arena,
        text_format(planning->arena,
                    "Keep the old hosts until %lld days have passed without a hit on them",
                    (long long)((quiet + TIME_DAY - 1) / TIME_DAY)));
}

static void add_dropping(struct planning *planning, const struct moving *moving)
{
    const struct mta_sts_policy *policy = planning->policy;
    int64_t now = planning->inquiry->now;
    int64_t move = planning->plan->steps.at[planning->plan->steps.count - 1].not_before;
    int64_t from = moving->moved ? moving->moved_at : time_later(now, move);
    struct retirement retirement =
        retirement_of(planning->inquiry, &moving->old, moving->before, from);
    int64_t quiet = retirement.at, last = retirement.last_hit;
    bool over = moving->moved && quiet <= now;
    struct plan_step *step =
        plan_step(planning, keeping_title(planning, retirement.quiet), over);
    step->not_before = over ? TIME_UNKNOWN : quiet;
    struct text hit = TEXT("no report names them");
    if (last != TIME_UNKNOWN)
        hit = text_format(planning->arena, "the last report that names one ends %.*s",
                          TEXT_ARGS(plan_date(planning, last)));
    plan_says(planning, &step->text,
              "%.*s: %.*s. Reports name an MX only where a session failed: look into the logs "
              "of the old "
              "hosts too. Until then their certificates have to stay good.",
              TEXT_ARGS(names(planning, &moving->old)), TEXT_ARGS(hit));
    plan_says(planning, &step->done_when, "that date has passed and no log has a hit");
    bool listed = false;
    for (size_t i = 0; policy && i < moving->old.count; i++)
        listed = listed || mta_sts_policy_covers(policy, moving->old.at[i]);
    step = plan_step(
        planning,
        "Drop the old hosts: from the policy, then their TLSA and the hosts themselves",
        over && !listed);
    step->not_before = over ? TIME_UNKNOWN : quiet;
    plan_says(planning, &step->text,
              "A name that the policy still lists, and that somebody else can register, is a "
              "way in.");
    if (policy && policy->mode != MTA_STS_MODE_NONE)
        plan_paste_policy(planning, step, NULL, policy->mode, policy->max_age, moving->target);
    plan_says(planning, &step->done_when, "tlsrpt observe %.*s shows none of them",
              TEXT_ARGS(planning->inquiry->domain));
}

void plan_mx(struct planning *planning)
{
    struct moving moving = moving_of(planning);
    bool has_policy = planning->policy && planning->policy->mode != MTA_STS_MODE_NONE;
    bool listed = has_policy && policy_lists(planning, moving.target);
    add_preparing(planning, &moving, moving.moved || listed || !moving.new.count);
    add_policy(planning, &moving);
    add_move(planning, &moving);
    if (moving.old.count)
        add_dropping(planning, &moving);
    else
        plan_note(
            planning,
            "No host goes: the policy and the records may stay as they are after the move.");
}
