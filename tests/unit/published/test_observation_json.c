#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "published/observation_json.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "{\"domain\":\"example.com\",\"taken_at\":\"2026-11-24T00:00:00Z\""

/* SPEC.md's example, every key of it, in canonical form. */
static const char whole[] = HEAD
    ",\"records\":[{\"name\":\"example.com\",\"type\":\"MX\",\"ttl\":300,"
    "\"value\":\"10 mx1.example.com\",\"dnssec\":\"secure\"}],"
    "\"lookups\":[{\"name\":\"_mta-sts.example.com\",\"type\":\"TXT\",\"status\":\"nxdomain\","
    "\"dnssec\":\"secure\"}],"
    "\"authorities\":[{\"server\":\"ns2.example.net\",\"address\":\"192.0.2.53\","
    "\"name\":\"example.com\",\"type\":\"MX\",\"status\":\"ok\","
    "\"values\":[\"10 old.example.com\"]}],"
    "\"policy\":{\"url\":\"https://mta-sts.example.com/.well-known/mta-sts.txt\","
    "\"status\":\"ok\",\"http_status\":200,\"content_type\":\"text/plain\","
    "\"body\":\"version: STSv1\\nmode: enforce\\nmx: mx1.example.com\\nmax_age: 604800\\n\","
    "\"certificate_not_after\":\"2027-01-01T00:00:00Z\",\"detail\":null,"
    "\"addresses\":[{\"address\":\"192.0.2.80\",\"status\":\"ok\",\"http_status\":200,"
    "\"body_sha256\":\"" HASH "\"}]},"
    "\"smtp\":[{\"mx\":\"mx1.example.com\",\"address\":\"192.0.2.1\",\"status\":\"ok\","
    "\"starttls\":true,\"banner\":\"220 mx1.example.com ESMTP\",\"starttls_reply\":\"220 "
    "ready\","
    "\"tls_version\":\"TLSv1.3\",\"helo\":\"mx1.example.com\","
    "\"certificate\":{\"names\":[\"mx1.example.com\",\"*.example.com\"],\"issuer\":\"CN=CA\","
    "\"not_before\":\"2026-10-01T00:00:00Z\",\"not_after\":\"2026-12-30T00:00:00Z\","
    "\"trust\":\"trusted\",\"matches_mx\":true,\"spki_sha256\":\"" HASH "\","
    "\"cert_sha256\":\"" HASH "\"},"
    "\"chain\":[{\"subject\":\"CN=CA\",\"spki_sha256\":\"" HASH "\",\"cert_sha256\":\"" HASH
    "\"}],"
    "\"certificate_without_sni\":null,\"dane\":\"match\",\"detail\":null}]}";

static struct text rewrite(struct arena *arena, const struct observation *observation)
{
    BUFFER_AUTO buffer = {0};
    observation_write(&buffer, observation);
    return text_copy(arena, buffer_text(&buffer));
}

static void canonical_documents_come_back_byte_for_byte(void **state)
{
    (void)state;
    static const char *const documents[] = {
        whole,
        HEAD "}",
        HEAD ",\"records\":[],\"lookups\":[],\"authorities\":[],\"policy\":null,\"smtp\":[]}",
        HEAD ",\"records\":null,\"smtp\":null}",
        HEAD ",\"records\":[{\"name\":\"example.com\",\"type\":\"TXT\",\"value\":\"\"}]}",
        HEAD ",\"records\":[{\"name\":\"example.com\",\"type\":\"TXT\",\"ttl\":null,"
             "\"value\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\xc3\xa4\",\"dnssec\":null}]}",
        HEAD ",\"records\":[{\"name\":\"example.com\",\"type\":\"MX\",\"ttl\":0,"
             "\"value\":\"0 .\",\"dnssec\":\"bogus\"}]}",
        HEAD
        ",\"records\":[{\"name\":\"example.com\",\"type\":\"TYPE65534\",\"ttl\":2147483647,"
        "\"value\":\"\\\\# 0\",\"dnssec\":\"indeterminate\"}]}",
        HEAD ",\"policy\":{\"status\":\"no-host\"}}",
        HEAD ",\"policy\":{\"url\":null,\"status\":\"timeout\",\"http_status\":null,"
             "\"content_type\":null,\"body\":null,\"certificate_not_after\":null,"
             "\"detail\":\"\",\"addresses\":[]}}",
        HEAD
        ",\"smtp\":[{\"mx\":\"mx1.example.com\",\"address\":null,\"status\":\"not-probed\","
        "\"starttls\":null,\"certificate\":null,\"chain\":[],\"dane\":null}]}",
        HEAD ",\"smtp\":[{\"mx\":\"mx1.example.com\",\"status\":\"ok\",\"starttls\":false,"
             "\"certificate\":{},\"certificate_without_sni\":{\"names\":[],"
             "\"matches_mx\":false}}]}",
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct observation observation;
        struct error err = {0};
        if (!observation_read(text_of(documents[i]), &arena, &observation, &err))
            fail_msg("%s: %s", documents[i], err.text);
        assert_string_equal(rewrite(&arena, &observation).at, documents[i]);
    }
}

static void every_member_is_read(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct observation observation;
    assert_true(observation_read(TEXT(""), &arena, &observation, NULL) == false);
    assert_true(observation_read(text_of(whole), &arena, &observation, NULL));
    assert_int_equal(observation.taken_at, 1795478400);
    const struct observed_record *record = observation.records.at;
    assert_true(record->ttl.known && record->ttl.value == 300);
    assert_int_equal(record->dnssec, DNSSEC_SECURE);
    assert_int_equal(observation.lookups.at[0].status, LOOKUP_NXDOMAIN);
    assert_true(
        text_equal(observation.authorities.at[0].values.at[0], TEXT("10 old.example.com")));
    const struct observed_policy *policy = observation.policy;
    assert_int_equal(policy->status, FETCH_OK);
    assert_int_equal(policy->http_status.value, 200);
    assert_false(text_known(policy->detail));
    assert_true(policy->nulls & OBSERVED_BIT(POLICY_DETAIL));
    assert_int_equal(policy->addresses.count, 1);
    const struct observed_smtp *smtp = observation.smtp.at;
    assert_int_equal(smtp->starttls, ANSWER_YES);
    assert_int_equal(smtp->dane, DANE_MATCH);
    assert_int_equal(smtp->certificate->trust, TRUST_TRUSTED);
    assert_int_equal(smtp->certificate->names.count, 2);
    assert_int_equal(smtp->certificate->not_after, 1798588800);
    assert_null(smtp->certificate_without_sni);
    assert_true(smtp->nulls & OBSERVED_BIT(PROBE_CERTIFICATE_WITHOUT_SNI));
    assert_int_equal(smtp->chain.count, 1);
}

static void absent_null_and_empty_are_told_apart(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct observation observation;
    assert_true(observation_read(TEXT(HEAD "}"), &arena, &observation, NULL));
    assert_null(observation.smtp.at);
    assert_int_equal(observation.nulls, 0);
    assert_true(observation_read(TEXT(HEAD ",\"smtp\":[],\"policy\":null}"), &arena,
                                 &observation, NULL));
    assert_non_null(observation.smtp.at);
    assert_int_equal(observation.smtp.count, 0);
    assert_null(observation.policy);
    assert_int_equal(observation.nulls, OBSERVED_BIT(OBSERVATION_POLICY));
    assert_true(observation_read(TEXT(HEAD ",\"policy\":{\"status\":\"ok\"}}"), &arena,
                                 &observation, NULL));
    assert_int_equal(observation.policy->certificate_not_after, TIME_UNKNOWN);
    assert_int_equal(observation.policy->nulls, 0);
}

static void what_is_read_becomes_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {" {\"taken_at\":\"2026-11-24t02:30:00.75+02:30\" , \"x\":[{\"y\":1}],\r\n"
         "\"domain\":\"EXAMPLE.com.\"}\n",
         HEAD "}"},
        {"{\"domain\":\"wrong.example\",\"domain\":\"example.com\",\"Domain\":\"other."
         "example\","
         "\"taken_at\":\"2026-11-24T00:00:00Z\"}",
         HEAD "}"},
        {HEAD ",\"policy\":null,\"policy\":{\"status\":\"ok\"}}",
         HEAD ",\"policy\":{\"status\":\"ok\"}}"},
        {HEAD ",\"policy\":{\"status\":\"ok\",\"body\":\"a\",\"body\":null}}",
         HEAD ",\"policy\":{\"status\":\"ok\",\"body\":null}}"},
        {"{\"domain\":\"M\\u00e4il.example\",\"taken_at\":\"2026-11-24T00:00:00Z\"}",
         "{\"domain\":\"xn--mil-qla.example\",\"taken_at\":\"2026-11-24T00:00:00Z\"}"},
        {HEAD ",\"records\":[{\"value\":\"10\\tMX1.Example.com.\",\"type\":\"mx\","
              "\"name\":\"Example.COM.\"}]}",
         HEAD ",\"records\":[{\"name\":\"example.com\",\"type\":\"MX\","
              "\"value\":\"10 mx1.example.com\"}]}"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"AAAA\",\"value\":\"2001:DB8:0:0::1\"},"
              "{\"name\":\"a\",\"type\":\"CNAME\",\"value\":\"B.Example.\"},"
              "{\"name\":\"a\",\"type\":\"TLSA\",\"value\":\"3 1 1 AB CD\"},"
              "{\"name\":\"a\",\"type\":\"TXT\",\"value\":\" As It IS. \"},"
              "{\"name\":\"a\",\"type\":\"MX\",\"value\":\"0 .\"},"
              "{\"name\":\"a\",\"type\":\"MX\",\"value\":\"Nonsense.\"},"
              "{\"name\":\"a\",\"type\":\"TLSA\",\"value\":\"3 1 x\"}]}",
         HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"AAAA\",\"value\":\"2001:db8::1\"},"
              "{\"name\":\"a\",\"type\":\"CNAME\",\"value\":\"b.example\"},"
              "{\"name\":\"a\",\"type\":\"TLSA\",\"value\":\"3 1 1 abcd\"},"
              "{\"name\":\"a\",\"type\":\"TXT\",\"value\":\" As It IS. \"},"
              "{\"name\":\"a\",\"type\":\"MX\",\"value\":\"0 .\"},"
              "{\"name\":\"a\",\"type\":\"MX\",\"value\":\"Nonsense.\"},"
              "{\"name\":\"a\",\"type\":\"TLSA\",\"value\":\"3 1 x\"}]}"},
        {HEAD ",\"smtp\":[{\"mx\":\"MX1.example.com.\",\"address\":\"2001:DB8::0:1\","
              "\"status\":\"ok\"}]}",
         HEAD ",\"smtp\":[{\"mx\":\"mx1.example.com\",\"address\":\"2001:db8::1\","
              "\"status\":\"ok\"}]}"},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct observation observation;
        struct error err = {0};
        if (!observation_read(text_of(cases[i].text), &arena, &observation, &err))
            fail_msg("%s: %s", cases[i].text, err.text);
        struct text once = rewrite(&arena, &observation);
        assert_string_equal(once.at, cases[i].canonical);
        assert_true(observation_read(once, &arena, &observation, NULL));
        assert_string_equal(rewrite(&arena, &observation).at, cases[i].canonical);
    }
}

static void each_error_says_which_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {"{", "the text ends inside the object at byte 1"},
        {HEAD, "the text ends inside the object"},
        {HEAD ",}", "no JSON at byte"},
        {HEAD "}}", "something follows the object"},
        {HEAD "} x", "something follows the object"},
        {"{\"taken_at\":\"2026-11-24T00:00:00Z\"}", "domain: is missing"},
        {"{\"domain\":null,\"taken_at\":\"2026-11-24T00:00:00Z\"}", "domain: may not be null"},
        {"{\"domain\":\"com\",\"taken_at\":\"2026-11-24T00:00:00Z\"}",
         "domain: \"com\" is no domain name"},
        {"{\"domain\":\"a b.example\",\"taken_at\":\"2026-11-24T00:00:00Z\"}",
         "domain: \"a b.example\" is no name"},
        {"{\"domain\":\"example.com\"}", "taken_at: is missing"},
        {"{\"domain\":\"example.com\",\"taken_at\":\"2026-11-24\"}",
         "taken_at: \"2026-11-24\" is no time of RFC 3339"},
        {"{\"domain\":\"example.com\",\"taken_at\":\"2026-11-24T00:00:00\"}", "taken_at: "},
        {"{\"domain\":\"example.com\",\"taken_at\":1795478400}",
         "taken_at: a string is expected, not a number"},
        {HEAD ",\"records\":{}}", "records: an array is expected, not an object"},
        {HEAD ",\"records\":[1]}", "records[0]: an object is expected, not a number"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"MX\",\"value\":\"1 b\"},"
              "{\"name\":\"a\",\"type\":\"MX\",\"value\":\"1 b\",\"dnssec\":\"secured\"}]}",
         "records[1].dnssec: \"secured\" is none of secure, insecure, bogus, indeterminate"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"MX\"}]}",
         "records[0].value: is missing"},
        {HEAD ",\"records\":[{\"name\":\"\",\"type\":\"MX\",\"value\":\"\"}]}",
         "records[0].name: \"\" is no name"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"M X\",\"value\":\"\"}]}",
         "records[0].type: \"M X\" is no type"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"MX\",\"value\":\"\",\"ttl\":-1}]}",
         "records[0].ttl: a whole number from 0 to 2147483647"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"MX\",\"value\":\"\",\"ttl\":1.5}]}",
         "records[0].ttl: a whole number"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"MX\",\"value\":\"\",\"ttl\":1e999}]}",
         "records[0].ttl: a whole number"},
        {HEAD ",\"records\":[{\"name\":\"a\",\"type\":\"MX\",\"value\":\"\",\"ttl\":\"1\"}]}",
         "records[0].ttl: a number is expected, not a string"},
        {HEAD ",\"lookups\":[{\"name\":\"a\",\"type\":\"MX\",\"status\":\"refused\"}]}",
         "lookups[0].status: \"refused\" is none of ok, nodata, nxdomain, servfail, timeout, "
         "bogus"},
        {HEAD ",\"authorities\":[{\"address\":\"ns\",\"name\":\"a\",\"type\":\"MX\","
              "\"status\":\"ok\"}]}",
         "authorities[0].address: \"ns\" is no IP address"},
        {HEAD ",\"authorities\":[{\"name\":\"a\",\"type\":\"MX\",\"status\":\"ok\","
              "\"values\":[\"x\",null]}]}",
         "authorities[0].values[1]: a string is expected, not null"},
        {HEAD ",\"policy\":{}}", "policy.status: is missing"},
        {HEAD ",\"policy\":{\"status\":\"OK\"}}",
         "policy.status: \"OK\" is none of ok, no-host"},
        {HEAD ",\"policy\":{\"status\":\"ok\",\"http_status\":1000}}",
         "policy.http_status: a whole"},
        {HEAD ",\"policy\":{\"status\":\"ok\",\"addresses\":[{\"status\":\"ok\"}]}}",
         "policy.addresses[0].address: is missing"},
        {HEAD ",\"policy\":{\"status\":\"ok\",\"addresses\":[{\"address\":\"192.0.2.1\","
              "\"body_sha256\":\"ab\"}]}}",
         "policy.addresses[0].body_sha256: \"ab\" is no SHA-256"},
        {HEAD ",\"smtp\":[{\"mx\":\"a\",\"status\":\"ok\",\"starttls\":\"yes\"}]}",
         "smtp[0].starttls: true or false is expected, not a string"},
        {HEAD
         ",\"smtp\":[{\"mx\":\"a\",\"status\":\"ok\",\"certificate\":{\"not_after\":\"x\"}}]}",
         "smtp[0].certificate.not_after: \"x\" is no time"},
        {HEAD ",\"smtp\":[{\"mx\":\"a\",\"status\":\"ok\",\"certificate\":{\"names\":[1]}}]}",
         "smtp[0].certificate.names[0]: a string is expected, not a number"},
        {HEAD ",\"smtp\":[{\"mx\":\"a\",\"status\":\"ok\",\"chain\":[{\"subject\":[]}]}]}",
         "smtp[0].chain[0].subject: a string is expected, not an array"},
        {HEAD ",\"smtp\":[{\"mx\":\"a\",\"status\":\"ok\",\"dane\":\"\\u001b[31m\"}]}",
         "smtp[0].dane: \"?[31m\" is none of match"},
        {HEAD ",\"x\":\"\\u0000\"}", "a NUL character"},
        {HEAD ",\"x\":\"\xff\"}", "no UTF-8"},
        {HEAD ",\"x\":\"a\nb\"}", "a raw control character"},
        {HEAD ",\"x\":\"\\ud800\"}", "no JSON"},
        {HEAD ",\"x\":tru}", "no JSON"},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct observation observation;
        struct error err = {0};
        if (observation_read(text_of(cases[i].text), &arena, &observation, &err))
            fail_msg("%s was read", cases[i].text);
        assert_int_equal(err.code, ERROR_INPUT);
        if (strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: %s", cases[i].text, err.text);
    }
}

/* HEAD, then KEY with ELEMENT repeated COUNT times. */
static struct text flood(struct buffer *buffer, const char *before, const char *element,
                         size_t count, const char *after)
{
    buffer->length = 0;
    buffer_format(buffer, "%s%s", HEAD, before);
    for (size_t i = 0; i < count; i++) {
        if (i && element[0] == '{')
            buffer_add_char(buffer, ',');
        buffer_add_text(buffer, text_of(element));
    }
    buffer_add_text(buffer, text_of(after));
    return buffer_text(buffer);
}

static void limits_hold_at_and_beyond(void **state)
{
    (void)state;
    static const struct {
        const char *before, *element, *after, *says;
        size_t limit;
    } cases[] = {
        {",\"records\":[", "{\"name\":\"a\",\"type\":\"TXT\",\"value\":\"\"}", "]}",
         "records: 20001 elements, more than 20000", 20000},
        {",\"lookups\":[", "{\"name\":\"a\",\"type\":\"TXT\",\"status\":\"ok\"}", "]}",
         "lookups: 20001 elements, more than 20000", 20000},
        {",\"smtp\":[", "{\"mx\":\"a\",\"status\":\"ok\"}", "]}",
         "smtp: 2001 elements, more than 2000", 2000},
        {",\"policy\":{\"status\":\"ok\",\"body\":\"", "x", "\"}}",
         "policy.body: longer than 69632 bytes", 69632},
        {",\"records\":[{\"name\":\"a\",\"type\":\"TXT\",\"value\":\"", "x", "\"}]}",
         "records[0].value: longer than 65536 bytes", 65536},
        {",\"smtp\":[{\"status\":\"ok\",\"mx\":\"", "x", "\"}]}", "smtp[0].mx: \"xxx", 255},
        {",\"x\":", "[", "", "nested too deeply", 63},
        {",\"x\":\"\",\"y\":[0", ",0", "]}", "more than a million values", 1000000 - 5},
    };
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct observation observation;
        struct error err = {0};
        bool nests = cases[i].element[0] == '[';
        struct text text =
            flood(&buffer, cases[i].before, cases[i].element, cases[i].limit, cases[i].after);
        for (size_t j = 0; nests && j < cases[i].limit; j++)
            buffer_add_char(&buffer, ']');
        if (nests)
            buffer_add_char(&buffer, '}');
        text = nests ? buffer_text(&buffer) : text;
        if (!observation_read(text, &arena, &observation, &err))
            fail_msg("at the limit: %s", err.text);
        text = flood(&buffer, cases[i].before, cases[i].element, cases[i].limit + 1,
                     cases[i].after);
        assert_false(observation_read(text, &arena, &observation, &err));
        if (strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s", err.text);
        arena_reset(&arena);
    }
}

static void a_document_is_at_most_32_mib(void **state)
{
    (void)state;
    enum { SIZE = 32 * 1024 * 1024 };
    ARENA_AUTO arena = {0};
    char *at = arena_alloc(&arena, SIZE + 2);
    struct observation observation;
    struct error err = {0};
    memset(at, 'x', SIZE + 2);
    memcpy(at, HEAD ",\"x\":\"", strlen(HEAD ",\"x\":\""));
    memcpy(at + SIZE - 2, "\"}", 2);
    assert_true(observation_read((struct text){at, SIZE}, &arena, &observation, &err));
    memcpy(at + SIZE - 2, "xx\"}", 4);
    assert_false(observation_read((struct text){at, SIZE + 2}, &arena, &observation, &err));
    assert_non_null(strstr(err.text, "larger than 32 MiB"));
}

static void what_is_no_utf8_is_written_as_latin1(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct observation *observation = observation_new(&arena, TEXT("Example.com."), 0);
    struct observed_record record = {
        .name = TEXT("example.com"), .type = TEXT("TXT"), .value = TEXT("a\xe4\x80")};
    VECTOR_ADD(&arena, &observation->records, record);
    assert_string_equal(rewrite(&arena, observation).at,
                        "{\"domain\":\"example.com\",\"taken_at\":\"1970-01-01T00:00:00Z\","
                        "\"records\":[{\"name\":\"example.com\",\"type\":\"TXT\","
                        "\"value\":\"a\xc3\xa4\xc2\x80\"}]}");
}

static void an_observer_that_looked_at_all_writes_nulls(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct observation *observation = observation_new(&arena, TEXT("example.com"), 1795478400);
    observation->policy = observed_policy_new(&arena);
    observation->policy->status = FETCH_NO_HOST;
    observation->policy->nulls = OBSERVED_ALL;
    OBSERVED_EMPTY(&arena, &observation->policy->addresses);
    OBSERVED_EMPTY(&arena, &observation->smtp);
    assert_string_equal(rewrite(&arena, observation).at,
                        HEAD ",\"policy\":{\"url\":null,\"status\":\"no-host\","
                             "\"http_status\":null,\"content_type\":null,\"body\":null,"
                             "\"certificate_not_after\":null,\"detail\":null,\"addresses\":[]},"
                             "\"smtp\":[]}");
}

/* ---- several in one text ---- */

static void several_observations_are_walked_in_any_of_the_three_forms(void **state)
{
    (void)state;
#define A "{\"domain\":\"a.example\",\"taken_at\":\"2026-11-24T00:00:00Z\"}"
#define B "{\"domain\":\"b.example\",\n\"taken_at\":\"2026-11-24T00:00:00Z\"\n}"
#define W "{\"domain\":\"w.example\"}"
    static const struct {
        const char *text;
        const char *walk; /* a letter for each answer: a, b: read; w: wrong; x: broken */
        const char *says; /* the last error */
    } cases[] = {
        {"", "", ""},
        {" \r\n\t", "", ""},
        {"\xef\xbb\xbf" A, "a", ""},
        {A "\n" B "\n", "ab", ""},
        {A A, "aa", ""},
        {"[" A "," B "]", "ab", ""},
        {"[\n" A "\n,\n" B "\n]\n", "ab", ""},
        {"[]", "", ""},
        {"[]" A, "a", ""},
        {"[" A "]\n[" B "]", "ab", ""},
        {A "\n" W "\n" B, "awb", "line 2: taken_at: is missing"},
        {"[" W "," A "]", "wa", "line 1: taken_at: is missing"},
        {B "\n" W, "bw", "line 4: taken_at: is missing"},
        {A "\nno observation", "ax", "line 2: an object is expected"},
        {A "\n{\"domain\":", "ax", "line 2: the text ends inside the object"},
        {"[" A, "ax", "line 1: the array is not closed"},
        {"[" A ",]", "ax", "line 1: an object is expected"},
        {"[" A A "]", "ax", "line 1: \",\" or \"]\" is expected"},
        {"[," A "]", "x", "line 1: an object is expected"},
        {"[[" A "]]", "x", "line 1: an object is expected"},
        {A "," A, "ax", "line 1: an object is expected"},
        {"]", "x", "line 1: an object is expected"},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct observation_reader reader = {.text = text_of(cases[i].text)};
        struct observation observation;
        struct error err = {0};
        char walk[8] = "";
        for (size_t step = 0; step + 1 < sizeof walk; step++) {
            enum observation_next next = observation_next(&reader, &arena, &observation, &err);
            if (next == OBSERVATION_END)
                break;
            walk[step] = next == OBSERVATION_READ    ? observation.domain.at[0]
                         : next == OBSERVATION_WRONG ? 'w'
                                                     : 'x';
        }
        if (strcmp(walk, cases[i].walk) != 0 ||
            strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: %s, %s", cases[i].text, walk, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_documents_come_back_byte_for_byte),
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(absent_null_and_empty_are_told_apart),
        cmocka_unit_test(what_is_read_becomes_canonical),
        cmocka_unit_test(each_error_says_which_key),
        cmocka_unit_test(limits_hold_at_and_beyond),
        cmocka_unit_test(a_document_is_at_most_32_mib),
        cmocka_unit_test(what_is_no_utf8_is_written_as_latin1),
        cmocka_unit_test(an_observer_that_looked_at_all_writes_nulls),
        cmocka_unit_test(several_observations_are_walked_in_any_of_the_three_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
