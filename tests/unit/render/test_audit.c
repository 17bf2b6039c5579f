/* What an audit prints: for machines, as a table, for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/time.h"
#include "render/audit.h"

static const struct rule rule = {.code = "TLSRPT-VERSION", .reference = "RFC 8460 §3"};

const struct rule_text *rule_text_of(const struct rule *wanted)
{
    static const struct rule_text text = {.code = "TLSRPT-VERSION",
                                          .meaning = "Senders may ignore the record."};
    return wanted == &rule ? &text : NULL;
}

/* 2026-03-24 23:59:59. */
enum { LAST_REPORT = 1774396799 };

struct sample {
    struct arena arena;
    struct finding finding;
    struct audit audits[2]; /* one that needs work, one never observed */
};

static void fill(struct sample *sample)
{
    memset(sample, 0, sizeof *sample);
    struct audit *audit = &sample->audits[0];
    sample->finding = (struct finding){.id = "0123abcd",
                                       .rule = &rule,
                                       .severity = SEVERITY_WARNING,
                                       .confidence = CONFIDENCE_CONFIRMED,
                                       .side = SIDE_DOMAIN,
                                       .impact = IMPACT_UNKNOWN,
                                       .state = STATE_ONGOING,
                                       .title = TEXT("The version is wrong"),
                                       .action = TEXT("Publish:\n    v=TLSRPTv1; rua=x"),
                                       .first_seen = TIME_UNKNOWN,
                                       .last_seen = TIME_UNKNOWN,
                                       .acknowledged_until = TIME_UNKNOWN};
    *audit = (struct audit){.domain = TEXT("example.com"),
                            .client = TEXT("Example Ltd"),
                            .status = AUDIT_REVIEW,
                            .record = TEXT("v=TLSRPT1; rua=mailto:a@example.com"),
                            .owner = TEXT("Client IT"),
                            .sts_owner = TEXT("Network team"),
                            .model = OWNERSHIP_AGENCY,
                            .dns_host = TEXT("ns.example.net"),
                            .stage = MATURITY_REPORTING,
                            .mta_sts_fact = FACT_PRESENT,
                            .mta_sts_mode = MTA_STS_MODE_TESTING,
                            .observed_at = LAST_REPORT,
                            .last_report_at = LAST_REPORT,
                            .next_action = TEXT("Correct it. Then wait.")};
    text_list_add(&sample->arena, &audit->rua, TEXT("mailto:a@example.com"));
    for (size_t i = 0; i < CHECK_COUNT; i++)
        audit->checks[i] = (struct audit_check){ANSWER_YES, TEXT("seen"), TEXT_UNKNOWN};
    audit->checks[CHECK_VERSION] =
        (struct audit_check){ANSWER_NO, TEXT("It is v=TLSRPT1"), TEXT("Correct it")};
    audit->findings = (struct findings){&sample->finding, 1};
    sample->audits[1] = (struct audit){.domain = TEXT("new.example"),
                                       .status = AUDIT_REVIEW,
                                       .observed_at = TIME_UNKNOWN,
                                       .last_report_at = TIME_UNKNOWN,
                                       .next_action = TEXT("Look")};
    for (size_t i = 0; i < CHECK_COUNT; i++)
        sample->audits[1].checks[i] = (struct audit_check){.signal = TEXT("not looked at")};
}

static bool has(const struct buffer *out, const char *what)
{
    return text_find(buffer_text(out), text_of(what)) != SIZE_MAX;
}

static void assert_has(const struct buffer *out, const char *what)
{
    if (!has(out, what))
        fail_msg("\"%s\" is not in:\n%.*s", what, (int)out->length, out->at);
}

static void assert_has_not(const struct buffer *out, const char *what)
{
    if (has(out, what))
        fail_msg("\"%s\" is in:\n%.*s", what, (int)out->length, out->at);
}

/* ---- for machines ---- */

static void test_json_has_the_keys_of_the_contract_in_their_order(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    audit_json(&out, &(struct audit_report){LAST_REPORT, sample.audits, 2});
    assert_has(&out, "{\"generated_at\":\"2026-03-24T23:59:59Z\",");
    assert_has(&out, "\"domains\":[{\"domain\":\"example.com\",\"client\":\"Example Ltd\","
                     "\"status\":\"review\",\"record\":\"v=TLSRPT1; rua=mailto:a@example.com\","
                     "\"rua\":[\"mailto:a@example.com\"],\"owner\":\"Client IT\","
                     "\"sts_owner\":\"Network team\",\"model\":\"agency\","
                     "\"dns_host\":\"ns.example.net\",\"stage\":\"reporting\","
                     "\"mta_sts_mode\":\"testing\","
                     "\"last_report_at\":\"2026-03-24T23:59:59Z\","
                     "\"next_action\":\"Correct it. Then wait.\",\"checks\":["
                     "{\"check\":\"dns-location\",\"ok\":true,\"signal\":\"seen\","
                     "\"follow_up\":null},{\"check\":\"version\",\"ok\":false,"
                     "\"signal\":\"It is v=TLSRPT1\",\"follow_up\":\"Correct it\"}");
    assert_has(&out, "\"findings\":[{\"id\":\"0123abcd\",\"code\":\"TLSRPT-VERSION\",");
    arena_free(&sample.arena);
}

static void test_json_of_what_is_not_known_is_null(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    audit_json(&out, &(struct audit_report){LAST_REPORT, &sample.audits[1], 1});
    assert_has(&out, "\"client\":null,\"status\":\"review\",\"record\":null,\"rua\":[],"
                     "\"owner\":null,\"sts_owner\":null,\"model\":null,\"dns_host\":null,"
                     "\"stage\":null,\"mta_sts_mode\":null,\"last_report_at\":null,");
    assert_has(&out, "\"check\":\"version\",\"ok\":null");
    assert_has(&out, "\"findings\":[]");
    arena_free(&sample.arena);
}

static void test_csv_has_a_row_for_each_domain(void **state)
{
    static const char expected[] =
        "domain,client,status,record,rua,owner,sts_owner,model,dns_host,stage,mta_sts_mode,"
        "last_report_at,next_action,dns-location,version,reporting-address,mailbox-ownership,"
        "mta-sts-relationship,client-priority,findings\r\n"
        "example.com,Example Ltd,review,\"v=TLSRPT1; rua=mailto:a@example.com\","
        "mailto:a@example.com,Client IT,Network team,agency,ns.example.net,reporting,testing,"
        "2026-03-24T23:59:59Z,Correct it. Then wait.,yes,no,yes,yes,yes,yes,TLSRPT-VERSION\r\n"
        "new.example,,review,,,,,,,,,,Look,unknown,unknown,unknown,unknown,unknown,"
        "unknown,\r\n";
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    audit_csv(&out, &(struct audit_report){LAST_REPORT, sample.audits, 2});
    buffer_add_char(&out, '\0');
    assert_string_equal(out.at, expected);
    arena_free(&sample.arena);
}

static void test_csv_cell_that_a_spreadsheet_would_run_does_not_start_so(void **state)
{
    static const struct text starts[] = {
        TEXT_ROW("=1+1"), TEXT_ROW("+1"),     TEXT_ROW("-1"),
        TEXT_ROW("@SUM"), TEXT_ROW("\t=1+1"), TEXT_ROW("\r=1+1"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct sample sample;
        BUFFER_AUTO out = {0};
        fill(&sample);
        struct audit *audit = &sample.audits[1];
        audit->client = audit->record = audit->owner = audit->sts_owner = starts[i];
        audit->dns_host = audit->next_action = starts[i];
        text_list_add(&sample.arena, &audit->rua, starts[i]);
        audit_csv(&out, &(struct audit_report){LAST_REPORT, audit, 1});
        struct text rest = buffer_text(&out), cell;
        while (text_next(&rest, ',', &cell)) {
            if (text_starts(cell, TEXT("\"")))
                cell = text_from(cell, 1);
            assert_false(cell.length && strchr("=+-@\t\r", cell.at[0]) &&
                         !text_starts(cell, TEXT("\r\n")));
        }
        arena_free(&sample.arena);
    }
}

/* ---- for people ---- */

static void print_text(struct buffer *out, const struct audit *audits, size_t count,
                       unsigned width)
{
    audit_text(out, &(struct audit_report){LAST_REPORT, audits, count},
               (struct text_style){.width = width});
}

static void test_text_of_one_domain_has_checks_meaning_and_what_to_paste(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    print_text(&out, sample.audits, 1, 80);
    assert_has(&out, "example.com: review\n");
    assert_has(&out, "  dns-location          ok         seen\n");
    assert_has(&out, "  version               follow up  It is v=TLSRPT1\n"
                     "                                   Correct it\n");
    assert_has(&out, "    Meaning  Senders may ignore the record.\n");
    assert_has(&out, "    To do    Publish:\n");
    assert_has(&out, "    v=TLSRPTv1; rua=x\n");
    assert_has(&out, "basic > operational > [reporting] > transport > ongoing");
    assert_has(&out, "agency: the agency's mailbox");
    assert_has(&out, audit_disclaimer);
    arena_free(&sample.arena);
}

/* The columns of the table are those of its heading, in every row. */
static void test_table_of_domains_is_aligned(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    sample.audits[1].client = TEXT("Ein sehr langer Name f\u00fcr eine Firma");
    print_text(&out, sample.audits, 2, 120);
    assert_has(
        &out,
        "status           domain       client                MTA-STS    last report  "
        "next\n"
        "review           example.com  Example Ltd           testing    2026-03-24   "
        "Correct it\n"
        "review           new.example  Ein sehr langer Nam\u2026  not known  -            "
        "Look\n");
    assert_has(&out, "2 domains: 2 review\n");
    arena_free(&sample.arena);
}

static void test_table_without_clients_has_no_column_for_them(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    sample.audits[0].client = TEXT_UNKNOWN;
    print_text(&out, sample.audits, 2, 120);
    assert_has(&out, "status           domain       MTA-STS    last report  next\n");
    arena_free(&sample.arena);
}

static void test_narrow_table_has_the_next_action_below(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    print_text(&out, sample.audits, 2, 60);
    assert_has(&out, "2026-03-24\n    Correct it\n");
    arena_free(&sample.arena);
}

static void test_domain_in_order_is_told_in_the_table_alone(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0}, verbose = {0};
    (void)state;
    fill(&sample);
    sample.audits[1].status = AUDIT_PRESENT;
    print_text(&out, sample.audits, 2, 80);
    assert_has_not(&out, "new.example: present\n");
    audit_text(&verbose, &(struct audit_report){LAST_REPORT, sample.audits, 2},
               (struct text_style){.width = 80, .verbose = true});
    assert_has(&verbose, "new.example: present\n");
    arena_free(&sample.arena);
}

static void test_what_was_never_looked_at_is_not_called_absent(void **state)
{
    struct sample sample;
    BUFFER_AUTO text = {0}, page = {0};
    (void)state;
    fill(&sample);
    print_text(&text, &sample.audits[1], 1, 80);
    audit_html(&page, &(struct audit_report){LAST_REPORT, &sample.audits[1], 1});
    assert_has(&text, "MTA-STS            not looked at yet\n");
    assert_has(&page, "<dt>MTA-STS</dt><dd>not looked at yet</dd>");
    assert_has_not(&text, "not published");
    assert_has_not(&page, "not published");
    /* Looked at, and not there. */
    sample.audits[1].observed_at = LAST_REPORT;
    text.length = 0;
    print_text(&text, &sample.audits[1], 1, 80);
    assert_has(&text, "MTA-STS            not published\n");
    arena_free(&sample.arena);
}

/* A record may hold line ends: none begins a line that looks like ours. */
static void test_no_text_from_outside_begins_a_line(void **state)
{
    const struct text forged = TEXT("x\n\r\n    forged.example: present\nforged");
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    struct audit *audit = &sample.audits[0];
    audit->domain = audit->client = audit->record = audit->owner = audit->sts_owner = forged;
    audit->dns_host = audit->next_action = sample.finding.title = forged;
    evidence_add(&sample.arena, &sample.finding.evidence, EVIDENCE_DNS, 0, "%.*s",
                 TEXT_ARGS(forged));
    for (size_t i = 0; i < CHECK_COUNT; i++)
        audit->checks[i] = (struct audit_check){ANSWER_NO, forged, forged};
    print_text(&out, sample.audits, 2, 200);
    struct text rest = buffer_text(&out), line;
    while (text_next(&rest, '\n', &line))
        assert_false(text_starts(text_trim(line), TEXT("forged")));
    arena_free(&sample.arena);
}

/* ---- the page ---- */

static void test_page_says_what_the_text_says(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    audit_html(&out, &(struct audit_report){LAST_REPORT, sample.audits, 2});
    assert_has(&out, "<th scope=\"row\"><a href=\"#a-example.com\">example.com</a></th>"
                     "<td data-label=\"Client\">Example Ltd</td>");
    assert_has(&out, "<section id=\"a-example.com\">");
    assert_has(&out, "<dt>Last report</dt><dd>2026-03-24</dd>");
    assert_has(&out, "<dt>Meaning</dt><dd>Senders may ignore the record.</dd>");
    assert_has(&out, "<pre tabindex=\"0\">v=TLSRPTv1; rua=x\n</pre>");
    assert_has(&out, "<strong>reporting (here)</strong>");
    assert_has(&out, "cannot be told");
    assert_has(&out, audit_disclaimer);
    arena_free(&sample.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_has_the_keys_of_the_contract_in_their_order),
        cmocka_unit_test(test_json_of_what_is_not_known_is_null),
        cmocka_unit_test(test_csv_has_a_row_for_each_domain),
        cmocka_unit_test(test_csv_cell_that_a_spreadsheet_would_run_does_not_start_so),
        cmocka_unit_test(test_text_of_one_domain_has_checks_meaning_and_what_to_paste),
        cmocka_unit_test(test_table_of_domains_is_aligned),
        cmocka_unit_test(test_table_without_clients_has_no_column_for_them),
        cmocka_unit_test(test_narrow_table_has_the_next_action_below),
        cmocka_unit_test(test_domain_in_order_is_told_in_the_table_alone),
        cmocka_unit_test(test_what_was_never_looked_at_is_not_called_absent),
        cmocka_unit_test(test_no_text_from_outside_begins_a_line),
        cmocka_unit_test(test_page_says_what_the_text_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
