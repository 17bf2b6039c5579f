/* The MX host that a failure names against those that were ever published, and MX records that lead
 * nowhere. */
#include "rules/mx.h"
#include "base/time.h"
#include "base/vector.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- whether an observation has the MX ---- */

/* Among the MX records, or by a name server alone; unknown where the MX records are not known. */
static enum fact published_anywhere(const struct inquiry *inquiry, const struct sight *sight,
                                    struct text mx)
{
    if (authority_lists_mx(inquiry, sight, mx, NULL))
        return FACT_PRESENT;
    return sight_lists_mx(sight, mx);
}

static bool is_absent(const struct inquiry *inquiry, const struct sight *sight, struct text mx)
{
    return sight && published_anywhere(inquiry, sight, mx) == FACT_ABSENT;
}

static enum shown absent_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    (void)claim;
    enum fact fact = published_anywhere(inquiry, sight, subject->mx);
    if (fact == FACT_PRESENT)
        return SHOWN_NO;
    return fact == FACT_ABSENT ? SHOWN_YES : SHOWN_UNKNOWN;
}

static bool knows_mx(const struct inquiry *inquiry, const struct sight *sight,
                     const struct failure_group *group)
{
    (void)inquiry, (void)group;
    return sight->mx.fact == FACT_PRESENT || sight->mx.fact == FACT_ABSENT;
}

static struct text mx_set_words(const struct inquiry *inquiry, const struct sight *sight)
{
    return sight->mx.values.count ? words_of_list(inquiry->arena, &sight->mx.values)
                                  : TEXT("none");
}

/* ---- MX-RETIRED ---- */

/* Where the time is not known for which an answer may be kept, a day is usual. */
enum { USUAL_TTL = TIME_DAY };

bool departure_of(const struct inquiry *inquiry, struct text mx, const struct sight *before,
                  struct departure *departure)
{
    *departure = (struct departure){NULL, before};
    for (size_t i = (size_t)(before - inquiry->sights.at); i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        enum fact fact = sight_lists_mx(sight, mx);
        if (fact == FACT_PRESENT) {
            departure->last = sight;
            return true;
        }
        if (fact == FACT_ABSENT)
            departure->gone = sight;
    }
    return false;
}

int64_t departure_end(const struct departure *departure)
{
    uint32_t ttl = departure->last->mx.ttl;
    return departure->gone->taken_at + (ttl ? (int64_t)ttl : USUAL_TTL);
}

/* Until when an older policy that lists MX, quoted in the reports, may be applied; TIME_UNKNOWN where
 * none is. */
static int64_t end_of_policy(const struct inquiry *inquiry, const struct failure_group *group,
                             struct text mx, const struct departure *departure)
{
    struct applied_list applied = group_policies(inquiry, group);
    const struct sight *now = sight_now(inquiry);
    int64_t end = TIME_UNKNOWN;
    for (size_t i = 0; i < applied.count; i++) {
        const struct mta_sts_policy *policy = &applied.at[i].policy;
        bool is_served = sight_serves(now) && mta_sts_policy_equal(&now->policy, policy);
        if (applied.at[i].source != POLICY_QUOTED || is_served ||
            !mta_sts_policy_covers(policy, mx))
            continue;
        size_t last = policy_last_served(inquiry, policy, INT64_MAX);
        uint64_t age =
            policy->max_age < MTA_STS_MAX_AGE_MAX ? policy->max_age : MTA_STS_MAX_AGE_MAX;
        int64_t until = last != SIZE_MAX ? policy_alive_until(inquiry, last, policy)
                                         : departure->gone->taken_at + (int64_t)age;
        end = until > end ? until : end;
    }
    return end;
}

static void say_retired(const struct inquiry *inquiry, const struct failure_group *group,
                        struct text mx, const struct departure *departure, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    int64_t policy = end_of_policy(inquiry, group, mx, departure);
    int64_t ttl = departure_end(departure);
    claim->bound = policy > ttl ? policy : ttl;
    claim->changed_at = departure->gone->taken_at;
    struct text until = text_moment(arena, claim->bound);
    claim_says(arena, &claim->title,
               "Mail still went to %.*s, which left the MX records by %.*s", TEXT_ARGS(mx),
               TEXT_ARGS(text_date(arena, departure->gone->taken_at)));
    claim_says(arena, &claim->action,
               "Keep %.*s answering, with a valid certificate, until %.*s (%s), for so long "
               "senders may hold the old answer. Ignore failures there in reports that begin "
               "after that date.",
               TEXT_ARGS(mx), TEXT_ARGS(until),
               policy > ttl ? "the max_age of the older policy that lists it"
                            : "the TTL of the old MX records");
    claim_says(arena, &claim->done_when,
               "Done on %.*s; until then reports may name failures there", TEXT_ARGS(until));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, departure->last->taken_at,
                 "MX records: %.*s (TTL %u)", TEXT_ARGS(mx_set_words(inquiry, departure->last)),
                 departure->last->mx.ttl);
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, departure->gone->taken_at,
                 "MX records: %.*s", TEXT_ARGS(mx_set_words(inquiry, departure->gone)));
}

bool mx_retired_explains(const struct inquiry *inquiry, const struct failure_group *group,
                         struct claim *claim)
{
    struct subject subject = {group_mx(group), TEXT_UNKNOWN, group};
    struct text mx = subject.mx;
    const struct sight *now = sight_now(inquiry);
    const struct sight *then = text_known(mx) ? sight_nearest(inquiry, group, knows_mx) : NULL;
    struct departure departure;
    struct claim dummy = *claim;
    if (!then)
        return false;
    if (is_absent(inquiry, then, mx) && departure_of(inquiry, mx, then, &departure)) {
        if (!group_shown(inquiry, group, &subject, absent_shows, &dummy, NULL))
            return false;
        claim->confidence = dummy.confidence;
    } else if (sight_lists_mx(then, mx) == FACT_PRESENT && is_absent(inquiry, now, mx) &&
               departure_of(inquiry, mx, now, &departure)) {
        claim->confidence = CONFIDENCE_POSSIBLE;
        claim->tier = TIER_ELSE;
    } else {
        return false;
    }
    say_retired(inquiry, group, mx, &departure, claim);
    return true;
}

/* ---- MX-NEVER-PUBLISHED ---- */

/* Whether there is an observation from before the reports, and none has the MX. */
static bool never_published(const struct inquiry *inquiry, const struct failure_group *group,
                            struct text mx)
{
    bool before = false;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        enum fact fact = published_anywhere(inquiry, sight, mx);
        if (fact == FACT_PRESENT)
            return false;
        before = before || (fact == FACT_ABSENT && sight->taken_at < group->span.first_begin);
    }
    return before;
}

/* Whether HOST is an alias of MX, or has the address that the failures name. */
static bool is_same_host(const struct inquiry *inquiry, const struct sight *sight,
                         struct text host, const struct failure_group *group)
{
    struct text_list targets = {0};
    fact_direct(sight->facts, host, TEXT("CNAME"), inquiry->arena, &targets);
    if (text_list_has(&targets, group_mx(group)))
        return true;
    struct published set = sight_addresses(inquiry, sight, host);
    return text_known(group->address) && addresses_have(&set.values, group->address);
}

/* The published MX that goes by another name in the failures; unknown if none. */
static struct text alias_of(const struct inquiry *inquiry, const struct failure_group *group)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        for (size_t j = 0; j < sight->hosts.count; j++)
            if (is_same_host(inquiry, sight, sight->hosts.at[j], group))
                return sight->hosts.at[j];
    }
    return TEXT_UNKNOWN;
}

static void say_never_published(const struct inquiry *inquiry, struct text mx,
                                struct text alias, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    if (text_known(alias)) {
        claim_says(arena, &claim->title,
                   "Reports name %.*s, which was never an MX of %.*s: it seems to be "
                   "another name of %.*s",
                   TEXT_ARGS(mx), TEXT_ARGS(inquiry->domain), TEXT_ARGS(alias));
        claim_says(
            arena, &claim->action,
            "Most likely another name of %.*s. Make sure that the name is yours, and that "
            "no sender or relay is told to deliver there by name.",
            TEXT_ARGS(alias));
        return;
    }
    claim_says(arena, &claim->title,
               "Mail for %.*s went to %.*s, which was never one of its MX records",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(mx));
    claim_says(
        arena, &claim->action,
        "Find out whose host %.*s is. If it is nobody's you know, check DNS for "
        "tampering: the account at the registrar, the delegation, each name server, "
        "DNSSEC; and ask the sender which answer it had, for it may hold a stale or forged "
        "one:\n"
        "    dig %.*s MX +trace",
        TEXT_ARGS(mx), TEXT_ARGS(inquiry->domain));
}

bool mx_never_published_explains(const struct inquiry *inquiry,
                                 const struct failure_group *group, struct claim *claim)
{
    struct subject subject = {group_mx(group), TEXT_UNKNOWN, group};
    struct text mx = subject.mx;
    struct claim dummy = *claim;
    if (!text_known(mx) || !never_published(inquiry, group, mx) ||
        !group_shown(inquiry, group, &subject, absent_shows, &dummy, NULL))
        return false;
    struct text alias = alias_of(inquiry, group);
    claim->confidence = text_known(alias) ? CONFIDENCE_POSSIBLE : dummy.confidence;
    if (claim->confidence == CONFIDENCE_CONFIRMED &&
        group_impact(inquiry, group) == IMPACT_REFUSED)
        claim->severity = SEVERITY_CRITICAL;
    say_never_published(inquiry, mx, alias, claim);
    const struct sight *then = sight_nearest(inquiry, group, knows_mx);
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, then->taken_at,
                 "MX records: %.*s", TEXT_ARGS(mx_set_words(inquiry, then)));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_HISTORY,
                 inquiry->sights.at[0].taken_at,
                 "none of %zu observations since then has it, the name servers one by one "
                 "included",
                 inquiry->sights.count);
    return true;
}

/* ---- MX-ADDRESS-UNPUBLISHED ---- */

/* Whether SIGHT knows the addresses of that kind of MX, and the one named is none of them. */
static enum shown unpublished_shows(const struct inquiry *inquiry, const struct sight *sight,
                                    const struct subject *subject, struct claim *claim)
{
    (void)claim;
    struct published all = sight_addresses(inquiry, sight, subject->mx);
    struct text address = subject->address;
    bool ipv6 =
        text_find_char(address, ':') != SIZE_MAX && text_find_char(address, '.') == SIZE_MAX;
    struct published same_kind =
        sight_published(inquiry, sight, subject->mx, ipv6 ? "AAAA" : "A");
    if (addresses_have(&all.values, address))
        return SHOWN_NO;
    bool known = same_kind.fact == FACT_PRESENT || same_kind.fact == FACT_ABSENT;
    return all.fact == FACT_PRESENT && known ? SHOWN_YES : SHOWN_UNKNOWN;
}

bool mx_address_unpublished_explains(const struct inquiry *inquiry,
                                     const struct failure_group *group, struct claim *claim)
{
    struct subject subject = {group_mx(group), group->address, group};
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    const struct sight *deciding;
    struct claim dummy = *claim;
    if (!text_known(subject.mx) || !text_known(subject.address) || !then ||
        unpublished_shows(inquiry, then, &subject, &dummy) != SHOWN_YES ||
        unpublished_shows(inquiry, now, &subject, &dummy) == SHOWN_NO ||
        !group_shown(inquiry, group, &subject, unpublished_shows, &dummy, &deciding))
        return false;
    struct arena *arena = inquiry->arena;
    struct published set = sight_addresses(inquiry, deciding, subject.mx);
    claim->confidence = dummy.confidence;
    claim_says(arena, &claim->title,
               "Failures name %.*s as the address of %.*s, which is not published for it",
               TEXT_ARGS(subject.address), TEXT_ARGS(subject.mx));
    claim_says(
        arena, &claim->action,
        "Find out whose address %.*s is: a former one of %.*s (then senders hold an old "
        "A or AAAA record: look at its TTL), one behind address translation, or a stranger's "
        "(then somebody may intercept mail).",
        TEXT_ARGS(subject.address), TEXT_ARGS(subject.mx));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, deciding->taken_at,
                 "addresses of %.*s: %.*s", TEXT_ARGS(subject.mx),
                 TEXT_ARGS(words_of_list(arena, &set.values)));
    return true;
}

/* ---- MX-NULL ---- */

/* Whether the domain takes no mail at all. */
static enum shown takes_no_mail(const struct inquiry *inquiry, const struct sight *sight)
{
    if (sight->mx.fact == FACT_PRESENT)
        return sight->hosts.count ? SHOWN_NO : SHOWN_YES;
    if (sight->mx.fact != FACT_ABSENT)
        return SHOWN_UNKNOWN;
    enum fact address = sight_addresses(inquiry, sight, inquiry->domain).fact;
    if (address == FACT_PRESENT)
        return SHOWN_NO;
    return address == FACT_ABSENT ? SHOWN_YES : SHOWN_UNKNOWN;
}

enum shown mx_null_shows(const struct inquiry *inquiry, const struct sight *sight,
                         const struct subject *subject, struct claim *claim)
{
    enum shown shown = takes_no_mail(inquiry, sight);
    bool policy = sight->policy_fact == FACT_PRESENT || sight->sts_txt.fact == FACT_PRESENT;
    bool reports = subject->group || inquiry->groups->reports.count;
    if (shown != SHOWN_YES)
        return shown;
    if (!policy && !reports)
        return SHOWN_NO;
    struct arena *arena = inquiry->arena;
    bool null = sight->mx.fact == FACT_PRESENT;
    claim_says(arena, &claim->title, "%.*s takes no mail (%s), and yet %s",
               TEXT_ARGS(inquiry->domain),
               null ? "its MX is the null MX" : "neither MX nor address is published",
               policy ? "it has an MTA-STS policy" : "senders report sessions");
    claim_says(arena, &claim->action,
               "If it is to take no mail, remove the MTA-STS policy (serve mode: none first, "
               "until the max_age of the old one has passed, then take away the TXT record at "
               "_mta-sts and the policy host). If it is to take mail, publish its MX:\n"
               "    %.*s. IN MX 10 mx1.%.*s.",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s MX: %s",
                 TEXT_ARGS(inquiry->domain), null ? "0 ." : "none, and no address");
    if (policy)
        evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at, "%s",
                     sight->policy_fact == FACT_PRESENT ? "a policy is served"
                                                        : "a TXT record is at _mta-sts");
    return SHOWN_YES;
}

/* ---- MX-UNRESOLVABLE ---- */

/* What is wrong with the name, or null: then *SHOWN says whether that is known. */
static const char *unresolvable(const struct inquiry *inquiry, const struct sight *sight,
                                struct text mx, struct text_list *targets, enum shown *shown)
{
    *shown = SHOWN_NO;
    struct text inner = mx;
    if (text_starts(mx, TEXT("[")) && mx.length > 2)
        inner = text_first(text_from(mx, 1), mx.length - 2);
    if (text_known(observed_address(inquiry->arena, inner)))
        return "is an IP address, not a host name";
    if (fact_direct(sight->facts, mx, TEXT("CNAME"), inquiry->arena, targets) == FACT_PRESENT)
        return "is a CNAME";
    enum fact address = sight_addresses(inquiry, sight, mx).fact;
    if (address == FACT_ABSENT)
        return "has no address";
    *shown = address == FACT_PRESENT ? SHOWN_NO : SHOWN_UNKNOWN;
    return NULL;
}

enum shown mx_unresolvable_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text_list targets = {0};
    enum shown shown;
    /* What stands in for missing MX records is no MX record. */
    if (!text_known(subject->mx) || sight->mx.fact == FACT_FAILED ||
        sight->mx.fact == FACT_UNKNOWN)
        return SHOWN_UNKNOWN;
    if (sight->mx.fact != FACT_PRESENT || !text_list_has(&sight->hosts, subject->mx))
        return SHOWN_NO;
    const char *fault = unresolvable(inquiry, sight, subject->mx, &targets, &shown);
    if (!fault)
        return shown;
    struct text mx = words_of_line(arena, subject->mx);
    claim_says(arena, &claim->title, "The MX %.*s of %.*s %s", TEXT_ARGS(mx),
               TEXT_ARGS(inquiry->domain), fault);
    if (targets.count) {
        struct text target = words_of_line(arena, targets.at[0]);
        claim_says(
            arena, &claim->action,
            "An MX must be a name with addresses of its own. Name the target in the MX "
            "record, if its certificate covers that name:\n"
            "    %.*s. IN MX 10 %.*s.\n"
            "or give %.*s A and AAAA records in the place of the CNAME. List the name in "
            "the MTA-STS policy, if there is one, before the MX changes.",
            TEXT_ARGS(inquiry->domain), TEXT_ARGS(target), TEXT_ARGS(mx));
        evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s CNAME %.*s",
                     TEXT_ARGS(mx), TEXT_ARGS(target));
    } else {
        claim_says(arena, &claim->action,
                   "Publish the MX under a host name that has an A or AAAA record, or take the "
                   "MX record away:\n"
                   "    %.*s. IN MX 10 mx1.%.*s.",
                   TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain));
        evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "%.*s MX: %.*s, which %s", TEXT_ARGS(inquiry->domain), TEXT_ARGS(mx),
                     fault);
    }
    return SHOWN_YES;
}
