/* What the audit of the TLS-RPT record and the rules about reporting share. */
#ifndef RULES_REPORTING_H
#define RULES_REPORTING_H

#include "published/tlsrpt_record.h"
#include "rules/expectation.h"
#include "rules/inquiry.h"

/* The TLS-RPT record of the domain by one observation. */
struct tlsrpt_seen {
    struct published txt; /* TXT at _smtp._tls of the domain */
    struct tlsrpt_record record;
};
struct tlsrpt_seen sight_tlsrpt(const struct inquiry *inquiry, const struct sight *sight);

/* Whether a record with one usable destination is there. */
bool tlsrpt_is_valid(const struct tlsrpt_seen *seen);

/* Whether a destination accepts mail or connections as far as DNS tells: absent where its domain does not
 * exist, has a null MX, or neither MX nor address. *WHY (may be null) is a sentence then. */
enum fact rua_reachable(const struct inquiry *inquiry, const struct sight *sight,
                        const struct tlsrpt_rua *rua, struct text *why);

/* Whether DOMAIN is one of LIST or below it. */
bool domain_is_below(struct text domain, const struct text_list *list);

/* Whether MTA-STS is published: its record or its policy, but mode none. */
bool sight_has_mta_sts(const struct sight *sight);

/* The same with what is not known: failed where the look-up of the record failed. */
enum fact sight_mta_sts(const struct sight *sight);

/* The SPF record at the domain, the DMARC record at _dmarc: present, absent, failed, not looked at. */
struct published sight_spf(const struct inquiry *inquiry, const struct sight *sight);
struct published sight_dmarc(const struct inquiry *inquiry, const struct sight *sight);

/* The stage of the domain: what is configured, else what is published tells. */
enum maturity maturity_of(const struct inquiry *inquiry, const struct sight *sight);

/* Whether TLS-RPT may wait for this domain: no MTA-STS, and low priority or the basic stage. */
bool is_not_prioritized(const struct inquiry *inquiry, const struct sight *sight);

#endif
