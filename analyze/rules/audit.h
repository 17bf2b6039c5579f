/* The audit of TLS reporting of one domain: where the record is, who reads the reports, what comes first.
 * For people who look after many domains (SPEC.md, "Audit, check, changes, summary"). */
#ifndef RULES_AUDIT_H
#define RULES_AUDIT_H

#include "rules/expectation.h"
#include "rules/finding.h"
#include "rules/inquiry.h"

/* What TLS-RPT is not; every audit says it. */
extern const char audit_disclaimer[];

enum audit_status {
    AUDIT_UNKNOWN = 0,
    AUDIT_PRESENT,
    AUDIT_MISSING,
    AUDIT_REVIEW,
    AUDIT_NOT_PRIORITIZED,
    AUDIT_STATUS_COUNT,
};
const char *audit_status_name(enum audit_status status);

enum audit_check_kind {
    CHECK_DNS_LOCATION = 0,
    CHECK_VERSION,
    CHECK_REPORTING_ADDRESS,
    CHECK_MAILBOX_OWNERSHIP,
    CHECK_MTA_STS_RELATIONSHIP,
    CHECK_CLIENT_PRIORITY,
    CHECK_COUNT,
};
const char *audit_check_name(enum audit_check_kind kind);

struct audit_check {
    enum answer ok;        /* unknown: it cannot be told */
    struct text signal;    /* what was seen, a sentence without a full stop */
    struct text follow_up; /* what to do; unknown where nothing is */
};

struct audit {
    struct text domain, client; /* unknown: not configured, as with the owners */
    enum audit_status status;
    struct text record; /* at _smtp._tls, unknown where there is none */
    struct text_list rua;
    struct text owner, sts_owner;
    enum ownership model;
    struct text dns_host;
    enum maturity stage;
    enum fact record_fact, mta_sts_fact; /* as the look-ups of their names went */
    enum mta_sts_mode mta_sts_mode;      /* of the policy served; unknown: none is */
    int64_t observed_at;                 /* TIME_UNKNOWN: never */
    int64_t last_report_at;              /* TIME_UNKNOWN: none ever came */
    struct text next_action;             /* one sentence */
    struct text_list first; /* what comes before TLS-RPT, in order: "SPF", "DMARC" */
    struct audit_check checks[CHECK_COUNT];
    struct findings findings; /* of reporting itself, failed_sessions 0, the worst first */
};

/* Audits the domain of INQUIRY, whose groups are finished and whose `expected` is set. All is in the
 * inquiry's arena. */
void audit_domain(struct inquiry *inquiry, struct groups *groups, struct audit *audit);

/* Copies AUDIT to ARENA with all that it points at. */
void audit_copy(const struct audit *audit, struct arena *arena, struct audit *copy);

#endif
