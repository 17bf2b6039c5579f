#include "fuzz.h"
#include "published/mta_sts.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    struct mta_sts_policy policy, again;
    mta_sts_policy_read(bytes, arena, &policy);
    promise(mta_sts_policy_equal(&policy, &policy));
    if (!policy.valid)
        return;
    mta_sts_policy_read(mta_sts_policy_write(&policy, NULL, arena), arena, &again);
    promise(again.valid && again.mode == policy.mode && again.max_age == policy.max_age);
}
