#include "rules/sts.h"

#include "base/time.h"
#include "base/vector.h"
#include "published/mta_sts_mx.h"
#include "published/txt_record.h"

/* ---- which policy was served ---- */

const struct sight *served_at(const struct inquiry *inquiry, const struct failure_group *group)
{
    const struct sight *nearest = NULL;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        int64_t distance =
            observation_distance(sight->taken_at, group->span.last_begin, group->span.last_end);
        if (sight->policy_fact == FACT_UNKNOWN || (nearest && distance >= least))
            continue;
        nearest = sight;
        least = distance;
    }
    return nearest;
}

/* ---- policies ---- */

bool policy_lacks(const struct mta_sts_policy *policy, const struct sight *sight,
                  struct text mx, struct text *host)
{
    if (policy->mode == MTA_STS_MODE_NONE || policy->mode == MTA_STS_MODE_UNKNOWN)
        return false;
    if (text_known(mx)) {
        if (host)
            *host = mx;
        return !mta_sts_policy_covers(policy, mx);
    }
    for (size_t i = 0; sight && i < sight->hosts.count; i++) {
        if (mta_sts_policy_covers(policy, sight->hosts.at[i]))
            continue;
        if (host)
            *host = sight->hosts.at[i];
        return true;
    }
    return false;
}

const struct mta_sts_mx *policy_bad_value(const struct mta_sts_policy *policy)
{
    for (size_t i = 0; i < policy->mx.count; i++)
        if (!mta_sts_mx_is_good(&policy->mx.at[i]))
            return &policy->mx.at[i];
    return NULL;
}

enum { PATTERNS_SHOWN = 12 };

struct text words_of_policy(struct arena *arena, const struct mta_sts_policy *policy)
{
    struct text patterns = TEXT("");
    for (size_t i = 0; i < policy->mx.count && i < PATTERNS_SHOWN; i++)
        patterns = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(patterns), i ? ", " : "",
                               TEXT_ARGS(quote(arena, policy->mx.at[i].pattern)));
    if (policy->mx.count > PATTERNS_SHOWN)
        patterns = text_format(arena, "%.*s and %zu more", TEXT_ARGS(patterns),
                               policy->mx.count - PATTERNS_SHOWN);
    const char *mode = mta_sts_mode_name(policy->mode);
    return text_format(arena, "mode %s, mx %.*s, max_age %llu", mode ? mode : "unknown",
                       patterns.length ? (int)patterns.length : 4,
                       patterns.length ? patterns.at : "none",
                       (unsigned long long)policy->max_age);
}

/* ---- what to paste ---- */

static struct text indented(struct arena *arena, struct text lines)
{
    struct text rest = lines, line, all = TEXT("");
    while (text_next(&rest, '\n', &line))
        if (line.length)
            all = text_format(arena, "%.*s%s    %.*s", TEXT_ARGS(all), all.length ? "\n" : "",
                              TEXT_ARGS(line));
    return all;
}

struct text policy_to_paste(const struct inquiry *inquiry, const struct mta_sts_policy *policy,
                            const struct text_list *missing)
{
    return indented(inquiry->arena, mta_sts_policy_write(policy, missing, inquiry->arena));
}

struct text record_with_new_id(const struct inquiry *inquiry)
{
    return record_with_id_of(inquiry, inquiry->now);
}

struct text record_with_id_of(const struct inquiry *inquiry, int64_t time)
{
    char id[TIME_TEXT_SIZE];
    size_t length = 0;
    time_text(time, id);
    for (const char *c = id; *c; c++)
        if (text_is_digit(*c) || *c == 'T')
            id[length++] = *c;
    return text_format(inquiry->arena, "    _mta-sts.%.*s. IN TXT \"v=STSv1; id=%.*s;\"",
                       TEXT_ARGS(inquiry->domain), (int)length, id);
}

/* ---- the policy host ---- */

struct text policy_host(const struct inquiry *inquiry, const struct sight *sight)
{
    struct text host = text_format(inquiry->arena, "mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    struct text_list targets = sight_cnames(inquiry, sight, host, NULL);
    return targets.count ? targets.at[targets.count - 1] : host;
}

bool means_mta_sts(const struct inquiry *inquiry, const struct sight *sight,
                   const struct failure_group *group)
{
    if (group || sight->sts_record.state != TXT_NONE)
        return true;
    if (sight->sts_txt.fact == FACT_ABSENT || sight->sts_txt.fact == FACT_PRESENT)
        return false;
    for (size_t i = 0; i < inquiry->sights.count; i++)
        if (inquiry->sights.at[i].taken_at < sight->taken_at &&
            inquiry->sights.at[i].policy_fact == FACT_PRESENT)
            return true;
    return sight->sts_txt.fact == FACT_UNKNOWN && sight->policy_fact != FACT_ABSENT;
}
