#include "rules/audit.h"

#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/engine.h"
#include "rules/reporting.h"

const char audit_disclaimer[] =
    "TLS-RPT is visibility: it enforces nothing, and it promises no delivery.";

const char *audit_status_name(enum audit_status status)
{
    static const char *const names[] = {
        [AUDIT_UNKNOWN] = "unknown",
        [AUDIT_PRESENT] = "present",
        [AUDIT_MISSING] = "missing",
        [AUDIT_REVIEW] = "review",
        [AUDIT_NOT_PRIORITIZED] = "not-prioritized",
    };
    return names[(unsigned)status < AUDIT_STATUS_COUNT ? status : AUDIT_UNKNOWN];
}

const char *audit_check_name(enum audit_check_kind kind)
{
    static const char *const names[CHECK_COUNT] = {
        [CHECK_DNS_LOCATION] = "dns-location",
        [CHECK_VERSION] = "version",
        [CHECK_REPORTING_ADDRESS] = "reporting-address",
        [CHECK_MAILBOX_OWNERSHIP] = "mailbox-ownership",
        [CHECK_MTA_STS_RELATIONSHIP] = "mta-sts-relationship",
        [CHECK_CLIENT_PRIORITY] = "client-priority",
    };
    return names[kind];
}

/* ---- what is at hand ---- */

struct auditing {
    const struct inquiry *inquiry;
    const struct sight *now; /* null: never observed */
    struct tlsrpt_seen seen;
    struct audit *audit;
};

static const struct finding *finding_of(const struct audit *audit, const char *code)
{
    for (size_t i = 0; i < audit->findings.count; i++)
        if (text_equal(text_of(audit->findings.at[i].rule->code), text_of(code)))
            return &audit->findings.at[i];
    return NULL;
}

/* The first of CODES, which end in null, that was found; null if none. */
static const struct finding *any_of(const struct audit *audit, const char *const *codes)
{
    for (; *codes; codes++)
        if (finding_of(audit, *codes))
            return finding_of(audit, *codes);
    return NULL;
}

static void say(const struct auditing *a, enum audit_check_kind kind, enum answer ok,
                struct text signal, struct text follow_up)
{
    a->audit->checks[kind] = (struct audit_check){ok, signal, follow_up};
}

/* The first line of an action, and where it announces what is to be pasted, that. */
static struct text in_one_line(struct arena *arena, struct text action)
{
    struct text rest = action, line, all = TEXT("");
    if (text_next(&rest, '\n', &line))
        all = text_trim(line);
    bool announces = all.length && all.at[all.length - 1] == ':', first = true;
    while (announces && text_next(&rest, '\n', &line) && line.length && line.at[0] == ' ') {
        all = text_format(arena, "%.*s%s %.*s", TEXT_ARGS(all), first ? "" : ";",
                          TEXT_ARGS(text_trim(line)));
        first = false;
    }
    return text_copy(arena, all);
}

static struct text action_of(const struct auditing *a, const struct finding *finding)
{
    return finding ? in_one_line(a->inquiry->arena, finding->action) : TEXT_UNKNOWN;
}

/* ---- the six checks ---- */

static void check_location(const struct auditing *a)
{
    static const char *const codes[] = {"TLSRPT-WRONG-NAME", "TLSRPT-MISSING",
                                        "TLSRPT-LOOKUP-FAILED", NULL};
    const struct finding *finding = any_of(a->audit, codes);
    if (!finding) {
        say(a, CHECK_DNS_LOCATION, ANSWER_YES,
            text_format(a->inquiry->arena, "TXT exists at _smtp._tls.%.*s",
                        TEXT_ARGS(a->inquiry->domain)),
            TEXT_UNKNOWN);
        return;
    }
    bool unknown = text_equal(text_of(finding->rule->code), TEXT("TLSRPT-LOOKUP-FAILED"));
    say(a, CHECK_DNS_LOCATION, unknown ? ANSWER_UNKNOWN : ANSWER_NO, finding->title,
        action_of(a, finding));
}

static bool has_record(const struct auditing *a)
{
    return a->now && a->seen.txt.fact == FACT_PRESENT;
}

static void check_version(const struct auditing *a)
{
    static const char *const codes[] = {"TLSRPT-VERSION", "TLSRPT-MULTIPLE", NULL};
    const struct finding *finding = any_of(a->audit, codes);
    if (finding)
        say(a, CHECK_VERSION, ANSWER_NO, finding->title, action_of(a, finding));
    else if (!has_record(a))
        say(a, CHECK_VERSION, ANSWER_UNKNOWN, TEXT("There is no record to look at"),
            TEXT_UNKNOWN);
    else
        say(a, CHECK_VERSION, ANSWER_YES, TEXT("The record starts with v=TLSRPTv1"),
            TEXT_UNKNOWN);
}

static void check_address(const struct auditing *a)
{
    static const char *const codes[] = {"TLSRPT-FORMER-VENDOR",
                                        "TLSRPT-RUA-UNREACHABLE",
                                        "TLSRPT-RUA-MISSING",
                                        "TLSRPT-RUA-SYNTAX",
                                        "TLSRPT-RUA-UNEXPECTED",
                                        "TLSRPT-RUA-PERSONAL",
                                        NULL};
    const struct finding *finding = any_of(a->audit, codes);
    if (finding)
        say(a, CHECK_REPORTING_ADDRESS, ANSWER_NO, finding->title, action_of(a, finding));
    else if (!has_record(a) || !tlsrpt_is_valid(&a->seen))
        say(a, CHECK_REPORTING_ADDRESS, ANSWER_UNKNOWN,
            TEXT("There is no valid record that names a destination"), TEXT_UNKNOWN);
    else
        say(a, CHECK_REPORTING_ADDRESS, ANSWER_YES,
            text_format(a->inquiry->arena, "Reports go to %.*s",
                        TEXT_ARGS(quote(a->inquiry->arena, a->seen.record.ruas.at[0].uri))),
            TEXT_UNKNOWN);
}

static void check_mailbox(const struct auditing *a)
{
    static const char *const codes[] = {"TLSRPT-FORMER-VENDOR", "TLSRPT-RUA-UNREACHABLE",
                                        "TLSRPT-SILENT", "TLSRPT-NO-OWNER", NULL};
    const struct expectation *expected = a->inquiry->expected;
    const struct finding *finding = any_of(a->audit, codes);
    struct arena *arena = a->inquiry->arena;
    if (finding)
        say(a, CHECK_MAILBOX_OWNERSHIP, ANSWER_NO, finding->title, action_of(a, finding));
    else if (expected->last_report_at == TIME_UNKNOWN)
        say(a, CHECK_MAILBOX_OWNERSHIP, ANSWER_UNKNOWN,
            TEXT("No report has come yet: that the mailbox exists and is read, only arriving "
                 "reports prove"),
            has_record(a) ? TEXT("Wait for the first reports, they come a day later")
                          : TEXT_UNKNOWN);
    else
        say(a, CHECK_MAILBOX_OWNERSHIP, ANSWER_YES,
            text_format(arena, "Reports arrive and are read, the last of %.*s",
                        TEXT_ARGS(text_date(arena, expected->last_report_at))),
            TEXT_UNKNOWN);
}

static void check_relationship(const struct auditing *a)
{
    const struct finding *vendor = finding_of(a->audit, "STS-FORMER-VENDOR");
    const struct finding *split = finding_of(a->audit, "TLSRPT-OWNER-SPLIT");
    struct arena *arena = a->inquiry->arena;
    const char *mode = mta_sts_mode_name(a->audit->mta_sts_mode);
    if (!a->now)
        say(a, CHECK_MTA_STS_RELATIONSHIP, ANSWER_UNKNOWN,
            TEXT("Whether MTA-STS is published was not looked at"), TEXT_UNKNOWN);
    else if (vendor)
        say(a, CHECK_MTA_STS_RELATIONSHIP, ANSWER_NO, vendor->title, action_of(a, vendor));
    else if (a->audit->mta_sts_fact == FACT_FAILED)
        say(a, CHECK_MTA_STS_RELATIONSHIP, ANSWER_UNKNOWN,
            TEXT("Whether MTA-STS is published is not known: the look-up failed"),
            TEXT_UNKNOWN);
    else if (a->audit->mta_sts_fact != FACT_PRESENT)
        say(a, CHECK_MTA_STS_RELATIONSHIP, ANSWER_YES,
            TEXT("MTA-STS is not published: there is nothing to align"), TEXT_UNKNOWN);
    else if (split)
        say(a, CHECK_MTA_STS_RELATIONSHIP, ANSWER_NO, split->title, action_of(a, split));
    else
        say(a, CHECK_MTA_STS_RELATIONSHIP, ANSWER_YES,
            text_format(arena,
                        "MTA-STS is published (mode %s), and who reads the reports owns it",
                        mode ? mode : "not known"),
            TEXT_UNKNOWN);
}

/* What comes before TLS-RPT. */
static void find_gaps(const struct auditing *a)
{
    struct arena *arena = a->inquiry->arena;
    if (!a->now)
        return;
    if (sight_spf(a->inquiry, a->now).fact == FACT_ABSENT)
        text_list_add(arena, &a->audit->first, TEXT("SPF"));
    if (sight_dmarc(a->inquiry, a->now).fact == FACT_ABSENT)
        text_list_add(arena, &a->audit->first, TEXT("DMARC"));
}

/* Whether what comes first cannot be told, as a look-up failed. */
static bool gaps_are_unknown(const struct auditing *a)
{
    return !a->audit->first.count && (sight_spf(a->inquiry, a->now).fact == FACT_FAILED ||
                                      sight_dmarc(a->inquiry, a->now).fact == FACT_FAILED);
}

static struct text joined(struct arena *arena, const struct text_list *list)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < list->count; i++)
        all = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(all), i ? ", " : "",
                          TEXT_ARGS(list->at[i]));
    return all;
}

static void check_priority(const struct auditing *a)
{
    const struct expectation *expected = a->inquiry->expected;
    struct arena *arena = a->inquiry->arena;
    bool risk = expected->compliance || expected->priority == PRIORITY_IS_HIGH ||
                a->audit->mta_sts_fact == FACT_PRESENT;
    if (!a->now)
        say(a, CHECK_CLIENT_PRIORITY, ANSWER_UNKNOWN,
            TEXT("What else is published was not looked at"), TEXT_UNKNOWN);
    else if (a->audit->first.count)
        say(a, CHECK_CLIENT_PRIORITY, risk ? ANSWER_YES : ANSWER_NO,
            text_format(arena, "Missing: %.*s", TEXT_ARGS(joined(arena, &a->audit->first))),
            text_format(arena, "First publish %.*s (and sign with DKIM)",
                        TEXT_ARGS(joined(arena, &a->audit->first))));
    else if (gaps_are_unknown(a))
        say(a, CHECK_CLIENT_PRIORITY, ANSWER_UNKNOWN,
            TEXT("Whether SPF and DMARC are there is not known: the look-up failed"),
            TEXT_UNKNOWN);
    else if (expected->priority == PRIORITY_IS_LOW && !risk)
        say(a, CHECK_CLIENT_PRIORITY, ANSWER_NO, TEXT("The domain has a low priority"),
            TEXT("Defer it"));
    else if (expected->stage == MATURITY_BASIC && !risk)
        say(a, CHECK_CLIENT_PRIORITY, ANSWER_NO,
            TEXT("The domain is meant to be at stage basic"), TEXT("Defer it"));
    else
        say(a, CHECK_CLIENT_PRIORITY, ANSWER_YES,
            TEXT("SPF and DMARC are there: reporting is worth its effort"), TEXT_UNKNOWN);
}

/* ---- the whole ---- */

static enum audit_status status_of(const struct auditing *a)
{
    if (finding_of(a->audit, "TLSRPT-PRESENT"))
        return finding_of(a->audit, "STS-FORMER-VENDOR") ? AUDIT_REVIEW : AUDIT_PRESENT;
    if (!finding_of(a->audit, "TLSRPT-MISSING"))
        return AUDIT_REVIEW;
    return is_not_prioritized(a->inquiry, a->now) ? AUDIT_NOT_PRIORITIZED : AUDIT_MISSING;
}

static struct text next_action_of(const struct auditing *a)
{
    const struct audit *audit = a->audit;
    if (audit->status == AUDIT_NOT_PRIORITIZED && audit->first.count)
        return audit->checks[CHECK_CLIENT_PRIORITY].follow_up;
    for (size_t i = 0; i < audit->findings.count; i++)
        if (audit->findings.at[i].severity > SEVERITY_NOTICE)
            return action_of(a, &audit->findings.at[i]);
    if (audit->status == AUDIT_PRESENT)
        return TEXT("Include it in the monthly report");
    return audit->findings.count ? action_of(a, &audit->findings.at[0]) : TEXT("Nothing");
}

/* The servers of the zone, which tell who hosts its DNS. */
static struct text dns_host_of(const struct auditing *a)
{
    if (text_known(a->inquiry->expected->dns_host))
        return a->inquiry->expected->dns_host;
    if (!a->now)
        return TEXT_UNKNOWN;
    struct published ns = sight_published(a->inquiry, a->now, a->inquiry->domain, "NS");
    return ns.values.count ? joined(a->inquiry->arena, &ns.values) : TEXT_UNKNOWN;
}

static void take_facts(const struct auditing *a)
{
    const struct expectation *expected = a->inquiry->expected;
    struct audit *audit = a->audit;
    *audit = (struct audit){
        .domain = a->inquiry->domain,
        .client = expected->client,
        .owner = expected->owner,
        .sts_owner = expected->sts_owner,
        .model = expected->model,
        .stage = maturity_of(a->inquiry, a->now),
        .observed_at = a->now ? a->now->taken_at : TIME_UNKNOWN,
        .last_report_at = expected->last_report_at,
    };
    audit->dns_host = dns_host_of(a);
    if (!a->now)
        return;
    audit->record_fact = a->seen.txt.fact;
    audit->mta_sts_fact = sight_mta_sts(a->now);
    if (a->now->policy_fact == FACT_PRESENT)
        audit->mta_sts_mode = a->now->policy.mode;
    if (a->seen.txt.values.count)
        audit->record =
            a->seen.record.state == TXT_NONE ? a->seen.txt.values.at[0] : a->seen.record.string;
    if (!text_known(audit->record) && a->seen.txt.values.count)
        audit->record = a->seen.txt.values.at[0];
    for (size_t i = 0; i < a->seen.record.ruas.count; i++)
        text_list_add(a->inquiry->arena, &audit->rua, a->seen.record.ruas.at[i].uri);
}

void audit_domain(struct inquiry *inquiry, struct groups *groups, struct audit *audit)
{
    struct auditing a = {.inquiry = inquiry, .now = sight_now(inquiry), .audit = audit};
    inquiry->groups = groups;
    if (a.now)
        a.seen = sight_tlsrpt(inquiry, a.now);
    take_facts(&a);
    standing_findings(inquiry, 1 << FAMILY_REPORTING, &audit->findings);
    finish_findings(inquiry, &audit->findings);
    find_gaps(&a);
    check_location(&a);
    check_version(&a);
    check_address(&a);
    check_mailbox(&a);
    check_relationship(&a);
    check_priority(&a);
    audit->status = status_of(&a);
    audit->next_action = next_action_of(&a);
}
