/* A document is a report, something else, or faulty; what it does not say comes from around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/quirks.h"
#include "read_report.h"

#define HEAD                                                                                   \
    "\"organization-name\":\"Example\",\"contact-info\":\"tls@sender.example\",\"report-id\":" \
    "\"1\""
#define RANGE(begin, end)                                                                      \
    "\"date-range\":{\"start-datetime\":\"" begin "\",\"end-datetime\":\"" end "\"}"
#define DAY    RANGE("2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z")
#define COUNTS "{\"total-successful-session-count\":1,\"total-failure-session-count\":0}"
#define POLICY                                                                                 \
    "{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"example.com\"},"                 \
    "\"summary\":" COUNTS "}"
#define NAMELESS "{\"policy\":{\"policy-type\":\"sts\"},\"summary\":" COUNTS "}"
#define SENT_AT  1795478400 /* 2026-11-24T00:00:00Z */

static const struct {
    struct text bytes;
    enum document_kind kind;
    bool claims;
} documents[] = {
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[" POLICY "]}"), DOCUMENT_REPORT, true},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[]}"), DOCUMENT_REPORT, true},
    {TEXT_ROW("{\"policies\":[],\"report_id\":null}"), DOCUMENT_REPORT, true},
    {TEXT_ROW("{\"policies\":[7,{\"summary\":{}}]}"), DOCUMENT_REPORT, true},
    {TEXT_ROW("{\"policies\":[{\"policy\":{}}]}"), DOCUMENT_REPORT, true},
    /* A cloud's document: only the mail around it could make it a report. */
    {TEXT_ROW("{\"policies\":[{\"name\":\"x\"},\"policy\"]}"), DOCUMENT_REPORT, false},
    {TEXT_ROW("{\"policies\":[]}"), DOCUMENT_REPORT, false},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":{}}"), DOCUMENT_FAULTY, true},
    {TEXT_ROW("{" HEAD ",\"policies\":null}"), DOCUMENT_FAULTY, true},
    {TEXT_ROW("{\"policies\":\"none\"}"), DOCUMENT_FAULTY, false},
    {TEXT_ROW("{" HEAD "," DAY "}"), DOCUMENT_FAULTY, false},
    {TEXT_ROW("{\"report_id\":\"1\",\"date_range\":{}}"), DOCUMENT_FAULTY, false},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[" POLICY), DOCUMENT_FAULTY, true},
    {TEXT_ROW("{" HEAD "," DAY ","), DOCUMENT_FAULTY, false},
    {TEXT_ROW("{\"policies\":[],\"a\":\"\0\"}"), DOCUMENT_FAULTY, true},
    {TEXT_ROW("{\"policies\":[oops]}"), DOCUMENT_FAULTY, true},
    {TEXT_ROW("{ this is no JSON }"), DOCUMENT_FAULTY, false},
    {TEXT_ROW("[" POLICY "]"), DOCUMENT_OTHER, false},
    {TEXT_ROW("\"policies\""), DOCUMENT_OTHER, false},
    {TEXT_ROW("<feedback>\"policies\"</feedback>"), DOCUMENT_OTHER, false},
    {TEXT_ROW(""), DOCUMENT_OTHER, false},
};

static void a_document_is_a_report_or_faulty_or_something_else(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct document document = read_bytes(documents[i].bytes, NO_ENVELOPE, &arena);
        if (document.kind != documents[i].kind || document.claims != documents[i].claims)
            fail_msg("document %zu: kind %d, claims %d", i, (int)document.kind,
                     document.claims);
        assert_int_equal(document.report != NULL, document.kind == DOCUMENT_REPORT);
        assert_int_equal(text_known(document.fault), document.kind == DOCUMENT_FAULTY);
    }
}

/* What is wrong around or in a document that can be read whole. */
static const struct {
    struct text bytes;
    const char *codes;
} warnings[] = {
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[],\"extra\":{\"report-id\":2}}"), ""},
    {TEXT_ROW("{\"policies\":[]," DAY "," HEAD "}\r\n"), ""},
    {TEXT_ROW("\xef\xbb\xbf{" HEAD "," DAY ",\"policies\":[]}"), "byte-order-mark"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[],\"x\":\"\xe9\"}"), "not-utf8"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[],\"x\":\"\\u0000\"}"), "nul-escape"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[],\"x\":\"\\ud800\"}"), "lone-surrogate"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[],\"x\":\"\t\"}"), "control-character"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[],\"x\":01}"), "number-form"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[]}\n--\nfooter"), "trailing-bytes"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":[1,null]}"), "policy-not-object"},
    {TEXT_ROW("{" HEAD ",\"report-id\":\"2\"," DAY ",\"policies\":[]}"), "duplicate-key"},
    {TEXT_ROW("{" HEAD "," DAY ",\"policies\":{},\"policies\":[]}"), "duplicate-key"},
    {TEXT_ROW("{" HEAD ",\"report_id\":\"2\"," DAY ",\"policies\":[]}"), "two-spellings"},
    {TEXT_ROW("{\"organization_name\":\"Example\",\"contact_info\":\"tls@sender.example\","
              "\"report_id\":\"1\"," DAY ",\"policies\":[]}"),
     "snake-case-key"},
    {TEXT_ROW(
         "{\"organization-name\":\"Example\",\"contact-info\":null,\"report-id\":\"1\"," DAY
         ",\"policies\":[]}"),
     "null-value"},
    {TEXT_ROW("{" DAY ",\"policies\":[]}"), "missing-key"},
    {TEXT_ROW("{\"organization-name\":\"\",\"contact-info\":\"tls@sender.example\","
              "\"report-id\":7," DAY ",\"policies\":[]}"),
     "missing-key not-text"},
};

static void what_is_wrong_with_a_whole_document_is_noted(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        struct document document = read_bytes(warnings[i].bytes, NO_ENVELOPE, &arena);
        assert_int_equal(document.kind, DOCUMENT_REPORT);
        if (strcmp(codes_of(&document.report->warnings, &buffer), warnings[i].codes) != 0)
            fail_msg("document %zu: %s instead of %s", i, buffer.at, warnings[i].codes);
    }
}

#define NO_RANGE "\"x\":0"
static const struct {
    const char *range, *file_name;
    int64_t sent_at;
    const char *begin, *end, *codes;
} dates[] = {
    {DAY, NULL, TIME_UNKNOWN, "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", ""},
    {RANGE("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"), NULL, TIME_UNKNOWN,
     "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", ""},
    {RANGE("2026-11-23t00:00:00.5z", "2026-11-23T24:00:00Z"), NULL, TIME_UNKNOWN,
     "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", ""},
    {RANGE("2026-11-23T02:00:00+02:00", "2026-11-23T18:59:59-05:00"), NULL, TIME_UNKNOWN,
     "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", ""},
    {RANGE("2026-11-16T00:00:00Z", "2026-11-22T23:59:59Z"), NULL, TIME_UNKNOWN,
     "2026-11-16T00:00:00Z", "2026-11-22T23:59:59Z", ""},
    {RANGE("2026-11-23T00:00:00", "2026-11-23T23:59:59"), NULL, TIME_UNKNOWN,
     "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", "date-no-zone"},
    {RANGE("2026-11-23", "2026-11-23"), NULL, TIME_UNKNOWN, "2026-11-23T00:00:00Z",
     "2026-11-23T23:59:59Z", "date-only"},
    {RANGE("2026-11-23T00:00Z", "2026-11-23T23:59:59+0000"), NULL, TIME_UNKNOWN,
     "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", "date-form"},
    {RANGE("2026-11-24T00:00:00Z", "2026-11-23T00:00:00Z"), NULL, TIME_UNKNOWN,
     "2026-11-24T00:00:00Z", "2026-11-23T00:00:00Z", "date-order"},
    {NO_RANGE, NULL, TIME_UNKNOWN, "", "", "missing-key date-unknown"},
    {NO_RANGE, "a.example!b.example!1700000000!1700086399.json.gz", SENT_AT,
     "2023-11-14T22:13:20Z", "2023-11-15T22:13:19Z", "missing-key date-from-file-name"},
    {NO_RANGE, NULL, SENT_AT, "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z",
     "missing-key date-from-mail"},
    {NO_RANGE, NULL, 86399, "", "", "missing-key date-unknown"},
    {RANGE("yesterday", "2026-11-23T23:59:59Z"), "a.example!b.example!1795392000!1.json",
     SENT_AT, "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z",
     "date-unusable date-from-file-name"},
    {RANGE("2026-11-23T00:00:00Z", ""), NULL, SENT_AT, "2026-11-23T00:00:00Z",
     "2026-11-23T23:59:59Z", "date-unusable date-from-mail"},
    {"\"date-range\":{\"start-datetime\":\"2026-11-23T00:00:00Z\"}", NULL, TIME_UNKNOWN,
     "2026-11-23T00:00:00Z", "", "missing-key date-unknown"},
    {"\"date-range\":{\"start-datetime\":1795392000,\"end-datetime\":null}", NULL, SENT_AT,
     "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", "null-value date-unusable date-from-mail"},
    {"\"date-range\":\"2026-11-23\"", NULL, SENT_AT, "2026-11-23T00:00:00Z",
     "2026-11-23T23:59:59Z", "not-object date-from-mail"},
    {"\"date_range\":{\"start_datetime\":\"2026-11-23T00:00:00Z\",\"end_datetime\":\"2026-11-"
     "23T23:"
     "59:59Z\"}",
     NULL, TIME_UNKNOWN, "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", "snake-case-key"},
};

static void times_come_from_the_report_else_the_file_name_else_the_mail(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct report_envelope envelope = NO_ENVELOPE;
        char text[TIME_TEXT_SIZE];
        envelope.file_name = text_of(dates[i].file_name);
        envelope.sent_at = dates[i].sent_at;
        struct text json = text_format(&arena, "{" HEAD ",%s,\"policies\":[]}", dates[i].range);
        struct tls_report *report = read_bytes(json, envelope, &arena).report;
        assert_non_null(report);
        if (strcmp(codes_of(&report->warnings, &buffer), dates[i].codes) != 0)
            fail_msg("%s: %s instead of %s", dates[i].range, buffer.at, dates[i].codes);
        assert_string_equal(time_text(report->begin, text), dates[i].begin);
        assert_string_equal(time_text(report->end, text), dates[i].end);
    }
}

static const struct {
    const char *header, *file_name, *domain, *named, *code;
} domains[] = {
    {NULL, NULL, NULL, NULL, "policy-domain-unknown"},
    {"Example.COM.", "a.example!b.example!1!2.json", "example.com", "example.com",
     "policy-domain-from-header"},
    {NULL, "a.example!B.example!1!2.json", "b.example", "b.example",
     "policy-domain-from-file-name"},
    {"no host", "a.example!b.example!1!2.json", "b.example", "b.example",
     "policy-domain-from-file-name"},
};

static void a_missing_policy_domain_comes_from_around_the_report(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        struct report_envelope envelope = NO_ENVELOPE;
        envelope.report_domain = text_of(domains[i].header);
        envelope.file_name = text_of(domains[i].file_name);
        struct tls_report *report =
            read_bytes(TEXT("{" HEAD "," DAY ",\"policies\":[" NAMELESS "," POLICY "]}"),
                       envelope, &arena)
                .report;
        assert_true(text_equal(report->named_domain, text_of(domains[i].named)));
        assert_true(text_equal(report->policies[0].policy_domain, text_of(domains[i].domain)));
        assert_string_equal(codes_of(&report->policies[0].warnings, &buffer), domains[i].code);
        assert_true(text_equal(report->policies[1].policy_domain, TEXT("example.com")));
        assert_string_equal(codes_of(&report->policies[1].warnings, &buffer), "");
    }
}

static void the_envelope_is_kept_with_the_report(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct report_envelope envelope = {.submitter = TEXT(" Sender.Example. "),
                                       .report_domain = TEXT("Example.com"),
                                       .sent_at = 5,
                                       .received_at = 7};
    struct text json = TEXT("{" HEAD "," DAY ",\"policies\":[]}");
    struct tls_report *report = read_bytes(json, envelope, &arena).report;
    assert_true(text_equal(report->submitter, TEXT("sender.example")));
    assert_true(text_equal(report->report_domain, TEXT("example.com")));
    assert_true(text_equal(report->reporter, TEXT("sender.example")));
    assert_true(report->sent_at == 5 && report->received_at == 7);
    assert_int_equal(report->authenticated, AUTHENTICATED_NONE);
    envelope.submitter = TEXT("Sociét\xe9 Example"); /* tlsrpt-reporter, and not all UTF-8 */
    envelope.report_domain = TEXT("  ");
    report = read_bytes(json, envelope, &arena).report;
    assert_true(text_equal(report->submitter, TEXT("Sociét\xc3\xa9 Example")));
    assert_false(text_known(report->report_domain));
    assert_true(text_equal(report->reporter, TEXT("sender.example")));
}

static void the_digest_is_of_the_document_as_it_came(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct text document = TEXT("{" HEAD "," DAY ",\"policies\":[],\"x\":[\"\xe9\",1.50]}");
    uint8_t digest[SHA256_SIZE];
    sha256(document, digest);
    struct text bytes = text_format(&arena, "\xef\xbb\xbf %.*s \n junk", TEXT_ARGS(document));
    struct tls_report *report = read_bytes(bytes, NO_ENVELOPE, &arena).report;
    assert_memory_equal(report->sha256, digest, SHA256_SIZE);
}

static void the_index_is_the_place_in_the_array(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct tls_report *report =
        read_bytes(TEXT("{" HEAD "," DAY ",\"policies\":[" POLICY ",null," POLICY "]}"),
                   NO_ENVELOPE, &arena)
            .report;
    assert_int_equal(report->policy_count, 2);
    assert_int_equal(report->policies[0].index, 0);
    assert_int_equal(report->policies[1].index, 2);
}

/* A report of POLICIES policies with FAILURES failures each. */
static struct text many(struct buffer *buffer, size_t policies, size_t failures)
{
    buffer->length = 0;
    buffer_add_text(buffer, TEXT("{" HEAD "," DAY ",\"policies\":["));
    for (size_t i = 0; i < policies; i++) {
        buffer_add_text(buffer, i ? TEXT(",{\"policy\":{},\"failure-details\":[")
                                  : TEXT("{\"policy\":{},\"failure-details\":["));
        for (size_t j = 0; j < failures; j++)
            buffer_format(buffer, "%s{\"result-type\":\"new-%zu\"}", j ? "," : "", j);
        buffer_add_text(buffer, TEXT("]}"));
    }
    buffer_add_text(buffer, TEXT("]}"));
    return buffer_text(buffer);
}

static void rows_depth_and_size_are_bounded(void **state)
{
    (void)state;
    static const struct {
        size_t policies, failures, rows;
        unsigned depth;
        enum document_kind kind;
    } cases[] = {
        {1, 10, 10, 64, DOCUMENT_REPORT}, {1, 11, 10, 64, DOCUMENT_FAULTY},
        {2, 5, 10, 64, DOCUMENT_REPORT},  {3, 4, 10, 64, DOCUMENT_FAULTY},
        {10, 0, 10, 64, DOCUMENT_REPORT}, {11, 0, 10, 64, DOCUMENT_FAULTY},
        {1, 1, 10, 5, DOCUMENT_REPORT},   {1, 1, 10, 4, DOCUMENT_FAULTY},
    };
    BUFFER_AUTO buffer = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ARENA_AUTO arena = {0};
        struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
        limits.failure_rows = cases[i].rows;
        limits.json_depth = cases[i].depth;
        struct report_envelope envelope = NO_ENVELOPE;
        struct document document;
        struct text json = many(&buffer, cases[i].policies, cases[i].failures);
        for (size_t over = 0; over < 2; over++) {
            limits.report_size = json.length - over;
            document_read(json, &envelope, &limits, &arena, &document);
            assert_int_equal(document.kind, over ? DOCUMENT_FAULTY : cases[i].kind);
            assert_true(document.claims);
        }
    }
}

static void warnings_of_one_policy_are_bounded(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO buffer = {0};
    struct tls_report *report = read_bytes(many(&buffer, 1, 1000), NO_ENVELOPE, &arena).report;
    const struct text_list *list = &report->policies[0].warnings;
    assert_int_equal(list->count, QUIRK_LOG_SIZE + 1);
    /* Three notes on the policy, one that all failures share, and 16 of their 1,000 words. */
    assert_true(
        text_equal(list->at[QUIRK_LOG_SIZE], TEXT("more-warnings: 984 more are left out")));
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(text_equal(list->at[i], list->at[j]));
}

static void what_a_warning_quotes_is_harmless(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *warning;
    } cases[] = {
        {"A\\u001b[31m\\r\\n", "\"A\\x1b[31m\\x0d\\x0a\""},
        {"\\\"a\\\\b\\\"", "\"\\\"a\\\\b\\\"\""},
        {"a\\u202eb\\u0085\\u007f", "\"a\\u202eb\\x85\\x7f\""},
        {"\xc3\xa4 b", "\"\xc3\xa4 b\""},
        {"----------------------------------------------------------------------------------",
         "\"-------------------------------------------------------------------------------"
         "…\""},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text json =
            text_format(&arena,
                        "{" HEAD "," DAY ",\"policies\":[{\"policy\":{\"policy-type\":\"sts\","
                        "\"policy-domain\":\"%s\"},\"summary\":" COUNTS "}]}",
                        cases[i].domain);
        const struct tls_report *report = read_bytes(json, NO_ENVELOPE, &arena).report;
        assert_int_equal(report->policies[0].warnings.count, 1);
        struct text wanted = text_format(&arena,
                                         "policy-domain-form: policy-domain is not a domain in "
                                         "lower-case A-labels without a "
                                         "final dot: %s",
                                         cases[i].warning);
        if (!text_equal(report->policies[0].warnings.at[0], wanted))
            fail_msg("%.*s", TEXT_ARGS(report->policies[0].warnings.at[0]));
    }
}

static void every_quirk_has_a_code_of_its_own_a_text_and_a_sender(void **state)
{
    (void)state;
    for (unsigned i = 0; i < QUIRK_COUNT; i++) {
        const struct quirk_row *row = quirk_row(i);
        assert_true(row->code &&
                    row->code[strspn(row->code, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0);
        assert_true(*row->code && row->text && *row->text && row->sender && *row->sender);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(row->code, quirk_row(j)->code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_a_report_or_faulty_or_something_else),
        cmocka_unit_test(what_is_wrong_with_a_whole_document_is_noted),
        cmocka_unit_test(times_come_from_the_report_else_the_file_name_else_the_mail),
        cmocka_unit_test(a_missing_policy_domain_comes_from_around_the_report),
        cmocka_unit_test(the_envelope_is_kept_with_the_report),
        cmocka_unit_test(the_digest_is_of_the_document_as_it_came),
        cmocka_unit_test(the_index_is_the_place_in_the_array),
        cmocka_unit_test(rows_depth_and_size_are_bounded),
        cmocka_unit_test(warnings_of_one_policy_are_bounded),
        cmocka_unit_test(what_a_warning_quotes_is_harmless),
        cmocka_unit_test(every_quirk_has_a_code_of_its_own_a_text_and_a_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
