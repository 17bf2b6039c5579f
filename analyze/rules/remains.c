/* What remains where nothing published explains a failure. */
#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/counting.h"
#include "rules/families.h"
#include "rules/host.h"
#include "rules/survey.h"

/* ---- what is shared ---- */

static struct text name_of(const struct inquiry *inquiry, const struct failure_group *group)
{
    return group->reporter && text_known(group->reporter->name)
               ? quote(inquiry->arena, group->reporter->name)
               : TEXT("a reporter without a name");
}

/* "Write to tls@reporter.example, the contact that its reports give." */
static struct text contact_of(const struct inquiry *inquiry, const struct failure_group *group)
{
    if (!group->reporter || !group->reporter->contact_info.length)
        return TEXT("Its reports give no contact.");
    return text_format(inquiry->arena, "Write to %.*s, the contact that its reports give.",
                       TEXT_ARGS(quote(inquiry->arena, group->reporter->contact_info)));
}

static void say_others(const struct inquiry *inquiry, const struct failure_group *group,
                       struct claim *claim)
{
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_REPORT, group->span.last_end,
                 "%zu independent reporter%s succeeded meanwhile, without a failure",
                 group->others_succeeding, group->others_succeeding == 1 ? "" : "s");
}

/* ---- TLS-TRANSIENT ---- */

/* Sessions of which the reason tells of a time-out or a reset. */
static uint64_t broken_off(const struct failure_group *group)
{
    return sessions_add(group->causes[CAUSE_TIMEOUT],
                        sessions_add(group->causes[CAUSE_CONNECTION_CLOSED],
                                     group->causes[CAUSE_CONNECTION_REFUSED]));
}

bool tls_transient_explains(const struct inquiry *inquiry, const struct failure_group *group,
                            struct claim *claim)
{
    const struct sight *sight;
    if (broken_off(group) != group->sessions || !group->sessions || !group_few(group) ||
        !group_short(group) || !host_is_fine(inquiry, group, &sight))
        return false;
    claim->confidence = reporter_confidence(group);
    claim_says(inquiry->arena, &claim->title,
               "A few connections broke off on one day: the network, not your set-up");
    claim_says(inquiry->arena, &claim->action, "None, unless it returns.");
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                 "the host answered as it should when it was observed");
    return true;
}

/* ---- SENDER-WIDE ---- */

/* Two others besides this one make three. */
enum { WIDE_HOSTS = 3 };

bool sender_wide_explains(const struct inquiry *inquiry, const struct failure_group *group,
                          struct claim *claim)
{
    struct text mx = group_mx(group);
    if (!group->reporter || !text_known(group->reporter->name) || !text_known(mx) ||
        !group_others_succeed(group))
        return false;
    const struct survey_hosts *hosts = survey_unrelated(inquiry->survey, group->reporter->name);
    if (hosts->count < WIDE_HOSTS)
        return false;
    claim->confidence = reporter_confidence(group);
    claim_says(
        inquiry->arena, &claim->title,
        "%.*s fails at MX hosts of unrelated domains while others succeed: the fault is on "
        "its side",
        TEXT_ARGS(name_of(inquiry, group)));
    claim_says(inquiry->arena, &claim->action, "Nothing to change here. %.*s",
               TEXT_ARGS(contact_of(inquiry, group)));
    for (size_t i = 0; i < hosts->count && i < 4; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                     "it fails at %.*s too, of %.*s", TEXT_ARGS(hosts->at[i].mx),
                     TEXT_ARGS(hosts->at[i].domain));
    say_others(inquiry, group, claim);
    return true;
}

/* ---- SENDER-ONLY ---- */

/* What was looked at of one observation and is in order, or is not. */
enum look { LOOK_UNKNOWN, LOOK_GOOD, LOOK_BAD };

struct looks {
    enum look mx, addresses, policy, record, probe, tlsa;
};

static enum look look_at_fact(enum fact fact)
{
    if (fact == FACT_UNKNOWN)
        return LOOK_UNKNOWN;
    return fact == FACT_FAILED ? LOOK_BAD : LOOK_GOOD;
}

static enum look look_at_probe(const struct inquiry *inquiry, const struct sight *sight,
                               const struct failure_group *group, struct text mx)
{
    const struct answer_fault *fault = NULL;
    struct subject subject = {mx, group->address, group};
    if (!text_known(mx) || !sight_probed(inquiry, sight, mx))
        return LOOK_UNKNOWN;
    struct text_list addresses = probed_addresses(inquiry, sight, mx);
    for (size_t i = 0; i < addresses.count; i++)
        if (address_state(inquiry, sight, &subject, addresses.at[i], RESULTS_ANY, &fault) ==
                ADDRESS_BAD ||
            fault)
            return LOOK_BAD;
    return LOOK_GOOD;
}

static struct looks look_at(const struct inquiry *inquiry, const struct sight *sight,
                            const struct failure_group *group, struct text mx)
{
    struct looks looks = {0};
    bool usable;
    looks.mx = look_at_fact(sight->mx.fact);
    if (looks.mx == LOOK_GOOD && text_known(mx) && sight_lists_mx(sight, mx) == FACT_ABSENT)
        looks.mx = LOOK_BAD;
    looks.policy = look_at_fact(sight->policy_fact);
    if (sight->policy_fact == FACT_PRESENT && !sight->policy.valid)
        looks.policy = LOOK_BAD;
    looks.record = look_at_fact(sight->sts_txt.fact);
    if (sight->sts_txt.fact == FACT_PRESENT && sight->sts_record.state != TXT_NONE &&
        !sight->sts_record.valid)
        looks.record = LOOK_BAD;
    if (!text_known(mx))
        return looks;
    looks.addresses = look_at_fact(sight_addresses(inquiry, sight, mx).fact);
    looks.tlsa = look_at_fact(sight_tlsa(inquiry, sight, mx, NULL, &usable).fact);
    looks.probe = look_at_probe(inquiry, sight, group, mx);
    return looks;
}

static bool is_consistent(const struct looks *looks)
{
    return looks->mx != LOOK_BAD && looks->policy != LOOK_BAD && looks->record != LOOK_BAD &&
           looks->addresses != LOOK_BAD && looks->tlsa != LOOK_BAD && looks->probe != LOOK_BAD;
}

bool sender_only_explains(const struct inquiry *inquiry, const struct failure_group *group,
                          struct claim *claim)
{
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    struct text mx = group_mx(group);
    if (!then || !group->reporter || !text_known(group->reporter->name) ||
        !group_others_succeed(group) ||
        another_reporter_fails(inquiry, group, 1U << group->result_type))
        return false;
    struct looks of_then = look_at(inquiry, then, group, mx);
    struct looks of_now = look_at(inquiry, now, group, mx);
    if (!is_consistent(&of_then) || !is_consistent(&of_now))
        return false;
    claim->confidence = reporter_confidence(group);
    /* Where no MX is named it is about the policy: the earlier row goes first. */
    if (!text_known(mx))
        claim->scope = SCOPE_DOMAIN;
    claim_says(inquiry->arena, &claim->title,
               "Only %.*s fails, where others succeed, and all that is published fits together",
               TEXT_ARGS(name_of(inquiry, group)));
    claim_says(inquiry->arena, &claim->action, "Nothing to change here. %.*s",
               TEXT_ARGS(contact_of(inquiry, group)));
    say_others(inquiry, group, claim);
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_RULED_OUT, then->taken_at,
                 "MX records, policy and what the host offers were looked at and fit together");
    return true;
}

/* ---- NOT-OBSERVED ---- */

bool not_observed_explains(const struct inquiry *inquiry, const struct failure_group *group,
                           struct claim *claim)
{
    (void)group;
    if (inquiry->sights.count)
        return false;
    claim->confidence = CONFIDENCE_POSSIBLE;
    claim_says(inquiry->arena, &claim->title,
               "Failures were reported, but what %.*s publishes was not observed yet",
               TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->action,
               "Look at it, best every day by a timer; then analyze again:\n    tlsrpt observe "
               "%.*s",
               TEXT_ARGS(inquiry->domain));
    return true;
}

/* ---- UNEXPLAINED ---- */

static void say_look(const struct inquiry *inquiry, const struct sight *sight, enum look look,
                     const char *what, struct claim *claim)
{
    static const char *const words[] = {
        [LOOK_UNKNOWN] = "not looked at",
        [LOOK_GOOD] = "looked at, nothing wrong that explains this",
        [LOOK_BAD] = "not in order, but that does not explain this failure",
    };
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_RULED_OUT, sight->taken_at,
                 "%s: %s", what, words[look]);
}

static void say_looks(const struct inquiry *inquiry, const struct failure_group *group,
                      struct text mx, struct claim *claim)
{
    const struct sight *sight = sight_of_group(inquiry, group);
    if (!sight)
        return;
    struct looks looks = look_at(inquiry, sight, group, mx);
    say_look(inquiry, sight, looks.mx, "MX records", claim);
    say_look(inquiry, sight, looks.addresses, "addresses of the MX host", claim);
    say_look(inquiry, sight, looks.record, "the _mta-sts record", claim);
    say_look(inquiry, sight, looks.policy, "the MTA-STS policy", claim);
    say_look(inquiry, sight, looks.probe, "STARTTLS and certificate of the MX host", claim);
    say_look(inquiry, sight, looks.tlsa, "TLSA records (DANE)", claim);
}

bool unexplained_explains(const struct inquiry *inquiry, const struct failure_group *group,
                          struct claim *claim)
{
    struct text mx = group_mx(group);
    struct text place = text_known(mx) ? mx : inquiry->domain;
    claim->confidence = CONFIDENCE_POSSIBLE;
    /* Where nothing was observed, that comes first: it is the earlier row. */
    claim->scope = SCOPE_DOMAIN;
    if (group->undetailed || group->overflow) {
        claim_says(inquiry->arena, &claim->title, "%s",
                   group->undetailed
                       ? "Sessions failed of which the reporter gives no details"
                       : "More kinds of failures were reported than can be told apart");
        claim_says(inquiry->arena, &claim->action,
                   "Without details only the sender knows more. %.*s",
                   TEXT_ARGS(contact_of(inquiry, group)));
        return true;
    }
    claim_says(inquiry->arena, &claim->title,
               "Sessions with %.*s failed (%s), and nothing that was observed explains it",
               TEXT_ARGS(place), result_type_name(group->result_type));
    claim_says(
        inquiry->arena, &claim->action,
        "What would decide it: the log of %.*s at the times given; an observation on a day "
        "with failures (tlsrpt observe %.*s); or the sender. %.*s",
        TEXT_ARGS(place), TEXT_ARGS(inquiry->domain), TEXT_ARGS(contact_of(inquiry, group)));
    say_looks(inquiry, group, mx, claim);
    return true;
}
