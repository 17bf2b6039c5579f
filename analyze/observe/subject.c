#include "observe/subject.h"

#include <stdlib.h>

#include "base/vector.h"

static bool is_absent(enum lookup_status status)
{
    return status == LOOKUP_NODATA || status == LOOKUP_NXDOMAIN;
}

/* Whether a server says what the records say. That there is no such name and that it has no such record
 * come to the same; a server that does not answer says something else. */
static bool agrees(struct subject *subject, const struct observed_authority *entry)
{
    const struct gather *gather = &subject->gather;
    struct text_list recorded = {0}, aliases = {0};
    gather_values(gather, entry->name, entry->type, &subject->arena, &recorded);
    if (entry->status == LOOKUP_OK)
        return text_list_equal(&recorded, &entry->values);
    gather_values(gather, entry->name, TEXT("CNAME"), &subject->arena, &aliases);
    return is_absent(entry->status) && !recorded.count && !aliases.count &&
           is_absent(gather_status(gather, entry->name, entry->type));
}

static int compare_authorities(const void *a, const void *b)
{
    const struct observed_authority *left = a, *right = b;
    int order = text_compare(left->name, right->name);
    if (!order)
        order = text_compare(left->type, right->type);
    if (!order)
        order = text_compare(left->server, right->server);
    return order ? order : text_compare(left->address, right->address);
}

static void add_authorities(struct subject *subject, struct observed_authorities *out)
{
    OBSERVED_EMPTY(&subject->arena, out);
    for (size_t i = 0; i < subject->authorities.count; i++) {
        const struct observed_authorities *entries = &subject->authorities.at[i]->authorities;
        for (size_t j = 0; j < entries->count; j++)
            if (!agrees(subject, &entries->at[j]))
                VECTOR_ADD(&subject->arena, out, entries->at[j]);
    }
    if (out->count)
        qsort(out->at, out->count, sizeof *out->at, compare_authorities);
}

struct observation *subject_observation(struct subject *subject)
{
    struct observation *observation =
        observation_new(&subject->arena, subject->gather.domain, subject->taken_at);
    gather_sort(&subject->gather);
    observation->nulls = OBSERVED_ALL;
    observation->records = subject->gather.records;
    observation->lookups = subject->gather.lookups;
    observation->policy = subject->policy->policy;
    add_authorities(subject, &observation->authorities);
    OBSERVED_EMPTY(&subject->arena, &observation->smtp);
    for (size_t i = 0; i < subject->probes.count; i++) {
        const struct observed_smtps *entries = &subject->probes.at[i]->smtp;
        for (size_t j = 0; j < entries->count; j++)
            VECTOR_ADD(&subject->arena, &observation->smtp, entries->at[j]);
    }
    return observation;
}
