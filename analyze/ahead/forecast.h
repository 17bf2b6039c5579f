/* What is coming for a domain, as dated entries: renewals and ends of certificates, TLSA records that a renewal breaks,
 * policies that senders still hold or that nobody moves on, names in the hands of a former vendor. Each has a basis in
 * what was observed; what senders do is asked of the delivery verdict. Pure. */
#ifndef AHEAD_FORECAST_H
#define AHEAD_FORECAST_H

#include "rules/diagnose.h"
#include "rules/inquiry.h"

enum forecast_kind {
    FORECAST_UNKNOWN = 0,
    FORECAST_CERTIFICATE_RENEWAL, /* to be expected by the history */
    FORECAST_CERTIFICATE_END, /* no history tells of a renewal before, or that one is overdue */
    FORECAST_TLSA_BREAKS,     /* with the renewal: DANE-FRAGILE */
    FORECAST_ROLLOVER_TOO_LATE,  /* less than two TTLs before it */
    FORECAST_POLICY_END,         /* of an older policy in enforce that senders may hold */
    FORECAST_TESTING_FORGOTTEN,  /* from then on STS-TESTING-FORGOTTEN holds */
    FORECAST_TESTING_STUCK,      /* 90 days in testing and not ready */
    FORECAST_DELEGATION_AT_RISK, /* STS-FORMER-VENDOR, since then */
    FORECAST_COUNT,
};
/* "certificate-renewal"; null for unknown. */
const char *forecast_kind_name(enum forecast_kind kind);

struct forecast_entry {
    enum forecast_kind kind;
    int64_t at;                      /* may be over: since then */
    struct text host;                /* what it is about */
    struct text title, text, action; /* what happens; how that is known; what to do */
    bool overdue; /* a renewal that was expected then and was not seen since */
};

struct forecast {
    struct forecast_entry *at; /* the nearest first */
    size_t count;
};

/* What comes within 90 days, or is overdue or open since a time that is over. The end of a certificate that nothing is
 * known of but itself is told 30 days ahead. INQUIRY is diagnosed: DIAGNOSIS is of it. All of *FORECAST is in ARENA. */
void forecast_make(const struct inquiry *inquiry, const struct diagnosis *diagnosis,
                   struct arena *arena, struct forecast *forecast);

#endif
