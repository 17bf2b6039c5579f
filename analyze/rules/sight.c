/* The names and records of one observation. */
#include "base/vector.h"
#include "rules/inquiry.h"

enum fact sight_lists_mx(const struct sight *sight, struct text mx)
{
    if (sight->mx.fact != FACT_PRESENT && sight->mx.fact != FACT_ABSENT)
        return sight->mx.fact;
    return text_list_has(&sight->hosts, mx) ? FACT_PRESENT : FACT_ABSENT;
}

struct published sight_published(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text name, const char *type)
{
    return published_of(sight->facts, name, text_of(type), inquiry->arena);
}

struct published sight_addresses(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text host)
{
    struct published a = sight_published(inquiry, sight, host, "A");
    struct published aaaa = sight_published(inquiry, sight, host, "AAAA");
    if (a.fact == FACT_PRESENT || aaaa.fact == FACT_PRESENT) {
        struct published both = a.fact == FACT_PRESENT ? a : aaaa;
        for (size_t i = 0; a.fact == FACT_PRESENT && i < aaaa.values.count; i++)
            text_list_add(inquiry->arena, &both.values, aaaa.values.at[i]);
        if (a.fact == FACT_PRESENT && aaaa.fact == FACT_PRESENT && aaaa.dnssec != DNSSEC_SECURE)
            both.dnssec = aaaa.dnssec;
        return both;
    }
    if (a.fact == FACT_FAILED || aaaa.fact == FACT_FAILED)
        return a.fact == FACT_FAILED ? a : aaaa;
    /* One of the two that was never looked at leaves it open. */
    return a.fact == FACT_UNKNOWN ? a : aaaa;
}

struct published sight_tlsa(const struct inquiry *inquiry, const struct sight *sight,
                            struct text mx, struct tlsa_list *list, bool *usable)
{
    struct published set = published_tlsa(sight->facts, mx, inquiry->arena);
    *usable = false;
    for (size_t i = 0; i < set.values.count; i++) {
        struct tlsa record;
        bool read = tlsa_parse(set.values.at[i], inquiry->arena, &record);
        *usable = *usable || (read && record.usable);
        if (list && read)
            VECTOR_ADD(inquiry->arena, list, record);
    }
    return set;
}

bool sight_has_secure_tlsa(const struct inquiry *inquiry, const struct sight *sight,
                           struct text mx)
{
    bool usable;
    struct published set = sight_tlsa(inquiry, sight, mx, NULL, &usable);
    return set.fact == FACT_PRESENT && set.dnssec == DNSSEC_SECURE && usable &&
           sight->mx.dnssec != DNSSEC_INSECURE;
}

bool sight_has_dane(const struct inquiry *inquiry, const struct sight *sight)
{
    for (size_t i = 0; i < sight->hosts.count; i++)
        if (sight_has_secure_tlsa(inquiry, sight, sight->hosts.at[i]))
            return true;
    return false;
}

bool sight_serves(const struct sight *sight)
{
    return sight->policy_fact == FACT_PRESENT && sight->policy.valid;
}

struct text_list sight_cnames(const struct inquiry *inquiry, const struct sight *sight,
                              struct text name, enum fact *fact)
{
    enum { STEPS = 8 };
    struct text_list targets = {0};
    struct published link = sight_published(inquiry, sight, name, "CNAME");
    if (fact)
        *fact = link.fact;
    while (link.fact == FACT_PRESENT && targets.count < STEPS) {
        text_list_add(inquiry->arena, &targets, link.values.at[0]);
        link = sight_published(inquiry, sight, link.values.at[0], "CNAME");
    }
    return targets;
}

/* ---- probes ---- */

static bool is_address_of(const struct sight *sight, struct text mx, struct text address)
{
    const struct observed_smtps *smtp = &sight->observation->smtp;
    for (size_t i = 0; text_known(address) && i < smtp->count; i++)
        if (text_equal(smtp->at[i].mx, mx) && text_equal(smtp->at[i].address, address))
            return true;
    return false;
}

struct probes sight_probes(const struct inquiry *inquiry, const struct sight *sight,
                           struct text mx, struct text address)
{
    const struct observed_smtps *smtp = &sight->observation->smtp;
    struct probes probes = {0};
    bool one = is_address_of(sight, mx, address);
    for (size_t i = 0; text_known(mx) && i < smtp->count; i++)
        if (text_equal(smtp->at[i].mx, mx) &&
            (!one || text_equal(smtp->at[i].address, address)))
            VECTOR_ADD(inquiry->arena, &probes, &smtp->at[i]);
    return probes;
}

bool probe_tells(const struct observed_smtp *probe)
{
    if (probe->status == SMTP_TLS_ERROR || probe->certificate)
        return true;
    return probe->status == SMTP_OK && probe->starttls != ANSWER_UNKNOWN;
}

bool sight_probed(const struct inquiry *inquiry, const struct sight *sight, struct text mx)
{
    struct probes probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count; i++)
        if (probe_tells(probes.at[i]))
            return true;
    return false;
}
