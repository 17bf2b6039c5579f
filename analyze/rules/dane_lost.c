/* DANE-LOST: records or signatures that were there before, and are there no more. */
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"

/* The last observation before SIGHT in which MX had secure TLSA records; null if none. */
static const struct sight *had_dane(const struct inquiry *inquiry, const struct sight *sight,
                                    struct text mx)
{
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *before = &inquiry->sights.at[i];
        if (before->taken_at < sight->taken_at && !dane_is_repeated(inquiry, i) &&
            sight_has_secure_tlsa(inquiry, before, mx))
            return before;
    }
    return NULL;
}

static bool is_unsigned(const struct dane_records *records)
{
    return records->set.fact == FACT_PRESENT && records->set.dnssec == DNSSEC_INSECURE;
}

/* The usable records, each on a line of its own. */
static struct text records_to_paste(const struct inquiry *inquiry, struct text mx,
                                    const struct dane_records *records)
{
    enum { RECORDS_SHOWN = 8 };
    struct text lines = TEXT("");
    for (size_t i = 0; i < records->list.count && i < RECORDS_SHOWN; i++) {
        const struct tlsa *tlsa = &records->list.at[i];
        if (tlsa->usable)
            lines = text_format(inquiry->arena, "%.*s\n    _25._tcp.%.*s. IN TLSA %.*s",
                                TEXT_ARGS(lines), TEXT_ARGS(mx),
                                TEXT_ARGS(tlsa_text(inquiry->arena, tlsa)));
    }
    return lines;
}

static void say_lost(const struct inquiry *inquiry, const struct sight *sight,
                     const struct sight *before, struct text mx, bool unsigned_now,
                     struct claim *claim)
{
    struct dane_records former = dane_records_of(inquiry, before, mx);
    struct arena *arena = inquiry->arena;
    claim_says(arena, &claim->title, "%.*s had DANE until %.*s, and has lost %s", TEXT_ARGS(mx),
               TEXT_ARGS(text_date(arena, before->taken_at)),
               unsigned_now ? "its DNSSEC signature" : "its TLSA records");
    if (unsigned_now)
        claim_says(
            arena, &claim->action,
            "Have the zone signed again (is the DS record still at the registrar?), or confirm "
            "that DANE was given up.");
    else
        claim_says(arena, &claim->action,
                   "Put the records back if the certificate is the same, or those of the "
                   "certificate in use; or confirm that DANE was given up:%.*s",
                   TEXT_ARGS(records_to_paste(inquiry, mx, &former)));
    dane_evidence(inquiry, before, mx, &former, claim);
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_25._tcp.%.*s TLSA: %s", TEXT_ARGS(mx),
                 unsigned_now ? "there, not signed" : "not there");
}

/* Of a host that takes mail no more nothing is missing. */
static enum shown host_has_lost(const struct inquiry *inquiry, const struct sight *sight,
                                struct text mx, struct claim *claim)
{
    struct dane_records records = dane_records_of(inquiry, sight, mx);
    if (!dane_is_told(&records))
        return SHOWN_UNKNOWN;
    const struct sight *before = had_dane(inquiry, sight, mx);
    if (records.secure || !before || sight_lists_mx(sight, mx) == FACT_ABSENT)
        return SHOWN_NO;
    say_lost(inquiry, sight, before, mx, is_unsigned(&records), claim);
    return SHOWN_YES;
}

/* Whether no host of the observation has DANE, by what is known of each. */
static bool none_has_dane(const struct inquiry *inquiry, const struct sight *sight)
{
    for (size_t i = 0; i < sight->hosts.count; i++) {
        struct dane_records records = dane_records_of(inquiry, sight, sight->hosts.at[i]);
        if (records.set.fact != FACT_ABSENT && !is_unsigned(&records))
            return false;
    }
    return sight->hosts.count;
}

/* Mail has moved from a host with DANE, which is *OLD, to hosts of which none has any. */
static const struct sight *moved_away(const struct inquiry *inquiry, const struct sight *sight,
                                      struct text *old)
{
    if (!none_has_dane(inquiry, sight))
        return NULL;
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        const struct sight *before = &inquiry->sights.at[i];
        if (before->taken_at >= sight->taken_at || dane_is_repeated(inquiry, i))
            continue;
        for (size_t j = 0; j < before->hosts.count; j++) {
            *old = before->hosts.at[j];
            if (!text_list_has(&sight->hosts, *old) &&
                sight_has_secure_tlsa(inquiry, before, *old))
                return before;
        }
    }
    return NULL;
}

static bool domain_has_lost(const struct inquiry *inquiry, const struct sight *sight,
                            struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text old;
    const struct sight *before = moved_away(inquiry, sight, &old);
    if (!before)
        return false;
    claim->mx = TEXT_UNKNOWN;
    claim->scope = SCOPE_DOMAIN;
    claim_says(arena, &claim->title,
               "%.*s had DANE until %.*s, by %.*s: the hosts that take its mail now have none",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(text_date(arena, before->taken_at)),
               TEXT_ARGS(old));
    claim_says(arena, &claim->action,
               "Publish TLSA records for each of the new MX hosts, or ask who runs them to do "
               "so; or confirm that DANE was given up.");
    struct dane_records former = dane_records_of(inquiry, before, old);
    dane_evidence(inquiry, before, old, &former, claim);
    for (size_t i = 0; i < sight->hosts.count && i < 8; i++)
        evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_25._tcp.%.*s TLSA: not there, or not signed",
                     TEXT_ARGS(sight->hosts.at[i]));
    return true;
}

/* Whether the last that REPORTER tells is that there is no policy, and before it was tlsa. */
static bool has_turned(const struct inquiry *inquiry, const struct reporter_seen *reporter)
{
    bool tlsa = false, none = false;
    for (size_t i = 0; i < reporter->reports.count; i++) {
        unsigned types = inquiry->groups->reports.at[reporter->reports.at[i]].types;
        none = tlsa && !(types & UNDER(TLSA)) && (none || (types & UNDER(NO_POLICY_FOUND)));
        tlsa = tlsa || (types & UNDER(TLSA));
    }
    return none && text_known(reporter->name);
}

/* Says which reporters told of tlsa before, and of no policy since; their number. */
static size_t say_turned(const struct inquiry *inquiry, struct claim *claim)
{
    enum { REPORTERS_SHOWN = 8 };
    size_t turned = 0;
    for (size_t i = 0; i < inquiry->groups->reporters.count; i++) {
        const struct reporter_seen *reporter = inquiry->groups->reporters.at[i];
        if (!has_turned(inquiry, reporter) || turned++ >= REPORTERS_SHOWN)
            continue;
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                     "%.*s reported policy type tlsa, and now finds no policy",
                     TEXT_ARGS(words_of_line(inquiry->arena, reporter->name)));
    }
    return turned;
}

enum shown dane_lost_shows(const struct inquiry *inquiry, const struct sight *sight,
                           const struct subject *subject, struct claim *claim)
{
    enum shown shown = text_known(subject->mx)
                           ? host_has_lost(inquiry, sight, subject->mx, claim)
                           : SHOWN_UNKNOWN;
    bool takes_mail =
        !text_known(subject->mx) || sight_lists_mx(sight, subject->mx) == FACT_PRESENT;
    if (shown != SHOWN_YES && takes_mail && domain_has_lost(inquiry, sight, claim))
        shown = SHOWN_YES;
    if (shown == SHOWN_YES)
        say_turned(inquiry, claim);
    return shown;
}

/* What nobody observed before, the reports may tell. */
static bool reports_tell_of_loss(const struct inquiry *inquiry, struct claim *claim)
{
    const struct sight *now = sight_now(inquiry);
    if (!none_has_dane(inquiry, now))
        return false;
    size_t turned = say_turned(inquiry, claim);
    claim->confidence = turned >= 2 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    claim->scope = SCOPE_DOMAIN;
    claim_says(inquiry->arena, &claim->title,
               "Senders found DANE for %.*s before and find none now, and none is there",
               TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->action,
               "Publish the TLSA records again, or have their zone signed again; or confirm "
               "that DANE was given up.");
    for (size_t i = 0; i < now->hosts.count && i < 8; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, now->taken_at,
                     "_25._tcp.%.*s TLSA: not there, or not signed",
                     TEXT_ARGS(now->hosts.at[i]));
    return turned;
}

void dane_lost_stands(const struct inquiry *inquiry, const struct rule *rule,
                      struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    bool of_domain = false, any = false;
    for (size_t i = 0; now && i < now->hosts.count; i++) {
        struct claim claim = claim_of(rule);
        struct subject subject = {.mx = now->hosts.at[i]};
        claim.mx = subject.mx;
        claim.confidence = CONFIDENCE_CONFIRMED;
        if (dane_lost_shows(inquiry, now, &subject, &claim) != SHOWN_YES)
            continue;
        any = true;
        if (text_known(claim.mx) || !of_domain)
            VECTOR_ADD(inquiry->arena, claims, claim);
        of_domain = of_domain || !text_known(claim.mx);
    }
    struct claim claim = claim_of(rule);
    if (now && !any && reports_tell_of_loss(inquiry, &claim))
        VECTOR_ADD(inquiry->arena, claims, claim);
}
