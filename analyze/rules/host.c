#include "rules/host.h"

#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"

const struct answer_fault answer_faults[] = {
    {"TLS-NO-STARTTLS", tls_no_starttls_judge, false},
    {"TLS-STARTTLS-REFUSED", tls_starttls_refused_judge, false},
    {"TLS-HANDSHAKE", tls_handshake_judge, false},
    {"CERT-SNI", cert_sni_judge, true},
    {"CERT-NAME", cert_name_judge, true},
    {"CERT-EXPIRED", cert_expired_judge, true},
    {"CERT-NOT-YET-VALID", cert_not_yet_valid_judge, true},
    {"CERT-UNTRUSTED", cert_untrusted_judge, true},
};
const size_t answer_fault_count = sizeof answer_faults / sizeof *answer_faults;

/* ---- one answer ---- */

bool answer_is_for_a_key(const struct observed_smtp *answer)
{
    /* Other sentences may stand before it. */
    return text_find(answer->detail, TEXT("presented to those who ask for")) != SIZE_MAX;
}

static const struct answer_fault *fault_of(const struct sight *sight,
                                           const struct subject *subject,
                                           const struct observed_smtp *answer,
                                           unsigned result_types)
{
    for (size_t i = 0; i < answer_fault_count; i++) {
        const struct rule *rule = rule_of(text_of(answer_faults[i].code));
        if (rule && (rule->result_types & result_types) &&
            answer_faults[i].judge(sight, subject, answer) == SHOWN_YES)
            return &answer_faults[i];
    }
    return NULL;
}

/* Whether an answer has none of the faults that may have caused RESULT_TYPES, and tells of that: of a
 * certificate only where TLS was made. */
static bool is_good(const struct sight *sight, const struct subject *subject,
                    const struct observed_smtp *answer, unsigned result_types)
{
    bool trusted = answer->certificate && answer->certificate->trust == TRUST_TRUSTED;
    return answer->status == SMTP_OK && probe_tells(answer) &&
           (trusted || !(result_types & RESULTS_CERT)) &&
           !fault_of(sight, subject, answer, result_types);
}

/* ---- one address ---- */

struct text_list probed_addresses(const struct inquiry *inquiry, const struct sight *sight,
                                  struct text mx)
{
    struct text_list addresses = {0};
    struct probes probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count && addresses.count < PROBED_ADDRESSES_MAX; i++)
        if (text_known(probes.at[i]->address))
            text_list_add_once(inquiry->arena, &addresses, probes.at[i]->address);
    return addresses;
}

enum address_state address_state(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct text address,
                                 unsigned result_types, const struct answer_fault **fault)
{
    struct probes probes = sight_probes(inquiry, sight, subject->mx, address);
    const struct answer_fault *first = NULL;
    bool good = false, bad = false, bad_for_a_key = false;
    for (size_t i = 0; i < probes.count; i++) {
        const struct observed_smtp *answer = probes.at[i];
        if (!text_equal(answer->address, address))
            continue;
        const struct answer_fault *found = fault_of(sight, subject, answer, result_types);
        first = first ? first : found;
        if (answer_is_for_a_key(answer)) {
            bad_for_a_key = bad_for_a_key || found;
        } else {
            bad = bad || found;
            good = good || is_good(sight, subject, answer, result_types);
        }
    }
    if (fault)
        *fault = first;
    if (good && bad)
        return ADDRESS_MIXED;
    if (bad || bad_for_a_key)
        return ADDRESS_BAD;
    return good ? ADDRESS_GOOD : ADDRESS_UNKNOWN;
}

/* ---- a host ---- */

/* Whether the address that the failures name is that of another host. */
static bool is_of_another(const struct sight *sight, const struct subject *subject)
{
    const struct observed_smtps *smtp = &sight->observation->smtp;
    bool another = false;
    for (size_t i = 0; text_known(subject->address) && i < smtp->count; i++) {
        if (!text_equal(smtp->at[i].address, subject->address))
            continue;
        if (text_equal(smtp->at[i].mx, subject->mx))
            return false;
        another = true;
    }
    return another;
}

enum shown host_judged(const struct inquiry *inquiry, const struct sight *sight,
                       const struct subject *subject, answer_judge *judge,
                       const struct observed_smtp **bad)
{
    struct probes probes = sight_probes(inquiry, sight, subject->mx, subject->address);
    enum shown shown = SHOWN_UNKNOWN;
    /* A report that names no MX is asked about at each. */
    if (subject->group && !text_known(group_mx(subject->group)) &&
        is_of_another(sight, subject))
        return SHOWN_NO;
    for (size_t i = 0; i < probes.count; i++) {
        enum shown each = judge(sight, subject, probes.at[i]);
        if (each == SHOWN_YES) {
            *bad = probes.at[i];
            return SHOWN_YES;
        }
        shown = each == SHOWN_NO ? SHOWN_NO : shown;
    }
    return shown;
}

/* ---- a host that is fine ---- */

/* Under a tlsa policy nothing of the certificate counts but that a TLSA matches it. */
static bool is_fine(const struct sight *sight, const struct failure_group *group,
                    const struct subject *subject, const struct observed_smtp *answer)
{
    bool matched = group->policy_type == POLICY_TYPE_TLSA && answer->dane == DANE_MATCH;
    return is_good(sight, subject, answer,
                   matched ? RESULT(STARTTLS_NOT_SUPPORTED) : RESULTS_ANY);
}

static enum shown fine_at(const struct inquiry *inquiry, const struct sight *sight,
                          const struct failure_group *group)
{
    struct subject subject = {group_mx(group), group->address, NULL};
    struct probes probes = sight_probes(inquiry, sight, subject.mx, subject.address);
    enum shown shown = SHOWN_UNKNOWN;
    for (size_t i = 0; i < probes.count; i++) {
        if (!probe_tells(probes.at[i]))
            continue;
        if (!is_fine(sight, group, &subject, probes.at[i]))
            return SHOWN_NO;
        shown = SHOWN_YES;
    }
    return shown;
}

bool host_is_fine(const struct inquiry *inquiry, const struct failure_group *group,
                  const struct sight **sight)
{
    const struct sight *nearest = NULL;
    int64_t least = INT64_MAX;
    enum shown then = SHOWN_UNKNOWN, now = SHOWN_UNKNOWN;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *each = &inquiry->sights.at[i];
        enum shown fine = fine_at(inquiry, each, group);
        int64_t distance = sight_distance(inquiry, each, group);
        if (fine == SHOWN_UNKNOWN)
            continue;
        now = fine;
        if (nearest && distance >= least)
            continue;
        nearest = each;
        least = distance;
        then = fine;
    }
    if (sight)
        *sight = nearest;
    return then == SHOWN_YES && now == SHOWN_YES;
}

/* ---- reporters ---- */

enum confidence reporter_confidence(const struct failure_group *group)
{
    return group->others_succeeding >= 2 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

bool another_reporter_fails(const struct inquiry *inquiry, const struct failure_group *group,
                            unsigned result_types)
{
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        if (other->reporter != group->reporter && !other->undetailed &&
            (result_types & (1U << other->result_type)) && text_equal(other->mx, group->mx))
            return true;
    }
    return false;
}

/* ---- names and addresses ---- */

/* The name of the host in the value of an MX record. */
static struct text mx_name(struct arena *arena, struct text value)
{
    value = text_trim(value);
    size_t blank = text_find_char(value, ' ');
    return text_host(arena, blank == SIZE_MAX ? value : text_trim(text_from(value, blank)));
}

bool authority_lists_mx(const struct inquiry *inquiry, const struct sight *sight,
                        struct text mx, struct text *server)
{
    const struct observed_authorities *all = &sight->observation->authorities;
    for (size_t i = 0; i < all->count; i++) {
        const struct observed_authority *one = &all->at[i];
        if (!text_equal(one->type, TEXT("MX")) || !text_equal(one->name, inquiry->domain))
            continue;
        for (size_t j = 0; j < one->values.count; j++) {
            if (!text_equal(mx_name(inquiry->arena, one->values.at[j]), mx))
                continue;
            if (server)
                *server = one->server;
            return true;
        }
    }
    return false;
}

static struct text without_mapping(struct text address)
{
    const struct text mapped = TEXT("::ffff:");
    bool is_mapped = text_starts(address, mapped) && text_find_char(address, '.') != SIZE_MAX;
    return is_mapped ? text_from(address, mapped.length) : address;
}

bool addresses_have(const struct text_list *list, struct text address)
{
    address = without_mapping(address);
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(without_mapping(list->at[i]), address))
            return true;
    return false;
}

/* ---- words ---- */

struct text words_of_line(struct arena *arena, struct text text)
{
    enum { LINE_MAX = 200 };
    size_t length = text.length;
    if (length > LINE_MAX)
        for (length = LINE_MAX; length && ((unsigned char)text.at[length] & 0xc0) == 0x80;)
            length--;
    struct text line = text_format(arena, "%.*s%s", TEXT_ARGS(text_first(text, length)),
                                   length < text.length ? "…" : "");
    char *at = text_string(arena, line);
    for (size_t i = 0; i < line.length; i++)
        if ((unsigned char)at[i] < ' ' || at[i] == 0x7f)
            at[i] = ' ';
    return (struct text){at, line.length};
}

struct text words_of_list(struct arena *arena, const struct text_list *list)
{
    enum { SHOWN_MAX = 5 };
    struct text words = TEXT("");
    for (size_t i = 0; i < list->count && i < SHOWN_MAX; i++)
        words = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(words), i ? ", " : "",
                            TEXT_ARGS(quote(arena, list->at[i])));
    if (list->count > SHOWN_MAX)
        words =
            text_format(arena, "%.*s and %zu more", TEXT_ARGS(words), list->count - SHOWN_MAX);
    return words;
}

static struct text date_or(struct arena *arena, int64_t time)
{
    return time == TIME_UNKNOWN ? TEXT("?") : text_moment(arena, time);
}

struct text words_of_certificate(struct arena *arena,
                                 const struct observed_certificate *certificate)
{
    struct text names = certificate->names.count ? words_of_list(arena, &certificate->names)
                                                 : TEXT("no host name");
    struct text issuer = text_known(certificate->issuer)
                             ? words_of_line(arena, certificate->issuer)
                             : TEXT("an issuer not known");
    return text_format(arena, "for %.*s; issued by %.*s; valid from %.*s to %.*s",
                       TEXT_ARGS(names), TEXT_ARGS(issuer),
                       TEXT_ARGS(date_or(arena, certificate->not_before)),
                       TEXT_ARGS(date_or(arena, certificate->not_after)));
}

struct text words_of_place(struct arena *arena, const struct observed_smtp *answer)
{
    if (!text_known(answer->address))
        return answer->mx;
    return text_format(arena, "%.*s at %.*s", TEXT_ARGS(answer->mx),
                       TEXT_ARGS(answer->address));
}

void certificate_evidence(const struct inquiry *inquiry, const struct sight *sight,
                          const struct observed_smtp *answer, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    const char *trust = trust_name(answer->certificate->trust);
    evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                 "%.*s presents a certificate %.*s (%s)",
                 TEXT_ARGS(words_of_place(arena, answer)),
                 TEXT_ARGS(words_of_certificate(arena, answer->certificate)),
                 trust ? trust : "not verified");
    if (text_known(answer->detail))
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at, "%.*s: %.*s",
                     TEXT_ARGS(words_of_place(arena, answer)),
                     TEXT_ARGS(words_of_line(arena, answer->detail)));
}
