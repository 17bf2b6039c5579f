/* What may become of a session: one thing alone is known, several are bounds, each with its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ahead/outcome.h"

static const struct verdict_answer good = {VERDICT_DELIVER, CLAUSE_STS_GOOD},
                                   bad = {VERDICT_REFUSE, CLAUSE_STS_MX_NOT_LISTED},
                                   open = {VERDICT_UNKNOWN, CLAUSE_STS_NOT_PROBED};

static struct outcome outcome_of(struct verdict_answer answer)
{
    struct outcome outcome = {0};
    outcome_add(&outcome, answer);
    return outcome;
}

static void one_thing_is_known(void **state)
{
    (void)state;
    struct outcome outcome = outcome_of(bad), same = outcome_of(bad);
    outcome_merge(&outcome, &same, OPEN_HOST);
    assert_int_equal(outcome_answer(&outcome).verdict, VERDICT_REFUSE);
    assert_int_equal(outcome_answer(&outcome).clause, CLAUSE_STS_MX_NOT_LISTED);
    assert_int_equal(outcome.open, 0);
}

static void two_things_are_not_and_say_why(void **state)
{
    (void)state;
    struct outcome outcome = outcome_of(good), other = outcome_of(bad);
    outcome_merge(&outcome, &other, OPEN_SENDER);
    assert_int_equal(outcome_answer(&outcome).verdict, VERDICT_UNKNOWN);
    assert_int_equal(outcome_answer(&outcome).clause, CLAUSE_NONE);
    assert_int_equal(outcome.open, OPEN_SENDER);
    assert_int_equal(outcome.clause[VERDICT_REFUSE], CLAUSE_STS_MX_NOT_LISTED);
}

static void what_is_not_known_at_one_host_is_not_known(void **state)
{
    (void)state;
    struct outcome outcome = outcome_of(good), other = outcome_of(open);
    outcome_merge(&outcome, &other, OPEN_HOST);
    assert_int_equal(outcome_answer(&outcome).verdict, VERDICT_UNKNOWN);
    assert_int_equal(outcome_answer(&outcome).clause, CLAUSE_STS_NOT_PROBED);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    struct outcome none = {0}, outcome = {0}, first = outcome_of(good);
    assert_true(outcome_is_empty(&none));
    assert_int_equal(outcome_answer(&none).verdict, VERDICT_UNKNOWN);
    outcome_merge(&outcome, &first, OPEN_HOST);
    outcome_merge(&outcome, &none, OPEN_HOST);
    assert_true(outcome_equal(&outcome, &first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thing_is_known),
        cmocka_unit_test(two_things_are_not_and_say_why),
        cmocka_unit_test(what_is_not_known_at_one_host_is_not_known),
        cmocka_unit_test(nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
