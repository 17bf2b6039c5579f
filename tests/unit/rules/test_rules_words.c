/* Present, absent, failed, unknown; then and now; the policy that was applied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "published/observation_json.h"
#include "rules/words.h"

static const char published_text[] =
    "{\"domain\":\"example.com\",\"taken_at\":\"2026-06-08T12:00:00Z\","
    "\"records\":["
    "{\"name\":\"example.com\",\"type\":\"MX\",\"ttl\":300,\"value\":\"10 "
    "MX1.example.com\",\"dnssec\":\"secure\"},"
    "{\"name\":\"example.com\",\"type\":\"MX\",\"ttl\":60,\"value\":\"20 "
    "mx2.example.com\",\"dnssec\":\"insecure\"},"
    "{\"name\":\"_mta-sts.example.com\",\"type\":\"CNAME\",\"ttl\":300,\"value\":\"sts.example."
    "net\",\"dnssec\":\"insecure\"},"
    "{\"name\":\"sts.example.net\",\"type\":\"TXT\",\"ttl\":300,\"value\":\"v=STSv1; "
    "id=1;\",\"dnssec\":\"secure\"},"
    "{\"name\":\"loop.example.com\",\"type\":\"CNAME\",\"ttl\":1,\"value\":\"loop.example."
    "com\",\"dnssec\":\"secure\"},"
    "{\"name\":\"_25._tcp.mx2.example.com\",\"type\":\"TLSA\",\"ttl\":1,\"value\":\"3 1 1 "
    "ab\",\"dnssec\":\"bogus\"}],"
    "\"lookups\":["
    "{\"name\":\"_smtp._tls.example.com\",\"type\":\"TXT\",\"status\":\"nxdomain\",\"dnssec\":"
    "\"secure\"},"
    "{\"name\":\"mx1.example.com\",\"type\":\"AAAA\",\"status\":\"nodata\",\"dnssec\":"
    "\"secure\"},"
    "{\"name\":\"mx2.example.com\",\"type\":\"AAAA\",\"status\":\"timeout\",\"dnssec\":"
    "\"indeterminate\"},"
    "{\"name\":\"_25._tcp.mx1.example.com\",\"type\":\"TLSA\",\"status\":\"servfail\","
    "\"dnssec\":\"indeterminate\"}]}";

static struct observation *read_observation(struct arena *arena)
{
    struct observation *observation = arena_new(arena, struct observation);
    struct error err;
    if (!observation_read(text_of(published_text), arena, observation, &err))
        fail_msg("%s", err.text);
    return observation;
}

static void each_answer_is_one_of_four(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type;
        enum fact fact;
        enum dnssec dnssec;
    } rows[] = {
        {"example.com", "MX", FACT_PRESENT, DNSSEC_INSECURE},
        {"_smtp._tls.example.com", "TXT", FACT_ABSENT, DNSSEC_SECURE},
        {"mx1.example.com", "AAAA", FACT_ABSENT, DNSSEC_SECURE},
        {"mx2.example.com", "AAAA", FACT_FAILED, DNSSEC_INDETERMINATE},
        {"mx2.example.com", "A", FACT_UNKNOWN, DNSSEC_UNKNOWN},
        {"_mta-sts.example.com", "TXT", FACT_PRESENT, DNSSEC_INSECURE},
        {"_mta-sts.example.com", "CNAME", FACT_PRESENT, DNSSEC_INSECURE},
        {"loop.example.com", "A", FACT_UNKNOWN, DNSSEC_SECURE},
    };
    ARENA_AUTO arena = {0};
    struct facts facts;
    facts_of(read_observation(&arena), &arena, &facts);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct published set =
            published_of(&facts, text_of(rows[i].name), text_of(rows[i].type), &arena);
        if (set.fact != rows[i].fact || set.dnssec != rows[i].dnssec)
            fail_msg("%s %s: fact %u, dnssec %u", rows[i].name, rows[i].type, set.fact,
                     set.dnssec);
    }
    assert_int_equal(published_of(NULL, TEXT("example.com"), TEXT("MX"), &arena).fact,
                     FACT_UNKNOWN);
    assert_int_equal(published_tlsa(&facts, TEXT("mx1.example.com"), &arena).fact, FACT_FAILED);
    /* A bogus answer carries data, and is not believed. */
    struct published bogus = published_tlsa(&facts, TEXT("mx2.example.com"), &arena);
    assert_int_equal(bogus.fact, FACT_FAILED);
    assert_int_equal(bogus.status, LOOKUP_BOGUS);
}

static void mx_names_come_without_preference(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct facts facts;
    facts_of(read_observation(&arena), &arena, &facts);
    struct published mx = published_mx(&facts, TEXT("example.com"), &arena);
    assert_int_equal(mx.values.count, 2);
    assert_true(text_equal(mx.values.at[0], TEXT("mx1.example.com")));
    assert_int_equal(mx.ttl, 60);
}

static void then_is_the_nearest_and_of_two_the_earlier(void **state)
{
    (void)state;
    struct observation times[] = {
        {.taken_at = 100}, {.taken_at = 200}, {.taken_at = 300}, {.taken_at = 1000}};
    const struct observation *list[] = {&times[0], &times[1], &times[2], &times[3]};
    struct history history = {list, 4};
    static const struct {
        int64_t begin, end;
        size_t then;
    } rows[] = {{0, 50, 0},    {150, 250, 1}, {150, 350, 1}, {250, 250, 1},
                {251, 260, 2}, {640, 660, 2}, {651, 660, 3}, {5000, 6000, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_ptr_equal(history_then(&history, rows[i].begin, rows[i].end),
                         list[rows[i].then]);
    assert_ptr_equal(history_now(&history), list[3]);
    struct history none = {0};
    assert_null(history_then(&none, 0, 1));
    assert_null(history_now(&none));
}

static void confidence_wanes_with_distance(void **state)
{
    (void)state;
    assert_int_equal(confidence_at(0), CONFIDENCE_CONFIRMED);
    assert_int_equal(confidence_at(TIME_DAY), CONFIDENCE_CONFIRMED);
    assert_int_equal(confidence_at(TIME_DAY + 1), CONFIDENCE_LIKELY);
    assert_int_equal(confidence_at(7 * TIME_DAY), CONFIDENCE_LIKELY);
    assert_int_equal(confidence_at(7 * TIME_DAY + 1), CONFIDENCE_POSSIBLE);
}

static struct observation *served(struct arena *arena, const char *body)
{
    struct observation *observation = observation_new(arena, TEXT("example.com"), 0);
    observation->policy = observed_policy_new(arena);
    observation->policy->status = FETCH_OK;
    observation->policy->body = text_of(body);
    return observation;
}

static void the_policy_applied_is_quoted_else_then_else_now(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct text good[] = {TEXT_ROW("version: STSv1"), TEXT_ROW("mode: none"),
                          TEXT_ROW("max_age: 1")};
    struct text bad[] = {TEXT_ROW("version: STSv1")};
    struct text_list quoted = {good, 3}, broken = {bad, 1}, nothing = {0};
    struct observation *then =
        served(&arena, "version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 2\n");
    struct observation *now =
        served(&arena, "version: STSv1\nmode: testing\nmx: a.example.com\nmax_age: 3\n");
    struct mta_sts_policy policy;
    enum policy_source source;
    assert_true(policy_applied(&quoted, then, now, &arena, &policy, &source));
    assert_int_equal(source, POLICY_QUOTED);
    assert_int_equal(policy.max_age, 1);
    assert_true(policy_applied(&broken, then, now, &arena, &policy, &source));
    assert_int_equal(source, POLICY_SERVED_THEN);
    assert_int_equal(policy.max_age, 2);
    assert_true(policy_applied(&nothing, NULL, now, &arena, &policy, &source));
    assert_int_equal(source, POLICY_SERVED_NOW);
    assert_false(policy_applied(&nothing, NULL, NULL, &arena, &policy, &source));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_one_of_four),
        cmocka_unit_test(mx_names_come_without_preference),
        cmocka_unit_test(then_is_the_nearest_and_of_two_the_earlier),
        cmocka_unit_test(confidence_wanes_with_distance),
        cmocka_unit_test(the_policy_applied_is_quoted_else_then_else_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
