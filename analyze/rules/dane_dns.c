/* What DNS gives of DANE: answers that do not validate, look-ups that fail, records that are missing, not
 * signed, or at another name. */
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- DANE-BOGUS ---- */

/* A denial that does not validate is no denial. */
static bool is_bogus(const struct published *set)
{
    return set->status == LOOKUP_BOGUS ||
           (set->fact != FACT_UNKNOWN && set->dnssec == DNSSEC_BOGUS);
}

static void say_bogus(const struct inquiry *inquiry, const struct sight *sight,
                      struct text name, const char *type, struct claim *claim)
{
    claim_says(inquiry->arena, &claim->title,
               "The DNSSEC signatures of %.*s (%s) do not validate: validating senders cannot "
               "deliver",
               TEXT_ARGS(name), type);
    claim_says(
        inquiry->arena, &claim->action,
        "Repair the chain of trust of %.*s: signatures that have expired, a DS record at the "
        "registrar that fits no key, or a name server with an old zone. Ask each name server "
        "by itself:\n    delv %.*s %s",
        TEXT_ARGS(name), TEXT_ARGS(name), type);
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "%.*s %s: bogus by our own validation", TEXT_ARGS(name), type);
}

/* The answer about the host MX that is bogus: *TYPE of *NAME. */
static enum shown host_is_bogus(const struct inquiry *inquiry, const struct sight *sight,
                                struct text mx, struct text *name, const char **type)
{
    static const char *const types[] = {"A", "AAAA"};
    bool known = false;
    *name = mx;
    for (size_t i = 0; i < 2; i++) {
        struct published set = sight_published(inquiry, sight, mx, types[i]);
        *type = types[i];
        if (is_bogus(&set))
            return SHOWN_YES;
        known = known || set.fact == FACT_PRESENT || set.fact == FACT_ABSENT;
    }
    struct published tlsa = published_tlsa(sight->facts, mx, inquiry->arena);
    *name = text_format(inquiry->arena, "_25._tcp.%.*s", TEXT_ARGS(mx));
    *type = "TLSA";
    if (is_bogus(&tlsa))
        return SHOWN_YES;
    known = known || tlsa.fact == FACT_PRESENT || tlsa.fact == FACT_ABSENT;
    return known ? SHOWN_NO : SHOWN_UNKNOWN;
}

enum shown dane_bogus_shows(const struct inquiry *inquiry, const struct sight *sight,
                            const struct subject *subject, struct claim *claim)
{
    struct text name;
    const char *type;
    if (is_bogus(&sight->mx)) {
        claim->mx = TEXT_UNKNOWN;
        say_bogus(inquiry, sight, inquiry->domain, "MX", claim);
        return SHOWN_YES;
    }
    if (!text_known(subject->mx))
        return sight->mx.fact == FACT_UNKNOWN ? SHOWN_UNKNOWN : SHOWN_NO;
    enum shown shown = host_is_bogus(inquiry, sight, subject->mx, &name, &type);
    if (shown == SHOWN_YES)
        say_bogus(inquiry, sight, name, type, claim);
    return shown;
}

void dane_bogus_stands(const struct inquiry *inquiry, const struct rule *rule,
                       struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    bool of_domain = now && is_bogus(&now->mx);
    size_t count = !now ? 0 : of_domain ? 1 : now->hosts.count;
    for (size_t i = 0; i < count; i++) {
        struct claim claim = claim_of(rule);
        claim.mx = of_domain ? TEXT_UNKNOWN : now->hosts.at[i];
        struct subject subject = {.mx = claim.mx};
        if (dane_bogus_shows(inquiry, now, &subject, &claim) == SHOWN_YES)
            VECTOR_ADD(inquiry->arena, claims, claim);
    }
}

/* ---- DANE-LOOKUP-FAILED ---- */

enum shown dane_lookup_failed_shows(const struct inquiry *inquiry, const struct sight *sight,
                                    const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (records.set.fact == FACT_UNKNOWN)
        return SHOWN_UNKNOWN;
    if (records.set.fact != FACT_FAILED || is_bogus(&records.set))
        return SHOWN_NO;
    if (sight_addresses(inquiry, sight, subject->mx).fact != FACT_PRESENT)
        return SHOWN_UNKNOWN;
    claim_says(
        inquiry->arena, &claim->title,
        "The look-up of TLSA records of %.*s fails, so that senders that validate cannot "
        "deliver, even if there are none",
        TEXT_ARGS(subject->mx));
    claim_says(
        inquiry->arena, &claim->action,
        "Let the name servers answer TLSA queries; some old ones, and firewalls before them, "
        "do not:\n    dig _25._tcp.%.*s TLSA",
        TEXT_ARGS(subject->mx));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_25._tcp.%.*s TLSA: %s, while its address can be looked up",
                 TEXT_ARGS(subject->mx), lookup_status_name(records.set.status));
    return SHOWN_YES;
}

/* ---- what is not signed ---- */

/* A host of SIGHT, MX if it is known, that has a secure TLSA and a secure address; unknown if none. */
static struct text secure_host(const struct inquiry *inquiry, const struct sight *sight,
                               struct text mx)
{
    for (size_t i = 0; i < sight->hosts.count; i++) {
        struct text host = sight->hosts.at[i];
        struct dane_records records = dane_records_of(inquiry, sight, host);
        struct published addresses = sight_addresses(inquiry, sight, host);
        if ((!text_known(mx) || text_equal(mx, host)) && records.secure &&
            addresses.fact == FACT_PRESENT && addresses.dnssec == DNSSEC_SECURE)
            return host;
    }
    return TEXT_UNKNOWN;
}

enum shown dane_mx_insecure_shows(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject, struct claim *claim)
{
    if (sight->mx.fact != FACT_PRESENT || !sight->mx.dnssec ||
        sight->mx.dnssec == DNSSEC_INDETERMINATE)
        return SHOWN_UNKNOWN;
    struct text host = secure_host(inquiry, sight, subject->mx);
    if (sight->mx.dnssec != DNSSEC_INSECURE || !text_known(host))
        return SHOWN_NO;
    claim_says(
        inquiry->arena, &claim->title,
        "%.*s is secured by DANE, but the MX records of %.*s are not signed: DANE does not "
        "protect them",
        TEXT_ARGS(host), TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->action,
               "Sign %.*s with DNSSEC (a DS record at the "
               "registrar), or do nothing: mail is delivered as without DANE.",
               TEXT_ARGS(inquiry->domain));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "%.*s MX: insecure; _25._tcp.%.*s TLSA and the address: secure",
                 TEXT_ARGS(inquiry->domain), TEXT_ARGS(host));
    return SHOWN_YES;
}

enum shown dane_insecure_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (records.set.fact == FACT_UNKNOWN || records.set.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (records.set.fact != FACT_PRESENT || records.set.dnssec != DNSSEC_INSECURE)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "%.*s publishes TLSA records in a zone that is not signed: they protect nothing",
               TEXT_ARGS(subject->mx));
    claim_says(inquiry->arena, &claim->action,
               "Sign the zone of %.*s with DNSSEC, or remove the TLSA records.",
               TEXT_ARGS(subject->mx));
    dane_evidence(inquiry, sight, subject->mx, &records, claim);
    return SHOWN_YES;
}

/* ---- DANE-NONE-PUBLISHED ---- */

static bool has_any_tlsa(const struct sight *sight)
{
    const struct observed_records *records = &sight->observation->records;
    for (size_t i = 0; i < records->count; i++)
        if (text_equal(records->at[i].type, TEXT("TLSA")))
            return true;
    return false;
}

/* A look-up that failed does not say that nothing is there. */
static bool leaves_tlsa_open(const struct sight *sight)
{
    const struct observed_lookups *lookups = &sight->observation->lookups;
    for (size_t i = 0; i < lookups->count; i++) {
        enum lookup_status status = lookups->at[i].status;
        if (text_equal(lookups->at[i].type, TEXT("TLSA")) &&
            (status == LOOKUP_SERVFAIL || status == LOOKUP_TIMEOUT || status == LOOKUP_BOGUS))
            return true;
    }
    return false;
}

bool dane_none_published_explains(const struct inquiry *inquiry,
                                  const struct failure_group *group, struct claim *claim)
{
    const struct sight *then = sight_of_group(inquiry, group);
    if (!then || !then->hosts.count || leaves_tlsa_open(then))
        return false;
    for (size_t i = 0; i < then->hosts.count; i++)
        if (dane_records_of(inquiry, then, then->hosts.at[i]).set.fact != FACT_ABSENT)
            return false;
    for (size_t i = 0; i < inquiry->sights.count; i++)
        if (inquiry->sights.at[i].taken_at <= then->taken_at &&
            has_any_tlsa(&inquiry->sights.at[i]))
            return false;
    claim->confidence = confidence_at(sight_distance(inquiry, then, group));
    claim_says(inquiry->arena, &claim->title,
               "A sender demands DANE, which %.*s does not publish",
               TEXT_ARGS(inquiry->domain));
    claim_says(
        inquiry->arena, &claim->action,
        "Publish DANE (signed zones, and a TLSA record for each MX host), or tell the sender "
        "that there is none: its set-up asks for what is not promised.");
    for (size_t i = 0; i < then->hosts.count && i < 8; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, then->taken_at,
                     "_25._tcp.%.*s TLSA: not there", TEXT_ARGS(then->hosts.at[i]));
    return true;
}

/* ---- DANE-PARTIAL, DANE-WRONG-NAME ---- */

static struct text host_with_dane(const struct inquiry *inquiry, const struct sight *sight)
{
    for (size_t i = 0; i < sight->hosts.count; i++)
        if (sight_has_secure_tlsa(inquiry, sight, sight->hosts.at[i]))
            return sight->hosts.at[i];
    return TEXT_UNKNOWN;
}

enum shown dane_partial_shows(const struct inquiry *inquiry, const struct sight *sight,
                              const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (records.set.fact == FACT_UNKNOWN || records.set.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    struct text other = host_with_dane(inquiry, sight);
    if (records.set.fact != FACT_ABSENT || !text_known(other) ||
        !text_list_has(&sight->hosts, subject->mx))
        return SHOWN_NO;
    claim_says(
        inquiry->arena, &claim->title,
        "%.*s has no TLSA record, while %.*s has one: who attacks leads mail to the host "
        "without",
        TEXT_ARGS(subject->mx), TEXT_ARGS(other));
    const struct observed_smtp *answer = dane_answer(inquiry, sight, subject->mx, TEXT_UNKNOWN);
    struct text record =
        answer ? dane_record_to_paste(inquiry, subject->mx, answer->certificate) : TEXT_UNKNOWN;
    claim_says(inquiry->arena, &claim->action, "Publish one for each MX host%s%.*s",
               text_known(record) ? ":\n" : ".", TEXT_ARGS(record));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_25._tcp.%.*s TLSA: not there; _25._tcp.%.*s TLSA: there and signed",
                 TEXT_ARGS(subject->mx), TEXT_ARGS(other));
    return SHOWN_YES;
}

/* A TLSA record at another port of MX, or at the domain; null if there is none. */
static const struct observed_record *misplaced(const struct inquiry *inquiry,
                                               const struct sight *sight, struct text mx)
{
    struct arena *arena = inquiry->arena;
    struct text of_mx = text_format(arena, "._tcp.%.*s", TEXT_ARGS(mx));
    struct text of_domain = text_format(arena, "._tcp.%.*s", TEXT_ARGS(inquiry->domain));
    struct text right = text_format(arena, "_25._tcp.%.*s", TEXT_ARGS(mx));
    bool domain_is_host = text_list_has(&sight->hosts, inquiry->domain);
    const struct observed_records *records = &sight->observation->records;
    for (size_t i = 0; i < records->count; i++) {
        const struct observed_record *record = &records->at[i];
        if (!text_equal(record->type, TEXT("TLSA")) || text_equal(record->name, right))
            continue;
        bool at_domain = !domain_is_host && text_equal(text_from(record->name, 3), of_domain) &&
                         text_starts(record->name, TEXT("_25"));
        size_t dot = text_find_char(record->name, '.');
        if (at_domain || (dot != SIZE_MAX && text_equal(text_from(record->name, dot), of_mx)))
            return record;
    }
    return NULL;
}

enum shown dane_wrong_name_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, subject->mx);
    if (!dane_is_told(&records))
        return SHOWN_UNKNOWN;
    const struct observed_record *record = misplaced(inquiry, sight, subject->mx);
    if (records.set.fact != FACT_ABSENT || !record)
        return SHOWN_NO;
    struct text name = words_of_line(inquiry->arena, record->name);
    claim_says(inquiry->arena, &claim->title,
               "A TLSA record stands at %.*s, where no sender of mail looks", TEXT_ARGS(name));
    claim_says(inquiry->arena, &claim->action,
               "Publish it at port 25 of the MX host:\n    _25._tcp.%.*s. IN TLSA %.*s",
               TEXT_ARGS(subject->mx), TEXT_ARGS(words_of_line(inquiry->arena, record->value)));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "%.*s TLSA: there; _25._tcp.%.*s TLSA: not there", TEXT_ARGS(name),
                 TEXT_ARGS(subject->mx));
    return SHOWN_YES;
}

/* A record that stands at the domain is told once, at the first host that lacks it. */
void dane_wrong_name_stands(const struct inquiry *inquiry, const struct rule *rule,
                            struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    const struct observed_record *told = NULL;
    for (size_t i = 0; now && i < now->hosts.count; i++) {
        struct claim claim = claim_of(rule);
        struct subject subject = {.mx = now->hosts.at[i]};
        claim.mx = subject.mx;
        claim.confidence = CONFIDENCE_CONFIRMED;
        if (dane_wrong_name_shows(inquiry, now, &subject, &claim) != SHOWN_YES)
            continue;
        const struct observed_record *record = misplaced(inquiry, now, subject.mx);
        if (record != told)
            VECTOR_ADD(inquiry->arena, claims, claim);
        told = record;
    }
}
