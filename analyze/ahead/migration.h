/* What a change of the published state does to mail: an MX that moved and a policy that did not, a host that left
 * too early, DANE that was lost, reports that go to a former vendor. Two observations are compared, and the reports
 * of that time and since are looked at. */
#ifndef AHEAD_MIGRATION_H
#define AHEAD_MIGRATION_H

#include "rules/inquiry.h"

struct migration;

struct migration_finding {
    const struct migration_rule *rule;
    enum severity severity;
    struct text title;  /* one sentence without a full stop, with names */
    struct text text;   /* what it means for mail */
    struct text action; /* what is to be pasted stands on lines of its own, indented by four
                         * blanks */
    struct evidence_list evidence;
    struct text_list rollback; /* the old records and the lines of a policy file, to paste */
    int64_t until;             /* the date that it names; TIME_UNKNOWN */
    int64_t changed_at; /* the observation that first shows the change behind it, and the one
                         * that first shows the fault; TIME_UNKNOWN: not told */
    int64_t seen_at;
};

struct migration_findings {
    struct migration_finding *at; /* the worst first */
    size_t count;
    struct text_list notes; /* what could not be told */
};

/* Whether it holds. Sets title, text and action of *FINDING, and perhaps its other members, only then. */
typedef bool migration_finds(const struct migration *migration,
                             struct migration_finding *finding);

/* A row of the table: the code, and what people are told of it. */
struct migration_rule {
    const char *code;
    enum severity severity;
    bool critical_if_refused; /* SEVERITY_CRITICAL where mail is refused, else `severity` */
    migration_finds *finds;
    const char *reference;
    const char *title;   /* what it is, in one sentence without a full stop */
    const char *meaning; /* what it means for mail, in plain words */
    const char *decided; /* how the program knows */
    const char *action;  /* what to do */
};

extern const struct migration_rule migration_rules[];
extern const size_t migration_rule_count;

/* The row of a code, in any case; null if there is none. */
const struct migration_rule *migration_rule_of(struct text code);

/* Compares two sights of INQUIRY, FROM before TO, whose groups are settled. Of inquiry->expected (may be null) only
 * the former vendors count. All of *FINDINGS is in the inquiry's arena. */
void migration_look(const struct inquiry *inquiry, const struct sight *from,
                    const struct sight *to, struct migration_findings *findings);

/* The last state before the latest change of MX, MTA-STS, TLSA, TLS-RPT or NS that lasted for a week: changes within
 * a week of each other are one migration. Null where nothing changed. */
const struct sight *migration_stable(const struct inquiry *inquiry);

/* When the hosts that took mail before a move may be switched off. */
struct retirement {
    int64_t
        last_hit; /* the end of the last report that names one of them; TIME_UNKNOWN: none does */
    int64_t
        quiet; /* the seconds without a hit that are asked for: the longest of a week, the TTL of the old MX
                    * records, the max_age of the policy that was served before the move */
    int64_t at; /* the earliest time; later hits move it */
};

/* That of HOSTS. BEFORE is the last sight with the old MX records, MOVED_AT when they were first seen changed. */
struct retirement retirement_of(const struct inquiry *inquiry, const struct text_list *hosts,
                                const struct sight *before, int64_t moved_at);

/* Until when a sender may hold a policy in force that does not list all HOSTS, or with null HOSTS any that is in force;
 * TIME_UNKNOWN if none was seen. What is served now and would go on is taken to end now. */
int64_t enforced_until(const struct inquiry *inquiry, const struct text_list *hosts);

#endif
