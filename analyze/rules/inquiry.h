/* One domain under analysis: the failures that were reported, and what was observed of it from the
 * first day to now. Rules ask these functions; none opens anything. */
#ifndef RULES_INQUIRY_H
#define RULES_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "published/fact.h"
#include "published/mta_sts.h"
#include "published/observation.h"
#include "published/tlsa.h"
#include "rules/finding.h"
#include "rules/groups.h"
#include "rules/words.h"

/* ---- what was observed ---- */

struct tlsa_list {
    struct tlsa *at;
    size_t count;
};

/* One observation. Those of the same content share all but their time. */
struct sight {
    int64_t taken_at;
    int64_t content; /* the same for the same content */
    const struct observation *observation;
    const struct facts *facts;
    struct published mx;    /* the MX records of the domain, as published_mx() has them */
    struct text_list hosts; /* the hosts that take its mail: the names of the MX records, or the
                             * domain itself where there are none and it has an address; none with
                             * a null MX */
    enum fact policy_fact;  /* as published_policy() has it */
    struct mta_sts_policy policy;
    struct published sts_txt; /* TXT at _mta-sts of the domain */
    struct mta_sts_record sts_record;
};

struct sights {
    struct sight *at; /* in the order of time */
    size_t count;
};

/* What is configured of the domain; see expectation.h. */
struct expectation;

/* What a reporter sees at other domains of this database in the window; made by survey.h. */
struct survey;

struct inquiry {
    struct arena *arena; /* of the diagnosis: what rules make lives in it */
    struct text domain;
    int64_t now, since, until; /* since and until may be TIME_UNKNOWN */
    const struct groups *groups;
    struct sights sights;
    const struct survey *survey;              /* null: nothing is known of other domains */
    const struct expectation *expected;       /* null: reporting itself is not looked at */
    const struct readiness_answer *readiness; /* null until it is known: see rule.h */
};

/* Adds an observation, in the order of time. CONTENT tells those of the same content: one that equals
 * that of the observation before it shares what was worked out. OBSERVATION must live as long as
 * the inquiry. */
void inquiry_observed(struct inquiry *inquiry, const struct observation *observation,
                      int64_t content);

/* The latest observation, or null. */
const struct sight *sight_now(const struct inquiry *inquiry);

/* The one nearest to the window from BEGIN to END, of two as near the earlier; null if none. */
const struct sight *sight_then(const struct inquiry *inquiry, int64_t begin, int64_t end);

/* Whether an observation tells what is asked about GROUP. Pure. */
typedef bool sight_tells(const struct inquiry *inquiry, const struct sight *sight,
                         const struct failure_group *group);

/* The one nearest to any report of GROUP of those that tell (TELLS null: of all), of two as near the
 * earlier; null if none. */
const struct sight *sight_nearest(const struct inquiry *inquiry,
                                  const struct failure_group *group, sight_tells *tells);

/* The one nearest to any report of GROUP; null if none. */
const struct sight *sight_of_group(const struct inquiry *inquiry,
                                   const struct failure_group *group);

/* The latest that was taken before TIME, the first that was taken after it; null if none. */
const struct sight *sight_before(const struct inquiry *inquiry, int64_t time);
const struct sight *sight_after(const struct inquiry *inquiry, int64_t time);

/* The observation before the end of REPORT, else the first: near enough to tell what there was. Null if there is none. */
const struct sight *sight_of_report(const struct inquiry *inquiry,
                                    const struct report_seen *report);

/* Seconds between SIGHT and the nearest report of GROUP. */
int64_t sight_distance(const struct inquiry *inquiry, const struct sight *sight,
                       const struct failure_group *group);

/* Whether SIGHT was taken within a report of GROUP. */
bool sight_within(const struct inquiry *inquiry, const struct sight *sight,
                  const struct failure_group *group);

/* ---- names and records of one observation ---- */

/* Whether a valid policy is served. */
bool sight_serves(const struct sight *sight);

/* Whether an MX host has a TLSA that senders go by. */
bool sight_has_dane(const struct inquiry *inquiry, const struct sight *sight);

/* Where NAME leads by CNAMEs, one after the other, eight at most. *FACT (may be null): whether NAME itself is one. */
struct text_list sight_cnames(const struct inquiry *inquiry, const struct sight *sight,
                              struct text name, enum fact *fact);

/* Whether MX is one of the MX records; unknown where they are not known. */
enum fact sight_lists_mx(const struct sight *sight, struct text mx);

/* What is known of a name and type, CNAMEs followed; values in ARENA of INQUIRY. */
struct published sight_published(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text name, const char *type);

/* The A and AAAA records of HOST together: absent only where neither is there, failed where one
 * failed and the other is not there. */
struct published sight_addresses(const struct inquiry *inquiry, const struct sight *sight,
                                 struct text host);

/* The TLSA records of MX, as published and read. Several that are secure and of which one at least is
 * usable: *USABLE. LIST may be null. */
struct published sight_tlsa(const struct inquiry *inquiry, const struct sight *sight,
                            struct text mx, struct tlsa_list *list, bool *usable);

/* Whether a secure TLSA RRset of MX was observed: present, secure, one at least usable. */
bool sight_has_secure_tlsa(const struct inquiry *inquiry, const struct sight *sight,
                           struct text mx);

/* The probes of MX; of ADDRESS where it is known and was probed, else of all its addresses. */
struct probes {
    const struct observed_smtp **at;
    size_t count;
};
struct probes sight_probes(const struct inquiry *inquiry, const struct sight *sight,
                           struct text mx, struct text address);

/* Whether a probe got so far that it tells of STARTTLS: not where the host was not reached, was busy or
 * not probed at all. */
bool probe_tells(const struct observed_smtp *probe);

/* Whether any probe of MX tells, in the observation. */
bool sight_probed(const struct inquiry *inquiry, const struct sight *sight, struct text mx);

/* ---- the failures ---- */

/* The name that a group fails at for this domain: lower case, no final dot; unknown where none is
 * named or it is no host name. */
struct text group_mx(const struct failure_group *group);

/* A policy that a sender applied (diagnosis.md, "Policy applied"). */
struct applied {
    struct mta_sts_policy policy;
    enum policy_source source;
    const struct sight *sight; /* where it was served; null where it is quoted */
    const struct group_quote *quote;
    uint64_t sessions;
};
struct applied_list {
    struct applied *at;
    size_t count;
};

/* The policies that the senders of GROUP applied, those of most sessions first; empty where none is
 * known. */
struct applied_list group_policies(const struct inquiry *inquiry,
                                   const struct failure_group *group);

/* Whether a secure TLSA of the MX of GROUP was quoted or observed then; under policy type tlsa, always. */
bool group_under_dane(const struct inquiry *inquiry, const struct failure_group *group);

/* Whether the reports of GROUP name CAUSE in most of its sessions. */
bool group_says(const struct failure_group *group, enum cause cause);

enum impact group_impact(const struct inquiry *inquiry, const struct failure_group *group);

/* What becomes of mail if TLS to MX fails now: by the policy served now, or alive still, and TLSA. */
enum impact standing_impact(const struct inquiry *inquiry, struct text mx);

/* The policy served now, else the last that was served and is alive still; null if there is none. */
const struct mta_sts_policy *policy_in_force(const struct inquiry *inquiry);

/* ---- through time ---- */

/* Until when a policy can live that was last seen in force in the observation at place LAST of the
 * sights: the first observation that no longer serves it, else LAST, plus its max_age (diagnosis.md,
 * "alive"). */
int64_t policy_alive_until(const struct inquiry *inquiry, size_t last,
                           const struct mta_sts_policy *policy);

/* The place of the last sight taken before TIME that serves a policy equal to POLICY; SIZE_MAX if
 * none. */
size_t policy_last_served(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                          int64_t before);

/* "2026-06-08", in the arena. */
struct text text_date(struct arena *arena, int64_t time);
/* "2026-06-08 12:00 UTC" */
struct text text_moment(struct arena *arena, int64_t time);
/* "1 session", "12 sessions" */
struct text text_sessions(struct arena *arena, uint64_t sessions);

#endif
