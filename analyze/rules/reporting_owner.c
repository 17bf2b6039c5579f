/* Where reports go, and who is meant to read them. */
#include "base/vector.h"
#include "rules/families.h"
#include "rules/reporting.h"

static bool look(const struct inquiry *inquiry, const struct sight *sight,
                 struct tlsrpt_seen *seen)
{
    if (!inquiry->expected || !sight)
        return false;
    *seen = sight_tlsrpt(inquiry, sight);
    return seen->txt.fact == FACT_PRESENT || seen->txt.fact == FACT_ABSENT;
}

static void say_rua(const struct inquiry *inquiry, const struct sight *sight,
                    const struct tlsrpt_rua *rua, struct claim *claim)
{
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_smtp._tls.%.*s names %.*s", TEXT_ARGS(inquiry->domain),
                 TEXT_ARGS(quote(inquiry->arena, rua->uri)));
}

enum shown tlsrpt_former_vendor_shows(const struct inquiry *inquiry, const struct sight *sight,
                                      const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    for (size_t i = 0; i < seen.record.ruas.count; i++) {
        const struct tlsrpt_rua *rua = &seen.record.ruas.at[i];
        if (!text_known(rua->domain) ||
            !domain_is_below(rua->domain, &inquiry->expected->former_vendors))
            continue;
        claim_says(inquiry->arena, &claim->title,
                   "Reports go to %.*s, which is listed as a former vendor",
                   TEXT_ARGS(rua->domain));
        claim_says(inquiry->arena, &claim->action,
                   "Point the rua of _smtp._tls.%.*s to its owner of today, and ask the former "
                   "vendor to delete what has come there.",
                   TEXT_ARGS(inquiry->domain));
        say_rua(inquiry, sight, rua, claim);
        return SHOWN_YES;
    }
    return SHOWN_NO;
}

static bool names_uri(const struct tlsrpt_seen *seen, struct text uri)
{
    for (size_t i = 0; i < seen->record.ruas.count; i++)
        if (text_equal_nocase(seen->record.ruas.at[i].uri, uri))
            return true;
    return false;
}

enum shown tlsrpt_rua_unexpected_shows(const struct inquiry *inquiry, const struct sight *sight,
                                       const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    for (size_t i = 0; seen.record.state == TXT_ONE && i < inquiry->expected->rua.count; i++) {
        struct text uri = inquiry->expected->rua.at[i];
        if (names_uri(&seen, uri))
            continue;
        claim_says(inquiry->arena, &claim->title,
                   "The TLS-RPT record does not name %.*s, which is configured for %.*s",
                   TEXT_ARGS(uri), TEXT_ARGS(inquiry->domain));
        claim_says(
            inquiry->arena, &claim->action,
            "Correct the record, or the configuration if it is out of date. The record would "
            "be:\n    _smtp._tls.%.*s. IN TXT \"v=TLSRPTv1; rua=%.*s\"",
            TEXT_ARGS(inquiry->domain), TEXT_ARGS(uri));
        for (size_t j = 0; j < seen.record.ruas.count; j++)
            say_rua(inquiry, sight, &seen.record.ruas.at[j], claim);
        return SHOWN_YES;
    }
    return SHOWN_NO;
}

enum shown tlsrpt_rua_unreachable_shows(const struct inquiry *inquiry,
                                        const struct sight *sight,
                                        const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    bool known = false;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    for (size_t i = 0; i < seen.record.ruas.count; i++) {
        struct text why;
        const struct tlsrpt_rua *rua = &seen.record.ruas.at[i];
        enum fact reachable = rua_reachable(inquiry, sight, rua, &why);
        known = known || reachable == FACT_PRESENT;
        if (reachable != FACT_ABSENT)
            continue;
        claim_says(inquiry->arena, &claim->title, "Reports to %.*s cannot be delivered: %.*s",
                   TEXT_ARGS(quote(inquiry->arena, rua->uri)), TEXT_ARGS(why));
        claim_says(
            inquiry->arena, &claim->action,
            "Make %.*s accept mail again, or name another destination in the TXT record of "
            "_smtp._tls.%.*s.",
            TEXT_ARGS(rua->domain), TEXT_ARGS(inquiry->domain));
        say_rua(inquiry, sight, rua, claim);
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s",
                     TEXT_ARGS(why));
        return SHOWN_YES;
    }
    return known || !seen.record.ruas.count ? SHOWN_NO : SHOWN_UNKNOWN;
}

enum shown tlsrpt_no_owner_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    if (seen.record.state != TXT_ONE || text_known(inquiry->expected->owner))
        return SHOWN_NO;
    if (inquiry->expected->compliance)
        claim->severity = SEVERITY_CRITICAL;
    claim_says(inquiry->arena, &claim->title,
               "Nobody is named who reads the TLS reports of %.*s", TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->action,
               "Name one in the configuration:\n    [domain %.*s]\n    owner = …",
               TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->done_when,
               "Done when the configuration names an owner.");
    for (size_t i = 0; i < seen.record.ruas.count; i++)
        say_rua(inquiry, sight, &seen.record.ruas.at[i], claim);
    return SHOWN_YES;
}

enum shown tlsrpt_owner_split_shows(const struct inquiry *inquiry, const struct sight *sight,
                                    const struct subject *subject, struct claim *claim)
{
    const struct expectation *expected = inquiry->expected;
    (void)subject;
    if (!expected || !sight)
        return SHOWN_UNKNOWN;
    bool same = text_known(expected->owner) && text_known(expected->sts_owner) &&
                text_equal_nocase(expected->owner, expected->sts_owner);
    if (!sight_has_mta_sts(sight) || same)
        return SHOWN_NO;
    if (!text_known(expected->sts_owner))
        claim_says(inquiry->arena, &claim->title,
                   "MTA-STS is published, but nobody is named who owns its policy");
    else if (!text_known(expected->owner))
        claim_says(inquiry->arena, &claim->title,
                   "%.*s owns the MTA-STS policy, but nobody is named who reads the reports",
                   TEXT_ARGS(expected->sts_owner));
    else
        claim_says(inquiry->arena, &claim->title,
                   "%.*s reads the reports, but %.*s owns the MTA-STS policy",
                   TEXT_ARGS(expected->owner), TEXT_ARGS(expected->sts_owner));
    claim_says(inquiry->arena, &claim->action,
               "Let one team own both, or agree how the one tells the other; name them in the "
               "configuration:\n    [domain %.*s]\n    owner = …\n    sts-owner = …",
               TEXT_ARGS(inquiry->domain));
    claim_says(inquiry->arena, &claim->done_when,
               "Done when the configuration names the same owner for both; or acknowledge it.");
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                 "MTA-STS is published for %.*s", TEXT_ARGS(inquiry->domain));
    return SHOWN_YES;
}

/* ---- whose mailbox it is ---- */

static const struct text freemail[] = {
    TEXT_ROW("gmail.com"),    TEXT_ROW("googlemail.com"), TEXT_ROW("outlook.com"),
    TEXT_ROW("hotmail.com"),  TEXT_ROW("live.com"),       TEXT_ROW("msn.com"),
    TEXT_ROW("yahoo.com"),    TEXT_ROW("ymail.com"),      TEXT_ROW("aol.com"),
    TEXT_ROW("icloud.com"),   TEXT_ROW("me.com"),         TEXT_ROW("mac.com"),
    TEXT_ROW("gmx.com"),      TEXT_ROW("gmx.de"),         TEXT_ROW("gmx.net"),
    TEXT_ROW("gmx.at"),       TEXT_ROW("gmx.ch"),         TEXT_ROW("web.de"),
    TEXT_ROW("t-online.de"),  TEXT_ROW("freenet.de"),     TEXT_ROW("mail.ru"),
    TEXT_ROW("yandex.ru"),    TEXT_ROW("qq.com"),         TEXT_ROW("163.com"),
    TEXT_ROW("proton.me"),    TEXT_ROW("protonmail.com"), TEXT_ROW("tutanota.com"),
    TEXT_ROW("fastmail.com"), TEXT_ROW("zoho.com"),       TEXT_ROW("mail.com"),
    TEXT_ROW("orange.fr"),    TEXT_ROW("free.fr"),        TEXT_ROW("laposte.net"),
    TEXT_ROW("libero.it"),    TEXT_ROW("wp.pl"),          TEXT_ROW("seznam.cz"),
};

static bool is_freemail(struct text domain)
{
    for (size_t i = 0; i < sizeof freemail / sizeof *freemail; i++)
        if (text_equal_nocase(freemail[i], domain))
            return true;
    return false;
}

/* Why a destination does not fit who is meant to own it; null if it does. */
static const char *misfit(const struct inquiry *inquiry, const struct tlsrpt_rua *rua)
{
    const struct expectation *expected = inquiry->expected;
    struct text own[] = {inquiry->domain};
    bool at_home = domain_is_below(rua->domain, &(struct text_list){own, 1});
    if (rua->scheme == TLSRPT_SCHEME_MAILTO && is_freemail(rua->domain))
        return "is a personal mailbox: who leaves takes the reports along";
    /* An address that is configured is meant. */
    if (expected->rua.count)
        return NULL;
    if (expected->model == OWNERSHIP_CLIENT && !at_home)
        return "is not at the domain, but the client is meant to own it";
    if (expected->model == OWNERSHIP_PLATFORM && at_home)
        return "is at the domain itself, but a platform is meant to receive the reports";
    return NULL;
}

enum shown tlsrpt_rua_personal_shows(const struct inquiry *inquiry, const struct sight *sight,
                                     const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    for (size_t i = 0; i < seen.record.ruas.count; i++) {
        const struct tlsrpt_rua *rua = &seen.record.ruas.at[i];
        const char *why = text_known(rua->domain) ? misfit(inquiry, rua) : NULL;
        if (!why)
            continue;
        claim_says(inquiry->arena, &claim->title, "The destination %.*s %s",
                   TEXT_ARGS(quote(inquiry->arena, rua->uri)), why);
        claim_says(
            inquiry->arena, &claim->action,
            "Use a mailbox of the organisation that several people can read, or configure "
            "the model and the rua that are meant:\n    [domain %.*s]\n    model = …\n    "
            "rua = …",
            TEXT_ARGS(inquiry->domain));
        say_rua(inquiry, sight, rua, claim);
        return SHOWN_YES;
    }
    return SHOWN_NO;
}

/* ---- the record of an own MX host ---- */

void tlsrpt_host_record_missing_stands(const struct inquiry *inquiry, const struct rule *rule,
                                       struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    struct text own[] = {inquiry->domain};
    for (size_t i = 0; inquiry->expected && now && i < now->hosts.count; i++) {
        struct text mx = now->hosts.at[i];
        struct text name = text_format(inquiry->arena, "_smtp._tls.%.*s", TEXT_ARGS(mx));
        if (!domain_is_below(mx, &(struct text_list){own, 1}) ||
            text_equal(mx, inquiry->domain) || !sight_has_secure_tlsa(inquiry, now, mx) ||
            sight_published(inquiry, now, name, "TXT").fact != FACT_ABSENT)
            continue;
        struct claim claim = claim_of(rule);
        claim.mx = mx;
        claim_says(inquiry->arena, &claim.title,
                   "%.*s publishes TLSA records but no TLS-RPT record: some senders send their "
                   "DANE reports there",
                   TEXT_ARGS(mx));
        claim_says(inquiry->arena, &claim.action,
                   "Publish one for the host too:\n    %.*s. IN TXT \"v=TLSRPTv1; "
                   "rua=mailto:tlsrpt@%.*s\"",
                   TEXT_ARGS(name), TEXT_ARGS(inquiry->domain));
        evidence_add(inquiry->arena, &claim.evidence, EVIDENCE_DNS, now->taken_at,
                     "%.*s TXT: not there, while _25._tcp.%.*s has TLSA records",
                     TEXT_ARGS(name), TEXT_ARGS(mx));
        VECTOR_ADD(inquiry->arena, claims, claim);
    }
}
