/* One policy of a report, in all the ways that senders write it: what is kept, and what is noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read_report.h"

#define POLICY(members) "{\"policy\":{" members "},\"summary\":" COUNTS(1, 0) "}"
#define COUNTS(good, bad)                                                                      \
    "{\"total-successful-session-count\":" #good ",\"total-failure-session-count\":" #bad "}"
#define STS              "\"policy-type\":\"sts\",\"policy-domain\":\"example.com\""
#define TLSA             "\"policy-type\":\"tlsa\",\"policy-domain\":\"example.com\""
#define SUMMARY(summary) "{\"policy\":{" STS "},\"summary\":" summary "}"
#define FAILED(bad, details)                                                                   \
    "{\"policy\":{" STS "},\"summary\":" COUNTS(0, bad) ",\"failure-details\":" details "}"
#define FAILURE(members)                                                                       \
    FAILED(1, "[{\"result-type\":\"validation-failure\",\"failed-session-count\":1," members   \
              "}]")
#define VALIDATION  "validation-failure 1 raw=validation-failure"
#define ONE_FAILURE "sts domain=example.com 0/1/0; " VALIDATION

struct example {
    const char *json, *kept, *codes;
};

static const struct example policies[] = {
    /* mx-host */
    {POLICY(STS ",\"mx-host\":[\"*.Example.com\",\"mx1.example.com\"]"),
     "sts domain=example.com mx=*.example.com|mx1.example.com 1/0/0", ""},
    {POLICY(STS ",\"mx-host\":\"mx1.example.com\""),
     "sts domain=example.com mx=mx1.example.com 1/0/0", "mx-host-string"},
    {POLICY(STS), "sts domain=example.com 1/0/0", ""},
    {POLICY(STS ",\"mx-host\":[]"), "sts domain=example.com 1/0/0", ""},
    {POLICY(STS ",\"mx-host\":null"), "sts domain=example.com 1/0/0", "null-value"},
    {POLICY(STS ",\"mx-host-pattern\":[\"mx1.example.com\"]"),
     "sts domain=example.com mx=mx1.example.com 1/0/0", "key-alias"},
    {POLICY(
         STS
         ",\"mx-host\":[\"mx: mx1.example.com\",\"[mx2.example.com]\",\"mx3.example.com.\"]"),
     "sts domain=example.com mx=mx1.example.com|mx2.example.com|mx3.example.com 1/0/0",
     "mx-host-form"},
    {POLICY(STS ",\"mx-host\":[7,\"mx1.example.com\",\"\"]"),
     "sts domain=example.com mx=mx1.example.com 1/0/0", "list-element"},
    /* policy-string */
    {POLICY(STS
            ",\"policy-string\":[\"version: STSv1\",\"mode: enforce\",\"mx: *.Example.com\"]"),
     "sts/enforce domain=example.com strings=version: STSv1|mode: enforce|mx: *.Example.com "
     "1/0/0",
     ""},
    {POLICY(STS ",\"policy-string\":\"version: STSv1\\r\\nmode: testing\\r\\n\""),
     "sts/testing domain=example.com strings=version: STSv1|mode: testing 1/0/0",
     "policy-string-form"},
    {POLICY(STS ",\"policy-string\":\"\""), "sts domain=example.com 1/0/0",
     "policy-string-form"},
    {POLICY(STS ",\"policy-string\":[]"), "sts domain=example.com 1/0/0", ""},
    {POLICY(STS ",\"policy-string\":[\"version:STSv1\\r\",\"mode:none\\r\"]"),
     "sts/none domain=example.com strings=version:STSv1|mode:none 1/0/0", ""},
    {POLICY(STS ",\"policy-string\":[\"mode: enforce\\nmode: none\"]"),
     "sts/enforce domain=example.com strings=mode: enforce|mode: none 1/0/0",
     "policy-string-joined"},
    {POLICY(STS ",\"policy-string\":[\"mode: Enforce\",\"mode: enforce\"]"),
     "sts domain=example.com strings=mode: Enforce|mode: enforce 1/0/0", ""},
    {POLICY(STS ",\"policy-string\":[\"modes: enforce\",\"mode: enforced\"]"),
     "sts domain=example.com strings=modes: enforce|mode: enforced 1/0/0", ""},
    {POLICY(STS ",\"policy-string\":[\"Mode: none\",\"mode : none\",\"mode: testing\"]"),
     "sts/testing domain=example.com strings=Mode: none|mode : none|mode: testing 1/0/0", ""},
    {POLICY(STS ",\"policy-string\":[\"version: STSv1; x\",12345678901234567890]"),
     "sts domain=example.com strings=version: STSv1; x 1/0/0", "list-element"},
    {POLICY(STS ",\"policy-string\":{\"mode\":\"enforce\"}"), "sts domain=example.com 1/0/0",
     "policy-string-form"},
    {POLICY(TLSA ",\"policy-string\":[\"3 1 1 0A0B\",\"2 0 1 0c0d\"]"),
     "tlsa domain=example.com strings=3 1 1 0a0b|2 0 1 0c0d 1/0/0", ""},
    {POLICY(TLSA ",\"policy-string\":[\"[\\\"3 1 1 0A0B\\\",\\\"3 1 1 0C0D\\\"]\"]"),
     "tlsa domain=example.com strings=3 1 1 0a0b|3 1 1 0c0d 1/0/0", "policy-string-nested"},
    {POLICY(TLSA ",\"policy-string\":\"[\\\"3 1 1 0A0B\\\"]\""),
     "tlsa domain=example.com strings=3 1 1 0a0b 1/0/0",
     "policy-string-form policy-string-nested"},
    {POLICY(TLSA ",\"policy-string\":\"3 1 1 0a0b; 2 0 1 0c0d\\n3 1 1 0e\""),
     "tlsa domain=example.com strings=3 1 1 0a0b|2 0 1 0c0d|3 1 1 0e 1/0/0",
     "policy-string-form"},
    {POLICY(TLSA ",\"policy-string\":[\"3 1 1 ( 0A\\n 0B )\",\"3  01 1 0c 0d\"]"),
     "tlsa domain=example.com strings=3 1 1 0a0b|3 1 1 0c0d 1/0/0", "tlsa-form"},
    {POLICY(TLSA ",\"policy-string\":[\" 3 1 1 XYZ \",\"3 1 256 0A\",\"3 1 1\",\"[\\\"a\"]"),
     "tlsa domain=example.com strings=3 1 1 XYZ|3 1 256 0A|3 1 1|[\"a 1/0/0", ""},
    /* policy-domain */
    {POLICY("\"policy-type\":\"sts\",\"policy-domain\":\"Example.COM\""),
     "sts domain=example.com 1/0/0", "policy-domain-form"},
    {POLICY("\"policy-type\":\"sts\",\"policy-domain\":\"example.com.\""),
     "sts domain=example.com 1/0/0", "policy-domain-form"},
    {POLICY("\"policy-type\":\"sts\",\"policy-domain\":\"m\xc3\xbcnchen.example\""),
     "sts domain=xn--mnchen-3ya.example 1/0/0", "policy-domain-form"},
    {POLICY("\"policy-type\":\"no-policy-found\""), "no-policy-found 1/0/0",
     "policy-domain-unknown"},
    {POLICY("\"policy-type\":\"sts\",\"policy-domain\":\" \""), "sts 1/0/0",
     "policy-domain-unknown"},
    {POLICY("\"policy-type\":\"sts\",\"policy-domain\":null"), "sts 1/0/0",
     "null-value policy-domain-unknown"},
    /* policy-type */
    {POLICY("\"policy-type\":\"STS\",\"policy-domain\":\"example.com\""),
     "sts domain=example.com 1/0/0", "policy-type-form"},
    {POLICY("\"policy-type\":\"rpki\",\"policy-domain\":\"example.com\""),
     "unknown domain=example.com 1/0/0", "policy-type-unknown"},
    {POLICY("\"policy-domain\":\"example.com\""), "unknown domain=example.com 1/0/0",
     "missing-key"},
    {"{\"summary\":" COUNTS(1, 0) "}", "unknown 1/0/0", "missing-key policy-domain-unknown"},
    {"{\"policy\":7,\"summary\":" COUNTS(1, 0) "}", "unknown 1/0/0",
     "not-object policy-domain-unknown"},
    /* counts */
    {SUMMARY(COUNTS("12", 12.0)), "sts domain=example.com 12/12/12", "count-string"},
    {SUMMARY(COUNTS(-1, 12.5)), "sts domain=example.com 0/12/12",
     "count-negative count-fraction"},
    {SUMMARY(COUNTS(9007199254740993, 1e99)),
     "sts domain=example.com 9007199254740993/9223372036854775807/9223372036854775807",
     "count-too-large"},
    {SUMMARY(COUNTS("many", true)), "sts domain=example.com 0/0/0", "count-unreadable"},
    {SUMMARY("{\"total-successful-session-count\":3}"), "sts domain=example.com 3/0/0",
     "missing-key"},
    {"{\"policy\":{" STS "}}", "sts domain=example.com 0/0/0", "missing-key"},
    {SUMMARY("[]"), "sts domain=example.com 0/0/0", "not-object"},
    /* keys */
    {"{\"policy\":{\"policy_type\":\"sts\",\"policy_domain\":\"example.com\"},"
     "\"summary\":{\"total_successful_session_count\":1,\"total_failure_session_count\":0}}",
     "sts domain=example.com 1/0/0", "snake-case-key"},
    {POLICY(STS ",\"policy_domain\":\"other.example\""), "sts domain=example.com 1/0/0",
     "two-spellings"},
    {POLICY("\"policy_domain\":\"other.example\"," STS), "sts domain=example.com 1/0/0",
     "two-spellings"},
    {POLICY("\"policy-domain\":\"other.example\"," STS), "sts domain=example.com 1/0/0",
     "duplicate-key"},
    {POLICY(STS ",\"Policy-Domain\":\"other.example\",\"x\":{}"),
     "sts domain=example.com 1/0/0", ""},
    {"{\"summary\":" COUNTS(1, 0) ",\"policy\":{" STS "}}", "sts domain=example.com 1/0/0", ""},
};

static const struct example failures[] = {
    {FAILED(0, "[]"), "sts domain=example.com 0/0/0", ""},
    {FAILED(2, "[]"), "sts domain=example.com 0/2/2", ""},
    {FAILED(2, "null"), "sts domain=example.com 0/2/2", "null-value"},
    {FAILED(2, "7"), "sts domain=example.com 0/2/2", "failure-details-form"},
    {FAILED(2, "{}"), "sts domain=example.com 0/2/2", "failure-details-object"},
    {FAILED(1, "{\"result-type\":\"validation-failure\",\"failed-session-count\":1}"),
     ONE_FAILURE, "failure-details-object"},
    {FAILED(1, "[7,{\"result-type\":\"validation-failure\",\"failed-session-count\":1}]"),
     ONE_FAILURE, "failure-not-object"},
    {FAILED(3, "[{\"result-type\":\"validation-failure\",\"failed-session-count\":1}]"),
     "sts domain=example.com 0/3/2; " VALIDATION, ""},
    {FAILED(1, "[{\"result-type\":\"validation-failure\",\"failed-session-count\":1},"
               "{\"result-type\":\"validation-failure\",\"failed-session-count\":1}]"),
     "sts domain=example.com 0/2/0; " VALIDATION "; " VALIDATION, "more-details"},
    {"{\"policy\":{" STS
     "},\"summary\":{\"total-successful-session-count\":0},\"failure-details\":"
     "[{\"result-type\":\"validation-failure\",\"failed-session-count\":1}]}",
     ONE_FAILURE, "missing-key"},
    {FAILED(0, "[{\"result-type\":\"validation-failure\",\"failed-session-count\":"
               "9223372036854775807},"
               "{\"result-type\":\"validation-failure\",\"failed-session-count\":1}]"),
     "sts domain=example.com 0/9223372036854775807/0; validation-failure 9223372036854775807 "
     "raw=validation-failure; " VALIDATION,
     "more-details"},
    /* result-type */
    {FAILED(1, "[{\"failed-session-count\":1}]"), "sts domain=example.com 0/1/0; unknown 1",
     "missing-key"},
    {FAILED(1, "[{\"result-type\":\"Testing\",\"failed-session-count\":1}]"),
     "sts domain=example.com 0/1/0; unknown 1 raw=Testing", "result-type-unknown"},
    {FAILED(1, "[{\"result-type\":\"cert-expired\",\"failed-session-count\":1}]"),
     "sts domain=example.com 0/1/0; certificate-expired 1 raw=cert-expired",
     "result-type-form"},
    {FAILED(1, "[{\"result-type\":\"VALIDATION_FAILURE\",\"failed-session-count\":1}]"),
     "sts domain=example.com 0/1/0; validation-failure 1 raw=VALIDATION_FAILURE",
     "result-type-form"},
    {FAILED(1, "[{\"result-type\":\"validation-failure\"}]"),
     "sts domain=example.com 0/1/1; validation-failure 0 raw=validation-failure",
     "missing-key"},
    /* addresses and hosts */
    {FAILURE("\"sending-mta-ip\":\"192.0.2.1\",\"receiving-ip\":\"2001:DB8::0:1\","
             "\"receiving-mx-hostname\":\"MX1.Example.com.\""),
     ONE_FAILURE " from=192.0.2.1 mx=mx1.example.com to=2001:db8::1", ""},
    {FAILURE("\"sending-mta-ip\":\"\",\"receiving-ip\":\"\",\"receiving-mx-hostname\":\"\""),
     ONE_FAILURE, ""},
    {FAILURE("\"sending-mta-ip\":\"[192.0.2.1]\",\"receiving-ip\":\"192.0.2.2:25\""),
     ONE_FAILURE " from=192.0.2.1 to=192.0.2.2", "address-form"},
    {FAILURE("\"sending-mta-ip\":\"unknown\",\"receiving-ip\":7"), ONE_FAILURE,
     "address-unreadable not-text address-unreadable"},
    {FAILURE("\"receiving-ip\":null"), ONE_FAILURE, "null-value"},
    {FAILURE("\"receiving-ip\":\"::ffff:192.0.2.1\""), ONE_FAILURE " to=::ffff:192.0.2.1", ""},
    {FAILURE("\"receiving-mx-host-name\":\"mx1.example.com\""),
     ONE_FAILURE " mx=mx1.example.com", "key-alias"},
    {FAILURE("\"receiving-mx-helo\":\"mx1.Example.com Hello\\r\\n250 STARTTLS\""),
     ONE_FAILURE " helo=mx1.Example.com Hello\r\n250 STARTTLS", ""},
    /* information and reason */
    {FAILURE("\"additional-information\":\"https://example.com/?id=1#a\""),
     ONE_FAILURE " info=https://example.com/?id=1#a", ""},
    {FAILURE("\"additional-information\":\"https://example.com/ a\""),
     ONE_FAILURE " info=https://example.com/ a", "additional-information-form"},
    {FAILURE("\"additional-information\":\"mx1.example.com\""),
     ONE_FAILURE " info=mx1.example.com", "additional-information-form"},
    {FAILURE("\"additional-info-uri\":\"https://a.example/\""),
     ONE_FAILURE " info=https://a.example/", "key-alias"},
    {FAILURE("\"additional-information\":\"https://a.example/\",\"additional-info\":\"https://"
             "b.example/\""),
     ONE_FAILURE " info=https://b.example/", "duplicate-key key-alias"},
    {FAILURE("\"additional-info\":\"https://b.example/\",\"additional-information\":\"https://"
             "a.example/\""),
     ONE_FAILURE " info=https://a.example/", "duplicate-key"},
    {FAILURE("\"failure-error-code\":\"bad https response code: 404\""),
     ONE_FAILURE " reason=bad https response code: 404 cause=http-404", "key-alias"},
    {FAILURE("\"failure-reason-code\":404"), ONE_FAILURE " reason=404", "not-text"},
    {FAILURE("\"failure-reason-code\":[1]"), ONE_FAILURE, "not-text"},
    {FAILURE("\"failure-reason-code\":\"context deadline exceeded\""),
     ONE_FAILURE " reason=context deadline exceeded cause=timeout", ""},
};

static void check(const struct example *examples, size_t count)
{
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < count; i++) {
        struct text json = text_format(
            &arena,
            "{\"organization-name\":\"Example\",\"date-range\":{\"start-datetime\":"
            "\"2026-11-23T00:00:00Z\",\"end-datetime\":\"2026-11-23T23:59:59Z\"},"
            "\"contact-info\":\"tls@sender.example\",\"report-id\":\"1\",\"policies\":[%s]}",
            examples[i].json);
        struct document document = read_bytes(json, NO_ENVELOPE, &arena);
        if (document.kind != DOCUMENT_REPORT || document.report->policy_count != 1)
            fail_msg("not read: %s", examples[i].json);
        const struct tls_policy *policy = document.report->policies;
        if (strcmp(policy_text(policy, &buffer), examples[i].kept) != 0)
            fail_msg("%s\nis kept as   %s\ninstead of   %s", examples[i].json, buffer.at,
                     examples[i].kept);
        if (strcmp(codes_of(&policy->warnings, &buffer), examples[i].codes) != 0)
            fail_msg("%s\nis noted as  %s\ninstead of   %s", examples[i].json, buffer.at,
                     examples[i].codes);
        if (document.report->warnings.count)
            fail_msg("%s\nalso notes   %s", examples[i].json,
                     codes_of(&document.report->warnings, &buffer));
    }
}

static void policies_are_normalised_and_departures_noted(void **state)
{
    (void)state;
    check(policies, sizeof policies / sizeof *policies);
}

static void failures_are_normalised_and_departures_noted(void **state)
{
    (void)state;
    check(failures, sizeof failures / sizeof *failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_normalised_and_departures_noted),
        cmocka_unit_test(failures_are_normalised_and_departures_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
