/* Sessions of a domain in one report are counted once, and never wrap around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/sessions.h"

struct entry {
    enum policy_type type;
    uint64_t successful, failed;
};

static const struct {
    const char *name;
    struct entry entries[4];
    uint64_t successful, failed;
} cases[] = {
    {"nothing", {{0}}, 0, 0},
    {"one sts entry", {{POLICY_TYPE_STS, 10, 2}}, 10, 2},
    {"Microsoft: sts and tlsa are the same sessions",
     {{POLICY_TYPE_STS, 8, 2}, {POLICY_TYPE_TLSA, 8, 2}},
     8,
     2},
    {"the larger failed count and the larger total count",
     {{POLICY_TYPE_STS, 10, 0}, {POLICY_TYPE_TLSA, 5, 3}},
     7,
     3},
    {"SocketLabs: two sts entries are disjoint",
     {{POLICY_TYPE_STS, 10, 0}, {POLICY_TYPE_STS, 0, 4}},
     10,
     4},
    {"no-policy-found and unknown add to these",
     {{POLICY_TYPE_STS, 8, 2},
      {POLICY_TYPE_TLSA, 8, 2},
      {POLICY_TYPE_NO_POLICY_FOUND, 3, 1},
      {POLICY_TYPE_UNKNOWN, 1, 1}},
     12,
     4},
    {"all failed by one of the two", {{POLICY_TYPE_STS, 0, 9}, {POLICY_TYPE_TLSA, 4, 0}}, 0, 9},
    {"absurd counts saturate",
     {{POLICY_TYPE_STS, INT64_MAX, INT64_MAX},
      {POLICY_TYPE_STS, INT64_MAX, 1},
      {POLICY_TYPE_UNKNOWN, 5, UINT64_MAX}},
     5,
     INT64_MAX},
};

static void sessions_are_counted_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct session_tally tally = {0};
        for (size_t j = 0; j < 4; j++) {
            const struct entry *entry = &cases[i].entries[j];
            session_tally_add(&tally, entry->type, entry->successful, entry->failed);
        }
        struct session_counts total = session_tally_total(&tally);
        if (total.successful != cases[i].successful || total.failed != cases[i].failed)
            fail_msg("%s: %lu and %lu", cases[i].name, (unsigned long)total.successful,
                     (unsigned long)total.failed);
    }
}

static void sums_saturate_at_what_the_database_keeps(void **state)
{
    (void)state;
    assert_true(sessions_add(1, 2) == 3);
    assert_true(sessions_add(INT64_MAX - 1, 1) == INT64_MAX);
    assert_true(sessions_add(INT64_MAX, 1) == INT64_MAX);
    assert_true(sessions_add(0, UINT64_MAX) == INT64_MAX);
    assert_true(sessions_add(UINT64_MAX, UINT64_MAX) == INT64_MAX);
}

static void a_type_out_of_range_counts_as_unknown(void **state)
{
    (void)state;
    struct session_tally tally = {0};
    session_tally_add(&tally, POLICY_TYPE_COUNT, 1, 2);
    assert_true(tally.by_type[POLICY_TYPE_UNKNOWN].failed == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_counted_once),
        cmocka_unit_test(sums_saturate_at_what_the_database_keeps),
        cmocka_unit_test(a_type_out_of_range_counts_as_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
