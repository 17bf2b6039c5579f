/* What is learned of renewals from the observations, and when the next one is to be expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/renewals.h"

#define DAY ((int64_t)TIME_DAY)

enum { NEVER = INT32_MIN };

/* One answer of mx1.example.com, by day. */
struct seen {
    int day;
    const char *certificate, *key; /* null certificate: of the policy host */
    int from, to;                  /* NEVER: not known */
    const char *address;           /* null: 192.0.2.1 */
    const char *detail;
};

struct scene {
    struct arena arena;
    struct inquiry inquiry;
};

static int64_t at_day(int day)
{
    return day == NEVER ? TIME_UNKNOWN : 1000 * DAY + day * DAY;
}

static void add_answer(struct arena *arena, struct observation *observation,
                       const struct seen *seen)
{
    struct observed_smtp answer = {
        .mx = TEXT("mx1.example.com"),
        .address = text_of(seen->address ? seen->address : "192.0.2.1"),
        .status = SMTP_OK,
        .starttls = ANSWER_YES,
        .detail = seen->detail ? text_of(seen->detail) : TEXT_UNKNOWN};
    answer.certificate = observed_certificate_new(arena);
    answer.certificate->cert_sha256 = text_of(seen->certificate);
    answer.certificate->spki_sha256 = seen->key ? text_of(seen->key) : TEXT_UNKNOWN;
    answer.certificate->not_before = at_day(seen->from);
    answer.certificate->not_after = at_day(seen->to);
    VECTOR_ADD(arena, &observation->smtp, answer);
}

/* Rows of one day are one observation. */
static void look(struct scene *scene, const struct seen *rows, size_t count)
{
    memset(scene, 0, sizeof *scene);
    struct arena *arena = &scene->arena;
    scene->inquiry = (struct inquiry){.arena = arena, .domain = TEXT("example.com")};
    struct observation *observation = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!i || rows[i].day != rows[i - 1].day) {
            observation = observation_new(arena, scene->inquiry.domain, at_day(rows[i].day));
            struct observed_record mx = {.name = scene->inquiry.domain,
                                         .type = TEXT("MX"),
                                         .value = TEXT("10 mx1.example.com")};
            VECTOR_ADD(arena, &observation->records, mx);
        }
        if (rows[i].certificate) {
            add_answer(arena, observation, &rows[i]);
        } else {
            observation->policy = observed_policy_new(arena);
            observation->policy->certificate_not_after = at_day(rows[i].to);
        }
        if (i + 1 == count || rows[i + 1].day != rows[i].day)
            inquiry_observed(&scene->inquiry, observation, (int64_t)i);
    }
    scene->inquiry.now = at_day(rows[count - 1].day);
}

#define LOOK(scene, ...)                                                                       \
    do {                                                                                       \
        const struct seen rows[] = {__VA_ARGS__};                                              \
        look((scene), rows, sizeof rows / sizeof *rows);                                       \
    } while (0)

static struct renewals the_one(struct scene *scene)
{
    struct renewals_list list = renewals_of_mx(&scene->inquiry, TEXT("mx1.example.com"));
    assert_int_equal(list.count, 1);
    assert_false(text_known(list.at[0].address));
    return list.at[0];
}

static struct expected_renewal next_of(struct scene *scene)
{
    struct renewals renewals = the_one(scene);
    return renewals_next(&scene->inquiry, &renewals);
}

static void assert_text(struct text text, const char *wanted)
{
    if (!text_equal(text, text_of(wanted)))
        fail_msg("\"%.*s\" in place of \"%s\"", TEXT_ARGS(text), wanted);
}

/* ---- rhythms ---- */

static void a_steady_rhythm(void **state)
{
    struct scene scene;
    (void)state;
    /* Certificates of 90 days, a new one each 60, a new key each time. */
    LOOK(&scene, {1, "a", "ka", 0, 90}, {59, "a", "ka", 0, 90}, {61, "b", "kb", 60, 150},
         {119, "b", "kb", 60, 150}, {121, "c", "kc", 120, 210}, {122, "c", "kc", 120, 210});
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, at_day(180));
    assert_int_equal(next.end, at_day(210));
    assert_int_equal(next.usual, at_day(180));
    assert_false(next.overdue);
    assert_text(next.basis, "renewed 2 times, 30 days before the end each time");
    struct renewals renewals = the_one(&scene);
    assert_int_equal(renewals.count, 3);
    assert_int_equal(renewals.changes, 2);
    assert_int_equal(renewals.with_new_key, 2);
    assert_int_equal(renewals.at[1].key_kept, ANSWER_NO);
    assert_int_equal(renewals.change_from, 3);
    assert_int_equal(renewals.change_to, 4);
    arena_free(&scene.arena);
}

static void a_key_that_is_kept(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "k", 0, 90}, {81, "b", "k", 80, 170}, {82, "b", "k", 80, 170});
    struct renewals renewals = the_one(&scene);
    assert_int_equal(renewals.changes, 1);
    assert_int_equal(renewals.with_new_key, 0);
    assert_int_equal(renewals.at[1].key_kept, ANSWER_YES);
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, at_day(160));
    assert_text(next.basis, "renewed once, 10 days before the end");
    arena_free(&scene.arena);
}

static void an_early_reissue_sets_no_rule(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 60, 150}, {75, "c", "3", 74, 164},
         {135, "d", "4", 134, 224}, {136, "d", "4", 134, 224});
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, at_day(194));
    assert_text(next.basis,
                "renewed 3 times, from 76 days before the end to 30 days before the "
                "end, as a rule 30 days before the end");
    arena_free(&scene.arena);
    /* Alone it tells nothing. */
    LOOK(&scene, {1, "a", "1", 0, 90}, {11, "b", "2", 10, 100}, {12, "b", "2", 10, 100});
    next = next_of(&scene);
    assert_int_equal(next.at, TIME_UNKNOWN);
    assert_int_equal(next.usual, at_day(70));
    assert_false(text_known(next.basis));
    arena_free(&scene.arena);
    /* Near miss: at the same share of its life, but it is always so. */
    LOOK(&scene, {1, "a", "1", 0, 90}, {11, "b", "2", 10, 100}, {21, "c", "3", 20, 110},
         {22, "c", "3", 20, 110});
    assert_int_equal(next_of(&scene).at, at_day(30));
    arena_free(&scene.arena);
}

static void shorter_certificates_are_renewed_by_the_same_share(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 60, 150}, {121, "c", "3", 120, 165},
         {122, "c", "3", 120, 165});
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, at_day(150));
    assert_text(next.basis, "renewed 2 times, 15 days before the end each time, reckoned for a "
                            "certificate that lives as long as the one in use");
    arena_free(&scene.arena);
}

/* A habit of long ago counts for nothing once there are eight of another. */
static void only_the_latest_count(void **state)
{
    struct scene scene;
    (void)state;
    struct seen rows[24] = {{0}};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f",
                                        "g", "h", "i", "j", "k", "l"};
    int from = 0;
    for (size_t i = 0; i < 12; i++) {
        rows[2 * i] = (struct seen){from + 1, names[i], names[i], from, from + 90, NULL, NULL};
        rows[2 * i + 1] = rows[2 * i];
        rows[2 * i + 1].day++;
        from += i < 3 ? 80 : 60;
    }
    look(&scene, rows, 24);
    struct expected_renewal next = next_of(&scene);
    assert_text(next.basis,
                "renewed 11 times, the last 8 of them, 30 days before the end each time");
    assert_int_equal(next.at, next.end - 30 * DAY);
    arena_free(&scene.arena);
}

static void what_is_late_is_overdue_once_it_was_seen(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 60, 150}, {122, "b", "2", 60, 150});
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, at_day(120));
    assert_true(next.overdue);
    assert_int_equal(renewals_date(&next, scene.inquiry.now), at_day(150));
    arena_free(&scene.arena);
    /* Near misses: on the day after, and where nobody has looked since. */
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 60, 150}, {121, "b", "2", 60, 150});
    assert_false(next_of(&scene).overdue);
    arena_free(&scene.arena);
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 60, 150});
    scene.inquiry.now = at_day(140);
    assert_false(next_of(&scene).overdue);
    arena_free(&scene.arena);
}

/* ---- what cannot be told ---- */

static void renewals_that_nobody_saw_tell_nothing(void **state)
{
    struct scene scene;
    (void)state;
    /* The new one has no date of its own, and was first seen weeks later. */
    LOOK(&scene, {1, "a", "1", 0, 90}, {50, "b", "2", NEVER, 150}, {51, "b", "2", NEVER, 150});
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, TIME_UNKNOWN);
    assert_int_equal(next.usual, TIME_UNKNOWN);
    assert_int_equal(renewals_date(&next, scene.inquiry.now), at_day(150));
    arena_free(&scene.arena);
    /* Near miss: within a week. */
    LOOK(&scene, {1, "a", "1", 0, 90}, {58, "a", "1", 0, 90}, {60, "b", "2", NEVER, 150},
         {61, "b", "2", NEVER, 150});
    assert_int_equal(next_of(&scene).at, at_day(120));
    arena_free(&scene.arena);
}

static void dates_that_contradict_each_other_are_not_believed(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", 90, 0}, {61, "b", "2", 60, 150}, {62, "b", "2", 60, 150});
    struct expected_renewal next = next_of(&scene);
    assert_int_equal(next.at, TIME_UNKNOWN);
    assert_int_equal(next.end, at_day(150));
    arena_free(&scene.arena);
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 150, 60}, {62, "b", "2", 150, 60});
    next = next_of(&scene);
    assert_int_equal(next.end, TIME_UNKNOWN);
    assert_int_equal(renewals_date(&next, scene.inquiry.now), TIME_UNKNOWN);
    arena_free(&scene.arena);
}

static void unknown_dates_and_no_answer_at_all(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", NEVER, NEVER}, {2, "b", NULL, NEVER, NEVER});
    struct renewals renewals = the_one(&scene);
    assert_int_equal(renewals.changes, 0);
    assert_int_equal(renewals.at[1].key_kept, ANSWER_UNKNOWN);
    assert_int_equal(next_of(&scene).end, TIME_UNKNOWN);
    assert_int_equal(renewals_of_mx(&scene.inquiry, TEXT("mx2.example.com")).count, 0);
    struct renewals none = renewals_of_policy_host(&scene.inquiry);
    assert_int_equal(renewals_next(&scene.inquiry, &none).at, TIME_UNKNOWN);
    arena_free(&scene.arena);
}

/* A node that comes back with the old certificate has not renewed it. */
static void one_that_returns_was_not_renewed(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", -60, 30}, {2, "b", "2", -59, 31}, {3, "a", "1", -60, 30},
         {4, "b", "2", -59, 31}, {5, "a", "1", -60, 30});
    struct renewals renewals = the_one(&scene);
    assert_int_equal(renewals.count, 2);
    assert_int_equal(renewals.current, 0);
    assert_int_equal(renewals.changes, 4);
    assert_int_equal(next_of(&scene).at, TIME_UNKNOWN);
    arena_free(&scene.arena);
}

/* ---- several addresses ---- */

static void two_addresses_that_renew_apart(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", 0, 90}, {1, "x", "7", -20, 70, "192.0.2.2"},
         {51, "a", "1", 0, 90}, {51, "y", "8", 50, 140, "192.0.2.2"}, {61, "b", "2", 60, 150},
         {61, "y", "8", 50, 140, "192.0.2.2"});
    struct renewals_list list = renewals_of_mx(&scene.inquiry, TEXT("mx1.example.com"));
    assert_int_equal(list.count, 2);
    assert_text(list.at[0].address, "192.0.2.1");
    assert_int_equal(renewals_next(&scene.inquiry, &list.at[0]).at, at_day(120));
    assert_text(list.at[1].address, "192.0.2.2");
    assert_int_equal(renewals_next(&scene.inquiry, &list.at[1]).at, at_day(120));
    assert_int_equal(renewals_next(&scene.inquiry, &list.at[1]).end, at_day(140));
    arena_free(&scene.arena);
    /* Near miss: two addresses of one certificate. */
    LOOK(&scene, {1, "a", "1", 0, 90}, {1, "a", "1", 0, 90, "192.0.2.2"});
    assert_int_equal(the_one(&scene).count, 1);
    arena_free(&scene.arena);
}

static void one_address_with_two_machines_has_no_history(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, "a", "1", 0, 90}, {61, "b", "2", 60, 150},
         {61, "x", "3", 60, 150, NULL, "another answer of the same address"});
    struct renewals_list list = renewals_of_mx(&scene.inquiry, TEXT("mx1.example.com"));
    assert_int_equal(list.count, 2);
    assert_true(list.at[0].mixed);
    assert_int_equal(renewals_next(&scene.inquiry, &list.at[0]).at, TIME_UNKNOWN);
    arena_free(&scene.arena);
    /* Near miss: RSA and ECDSA of one server. */
    LOOK(&scene, {1, "a", "1", 0, 90},
         {1, "x", "3", 0, 90, NULL, "presented to those who ask for an ECDSA key"},
         {61, "b", "2", 60, 150},
         {61, "y", "4", 61, 151, NULL, "presented to those who ask for an ECDSA key"});
    list = renewals_of_mx(&scene.inquiry, TEXT("mx1.example.com"));
    assert_int_equal(list.count, 2);
    assert_int_equal(renewals_next(&scene.inquiry, &list.at[0]).at, at_day(120));
    assert_int_equal(renewals_next(&scene.inquiry, &list.at[1]).at, at_day(122));
    arena_free(&scene.arena);
}

/* ---- the policy host ---- */

static void the_policy_host_by_its_ends_alone(void **state)
{
    struct scene scene;
    (void)state;
    LOOK(&scene, {1, .to = 90}, {59, .to = 90}, {60, .to = 150}, {61, .to = 150});
    struct renewals renewals = renewals_of_policy_host(&scene.inquiry);
    struct expected_renewal next = renewals_next(&scene.inquiry, &renewals);
    assert_text(renewals.host, "mta-sts.example.com");
    assert_int_equal(next.at, at_day(120));
    assert_int_equal(next.usual, TIME_UNKNOWN);
    arena_free(&scene.arena);
    /* Near miss: seen a month later, nobody knows when it was. */
    LOOK(&scene, {1, .to = 90}, {30, .to = 90}, {60, .to = 150}, {61, .to = 150});
    renewals = renewals_of_policy_host(&scene.inquiry);
    assert_int_equal(renewals_next(&scene.inquiry, &renewals).at, TIME_UNKNOWN);
    arena_free(&scene.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_rhythm),
        cmocka_unit_test(a_key_that_is_kept),
        cmocka_unit_test(an_early_reissue_sets_no_rule),
        cmocka_unit_test(shorter_certificates_are_renewed_by_the_same_share),
        cmocka_unit_test(only_the_latest_count),
        cmocka_unit_test(what_is_late_is_overdue_once_it_was_seen),
        cmocka_unit_test(renewals_that_nobody_saw_tell_nothing),
        cmocka_unit_test(dates_that_contradict_each_other_are_not_believed),
        cmocka_unit_test(unknown_dates_and_no_answer_at_all),
        cmocka_unit_test(one_that_returns_was_not_renewed),
        cmocka_unit_test(two_addresses_that_renew_apart),
        cmocka_unit_test(one_address_with_two_machines_has_no_history),
        cmocka_unit_test(the_policy_host_by_its_ends_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
