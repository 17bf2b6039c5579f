/* Failures counted into groups, each session once, and the numbers of the diagnosis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "rules/counting.h"

enum { DAY = TIME_DAY };

/* ---- reports from a few words ---- */

struct row {
    enum policy_type type;
    uint64_t successful, failed;
    struct tls_failure failures[3];
};

static struct tls_failure detail(enum result_type type, const char *mx, uint64_t sessions)
{
    return (struct tls_failure){.result_type = type,
                                .receiving_mx_hostname = text_of(mx),
                                .sending_mta_ip = TEXT("192.0.2.1"),
                                .failed_sessions = sessions};
}

/* A report of the day DAY (from 1970-01-02 on) with up to four policies. */
static void add_as(struct groups *groups, enum authenticated authenticated,
                   const char *reporter, int day, const struct row *rows, size_t count)
{
    struct tls_policy policies[4] = {0};
    struct tls_failure failures[4][3];
    struct tls_report report = {.reporter = text_of(reporter),
                                .report_id = TEXT("r"),
                                .begin = (int64_t)day * DAY,
                                .end = (int64_t)day * DAY + DAY - 1,
                                .authenticated = authenticated,
                                .policies = policies,
                                .policy_count = count};
    for (size_t i = 0; i < count; i++) {
        memcpy(failures[i], rows[i].failures, sizeof failures[i]);
        policies[i] = (struct tls_policy){.policy_type = rows[i].type,
                                          .successful_sessions = rows[i].successful,
                                          .failed_sessions = rows[i].failed,
                                          .failures = failures[i]};
        while (policies[i].failure_count < 3 &&
               (rows[i].failures[policies[i].failure_count].result_type ||
                rows[i].failures[policies[i].failure_count].failed_sessions))
            policies[i].failure_count++;
    }
    groups_add(groups, &report);
}

static void add(struct groups *groups, const char *reporter, int day, const struct row *rows,
                size_t count)
{
    add_as(groups, AUTHENTICATED_PASS, reporter, day, rows, count);
}

#define ADD(groups, reporter, day, ...)                                                        \
    add((groups), (reporter), (day), (const struct row[]){__VA_ARGS__},                        \
        sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

static const struct failure_group *find(const struct groups *groups, enum policy_type type,
                                        enum result_type result)
{
    for (size_t i = 0; i < groups->all.count; i++)
        if (groups->all.at[i]->policy_type == type && groups->all.at[i]->result_type == result)
            return groups->all.at[i];
    fail_msg("no group of type %d, result %d", (int)type, (int)result);
    return NULL;
}

static int prefer_tlsa(void *context, const struct failure_group *a,
                       const struct failure_group *b)
{
    (void)context;
    return (a->policy_type != POLICY_TYPE_TLSA) - (b->policy_type != POLICY_TYPE_TLSA);
}

static int indifferent(void *context, const struct failure_group *a,
                       const struct failure_group *b)
{
    (void)context;
    (void)a;
    (void)b;
    return 0;
}

/* An expired certificate, then tlsa, then the rest. */
static int rank_of(const struct failure_group *group)
{
    if (group->policy_type == POLICY_TYPE_TLSA)
        return 1;
    return group->result_type == RESULT_CERTIFICATE_EXPIRED ? 0 : 2;
}

static int prefer_expired(void *context, const struct failure_group *a,
                          const struct failure_group *b)
{
    (void)context;
    return rank_of(a) - rank_of(b);
}

/* ---- each session once ---- */

static void the_type_with_more_failures_carries_the_sessions(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    ADD(&groups, "a.example", 1,
        {POLICY_TYPE_STS, 7, 3, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 3)}},
        {POLICY_TYPE_TLSA,
         5,
         5,
         {detail(RESULT_VALIDATION_FAILURE, "mx", 4), detail(RESULT_TLSA_INVALID, "mx", 1)}},
        {POLICY_TYPE_NO_POLICY_FOUND, 0, 2, {detail(RESULT_STARTTLS_NOT_SUPPORTED, "mx", 2)}});
    groups_settle(&groups, NULL, NULL);
    assert_int_equal(find(&groups, POLICY_TYPE_STS, RESULT_CERTIFICATE_EXPIRED)->carried, 0);
    assert_int_equal(find(&groups, POLICY_TYPE_STS, RESULT_CERTIFICATE_EXPIRED)->sessions, 3);
    assert_int_equal(find(&groups, POLICY_TYPE_TLSA, RESULT_VALIDATION_FAILURE)->carried, 4);
    assert_int_equal(find(&groups, POLICY_TYPE_TLSA, RESULT_TLSA_INVALID)->carried, 1);
    assert_int_equal(
        find(&groups, POLICY_TYPE_NO_POLICY_FOUND, RESULT_STARTTLS_NOT_SUPPORTED)->carried, 2);
    assert_int_equal(groups.total.failed, 7);
    assert_int_equal(groups.total.successful, 5);
}

static void a_tie_goes_to_the_higher_rank_then_to_sts(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    ADD(&groups, "a.example", 1,
        {POLICY_TYPE_STS,
         0,
         4,
         {detail(RESULT_CERTIFICATE_NOT_TRUSTED, "mx", 3),
          detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}},
        {POLICY_TYPE_TLSA, 0, 4, {detail(RESULT_TLSA_INVALID, "mx", 4)}});
    const struct failure_group *sts =
        find(&groups, POLICY_TYPE_STS, RESULT_CERTIFICATE_NOT_TRUSTED);
    const struct failure_group *tlsa = find(&groups, POLICY_TYPE_TLSA, RESULT_TLSA_INVALID);
    static const struct {
        group_rank *rank;
        uint64_t sts, tlsa;
    } rows[] = {{NULL, 3, 0}, {indifferent, 3, 0}, {prefer_tlsa, 0, 4}, {prefer_expired, 3, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        groups_settle(&groups, rows[i].rank, NULL);
        assert_int_equal(sts->carried, rows[i].sts);
        assert_int_equal(tlsa->carried, rows[i].tlsa);
        assert_true(groups_reconcile(&groups));
    }
}

static void what_has_no_details_is_a_group_of_its_own(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    ADD(&groups, "a.example", 1,
        {POLICY_TYPE_STS, 0, 5, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 2)}});
    const struct failure_group *rest = find(&groups, POLICY_TYPE_STS, RESULT_UNKNOWN);
    assert_true(rest->undetailed);
    assert_int_equal(rest->sessions, 3);
    assert_false(networks_are_one(&rest->networks));
    /* A detail that says nothing is another. */
    ADD(&groups, "a.example", 2,
        {POLICY_TYPE_STS, 0, 5, {{.result_type_raw = TEXT("?"), .failed_sessions = 2}}});
    assert_int_equal(groups.all.count, 3);
    assert_int_equal(rest->sessions, 6);
    assert_false(groups.all.at[2]->undetailed);
    /* More details than the total: their sum counts, and nothing is left over. */
    struct groups more = groups_new(&arena);
    ADD(&more, "a.example", 1,
        {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 9)}});
    assert_int_equal(more.all.count, 1);
    assert_int_equal(more.total.failed, 9);
}

/* ---- a property over random reports ---- */

__extension__ typedef unsigned __int128 wide;

static uint64_t seed;

static uint64_t chance(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* What the groups must add up to, in arithmetic that does not saturate. */
struct model {
    wide failed, sts_alone, sts_tied;
};

static uint64_t random_count(bool huge)
{
    if (huge && !chance(4))
        return INT64_MAX - chance(3);
    return chance(4);
}

static wide random_policy(struct tls_policy *policy, struct tls_failure *failures, bool huge,
                          bool many)
{
    static char names[20000][12];
    static const struct text addresses[] = {{0},
                                            TEXT_ROW("192.0.2.1"),
                                            TEXT_ROW("192.0.2.9"),
                                            TEXT_ROW("2001:db8::1"),
                                            TEXT_ROW("")};
    wide sum = 0;
    *policy = (struct tls_policy){.policy_type = (enum policy_type)chance(POLICY_TYPE_COUNT),
                                  .successful_sessions = random_count(huge),
                                  .failed_sessions = random_count(huge) * chance(3),
                                  .failures = failures,
                                  .failure_count = chance(5)};
    for (size_t i = 0; i < policy->failure_count; i++) {
        unsigned number = (unsigned)chance(many ? 20000 : 3);
        char *name = names[number];
        snprintf(name, sizeof names[0], "mx%u", number % 20000);
        failures[i] = (struct tls_failure){
            .result_type = (enum result_type)chance(RESULT_COUNT),
            .receiving_mx_hostname = text_of(name),
            .receiving_ip = addresses[chance(5)],
            .sending_mta_ip = addresses[chance(5)],
            .failed_sessions = random_count(huge),
        };
        sum += failures[i].failed_sessions;
    }
    return sum > policy->failed_sessions ? sum : policy->failed_sessions;
}

static void add_random(struct groups *groups, struct model *model, int64_t begin, bool huge,
                       bool many)
{
    static const char *const reporters[] = {"a.example", "b.example", NULL};
    struct tls_policy policies[5];
    struct tls_failure failures[5][5];
    wide failed[POLICY_TYPE_COUNT] = {0};
    struct tls_report report = {.reporter = text_of(reporters[chance(3)]),
                                .begin = begin,
                                .end = begin + (int64_t)chance(2 * DAY),
                                .authenticated = AUTHENTICATED_NONE,
                                .policies = policies,
                                .policy_count = chance(6)};
    for (size_t i = 0; i < report.policy_count; i++) {
        wide count = random_policy(&policies[i], failures[i], huge, many);
        failed[policies[i].policy_type] += count;
    }
    wide sts = failed[POLICY_TYPE_STS], tlsa = failed[POLICY_TYPE_TLSA];
    model->failed += (sts > tlsa ? sts : tlsa) + failed[POLICY_TYPE_NO_POLICY_FOUND] +
                     failed[POLICY_TYPE_UNKNOWN];
    model->sts_alone += sts > tlsa ? sts : 0;
    model->sts_tied += sts == tlsa ? sts : 0;
    groups_add(groups, &report);
}

static int by_name(void *context, const struct failure_group *a, const struct failure_group *b)
{
    (void)context;
    int order = text_compare(a->mx, b->mx);
    return order ? order : (int)a->result_type - (int)b->result_type;
}

static void check_against(const struct groups *groups, const struct model *model, bool huge)
{
    wide sum = 0, sts = 0;
    for (size_t i = 0; i < groups->all.count; i++) {
        const struct failure_group *group = groups->all.at[i];
        assert_true(group->carried <= group->sessions);
        sum += group->carried;
        sts += group->policy_type == POLICY_TYPE_STS ? group->carried : 0;
    }
    wide expected = model->failed > INT64_MAX ? INT64_MAX : model->failed;
    assert_true(sum == expected);
    assert_true(groups->total.failed == expected);
    assert_true(groups_reconcile(groups));
    assert_true(huge || (sts >= model->sts_alone && sts <= model->sts_alone + model->sts_tied));
}

static void the_carried_sessions_add_up_to_the_failed_ones(void **state)
{
    (void)state;
    static group_rank *const ranks[] = {NULL, prefer_tlsa, by_name};
    for (uint64_t round = 0; round < 4000; round++) {
        seed = round;
        ARENA_AUTO arena = {0};
        struct groups groups = groups_new(&arena);
        struct model model = {0};
        bool huge = round % 4 == 1, many = round % 200 == 3;
        uint64_t reports = many ? 2000 : 1 + chance(16);
        for (uint64_t i = 0; i < reports; i++)
            add_random(&groups, &model, (int64_t)i * DAY / 2, huge, many);
        for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
            groups_settle(&groups, ranks[i], NULL);
            check_against(&groups, &model, huge);
        }
    }
}

/* ---- bounds ---- */

static void many_names_end_in_one_overflow_group(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    for (int i = 0; i < 3000; i++) {
        char mx[16];
        snprintf(mx, sizeof mx, "mx%d", i);
        ADD(&groups, "hostile.example", 1,
            {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, mx, 1)}});
    }
    assert_int_equal(groups.all.count, GROUPS_PER_REPORTER + 1);
    const struct failure_group *rest = groups.all.at[GROUPS_PER_REPORTER];
    assert_true(rest->overflow && !rest->reporter);
    assert_int_equal(rest->sessions, 3000 - GROUPS_PER_REPORTER);
    /* Somebody else still has room. */
    ADD(&groups, "honest.example", 2,
        {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}});
    assert_int_equal(groups.all.count, GROUPS_PER_REPORTER + 2);
    groups_finish(&groups);
    groups_settle(&groups, NULL, NULL);
    assert_true(groups_reconcile(&groups));
}

static void many_reporters_end_there_too(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    for (int i = 0; i < 2 * GROUPS_PER_DOMAIN; i++) {
        char reporter[24];
        snprintf(reporter, sizeof reporter, "r%d.example", i);
        ADD(&groups, reporter, 1, {POLICY_TYPE_STS, 0, 1, {detail(1 + i % 11U, "mx", 1)}});
    }
    assert_int_equal(groups.all.count, GROUPS_PER_DOMAIN + 11);
    groups_finish(&groups);
    groups_settle(&groups, NULL, NULL);
    assert_true(groups_reconcile(&groups));
    assert_int_equal(groups.total.failed, 2 * GROUPS_PER_DOMAIN);
}

struct number {
    struct tree_node node;
    int number;
};

static int compare_number(const void *key, const struct tree_node *node)
{
    return *(const int *)key - ((const struct number *)node)->number;
}

static int height(const struct tree_node *node)
{
    if (!node)
        return 0;
    int less = height(node->less), more = height(node->more);
    return 1 + (less > more ? less : more);
}

static void no_order_of_keys_makes_a_tree_deep(void **state)
{
    (void)state;
    enum { COUNT = 4096 };
    for (int step = -1; step <= 1001; step += 334) { /* falling, then by steps */
        static struct number numbers[COUNT];
        struct tree_node *root = NULL;
        for (int i = 0; i < COUNT; i++) {
            struct number *each = &numbers[i];
            each->number = step < 0 ? COUNT - i : i * step % COUNT;
            assert_null(tree_find(root, &each->number, compare_number));
            root = tree_add(root, &each->node, &each->number, compare_number);
        }
        for (int i = 0; i < COUNT; i++)
            assert_ptr_equal(tree_find(root, &numbers[i].number, compare_number), &numbers[i]);
        assert_in_range(height(root), 13, 26);
    }
}

static void long_lists_say_that_there_is_more(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof text, "192.0.2.%d", i);
        struct tls_failure failure = detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1);
        failure.sending_mta_ip = failure.failure_reason_code = text_of(text);
        ADD(&groups, "a.example", 1, {POLICY_TYPE_STS, 0, 1, {failure}});
    }
    const struct failure_group *group = groups.all.at[0];
    assert_int_equal(group->sending.count, GROUP_ADDRESSES);
    assert_int_equal(group->reason_codes.count, GROUP_TEXTS);
    assert_true(group->sending.more && group->reason_codes.more && !group->informations.more);
    assert_true(networks_are_one(&group->networks));
    assert_int_equal(group->causes[CAUSE_UNKNOWN], 100);
}

/* ---- what a group knows ---- */

static void a_group_knows_when_it_was_seen(void **state)
{
    (void)state;
    static const struct {
        int64_t begin, end;
        uint64_t days; /* after this report */
    } rows[] = {
        {DAY, 2 * DAY - 1, 1},                 /* a day */
        {DAY, 2 * DAY, 1},                     /* an end at 24:00 is of the same day */
        {DAY + DAY / 2, 2 * DAY + DAY / 2, 2}, /* from noon to noon */
        {5 * DAY, 5 * DAY, 3},                 /* no length at all */
        {6 * DAY, TIME_UNKNOWN, 4},            /* no end */
    };
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    struct tls_failure failure = detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1);
    struct tls_policy policy = {.policy_type = POLICY_TYPE_STS,
                                .failed_sessions = 1,
                                .failures = &failure,
                                .failure_count = 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_report report = {.begin = rows[i].begin,
                                    .end = rows[i].end,
                                    .reporter = TEXT("a.example"),
                                    .policies = &policy,
                                    .policy_count = 1};
        groups_add(&groups, &report);
        assert_int_equal(groups.all.at[0]->span.days, rows[i].days);
        assert_int_equal(group_short(groups.all.at[0]), rows[i].days == 1);
    }
    const struct span *span = &groups.all.at[0]->span;
    assert_int_equal(span->first_begin, DAY);
    assert_int_equal(span->first_end, 2 * DAY - 1);
    assert_int_equal(span->last_begin, 6 * DAY);
    assert_int_equal(span->last_end, 6 * DAY);
    assert_int_equal(span->reports, 5);
    assert_int_equal(groups.all.at[0]->reports.count, 5);
}

static void equal_quotes_are_one(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    struct tls_failure failures[] = {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1),
                                     detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)};
    for (int i = 0; i < 6; i++) {
        char age[16];
        snprintf(age, sizeof age, "max_age: %d", i % 3);
        struct text line = text_of(age);
        struct tls_policy policies[] = {{.policy_type = POLICY_TYPE_STS,
                                         .policy_strings = {&line, 1},
                                         .failed_sessions = i == 5 ? 0 : 2,
                                         .failures = failures,
                                         .failure_count = i == 5 ? 0 : 2},
                                        {.policy_type = POLICY_TYPE_TLSA,
                                         .policy_strings = {&line, i == 0},
                                         .successful_sessions = 1}};
        struct tls_report report = {.begin = i * DAY,
                                    .end = i * DAY + 1,
                                    .reporter = TEXT("a.example"),
                                    .policies = policies,
                                    .policy_count = 2};
        groups_add(&groups, &report);
    }
    const struct failure_group *group = groups.all.at[0];
    assert_int_equal(group->quotes.count, 3);
    assert_int_equal(group->quotes.at[0].span.first_begin, 0);
    assert_int_equal(group->quotes.at[0].span.last_begin, 3 * DAY);
    assert_int_equal(group->quotes.at[0].span.reports, 2);
    assert_int_equal(group->quotes.at[0].sessions, 4);
    assert_int_equal(group->span.reports, 5);
    assert_int_equal(group->quotes.at[2].sessions, 2); /* the last report has no failure */
    assert_true(
        text_equal(group->quotes.at[1].quote->policy_strings.at[0], TEXT("max_age: 1")));
    /* The tlsa policy beside the failure is known too. */
    assert_int_equal(groups.quotes.count, 4);
}

static void of_many_quotes_some_are_kept(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    struct tls_failure failure = detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1);
    for (int i = 0; i < 100; i++) {
        char age[16];
        snprintf(age, sizeof age, "max_age: %d", i);
        struct text line = text_of(age);
        struct tls_policy policy = {.policy_type = POLICY_TYPE_STS,
                                    .policy_strings = {&line, 1},
                                    .failed_sessions = 1,
                                    .failures = &failure,
                                    .failure_count = 1};
        struct tls_report report = {.reporter = TEXT("a.example"),
                                    .begin = DAY,
                                    .end = DAY,
                                    .policies = &policy,
                                    .policy_count = 1};
        groups_add(&groups, &report);
    }
    assert_int_equal(groups.quotes.count, QUOTES_PER_REPORTER);
    assert_int_equal(groups.all.at[0]->quotes.count, GROUP_QUOTES);
    assert_true(groups.all.at[0]->quotes.more);
    assert_int_equal(groups.all.at[0]->sessions, 100);
}

static void networks_are_of_24_or_48_bits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool one;
    } rows[] = {
        {"192.0.2.1", "192.0.2.254", true},
        {"192.0.2.1", "192.0.3.1", false},
        {"2001:db8:1:2::1", "2001:db8:1:ffff::9", true},
        {"2001:db8:1::1", "2001:db8:2::1", false},
        {"::ffff:192.0.2.1", "192.0.2.77", true},
        {"::1", "192.0.2.1", false},
        {"192.0.2.1", NULL, false},
        {NULL, NULL, false},
        {"192.0.2.1", "no address", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct networks both = {0}, a = {0}, b = {0};
        networks_add(&both, text_of(rows[i].a));
        networks_add(&both, text_of(rows[i].b));
        networks_add(&a, text_of(rows[i].a));
        networks_add(&b, text_of(rows[i].b));
        struct networks joined = networks_join(&a, &b);
        if (networks_are_one(&both) != rows[i].one || networks_are_one(&joined) != rows[i].one)
            fail_msg("row %zu", i);
    }
}

static void few_is_at_most_five_and_under_five_percent(void **state)
{
    (void)state;
    assert_true(sessions_few(5, 101));
    assert_false(sessions_few(5, 100));
    assert_false(sessions_few(6, 100000));
    assert_true(sessions_few(1, 21));
    assert_false(sessions_few(1, 20));
}

static void others_succeed_where_windows_overlap(void **state)
{
    (void)state;
    static const struct {
        const char *reporter;
        int day;
        struct row row;
        size_t others;
    } rows[] = {
        {"b.example", 2, {POLICY_TYPE_STS, 9, 0}, 1},
        {"a.example", 2, {POLICY_TYPE_STS, 9, 0}, 0},  /* the same */
        {NULL, 2, {POLICY_TYPE_STS, 9, 0}, 0},         /* nobody knows who */
        {"b.example", 3, {POLICY_TYPE_STS, 9, 0}, 0},  /* another day */
        {"b.example", 2, {POLICY_TYPE_STS, 9, 1}, 0},  /* fails too */
        {"b.example", 2, {POLICY_TYPE_TLSA, 9, 0}, 0}, /* checks other things */
        {"b.example", 2, {POLICY_TYPE_STS, 0, 0}, 0},  /* sent nothing */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA_AUTO arena = {0};
        struct groups groups = groups_new(&arena);
        ADD(&groups, "a.example", 2,
            {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}});
        add(&groups, rows[i].reporter, rows[i].day, &rows[i].row, 1);
        groups_finish(&groups);
        if (groups.all.at[0]->others_succeeding != rows[i].others)
            fail_msg("row %zu: %zu", i, groups.all.at[0]->others_succeeding);
        assert_int_equal(group_others_succeed(groups.all.at[0]), rows[i].others > 0);
    }
}

static void reporters_are_compared_group_by_group(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    const struct row good = {POLICY_TYPE_STS, 9, 0};
    const struct row bad = {
        POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}};
    const struct row worse = {
        POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_HOST_MISMATCH, "mx", 1)}};
    add(&groups, "a.example", 1, &bad, 1);
    add(&groups, "b.example", 1, &bad, 1);
    add(&groups, "b.example", 3, &good, 1);
    add(&groups, "c.example", 3, &good, 1); /* between two of the group's reports */
    add(&groups, "a.example", 5, &bad, 1);
    add(&groups, "a.example", 7, &worse, 1);
    add(&groups, "b.example", 7, &good, 1);
    add(&groups, "b.example", 7, &good, 1); /* one reporter all the same */
    groups_finish(&groups);
    assert_int_equal(
        find(&groups, POLICY_TYPE_STS, RESULT_CERTIFICATE_EXPIRED)->others_succeeding, 0);
    assert_int_equal(
        find(&groups, POLICY_TYPE_STS, RESULT_CERTIFICATE_HOST_MISMATCH)->others_succeeding, 1);
}

static void successes_since_speak_for_one_mx_or_where_nothing_fails(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    ADD(&groups, "a.example", 1,
        {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}});
    ADD(&groups, "a.example", 2, {POLICY_TYPE_STS, 5, 0});
    ADD(&groups, "a.example", 3, {POLICY_TYPE_TLSA, 5, 0});
    ADD(&groups, "b.example", 3, {POLICY_TYPE_STS, 5, 0});
    ADD(&groups, "a.example", 4,
        {POLICY_TYPE_STS, 5, 1, {detail(RESULT_STARTTLS_NOT_SUPPORTED, "mx2", 1)}});
    const struct reporter_seen *reporter = groups_reporter(&groups, TEXT("a.example"), true);
    assert_int_equal(reporter->reports.count, 4);
    assert_int_equal(reporter_successes_since(&groups, reporter, POLICY_TYPE_STS, DAY, false),
                     1);
    assert_int_equal(reporter_successes_since(&groups, reporter, POLICY_TYPE_STS, DAY, true),
                     2);
    assert_int_equal(
        reporter_successes_since(&groups, reporter, POLICY_TYPE_STS, 2 * DAY, false), 0);
}

/* ---- strangers ---- */

static void an_absurd_count_takes_nothing_from_the_others(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    const struct row absurd = {
        POLICY_TYPE_STS, 0, INT64_MAX, {detail(RESULT_VALIDATION_FAILURE, "mx", INT64_MAX)}};
    const struct row real = {
        POLICY_TYPE_STS, 0, 7, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 7)}};
    add_as(&groups, AUTHENTICATED_NONE, "x.example", 1, &absurd, 1);
    add(&groups, "a.example", 1, &real, 1);
    add(&groups, "y.example", 1, &absurd,
        1); /* as large, and authenticated: before the first */
    groups_finish(&groups);
    groups_settle(&groups, NULL, NULL);
    assert_int_equal(groups.all.at[0]->carried, 0);
    assert_int_equal(groups.all.at[1]->carried, 7);
    assert_int_equal(groups.all.at[2]->carried, INT64_MAX - 7);
    assert_true(groups_reconcile(&groups));
}

static void under_one_name_what_is_authenticated_stands_apart(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    const struct row bad = {
        POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}};
    const struct row good = {POLICY_TYPE_STS, INT64_MAX, 0};
    add(&groups, "a.example", 1, &bad, 1);
    add_as(&groups, AUTHENTICATED_FAIL, "a.example", 2, &good, 1);
    add_as(&groups, AUTHENTICATED_NONE, "a.example", 3, &good, 1);
    add_as(&groups, AUTHENTICATED_NONE, "a.example", 4, &bad, 1);
    groups_finish(&groups);
    assert_int_equal(groups.all.count, 2);
    assert_true(groups.all.at[0]->authenticated && !groups.all.at[1]->authenticated);
    const struct reporter_seen *real = groups_reporter(&groups, TEXT("a.example"), true);
    const struct reporter_seen *forged = groups_reporter(&groups, TEXT("a.example"), false);
    assert_ptr_equal(real->twin, forged);
    assert_ptr_equal(forged->twin, real);
    assert_true(forged->is_second && !real->is_second);
    assert_int_equal(real->reports.count, 1);
    assert_int_equal(real->total.successful, 0);
    assert_int_equal(reporter_successes_since(&groups, real, POLICY_TYPE_STS, DAY, true), 0);
    assert_false(reporters_independent(real, forged));
}

static void what_is_not_authenticated_succeeds_for_its_like_alone(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    const struct row bad = {
        POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}};
    const struct row good = {POLICY_TYPE_STS, 9, 0};
    add(&groups, "a.example", 1, &bad, 1);
    add_as(&groups, AUTHENTICATED_NONE, "b.example", 1, &bad, 1);
    add_as(&groups, AUTHENTICATED_NONE, "c.example", 1, &good, 1);
    add(&groups, "c.example", 1, &good, 1); /* one name, once */
    add_as(&groups, AUTHENTICATED_NONE, "d.example", 1, &good, 1);
    groups_finish(&groups);
    assert_int_equal(groups.all.at[0]->others_succeeding, 1);
    assert_int_equal(groups.all.at[1]->others_succeeding, 2);
}

static void strangers_use_up_no_room_of_what_is_authenticated(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct groups groups = groups_new(&arena);
    for (int i = 0; i < GROUPS_PER_DOMAIN + 10; i++) {
        char reporter[32];
        snprintf(reporter, sizeof reporter, "r%d.example", i);
        struct row row = {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}};
        add_as(&groups, AUTHENTICATED_NONE, reporter, 1, &row, 1);
    }
    ADD(&groups, "a.example", 1,
        {POLICY_TYPE_STS, 0, 1, {detail(RESULT_CERTIFICATE_EXPIRED, "mx", 1)}});
    const struct failure_group *last = groups.all.at[groups.all.count - 1];
    assert_true(last->authenticated && last->reporter && !last->overflow);
    assert_true(groups.all.at[groups.all.count - 2]->overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_type_with_more_failures_carries_the_sessions),
        cmocka_unit_test(a_tie_goes_to_the_higher_rank_then_to_sts),
        cmocka_unit_test(what_has_no_details_is_a_group_of_its_own),
        cmocka_unit_test(the_carried_sessions_add_up_to_the_failed_ones),
        cmocka_unit_test(many_names_end_in_one_overflow_group),
        cmocka_unit_test(many_reporters_end_there_too),
        cmocka_unit_test(no_order_of_keys_makes_a_tree_deep),
        cmocka_unit_test(long_lists_say_that_there_is_more),
        cmocka_unit_test(a_group_knows_when_it_was_seen),
        cmocka_unit_test(equal_quotes_are_one),
        cmocka_unit_test(of_many_quotes_some_are_kept),
        cmocka_unit_test(networks_are_of_24_or_48_bits),
        cmocka_unit_test(few_is_at_most_five_and_under_five_percent),
        cmocka_unit_test(others_succeed_where_windows_overlap),
        cmocka_unit_test(reporters_are_compared_group_by_group),
        cmocka_unit_test(successes_since_speak_for_one_mx_or_where_nothing_fails),
        cmocka_unit_test(an_absurd_count_takes_nothing_from_the_others),
        cmocka_unit_test(under_one_name_what_is_authenticated_stands_apart),
        cmocka_unit_test(what_is_not_authenticated_succeeds_for_its_like_alone),
        cmocka_unit_test(strangers_use_up_no_room_of_what_is_authenticated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
