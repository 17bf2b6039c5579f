#include "rules/reporting.h"

#include "base/vector.h"

static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
    return value < count ? names[value] : NULL;
}

const char *maturity_name(enum maturity maturity)
{
    static const char *const names[] = {
        [MATURITY_UNKNOWN] = "unknown",         [MATURITY_BASIC] = "basic",
        [MATURITY_OPERATIONAL] = "operational", [MATURITY_REPORTING] = "reporting",
        [MATURITY_TRANSPORT] = "transport",     [MATURITY_ONGOING] = "ongoing",
    };
    return name_of(names, MATURITY_COUNT, maturity);
}

const char *ownership_name(enum ownership ownership)
{
    static const char *const names[] = {
        [OWNERSHIP_CLIENT] = "client",
        [OWNERSHIP_AGENCY] = "agency",
        [OWNERSHIP_PLATFORM] = "platform",
    };
    return name_of(names, sizeof names / sizeof *names, ownership);
}

const char *ownership_words(enum ownership ownership)
{
    static const char *const words[] = {
        [OWNERSHIP_UNKNOWN] =
            "no model is configured: if nobody knows who reads the reports, they are "
            "only decoration",
        [OWNERSHIP_CLIENT] =
            "client: their own mailbox, which works where somebody technical owns it",
        [OWNERSHIP_AGENCY] =
            "agency: the agency's mailbox, which works where it looks after the domain "
            "for good",
        [OWNERSHIP_PLATFORM] =
            "platform: a service's address, which works where reports are to be "
            "processed",
    };
    return words[ownership];
}

const char *maturity_words(enum maturity maturity)
{
    static const char *const words[] = {
        [MATURITY_UNKNOWN] = "not known yet",
        [MATURITY_BASIC] = "basic: SPF, DKIM and DMARC come first",
        [MATURITY_OPERATIONAL] =
            "operational: SPF and DMARC are there; next, reports that somebody reads",
        [MATURITY_REPORTING] = "reporting: reports arrive and have an owner; next, MTA-STS",
        [MATURITY_TRANSPORT] = "transport security: MTA-STS is published; next, enforce",
        [MATURITY_ONGOING] = "ongoing review: enforced, reported, read every month",
    };
    return words[maturity];
}

/* ---- the record ---- */

struct tlsrpt_seen sight_tlsrpt(const struct inquiry *inquiry, const struct sight *sight)
{
    struct tlsrpt_seen seen = {0};
    struct text name =
        text_format(inquiry->arena, "_smtp._tls.%.*s", TEXT_ARGS(inquiry->domain));
    seen.txt = sight_published(inquiry, sight, name, "TXT");
    tlsrpt_record_read(&seen.txt.values, inquiry->arena, &seen.record);
    return seen;
}

bool tlsrpt_is_valid(const struct tlsrpt_seen *seen)
{
    return seen->txt.fact == FACT_PRESENT && seen->record.state == TXT_ONE &&
           seen->record.usable;
}

bool domain_is_below(struct text domain, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct text each = list->at[i];
        if (text_equal_nocase(domain, each))
            return true;
        if (domain.length > each.length && text_ends_nocase(domain, each) &&
            domain.at[domain.length - each.length - 1] == '.')
            return true;
    }
    return false;
}

/* ---- where reports go ---- */

static enum fact mail_reachable(const struct inquiry *inquiry, const struct sight *sight,
                                struct text domain, struct text *why)
{
    struct arena *arena = inquiry->arena;
    struct published mx = published_mx(sight->facts, domain, arena);
    if (mx.fact == FACT_PRESENT) {
        if (!text_list_has(&mx.values, TEXT(".")))
            return FACT_PRESENT;
        *why = text_format(arena, "%.*s publishes a null MX: it accepts no mail",
                           TEXT_ARGS(domain));
        return FACT_ABSENT;
    }
    if (mx.fact != FACT_ABSENT)
        return mx.fact;
    if (mx.status == LOOKUP_NXDOMAIN) {
        *why = text_format(arena, "the domain %.*s does not exist", TEXT_ARGS(domain));
        return FACT_ABSENT;
    }
    struct published addresses = sight_addresses(inquiry, sight, domain);
    if (addresses.fact == FACT_ABSENT)
        *why = text_format(arena, "%.*s has neither an MX record nor an address",
                           TEXT_ARGS(domain));
    return addresses.fact;
}

enum fact rua_reachable(const struct inquiry *inquiry, const struct sight *sight,
                        const struct tlsrpt_rua *rua, struct text *why)
{
    struct text dummy = TEXT_UNKNOWN;
    why = why ? why : &dummy;
    *why = TEXT_UNKNOWN;
    if (!text_known(rua->domain))
        return FACT_UNKNOWN;
    if (rua->scheme == TLSRPT_SCHEME_MAILTO)
        return mail_reachable(inquiry, sight, rua->domain, why);
    struct published addresses = sight_addresses(inquiry, sight, rua->domain);
    if (addresses.fact == FACT_ABSENT)
        *why =
            text_format(inquiry->arena, "the host %.*s has no address", TEXT_ARGS(rua->domain));
    return addresses.fact;
}

/* ---- what else is published ---- */

enum fact sight_mta_sts(const struct sight *sight)
{
    if (sight->policy_fact == FACT_PRESENT)
        return sight->policy.mode == MTA_STS_MODE_NONE ? FACT_ABSENT : FACT_PRESENT;
    if (sight->sts_record.state != TXT_NONE)
        return FACT_PRESENT;
    return sight->sts_txt.fact == FACT_PRESENT ? FACT_ABSENT : sight->sts_txt.fact;
}

bool sight_has_mta_sts(const struct sight *sight)
{
    return sight_mta_sts(sight) == FACT_PRESENT;
}

/* Of the TXT records at NAME those that begin with VERSION; absent where there are none. */
static struct published records_of(const struct inquiry *inquiry, const struct sight *sight,
                                   struct text name, struct text version)
{
    struct published set = sight_published(inquiry, sight, name, "TXT");
    struct text_list values = {0};
    if (set.fact != FACT_PRESENT)
        return set;
    for (size_t i = 0; i < set.values.count; i++)
        if (text_starts_nocase(set.values.at[i], version))
            text_list_add(inquiry->arena, &values, set.values.at[i]);
    set.values = values;
    set.fact = values.count ? FACT_PRESENT : FACT_ABSENT;
    return set;
}

struct published sight_spf(const struct inquiry *inquiry, const struct sight *sight)
{
    return records_of(inquiry, sight, inquiry->domain, TEXT("v=spf1"));
}

struct published sight_dmarc(const struct inquiry *inquiry, const struct sight *sight)
{
    struct text name = text_format(inquiry->arena, "_dmarc.%.*s", TEXT_ARGS(inquiry->domain));
    return records_of(inquiry, sight, name, TEXT("v=DMARC1"));
}

/* ---- how far the domain has come ---- */

static bool has_dmarc_reports(const struct published *dmarc)
{
    for (size_t i = 0; i < dmarc->values.count; i++)
        if (text_find_nocase(dmarc->values.at[i], TEXT("rua=")) != SIZE_MAX)
            return true;
    return false;
}

enum maturity maturity_of(const struct inquiry *inquiry, const struct sight *sight)
{
    const struct expectation *expected = inquiry->expected;
    if (expected && expected->stage)
        return expected->stage;
    if (!sight)
        return MATURITY_UNKNOWN;
    struct published spf = sight_spf(inquiry, sight), dmarc = sight_dmarc(inquiry, sight);
    bool failed = spf.fact == FACT_FAILED || dmarc.fact == FACT_FAILED;
    bool absent = spf.fact == FACT_ABSENT || dmarc.fact == FACT_ABSENT;
    if (failed && !absent)
        return MATURITY_UNKNOWN;
    if (spf.fact != FACT_PRESENT || dmarc.fact != FACT_PRESENT)
        return MATURITY_BASIC;
    struct tlsrpt_seen seen = sight_tlsrpt(inquiry, sight);
    bool owned = expected && text_known(expected->owner);
    if (!has_dmarc_reports(&dmarc) || !tlsrpt_is_valid(&seen) || !owned)
        return MATURITY_OPERATIONAL;
    if (!sight_has_mta_sts(sight))
        return MATURITY_REPORTING;
    bool enforced =
        sight->policy_fact == FACT_PRESENT && sight->policy.mode == MTA_STS_MODE_ENFORCE;
    bool arrives = expected->last_report_at != TIME_UNKNOWN &&
                   inquiry->now - expected->last_report_at <= expected->silent_after;
    return enforced && arrives ? MATURITY_ONGOING : MATURITY_TRANSPORT;
}

bool is_not_prioritized(const struct inquiry *inquiry, const struct sight *sight)
{
    const struct expectation *expected = inquiry->expected;
    if (!sight || sight_has_mta_sts(sight))
        return false;
    return (expected && expected->priority == PRIORITY_IS_LOW) ||
           maturity_of(inquiry, sight) == MATURITY_BASIC;
}
