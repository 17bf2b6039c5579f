/* What is configured of a domain, and what is known of the reports about it beyond the window: an audit
 * holds what is published against this. */
#ifndef RULES_EXPECTATION_H
#define RULES_EXPECTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "rules/habits.h"

/* Who runs the reporting of a domain. */
enum ownership {
    OWNERSHIP_UNKNOWN = 0,
    OWNERSHIP_CLIENT,
    OWNERSHIP_AGENCY,
    OWNERSHIP_PLATFORM
};

enum priority { PRIORITY_IS_NORMAL = 0, PRIORITY_IS_HIGH, PRIORITY_IS_LOW };

/* How far a domain has come. */
enum maturity {
    MATURITY_UNKNOWN = 0, /* to be derived from what is published */
    MATURITY_BASIC,
    MATURITY_OPERATIONAL,
    MATURITY_REPORTING,
    MATURITY_TRANSPORT,
    MATURITY_ONGOING,
    MATURITY_COUNT,
};
const char *maturity_name(enum maturity maturity);
const char *ownership_name(enum ownership ownership); /* null for unknown */

/* Who receives the reports under that model, and when it works; what a stage is about. Sentences without a full
 * stop, static strings. */
const char *ownership_words(enum ownership ownership);
const char *maturity_words(enum maturity maturity);

struct expectation {
    struct text client, owner, sts_owner, dns_host; /* unknown: not configured */
    enum ownership model;
    enum priority priority;
    enum maturity stage;
    bool compliance;
    struct text_list rua;            /* URIs that should be in the record */
    struct text_list former_vendors; /* domains */
    struct text authserv_id;         /* unknown: nobody can tell whether a report is signed */
    int64_t silent_after;            /* seconds */

    int64_t
        last_report_at; /* the latest end of a report up to now; TIME_UNKNOWN: none ever came */
    unsigned days_before; /* of the 14 days before the last report, those with a report */
    struct rhythm
        rhythm; /* of the days with a report in the 90 days before the last; known where none came for silent_after */
    uint64_t quarantined;          /* mails that cannot be read, of any domain */
    struct text_list acknowledged; /* ids of changes, sorted */
};

#endif
