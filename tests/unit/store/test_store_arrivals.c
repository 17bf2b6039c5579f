/* When reports came for a domain: the table is as if it were counted anew each time. */
#include "store/arrivals.h"

#include "store_testing.h"

enum { DAY = 86400 };

static struct tls_report *at(struct place *place, const char *content, int64_t begin)
{
    struct tls_report *report = make_report(place, content);
    report->report_id = text_of(content);
    report->begin = begin;
    report->end = begin == TIME_UNKNOWN ? begin : begin + DAY - 1;
    return report;
}

static struct arrivals of(struct place *place, const char *domain, int64_t now)
{
    struct arrivals_list list;
    struct error err = {0};
    if (!store_arrivals(place->store, now, &place->arena, &list, &err))
        fail_msg("%s", err.text);
    const struct arrivals *found = arrivals_of(&list, text_of(domain));
    return found ? *found : (struct arrivals){.last_end = TIME_UNKNOWN};
}

/* The table, and what it would be if it were counted anew. */
static void assert_counted(struct place *place)
{
    static const char table[] = "SELECT group_concat(attribution || ' ' || last_begin || ' ' "
                                "|| last_end || ' ' || days)"
                                " FROM (SELECT * FROM arrival ORDER BY attribution)";
    static const char anew[] =
        "SELECT group_concat(a || ' ' || b || ' ' || e || ' ' || days) FROM"
        " (SELECT l.a, l.b, l.e, (SELECT sum(1 << (l.b / 86400 - d)) FROM"
        "   (SELECT DISTINCT begin_at / 86400 AS d FROM policy WHERE counted = 1"
        "    AND attribution = l.a AND begin_at / 86400 >= l.b / 86400 - 14)) AS days"
        "  FROM (SELECT p.attribution AS a, max(p.begin_at) AS b,"
        "         max(coalesce(r.end_at, p.begin_at)) AS e"
        "        FROM policy p JOIN report r ON r.id = p.report"
        "        WHERE p.counted = 1 AND p.begin_at IS NOT NULL GROUP BY 1) l ORDER BY l.a)";
    char *kept = strdup(ask(place, table));
    assert_string_equal(kept, ask(place, anew));
    free(kept);
}

static void the_days_before_the_last_are_counted_once(void **state)
{
    struct place *place = *state;
    put(place, at(place, "a", DAY_1));
    put(place, at(place, "b", DAY_1 + 20 * DAY));
    put(place, at(place, "c", DAY_1 + 20 * DAY - 3600));
    put(place, at(place, "d", DAY_1 + 19 * DAY));
    put(place, at(place, "e", DAY_1 + 6 * DAY));
    put(place, at(place, "f", DAY_1 + 5 * DAY));
    put(place, at(place, "g", TIME_UNKNOWN));
    struct arrivals arrivals = of(place, "example.com", DAY_1 + 100 * DAY);
    assert_int_equal(arrivals.last_end, DAY_1 + 21 * DAY - 1);
    assert_int_equal(arrivals.days_before, 2); /* the 19th and the 6th */
    assert_counted(place);
}

static void a_later_report_moves_the_days(void **state)
{
    struct place *place = *state;
    put(place, at(place, "a", DAY_1));
    put(place, at(place, "b", DAY_1 + 14 * DAY));
    assert_int_equal(of(place, "example.com", DAY_1 + 99 * DAY).days_before, 1);
    put(place, at(place, "c", DAY_1 + 15 * DAY));
    assert_int_equal(of(place, "example.com", DAY_1 + 99 * DAY).days_before, 1);
    put(place, at(place, "d", DAY_1 + 4000 * DAY));
    assert_int_equal(of(place, "example.com", DAY_1 + 5000 * DAY).days_before, 0);
    assert_counted(place);
}

static void what_begins_later_than_now_is_not_there_yet(void **state)
{
    struct place *place = *state;
    put(place, at(place, "a", DAY_1));
    put(place, at(place, "b", DAY_2));
    put(place, at(place, "c", DAY_3));
    struct arrivals arrivals = of(place, "example.com", DAY_2);
    assert_int_equal(arrivals.last_end, DAY_3 - 1);
    assert_int_equal(arrivals.days_before, 1);
    assert_int_equal(of(place, "example.com", DAY_1 - 1).last_end, TIME_UNKNOWN);
}

static void the_types_of_a_domain_count_together(void **state)
{
    struct place *place = *state;
    struct tls_report *other = at(place, "b", DAY_3);
    other->policies[0].policy_type = POLICY_TYPE_NO_POLICY_FOUND;
    put(place, at(place, "a", DAY_1));
    put(place, other);
    struct arrivals arrivals = of(place, "example.com", DAY_3);
    assert_int_equal(arrivals.last_end, DAY_3 + DAY - 1);
    assert_int_equal(arrivals.days_before, 1);
    assert_counted(place);
}

static void what_counts_no_more_is_gone(void **state)
{
    struct place *place = *state;
    struct tls_report *first = at(place, "a", DAY_2), *second = at(place, "a", DAY_2);
    first->sent_at = DAY_2;
    second->sent_at = DAY_3;
    second->sha256[0] ^= 1;
    second->policies[0].policy_type = POLICY_TYPE_NO_POLICY_FOUND;
    put(place, at(place, "b", DAY_1));
    put(place, first);
    put(place, second);
    assert_string_equal(ask(place, "SELECT count(*) FROM retract"), "1");
    assert_counted(place);
    struct prune_counts counts;
    struct error err = {0};
    assert_true(store_prune(place->store, DAY_2 + 1, &counts, &err));
    assert_int_equal(counts.reports, 1);
    assert_counted(place);
    assert_true(store_prune(place->store, DAY_3 + DAY, &counts, &err));
    assert_string_equal(ask(place, "SELECT count(*) FROM arrival"), "0");
}

/* A database of the schema before this table. */
static void an_older_database_is_counted(void **state)
{
    struct place *place = *state;
    put(place, at(place, "a", DAY_1));
    put(place, at(place, "b", DAY_3));
    put(place, at(place, "c", DAY_3 + 40 * DAY));
    put(place, at(place, "d", DAY_3 + 39 * DAY));
    put(place, at(place, "e", TIME_UNKNOWN));
    store_close(place->store);
    place->store = NULL;
    tell(place, "DROP TABLE arrival; PRAGMA user_version = 6");
    place_open_as(place, STORE_WRITE);
    assert_counted(place);
    assert_int_equal(of(place, "example.com", DAY_3 + 40 * DAY).days_before, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_days_before_the_last_are_counted_once,
                                        place_set_up_open, place_tear_down),
        cmocka_unit_test_setup_teardown(a_later_report_moves_the_days, place_set_up_open,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(what_begins_later_than_now_is_not_there_yet,
                                        place_set_up_open, place_tear_down),
        cmocka_unit_test_setup_teardown(the_types_of_a_domain_count_together, place_set_up_open,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(what_counts_no_more_is_gone, place_set_up_open,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(an_older_database_is_counted, place_set_up_open,
                                        place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
