#include "report/sessions.h"

uint64_t sessions_add(uint64_t a, uint64_t b)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum > INT64_MAX)
        return INT64_MAX;
    return sum;
}

void session_counts_add(struct session_counts *sum, struct session_counts counts)
{
    sum->successful = sessions_add(sum->successful, counts.successful);
    sum->failed = sessions_add(sum->failed, counts.failed);
}

void session_tally_add(struct session_tally *tally, enum policy_type type, uint64_t successful,
                       uint64_t failed)
{
    if ((unsigned)type >= POLICY_TYPE_COUNT)
        type = POLICY_TYPE_UNKNOWN;
    session_counts_add(&tally->by_type[type], (struct session_counts){successful, failed});
}

struct session_counts session_tally_total(const struct session_tally *tally)
{
    struct session_counts sts = tally->by_type[POLICY_TYPE_STS];
    struct session_counts tlsa = tally->by_type[POLICY_TYPE_TLSA];
    uint64_t sts_total = sessions_add(sts.successful, sts.failed);
    uint64_t tlsa_total = sessions_add(tlsa.successful, tlsa.failed);
    struct session_counts total;
    total.failed = sts.failed > tlsa.failed ? sts.failed : tlsa.failed;
    total.successful = (sts_total > tlsa_total ? sts_total : tlsa_total) - total.failed;
    static const enum policy_type others[] = {POLICY_TYPE_NO_POLICY_FOUND, POLICY_TYPE_UNKNOWN};
    for (int i = 0; i < 2; i++)
        session_counts_add(&total, tally->by_type[others[i]]);
    return total;
}
