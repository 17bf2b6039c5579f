#include "rules/words.h"

#include <string.h>

#include "base/vector.h"

enum { CNAME_STEPS = 8 };

const char *fact_name(enum fact fact)
{
    static const char *const names[] = {
        [FACT_UNKNOWN] = "unknown",
        [FACT_PRESENT] = "present",
        [FACT_ABSENT] = "absent",
        [FACT_FAILED] = "failed",
    };
    return names[(unsigned)fact < FACT_COUNT ? fact : FACT_UNKNOWN];
}

const char *confidence_name(enum confidence confidence)
{
    static const char *const names[] = {
        [CONFIDENCE_UNKNOWN] = "unknown",
        [CONFIDENCE_POSSIBLE] = "possible",
        [CONFIDENCE_LIKELY] = "likely",
        [CONFIDENCE_CONFIRMED] = "confirmed",
    };
    return names[(unsigned)confidence < CONFIDENCE_COUNT ? confidence : CONFIDENCE_UNKNOWN];
}

int64_t observation_distance(int64_t taken_at, int64_t begin, int64_t end)
{
    if (taken_at < begin)
        return begin - taken_at;
    return taken_at > end ? taken_at - end : 0;
}

const struct observation *history_then(const struct history *history, int64_t begin,
                                       int64_t end)
{
    const struct observation *then = NULL;
    for (size_t i = 0; i < history->count; i++) {
        const struct observation *each = history->at[i];
        if (!then || observation_distance(each->taken_at, begin, end) <
                         observation_distance(then->taken_at, begin, end))
            then = each;
    }
    return then;
}

const struct observation *history_now(const struct history *history)
{
    return history->count ? history->at[history->count - 1] : NULL;
}

enum confidence confidence_at(int64_t distance)
{
    if (distance <= TIME_DAY)
        return CONFIDENCE_CONFIRMED;
    return distance <= 7 * TIME_DAY ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* The least that is said of two answers: one link that is not signed makes the chain insecure. */
static enum dnssec weaker(enum dnssec a, enum dnssec b)
{
    static const int strength[] = {
        [DNSSEC_UNKNOWN] = 2,       [DNSSEC_SECURE] = 4, [DNSSEC_INSECURE] = 3,
        [DNSSEC_INDETERMINATE] = 1, [DNSSEC_BOGUS] = 0,
    };
    return strength[a] <= strength[b] ? a : b;
}

/* Adds the records of NAME and TYPE to SET; true if there are any. */
static bool add_records(const struct observation *observation, struct text name,
                        struct text type, struct arena *arena, struct published *set)
{
    bool any = false;
    for (size_t i = 0; i < observation->records.count; i++) {
        const struct observed_record *record = &observation->records.at[i];
        if (!text_equal(record->type, type) || !text_equal_nocase(record->name, name))
            continue;
        text_list_add(arena, &set->values, record->value);
        set->dnssec = any || set->dnssec ? weaker(set->dnssec, record->dnssec) : record->dnssec;
        if (record->ttl.known && (!set->ttl || record->ttl.value < set->ttl))
            set->ttl = record->ttl.value;
        any = true;
    }
    return any;
}

static bool find_lookup(const struct observation *observation, struct text name,
                        struct text type, struct published *set)
{
    for (size_t i = 0; i < observation->lookups.count; i++) {
        const struct observed_lookup *lookup = &observation->lookups.at[i];
        if (!text_equal(lookup->type, type) || !text_equal_nocase(lookup->name, name))
            continue;
        bool absent = lookup->status == LOOKUP_NODATA || lookup->status == LOOKUP_NXDOMAIN;
        bool ok = lookup->status == LOOKUP_OK || lookup->status == LOOKUP_UNKNOWN;
        set->status = lookup->status;
        set->fact = absent ? FACT_ABSENT : ok ? FACT_UNKNOWN : FACT_FAILED;
        set->dnssec = set->dnssec ? weaker(set->dnssec, lookup->dnssec) : lookup->dnssec;
        return true;
    }
    return false;
}

struct published published_of(const struct observation *observation, struct text name,
                              const char *type, struct arena *arena)
{
    struct published set = {0};
    struct text wanted = text_of(type);
    for (int step = 0; observation && step < CNAME_STEPS; step++) {
        if (add_records(observation, name, wanted, arena, &set)) {
            bool bogus = set.dnssec == DNSSEC_BOGUS;
            set.fact = bogus ? FACT_FAILED : FACT_PRESENT;
            set.status = bogus ? LOOKUP_BOGUS : LOOKUP_OK;
            return set;
        }
        if (find_lookup(observation, name, wanted, &set))
            return set;
        struct published link = {0};
        if (text_equal(wanted, TEXT("CNAME")) ||
            !add_records(observation, name, TEXT("CNAME"), arena, &link))
            return set;
        set.dnssec = step ? weaker(set.dnssec, link.dnssec) : link.dnssec;
        name = link.values.at[0];
    }
    return set;
}

struct published published_tlsa(const struct observation *observation, struct text mx,
                                struct arena *arena)
{
    struct text name = text_format(arena, "_25._tcp.%.*s", TEXT_ARGS(mx));
    return published_of(observation, name, "TLSA", arena);
}

struct published published_mx(const struct observation *observation, struct arena *arena)
{
    struct published set =
        published_of(observation, observation ? observation->domain : TEXT(""), "MX", arena);
    for (size_t i = 0; i < set.values.count; i++) {
        struct text value = text_trim(set.values.at[i]);
        size_t blank = text_find_char(value, ' ');
        struct text name = blank == SIZE_MAX ? value : text_trim(text_from(value, blank));
        set.values.at[i] = text_equal(name, TEXT(".")) ? name : text_host(arena, name);
    }
    return set;
}

enum fact published_policy(const struct observation *observation, struct arena *arena,
                           struct mta_sts_policy *policy)
{
    const struct observed_policy *served = observation ? observation->policy : NULL;
    *policy = (struct mta_sts_policy){0};
    if (!served || served->status == FETCH_UNKNOWN || served->status == FETCH_NOT_FETCHED)
        return FACT_UNKNOWN;
    if (served->status == FETCH_NO_HOST)
        return FACT_ABSENT;
    if (served->status != FETCH_OK)
        return FACT_FAILED;
    mta_sts_policy_read(served->body, arena, policy);
    return FACT_PRESENT;
}

bool policy_applied(const struct text_list *quotes, const struct observation *then,
                    const struct observation *now, struct arena *arena,
                    struct mta_sts_policy *policy, enum policy_source *source)
{
    if (quotes->count) {
        mta_sts_policy_read_lines(quotes, arena, policy);
        *source = POLICY_QUOTED;
        if (policy->valid)
            return true;
    }
    *source = POLICY_SERVED_THEN;
    if (published_policy(then, arena, policy) == FACT_PRESENT && policy->valid)
        return true;
    *source = POLICY_SERVED_NOW;
    return published_policy(now, arena, policy) == FACT_PRESENT && policy->valid;
}
