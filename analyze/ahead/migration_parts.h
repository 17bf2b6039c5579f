/* What the rows of the table of migrations ask, and the rows themselves. */
#ifndef AHEAD_MIGRATION_PARTS_H
#define AHEAD_MIGRATION_PARTS_H

#include "ahead/migration.h"
#include "rules/mx.h"
#include "rules/verdict.h"

struct migration {
    const struct inquiry *inquiry; /* all that is known */
    struct inquiry view; /* the same with the observations from `from` to `to` alone */
    const struct sight *from, *to;
    struct text_list old, new,
        kept; /* MX hosts that went, that came, that stayed; none where it is not known */
    const struct sight *stable;       /* the last state before the latest of the changes */
    struct migration_findings *found; /* so far */
};

migration_finds mig_mx_changed_policy_not, mig_policy_ahead_ok, mig_policy_old_removed_early,
    mig_id_unchanged, mig_maxage_tail;                 /* migration_policy.c */
migration_finds mig_old_mx_still_hit, mig_old_mx_gone; /* migration_mx.c */
migration_finds mig_tlsa_lost, mig_ds_lost, mig_ds_broken, mig_tlsa_old_cert,
    mig_cert_new_mx;                                                  /* migration_dane.c */
migration_finds mig_rua_left_behind, mig_rua_lost, mig_sts_host_left; /* migration_vendor.c */
migration_finds mig_regression, mig_improved;                         /* migration_share.c */
migration_finds mig_rollback_hint;                                    /* migration_back.c */

/* ---- what happened: migration_mx.c ---- */

/* How HOST, one of those that went, left. */
struct departure migration_departure(const struct migration *migration, struct text host);

/* When HOST, one of those that came, was first seen among the MX records. */
int64_t migration_arrival(const struct migration *migration, struct text host);

/* Sessions that reports name at one of HOSTS, in reports that begin at SINCE or later. */
struct hits {
    uint64_t sessions;
    int64_t last_end; /* TIME_UNKNOWN: none */
};
/* Adds a line of evidence for each reporter and host, those of most sessions first, up to eight lines in all, where
 * EVIDENCE is not null. */
struct hits migration_hits(const struct migration *migration, const struct text_list *hosts,
                           int64_t since, struct evidence_list *evidence);

/* Whether what a host takes part in is the same in both: for migration_stable(). */
bool migration_same(const struct inquiry *inquiry, const struct sight *a,
                    const struct sight *b);

/* ---- words and questions ---- */

/* "a", "a and b", "a, b and 3 more": each made printable. */
struct text migration_names(const struct migration *migration, const struct text_list *hosts);

/* What a sender that holds POLICY does with mail for MX, by MTA-STS alone and as far as the policy goes. */
bool migration_refused(const struct mta_sts_policy *policy, struct text mx);

/* "MX records: …" of FROM and TO. */
void migration_mx_evidence(const struct migration *migration,
                           struct migration_finding *finding);
void migration_policy_evidence(const struct migration *migration, const struct sight *sight,
                               struct migration_finding *finding);

/* Whether two names seem to be of one organisation. There is no list of public suffixes here: two labels in common are
 * enough, but not a short one below a country's (co.uk, com.au, or.jp). */
bool migration_same_party(struct text a, struct text b);

/* ---- the exact records: migration_back.c ---- */

/* Adds the records of NAME and TYPE that SIGHT holds, each a line: "example.com. 300 IN MX 10 mx1.example.com.". */
void back_records(const struct migration *migration, const struct sight *sight,
                  struct text name, const char *type, struct text_list *lines);

/* Adds the lines of the policy that SIGHT served, behind a comment that says where it belongs. */
void back_policy(const struct migration *migration, const struct sight *sight,
                 struct text_list *lines);

/* The name with PREFIX before that of the domain. */
struct text migration_name(const struct migration *migration, const char *prefix);

#endif
