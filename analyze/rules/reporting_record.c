/* The TLS-RPT record itself: whether senders find it and can use it (RFC 8460 §3). */
#include "base/vector.h"
#include "rules/families.h"
#include "rules/reporting.h"

/* ---- what is shared ---- */

static void say_record(const struct inquiry *inquiry, const struct sight *sight,
                       const struct tlsrpt_seen *seen, struct claim *claim)
{
    for (size_t i = 0; i < seen->txt.values.count && i < 4; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_smtp._tls.%.*s TXT \"%.*s\"", TEXT_ARGS(inquiry->domain),
                     TEXT_ARGS(quote(inquiry->arena, seen->txt.values.at[i])));
}

static void say_faults(const struct inquiry *inquiry, const struct sight *sight,
                       const struct tlsrpt_seen *seen, struct claim *claim)
{
    say_record(inquiry, sight, seen, claim);
    for (size_t i = 0; i < seen->record.faults.count; i++)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s",
                     TEXT_ARGS(seen->record.faults.at[i].sentence));
}

/* The record to publish: the one that is configured, the one that the wrong one means to be, or an
 * *EXAMPLE. */
static struct text record_to_publish(const struct inquiry *inquiry,
                                     const struct tlsrpt_seen *seen, bool *example)
{
    struct arena *arena = inquiry->arena;
    const struct text_list *rua = &inquiry->expected->rua;
    struct text record = TEXT("v=TLSRPTv1; rua=");
    *example = !rua->count && !text_known(seen->record.corrected);
    if (!rua->count && text_known(seen->record.corrected))
        return seen->record.corrected;
    if (!rua->count)
        return text_format(arena, "v=TLSRPTv1; rua=mailto:tlsrpt@%.*s",
                           TEXT_ARGS(inquiry->domain));
    for (size_t i = 0; i < rua->count; i++)
        record = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(record), i ? "," : "",
                             TEXT_ARGS(rua->at[i]));
    return record;
}

static void say_correction(const struct inquiry *inquiry, const struct tlsrpt_seen *seen,
                           const char *what, struct claim *claim)
{
    bool example;
    struct text record = record_to_publish(inquiry, seen, &example);
    claim_says(inquiry->arena, &claim->action, "%s:\n    _smtp._tls.%.*s. IN TXT \"%.*s\"%s",
               what, TEXT_ARGS(inquiry->domain), TEXT_ARGS(record),
               example ? "\nThe mailbox is an example: name one that somebody reads." : "");
}

/* What `shows` begins with: the record, unless nobody asks or nobody knows. */
static bool look(const struct inquiry *inquiry, const struct sight *sight,
                 struct tlsrpt_seen *seen)
{
    if (!inquiry->expected || !sight)
        return false;
    *seen = sight_tlsrpt(inquiry, sight);
    return seen->txt.fact != FACT_UNKNOWN;
}

static bool has_fault(const struct tlsrpt_seen *seen, enum txt_fault first, enum txt_fault last)
{
    for (size_t i = 0; i < seen->record.faults.count; i++)
        if (seen->record.faults.at[i].fault >= first && seen->record.faults.at[i].fault <= last)
            return true;
    return false;
}

/* ---- the rules ---- */

/* Where people put it instead. */
static const char *const wrong_names[] = {
    "",
    "_tls.",
    "_smtp.",
    "_smtp-tls.",
    "_smtp_tls.",
    "_tls._smtp.",
    "_smtp._tcp.",
    "_tlsrpt.",
    "_tls-rpt.",
    "_smtp-tlsrpt.",
    "_smtp._tls._domainkey.",
};

static bool is_record(const struct inquiry *inquiry, const struct sight *sight,
                      struct text name, struct text *string)
{
    struct published set = sight_published(inquiry, sight, name, "TXT");
    for (size_t i = 0; i < set.values.count; i++) {
        *string = set.values.at[i];
        if (text_starts_nocase(*string, TEXT("v=TLSRPTv1")))
            return true;
    }
    return false;
}

/* The name at which a record stands that belongs at _smtp._tls; unknown if there is none. */
static struct text wrong_name(const struct inquiry *inquiry, const struct sight *sight,
                              struct text *string)
{
    struct arena *arena = inquiry->arena;
    struct text domain = inquiry->domain;
    for (size_t i = 0; i < sizeof wrong_names / sizeof *wrong_names; i++) {
        struct text name = text_format(arena, "%s%.*s", wrong_names[i], TEXT_ARGS(domain));
        if (is_record(inquiry, sight, name, string))
            return name;
    }
    struct text doubled =
        text_format(arena, "_smtp._tls.%.*s.%.*s", TEXT_ARGS(domain), TEXT_ARGS(domain));
    return is_record(inquiry, sight, doubled, string) ? doubled : TEXT_UNKNOWN;
}

enum shown tlsrpt_missing_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen) || seen.txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (seen.txt.fact != FACT_ABSENT)
        return SHOWN_NO;
    bool waits = is_not_prioritized(inquiry, sight);
    if (waits)
        claim->severity = SEVERITY_NOTICE;
    claim_says(inquiry->arena, &claim->title,
               "No TLS-RPT record was found: nobody is told where to report to");
    say_correction(inquiry, &seen,
                   waits ? "Other work comes first (see client priority); publish one when "
                           "somebody will read the reports"
                         : "Publish one, but only if somebody will read the reports",
                   claim);
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_smtp._tls.%.*s TXT: %s", TEXT_ARGS(inquiry->domain),
                 lookup_status_name(seen.txt.status));
    return SHOWN_YES;
}

enum shown tlsrpt_lookup_failed_shows(const struct inquiry *inquiry, const struct sight *sight,
                                      const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    if (seen.txt.fact != FACT_FAILED)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The TLS-RPT record could not be looked up: whether it is there is not known");
    claim_says(inquiry->arena, &claim->action,
               "Repair the DNS of %.*s, then look again: tlsrpt observe %.*s",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "_smtp._tls.%.*s TXT: %s", TEXT_ARGS(inquiry->domain),
                 lookup_status_name(seen.txt.status));
    return SHOWN_YES;
}

/* A domain that was never observed is as little known as one whose look-up fails. */
void tlsrpt_lookup_failed_stands(const struct inquiry *inquiry, const struct rule *rule,
                                 struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    struct subject subject = {0};
    struct claim claim = claim_of(rule);
    if (!inquiry->expected)
        return;
    bool looked = now && sight_tlsrpt(inquiry, now).txt.fact != FACT_UNKNOWN;
    if (!looked) {
        claim_says(inquiry->arena, &claim.title,
                   "The TLS-RPT record of %.*s was not looked at yet",
                   TEXT_ARGS(inquiry->domain));
        claim_says(inquiry->arena, &claim.action, "Look:\n    tlsrpt observe %.*s",
                   TEXT_ARGS(inquiry->domain));
    } else if (tlsrpt_lookup_failed_shows(inquiry, now, &subject, &claim) != SHOWN_YES) {
        return;
    }
    VECTOR_ADD(inquiry->arena, claims, claim);
}

enum shown tlsrpt_wrong_name_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    struct text string;
    (void)subject;
    if (!look(inquiry, sight, &seen))
        return SHOWN_UNKNOWN;
    struct text name = wrong_name(inquiry, sight, &string);
    if (!text_known(name) || tlsrpt_is_valid(&seen))
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The TLS-RPT record stands at %.*s, where no sender looks", TEXT_ARGS(name));
    claim_says(inquiry->arena, &claim->action,
               "Move it to the name where senders look:\n    _smtp._tls.%.*s. IN TXT \"%.*s\"",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(quote(inquiry->arena, string)));
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                 "%.*s TXT \"%.*s\"", TEXT_ARGS(name),
                 TEXT_ARGS(quote(inquiry->arena, string)));
    return SHOWN_YES;
}

enum shown tlsrpt_version_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen) || seen.txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    /* Strings that are nothing of the kind, of a wildcard for example, are no record either. */
    bool none = seen.record.state == TXT_NONE && seen.txt.fact == FACT_PRESENT;
    if (seen.record.state != TXT_MISTAKEN && !none)
        return SHOWN_NO;
    const char *what = "does not begin with v=TLSRPTv1";
    if (txt_faults_have(&seen.record.faults, TXT_FAULT_DMARC))
        what = "is a DMARC record";
    else if (txt_faults_have(&seen.record.faults, TXT_FAULT_SPF))
        what = "is an SPF record";
    claim_says(inquiry->arena, &claim->title,
               "What stands at _smtp._tls.%.*s %s: senders see no TLS-RPT record",
               TEXT_ARGS(inquiry->domain), what);
    say_correction(inquiry, &seen, "Put the right record in its place", claim);
    say_faults(inquiry, sight, &seen, claim);
    return SHOWN_YES;
}

enum shown tlsrpt_multiple_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen) || seen.txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (seen.record.state != TXT_SEVERAL)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "There are %zu TLS-RPT records: senders must ignore them all",
               seen.record.candidates);
    say_correction(inquiry, &seen, "Keep one; it may name several destinations", claim);
    say_faults(inquiry, sight, &seen, claim);
    return SHOWN_YES;
}

enum shown tlsrpt_rua_missing_shows(const struct inquiry *inquiry, const struct sight *sight,
                                    const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen) || seen.txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (seen.record.state != TXT_ONE ||
        !has_fault(&seen, TXT_FAULT_RUA_MISSING, TXT_FAULT_RUA_CASE))
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The TLS-RPT record names no destination (rua): no report can be sent");
    say_correction(inquiry, &seen, "Name one", claim);
    say_faults(inquiry, sight, &seen, claim);
    return SHOWN_YES;
}

enum shown tlsrpt_rua_syntax_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen) || seen.txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    bool wrong = has_fault(&seen, TXT_FAULT_URI_EMPTY, TXT_FAULT_URI_HOST) ||
                 txt_faults_are_fatal(&seen.record.faults);
    if (seen.record.state != TXT_ONE || !wrong ||
        has_fault(&seen, TXT_FAULT_RUA_MISSING, TXT_FAULT_RUA_CASE))
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The TLS-RPT record is there, but its text is wrong: reports may not be sent");
    say_correction(inquiry, &seen, "Correct it", claim);
    say_faults(inquiry, sight, &seen, claim);
    return SHOWN_YES;
}

/* ---- the one that is in order ---- */

static bool is_owned(const struct inquiry *inquiry, const struct tlsrpt_seen *seen)
{
    const struct expectation *expected = inquiry->expected;
    if (text_known(expected->owner))
        return true;
    for (size_t i = 0; i < seen->record.ruas.count; i++)
        if (text_list_has(&expected->rua, seen->record.ruas.at[i].uri))
            return true;
    return false;
}

enum shown tlsrpt_present_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    struct tlsrpt_seen seen;
    (void)subject;
    if (!look(inquiry, sight, &seen) || seen.txt.fact == FACT_FAILED)
        return SHOWN_UNKNOWN;
    if (!tlsrpt_is_valid(&seen) || !is_owned(inquiry, &seen))
        return SHOWN_NO;
    for (size_t i = 0; i < seen.record.ruas.count; i++) {
        const struct tlsrpt_rua *rua = &seen.record.ruas.at[i];
        if (!rua->usable || rua_reachable(inquiry, sight, rua, NULL) == FACT_ABSENT ||
            domain_is_below(rua->domain, &inquiry->expected->former_vendors))
            return SHOWN_NO;
    }
    claim_says(inquiry->arena, &claim->title,
               "The TLS-RPT record is valid, and its destination has an owner");
    claim_says(inquiry->arena, &claim->action, "Nothing: include it in the monthly report.");
    claim_says(inquiry->arena, &claim->done_when, "Nothing is to be done.");
    say_record(inquiry, sight, &seen, claim);
    return SHOWN_YES;
}
