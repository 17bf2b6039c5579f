/* What stands around a report in its mail: names, dates, verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "mail_scene.h"

#define DATES "Date: Fri, 2 Jan 2026 08:00:00 +0100\n"
enum { SENT = 1767337200, RECEIVED = 1767344400 };

static void headers_of_the_mail_go_with_the_report(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    const struct reading *reading = read_template(
        &scene,
        TEXT("Received: from a by b; 2 Jan 2026 10:00 +0100\n"
             "Received: from c by a; 1 Jan 2026 10:00:00 +0100\n" DATES
             "TLS-Report-Domain:\n =?utf-8?q?example=2Ecom?=\nTLS-Report-Submitter:  "
             "Reporter.Example \nTLS-Report-Domain: second.example\n" MIXED
             "--b\nContent-Type: application/octet-stream;\n name=\"other.json\"\n"
             "Content-Disposition: attachment;\n filename*0=\"../x/reporter.example!exam\";\n "
             "filename*1=\"ple.com!1767225600!1767311999.json.gz\"\n" BASE64 "@GZIP64@" LAST));
    assert_int_equal(reading->report_count, 1);
    const struct tls_report *report = reading->reports[0];
    assert_text(report->report_domain, "example.com");
    assert_text(report->submitter, "reporter.example");
    assert_int_equal(report->sent_at, SENT);
    assert_int_equal(report->received_at, RECEIVED);
    assert_int_equal(reading->received_at, RECEIVED);
}

/* A report without policy-domain shows which file name counted. */
#define DOMAINLESS                                                                             \
    "{\"report-id\":\"x\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\"}}]}\n"

static void file_name_comes_from_where_senders_put_it(void **state)
{
    (void)state;
    static const struct {
        struct text fields;
        const char *domain;
    } rows[] = {
        {TEXT_ROW("Content-Disposition: attachment; filename=\"a.example!b.example!1!2.json\"\n"
                  "Content-Type: application/json; name=\"a.example!c.example!1!2.json\"\n"),
         "b.example"},
        {TEXT_ROW("Content-Type: application/json; name=\"a.example!c.example!1!2.json\"\n"),
         "c.example"},
        {TEXT_ROW("Content-Disposition: attachment; filename*=utf-8''a.example%21b.example!1!2"
                  ".json\n"),
         "b.example"},
        {TEXT_ROW("Content-Disposition: attachment; filename=\"=?utf-8?b?"
                  "YS5leGFtcGxlIWIuZXhhbXBsZSExITIuanNvbg==?=\"\n"),
         "b.example"},
        {TEXT_ROW("Content-Disposition: attachment; "
                  "filename=\"C:\\\\tmp\\\\a.example!b.example!1!2.json\"\n"),
         "b.example"},
        {TEXT_ROW("Content-Disposition: attachment; filename=\"/a!b/\"\n"), NULL},
        {TEXT_ROW(""), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        buffer_add_text(&scene.mail, TEXT("MIME-Version: 1.0\n"));
        buffer_add_text(&scene.mail, rows[i].fields);
        buffer_add_text(&scene.mail, TEXT("\n" DOMAINLESS));
        const struct reading *reading = read_scene(&scene);
        assert_int_equal(reading->report_count, 1);
        assert_text(reading->reports[0]->policies[0].policy_domain, rows[i].domain);
    }
}

static void dates_fall_back(void **state)
{
    (void)state;
    static const struct {
        struct text fields;
        int64_t received, sent;
    } rows[] = {
        {TEXT_ROW(""), TIME_UNKNOWN, TIME_UNKNOWN},
        {TEXT_ROW(DATES), SENT, SENT},
        {TEXT_ROW(DATES "Received: from a by b; soon\n"), SENT, SENT},
        {TEXT_ROW(DATES "Received: from a by b\n"), SENT, SENT},
        {TEXT_ROW("Received: from a (x; y) by b;\n\tFri, 2 Jan 2026 10:00:00 +0100\n"),
         RECEIVED, TIME_UNKNOWN},
        {TEXT_ROW("Received: a; Fri, 2 Jan 2026 10:00:00 +0100 (for b; c)\n"), RECEIVED,
         TIME_UNKNOWN},
        {TEXT_ROW("Date: never\nReceived: a; 2 Jan 2026 10:00 +0100\n"), RECEIVED,
         TIME_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        buffer_add_text(&scene.mail, rows[i].fields);
        const struct reading *reading = read_template(&scene, TEXT("Subject: x\n\n@JSON@"));
        assert_int_equal(reading->report_count, 1);
        assert_true(reading->received_at == rows[i].received);
        assert_true(reading->reports[0]->received_at == rows[i].received);
        assert_true(reading->reports[0]->sent_at == rows[i].sent);
    }
}

static void nearest_message_counts_and_outermost_vouches(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    scene.options.authserv_id = TEXT("mx.example.net");
    const struct reading *reading = read_template(
        &scene,
        TEXT("Authentication-Results: mx.example.net; dkim=fail header.d=reporter.example\n"
             "Received: a; 2 Jan 2026 10:00 +0100\nTLS-Report-Domain: outer.example\n" MIXED
             "--b\nContent-Type: message/rfc822\n\n"
             "Authentication-Results: mx.example.net; dkim=pass "
             "header.d=reporter.example\n" DATES
             "TLS-Report-Domain: inner.example\n" GZIP_TYPE BASE64 "@GZIP64@" LAST));
    assert_int_equal(reading->report_count, 1);
    assert_text(reading->reports[0]->report_domain, "inner.example");
    assert_int_equal(reading->reports[0]->received_at, SENT);
    assert_int_equal(reading->reports[0]->authenticated, AUTHENTICATED_FAIL);
    assert_int_equal(reading->received_at, RECEIVED);
}

static void topmost_field_of_our_server_counts(void **state)
{
    (void)state;
    static const struct {
        struct text fields;
        enum authenticated expected;
    } rows[] = {
        {TEXT_ROW("Authentication-Results: mx.example.net;\n\tdkim=pass\n"
                  "\theader.d=reporter.example\n"),
         AUTHENTICATED_PASS},
        {TEXT_ROW(
             "Authentication-Results: other.example; dkim=fail\n"
             "Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_PASS},
        {TEXT_ROW(
             "Authentication-Results: mx.example.net; dkim=none\n"
             "Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW(
             "Authentication-Results: other.example; dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("X-Authentication-Results: mx.example.net; dkim=pass "
                  "header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("Authentication-Results: mx.example.net; "
                  "=?utf-8?q?dkim=3Dpass_header=2Ed=3Dreporter=2Eexample?=\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("Content-Type: message/rfc822\n\nAuthentication-Results: mx.example.net; "
                  "dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("Subject: x\n\nAuthentication-Results: mx.example.net; dkim=pass "
                  "header.d=reporter.example\n"),
         0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        scene.options.authserv_id = TEXT("mx.example.net");
        buffer_add_text(&scene.mail, rows[i].fields);
        const struct reading *reading = read_template(&scene, TEXT(CLAIMING "\n@JSON@"));
        assert_int_equal(reading->report_count, rows[i].expected != 0);
        if (rows[i].expected)
            assert_int_equal(reading->reports[0]->authenticated, rows[i].expected);
    }
}

static void text_of_headers_is_decoded_to_utf8(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    const struct reading *reading = read_template(
        &scene, TEXT("TLS-Report-Submitter: Caf\xe9 =?iso-8859-1?q?Caf=E9?=\n\n@JSON@"));
    assert_int_equal(reading->report_count, 1);
    assert_true(text_is_utf8(reading->reports[0]->submitter));
    assert_text(reading->reports[0]->submitter, "Caf\xc3\xa9 Caf\xc3\xa9");
}

/* Text for people is kept from GMime: not what is a report, or claims to be one. */
static void text_for_people_hides_nothing(void **state)
{
    (void)state;
#define WORDS "--b\nContent-Type: text/plain\n\nWords for people.\n--not a boundary\n{\n"
    static const struct {
        struct text mail;
        bool found, claims;
    } rows[] = {
        {TEXT_ROW(MIXED WORDS "--b\n" GZIP_TYPE BASE64 "@GZIP64@" LAST), true, true},
        {TEXT_ROW(MIXED WORDS "--b\nContent-Type: text/plain\n\n@JSON@" WORDS LAST), true,
         true},
        {TEXT_ROW(MIXED WORDS "--b\nContent-Type: text/plain\n" BASE64 "@JSON64@" LAST), true,
         true},
        {TEXT_ROW(MIXED "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n"
                        "Content-Type: text/plain\n\nWords\n--c\nContent-Type: text/html\n\n"
                        "Words\n--c--\n--b\n" GZIP_TYPE BASE64 "@GZIP64@" LAST),
         true, true},
        {TEXT_ROW(MIXED "--b\nContent-Type: text/plain; report-type=tlsrpt\n\nWords\n" LAST),
         false, true},
        {TEXT_ROW(MIXED "--b\nContent-Type: message/rfc822\n\nTLS-Report-Domain: a.example\n"
                        "Content-Type: text/plain\n\nWords\n" LAST),
         false, true},
        {TEXT_ROW(MIXED WORDS LAST), false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        const struct reading *reading = read_template(&scene, rows[i].mail);
        assert_int_equal(reading->report_count, rows[i].found);
        assert_int_equal(text_known(reading->fault), rows[i].claims && !rows[i].found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_the_mail_go_with_the_report),
        cmocka_unit_test(file_name_comes_from_where_senders_put_it),
        cmocka_unit_test(dates_fall_back),
        cmocka_unit_test(nearest_message_counts_and_outermost_vouches),
        cmocka_unit_test(topmost_field_of_our_server_counts),
        cmocka_unit_test(text_of_headers_is_decoded_to_utf8),
        cmocka_unit_test(text_for_people_hides_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
