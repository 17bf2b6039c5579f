#include "published/fact.h"

#include <stdlib.h>

/* A longer chain is a loop, or as good as one. */
enum { CHAIN_MAX = 16 };

static int compare_keys(const struct fact_entry *a, const struct fact_entry *b)
{
    int order = text_compare(a->name, b->name);
    return order ? order : text_compare(a->type, b->type);
}

/* Records before look-ups, each in their own order. */
static int compare(const void *left, const void *right)
{
    const struct fact_entry *a = left, *b = right;
    int order = compare_keys(a, b);
    if (order)
        return order;
    if (!a->record != !b->record)
        return a->record ? -1 : 1;
    if (a->record)
        return a->record < b->record ? -1 : a->record > b->record;
    return a->lookup < b->lookup ? -1 : a->lookup > b->lookup;
}

void facts_of(const struct observation *observation, struct arena *arena, struct facts *facts)
{
    size_t records = observation->records.count, lookups = observation->lookups.count;
    facts->at = arena_array(arena, records + lookups, sizeof *facts->at);
    facts->count = records + lookups;
    for (size_t i = 0; i < records; i++) {
        const struct observed_record *record = &observation->records.at[i];
        facts->at[i] = (struct fact_entry){record->name, record->type, record, NULL};
    }
    for (size_t i = 0; i < lookups; i++) {
        const struct observed_lookup *lookup = &observation->lookups.at[i];
        facts->at[records + i] = (struct fact_entry){lookup->name, lookup->type, NULL, lookup};
    }
    if (facts->count)
        qsort(facts->at, facts->count, sizeof *facts->at, compare);
}

size_t facts_find(const struct facts *facts, struct text name, struct text type, size_t *first)
{
    const struct fact_entry wanted = {.name = name, .type = type};
    size_t low = 0, high = facts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&facts->at[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (low < facts->count && compare_keys(&facts->at[low], &wanted) == 0)
        low++;
    return low - *first;
}

static enum fact of_status(enum lookup_status status)
{
    static const enum fact facts[LOOKUP_COUNT] = {
        [LOOKUP_NODATA] = FACT_ABSENT,   [LOOKUP_NXDOMAIN] = FACT_ABSENT,
        [LOOKUP_SERVFAIL] = FACT_FAILED, [LOOKUP_TIMEOUT] = FACT_FAILED,
        [LOOKUP_BOGUS] = FACT_FAILED,
    };
    return facts[status];
}

enum fact fact_direct(const struct facts *facts, struct text name, struct text type,
                      struct arena *arena, struct text_list *values)
{
    size_t first, count = facts_find(facts, name, type, &first);
    enum fact fact = FACT_UNKNOWN;
    for (size_t i = first; i < first + count; i++) {
        const struct fact_entry *entry = &facts->at[i];
        if (entry->record)
            fact = FACT_PRESENT;
        else if (fact == FACT_UNKNOWN)
            fact = of_status(entry->lookup->status);
        if (entry->record && values)
            text_list_add(arena, values, entry->record->value);
    }
    return fact;
}

/* The end of the chain of CNAME records that begins at NAME, or NAME itself. */
static struct text target_of(const struct facts *facts, struct text name, struct text type)
{
    for (int i = 0; i < CHAIN_MAX; i++) {
        size_t first;
        if (facts_find(facts, name, type, &first) > 0 ||
            facts_find(facts, name, TEXT("CNAME"), &first) == 0 || !facts->at[first].record)
            return name;
        name = facts->at[first].record->value;
    }
    return name;
}

enum fact fact_find(const struct facts *facts, struct text name, struct text type,
                    struct arena *arena, struct text_list *values)
{
    return fact_direct(facts, target_of(facts, name, type), type, arena, values);
}

enum lookup_status fact_status(const struct facts *facts, struct text name, struct text type)
{
    size_t first, count = facts_find(facts, target_of(facts, name, type), type, &first);
    for (size_t i = first; i < first + count; i++)
        if (facts->at[i].lookup && facts->at[i].lookup->status != LOOKUP_OK)
            return facts->at[i].lookup->status;
    return LOOKUP_UNKNOWN;
}
