/* What the rules about MTA-STS share. */
#ifndef RULES_STS_H
#define RULES_STS_H

#include "rules/rule.h"

/* The observation that tells which policy was served at the last report of GROUP: the nearest that knows;
 * null if none does. */
const struct sight *served_at(const struct inquiry *inquiry, const struct failure_group *group);

/* Whether POLICY would let a session with MX fail for its own sake: it is in force and lists MX not (where
 * MX is unknown: not every MX of SIGHT). *HOST (may be null) is the MX. */
bool policy_lacks(const struct mta_sts_policy *policy, const struct sight *sight,
                  struct text mx, struct text *host);

/* The value of an mx line that is no host name; null if all are. */
const struct mta_sts_mx *policy_bad_value(const struct mta_sts_policy *policy);

/* "mode enforce, mx mx1.example.com, mx2.example.com, max_age 604800" */
struct text words_of_policy(struct arena *arena, const struct mta_sts_policy *policy);

/* The lines to paste: the policy file with MISSING added (may be null), indented; and the TXT record with
 * a new id. */
struct text policy_to_paste(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                            const struct text_list *missing);
struct text record_with_new_id(const struct inquiry *inquiry);

/* The same with the id that is made of TIME. */
struct text record_with_id_of(const struct inquiry *inquiry, int64_t time);

/* The name that mta-sts.DOMAIN leads to: the end of its CNAMEs, or itself. */
struct text policy_host(const struct inquiry *inquiry, const struct sight *sight);

/* Whether the domain means to have MTA-STS by SIGHT: its TXT record is there, or a sender (GROUP) has
 * asked for the policy, or an earlier observation had one. */
bool means_mta_sts(const struct inquiry *inquiry, const struct sight *sight,
                   const struct failure_group *group);

/* Since when every observation that tells serves a policy in testing; TIME_UNKNOWN where the newest of them does
 * not. */
int64_t testing_since(const struct inquiry *inquiry);

/* From when on STS-TESTING-FORGOTTEN holds, if nothing changes and nothing more is reported as failed; it may lie
 * ahead. TIME_UNKNOWN where the domain is not ready to enforce, by its readiness. */
int64_t testing_forgotten_from(const struct inquiry *inquiry);

#endif
