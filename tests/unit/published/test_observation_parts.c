#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "published/observation_json.h"

/* What clang-format would make of these strings nobody could read. */
/* clang-format off */
#define HEAD "{\"domain\":\"example.com\",\"taken_at\":\"2026-11-24T00:00:00Z\""
#define MX(ttl, value) \
    "{\"name\":\"example.com\",\"type\":\"MX\",\"ttl\":" ttl ",\"value\":\"" value "\"," \
    "\"dnssec\":\"secure\"}"
#define TXT "{\"name\":\"_smtp._tls.example.com\",\"type\":\"TXT\",\"ttl\":60,\"value\":\"x\"}"
#define LOOKUP(type) "{\"name\":\"example.com\",\"type\":\"" type "\",\"status\":\"nodata\"}"
#define AUTHORITY \
    "{\"server\":\"ns2.example.net\",\"name\":\"example.com\",\"type\":\"MX\"," \
    "\"status\":\"ok\",\"values\":[\"10 old.example.com\"]}"
#define PROBE(mx, address) "{\"mx\":\"" mx "\",\"address\":\"" address "\",\"status\":\"ok\"}"

static const char first[] =
    HEAD
    ",\"records\":[" MX("300", "20 mx2.example.com") "," MX("200", "10 mx1.example.com") ","
    TXT "]"
    ",\"lookups\":[" LOOKUP("TXT") "," LOOKUP("MX") "]"
    ",\"authorities\":[" AUTHORITY "]"
    ",\"policy\":{\"status\":\"no-host\",\"detail\":null}"
    ",\"smtp\":["
    PROBE("mx2.example.com", "192.0.2.2") ","
    PROBE("mx1.example.com", "192.0.2.9") ","
    PROBE("mx1.example.com", "192.0.2.1") "]}";

/* The same in another order, with repetitions and other TTLs. */
static const char second[] =
    HEAD
    ",\"smtp\":["
    PROBE("mx1.example.com", "192.0.2.1") ","
    PROBE("mx1.example.com", "192.0.2.9") ","
    PROBE("mx2.example.com", "192.0.2.2") ","
    PROBE("mx2.example.com", "192.0.2.2") "]"
    ",\"records\":[" TXT "," MX("7", "10 mx1.example.com") "," MX("8", "20 mx2.example.com") ","
    MX("9", "10 mx1.example.com") "]"
    ",\"policy\":{\"detail\":null,\"status\":\"no-host\"}"
    ",\"lookups\":[" LOOKUP("MX") "," LOOKUP("TXT") "]"
    ",\"authorities\":[" AUTHORITY "]}";

/* Sorted as the parts are, and of one TTL a set. */
static const char sorted[] =
    HEAD
    ",\"records\":[" MX("300", "10 mx1.example.com") "," MX("300", "20 mx2.example.com") "]"
    ",\"lookups\":[],\"policy\":{\"status\":\"no-host\"},\"smtp\":[]}";

static const struct {
    enum observation_part_kind kind;
    const char *name, *type;
    uint32_t ttl;
    const char *json;
} wanted[] = {
    {OBSERVATION_PART_SCOPE, NULL, NULL, 0,
     "{\"records\":[],\"lookups\":[],\"authorities\":[],\"smtp\":[]}"},
    {OBSERVATION_PART_RECORDS, "_smtp._tls.example.com", "TXT", 60,
     "{\"records\":[{\"name\":\"_smtp._tls.example.com\",\"type\":\"TXT\",\"value\":\"x\"}]}"},
    {OBSERVATION_PART_RECORDS, "example.com", "MX", 200,
     "{\"records\":[{\"name\":\"example.com\",\"type\":\"MX\","
     "\"value\":\"10 mx1.example.com\",\"dnssec\":\"secure\"},"
     "{\"name\":\"example.com\",\"type\":\"MX\","
     "\"value\":\"20 mx2.example.com\",\"dnssec\":\"secure\"}],"
     "\"lookups\":[" LOOKUP("MX") "]}"},
    {OBSERVATION_PART_RECORDS, "example.com", "TXT", 0, "{\"lookups\":[" LOOKUP("TXT") "]}"},
    {OBSERVATION_PART_AUTHORITIES, "example.com", "MX", 0, "{\"authorities\":[" AUTHORITY "]}"},
    {OBSERVATION_PART_POLICY, NULL, NULL, 0,
     "{\"policy\":{\"status\":\"no-host\",\"detail\":null}}"},
    {OBSERVATION_PART_SMTP, "mx1.example.com", NULL, 0,
     "{\"smtp\":[" PROBE("mx1.example.com", "192.0.2.1") ","
     PROBE("mx1.example.com", "192.0.2.9") "]}"},
    {OBSERVATION_PART_SMTP, "mx2.example.com", NULL, 0,
     "{\"smtp\":[" PROBE("mx2.example.com", "192.0.2.2") "]}"},
};
/* clang-format on */

static struct observation_parts split(const char *document, struct arena *arena)
{
    struct observation observation;
    struct observation_parts parts;
    struct error err = {0};
    if (!observation_read(text_of(document), arena, &observation, &err))
        fail_msg("%s", err.text);
    observation_split(&observation, arena, &parts);
    return parts;
}

static void parts_hold_one_thing_each_in_canonical_form(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct observation_parts parts = split(first, &arena);
    assert_int_equal(parts.count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < parts.count; i++) {
        assert_int_equal(parts.at[i].kind, wanted[i].kind);
        assert_true(text_equal(parts.at[i].name, text_of(wanted[i].name)));
        assert_true(text_equal(parts.at[i].type, text_of(wanted[i].type)));
        assert_int_equal(parts.at[i].ttl.known, wanted[i].ttl != 0);
        assert_int_equal(parts.at[i].ttl.value, wanted[i].ttl);
        assert_string_equal(parts.at[i].json.at, wanted[i].json);
    }
}

static void order_repetition_and_ttl_change_no_part(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct observation_parts a = split(first, &arena), b = split(second, &arena);
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        assert_string_equal(a.at[i].json.at, b.at[i].json.at);
    assert_int_equal(b.at[2].ttl.value, 7);
}

static void parts_join_to_the_same_in_any_order(void **state)
{
    (void)state;
    static const char *const documents[] = {
        first,
        second,
        HEAD "}",
        HEAD ",\"records\":[],\"policy\":null,\"smtp\":[]}",
        HEAD ",\"lookups\":null,\"smtp\":[" PROBE("mx1.example.com", "192.0.2.1") "]}",
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct observation_parts parts = split(documents[i], &arena), again;
        for (int backwards = 0; backwards < 2; backwards++) {
            struct observation *joined =
                observation_new(&arena, TEXT("example.com"), 1795478400);
            for (size_t j = 0; j < parts.count; j++)
                assert_true(observation_join(
                    joined, &parts.at[backwards ? parts.count - 1 - j : j], &arena, NULL));
            observation_split(joined, &arena, &again);
            assert_int_equal(again.count, parts.count);
            for (size_t j = 0; j < parts.count; j++) {
                assert_string_equal(again.at[j].json.at, parts.at[j].json.at);
                assert_int_equal(again.at[j].ttl.value, parts.at[j].ttl.value);
            }
        }
    }
}

static void a_joined_observation_is_the_whole_one(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    struct observation_parts parts = split(sorted, &arena);
    struct observation *joined = observation_new(&arena, TEXT("example.com"), 1795478400);
    for (size_t i = 0; i < parts.count; i++)
        assert_true(observation_join(joined, &parts.at[i], &arena, NULL));
    observation_write(&buffer, joined);
    assert_true(text_equal(buffer_text(&buffer), text_of(sorted)));
}

static void what_is_no_part_is_refused(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct error err = {0};
    struct observation *joined = observation_new(&arena, TEXT("example.com"), 0);
    struct observation_part part = {.json = TEXT("{\"smtp\":[{}]}")};
    assert_false(observation_join(joined, &part, &arena, &err));
    assert_string_equal(err.text, "a stored part of an observation: smtp[0].mx: is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_hold_one_thing_each_in_canonical_form),
        cmocka_unit_test(order_repetition_and_ttl_change_no_part),
        cmocka_unit_test(parts_join_to_the_same_in_any_order),
        cmocka_unit_test(a_joined_observation_is_the_whole_one),
        cmocka_unit_test(what_is_no_part_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
