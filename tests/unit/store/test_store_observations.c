#include "store/observations.h"
#include "store/store_internal.h"
#include "store_testing.h"

static struct stored_observation *observed(struct place *place, const char *domain,
                                           int64_t taken_at, const char *const *parts)
{
    struct stored_observation *observation =
        arena_new(&place->arena, struct stored_observation);
    *observation = (struct stored_observation){.domain = text_of(domain), .taken_at = taken_at};
    for (; *parts; parts++) {
        struct stored_part part = {text_of(*parts), 300};
        VECTOR_ADD(&place->arena, observation, part);
    }
    return observation;
}

#define OBSERVED(place, domain, taken_at, ...)                                                 \
    observed((place), (domain), (taken_at), (const char *const[]){__VA_ARGS__, NULL})

static struct stored_observation *
with_mx(struct place *place, struct stored_observation *observation, const char *mx)
{
    observation->mx_known = true;
    if (mx)
        text_list_add(&place->arena, &observation->mx_hosts, text_of(mx));
    return observation;
}

static enum observation_outcome keep(struct place *place,
                                     const struct stored_observation *observation)
{
    struct error err = {0};
    enum observation_outcome outcome;
    begin(place);
    if (!store_put_observation(place->store, observation, &outcome, &err))
        fail_msg("%s", err.text);
    commit(place);
    return outcome;
}

static void write_observation(struct buffer *out, const struct stored_observation *observation)
{
    buffer_format(out, "%lld:", (long long)(observation->taken_at - DAY_1));
    for (size_t i = 0; i < observation->count; i++)
        buffer_format(out, " %.*s/%lld", TEXT_ARGS(observation->at[i].json),
                      (long long)observation->at[i].ttl);
}

/* "TIME: PART/TTL PART/TTL", times from DAY_1 on; "" for none. */
static const char *get(struct place *place, const char *domain, enum observation_wanted wanted,
                       int64_t time)
{
    struct stored_observation observation;
    struct error err = {0};
    bool found;
    BUFFER_AUTO out = {0};
    if (!store_get_observation(place->store, text_of(domain), wanted, time, &place->arena,
                               &observation, &found, &err))
        fail_msg("%s", err.text);
    if (found)
        write_observation(&out, &observation);
    return text_string(&place->arena, out.length ? buffer_text(&out) : TEXT(""));
}

static bool list_one(void *context, const struct stored_observation *observation)
{
    struct buffer *out = context;
    if (out->length)
        buffer_add_text(out, TEXT("; "));
    write_observation(out, observation);
    return true;
}

static const char *all_of(struct place *place, const char *domain)
{
    struct error err = {0};
    BUFFER_AUTO out = {0};
    if (!store_observations(place->store, text_of(domain), 0, INT64_MAX, list_one, &out, &err))
        fail_msg("%s", err.text);
    return text_string(&place->arena, out.length ? buffer_text(&out) : TEXT(""));
}

static void the_one_in_force_is_found(void **state)
{
    struct place *place = *state;
    keep(place, OBSERVED(place, "a.example", DAY_1, "{1}"));
    keep(place, OBSERVED(place, "a.example", DAY_2, "{2}", "{3}"));
    keep(place, OBSERVED(place, "b.example", DAY_2 + 5, "{4}"));
    assert_string_equal(get(place, "a.example", OBSERVATION_AT, DAY_1 - 1), "");
    assert_string_equal(get(place, "a.example", OBSERVATION_AT, DAY_1), "0: {1}/300");
    assert_string_equal(get(place, "a.example", OBSERVATION_AT, DAY_2 - 1), "0: {1}/300");
    assert_string_equal(get(place, "a.example", OBSERVATION_AT, DAY_3),
                        "86400: {2}/300 {3}/300");
    assert_string_equal(get(place, "a.example", OBSERVATION_AFTER, 0), "0: {1}/300");
    assert_string_equal(get(place, "a.example", OBSERVATION_AFTER, DAY_1 + 1),
                        "86400: {2}/300 {3}/300");
    assert_string_equal(get(place, "a.example", OBSERVATION_AFTER, DAY_2 + 1), "");
    assert_string_equal(get(place, "c.example", OBSERVATION_AT, DAY_3), "");
}

static void what_is_unchanged_costs_one_row(void **state)
{
    struct place *place = *state;
    for (int day = 0; day < 5; day++)
        keep(place, OBSERVED(place, "a.example", DAY_1 + day, "{1}", "{2}"));
    keep(place, OBSERVED(place, "a.example", DAY_2, "{1}", "{3}"));
    keep(place, OBSERVED(place, "b.example", DAY_2, "{1}", "{3}"));
    assert_string_equal(ask(place, "SELECT count(*) FROM observation"), "7");
    assert_string_equal(ask(place, "SELECT count(*) FROM observed_content"), "2");
    assert_string_equal(ask(place, "SELECT count(*) FROM observed_part"), "3");
    assert_string_equal(ask(place, "SELECT count(*) FROM observation WHERE ttls IS NOT NULL"),
                        "0");
    assert_string_equal(ask(place, "SELECT group_concat(part) FROM v_observation"
                                   " WHERE domain = 'b.example'"),
                        "{1},{3}");
    assert_sound(place);
}

static void ttls_come_back_as_they_were(void **state)
{
    static const int64_t ttls[] = {0, 1, 126, 127, 128, 16383, 86400, UINT32_MAX, TTL_UNKNOWN};
    struct place *place = *state;
    struct buffer expected = {0};
    for (size_t i = 0; i < sizeof ttls / sizeof *ttls; i++) {
        struct stored_observation *observation =
            OBSERVED(place, "a.example", DAY_1 + (int64_t)i, "{1}", "{2}");
        observation->at[0].ttl = ttls[i];
        keep(place, observation);
        buffer_format(&expected, "%s%zu: {1}/%lld {2}/300", i ? "; " : "", i,
                      (long long)ttls[i]);
    }
    buffer_add_char(&expected, 0);
    assert_string_equal(all_of(place, "a.example"), expected.at);
    assert_string_equal(ask(place, "SELECT count(*) FROM observed_content"), "1");
    buffer_free(&expected);
}

static void twice_changes_nothing(void **state)
{
    struct place *place = *state;
    assert_int_equal(keep(place, OBSERVED(place, "a.example", DAY_1, "{1}")),
                     OBSERVATION_STORED);
    assert_int_equal(keep(place, OBSERVED(place, "a.example", DAY_1, "{1}")),
                     OBSERVATION_KNOWN);
    assert_string_equal(all_of(place, "a.example"), "0: {1}/300");
}

/* All orders of four observations, three of them of the same second. */
static void the_order_of_imports_does_not_matter(void **state)
{
    struct place *place = *state;
    const char *expected = NULL;
    for (int order = 0; order < 24; order++) {
        char domain[32];
        snprintf(domain, sizeof domain, "d%d.example", order);
        struct stored_observation *all[] = {
            OBSERVED(place, domain, DAY_1, "{1}", "{2}"),
            OBSERVED(place, domain, DAY_1, "{1}", "{3}"),
            OBSERVED(place, domain, DAY_1, "{4}"),
            OBSERVED(place, domain, DAY_2, "{1}"),
        };
        all[order % 2]->at[0].ttl = 7;
        for (int left = 4, rest = order; left > 0; rest /= left, left--) {
            int next = rest % left;
            keep(place, all[next]);
            all[next] = all[left - 1];
        }
        /* The TTLs of the domains with an odd number differ. */
        if (order % 2 == 0 && expected)
            assert_string_equal(all_of(place, domain), expected);
        else if (order % 2 == 0)
            expected = all_of(place, domain);
    }
}

static void of_one_second_and_content_one_ttl_is_kept(void **state)
{
    struct place *place = *state;
    for (int first = 0; first < 2; first++) {
        const char *domain = first ? "a.example" : "b.example";
        for (int i = 0; i < 2; i++) {
            struct stored_observation *observation = OBSERVED(place, domain, DAY_1, "{1}");
            observation->at[0].ttl = i == first ? 60 : 5;
            keep(place, observation);
        }
        assert_string_equal(all_of(place, domain), "0: {1}/60");
    }
}

static void of_one_second_the_fuller_one_is_kept(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 8; i++) {
        char domain[32], part[32];
        snprintf(domain, sizeof domain, "d%d.example", i);
        snprintf(part, sizeof part, "{\"%d\":0}", i);
        keep(place, OBSERVED(place, domain, DAY_1, "{1}", "{2}"));
        assert_int_equal(keep(place, OBSERVED(place, domain, DAY_1, part)),
                         OBSERVATION_OTHER_KEPT);
    }
    keep(place, OBSERVED(place, "a.example", DAY_1, "{1}", "{2}"));
    assert_int_equal(keep(place, OBSERVED(place, "a.example", DAY_1, "{3}")),
                     OBSERVATION_OTHER_KEPT);
    assert_int_equal(keep(place, OBSERVED(place, "a.example", DAY_1, "{4}", "{5}", "{6}")),
                     OBSERVATION_STORED);
    assert_string_equal(all_of(place, "a.example"), "0: {4}/300 {5}/300 {6}/300");
}

static void an_observation_without_a_time_is_refused(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    enum observation_outcome outcome;
    begin(place);
    assert_false(store_put_observation(
        place->store, OBSERVED(place, "a.example", TIME_UNKNOWN, "{1}"), &outcome, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    store_rollback(place->store);
}

static void times_and_domains_are_listed_up_to_now(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct text_list domains;
    int64_t *times;
    size_t count;
    keep(place, OBSERVED(place, "b.example", DAY_2, "{1}"));
    keep(place, OBSERVED(place, "b.example", DAY_1, "{1}"));
    keep(place, OBSERVED(place, "a.example", DAY_3, "{1}"));
    assert_true(store_observation_times(place->store, TEXT("b.example"), DAY_3, &place->arena,
                                        &times, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(times[0], DAY_1);
    assert_int_equal(times[1], DAY_2);
    assert_true(store_observation_times(place->store, TEXT("b.example"), DAY_1, &place->arena,
                                        &times, &count, &err));
    assert_int_equal(count, 1);
    assert_true(store_observed_domains(place->store, DAY_2, &place->arena, &domains, &err));
    assert_int_equal(domains.count, 1);
    assert_true(store_observed_domains(place->store, DAY_3, &place->arena, &domains, &err));
    assert_int_equal(domains.count, 2);
    assert_true(text_equal(domains.at[0], TEXT("a.example")));
}

static void reported_domains_come_by_sessions(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct text_list domains;
    struct tls_report *report = make_report(place, "a");
    add_policy(place, report, POLICY_TYPE_STS, "busy.example")->successful_sessions = 50;
    add_policy(place, report, POLICY_TYPE_STS, "quiet.example")->failed_sessions = 1;
    put(place, report);
    assert_true(
        store_reported_domains(place->store, DAY_1, DAY_1, 2, &place->arena, &domains, &err));
    assert_int_equal(domains.count, 2);
    assert_true(text_equal(domains.at[0], TEXT("busy.example")));
    assert_true(text_equal(domains.at[1], TEXT("example.com")));
    assert_true(store_reported_domains(place->store, DAY_1 + 1, DAY_3, 2, &place->arena,
                                       &domains, &err));
    assert_int_equal(domains.count, 0);
}

/* ---- the attribution ---- */

/* A report about the MX host mx.example that names no domain: row 1 is its policy. */
static void put_host_report(struct place *place)
{
    struct tls_report *report = make_report(place, "host");
    report->report_domain = report->named_domain = TEXT_UNKNOWN;
    report->policies[0].policy_type = POLICY_TYPE_TLSA;
    report->policies[0].policy_domain = TEXT("mx.example");
    put(place, report);
}

static void a_report_of_a_host_goes_to_the_one_domain_that_has_it(void **state)
{
    struct place *place = *state;
    put_host_report(place);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx.example");
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_1, "{1}"), "mx.example"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=a.example");
    keep(place, with_mx(place, OBSERVED(place, "b.example", DAY_1, "{2}"), "mx.example"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx.example");
    /* b.example moves away. */
    keep(place, with_mx(place, OBSERVED(place, "b.example", DAY_2, "{3}"), "mx2.example"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=a.example");
    /* What is imported later but older changes nothing; nor does a failed look-up. */
    keep(place, with_mx(place, OBSERVED(place, "b.example", DAY_1 + 9, "{2}"), "mx.example"));
    keep(place, OBSERVED(place, "a.example", DAY_3, "{4}"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=a.example");
    /* An MX set that is known to be empty does. */
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_3 + 1, "{5}"), NULL));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx.example");
    assert_sound(place);
}

static void a_later_report_of_a_host_is_attributed_too(void **state)
{
    struct place *place = *state;
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_1, "{1}"), "mx.example"));
    put_host_report(place);
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=a.example");
}

static void an_observed_host_stands_for_itself(void **state)
{
    struct place *place = *state;
    put_host_report(place);
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_1, "{1}"), "mx.example"));
    keep(place, OBSERVED(place, "mx.example", DAY_1, "{2}"));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=mx.example");
}

static void what_is_observed_after_now_attributes_nothing(void **state)
{
    static const struct {
        int64_t now;
        const char *rows;
    } cases[] = {
        {DAY_1 - 1, "p1=mx.example"}, {DAY_1, "p1=a.example"},         {DAY_2, "p1=b.example"},
        {DAY_3, "p1=mx.example"},     {TIME_UNKNOWN, "p1=mx.example"},
    };
    struct place *place = *state;
    struct text_list none = {0};
    struct error err = {0};
    put_host_report(place);
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_1, "{1}"), "mx.example"));
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_2, "{2}"), "mx2.example"));
    keep(place, with_mx(place, OBSERVED(place, "b.example", DAY_2, "{3}"), "mx.example"));
    keep(place, OBSERVED(place, "mx.example", DAY_3, "{4}"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place_open_as(place, STORE_READ);
        store_set_now(place->store, cases[i].now);
        assert_true(store_set_configured(place->store, &none, &err));
        assert_string_equal(rows_of(place, ALL_ROWS), cases[i].rows);
    }
}

/* ---- an older database ---- */

static void a_database_without_observations_gets_room_for_them(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    tell(place, store_migrations[0].sql);
    assert_null(store_open(place->path, STORE_READ, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    place_open_as(place, STORE_WRITE);
    keep(place, OBSERVED(place, "a.example", DAY_1, "{1}"));
    assert_string_equal(all_of(place, "a.example"), "0: {1}/300");
    assert_sound(place);
}

/* ---- retention ---- */

static void prune_keeps_what_was_in_force(void **state)
{
    struct place *place = *state;
    struct prune_counts counts;
    struct error err = {0};
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_1, "{1}"), "mx1.example"));
    keep(place, with_mx(place, OBSERVED(place, "a.example", DAY_1 + 5, "{2}"), "mx2.example"));
    keep(place, OBSERVED(place, "a.example", DAY_3, "{3}"));
    keep(place, OBSERVED(place, "b.example", DAY_1, "{4}"));
    assert_true(store_prune(place->store, DAY_2, &counts, &err));
    assert_int_equal(counts.observations, 1);
    assert_string_equal(all_of(place, "a.example"), "5: {2}/300; 172800: {3}/300");
    assert_string_equal(all_of(place, "b.example"), "0: {4}/300");
    assert_string_equal(ask(place, "SELECT count(*) FROM observed_part"), "3");
    assert_string_equal(ask(place, "SELECT count(*) FROM observed_content"), "3");
    assert_string_equal(ask(place, "SELECT group_concat(text) FROM text WHERE text GLOB 'mx*'"),
                        "mx2.example");
    assert_sound(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_one_in_force_is_found),
        STORE_TEST(what_is_unchanged_costs_one_row),
        STORE_TEST(ttls_come_back_as_they_were),
        STORE_TEST(twice_changes_nothing),
        STORE_TEST(the_order_of_imports_does_not_matter),
        STORE_TEST(of_one_second_and_content_one_ttl_is_kept),
        STORE_TEST(of_one_second_the_fuller_one_is_kept),
        STORE_TEST(an_observation_without_a_time_is_refused),
        STORE_TEST(times_and_domains_are_listed_up_to_now),
        STORE_TEST(reported_domains_come_by_sessions),
        STORE_TEST(a_report_of_a_host_goes_to_the_one_domain_that_has_it),
        STORE_TEST(a_later_report_of_a_host_is_attributed_too),
        STORE_TEST(an_observed_host_stands_for_itself),
        STORE_TEST(what_is_observed_after_now_attributes_nothing),
        PLACE_TEST(a_database_without_observations_gets_room_for_them),
        STORE_TEST(prune_keeps_what_was_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
