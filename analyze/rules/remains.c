/* What remains where nothing published explains a failure. */
#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/counting.h"
#include "rules/dane.h"
#include "rules/engine.h"
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
    return sessions_add(group->causes[CAUSE_TIMEOUT], group->causes[CAUSE_CONNECTION_CLOSED]);
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
    const struct survey_hosts *hosts = survey_unrelated(inquiry->survey, group->reporter);
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
    for (size_t i = 0; i < hosts->count && i < 5; i++)
        if (!text_equal(hosts->at[i].domain, inquiry->domain))
            evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                         "it fails at %.*s too, of %.*s", TEXT_ARGS(hosts->at[i].mx),
                         TEXT_ARGS(hosts->at[i].domain));
    say_others(inquiry, group, claim);
    return true;
}

/* ---- SENDER-ONLY ---- */

/* What one observation tells of a part of what is published. */
enum look {
    LOOK_UNKNOWN = 0, /* nobody looked */
    LOOK_GOOD,
    LOOK_ABSENT,
    LOOK_FAILED, /* the look-up did */
    LOOK_BAD,
    LOOK_COUNT,
};

enum part {
    PART_MX = 0,
    PART_ADDRESSES,
    PART_RECORD,
    PART_POLICY,
    PART_STARTTLS,
    PART_CERTIFICATE,
    PART_TLSA,
    PART_COUNT,
};

struct looks {
    enum look of[PART_COUNT];
};

static enum look look_at_fact(enum fact fact)
{
    static const enum look looks[] = {
        [FACT_UNKNOWN] = LOOK_UNKNOWN,
        [FACT_PRESENT] = LOOK_GOOD,
        [FACT_ABSENT] = LOOK_ABSENT,
        [FACT_FAILED] = LOOK_FAILED,
    };
    return looks[fact];
}

static enum look look_at_mx(const struct sight *sight, struct text mx)
{
    enum look look = look_at_fact(sight->mx.fact);
    if (look == LOOK_FAILED || look == LOOK_UNKNOWN)
        return look;
    /* Without MX records the domain itself takes its mail. */
    if (!sight->hosts.count || (text_known(mx) && sight_lists_mx(sight, mx) == FACT_ABSENT))
        return LOOK_BAD;
    return LOOK_GOOD;
}

static bool record_is_there(const struct sight *sight)
{
    return sight->sts_txt.fact == FACT_PRESENT && sight->sts_record.state != TXT_NONE;
}

static enum look look_at_record(const struct sight *sight)
{
    enum look look = look_at_fact(sight->sts_txt.fact);
    if (look == LOOK_GOOD && !record_is_there(sight))
        look = LOOK_ABSENT;
    if (look == LOOK_GOOD && !sight->sts_record.valid)
        look = LOOK_BAD;
    bool served = sight_serves(sight) && sight->policy.mode != MTA_STS_MODE_NONE;
    return look == LOOK_ABSENT && served ? LOOK_BAD : look;
}

/* Where no record announces a policy, nobody asks for it. */
static enum look look_at_policy(const struct sight *sight, struct text mx)
{
    bool unannounced = look_at_record(sight) == LOOK_ABSENT;
    if (sight->policy_fact != FACT_PRESENT)
        return unannounced ? LOOK_ABSENT : look_at_fact(sight->policy_fact);
    bool covers = !text_known(mx) || sight->policy.mode == MTA_STS_MODE_NONE ||
                  mta_sts_policy_covers(&sight->policy, mx);
    return sight->policy.valid && covers ? LOOK_GOOD : LOOK_BAD;
}

/* Whether any address of MX has a fault that may have caused RESULT_TYPES and counts: under DANE little of a
 * certificate does. */
static bool has_fault(const struct inquiry *inquiry, const struct sight *sight,
                      const struct subject *subject, unsigned result_types)
{
    struct text_list addresses = probed_addresses(inquiry, sight, subject->mx);
    bool tlsa = subject->group->policy_type == POLICY_TYPE_TLSA;
    for (size_t i = 0; i < addresses.count; i++) {
        const struct answer_fault *fault = NULL;
        address_state(inquiry, sight, subject, addresses.at[i], result_types, &fault);
        if (fault && (!tlsa || certificate_rule_counts(inquiry, rule_of(text_of(fault->code)),
                                                       sight, subject->mx, subject->group)))
            return true;
    }
    return false;
}

static void look_at_host(const struct inquiry *inquiry, const struct sight *sight,
                         const struct failure_group *group, struct text mx, struct looks *looks)
{
    struct subject subject = {mx, group->address, group};
    struct dane_records records = dane_records_of(inquiry, sight, mx);
    struct probes probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    bool mismatched = dane_first_mismatch(&probes, &records);
    looks->of[PART_ADDRESSES] = look_at_fact(sight_addresses(inquiry, sight, mx).fact);
    looks->of[PART_TLSA] = look_at_fact(records.set.fact);
    if (records.secure && (!records.usable || mismatched))
        looks->of[PART_TLSA] = LOOK_BAD;
    if (!sight_probed(inquiry, sight, mx))
        return;
    looks->of[PART_STARTTLS] =
        has_fault(inquiry, sight, &subject, RESULT(STARTTLS_NOT_SUPPORTED)) ? LOOK_BAD
                                                                            : LOOK_GOOD;
    if (!dane_answer(inquiry, sight, mx, TEXT_UNKNOWN))
        return;
    unsigned types = RESULTS_CERT & ~RESULT(VALIDATION_FAILURE);
    looks->of[PART_CERTIFICATE] =
        has_fault(inquiry, sight, &subject, types) ? LOOK_BAD : LOOK_GOOD;
}

static struct looks look_at(const struct inquiry *inquiry, const struct sight *sight,
                            const struct failure_group *group, struct text mx)
{
    struct looks looks = {0};
    looks.of[PART_MX] = look_at_mx(sight, mx);
    looks.of[PART_RECORD] = look_at_record(sight);
    looks.of[PART_POLICY] = look_at_policy(sight, mx);
    if (text_known(mx))
        look_at_host(inquiry, sight, group, mx, &looks);
    return looks;
}

static const struct {
    const char *name;
    enum evidence_source source;
} parts[PART_COUNT] = {
    [PART_MX] = {"MX records", EVIDENCE_DNS},
    [PART_ADDRESSES] = {"addresses of the MX host", EVIDENCE_DNS},
    [PART_RECORD] = {"the _mta-sts record", EVIDENCE_DNS},
    [PART_POLICY] = {"the MTA-STS policy", EVIDENCE_POLICY},
    [PART_STARTTLS] = {"STARTTLS of the MX host", EVIDENCE_SMTP},
    [PART_CERTIFICATE] = {"its certificate", EVIDENCE_SMTP},
    [PART_TLSA] = {"TLSA records (DANE)", EVIDENCE_DNS},
};

/* The parts that look so and are known from SOURCE (0: any), in one sentence. */
static void say_parts(const struct inquiry *inquiry, const struct sight *sight,
                      const struct looks *looks, enum look look, enum evidence_source source,
                      struct claim *claim)
{
    static const char *const words[LOOK_COUNT] = {
        [LOOK_UNKNOWN] = "not looked at",
        [LOOK_GOOD] = "looked at, nothing wrong that explains this",
        [LOOK_ABSENT] = "looked for and not there",
        [LOOK_FAILED] = "the look-up failed",
        [LOOK_BAD] = "not in order, but that does not explain this failure",
    };
    struct text names = TEXT("");
    for (size_t i = 0; i < PART_COUNT; i++)
        if (looks->of[i] == look && (!source || parts[i].source == source))
            names = text_format(inquiry->arena, "%.*s%s%s", TEXT_ARGS(names),
                                names.length ? ", " : "", parts[i].name);
    if (names.length)
        evidence_add(inquiry->arena, &claim->evidence, source ? source : EVIDENCE_RULED_OUT,
                     sight->taken_at, "%.*s: %s", TEXT_ARGS(names), words[look]);
}

/* What is in order or is not there is ruled out; the rest stays open. */
static void say_looks(const struct inquiry *inquiry, const struct sight *sight,
                      const struct looks *looks, struct claim *claim)
{
    static const enum look open[] = {LOOK_BAD, LOOK_FAILED, LOOK_UNKNOWN};
    static const enum evidence_source sources[] = {EVIDENCE_DNS, EVIDENCE_POLICY,
                                                   EVIDENCE_SMTP};
    say_parts(inquiry, sight, looks, LOOK_GOOD, 0, claim);
    say_parts(inquiry, sight, looks, LOOK_ABSENT, 0, claim);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        for (size_t j = 0; j < sizeof sources / sizeof *sources; j++)
            say_parts(inquiry, sight, looks, open[i], sources[j], claim);
}

/* What was published then and, where that is another observation, now. */
static void say_then_and_now(const struct inquiry *inquiry, const struct failure_group *group,
                             struct claim *claim)
{
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    struct text mx = group_mx(group);
    if (!then)
        return;
    struct looks looks = look_at(inquiry, then, group, mx);
    say_looks(inquiry, then, &looks, claim);
    if (now->taken_at == then->taken_at)
        return;
    looks = look_at(inquiry, now, group, mx);
    say_looks(inquiry, now, &looks, claim);
}

/* What is known fits together, and the MX records are known. */
static bool is_consistent(const struct looks *looks)
{
    for (size_t i = 0; i < PART_COUNT; i++)
        if (looks->of[i] == LOOK_BAD || looks->of[i] == LOOK_FAILED)
            return false;
    return looks->of[PART_MX] == LOOK_GOOD && looks->of[PART_ADDRESSES] != LOOK_ABSENT;
}

/* Whether another reporter fails at that MX in the same time, whatever it calls the failure: senders name one
 * fault by different types. What is not authenticated says nothing about what is. */
static bool another_fails_meanwhile(const struct inquiry *inquiry,
                                    const struct failure_group *group)
{
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        if (other->reporter != group->reporter && other->sessions && !other->undetailed &&
            (other->authenticated || !group->authenticated) &&
            text_equal(other->mx, group->mx) &&
            other->span.first_begin <= group->span.last_end &&
            other->span.last_end >= group->span.first_begin)
            return true;
    }
    return false;
}

bool sender_only_explains(const struct inquiry *inquiry, const struct failure_group *group,
                          struct claim *claim)
{
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    struct text mx = group_mx(group);
    if (!then || !group->reporter || !text_known(group->reporter->name) ||
        !group_others_succeed(group) || another_fails_meanwhile(inquiry, group))
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
    say_then_and_now(inquiry, group, claim);
    return true;
}

/* ---- NOT-OBSERVED ---- */

/* The rule that the result type names most often; null if there is none. */
static const struct rule *usual_rule(enum result_type type)
{
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].unprobed && rules[i].unprobed == type)
            return &rules[i];
    return NULL;
}

bool not_observed_explains(const struct inquiry *inquiry, const struct failure_group *group,
                           struct claim *claim)
{
    if (inquiry->sights.count)
        return false;
    const struct rule *usual = usual_rule(group->result_type);
    claim->confidence = CONFIDENCE_POSSIBLE;
    claim_says(inquiry->arena, &claim->title,
               "Failures were reported, but what %.*s publishes was not observed yet",
               TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->action,
               "Look at it, best every day by a timer; then analyze again:\n    tlsrpt observe "
               "%.*s",
               TEXT_ARGS(inquiry->domain));
    if (usual)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                     "what is reported as %s is most often %s: tlsrpt analyze --code %s",
                     result_type_name(group->result_type), usual->code, usual->code);
    return true;
}

/* ---- UNEXPLAINED ---- */

/* "on 2026-06-08", "from 2026-06-08 to 2026-06-10" */
static struct text days_of(const struct inquiry *inquiry, const struct failure_group *group)
{
    struct text first = text_date(inquiry->arena, group->span.first_begin);
    struct text last = text_date(inquiry->arena, group->span.last_begin);
    if (text_equal(first, last))
        return text_format(inquiry->arena, "on %.*s", TEXT_ARGS(first));
    return text_format(inquiry->arena, "from %.*s to %.*s", TEXT_ARGS(first), TEXT_ARGS(last));
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
    claim_says(inquiry->arena, &claim->action,
               "What would decide it: the log of %.*s %.*s (UTC), an observation on a day with "
               "failures, or a word from the sender:\n    tlsrpt observe %.*s\n%.*s",
               TEXT_ARGS(place), TEXT_ARGS(days_of(inquiry, group)), TEXT_ARGS(inquiry->domain),
               TEXT_ARGS(contact_of(inquiry, group)));
    say_then_and_now(inquiry, group, claim);
    return true;
}
