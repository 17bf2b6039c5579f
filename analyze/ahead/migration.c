#include "ahead/migration_parts.h"

#include <stdlib.h>

#include "base/vector.h"
#include "published/changes.h"
#include "rules/host.h"
#include "rules/rule.h"
#include "rules/sts.h"

const struct migration_rule *migration_rule_of(struct text code)
{
    for (size_t i = 0; i < migration_rule_count; i++)
        if (text_equal_nocase(text_of(migration_rules[i].code), code))
            return &migration_rules[i];
    return NULL;
}

/* ---- states ---- */

/* Certificates are renewed, addresses come and go: a migration is not told by them. */
static bool counts(enum change_kind kind)
{
    return kind == CHANGE_MX || kind == CHANGE_MTA_STS || kind == CHANGE_POLICY ||
           kind == CHANGE_TLS_RPT || kind == CHANGE_TLSA || kind == CHANGE_NS;
}

bool migration_same(const struct inquiry *inquiry, const struct sight *a, const struct sight *b)
{
    struct changes changes;
    if (a->content == b->content)
        return true;
    changes_between(a->observation, b->observation, inquiry->arena, &changes);
    for (size_t i = 0; i < changes.count; i++)
        if (counts(changes.at[i].kind))
            return false;
    return true;
}

/* The last of the sights before PLACE that differs from that at PLACE; SIZE_MAX if none does. */
static size_t differs_before(const struct inquiry *inquiry, size_t place)
{
    const struct sight *at = inquiry->sights.at, *same = &at[place];
    for (size_t i = place; i-- > 0;) {
        /* Long histories are of few contents: each is compared once in a row. */
        if (at[i].content == same->content)
            continue;
        if (!migration_same(inquiry, &at[i], &at[place]))
            return i;
        same = &at[i];
    }
    return SIZE_MAX;
}

const struct sight *migration_stable(const struct inquiry *inquiry)
{
    enum { STABLE = 7 * TIME_DAY };
    const struct sights *sights = &inquiry->sights;
    size_t last = sights->count ? differs_before(inquiry, sights->count - 1) : SIZE_MAX;
    if (last == SIZE_MAX)
        return NULL;
    for (;;) {
        size_t earlier = differs_before(inquiry, last);
        if (earlier == SIZE_MAX ||
            sights->at[last].taken_at - sights->at[earlier + 1].taken_at >= STABLE)
            return &sights->at[last];
        last = earlier;
    }
}

/* ---- words and questions ---- */

struct text migration_names(const struct migration *migration, const struct text_list *hosts)
{
    return words_of_list(migration->inquiry->arena, hosts);
}

struct text migration_name(const struct migration *migration, const char *prefix)
{
    return text_format(migration->inquiry->arena, "%s.%.*s", prefix,
                       TEXT_ARGS(migration->inquiry->domain));
}

bool migration_refused(const struct mta_sts_policy *policy, struct text mx)
{
    struct verdict_question question = {
        .mx = mx, .policy_fact = FACT_PRESENT, .policy = policy};
    return verdict_by_sts(&question).verdict == VERDICT_REFUSE;
}

static void say_mx(const struct migration *migration, const struct sight *sight,
                   struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    struct text names =
        sight->mx.values.count ? words_of_list(arena, &sight->mx.values) : TEXT("none");
    evidence_add(arena, &finding->evidence, EVIDENCE_DNS, sight->taken_at, "MX records: %.*s",
                 TEXT_ARGS(names));
}

void migration_mx_evidence(const struct migration *migration, struct migration_finding *finding)
{
    say_mx(migration, migration->from, finding);
    say_mx(migration, migration->to, finding);
}

void migration_policy_evidence(const struct migration *migration, const struct sight *sight,
                               struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    evidence_add(arena, &finding->evidence, EVIDENCE_POLICY, sight->taken_at,
                 "the policy: %.*s", TEXT_ARGS(words_of_policy(arena, &sight->policy)));
}

/* ---- the whole ---- */

static bool knows_mx(const struct sight *sight)
{
    return sight->mx.fact == FACT_PRESENT || sight->mx.fact == FACT_ABSENT;
}

/* What is no host name takes no mail, and has no place in a file to paste. */
static void add_host(const struct migration *migration, struct text_list *list,
                     struct text host)
{
    if (text_is_host(host))
        text_list_add(migration->inquiry->arena, list, host);
}

static void share_out(struct migration *migration)
{
    const struct text_list *before = &migration->from->hosts, *after = &migration->to->hosts;
    if (!knows_mx(migration->from) || !knows_mx(migration->to))
        return;
    for (size_t i = 0; i < before->count; i++)
        add_host(migration,
                 text_list_has(after, before->at[i]) ? &migration->kept : &migration->old,
                 before->at[i]);
    for (size_t i = 0; i < after->count; i++)
        if (!text_list_has(before, after->at[i]))
            add_host(migration, &migration->new, after->at[i]);
}

static int compare_findings(const void *a, const void *b)
{
    const struct migration_finding *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

void migration_look(const struct inquiry *inquiry, const struct sight *from,
                    const struct sight *to, struct migration_findings *findings)
{
    struct migration migration = {
        .inquiry = inquiry, .view = *inquiry, .from = from, .to = to, .found = findings};
    *findings = (struct migration_findings){0};
    if (from >= to)
        return;
    migration.view.sights.at = &inquiry->sights.at[from - inquiry->sights.at];
    migration.view.sights.count = (size_t)(to - from) + 1;
    migration.stable = migration_stable(&migration.view);
    share_out(&migration);
    for (size_t i = 0; i < migration_rule_count; i++) {
        const struct migration_rule *rule = &migration_rules[i];
        struct migration_finding finding = {.rule = rule,
                                            .severity = rule->severity,
                                            .until = TIME_UNKNOWN,
                                            .changed_at = TIME_UNKNOWN,
                                            .seen_at = TIME_UNKNOWN};
        if (!rule_is_left_out(rule->code) && rule->finds(&migration, &finding))
            VECTOR_ADD(inquiry->arena, findings, finding);
    }
    if (findings->count)
        qsort(findings->at, findings->count, sizeof *findings->at, compare_findings);
}
