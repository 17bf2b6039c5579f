/* The failures of one domain in a window, counted into groups (diagnosis.md): one for each policy
 * type, result type, MX, receiving address and reporter; and beside them what each reporter saw
 * report by report. How sessions are shared out among the groups is counting.h's. */
#ifndef RULES_GROUPS_H
#define RULES_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "published/mta_sts.h"
#include "report/sessions.h"
#include "report/tls_report.h"
#include "rules/tree.h"

/* What is kept of hostile reports. Failures beyond are counted in the overflow group of their policy
 * and result type, so that every sum holds; of texts and quotes `more` says that there were others.
 * A quote beyond those of its reporter or domain is not kept. One reporter cannot use up what all
 * have, and what is not authenticated nothing of what is: each of the two has as much for a domain. */
enum {
    GROUPS_PER_REPORTER = 512,
    GROUPS_PER_DOMAIN = 4096,
    QUOTES_PER_REPORTER = 64,
    QUOTES_PER_DOMAIN = 1024,
    GROUP_QUOTES = 8,
    GROUP_ADDRESSES = 64,
    GROUP_TEXTS = 8,
    POLICIES_LEARNED =
        32, /* policies of successes too: what is authenticated has as many for itself */
    POLICIES_OF_REPORTER = 16,
};

/* The reports that show something. Days are the UTC days that their ranges touch; an end at 00:00
 * touches the day before. */
struct span {
    int64_t first_begin, first_end; /* of the report that begins first */
    int64_t last_begin, last_end;   /* the latest of each */
    uint64_t reports, days;
    int64_t counted_to; /* the last day of `days`, since 1970 */
    size_t last;        /* the place of the last report in groups.reports */
};

/* A policy that reports quote. Equal ones are one. Of every report with a failure the policies
 * without failures are here too: a tlsa policy tells that the sender had a TLSA. */
struct quote {
    struct tree_node node;
    enum policy_type policy_type;
    enum policy_mode policy_mode;
    struct text policy_domain;
    struct text_list policy_strings, mx_hosts;
    const struct mta_sts_policy *sts; /* what the strings of a sts policy say; else null */
    struct span span;
};

struct reporter_seen;

/* Of sts and tlsa, the type whose failed sessions are those of the report. */
enum carrier { CARRIER_NONE = 0, CARRIER_STS, CARRIER_TLSA, CARRIER_TIE };

/* An MTA-STS policy that reports quote, whether sessions failed or not. */
struct policy_quoted {
    struct text_list strings;
    const struct mta_sts_policy *sts;
    bool authenticated;
};

/* When a reporter quoted it: the begin of the first and of the last report. */
struct policy_used {
    const struct policy_quoted *policy;
    int64_t first_begin, last_begin;
};

struct report_seen {
    int64_t begin, end;  /* end is known and not before begin */
    int64_t received_at; /* or TIME_UNKNOWN */
    struct reporter_seen *reporter;
    struct text report_id; /* of a report with failures */
    enum authenticated authenticated;
    unsigned types;              /* 1 << policy type: those with an entry */
    struct session_tally tally;  /* details that add up to more than the total count */
    struct session_counts total; /* by the session rule */
    enum carrier carrier;        /* CARRIER_TIE: equal failed sessions, not none */
    enum carrier settled;        /* the same once ties are decided: groups_settle() */
};

/* Who reports. What comes under one name is two reporters where it is authenticated in part: a stranger
 * who uses the name of another changes nothing of what that one has signed. */
struct reporter_seen {
    struct tree_node node;
    struct text name; /* unknown where the report names nobody */
    bool authenticated;
    struct reporter_seen *twin;                  /* the other one of that name, or null */
    bool is_second;                              /* its twin was seen before it */
    struct text contact_info, organization_name; /* the latest that are known */
    struct session_counts total;
    struct {
        size_t *at; /* places in groups.reports, in the order of begin */
        size_t count;
    } reports;
    struct {
        struct policy_used *at; /* in the order in which they were first quoted */
        size_t count;
    } used;
    size_t group_count, quote_count;
    const void *compared; /* scratch of groups_finish() */
    struct session_counts overlapping;
};

/* A group's part of one report. */
struct group_report {
    size_t report; /* the place in groups.reports */
    uint64_t sessions;
};

struct seen_text {
    struct text text;
    uint64_t sessions;
};
struct seen_texts {
    struct seen_text *at;
    size_t count;
    bool more; /* there were others */
};

/* Which networks addresses are in: /24 of IPv4 (IPv4-mapped too), /48 of IPv6. */
enum network_kind { NETWORK_NONE = 0, NETWORK_ONE, NETWORK_SEVERAL };
struct networks {
    enum network_kind kind;
    bool unnamed; /* some failures name no address */
    uint8_t length, bytes[6];
};

struct group_quote {
    const struct quote *quote;
    struct span span;
    uint64_t sessions;
};

struct failure_group {
    struct tree_node node;
    enum policy_type policy_type;
    enum result_type result_type;
    struct text mx, address;        /* unknown where no such is named */
    bool mx_is_host;                /* mx is a host name */
    struct reporter_seen *reporter; /* null in an overflow group */
    bool authenticated;             /* all its reports are; else none is */
    bool undetailed;                /* failed sessions of which the reports give no details */
    bool overflow;                  /* what had no place in groups of its own */

    uint64_t sessions; /* as the reports say, whichever type carries them */
    uint64_t carried;  /* of these what counts, set by groups_settle() */
    struct span span;
    struct {
        struct group_report *at; /* in the order of begin */
        size_t count;
    } reports;
    uint64_t causes[CAUSE_COUNT]; /* sessions */
    struct seen_texts sending;    /* addresses */
    struct networks networks;     /* of all sending addresses, listed or not */
    struct seen_texts reason_codes, informations;
    struct {
        struct group_quote *at; /* GROUP_QUOTES at most */
        size_t count;
        bool more;
    } quotes;
    size_t others_succeeding; /* see group_others_succeed() */
};

struct groups {
    struct arena *arena; /* everything below is in it */
    struct {
        struct failure_group **at; /* in the order in which they were first seen */
        size_t count;
    } all;
    struct {
        struct report_seen *at; /* in the order of begin */
        size_t count;
    } reports;
    struct {
        struct reporter_seen **at;
        size_t count;
    } reporters;
    struct {
        struct quote **at;
        size_t count;
    } quotes;
    struct {
        struct policy_quoted **at;
        size_t count;
    } policies;
    struct session_counts total;             /* of the domain, by the session rule */
    size_t group_counts[2], quote_counts[2]; /* of what is not authenticated, and of what is */
    struct tree_node *group_tree, *reporter_tree, *quote_tree;
};

/* An empty set of groups. */
struct groups groups_new(struct arena *arena);

/* Counts a report, all of whose policies are of one domain. To be called in the order of begin, which
 * must be known. Nothing of REPORT is kept but by copy. A failure whose count is 0 makes a group of
 * no sessions where its policy has failed sessions, for what it says; else it is nothing. */
void groups_add(struct groups *groups, const struct tls_report *report);

/* To be called after the last report: compares the reporters. */
void groups_finish(struct groups *groups);

/* The reporter of that name, or null. */
const struct reporter_seen *groups_reporter(const struct groups *groups, struct text name,
                                            bool authenticated);

void networks_add(struct networks *networks, struct text address);

#endif
