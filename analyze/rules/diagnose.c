#include "rules/diagnose.h"

#include <stdlib.h>

#include "base/sha256.h"
#include "base/time.h"
#include "base/vector.h"
#include "rules/counting.h"
#include "rules/engine.h"

/* ---- attribution ---- */

/* The place of a group among those attributed, by its address. */
struct ranking {
    const struct attributed_list *list;
    struct place {
        const struct failure_group *group;
        size_t at;
    } * places; /* sorted */
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->group > y->group) - (x->group < y->group);
}

static const struct attributed *attributed_of(const struct ranking *ranking,
                                              const struct failure_group *group)
{
    struct place key = {.group = group};
    const struct place *place = bsearch(&key, ranking->places, ranking->list->count,
                                        sizeof *ranking->places, compare_places);
    return place ? &ranking->list->at[place->at] : NULL;
}

static int rank(void *context, const struct failure_group *a, const struct failure_group *b)
{
    const struct attributed *x = attributed_of(context, a), *y = attributed_of(context, b);
    if (!x || !y || !x->claim.rule || !y->claim.rule)
        return 0;
    return claims_compare(&x->claim, &y->claim, x->under_dane || y->under_dane);
}

static void attribute_all(const struct inquiry *inquiry, struct groups *groups,
                          struct attributed_list *list)
{
    ARENA_AUTO scratch = {0};
    for (size_t i = 0; i < groups->all.count; i++)
        VECTOR_ADD(inquiry->arena, list, attribute(inquiry, groups->all.at[i], &scratch));
    struct ranking ranking = {list,
                              arena_array(inquiry->arena, list->count, sizeof *ranking.places)};
    for (size_t i = 0; i < list->count; i++)
        ranking.places[i] = (struct place){list->at[i].group, i};
    if (list->count)
        qsort(ranking.places, list->count, sizeof *ranking.places, compare_places);
    groups_settle(groups, rank, &ranking);
}

/* ---- the order of findings ---- */

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int order = (int)x->state - (int)y->state;
    if (!order)
        order = (int)y->severity - (int)x->severity;
    /* A changed record comes after the fault that it caused. */
    if (!order)
        order = (x->rule->family == FAMILY_REPORTING) - (y->rule->family == FAMILY_REPORTING);
    if (!order)
        order = (int)y->confidence - (int)x->confidence;
    if (!order)
        order = (int)x->rule->scope - (int)y->rule->scope;
    if (!order)
        order = (x->rule > y->rule) - (x->rule < y->rule);
    if (!order && x->failed_sessions != y->failed_sessions)
        order = x->failed_sessions < y->failed_sessions ? 1 : -1;
    if (!order)
        order = text_compare(x->mx, y->mx);
    return order ? order : (int)x->policy_type - (int)y->policy_type;
}

/* ---- ids ---- */

static void make_id(struct finding *finding, bool beside_ongoing)
{
    ARENA_AUTO arena = {0};
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    const char *type = finding->has_policy_type ? policy_type_name(finding->policy_type) : "";
    sha256(text_format(&arena, "%.*s\n%s\n%.*s\n%s%s", TEXT_ARGS(finding->domain),
                       finding->rule->code, TEXT_ARGS(finding->mx), type,
                       beside_ongoing ? "\nstopped" : ""),
           digest);
    sha256_hex(digest, hex);
    for (size_t i = 0; i + 1 < FINDING_ID_SIZE; i++)
        finding->id[i] = hex[i];
    finding->id[FINDING_ID_SIZE - 1] = 0;
}

/* A stopped finding has the id of an ongoing one of the same cause, unless that is there as well. */
static bool is_beside_ongoing(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; finding->state == STATE_STOPPED && i < findings->count; i++) {
        const struct finding *other = &findings->at[i];
        if (other->state == STATE_ONGOING && other->rule == finding->rule &&
            text_equal(other->mx, finding->mx) &&
            other->has_policy_type == finding->has_policy_type &&
            other->policy_type == finding->policy_type)
            return true;
    }
    return false;
}

/* ---- when it is done ---- */

static struct text names_of(struct arena *arena, const struct text_list *names)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < names->count && i < 3; i++)
        all = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(all), i ? ", " : "",
                          TEXT_ARGS(names->at[i]));
    if (names->count > 3)
        all = text_format(arena, "%.*s and %zu more", TEXT_ARGS(all), names->count - 3);
    return all;
}

static struct text stopped_text(const struct inquiry *inquiry, const struct finding *finding)
{
    static const char *const reasons[] = {
        [STOPPED_NOT] = "",
        [STOPPED_SEEN_GONE] =
            "a later observation shows it gone, and no report after that shows "
            "the failure",
        [STOPPED_SUCCESSES] = "everyone who failed has since sent at least two reports with "
                              "successes and without the failure",
        [STOPPED_BOUND] = "the time within which it could last has passed",
        [STOPPED_NOT_REPEATED] = "it has not come back within seven days",
    };
    return text_format(inquiry->arena, "Done: %s.", reasons[finding->stopped_by]);
}

static struct text done_text(const struct inquiry *inquiry, const struct finding *finding)
{
    struct arena *arena = inquiry->arena;
    struct text names = names_of(arena, &finding->reporters);
    if (finding->state == STATE_STOPPED)
        return stopped_text(inquiry, finding);
    if (!finding->reporters.count)
        return text_format(arena,
                           "Done when an observation no longer shows it: tlsrpt observe %.*s",
                           TEXT_ARGS(finding->domain));
    struct text day = text_date(arena, finding->last_seen);
    const struct fix *fix = &finding->fix;
    if (fix->seen && fix->held && !fix->returned)
        return text_format(
            arena,
            "Done at %.*s, when nobody can hold what was published before, if no "
            "report that begins later shows the failure; earlier, when two "
            "reports of %.*s that begin after %.*s show successes and no such "
            "failure.",
            TEXT_ARGS(text_moment(arena, fix->held_until)), TEXT_ARGS(names), TEXT_ARGS(day));
    if (!finding->rule->shows || fix->seen)
        return text_format(arena,
                           "Done when two reports of %.*s that begin after %.*s show successes "
                           "and no such failure.",
                           TEXT_ARGS(names), TEXT_ARGS(day));
    return text_format(
        arena,
        "Done when an observation no longer shows it (tlsrpt observe %.*s) and no "
        "report that begins after that shows the failure; by reports alone, when two "
        "of %.*s that begin after %.*s show successes and no such failure.",
        TEXT_ARGS(finding->domain), TEXT_ARGS(names), TEXT_ARGS(day));
}

void finish_findings(const struct inquiry *inquiry, struct findings *findings)
{
    if (findings->count)
        qsort(findings->at, findings->count, sizeof *findings->at, compare_findings);
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->at[i];
        make_id(finding, is_beside_ongoing(findings, finding));
        if (!text_known(finding->done_when) || finding->state == STATE_STOPPED)
            finding->done_when = done_text(inquiry, finding);
    }
}

/* ---- the whole ---- */

static bool is_explanation(const struct rule *rule)
{
    return rule->tier != TIER_REST;
}

static void count_sessions(const struct groups *groups, struct diagnosis *diagnosis,
                           uint64_t *attributed)
{
    diagnosis->sessions = groups->total;
    for (size_t i = 0; i < diagnosis->findings.count; i++) {
        const struct finding *finding = &diagnosis->findings.at[i];
        *attributed = sessions_add(*attributed, finding->failed_sessions);
        if (is_explanation(finding->rule))
            diagnosis->explained = sessions_add(diagnosis->explained, finding->failed_sessions);
    }
}

bool diagnose(struct inquiry *inquiry, struct groups *groups, struct diagnosis *diagnosis)
{
    struct attributed_list attributed = {0};
    uint64_t sum = 0;
    *diagnosis = (struct diagnosis){.domain = inquiry->domain};
    inquiry->groups = groups;
    attribute_all(inquiry, groups, &attributed);
    compose_findings(inquiry, &attributed, &diagnosis->findings);
    diagnosis->mta_sts = readiness_of(inquiry, &attributed);
    inquiry->readiness = &diagnosis->mta_sts;
    standing_findings(inquiry, ALL_FAMILIES, &diagnosis->findings);
    finish_findings(inquiry, &diagnosis->findings);
    count_sessions(groups, diagnosis, &sum);
    return groups_reconcile(groups) && sum == groups->total.failed;
}
