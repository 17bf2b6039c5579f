/* MX hosts that are not one machine: an address that is wrong where another is right, several machines
 * behind one address, and a host that does not answer. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/engine.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- MX-ONE-ADDRESS ---- */

/* The faults that may have caused what failed. */
static unsigned types_of(const struct subject *subject)
{
    return subject->group ? 1U << subject->group->result_type : RESULTS_ANY;
}

/* Another address of the MX that is in order; unknown if none. */
static struct text good_address(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct text but)
{
    struct text_list addresses = probed_addresses(inquiry, sight, subject->mx);
    for (size_t i = 0; i < addresses.count; i++)
        if (!text_equal(addresses.at[i], but) &&
            address_state(inquiry, sight, subject, addresses.at[i], types_of(subject), NULL) ==
                ADDRESS_GOOD)
            return addresses.at[i];
    return TEXT_UNKNOWN;
}

/* Where senders look at a TLSA of usage 3 alone, no certificate is bad by its names or dates. */
static bool matters(const struct inquiry *inquiry, const struct sight *sight,
                    const struct subject *subject, const struct answer_fault *fault)
{
    if (!fault->certificate || text_equal(text_of(fault->code), TEXT("CERT-NOT-YET-VALID")) ||
        (!subject->group && !sight_has_secure_tlsa(inquiry, sight, subject->mx)))
        return true;
    bool dane = !subject->group || group_under_dane(inquiry, subject->group);
    return !dane || !certificates_do_not_count(inquiry, sight, subject->mx, subject->group);
}

/* What the rule of FAULT says of that one address. */
static struct claim claim_by(const struct inquiry *inquiry, const struct sight *sight,
                             const struct subject *subject, struct text address,
                             const struct answer_fault *fault)
{
    const struct rule *rule = rule_of(text_of(fault->code));
    struct claim claim = claim_of(rule);
    struct subject one = {subject->mx, address, subject->group};
    claim.mx = subject->mx;
    rule->shows(inquiry, sight, &one, &claim);
    return claim;
}

static void take_over(struct claim *claim, const struct claim *from, struct text address)
{
    claim->address = address;
    claim->evidence = from->evidence;
    /* Else it is the same in both rows: critical if mail was refused. */
    if (!from->rule->critical_if_refused)
        claim->severity = from->rule->severity;
}

static void say_one_address(const struct inquiry *inquiry, const struct sight *sight,
                            const struct subject *subject, struct text bad, struct text good,
                            const struct answer_fault *fault, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct claim from = claim_by(inquiry, sight, subject, bad, fault);
    struct text mx = subject->mx;
    take_over(claim, &from, bad);
    claim_says(arena, &claim->title, "One address of %.*s is wrong, another is right: %.*s",
               TEXT_ARGS(mx), TEXT_ARGS(from.title));
    claim_says(arena, &claim->action,
               "Bring the machine at %.*s in line with that at %.*s, which is in order. %.*s\n"
               "To look at that machine alone, write its address for the name after -connect.",
               TEXT_ARGS(bad), TEXT_ARGS(good), TEXT_ARGS(from.action));
    evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                 "%.*s at %.*s is in order", TEXT_ARGS(mx), TEXT_ARGS(good));
}

/* The answers of one address that is known: what it shows. */
static enum shown shows_at(const struct inquiry *inquiry, const struct sight *sight,
                           const struct subject *subject, struct text address,
                           struct claim *claim)
{
    const struct answer_fault *fault;
    enum address_state state =
        address_state(inquiry, sight, subject, address, types_of(subject), &fault);
    /* Several machines at the address are MX-NODE-DIFFERS. */
    if (state == ADDRESS_GOOD || state == ADDRESS_MIXED)
        return SHOWN_NO;
    if (state == ADDRESS_UNKNOWN || !matters(inquiry, sight, subject, fault))
        return SHOWN_UNKNOWN;
    /* All bad is not in order either: that it is the one address is not told. */
    struct text good = good_address(inquiry, sight, subject, address);
    if (!text_known(good))
        return SHOWN_UNKNOWN;
    say_one_address(inquiry, sight, subject, address, good, fault, claim);
    return SHOWN_YES;
}

enum shown mx_one_address_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    if (text_known(subject->address))
        return shows_at(inquiry, sight, subject, subject->address, claim);
    /* Failures that name no address do not name the bad one. */
    if (subject->group)
        return SHOWN_UNKNOWN;
    struct text_list addresses = probed_addresses(inquiry, sight, subject->mx);
    enum shown shown = SHOWN_UNKNOWN;
    for (size_t i = 0; i < addresses.count; i++) {
        enum shown each = shows_at(inquiry, sight, subject, addresses.at[i], claim);
        if (each == SHOWN_YES)
            return SHOWN_YES;
        shown = each == SHOWN_NO ? SHOWN_NO : shown;
    }
    return shown;
}

/* The reporters of all failures of such a kind at the MX of GROUP, where these, two at least, name its
 * address alone, and each reporter had successes too; else 0. */
static size_t reporters_naming_it(const struct inquiry *inquiry,
                                  const struct failure_group *group, unsigned types)
{
    struct text_list reporters = {0};
    uint64_t sessions = 0;
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        if (!text_equal(other->mx, group->mx) || other->undetailed ||
            !(types & (1U << other->result_type)))
            continue;
        if (!text_equal(other->address, group->address) || !other->reporter ||
            !other->reporter->total.successful)
            return 0;
        sessions = sessions_add(sessions, other->sessions);
        /* Two are as good as many. */
        if (reporters.count < 2)
            text_list_add_once(inquiry->arena, &reporters, other->reporter->name);
    }
    return sessions >= 2 ? reporters.count : 0;
}

/* Whether the type names a fault by itself. */
static bool is_telling(enum result_type type)
{
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].unprobed && rules[i].unprobed == type)
            return true;
    return false;
}

/* Whether a probe of that very address tells. */
static bool is_probed(const struct inquiry *inquiry, const struct sight *sight, struct text mx,
                      struct text address)
{
    struct probes probes = sight_probes(inquiry, sight, mx, address);
    for (size_t i = 0; i < probes.count; i++)
        if (text_equal(probes.at[i]->address, address) && probe_tells(probes.at[i]))
            return true;
    return false;
}

/* What the reports alone tell, where nobody has probed the address. */
static bool reports_tell(const struct inquiry *inquiry, const struct failure_group *group,
                         struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text mx = group_mx(group);
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    if (!then || is_probed(inquiry, then, mx, group->address) ||
        is_probed(inquiry, now, mx, group->address))
        return false;
    struct published set = sight_addresses(inquiry, then, mx);
    if (set.values.count < 2 || !addresses_have(&set.values, group->address))
        return false;
    size_t reporters = reporters_naming_it(inquiry, group, claim->rule->result_types);
    if (!reporters || (reporters == 1 && !is_telling(group->result_type)))
        return false;
    /* One alone may as well be at fault itself. */
    if (reporters == 1)
        claim->tier = TIER_UNPROBED;
    claim->confidence = CONFIDENCE_POSSIBLE;
    claim_says(arena, &claim->title,
               "Of the addresses of %.*s the failures name %.*s alone, with %s", TEXT_ARGS(mx),
               TEXT_ARGS(group->address), result_type_name(group->result_type));
    claim_says(arena, &claim->action,
               "Look at that machine by itself, from a place that may connect to port 25, and "
               "bring it in line with the others:\n"
               "    openssl s_client -starttls smtp -connect %s%.*s%s:25 -servername %.*s "
               "-verify_hostname %.*s",
               text_find_char(group->address, ':') == SIZE_MAX ? "" : "[",
               TEXT_ARGS(group->address),
               text_find_char(group->address, ':') == SIZE_MAX ? "" : "]", TEXT_ARGS(mx),
               TEXT_ARGS(mx));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, then->taken_at,
                 "addresses of %.*s: %.*s; that one was not probed", TEXT_ARGS(mx),
                 TEXT_ARGS(words_of_list(arena, &set.values)));
    return true;
}

bool mx_one_address_explains(const struct inquiry *inquiry, const struct failure_group *group,
                             struct claim *claim)
{
    struct subject subject = {group_mx(group), group->address, group};
    if (!text_known(subject.mx) || !text_known(subject.address))
        return false;
    return group_shown(inquiry, group, &subject, mx_one_address_shows, claim, NULL) ||
           reports_tell(inquiry, group, claim);
}

/* ---- MX-NODE-DIFFERS ---- */

/* Whether two answers of the address, for no certain kind of key, have different certificates. */
static bool has_two_certificates(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text mx, struct text address)
{
    struct probes probes = sight_probes(inquiry, sight, mx, address);
    const struct observed_certificate *first = NULL;
    for (size_t i = 0; i < probes.count; i++) {
        const struct observed_certificate *each = probes.at[i]->certificate;
        if (!each || answer_is_for_a_key(probes.at[i]) ||
            !text_equal(probes.at[i]->address, address))
            continue;
        if (first && text_known(each->cert_sha256) &&
            !text_equal(first->cert_sha256, each->cert_sha256))
            return true;
        first = first ? first : each;
    }
    return false;
}

static void say_node_differs(const struct inquiry *inquiry, const struct sight *sight,
                             const struct subject *subject, struct text address,
                             const struct answer_fault *fault, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text mx = subject->mx;
    const char *align = "Several machines answer behind that address, by turns. Bring them all "
                        "in line: the same certificate, the same settings of STARTTLS.";
    claim->address = address;
    if (!fault) {
        claim_says(arena, &claim->title,
                   "Several machines behind %.*s of %.*s present different certificates",
                   TEXT_ARGS(address), TEXT_ARGS(mx));
        claim_says(
            arena, &claim->action,
            "%s The machine at fault was not met by the probe: look at each from inside.",
            align);
    } else {
        struct claim from = claim_by(inquiry, sight, subject, address, fault);
        take_over(claim, &from, address);
        claim_says(arena, &claim->title,
                   "One of several machines behind one address of %.*s is wrong: %.*s",
                   TEXT_ARGS(mx), TEXT_ARGS(from.title));
        claim_says(arena, &claim->action, "%s %.*s", align, TEXT_ARGS(from.action));
    }
    struct probes probes = sight_probes(inquiry, sight, mx, address);
    for (size_t i = 0; i < probes.count && i < 4; i++)
        if (probes.at[i]->certificate)
            certificate_evidence(inquiry, sight, probes.at[i], claim);
}

static enum shown differs_at(const struct inquiry *inquiry, const struct sight *sight,
                             const struct subject *subject, struct text address,
                             struct claim *claim)
{
    const struct answer_fault *fault;
    enum address_state state =
        address_state(inquiry, sight, subject, address, types_of(subject), &fault);
    if (state == ADDRESS_MIXED && matters(inquiry, sight, subject, fault)) {
        say_node_differs(inquiry, sight, subject, address, fault, claim);
        return SHOWN_YES;
    }
    /* Two good certificates harm nobody; a failure makes a third machine likely. */
    bool is_cause = subject->group && (RESULTS_CERT & types_of(subject));
    if (is_cause && state == ADDRESS_GOOD &&
        has_two_certificates(inquiry, sight, subject->mx, address)) {
        claim->tier = TIER_ELSE;
        say_node_differs(inquiry, sight, subject, address, NULL, claim);
        return SHOWN_YES;
    }
    return state == ADDRESS_GOOD ? SHOWN_NO : SHOWN_UNKNOWN;
}

enum shown mx_node_differs_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    struct text_list addresses = probed_addresses(inquiry, sight, subject->mx);
    bool one = text_list_has(&addresses, subject->address);
    enum shown shown = SHOWN_UNKNOWN;
    for (size_t i = 0; i < addresses.count; i++) {
        if (one && !text_equal(addresses.at[i], subject->address))
            continue;
        enum shown each = differs_at(inquiry, sight, subject, addresses.at[i], claim);
        if (each == SHOWN_YES)
            return SHOWN_YES;
        shown = each == SHOWN_NO ? SHOWN_NO : shown;
    }
    return shown;
}

/* ---- MX-DOWN ---- */

enum { DOWN_TIME = 3 * TIME_DAY };

static bool is_silent(const struct observed_smtp *answer)
{
    return answer->status == SMTP_CONNECT_ERROR || answer->status == SMTP_TIMEOUT ||
           answer->status == SMTP_REFUSED;
}

static bool has_answered(const struct observed_smtp *answer)
{
    return answer->status == SMTP_OK || answer->status == SMTP_TLS_ERROR;
}

/* Whether no address of MX answers in SIGHT while another host does: where none does, it is port 25
 * that is blocked on the way out. */
static enum shown is_down(const struct sight *sight, struct text mx)
{
    const struct observed_smtps *smtp = &sight->observation->smtp;
    bool silent = false, others = false;
    for (size_t i = 0; i < smtp->count; i++) {
        if (!text_equal(smtp->at[i].mx, mx)) {
            others = others || has_answered(&smtp->at[i]);
            continue;
        }
        if (has_answered(&smtp->at[i]))
            return SHOWN_NO;
        silent = silent || is_silent(&smtp->at[i]);
    }
    return silent && others ? SHOWN_YES : SHOWN_UNKNOWN;
}

/* The observations one after another in which an MX did not answer. */
struct outage {
    const struct sight *first, *last;
    size_t count;
};

/* The outage that goes on in the newest observation that tells; those that do not tell count for
 * nothing. */
static struct outage outage_of(const struct inquiry *inquiry, struct text mx)
{
    struct outage outage = {0};
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        enum shown down = is_down(sight, mx);
        if (down == SHOWN_NO)
            break;
        if (down != SHOWN_YES)
            continue;
        outage.last = outage.last ? outage.last : sight;
        outage.first = sight;
        outage.count++;
    }
    return outage;
}

static void down_evidence(const struct inquiry *inquiry, const struct sight *sight,
                          struct text mx, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct probes probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count && i < 4; i++)
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at, "%.*s: %s%s%.*s",
                     TEXT_ARGS(words_of_place(arena, probes.at[i])),
                     smtp_status_name(probes.at[i]->status),
                     text_known(probes.at[i]->detail) ? ", " : "",
                     TEXT_ARGS(text_known(probes.at[i]->detail)
                                   ? words_of_line(arena, probes.at[i]->detail)
                                   : TEXT("")));
}

static bool claims_down(const struct inquiry *inquiry, struct text mx, struct claim *claim)
{
    struct outage outage = outage_of(inquiry, mx);
    if (!outage.first || outage.last->taken_at - outage.first->taken_at < DOWN_TIME)
        return false;
    struct arena *arena = inquiry->arena;
    claim->mx = mx;
    claim->confidence = CONFIDENCE_CONFIRMED;
    claim_says(arena, &claim->title,
               "%.*s has not answered in any of %zu observations since %.*s", TEXT_ARGS(mx),
               outage.count, TEXT_ARGS(text_date(arena, outage.first->taken_at)));
    claim_says(
        arena, &claim->action,
        "Restore %.*s, or take it out of the MX records. If it is silent on purpose (the "
        "first MX of a nolisting set-up), acknowledge this finding.",
        TEXT_ARGS(mx));
    down_evidence(inquiry, outage.first, mx, claim);
    down_evidence(inquiry, outage.last, mx, claim);
    return true;
}

void mx_down_stands(const struct inquiry *inquiry, const struct rule *rule,
                    struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    for (size_t i = 0; now && i < now->hosts.count; i++) {
        struct claim claim = claim_of(rule);
        if (claims_down(inquiry, now->hosts.at[i], &claim))
            VECTOR_ADD(inquiry->arena, claims, claim);
    }
}

/* Whether who reports it got an answer of the host: it was not down for that sender. */
static bool has_met_it(enum result_type type)
{
    static const unsigned met = RESULT(CERTIFICATE_HOST_MISMATCH) |
                                RESULT(CERTIFICATE_EXPIRED) | RESULT(CERTIFICATE_NOT_TRUSTED) |
                                RESULT(STARTTLS_NOT_SUPPORTED);
    return met & (1U << type);
}

/* Failures are of the outage only where all of them come after it began. */
bool mx_down_explains(const struct inquiry *inquiry, const struct failure_group *group,
                      struct claim *claim)
{
    struct text mx = group_mx(group);
    const struct sight *now = sight_now(inquiry);
    if (!now || !text_known(mx) || sight_lists_mx(now, mx) != FACT_PRESENT ||
        !claims_down(inquiry, mx, claim))
        return false;
    struct outage outage = outage_of(inquiry, mx);
    if (group->span.first_end < outage.first->taken_at)
        return false;
    claim->confidence = confidence_at(observation_distance(
        group->span.first_begin, outage.first->taken_at, outage.last->taken_at));
    if (has_met_it(group->result_type))
        claim->tier = TIER_ELSE;
    return true;
}
