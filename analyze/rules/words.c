#include "rules/words.h"

#include <string.h>

#include "base/vector.h"

enum { CNAME_STEPS = 8 };

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

static void add_record(struct published *set, const struct observed_record *record,
                       struct arena *arena)
{
    set->dnssec = set->dnssec ? weaker(set->dnssec, record->dnssec) : record->dnssec;
    if (record->ttl.known && (!set->values.count || record->ttl.value < set->ttl))
        set->ttl = record->ttl.value;
    text_list_add(arena, &set->values, record->value);
}

/* What stands at NAME itself; CHAIN is what the links before it were worth. */
static struct published published_at(const struct facts *facts, struct text name,
                                     struct text type, enum dnssec chain, struct arena *arena)
{
    struct published set = {.dnssec = chain};
    size_t first, count = facts_find(facts, name, type, &first);
    for (size_t i = first; i < first + count; i++) {
        const struct fact_entry *entry = &facts->at[i];
        if (entry->record) {
            add_record(&set, entry->record, arena);
        } else if (!set.values.count) {
            set.status = entry->lookup->status;
            set.dnssec = chain ? weaker(chain, entry->lookup->dnssec) : entry->lookup->dnssec;
        }
    }
    set.fact = fact_direct(facts, name, type, arena, NULL);
    if (set.fact == FACT_PRESENT)
        set.status = LOOKUP_OK;
    if (set.fact == FACT_PRESENT && set.dnssec == DNSSEC_BOGUS) {
        set.fact = FACT_FAILED;
        set.status = LOOKUP_BOGUS;
    }
    return set;
}

struct published published_of(const struct facts *facts, struct text name, struct text type,
                              struct arena *arena)
{
    struct published set = {0}, link = {0};
    for (int step = 0; facts && step < CNAME_STEPS; step++) {
        set = published_at(facts, name, type, link.dnssec, arena);
        if (set.fact != FACT_UNKNOWN || text_equal(type, TEXT("CNAME")))
            return set;
        link = published_at(facts, name, TEXT("CNAME"), link.dnssec, arena);
        if (link.fact != FACT_PRESENT)
            return set;
        name = link.values.at[0];
    }
    return set;
}

struct published published_tlsa(const struct facts *facts, struct text mx, struct arena *arena)
{
    struct text name = text_format(arena, "_25._tcp.%.*s", TEXT_ARGS(mx));
    return published_of(facts, name, TEXT("TLSA"), arena);
}

struct published published_mx(const struct facts *facts, struct text domain,
                              struct arena *arena)
{
    struct published set = published_of(facts, domain, TEXT("MX"), arena);
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
