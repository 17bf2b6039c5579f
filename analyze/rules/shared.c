/* Faults of one host that several domains share. */
#include <stdlib.h>

#include "base/vector.h"
#include "rules/diagnose.h"
#include "rules/rule.h"

struct findings_seen {
    const struct finding **at;
    size_t count;
};

static int compare_keys(const struct finding *a, const struct finding *b)
{
    int order = text_compare(a->host, b->host);
    if (!order)
        order = (a->rule > b->rule) - (a->rule < b->rule);
    return order ? order : (int)a->state - (int)b->state;
}

static int compare_seen(const void *a, const void *b)
{
    const struct finding *x = *(const struct finding *const *)a,
                         *y = *(const struct finding *const *)b;
    int order = compare_keys(x, y);
    return order ? order : text_compare(x->domain, y->domain);
}

static int compare_shared(const void *a, const void *b)
{
    const struct shared_fault *x = a, *y = b;
    int order = (int)x->state - (int)y->state;
    if (!order)
        order = (int)y->severity - (int)x->severity;
    if (!order && x->count != y->count)
        order = x->count < y->count ? 1 : -1;
    return order ? order : text_compare(x->host, y->host);
}

/* One fault out of the COUNT findings at SEEN, which are of the same host, rule and state. */
static void add_fault(const struct finding **seen, size_t count, struct arena *arena,
                      struct shared_faults *faults)
{
    struct shared_fault fault = {
        .rule = seen[0]->rule, .host = seen[0]->host, .state = seen[0]->state};
    struct text last = TEXT_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        fault.failed_sessions = sessions_add(fault.failed_sessions, seen[i]->failed_sessions);
        if (seen[i]->severity > fault.severity)
            fault.severity = seen[i]->severity;
        /* Of one domain there may be one under sts and one under tlsa. */
        if (!text_equal(last, seen[i]->domain))
            VECTOR_ADD(arena, &fault, seen[i]);
        last = seen[i]->domain;
    }
    if (fault.count > 1)
        VECTOR_ADD(arena, faults, fault);
}

void shared_faults(const struct diagnosis *at, size_t count, struct arena *arena,
                   struct shared_faults *faults)
{
    struct findings_seen seen = {0};
    *faults = (struct shared_faults){0};
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < at[i].findings.count; j++) {
            const struct finding *finding = &at[i].findings.at[j];
            if (text_known(finding->host) && finding->side == SIDE_DOMAIN)
                VECTOR_ADD(arena, &seen, finding);
        }
    }
    if (seen.count)
        qsort(seen.at, seen.count, sizeof *seen.at, compare_seen);
    for (size_t first = 0, end; first < seen.count; first = end) {
        for (end = first + 1;
             end < seen.count && compare_keys(seen.at[first], seen.at[end]) == 0;)
            end++;
        add_fault(seen.at + first, end - first, arena, faults);
    }
    if (faults->count)
        qsort(faults->at, faults->count, sizeof *faults->at, compare_shared);
}
