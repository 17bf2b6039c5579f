/* The hosts that took mail before a move: whether senders still come to them, and when they may go. */
#include "ahead/migration_parts.h"

#include <stdlib.h>

#include "base/vector.h"
#include "rules/counting.h"
#include "rules/host.h"
#include "rules/rule.h"

enum { WEEK = 7 * TIME_DAY, LINES_SHOWN = 8 };

/* ---- what happened ---- */

struct departure migration_departure(const struct migration *migration, struct text host)
{
    struct departure departure;
    /* A domain that was its own MX without a record stands in none. */
    if (!departure_of(&migration->view, host, migration->to, &departure))
        return (struct departure){migration->from, migration->to};
    return departure;
}

int64_t migration_arrival(const struct migration *migration, struct text host)
{
    const struct sights *sights = &migration->view.sights;
    int64_t since = migration->to->taken_at;
    for (size_t i = sights->count; i-- > 0;) {
        enum fact fact = sight_lists_mx(&sights->at[i], host);
        if (fact == FACT_ABSENT)
            break;
        if (fact == FACT_PRESENT)
            since = sights->at[i].taken_at;
    }
    return since;
}

/* What GROUP tells in reports that begin at SINCE or later. Sessions that are told under two policy types count once. */
static struct hits hits_of(const struct inquiry *inquiry, const struct failure_group *group,
                           int64_t since)
{
    struct hits hits = {.last_end = TIME_UNKNOWN};
    for (size_t i = 0; i < group->reports.count; i++) {
        const struct report_seen *report =
            &inquiry->groups->reports.at[group->reports.at[i].report];
        if (report->begin < since)
            continue;
        if (report_carries(report, group->policy_type))
            hits.sessions = sessions_add(hits.sessions, group->reports.at[i].sessions);
        hits.last_end = report->end > hits.last_end ? report->end : hits.last_end;
    }
    return hits;
}

static void add_hits(struct hits *sum, struct hits hits)
{
    sum->sessions = sessions_add(sum->sessions, hits.sessions);
    sum->last_end = hits.last_end > sum->last_end ? hits.last_end : sum->last_end;
}

/* The hits of one reporter at one host. */
struct visitor {
    struct text reporter, mx;
    struct hits hits;
};
struct visitors {
    struct visitor *at;
    size_t count;
};

static void add_visit(struct arena *arena, struct visitors *visitors,
                      const struct failure_group *group, struct hits hits)
{
    struct text reporter = group->reporter ? group->reporter->name : TEXT_UNKNOWN;
    struct text mx = group_mx(group);
    size_t i = 0;
    while (i < visitors->count && (!text_equal(visitors->at[i].reporter, reporter) ||
                                   !text_equal(visitors->at[i].mx, mx)))
        i++;
    if (i == visitors->count)
        VECTOR_ADD(arena, visitors,
                   ((struct visitor){reporter, mx, {.last_end = TIME_UNKNOWN}}));
    add_hits(&visitors->at[i].hits, hits);
}

static int compare_visitors(const void *a, const void *b)
{
    const struct visitor *x = a, *y = b;
    if (x->hits.sessions != y->hits.sessions)
        return x->hits.sessions > y->hits.sessions ? -1 : 1;
    int order = text_compare(x->reporter, y->reporter);
    return order ? order : text_compare(x->mx, y->mx);
}

static void say_visitors(struct arena *arena, struct visitors *visitors,
                         struct evidence_list *evidence)
{
    if (visitors->count)
        qsort(visitors->at, visitors->count, sizeof *visitors->at, compare_visitors);
    for (size_t i = 0; i < visitors->count && evidence->count < LINES_SHOWN; i++) {
        const struct visitor *visitor = &visitors->at[i];
        struct text who = text_known(visitor->reporter)
                              ? words_of_line(arena, visitor->reporter)
                              : TEXT("somebody");
        evidence_add(arena, evidence, EVIDENCE_REPORT, visitor->hits.last_end,
                     "%.*s: %.*s at %.*s, the last in the report that ends %.*s",
                     TEXT_ARGS(who), TEXT_ARGS(text_sessions(arena, visitor->hits.sessions)),
                     TEXT_ARGS(visitor->mx),
                     TEXT_ARGS(text_date(arena, visitor->hits.last_end)));
    }
}

struct hits migration_hits(const struct migration *migration, const struct text_list *hosts,
                           int64_t since, struct evidence_list *evidence)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct hits sum = {.last_end = TIME_UNKNOWN};
    struct visitors visitors = {0};
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *group = inquiry->groups->all.at[i];
        struct hits hits = {.last_end = TIME_UNKNOWN};
        if (text_list_has(hosts, group_mx(group)))
            hits = hits_of(inquiry, group, since);
        if (hits.last_end == TIME_UNKNOWN)
            continue;
        add_hits(&sum, hits);
        add_visit(inquiry->arena, &visitors, group, hits);
    }
    if (evidence)
        say_visitors(inquiry->arena, &visitors, evidence);
    return sum;
}

/* ---- when they may go ---- */

/* The max_age of the last policy that was served up to SIGHT; 0 where there was none. */
static int64_t max_age_at(const struct inquiry *inquiry, const struct sight *sight)
{
    for (size_t i = (size_t)(sight - inquiry->sights.at) + 1; i-- > 0;) {
        const struct sight *each = &inquiry->sights.at[i];
        if (each->policy_fact != FACT_PRESENT || !each->policy.valid)
            continue;
        if (each->policy.mode == MTA_STS_MODE_NONE)
            return 0;
        return each->policy.max_age < MTA_STS_MAX_AGE_MAX ? (int64_t)each->policy.max_age
                                                          : MTA_STS_MAX_AGE_MAX;
    }
    return 0;
}

struct retirement retirement_of(const struct inquiry *inquiry, const struct text_list *hosts,
                                const struct sight *before, int64_t moved_at)
{
    const struct groups *groups = inquiry->groups;
    struct retirement retirement = {.last_hit = TIME_UNKNOWN};
    for (size_t i = 0; i < groups->all.count; i++) {
        const struct failure_group *group = groups->all.at[i];
        if (text_list_has(hosts, group_mx(group)))
            retirement.last_hit = time_later(retirement.last_hit, group->span.last_end);
    }
    retirement.quiet =
        time_later(time_later(WEEK, before->mx.ttl), max_age_at(inquiry, before));
    retirement.at = time_later(moved_at, retirement.last_hit) + retirement.quiet;
    return retirement;
}

/* ---- MIG-OLD-MX-STILL-HIT ---- */

/* Of the hosts that went those that reports name since, and the last to leave of them. */
struct leaving {
    struct text_list hosts;
    struct departure last;
    struct hits hits;
};

static struct leaving still_hit(const struct migration *migration,
                                struct evidence_list *evidence)
{
    struct leaving leaving = {.hits.last_end = TIME_UNKNOWN};
    for (size_t i = 0; i < migration->old.count; i++) {
        struct text_list host = {&migration->old.at[i], 1};
        struct departure departure = migration_departure(migration, host.at[0]);
        struct hits hits = migration_hits(migration, &host, departure.gone->taken_at, evidence);
        if (hits.last_end == TIME_UNKNOWN)
            continue;
        text_list_add(migration->inquiry->arena, &leaving.hosts, host.at[0]);
        if (!leaving.last.gone || departure.gone > leaving.last.gone)
            leaving.last = departure;
        add_hits(&leaving.hits, hits);
    }
    return leaving;
}

bool mig_old_mx_still_hit(const struct migration *migration, struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct arena *arena = inquiry->arena;
    struct leaving leaving = still_hit(migration, &finding->evidence);
    if (!leaving.hosts.count)
        return false;
    struct retirement retirement =
        retirement_of(inquiry, &leaving.hosts, leaving.last.last, leaving.last.gone->taken_at);
    if (retirement.at <= inquiry->now)
        return false;
    struct text names = migration_names(migration, &leaving.hosts);
    finding->until = retirement.at;
    finding->changed_at = leaving.last.gone->taken_at;
    claim_says(arena, &finding->title,
               "Senders still came to %.*s, which left the MX records by %.*s",
               TEXT_ARGS(names), TEXT_ARGS(text_date(arena, leaving.last.gone->taken_at)));
    claim_says(arena, &finding->text,
               "Reports that begin after the move name %.*s there, the last one ends %.*s. "
               "Reports name an MX only where "
               "a session failed: those that went well there are not counted.",
               TEXT_ARGS(text_sessions(arena, leaving.hits.sessions)),
               TEXT_ARGS(text_date(arena, leaving.hits.last_end)));
    claim_says(arena, &finding->action,
               "Keep %.*s answering, with a certificate that is good for its name, until no "
               "report and no log of its own "
               "has shown a hit for %lld days: %.*s at the earliest.",
               TEXT_ARGS(names), (long long)((retirement.quiet + TIME_DAY - 1) / TIME_DAY),
               TEXT_ARGS(text_date(arena, retirement.at)));
    migration_mx_evidence(migration, finding);
    return true;
}

/* ---- MIG-OLD-MX-GONE ---- */

/* Whether the newest observation that looked at HOST found that it is not there any more. */
static bool seen_gone(const struct migration *migration, struct text host,
                      struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    const struct sight *left = migration_departure(migration, host).gone;
    for (size_t i = inquiry->sights.count; i-- > 0 && &inquiry->sights.at[i] >= left;) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct published set = sight_addresses(inquiry, sight, host);
        struct probes probes = sight_probes(inquiry, sight, host, TEXT_UNKNOWN);
        bool silent = probes.count > 0;
        for (size_t j = 0; j < probes.count; j++)
            silent = silent && (probes.at[j]->status == SMTP_CONNECT_ERROR ||
                                probes.at[j]->status == SMTP_TIMEOUT);
        if (set.fact == FACT_ABSENT || silent) {
            evidence_add(inquiry->arena, &finding->evidence,
                         silent ? EVIDENCE_SMTP : EVIDENCE_DNS, sight->taken_at, "%.*s: %s",
                         TEXT_ARGS(host), silent ? "does not answer" : "has no address");
            return true;
        }
        if (set.fact == FACT_PRESENT || probes.count)
            return false;
    }
    return false;
}

/* Whether a sender says so of HOST, in reports that begin after it left. */
static bool said_gone(const struct migration *migration, struct text host,
                      struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    int64_t left = migration_departure(migration, host).gone->taken_at;
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *group = inquiry->groups->all.at[i];
        bool refused = group_says(group, CAUSE_CONNECTION_REFUSED);
        if (!text_equal(group_mx(group), host) || group->span.last_begin < left ||
            (!refused && !group_says(group, CAUSE_DNS_NXDOMAIN)))
            continue;
        evidence_add(inquiry->arena, &finding->evidence, EVIDENCE_REPORT, group->span.last_end,
                     "%.*s: senders say that %s", TEXT_ARGS(host),
                     refused ? "it refuses connections" : "its name does not exist");
        return true;
    }
    return false;
}

bool mig_old_mx_gone(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    struct leaving leaving = still_hit(migration, NULL);
    struct text_list gone = {0};
    for (size_t i = 0; i < leaving.hosts.count; i++)
        if (seen_gone(migration, leaving.hosts.at[i], finding) ||
            said_gone(migration, leaving.hosts.at[i], finding))
            text_list_add(arena, &gone, leaving.hosts.at[i]);
    if (!gone.count)
        return false;
    struct text names = migration_names(migration, &gone);
    struct hits hits = migration_hits(migration, &gone,
                                      migration_departure(migration, gone.at[0]).gone->taken_at,
                                      &finding->evidence);
    int64_t end = departure_end(&leaving.last);
    if (time_later(end, hits.last_end + WEEK) <= migration->inquiry->now)
        return false;
    finding->changed_at = leaving.last.gone->taken_at;
    claim_says(arena, &finding->title, "%.*s was switched off while senders still come to it",
               TEXT_ARGS(names));
    claim_says(arena, &finding->text,
               "A sender that holds the old MX records finds nobody there and keeps the mail "
               "in its queue, until it looks "
               "again: mail comes late, and comes back where the sender gives up first.");
    claim_says(arena, &finding->action,
               "Put %.*s back, if only to forward, until senders have forgotten it; the old MX "
               "records "
               "lived until %.*s.",
               TEXT_ARGS(names), TEXT_ARGS(text_moment(arena, end)));
    return true;
}
