/* What somebody has said to be known. */
#include "store_testing.h"

#include "store/acknowledgements.h"

static void acknowledge(struct place *place, struct acknowledgement acknowledgement)
{
    struct error err = {0};
    if (!store_acknowledge(place->store, &acknowledgement, &err))
        fail_msg("%s", err.text);
}

static bool forget(struct place *place, const char *id)
{
    struct error err = {0};
    bool known;
    if (!store_unacknowledge(place->store, text_of(id), &known, &err))
        fail_msg("%s", err.text);
    return known;
}

static struct acknowledgements all_at(struct place *place, int64_t now)
{
    struct acknowledgements list;
    struct error err = {0};
    if (!store_acknowledgements(place->store, now, &place->arena, &list, &err))
        fail_msg("%s", err.text);
    return list;
}

static const struct acknowledgement *at(struct place *place, const char *id, int64_t now)
{
    struct acknowledgements *list = arena_new(&place->arena, struct acknowledgements);
    *list = all_at(place, now);
    return acknowledgement_of(list, text_of(id));
}

static void it_holds_from_when_it_was_given_until_its_time(void **state)
{
    struct place *place = *state;
    acknowledge(place, (struct acknowledgement){TEXT("0000000a"), DAY_2, DAY_3, TEXT("moved")});
    acknowledge(place,
                (struct acknowledgement){TEXT("0000000b"), DAY_2, TIME_UNKNOWN, TEXT_UNKNOWN});
    static const struct {
        int64_t now;
        bool limited, for_good;
    } rows[] = {
        {DAY_1, false, false},    {DAY_2 - 1, false, false},
        {DAY_2, true, true},      {DAY_3 - 1, true, true},
        {DAY_3, false, true},     {DAY_3 + 1, false, true},
        {INT64_MAX, false, true}, {TIME_UNKNOWN + 1, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(at(place, "0000000a", rows[i].now) != NULL, rows[i].limited);
        assert_int_equal(at(place, "0000000b", rows[i].now) != NULL, rows[i].for_good);
    }
}

static void it_is_kept_as_it_was_given(void **state)
{
    struct place *place = *state;
    acknowledge(place, (struct acknowledgement){TEXT("0000000a"), DAY_1, DAY_3,
                                                TEXT("it's \"moved\"\n\xc3\xbc")});
    acknowledge(place,
                (struct acknowledgement){TEXT("0000000b"), DAY_2, TIME_UNKNOWN, TEXT_UNKNOWN});
    place_open_as(place, STORE_READ);
    const struct acknowledgement *limited = at(place, "0000000a", DAY_2),
                                 *for_good = at(place, "0000000b", DAY_2);
    assert_int_equal(limited->acknowledged_at, DAY_1);
    assert_int_equal(limited->until, DAY_3);
    assert_true(text_equal(limited->note, TEXT("it's \"moved\"\n\xc3\xbc")));
    assert_int_equal(for_good->acknowledged_at, DAY_2);
    assert_int_equal(for_good->until, TIME_UNKNOWN);
    assert_false(text_known(for_good->note));
}

static void a_second_one_of_an_id_takes_the_place_of_the_first(void **state)
{
    struct place *place = *state;
    acknowledge(place, (struct acknowledgement){TEXT("0000000a"), DAY_1, DAY_2, TEXT("moved")});
    acknowledge(place,
                (struct acknowledgement){TEXT("0000000a"), DAY_2, TIME_UNKNOWN, TEXT_UNKNOWN});
    struct acknowledgements list = all_at(place, DAY_3);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.at[0].acknowledged_at, DAY_2);
    assert_int_equal(list.at[0].until, TIME_UNKNOWN);
    assert_false(text_known(list.at[0].note));
}

static void undoing_forgets_that_one_and_says_if_there_was_one(void **state)
{
    struct place *place = *state;
    acknowledge(place, (struct acknowledgement){.id = TEXT("0000000a"), .until = TIME_UNKNOWN});
    acknowledge(place, (struct acknowledgement){.id = TEXT("0000000b"), .until = TIME_UNKNOWN});
    assert_false(forget(place, "0000000c"));
    assert_true(forget(place, "0000000a"));
    assert_false(forget(place, "0000000a"));
    assert_null(at(place, "0000000a", DAY_1));
    assert_non_null(at(place, "0000000b", DAY_1));
}

static void each_is_found_by_its_id(void **state)
{
    struct place *place = *state;
    static const char *const ids[] = {"ffffffff", "00000000", "1da1c73d", "9aaaaaaa",
                                      "a0000000"};
    enum { IDS = sizeof ids / sizeof *ids };
    assert_null(at(place, "00000000", DAY_1));
    for (size_t i = 0; i < IDS; i++) {
        acknowledge(place,
                    (struct acknowledgement){.id = text_of(ids[i]), .until = TIME_UNKNOWN});
        for (size_t j = 0; j < IDS; j++) {
            const struct acknowledgement *found = at(place, ids[j], DAY_1);
            assert_int_equal(found != NULL, j <= i);
            assert_true(!found || text_equal(found->id, text_of(ids[j])));
        }
    }
    static const char *const others[] = {"", "1da1c73", "1da1c73e", "00000001", "fffffffe"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(at(place, others[i], DAY_1));
}

static void what_is_no_id_is_refused(void **state)
{
    struct place *place = *state;
    static const char *const ids[] = {"", "1da1", "1da1c73d0"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct acknowledgement acknowledgement = {.id = text_of(ids[i]), .until = TIME_UNKNOWN};
        struct error err = {0};
        assert_false(store_acknowledge(place->store, &acknowledgement, &err));
        assert_int_not_equal(err.code, 0);
    }
    assert_int_equal(all_at(place, DAY_1).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(it_holds_from_when_it_was_given_until_its_time),
        STORE_TEST(it_is_kept_as_it_was_given),
        STORE_TEST(a_second_one_of_an_id_takes_the_place_of_the_first),
        STORE_TEST(undoing_forgets_that_one_and_says_if_there_was_one),
        STORE_TEST(each_is_found_by_its_id),
        STORE_TEST(what_is_no_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
