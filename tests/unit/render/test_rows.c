#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "render/rows.h"

#define T(literal)                                                                             \
    {                                                                                          \
        literal, sizeof(literal) - 1                                                           \
    }
#define DIGEST "abababababababababababababababababababababababababababababababab"

static struct text strings[] = {T("version: STSv1"), T("mode: enforce")};
static struct text hosts[] = {T("=mx.example.com")};

static struct tls_report report = {
    .organization_name = T("Example, \"Reporter\""),
    .report_id = T("1\n2"),
    .begin = 1780876800,
    .end = TIME_UNKNOWN,
    .submitter = T("reporter.example"),
    .received_at = 1780970400,
    .authenticated = AUTHENTICATED_NONE,
};
static struct tls_policy policy = {
    .index = 2,
    .policy_domain = T("example.com"),
    .policy_type = POLICY_TYPE_STS,
    .policy_mode = POLICY_MODE_ENFORCE,
    .policy_strings = {strings, 2},
    .mx_hosts = {hosts, 1},
    .successful_sessions = INT64_MAX,
    .failed_sessions = 7,
};
static struct tls_failure failure = {
    .result_type = RESULT_VALIDATION_FAILURE,
    .result_type_raw = T("validation_failure"),
    .failed_sessions = 7,
    .receiving_ip = T("2001:db8::1"),
    .additional_information = T("@here"),
};
static struct store_row rows[] = {
    {.kind = ROW_POLICY,
     .id = 41,
     .domain = T("example.com"),
     .report = &report,
     .policy = &policy},
    {.kind = ROW_FAILURE,
     .id = INT64_MAX,
     .domain = T("example.com"),
     .report = &report,
     .policy = &policy,
     .failure = &failure},
    {.kind = ROW_RETRACT, .id = 43, .report = &report},
};

static int set_up(void **state)
{
    (void)state;
    memset(report.sha256, 0xab, sizeof report.sha256);
    return 0;
}

#define REPORT                                                                                 \
    "\"report\":{\"organization_name\":\"Example, \\\"Reporter\\\"\",\"contact_info\":null,"   \
    "\"report_id\":\"1\\n2\",\"begin\":\"2026-06-08T00:00:00Z\",\"end\":null,"                 \
    "\"submitter\":\"reporter.example\",\"report_domain\":null,"                               \
    "\"received_at\":\"2026-06-09T02:00:00Z\",\"authenticated\":\"none\",\"sha256\":\"" DIGEST \
    "\"}"

static void ndjson_has_every_key_in_the_order_of_the_contract(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "{\"kind\":\"policy\",\"id\":41," REPORT ",\"index\":2,\"domain\":\"example.com\","
        "\"policy_domain\":\"example.com\",\"policy_type\":\"sts\",\"policy_mode\":\"enforce\","
        "\"policy_strings\":[\"version: STSv1\",\"mode: enforce\"],"
        "\"mx_hosts\":[\"=mx.example.com\"],\"successful_sessions\":9223372036854775807,"
        "\"failed_sessions\":7,\"unitemised_failures\":0,\"warnings\":[]}\n",
        "{\"kind\":\"failure\",\"id\":9223372036854775807," REPORT ",\"index\":2,"
        "\"domain\":\"example.com\",\"policy_domain\":\"example.com\",\"policy_type\":\"sts\","
        "\"policy_mode\":\"enforce\",\"result_type\":\"validation-failure\","
        "\"result_type_raw\":\"validation_failure\",\"class\":\"general\",\"cause\":null,"
        "\"failed_sessions\":7,\"sending_mta_ip\":null,\"receiving_mx_hostname\":null,"
        "\"receiving_mx_helo\":null,\"receiving_ip\":\"2001:db8::1\","
        "\"additional_information\":\"@here\",\"failure_reason_code\":null}\n",
        "{\"kind\":\"retract\",\"id\":43,\"sha256\":\"" DIGEST "\"}\n",
    };
    for (size_t i = 0; i < 3; i++) {
        BUFFER_AUTO out = {0};
        row_ndjson(&out, &rows[i]);
        buffer_add_char(&out, 0);
        assert_string_equal(out.at, expected[i]);
    }
}

static void the_class_of_a_failure_depends_on_its_policy_type(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    policy.policy_type = POLICY_TYPE_TLSA;
    row_ndjson(&out, &rows[1]);
    policy.policy_type = POLICY_TYPE_STS;
    assert_true(text_find(buffer_text(&out), TEXT("\"class\":\"dane\"")) != SIZE_MAX);
}

#define REPORT_HEADER                                                                          \
    "kind,id,report_organization_name,report_contact_info,report_report_id,report_begin,"      \
    "report_end,report_submitter,report_report_domain,report_received_at,"                     \
    "report_authenticated,report_sha256,index,domain,policy_domain,policy_type,policy_mode,"
#define REPORT_CELLS                                                                           \
    "\"Example, \"\"Reporter\"\"\",,\"1\n2\",2026-06-08T00:00:00Z,,reporter.example,,"         \
    "2026-06-09T02:00:00Z,none," DIGEST ",2,example.com,example.com,sts,enforce,"

static void csv_has_one_line_a_row_under_its_header(void **state)
{
    (void)state;
    static const struct {
        enum row_kind kind;
        size_t row;
        const char *expected;
    } tables[] = {
        {ROW_FAILURE, 1,
         REPORT_HEADER "result_type,result_type_raw,class,cause,failed_sessions,sending_mta_ip,"
                       "receiving_mx_hostname,receiving_mx_helo,receiving_ip,"
                       "additional_information,failure_reason_code\r\n"
                       "failure,9223372036854775807," REPORT_CELLS
                       "validation-failure,validation_failure,general,,7,,,,2001:db8::1,'@here,"
                       "\r\n"},
        {ROW_POLICY, 0,
         REPORT_HEADER "policy_strings,mx_hosts,successful_sessions,failed_sessions,"
                       "unitemised_failures,warnings\r\n"
                       "policy,41," REPORT_CELLS "\"version: STSv1; mode: enforce\","
                       "'=mx.example.com,9223372036854775807,7,0,\r\n"},
        {ROW_POLICY, 2,
         REPORT_HEADER "policy_strings,mx_hosts,successful_sessions,failed_sessions,"
                       "unitemised_failures,warnings\r\n"
                       "retract,43,,,,,,,,,," DIGEST ",,,,,,,,,,,\r\n"},
    };
    for (size_t i = 0; i < 3; i++) {
        BUFFER_AUTO out = {0};
        row_csv_header(&out, tables[i].kind);
        row_csv(&out, &rows[tables[i].row], tables[i].kind);
        buffer_add_char(&out, 0);
        assert_string_equal(out.at, tables[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson_has_every_key_in_the_order_of_the_contract),
        cmocka_unit_test(the_class_of_a_failure_depends_on_its_policy_type),
        cmocka_unit_test(csv_has_one_line_a_row_under_its_header),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
