#include "rules/inquiry.h"

#include "base/time.h"
#include "base/vector.h"

/* ---- sights ---- */

static struct text_list hosts_of(const struct inquiry *inquiry, const struct sight *sight)
{
    struct text_list hosts = {0};
    for (size_t i = 0; i < sight->mx.values.count; i++)
        if (!text_equal(sight->mx.values.at[i], TEXT(".")))
            text_list_add_once(inquiry->arena, &hosts, sight->mx.values.at[i]);
    if (sight->mx.fact == FACT_ABSENT &&
        sight_addresses(inquiry, sight, inquiry->domain).fact == FACT_PRESENT)
        text_list_add(inquiry->arena, &hosts, inquiry->domain);
    return hosts;
}

void inquiry_observed(struct inquiry *inquiry, const struct observation *observation,
                      int64_t content)
{
    const struct sight *last = sight_now(inquiry);
    struct sight sight = {0};
    if (last && last->content == content) {
        sight = *last;
        sight.observation = observation;
        sight.taken_at = observation->taken_at;
        VECTOR_ADD(inquiry->arena, &inquiry->sights, sight);
        return;
    }
    struct facts *facts = arena_new(inquiry->arena, struct facts);
    facts_of(observation, inquiry->arena, facts);
    sight.taken_at = observation->taken_at;
    sight.content = content;
    sight.observation = observation;
    sight.facts = facts;
    sight.mx = published_mx(facts, inquiry->domain, inquiry->arena);
    sight.hosts = hosts_of(inquiry, &sight);
    sight.policy_fact = published_policy(observation, inquiry->arena, &sight.policy);
    struct text name = text_format(inquiry->arena, "_mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    sight.sts_txt = published_of(facts, name, TEXT("TXT"), inquiry->arena);
    mta_sts_record_read(&sight.sts_txt.values, inquiry->arena, &sight.sts_record);
    VECTOR_ADD(inquiry->arena, &inquiry->sights, sight);
}

const struct sight *sight_now(const struct inquiry *inquiry)
{
    return inquiry->sights.count ? &inquiry->sights.at[inquiry->sights.count - 1] : NULL;
}

const struct sight *sight_then(const struct inquiry *inquiry, int64_t begin, int64_t end)
{
    const struct sight *then = NULL;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *each = &inquiry->sights.at[i];
        if (!then || observation_distance(each->taken_at, begin, end) <
                         observation_distance(then->taken_at, begin, end))
            then = each;
    }
    return then;
}

/* The place of the first sight that was taken at TIME or later. */
static size_t place_from(const struct inquiry *inquiry, int64_t time)
{
    size_t low = 0, high = inquiry->sights.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (inquiry->sights.at[middle].taken_at < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct sight *sight_before(const struct inquiry *inquiry, int64_t time)
{
    size_t place = place_from(inquiry, time);
    return place ? &inquiry->sights.at[place - 1] : NULL;
}

const struct sight *sight_after(const struct inquiry *inquiry, int64_t time)
{
    size_t place = time == INT64_MAX ? inquiry->sights.count : place_from(inquiry, time + 1);
    return place < inquiry->sights.count ? &inquiry->sights.at[place] : NULL;
}

/* ---- sights and the reports of a group ---- */

/* The number of reports of GROUP that begin at TIME or before. */
static size_t begun_at(const struct inquiry *inquiry, const struct failure_group *group,
                       int64_t time)
{
    size_t low = 0, high = group->reports.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (inquiry->groups->reports.at[group->reports.at[middle].report].begin <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Reports are of a day or so: the one that covers a time is among the last of those begun. */
enum { REPORTS_BACK = 64 };

int64_t sight_distance(const struct inquiry *inquiry, const struct sight *sight,
                       const struct failure_group *group)
{
    const struct report_seen *reports = inquiry->groups->reports.at;
    size_t begun = begun_at(inquiry, group, sight->taken_at);
    int64_t least = INT64_MAX;
    if (begun < group->reports.count)
        least = reports[group->reports.at[begun].report].begin - sight->taken_at;
    for (size_t i = begun; i-- > 0 && least && begun - i <= REPORTS_BACK;) {
        const struct report_seen *report = &reports[group->reports.at[i].report];
        int64_t distance = observation_distance(sight->taken_at, report->begin, report->end);
        least = distance < least ? distance : least;
    }
    return least;
}

bool sight_within(const struct inquiry *inquiry, const struct sight *sight,
                  const struct failure_group *group)
{
    return sight_distance(inquiry, sight, group) == 0;
}

const struct sight *sight_nearest(const struct inquiry *inquiry,
                                  const struct failure_group *group, sight_tells *tells)
{
    const struct sight *nearest = NULL;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *each = &inquiry->sights.at[i];
        int64_t distance = sight_distance(inquiry, each, group);
        if ((nearest && distance >= least) || (tells && !tells(inquiry, each, group)))
            continue;
        nearest = each;
        least = distance;
    }
    return nearest;
}

const struct sight *sight_of_group(const struct inquiry *inquiry,
                                   const struct failure_group *group)
{
    return sight_nearest(inquiry, group, NULL);
}

const struct sight *sight_of_report(const struct inquiry *inquiry,
                                    const struct report_seen *report)
{
    const struct sight *before = sight_before(inquiry, report->end + 1);
    return before || !inquiry->sights.count ? before : &inquiry->sights.at[0];
}

/* ---- through time ---- */

/* Whether SIGHT tells what is served: a policy, that there is no host, or another answer of the host. A
 * fetch that failed on the way does not. */
static bool tells_policy(const struct sight *sight)
{
    const struct observed_policy *policy = sight->observation->policy;
    if (sight->policy_fact != FACT_FAILED)
        return sight->policy_fact != FACT_UNKNOWN;
    return policy->status == FETCH_HTTP_ERROR || policy->status == FETCH_REDIRECT ||
           policy->status == FETCH_TOO_LARGE;
}

int64_t policy_alive_until(const struct inquiry *inquiry, size_t last,
                           const struct mta_sts_policy *policy)
{
    const struct sights *sights = &inquiry->sights;
    size_t end = last + 1;
    while (end < sights->count && !tells_policy(&sights->at[end]))
        end++;
    if (end == sights->count)
        end = last;
    uint64_t age =
        policy->max_age < MTA_STS_MAX_AGE_MAX ? policy->max_age : MTA_STS_MAX_AGE_MAX;
    return sights->at[end].taken_at + (int64_t)age;
}

size_t policy_last_served(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                          int64_t before)
{
    for (size_t i = place_from(inquiry, before); i-- > 0;) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (sight_serves(sight) && mta_sts_policy_equal(&sight->policy, policy))
            return i;
    }
    return SIZE_MAX;
}

/* ---- words ---- */

struct text text_date(struct arena *arena, int64_t time)
{
    char date[TIME_TEXT_SIZE];
    return text_copy(arena, text_of(time_date(time, date)));
}

struct text text_moment(struct arena *arena, int64_t time)
{
    char moment[TIME_TEXT_SIZE];
    time_text(time, moment);
    /* 2026-06-08T12:00:00Z */
    return text_format(arena, "%.10s %.5s UTC", moment, moment[0] ? moment + 11 : "");
}

struct text text_sessions(struct arena *arena, uint64_t sessions)
{
    return text_format(arena, "%llu session%s", (unsigned long long)sessions,
                       sessions == 1 ? "" : "s");
}
