/* What a reporter does as a rule, out of reports of a few words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/time.h"
#include "base/vector.h"
#include "published/observation_json.h"
#include "rules/habits.h"

enum { DAY = TIME_DAY, HOUR = 3600 };

static struct world {
    struct arena arena;
    struct groups groups;
    struct inquiry inquiry;
    int64_t content;
} world;

static int set_up(void **state)
{
    (void)state;
    world = (struct world){0};
    world.groups = groups_new(&world.arena);
    world.inquiry = (struct inquiry){.arena = &world.arena,
                                     .domain = TEXT("example.com"),
                                     .groups = &world.groups,
                                     .since = TIME_UNKNOWN,
                                     .until = TIME_UNKNOWN};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&world.arena);
    return 0;
}

/* ---- reports ---- */

struct sent {
    int day;       /* since 1970 */
    int64_t delay; /* from the end to its receipt; -1: not known */
    uint64_t sessions;
    enum policy_type type;
    const char *mx; /* that the policy quoted lists; null: it quotes none */
    enum authenticated authenticated;
};

static void add(const char *reporter, struct sent sent)
{
    struct text lines[] = {TEXT("version: STSv1"), TEXT("mode: testing"),
                           TEXT("max_age: 86400"),
                           text_format(&world.arena, "mx: %s", sent.mx ? sent.mx : "")};
    struct tls_policy policy = {.policy_type = sent.type ? sent.type : POLICY_TYPE_STS,
                                .successful_sessions = sent.sessions ? sent.sessions : 10,
                                .policy_strings = {lines, sent.mx ? 4 : 0}};
    struct tls_report report = {.reporter = text_of(reporter),
                                .begin = (int64_t)sent.day * DAY,
                                .end = (int64_t)sent.day * DAY + DAY - 1,
                                .received_at = TIME_UNKNOWN,
                                .authenticated = sent.authenticated ? sent.authenticated
                                                                    : AUTHENTICATED_NONE,
                                .policies = &policy,
                                .policy_count = 1};
    if (sent.delay >= 0)
        report.received_at = report.end + sent.delay;
    groups_add(&world.groups, &report);
}

/* ---- observations ---- */

/* At noon of that day the policy lists MX, and where TLSA is set, the host mx has one. */
static void observe(int day, const char *mx, bool tlsa)
{
    char at[TIME_TEXT_SIZE];
    struct error err = {0};
    struct observation *observation = arena_new(&world.arena, struct observation);
    struct text json = text_format(
        &world.arena,
        "{\"domain\":\"example.com\",\"taken_at\":\"%s\",\"records\":["
        "{\"name\":\"example.com\",\"type\":\"MX\",\"ttl\":300,\"value\":\"10 mx.example.com\","
        "\"dnssec\":\"secure\"}%s],\"policy\":{\"url\":"
        "\"https://mta-sts.example.com/.well-known/mta-sts.txt\",\"status\":\"ok\","
        "\"http_status\":200,\"body\":\"version: STSv1\\nmode: testing\\nmax_age: "
        "86400\\nmx: %s\\n\"}}",
        time_text((int64_t)day * DAY + DAY / 2, at),
        tlsa ? ",{\"name\":\"_25._tcp.mx.example.com\",\"type\":\"TLSA\",\"ttl\":300,"
               "\"value\":\"3 1 1 "
               "0000000000000000000000000000000000000000000000000000000000000000\","
               "\"dnssec\":\"secure\"}"
             : "",
        mx);
    if (!observation_read(json, &world.arena, observation, &err))
        fail_msg("%s", err.text);
    inquiry_observed(&world.inquiry, observation, ++world.content);
}

static struct habits learn(int day)
{
    struct habits habits;
    world.inquiry.now = (int64_t)day * DAY;
    groups_finish(&world.groups);
    habits_learn(&world.inquiry, &habits);
    return habits;
}

static struct habit of(int day, const char *reporter)
{
    struct habits habits = learn(day);
    const struct habit *habit = habit_of(&habits, text_of(reporter));
    if (!habit)
        fail_msg("nothing is learned of %s", reporter);
    return *habit;
}

/* ---- days, delays, volume ---- */

static void a_daily_reporter_is_due_a_day_after_its_last(void **state)
{
    (void)state;
    for (int day = 100; day < 110; day++)
        add("daily.example", (struct sent){.day = day, .delay = 9 * HOUR, .sessions = 40});
    struct habit habit = of(110, "daily.example");
    assert_int_equal(habit.reports, 10);
    assert_int_equal(habit.rhythm.days, 10);
    assert_int_equal(habit.sessions, 40);
    assert_int_equal(habit.rhythm.gap, DAY);
    assert_int_equal(habit.rhythm.long_gap, DAY);
    assert_int_equal(habit.delay, 9 * HOUR);
    assert_int_equal(habit.due_at, 110 * DAY - 1 + DAY + 9 * HOUR);
    assert_false(habit.silent);
}

static void it_is_silent_a_day_later_than_usual(void **state)
{
    (void)state;
    for (int day = 100; day < 110; day++)
        add("daily.example", (struct sent){.day = day, .delay = 9 * HOUR});
    assert_false(of(112, "daily.example").silent);
    assert_true(of(113, "daily.example").silent);
}

static void one_that_comes_each_week_is_not_silent_after_a_week(void **state)
{
    (void)state;
    for (int day = 100; day < 150; day += 7)
        add("weekly.example", (struct sent){.day = day, .delay = HOUR});
    assert_int_equal(of(150, "weekly.example").rhythm.gap, 7 * DAY);
    assert_false(of(158, "weekly.example").silent);
    assert_true(of(160, "weekly.example").silent);
}

/* A hole of three weeks is the exception of ten, not the habit. */
static void one_long_hole_is_no_habit(void **state)
{
    (void)state;
    for (int day = 100; day < 115; day++)
        add("daily.example", (struct sent){.day = day, .delay = HOUR});
    for (int day = 136; day < 140; day++)
        add("daily.example", (struct sent){.day = day, .delay = HOUR});
    struct habit habit = of(143, "daily.example");
    assert_int_equal(habit.rhythm.long_gap, DAY);
    assert_true(habit.silent);
}

static void few_reports_tell_no_rhythm(void **state)
{
    (void)state;
    for (int day = 100; day < 105; day++)
        add("new.example", (struct sent){.day = day, .delay = HOUR});
    struct habit habit = of(150, "new.example");
    assert_int_equal(habit.rhythm.gap, TIME_UNKNOWN);
    assert_int_equal(habit.due_at, TIME_UNKNOWN);
    assert_false(habit.silent);
}

static void several_reports_of_a_day_are_one_day(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++)
        add("often.example", (struct sent){.day = 100 + i / 2, .delay = HOUR});
    struct habit habit = of(106, "often.example");
    assert_int_equal(habit.reports, 12);
    assert_int_equal(habit.rhythm.days, 6);
    assert_int_equal(habit.rhythm.gap, DAY);
}

/* A mail that was moved years later, one received before its range was over, one without a date. */
static void absurd_delays_are_none(void **state)
{
    (void)state;
    const int64_t delays[] = {HOUR, 3000LL * DAY, HOUR, -1, 2 * HOUR};
    for (int i = 0; i < 5; i++)
        add("moved.example", (struct sent){.day = 100 + i, .delay = delays[i]});
    assert_int_equal(of(110, "moved.example").delay, HOUR);
}

static void two_delays_are_too_few(void **state)
{
    (void)state;
    add("few.example", (struct sent){.day = 100, .delay = HOUR});
    add("few.example", (struct sent){.day = 101, .delay = HOUR});
    add("few.example", (struct sent){.day = 102, .delay = -1});
    assert_int_equal(of(110, "few.example").delay, TIME_UNKNOWN);
}

static void what_is_signed_in_part_is_one_reporter(void **state)
{
    (void)state;
    for (int day = 100; day < 107; day++)
        add("twin.example",
            (struct sent){.day = day,
                          .delay = HOUR,
                          .authenticated = day % 2 ? AUTHENTICATED_PASS : AUTHENTICATED_NONE});
    struct habits habits = learn(110);
    assert_int_equal(habits.count, 1);
    assert_int_equal(habits.at[0].reports, 7);
    assert_int_equal(habits.at[0].rhythm.gap, DAY);
    assert_true(habits.at[0].authenticated);
}

static void those_with_more_reports_come_first(void **state)
{
    (void)state;
    add("once.example", (struct sent){.day = 100});
    add("twice.example", (struct sent){.day = 100});
    add("twice.example", (struct sent){.day = 101});
    struct habits habits = learn(110);
    assert_int_equal(habits.count, 2);
    assert_int_equal(habits.at[0].reports, 2);
    assert_null(habit_of(&habits, TEXT("never.example")));
}

/* ---- DANE and MTA-STS ---- */

static void dane_is_known_from_a_tlsa_report_or_its_absence(void **state)
{
    (void)state;
    observe(90, "mx.example.com", true);
    add("dane.example", (struct sent){.day = 100, .type = POLICY_TYPE_TLSA});
    add("sts.example", (struct sent){.day = 100, .type = POLICY_TYPE_STS});
    add("none.example", (struct sent){.day = 100, .type = POLICY_TYPE_NO_POLICY_FOUND});
    assert_int_equal(of(110, "dane.example").sender.dane, ANSWER_YES);
    assert_int_equal(of(110, "dane.example").sender.sts, ANSWER_UNKNOWN);
    assert_int_equal(of(110, "sts.example").sender.dane, ANSWER_NO);
    assert_int_equal(of(110, "sts.example").sender.sts, ANSWER_YES);
    assert_int_equal(of(110, "none.example").sender.sts, ANSWER_YES);
}

static void without_a_tlsa_nobody_shows_that_it_does_no_dane(void **state)
{
    (void)state;
    observe(90, "mx.example.com", false);
    add("sts.example", (struct sent){.day = 100, .type = POLICY_TYPE_STS});
    assert_int_equal(of(110, "sts.example").sender.dane, ANSWER_UNKNOWN);
}

/* ---- how long a policy is kept ---- */

/* At noon of day 105 another policy is served. */
static void change_on_105(void)
{
    observe(100, "mx.example.com", false);
    observe(105, "*.example.com", false);
}

static void who_goes_on_with_a_former_policy_keeps_it(void **state)
{
    (void)state;
    change_on_105();
    for (int day = 100; day < 112; day++)
        add("slow.example",
            (struct sent){.day = day, .mx = day < 109 ? "mx.example.com" : "*.example.com"});
    /* Its last report with the former begins on day 108. */
    assert_int_equal(of(112, "slow.example").kept_for, 3 * DAY - DAY / 2);
}

static void who_takes_the_new_one_at_once_keeps_nothing(void **state)
{
    (void)state;
    change_on_105();
    for (int day = 100; day < 112; day++)
        add("quick.example",
            (struct sent){.day = day, .mx = day < 105 ? "mx.example.com" : "*.example.com"});
    assert_int_equal(of(112, "quick.example").kept_for, 0);
}

static void who_has_not_reported_since_tells_nothing(void **state)
{
    (void)state;
    change_on_105();
    for (int day = 100; day < 105; day++)
        add("gone.example", (struct sent){.day = day, .mx = "mx.example.com"});
    assert_int_equal(of(112, "gone.example").kept_for, TIME_UNKNOWN);
}

static void a_policy_that_was_never_served_tells_nothing(void **state)
{
    (void)state;
    change_on_105();
    for (int day = 106; day < 112; day++)
        add("odd.example", (struct sent){.day = day, .mx = "other.example.net"});
    assert_int_equal(of(112, "odd.example").kept_for, TIME_UNKNOWN);
}

/* A stranger's many policies take nothing from what others quote with a signature. */
static void many_policies_of_a_stranger_are_not_kept(void **state)
{
    (void)state;
    change_on_105();
    for (int i = 0; i < 1000; i++) {
        char mx[32];
        (void)snprintf(mx, sizeof mx, "mx%d.example.net", i);
        add("flood.example", (struct sent){.day = 100, .mx = mx});
    }
    for (int day = 100; day < 112; day++)
        add("signed.example",
            (struct sent){.day = day,
                          .mx = day < 107 ? "mx.example.com" : "*.example.com",
                          .authenticated = AUTHENTICATED_PASS});
    assert_true(world.groups.policies.count <= 2 * POLICIES_LEARNED);
    assert_int_equal(of(112, "signed.example").kept_for, DAY / 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_daily_reporter_is_due_a_day_after_its_last),
        TEST(it_is_silent_a_day_later_than_usual),
        TEST(one_that_comes_each_week_is_not_silent_after_a_week),
        TEST(one_long_hole_is_no_habit),
        TEST(few_reports_tell_no_rhythm),
        TEST(several_reports_of_a_day_are_one_day),
        TEST(absurd_delays_are_none),
        TEST(two_delays_are_too_few),
        TEST(what_is_signed_in_part_is_one_reporter),
        TEST(those_with_more_reports_come_first),
        TEST(dane_is_known_from_a_tlsa_report_or_its_absence),
        TEST(without_a_tlsa_nobody_shows_that_it_does_no_dane),
        TEST(who_goes_on_with_a_former_policy_keeps_it),
        TEST(who_takes_the_new_one_at_once_keeps_nothing),
        TEST(who_has_not_reported_since_tells_nothing),
        TEST(a_policy_that_was_never_served_tells_nothing),
        TEST(many_policies_of_a_stranger_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
