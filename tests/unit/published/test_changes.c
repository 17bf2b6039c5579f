#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/vector.h"
#include "published/changes.h"
#include "published/observation_json.h"

/* clang-format off */
#define RECORD(name, type, value) \
    "{\"name\":\"" name "\",\"type\":\"" type "\",\"value\":\"" value "\"}"
#define LOOKUP(name, type, status) \
    "{\"name\":\"" name "\",\"type\":\"" type "\",\"status\":\"" status "\"}"
#define RECORDS(...) "\"records\":[" __VA_ARGS__ "]"
#define LOOKUPS(...) "\"lookups\":[" __VA_ARGS__ "]"
#define POLICY(rest) "\"policy\":{\"status\":" rest "}"
#define PROBE(address, rest) \
    "{\"mx\":\"mx.example\",\"address\":\"" address "\",\"status\":" rest "}"
#define CERTIFICATE(digit) \
    "\"ok\",\"starttls\":true,\"certificate\":{\"names\":[\"mx.example\"],\"cert_sha256\":\"" \
    digit digit digit digit digit digit digit digit "\"}"
#define EIGHT(digit) digit digit digit digit digit digit digit digit
#define A EIGHT("a")
#define B EIGHT("b")
#define TLSRPT "v=TLSRPTv1; rua=mailto:a@example.com"

static const struct {
    const char *what, *before, *after, *changes;
} cases[] = {
    {"an MX in another place of its set is no change",
     RECORDS(RECORD("example.com", "MX", "10 a.example") "," RECORD("example.com", "MX", "20 b.example")),
     RECORDS(RECORD("example.com", "MX", "20 b.example") "," RECORD("example.com", "MX", "10 a.example")),
     ""},
    {"another preference is one",
     RECORDS(RECORD("example.com", "MX", "10 a.example")), RECORDS(RECORD("example.com", "MX", "20 a.example")),
     "mx example.com: 10 a.example -> 20 a.example"},
    {"a record that is known to be gone",
     RECORDS(RECORD("_smtp._tls.example.com", "TXT", TLSRPT)),
     LOOKUPS(LOOKUP("_smtp._tls.example.com", "TXT", "nxdomain")),
     "tls-rpt _smtp._tls.example.com: " TLSRPT " -> "},
    {"a record that was known not to be there",
     LOOKUPS(LOOKUP("_dmarc.example.com", "TXT", "nodata")),
     RECORDS(RECORD("_dmarc.example.com", "TXT", "v=DMARC1; p=none")),
     "dmarc _dmarc.example.com:  -> v=DMARC1; p=none"},
    {"a look-up that failed is no removal",
     RECORDS(RECORD("_smtp._tls.example.com", "TXT", TLSRPT)),
     LOOKUPS(LOOKUP("_smtp._tls.example.com", "TXT", "servfail")), ""},
    {"a time-out is none", RECORDS(RECORD("example.com", "MX", "10 a.example")),
     LOOKUPS(LOOKUP("example.com", "MX", "timeout")), ""},
    {"an answer after a failed look-up is none", LOOKUPS(LOOKUP("example.com", "MX", "servfail")),
     RECORDS(RECORD("example.com", "MX", "10 a.example")), ""},
    {"a bogus answer is none", RECORDS(RECORD("example.com", "MX", "10 a.example")),
     LOOKUPS(LOOKUP("example.com", "MX", "bogus")), ""},
    {"what nobody looked at is none", RECORDS(RECORD("example.com", "MX", "10 a.example")), RECORDS(), ""},
    {"TXT strings at the domain are told apart",
     RECORDS(RECORD("example.com", "TXT", "v=spf1 -all") "," RECORD("example.com", "TXT", "MS=ms1")),
     RECORDS(RECORD("example.com", "TXT", "MS=ms2")),
     "spf example.com: v=spf1 -all -> | verification example.com: MS=ms1 -> MS=ms2"},
    {"a DKIM key",
     RECORDS(RECORD("s1._domainkey.example.com", "TXT", "v=DKIM1; p=A")),
     RECORDS(RECORD("s1._domainkey.example.com", "TXT", "v=DKIM1; p=B")),
     "dkim s1._domainkey.example.com: v=DKIM1; p=A -> v=DKIM1; p=B"},
    {"TLS-RPT at a wrong place, and nothing else there",
     RECORDS(RECORD("_tls.example.com", "TXT", "other")),
     RECORDS(RECORD("_tls.example.com", "TXT", TLSRPT) "," RECORD("_tls.example.com", "TXT", "more")),
     "tls-rpt _tls.example.com:  -> " TLSRPT},
    {"both kinds of address are one change",
     RECORDS(RECORD("mx.example", "A", "192.0.2.1") "," RECORD("mx.example", "AAAA", "2001:db8::1")),
     RECORDS(RECORD("mx.example", "A", "192.0.2.2") "," RECORD("mx.example", "AAAA", "2001:db8::2")),
     "address mx.example: 192.0.2.1,2001:db8::1 -> 192.0.2.2,2001:db8::2"},
    {"a host that becomes an alias",
     RECORDS(RECORD("mta-sts.example.com", "A", "192.0.2.1")),
     RECORDS(RECORD("mta-sts.example.com", "CNAME", "sts.example") "," RECORD("sts.example", "A", "192.0.2.9")),
     "address mta-sts.example.com: 192.0.2.1 -> 192.0.2.9,sts.example"},
    {"a record that moves behind an alias is the same record",
     RECORDS(RECORD("_mta-sts.example.com", "CNAME", "x.example") "," RECORD("x.example", "TXT", "v=STSv1; id=1;")),
     RECORDS(RECORD("_mta-sts.example.com", "TXT", "v=STSv1; id=1;")),
     "mta-sts _mta-sts.example.com: x.example -> "},
    {"aliases of aliases are followed",
     RECORDS(RECORD("_dmarc.example.com", "CNAME", "a.example") "," RECORD("a.example", "CNAME", "b.example") ","
             RECORD("b.example", "TXT", "v=DMARC1; p=none")),
     RECORDS(RECORD("_dmarc.example.com", "CNAME", "a.example") "," RECORD("a.example", "CNAME", "b.example") ","
             RECORD("b.example", "TXT", "v=DMARC1; p=reject")),
     "dmarc _dmarc.example.com: v=DMARC1; p=none -> v=DMARC1; p=reject"},
    {"a loop of aliases ends",
     RECORDS(RECORD("a.example", "CNAME", "b.example") "," RECORD("b.example", "CNAME", "a.example")),
     RECORDS(RECORD("a.example", "CNAME", "b.example") "," RECORD("b.example", "CNAME", "a.example")), ""},
    {"TLSA and name servers",
     RECORDS(RECORD("_25._tcp.mx.example", "TLSA", "3 1 1 aa") "," RECORD("example.com", "NS", "ns1.example")),
     LOOKUPS(LOOKUP("_25._tcp.mx.example", "TLSA", "nodata") "," LOOKUP("example.com", "NS", "nodata")),
     "tlsa _25._tcp.mx.example: 3 1 1 aa -> | ns example.com: ns1.example -> "},
    {"line ends and the order of lines are no change of a policy",
     POLICY("\"ok\",\"body\":\"version: STSv1\\r\\nmode: none\\r\\nmax_age: 9\\r\\n\""),
     POLICY("\"ok\",\"body\":\"version: STSv1\\nmax_age: 9\\nmode: none\""), ""},
    {"a policy that is gone with its host", POLICY("\"ok\",\"body\":\"mode: none\""), POLICY("\"no-host\""),
     "policy mta-sts.example.com: mode: none -> "},
    {"a policy file that is not there", POLICY("\"ok\",\"body\":\"mode: none\""),
     POLICY("\"http-error\",\"http_status\":404"), "policy mta-sts.example.com: mode: none -> "},
    {"a server that fails", POLICY("\"ok\",\"body\":\"mode: none\""),
     POLICY("\"http-error\",\"http_status\":503"), ""},
    {"a policy that was not fetched", POLICY("\"ok\",\"body\":\"mode: none\""), POLICY("\"not-fetched\""), ""},
    {"a certificate, though another address does not answer",
     "\"smtp\":[" PROBE("192.0.2.1", CERTIFICATE(A)) "," PROBE("192.0.2.2", CERTIFICATE(A)) "]",
     "\"smtp\":[" PROBE("192.0.2.1", CERTIFICATE(B)) "," PROBE("192.0.2.2", "\"timeout\"") "]",
     "certificate mx.example: mx.example; sha256 " A A A A A A A A " -> mx.example; sha256 " B B B B B B B B},
    {"an MX that does not answer any more",
     "\"smtp\":[" PROBE("192.0.2.1", CERTIFICATE(A)) "]", "\"smtp\":[" PROBE("192.0.2.1", "\"refused\"") "]", ""},
    {"STARTTLS that is gone",
     "\"smtp\":[" PROBE("192.0.2.1", CERTIFICATE(A)) "]",
     "\"smtp\":[" PROBE("192.0.2.1", "\"ok\",\"starttls\":false") "]",
     "certificate mx.example: mx.example; sha256 " A A A A A A A A " -> "},
};
/* clang-format on */

static const struct observation *observation_of(struct arena *arena, const char *keys,
                                                const char *day)
{
    struct observation *observation = arena_new(arena, struct observation);
    struct error err = {0};
    struct text json = text_format(
        arena, "{\"domain\":\"example.com\",\"taken_at\":\"2026-03-%sT00:00:00Z\",%s}", day,
        keys);
    if (!observation_read(json, arena, observation, &err))
        fail_msg("%s: %s", keys, err.text);
    return observation;
}

static void add_list(struct buffer *out, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        buffer_add_text(out, i ? TEXT(",") : TEXT(""));
        buffer_add_text(out, list->at[i]);
    }
}

static const char *changes_text_of(struct arena *arena, const struct changes *changes)
{
    BUFFER_AUTO out = {0};
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->at[i];
        buffer_format(&out, "%s%s %.*s: ", i ? "| " : "", change_kind_name(change->kind),
                      TEXT_ARGS(change->name));
        add_list(&out, &change->before);
        buffer_add_text(&out, TEXT(" -> "));
        add_list(&out, &change->after);
    }
    return text_string(arena, out.length ? buffer_text(&out) : TEXT(""));
}

static void each_kind_of_change_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ARENA_AUTO arena = {0};
        struct changes changes;
        changes_between(observation_of(&arena, cases[i].before, "01"),
                        observation_of(&arena, cases[i].after, "02"), &arena, &changes);
        const char *found = changes_text_of(&arena, &changes);
        if (strcmp(found, cases[i].changes) != 0)
            fail_msg("%s: %s", cases[i].what, found);
    }
}

static void an_id_is_of_what_is_there_now(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct changes first, second, third;
    const char *one = RECORDS(RECORD("example.com", "MX", "10 a.example"));
    const char *two = RECORDS(RECORD("example.com", "MX", "10 b.example"));
    const char *three = RECORDS(RECORD("example.com", "MX", "10 c.example"));
    changes_between(observation_of(&arena, one, "01"), observation_of(&arena, two, "02"),
                    &arena, &first);
    changes_between(observation_of(&arena, three, "01"), observation_of(&arena, two, "09"),
                    &arena, &second);
    changes_between(observation_of(&arena, one, "01"), observation_of(&arena, three, "02"),
                    &arena, &third);
    assert_int_equal(strlen(first.at[0].id), 8);
    assert_string_equal(first.at[0].id, second.at[0].id);
    assert_string_not_equal(first.at[0].id, third.at[0].id);
}

static void first_seen_is_the_earliest_that_shows_it(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct changes other, earlier, last;
    const struct observation *before =
        observation_of(&arena, RECORDS(RECORD("example.com", "MX", "10 a.example")), "01");
    const struct observation *between =
        observation_of(&arena, RECORDS(RECORD("example.com", "MX", "10 x.example")), "02");
    const char *after = RECORDS(RECORD("example.com", "MX", "10 b.example"));
    changes_between(before, between, &arena, &other);
    changes_between(before, observation_of(&arena, after, "03"), &arena, &earlier);
    changes_between(before, observation_of(&arena, after, "04"), &arena, &last);
    int64_t seen = earlier.at[0].first_seen;
    changes_seen(&last, &other);
    assert_int_equal(last.at[0].first_seen, seen + TIME_DAY);
    changes_seen(&last, &earlier);
    assert_int_equal(last.at[0].first_seen, seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_change_is_found),
        cmocka_unit_test(an_id_is_of_what_is_there_now),
        cmocka_unit_test(first_seen_is_the_earliest_that_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
