/* What is let in: only what counts for a configured domain, and only so much on a day. */
#include <string.h>

#include "base/vector.h"
#include "store/store_internal.h"

/* ---- configured domains ---- */

/* The id of a text for the rule: one that the database does not hold is none of its ids. */
static bool find_name(struct store *store, struct text text, int64_t *id, struct error *err)
{
    if (!intern_find_text(store, text, id, err))
        return false;
    if (text_known(text) && !*id)
        *id = -1;
    return true;
}

static bool policy_is_ours(struct store *store, struct text policy_domain,
                           struct text named_domain, enum policy_type type, bool *ours,
                           struct error *err)
{
    int64_t domain, named;
    return find_name(store, policy_domain, &domain, err) &&
           find_name(store, named_domain, &named, err) &&
           attribution_is_configured(store, domain, named, type, ours, err);
}

bool admission_ours(struct store *store, const struct tls_report *report, struct arena *arena,
                    struct tls_report *ours, struct error *err)
{
    struct tls_policy *kept =
        arena_array(arena, report->policy_count ? report->policy_count : 1, sizeof *kept);
    *ours = *report;
    ours->policies = kept;
    ours->policy_count = 0;
    for (size_t i = 0; i < report->policy_count; i++) {
        const struct tls_policy *policy = &report->policies[i];
        bool is_ours;
        if (!policy_is_ours(store, policy->policy_domain, report->named_domain,
                            policy->policy_type, &is_ours, err))
            return false;
        if (is_ours)
            kept[ours->policy_count++] = *policy;
    }
    return true;
}

bool admission_named_is_ours(struct store *store, const struct tls_report *report, bool *ours,
                             struct error *err)
{
    return policy_is_ours(store, report->named_domain, TEXT_UNKNOWN, POLICY_TYPE_STS, ours,
                          err);
}

/* ---- quotas ---- */

/* A counter of a day. A digest stands for the reporter, so that a name that a stranger makes up
 * costs no more than this and outlives no text. */
struct counter {
    uint8_t who[16];
    uint64_t most; /* 0: any number */
};

enum { COUNTERS = 2 };

static void name_counter(struct counter *counter, const char *kind, struct text name)
{
    uint8_t digest[SHA256_SIZE];
    struct sha256_state *state = sha256_start();
    sha256_add(state, text_of(kind));
    sha256_add(state, name);
    sha256_finish(state, digest);
    memcpy(counter->who, digest, sizeof counter->who);
}

/* The counters that REPORT goes by. What did not pass has other ones than what did: a stranger who
 * uses somebody's name uses up nothing of what that one signs. */
static size_t counters_of(const struct tls_report *report,
                          const struct store_admission *admission,
                          struct counter counters[COUNTERS])
{
    bool passed = report->authenticated == AUTHENTICATED_PASS;
    size_t count = 0;
    if (admission->reports_a_day) {
        counters[count].most = admission->reports_a_day;
        name_counter(&counters[count++], passed ? "passed " : "unproved ", report->reporter);
    }
    if (admission->unauthenticated_a_day && !passed) {
        counters[count].most = admission->unauthenticated_a_day;
        name_counter(&counters[count++], "all unproved", TEXT(""));
    }
    return count;
}

static int64_t day_of(const struct store_admission *admission)
{
    int64_t time = stored_time(admission->arrived_at);
    return time == TIME_UNKNOWN ? 0 : time / TIME_DAY;
}

static bool count_of(struct store *store, int64_t day, const struct counter *counter,
                     uint64_t *count, struct error *err)
{
    STATEMENT_AUTO *get =
        store_statement(store, STATEMENT_QUOTA_GET,
                        "SELECT reports FROM quota WHERE day = ?1 AND who = ?2", err);
    if (!get)
        return false;
    bind_number(get, 1, day);
    bind_blob(get, 2, counter->who, sizeof counter->who);
    bool row;
    if (!statement_step(store, get, &row, err))
        return false;
    *count = row ? column_count(get, 0) : 0;
    return true;
}

bool admission_quota_left(struct store *store, const struct tls_report *report,
                          const struct store_admission *admission, bool *left,
                          struct error *err)
{
    struct counter counters[COUNTERS];
    size_t count = counters_of(report, admission, counters);
    *left = true;
    for (size_t i = 0; i < count; i++) {
        uint64_t reports;
        if (!count_of(store, day_of(admission), &counters[i], &reports, err))
            return false;
        *left = *left && reports < counters[i].most;
    }
    return true;
}

bool admission_count(struct store *store, const struct tls_report *report,
                     const struct store_admission *admission, struct error *err)
{
    struct counter counters[COUNTERS];
    size_t count = counters_of(report, admission, counters);
    for (size_t i = 0; i < count; i++) {
        STATEMENT_AUTO *add =
            store_statement(store, STATEMENT_QUOTA_ADD,
                            "INSERT INTO quota (day, who, reports) VALUES (?1, ?2, 1)"
                            " ON CONFLICT (day, who) DO UPDATE SET reports = reports + 1",
                            err);
        if (!add)
            return false;
        bind_number(add, 1, day_of(admission));
        bind_blob(add, 2, counters[i].who, sizeof counters[i].who);
        if (!statement_run(store, add, err))
            return false;
    }
    return true;
}
