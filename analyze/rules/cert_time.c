/* Certificates in time: what will expire, what was renewed, whom only one sender distrusts. */
#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/engine.h"
#include "rules/families.h"
#include "rules/host.h"
#include "rules/renewals.h"

/* ---- CERT-EXPIRES-SOON ---- */

/* Of the policy host only the end is known: most certificates live for 90 days. */
enum { USUAL_LIFETIME = 90 * TIME_DAY };

static enum severity severity_of(int64_t left, int64_t lifetime)
{
    if (left <= 0)
        return SEVERITY_UNKNOWN;
    if (left <= 3 * TIME_DAY && left < lifetime / 10)
        return SEVERITY_CRITICAL;
    return left <= 14 * TIME_DAY && left < lifetime / 3 ? SEVERITY_WARNING : SEVERITY_UNKNOWN;
}

static int64_t lifetime_of(const struct observed_certificate *certificate)
{
    bool known = certificate->not_before != TIME_UNKNOWN &&
                 certificate->not_before < certificate->not_after;
    return known ? certificate->not_after - certificate->not_before : USUAL_LIFETIME;
}

static enum severity soon(const struct inquiry *inquiry,
                          const struct observed_certificate *certificate)
{
    if (!certificate || certificate->not_after == TIME_UNKNOWN)
        return SEVERITY_UNKNOWN;
    return severity_of(certificate->not_after - inquiry->now, lifetime_of(certificate));
}

/* "in 5 days", "in 7 hours" */
static struct text time_left(struct arena *arena, int64_t seconds)
{
    bool days = seconds >= 2 * TIME_DAY;
    long long count = seconds / (days ? TIME_DAY : 3600);
    return text_format(arena, "in %lld %s%s", count, days ? "day" : "hour",
                       count == 1 ? "" : "s");
}

/* What the history says of the renewal. */
static void say_expected(const struct inquiry *inquiry, const struct renewals *renewals,
                         struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct expected_renewal expected = renewals_next(inquiry, renewals);
    if (!text_known(expected.basis))
        return;
    struct text day = text_date(arena, expected.at);
    if (expected.overdue)
        evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, sight_now(inquiry)->taken_at,
                     "%.*s: the renewal was to be expected %.*s, and is overdue since then",
                     TEXT_ARGS(expected.basis), TEXT_ARGS(day));
    else
        evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, sight_now(inquiry)->taken_at,
                     "%.*s: the renewal is to be expected %.*s", TEXT_ARGS(expected.basis),
                     TEXT_ARGS(day));
}

static void mx_expires(const struct inquiry *inquiry, const struct rule *rule, struct text mx,
                       struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    struct probes probes = sight_probes(inquiry, now, mx, TEXT_UNKNOWN);
    const struct observed_smtp *first = NULL;
    for (size_t i = 0; i < probes.count; i++)
        if (soon(inquiry, probes.at[i]->certificate) &&
            (!first || probes.at[i]->certificate->not_after < first->certificate->not_after))
            first = probes.at[i];
    /* Dates count for nothing where senders look at TLSA of usage 3 alone. */
    if (!first ||
        (now->policy_fact != FACT_PRESENT && certificates_do_not_count(inquiry, now, mx, NULL)))
        return;
    struct arena *arena = inquiry->arena;
    struct claim claim = claim_of(rule);
    int64_t end = first->certificate->not_after;
    claim.mx = mx;
    claim.confidence = CONFIDENCE_CONFIRMED;
    claim.severity = soon(inquiry, first->certificate);
    claim_says(arena, &claim.title, "The certificate of %.*s expires %.*s, on %.*s",
               TEXT_ARGS(words_of_place(arena, first)),
               TEXT_ARGS(time_left(arena, end - inquiry->now)),
               TEXT_ARGS(text_date(arena, end)));
    claim_says(arena, &claim.action,
               "Renew it before %.*s, reload the mail server, and look whether it presents the "
               "new one:\n"
               "    openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s | "
               "openssl x509 -noout -enddate",
               TEXT_ARGS(text_moment(arena, end)), TEXT_ARGS(mx), TEXT_ARGS(mx));
    certificate_evidence(inquiry, now, first, &claim);
    struct renewals renewals = renewals_of_answer(inquiry, first);
    say_expected(inquiry, &renewals, &claim);
    VECTOR_ADD(arena, claims, claim);
}

static void policy_host_expires(const struct inquiry *inquiry, const struct rule *rule,
                                struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    const struct observed_policy *policy = now->observation->policy;
    if (!policy || policy->certificate_not_after == TIME_UNKNOWN)
        return;
    struct arena *arena = inquiry->arena;
    struct claim claim = claim_of(rule);
    int64_t end = policy->certificate_not_after, left = end - inquiry->now;
    claim.severity = severity_of(left, USUAL_LIFETIME);
    if (!claim.severity)
        return;
    claim.confidence = CONFIDENCE_CONFIRMED;
    claim.host = text_format(arena, "mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    claim_says(arena, &claim.title,
               "The certificate of the policy host %.*s expires %.*s, on %.*s",
               TEXT_ARGS(claim.host), TEXT_ARGS(time_left(arena, left)),
               TEXT_ARGS(text_date(arena, end)));
    claim_says(arena, &claim.action,
               "Renew it before %.*s, reload the web server, and look whether it presents the "
               "new one:\n"
               "    openssl s_client -connect %.*s:443 -servername %.*s | openssl x509 -noout "
               "-enddate",
               TEXT_ARGS(text_moment(arena, end)), TEXT_ARGS(claim.host),
               TEXT_ARGS(claim.host));
    evidence_add(arena, &claim.evidence, EVIDENCE_POLICY, now->taken_at,
                 "the certificate of %.*s is valid to %.*s", TEXT_ARGS(claim.host),
                 TEXT_ARGS(text_moment(arena, end)));
    struct renewals renewals = renewals_of_policy_host(inquiry);
    say_expected(inquiry, &renewals, &claim);
    VECTOR_ADD(arena, claims, claim);
}

void cert_expires_soon_stands(const struct inquiry *inquiry, const struct rule *rule,
                              struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    if (!now)
        return;
    for (size_t i = 0; i < now->hosts.count; i++)
        mx_expires(inquiry, rule, now->hosts.at[i], claims);
    policy_host_expires(inquiry, rule, claims);
}

/* ---- CERT-RENEWED ---- */

/* One place where GROUP failed, and what was seen there. */
struct renewal {
    struct subject subject;
    const struct answer_fault *fault;
    struct claim faulty;        /* what the rule of FAULT says */
    const struct sight *then;   /* the observation that shows it */
    const struct sight *change; /* the first one with the certificate of now */
};

/* The answer with the fault, in the observation that shows it. */
static const struct observed_smtp *faulty_answer(const struct inquiry *inquiry,
                                                 const struct renewal *renewal)
{
    const struct observed_smtp *bad = NULL;
    host_judged(inquiry, renewal->then, &renewal->subject, renewal->fault->judge, &bad);
    return bad;
}

/* Whether the place presents other certificates than OLD in SIGHT, all without a fault at that time;
 * unknown where it does not tell. */
static enum shown is_renewed(const struct inquiry *inquiry, const struct sight *sight,
                             const struct subject *subject,
                             const struct observed_certificate *old)
{
    struct subject now = {subject->mx, subject->address, NULL};
    struct probes probes = sight_probes(inquiry, sight, now.mx, now.address);
    enum shown shown = SHOWN_UNKNOWN;
    for (size_t i = 0; i < probes.count; i++) {
        const struct observed_smtp *answer = probes.at[i];
        if (!answer->certificate)
            continue;
        if (!certificate_is_another(answer->certificate, old))
            return SHOWN_NO;
        for (size_t j = 0; j < answer_fault_count; j++)
            if (answer_faults[j].certificate &&
                answer_faults[j].judge(sight, &now, answer) == SHOWN_YES)
                return SHOWN_NO;
        shown = SHOWN_YES;
    }
    return shown;
}

/* The first observation of those that show the new certificate to this day. */
static const struct sight *change_after(const struct inquiry *inquiry,
                                        const struct renewal *renewal,
                                        const struct observed_certificate *old)
{
    const struct sight *change = NULL;
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight->taken_at <= renewal->then->taken_at)
            break;
        enum shown shown = is_renewed(inquiry, sight, &renewal->subject, old);
        if (shown == SHOWN_NO)
            break;
        if (shown == SHOWN_YES)
            change = sight;
    }
    return change;
}

/* Whether a certificate failure was reported of that place in a report that begins after TIME. */
static bool fails_after(const struct inquiry *inquiry, const struct subject *subject,
                        int64_t time)
{
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        bool same_mx = !text_known(other->mx) || text_equal(other->mx, subject->mx);
        bool same_address = !text_known(other->address) || !text_known(subject->address) ||
                            text_equal(other->address, subject->address);
        if (!other->undetailed && (RESULTS_CERT & (1U << other->result_type)) && same_mx &&
            same_address && other->span.last_begin > time)
            return true;
    }
    return false;
}

static bool renewed_with(const struct inquiry *inquiry, const struct failure_group *group,
                         struct renewal *renewal)
{
    const struct rule *rule = rule_of(text_of(renewal->fault->code));
    if (!rule || !rule->shows)
        return false;
    renewal->faulty = claim_of(rule);
    if (!group_shown(inquiry, group, &renewal->subject, rule->shows, &renewal->faulty,
                     &renewal->then))
        return false;
    const struct observed_smtp *bad = faulty_answer(inquiry, renewal);
    if (!bad || !bad->certificate)
        return false;
    renewal->change = change_after(inquiry, renewal, bad->certificate);
    return renewal->change &&
           !fails_after(inquiry, &renewal->subject, renewal->change->taken_at);
}

static bool renewed_at(const struct inquiry *inquiry, const struct failure_group *group,
                       struct text mx, struct renewal *renewal)
{
    for (size_t i = 0; i < answer_fault_count; i++) {
        *renewal = (struct renewal){.subject = {mx, group->address, group},
                                    .fault = &answer_faults[i]};
        if (answer_faults[i].certificate && renewed_with(inquiry, group, renewal))
            return true;
    }
    return false;
}

/* Of a group that names no MX, the first host where it is so. */
static bool renewed(const struct inquiry *inquiry, const struct failure_group *group,
                    struct renewal *renewal)
{
    struct text mx = group_mx(group);
    if (text_known(mx))
        return renewed_at(inquiry, group, mx, renewal);
    const struct sight *then = sight_of_group(inquiry, group);
    for (size_t i = 0; then && i < then->hosts.count; i++)
        if (renewed_at(inquiry, group, then->hosts.at[i], renewal))
            return true;
    return false;
}

bool cert_renewed_explains(const struct inquiry *inquiry, const struct failure_group *group,
                           struct claim *claim)
{
    struct renewal renewal;
    if (!renewed(inquiry, group, &renewal))
        return false;
    struct arena *arena = inquiry->arena;
    struct text mx = renewal.subject.mx;
    const struct observed_smtp *bad = faulty_answer(inquiry, &renewal);
    struct probes now = sight_probes(inquiry, renewal.change, mx, group->address);
    claim->mx = mx;
    claim->confidence = renewal.faulty.confidence;
    claim->gone_at = renewal.change->taken_at;
    claim_says(arena, &claim->title,
               "The certificate of %.*s was at fault and has been replaced, by %.*s",
               TEXT_ARGS(mx), TEXT_ARGS(text_date(arena, renewal.change->taken_at)));
    claim_says(
        arena, &claim->action,
        "Nothing: another certificate is in use, and no failure was reported since. What "
        "was wrong: %.*s.",
        TEXT_ARGS(renewal.faulty.title));
    certificate_evidence(inquiry, renewal.then, bad, claim);
    for (size_t i = 0; i < now.count; i++)
        if (now.at[i]->certificate)
            certificate_evidence(inquiry, renewal.change, now.at[i], claim);
    evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, renewal.change->taken_at,
                 "%.*s: no report that begins after %.*s names a certificate fault there",
                 TEXT_ARGS(mx), TEXT_ARGS(text_moment(arena, renewal.change->taken_at)));
    return true;
}

/* ---- CERT-SENDER-STORE ---- */

/* Whether the chain is trusted in all that was seen of the place, then and now. */
static bool is_trusted_here(const struct inquiry *inquiry, const struct failure_group *group,
                            struct text mx, const struct sight **sight)
{
    struct subject subject = {mx, group->address, NULL};
    const struct sight *sights[] = {sight_of_group(inquiry, group), sight_now(inquiry)};
    *sight = NULL;
    for (size_t i = 0; i < sizeof sights / sizeof *sights; i++) {
        struct probes probes = {0};
        if (sights[i])
            probes = sight_probes(inquiry, sights[i], mx, subject.address);
        for (size_t j = 0; j < probes.count; j++) {
            const struct observed_certificate *certificate = probes.at[j]->certificate;
            if (!certificate || !certificate->trust)
                continue;
            if (certificate->trust != TRUST_TRUSTED)
                return false;
            *sight = *sight ? *sight : sights[i];
        }
    }
    return *sight;
}

bool cert_sender_store_explains(const struct inquiry *inquiry,
                                const struct failure_group *group, struct claim *claim)
{
    struct text mx = group_mx(group);
    const struct sight *sight;
    if (!text_known(mx) || !group->reporter ||
        another_reporter_fails(inquiry, group, RESULT(CERTIFICATE_NOT_TRUSTED)) ||
        !group->others_succeeding || !is_trusted_here(inquiry, group, mx, &sight))
        return false;
    struct arena *arena = inquiry->arena;
    struct text reporter = quote(arena, group->reporter->name);
    bool contact = text_known(group->reporter->contact_info);
    claim->confidence = reporter_confidence(group);
    claim_says(arena, &claim->title,
               "%.*s alone does not trust the certificate of %.*s, others and this machine do",
               TEXT_ARGS(reporter), TEXT_ARGS(mx));
    claim_says(
        arena, &claim->action,
        "Tell the sender that its store of CA certificates is old%s%.*s; or use a CA that "
        "has been in all stores for longer, if mail of that sender matters.",
        contact ? ", by the contact of its reports: " : "",
        TEXT_ARGS(contact ? quote(arena, group->reporter->contact_info) : TEXT("")));
    struct probes probes = sight_probes(inquiry, sight, mx, group->address);
    for (size_t i = 0; i < probes.count && i < 4; i++)
        if (probes.at[i]->certificate)
            certificate_evidence(inquiry, sight, probes.at[i], claim);
    evidence_add(arena, &claim->evidence, EVIDENCE_REPORT, group->span.last_end,
                 "%zu other reporter%s with successes and no failure at the same time",
                 group->others_succeeding, group->others_succeeding == 1 ? "" : "s");
    return true;
}
