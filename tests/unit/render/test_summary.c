/* What a summary prints, and the message that carries it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/time.h"
#include "render/plot.h"
#include "render/summary_words.h"

static const struct rule rule = {.code = "CODE", .reference = "RFC 8460 §3"};

const struct rule_text *rule_text_of(const struct rule *wanted)
{
    (void)wanted;
    return NULL;
}

/* 2026-03-01 and the days after it. */
enum { SINCE = 1772323200, DAYS = 3 };

struct sample {
    struct arena arena;
    struct audit audit;
    struct finding findings[3];
    struct diagnosis diagnosis;
    struct reporter_count reporter;
    struct day_count days[DAYS];
    struct change change;
    struct summary summary;
    struct summary_report report;
};

static struct finding finding_of(const char *id, const char *title, enum severity severity,
                                 uint64_t failed)
{
    struct finding finding = {.rule = &rule,
                              .severity = severity,
                              .confidence = CONFIDENCE_CONFIRMED,
                              .side = SIDE_DOMAIN,
                              .impact = IMPACT_UNKNOWN,
                              .state = STATE_ONGOING,
                              .title = text_of(title),
                              .failed_sessions = failed,
                              .first_seen = TIME_UNKNOWN,
                              .last_seen = TIME_UNKNOWN,
                              .acknowledged_until = TIME_UNKNOWN};
    memcpy(finding.id, id, FINDING_ID_SIZE);
    return finding;
}

static void fill(struct sample *sample)
{
    memset(sample, 0, sizeof *sample);
    sample->audit = (struct audit){.domain = TEXT("example.com"),
                                   .client = TEXT("Example Ltd"),
                                   .status = AUDIT_PRESENT,
                                   .owner = TEXT("Client IT"),
                                   .sts_owner = TEXT("Network team"),
                                   .stage = MATURITY_TRANSPORT,
                                   .mta_sts_fact = FACT_PRESENT,
                                   .mta_sts_mode = MTA_STS_MODE_ENFORCE,
                                   .observed_at = SINCE,
                                   .last_report_at = SINCE};
    sample->findings[0] = finding_of("00000001", "Nobody lost mail", SEVERITY_CRITICAL, 0);
    sample->findings[1] = finding_of("00000002", "Few failed", SEVERITY_WARNING, 1);
    sample->findings[2] = finding_of("00000003", "Many failed", SEVERITY_NOTICE, 11);
    sample->diagnosis.findings = (struct findings){sample->findings, 3};
    sample->reporter = (struct reporter_count){TEXT("one.example"), {88, 12}, NULL};
    for (int i = 0; i < DAYS; i++)
        sample->days[i].day = SINCE + i * TIME_DAY;
    sample->days[1].sessions = (struct session_counts){88, 12};
    sample->change = (struct change){.id = "89abcdef",
                                     .kind = CHANGE_MX,
                                     .name = TEXT("example.com"),
                                     .first_seen = SINCE + TIME_DAY};
    text_list_add(&sample->arena, &sample->change.after, TEXT("10 mx.example.com"));
    sample->summary = (struct summary){.audit = &sample->audit,
                                       .diagnosis = &sample->diagnosis,
                                       .sessions = {88, 12},
                                       .previous = {50, 0},
                                       .action = TEXT("Do it:\n    paste <this>")};
    sample->summary.by_day.at = sample->days, sample->summary.by_day.count = DAYS;
    sample->summary.reporters.at = &sample->reporter, sample->summary.reporters.count = 1;
    sample->summary.changes = (struct changes){&sample->change, 1};
    sample->report = (struct summary_report){.generated_at = SINCE + DAYS * TIME_DAY,
                                             .since = SINCE,
                                             .until = SINCE + DAYS * TIME_DAY,
                                             .at = &sample->summary,
                                             .count = 1};
}

/* A month in which nothing came and nothing is to do. */
static void fill_quiet(struct sample *sample)
{
    fill(sample);
    sample->diagnosis.findings.count = 0;
    sample->summary.reporters.count = 0;
    sample->summary.changes.count = 0;
    sample->summary.sessions = (struct session_counts){0};
    sample->days[1].sessions = (struct session_counts){0};
    sample->summary.action = TEXT("Nothing to do.");
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

static void assert_text(struct text text, const char *expected)
{
    if (!text_equal(text, text_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARGS(text), expected);
}

/* ---- for machines ---- */

static void test_json_has_the_keys_of_the_contract_in_their_order(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    summary_json(&out, &sample.report);
    assert_has(
        &out,
        "{\"generated_at\":\"2026-03-04T00:00:00Z\",\"since\":\"2026-03-01T00:00:00Z\","
        "\"until\":\"2026-03-04T00:00:00Z\",\"domains\":[{\"domain\":\"example.com\","
        "\"client\":\"Example Ltd\",\"status\":\"present\",\"owner\":\"Client IT\","
        "\"mta_sts_mode\":\"enforce\",\"action\":\"Do it:\\n    paste <this>\","
        "\"sessions\":{\"successful\":88,\"failed\":12},"
        "\"previous_sessions\":{\"successful\":50,\"failed\":0},"
        "\"by_day\":[{\"day\":\"2026-03-01\",\"successful\":0,\"failed\":0},"
        "{\"day\":\"2026-03-02\",\"successful\":88,\"failed\":12},"
        "{\"day\":\"2026-03-03\",\"successful\":0,\"failed\":0}],"
        "\"reporters\":[{\"reporter\":\"one.example\",\"successful\":88,\"failed\":12,"
        "\"reports\":0,\"days\":0,\"usual_gap_seconds\":null,\"usual_delay_seconds\":null,"
        "\"sessions_per_report\":0,\"dane\":null,\"mta_sts\":null,\"kept_policy_seconds\":null,"
        "\"last_report_at\":null,\"due_at\":null,\"silent\":false}],"
        "\"changes\":[{\"id\":\"89abcdef\",\"kind\":\"mx\",\"name\":\"example.com\","
        "\"before\":[],\"after\":[\"10 mx.example.com\"],"
        "\"first_seen\":\"2026-03-02T00:00:00Z\"}],\"findings\":[{\"id\":\"00000001\",");
    arena_free(&sample.arena);
}

/* ---- in words ---- */

static void test_rate_says_neither_none_nor_all_where_some_are_left(void **state)
{
    static const struct {
        struct session_counts now, before;
        const char *expected;
    } rows[] = {
        {{88, 12},
         {50, 0},
         "12 of 100 sessions failed (12.0 %); 0 of 50 (0.0 %) in the period before"},
        {{99999, 1},
         {0, 0},
         "1 of 100000 sessions failed (under 0.1 %); nothing was reported in the period "
         "before"},
        {{1, 99999},
         {0, 7},
         "99999 of 100000 sessions failed (over 99.9 %); 7 of 7 (100.0 %) in the period "
         "before"},
        {{0, 0}, {3, 1}, "No session was reported; 1 of 4 (25.0 %) in the period before"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample sample;
        fill(&sample);
        sample.summary.sessions = rows[i].now;
        sample.summary.previous = rows[i].before;
        assert_text(summary_rate(&sample.arena, &sample.summary), rows[i].expected);
        arena_free(&sample.arena);
    }
}

static void test_relationship_to_mta_sts_names_who_owns_the_policy(void **state)
{
    struct sample sample;
    (void)state;
    fill(&sample);
    assert_text(
        summary_mta_sts(&sample.arena, &sample.summary),
        "MTA-STS is in force: senders refuse to deliver unencrypted. Its policy is owned "
        "by Network team.");
    sample.audit.checks[CHECK_MTA_STS_RELATIONSHIP].ok = ANSWER_YES;
    assert_text(summary_mta_sts(&sample.arena, &sample.summary),
                "MTA-STS is in force: senders refuse to deliver unencrypted. Who reads the "
                "reports owns its policy too.");
    sample.audit.owner = sample.audit.sts_owner = TEXT_UNKNOWN;
    assert_text(
        summary_mta_sts(&sample.arena, &sample.summary),
        "MTA-STS is in force: senders refuse to deliver unencrypted. Nobody is named who "
        "owns its policy.");
    arena_free(&sample.arena);
}

static void test_what_was_never_looked_at_is_not_called_absent(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill_quiet(&sample);
    sample.audit.observed_at = TIME_UNKNOWN;
    sample.audit.mta_sts_fact = FACT_ABSENT;
    sample.audit.mta_sts_mode = MTA_STS_MODE_UNKNOWN;
    summary_text(&out, &sample.report, (struct text_style){.width = 200});
    summary_html(&out, &sample.report);
    assert_has_not(&out, "is not published");
    assert_has_not(&out, "No change was seen");
    assert_has(&out, "is published was not looked at.");
    assert_has(&out, "whether it changed is not known.");
    arena_free(&sample.arena);
}

/* The article's mailbox that nobody feeds: asked for is not arrived. */
static void test_present_does_not_say_that_reports_arrive(void **state)
{
    struct sample sample;
    (void)state;
    fill(&sample);
    sample.audit.last_report_at = TIME_UNKNOWN;
    assert_text(summary_reporting(&sample.arena, &sample.summary),
                "Reports about encrypted delivery are asked for, at an address that has an "
                "owner. None has come yet.");
    arena_free(&sample.arena);
}

static void test_quiet_month_says_so(void **state)
{
    struct sample sample;
    BUFFER_AUTO text = {0}, page = {0}, mail = {0};
    (void)state;
    fill_quiet(&sample);
    summary_text(&text, &sample.report, (struct text_style){.width = 200});
    summary_html(&page, &sample.report);
    summary_mail(&mail, &sample.report, TEXT("a@example.com"), &(struct text_list){0});
    assert_has(&text, "2026-03-01 to 2026-03-03: all quiet, nothing to do\n");
    assert_has(&text, "No report came in this period.\n");
    assert_has(&text, "No session was reported;");
    assert_has_not(&page, "<svg");
    assert_has(&mail, "\nSubject: TLS reports 2026-03-01 to 2026-03-03: all quiet, nothing to "
                      "do\n");
    arena_free(&sample.arena);
}

static void test_causes_are_those_that_sessions_failed_by_the_most_first(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    const struct finding *top[1];
    (void)state;
    fill(&sample);
    summary_text(&out, &sample.report, (struct text_style){.width = 200});
    assert_has(&out,
               "  Causes\n    11 sessions: Many failed (CODE, ongoing) [00000003]\n"
               "    1 sessions: Few failed (CODE, ongoing) [00000002]\n"
               "  Also found\n    critical: Nobody lost mail (CODE, ongoing) [00000001]\n");
    /* Where there is room for one, it is the one with the most. */
    assert_int_equal(summary_causes(&sample.diagnosis.findings, top, 1), 2);
    assert_ptr_equal(top[0], &sample.findings[2]);
    arena_free(&sample.arena);
}

/* A reporter's name is what a stranger wrote in a report. */
static void test_no_text_from_outside_begins_a_line(void **state)
{
    const struct text forged = TEXT("x\n\r\n    forged\nforged");
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    sample.reporter.name = sample.audit.client = sample.audit.owner = forged;
    sample.audit.sts_owner = sample.change.name = sample.report.client = forged;
    for (size_t i = 0; i < 3; i++)
        sample.findings[i].title = forged;
    summary_text(&out, &sample.report, (struct text_style){.width = 400});
    struct text rest = buffer_text(&out), line;
    while (text_next(&rest, '\n', &line))
        assert_false(text_starts(text_trim(line), TEXT("forged")));
    arena_free(&sample.arena);
}

/* ---- the page ---- */

static void test_page_escapes_and_has_the_numbers_behind_the_plot(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    sample.report.client = TEXT("<Ltd>");
    summary_html(&out, &sample.report);
    assert_has(&out, "Encrypted delivery of mail for &lt;Ltd&gt;, 2026-03-01 to 2026-03-03");
    assert_has(&out, "<pre tabindex=\"0\">paste &lt;this&gt;\n</pre>");
    assert_has(&out, "<th scope=\"row\">2026-03-02</th><td class=\"n\">88</td>"
                     "<td class=\"n\">12</td>");
    assert_has(&out, "mx of example.com <span class=\"meta\">[89abcdef]</span><br>");
    assert_has(&out, "10 mx.example.com");
    assert_has(&out, audit_disclaimer);
    arena_free(&sample.arena);
}

static void test_plots_of_one_page_have_hatches_of_their_own(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    assert_true(plot_days(&out, sample.days, DAYS, TEXT("A & B"), 0));
    assert_true(plot_days(&out, sample.days, DAYS, TEXT("C"), 1));
    assert_has(&out, "<title>A &amp; B</title>\n<desc>");
    assert_has(&out, "id=\"hatch-0\"");
    assert_has(&out, "url(#hatch-1)");
    assert_has(&out, "<title>2026-03-02: 88 successful, 12 failed</title>");
    assert_has(&out, ">successful</text>");
    assert_has(&out, ">failed</text>");
    arena_free(&sample.arena);
}

static void test_plot_of_nothing_is_none(void **state)
{
    struct day_count days[2] = {0};
    BUFFER_AUTO out = {0};
    (void)state;
    assert_false(plot_days(&out, days, 2, TEXT("none"), 0));
    assert_false(plot_days(&out, NULL, 0, TEXT("none"), 0));
    assert_int_equal(out.length, 0);
}

static void test_plot_of_counts_that_saturate_stays_within_its_frame(void **state)
{
    struct day_count days[2] = {{0, {INT64_MAX, INT64_MAX}}, {TIME_DAY, {0, 1}}};
    BUFFER_AUTO out = {0};
    (void)state;
    assert_true(plot_days(&out, days, 2, TEXT("all"), 0));
    assert_has_not(&out, "nan");
    assert_has_not(&out, "inf");
    assert_has_not(&out, "y=\"-");
}

/* ---- the message ---- */

/* The lines up to the first empty one. */
static struct text headers_of(const struct buffer *mail)
{
    size_t end = text_find(buffer_text(mail), TEXT("\n\n"));
    assert_true(end != SIZE_MAX);
    return text_first(buffer_text(mail), end + 1);
}

static void assert_lines_are_short_ascii(const struct buffer *mail)
{
    struct text rest = buffer_text(mail), line;
    while (text_next(&rest, '\n', &line)) {
        assert_true(line.length <= 998);
        for (size_t i = 0; i < line.length; i++)
            assert_in_range(line.at[i], ' ', '~');
    }
}

static void test_mail_has_both_parts_and_all_headers(void **state)
{
    static const char *const headers[] = {
        "From: tlsrpt@example.net\n",
        "\nTo: a@example.com, b@example.com\n",
        ("\nSubject: TLS reports 2026-03-01 to 2026-03-03: example.com needs attention "
         "(Example Ltd)\n"),
        "\nDate: Wed, 04 Mar 2026 00:00:00 +0000\n",
        "\nMessage-ID: <",
        "\nMIME-Version: 1.0\n",
        "\nContent-Type: multipart/alternative; boundary=\"=_tlsrpt_summary\"\n",
    };
    struct text to[] = {TEXT("a@example.com"), TEXT("b@example.com")};
    struct sample sample;
    BUFFER_AUTO mail = {0};
    (void)state;
    fill(&sample);
    sample.report.client = TEXT("Example Ltd");
    summary_mail(&mail, &sample.report, TEXT("tlsrpt@example.net"), &(struct text_list){to, 2});
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_true(text_find(headers_of(&mail), text_of(headers[i])) != SIZE_MAX);
    /* The text comes first: a reader takes the last that it can show (RFC 2046 §5.1.4). */
    size_t text =
        text_find(buffer_text(&mail), TEXT("Content-Type: text/plain; charset=utf-8"));
    size_t page = text_find(buffer_text(&mail), TEXT("Content-Type: text/html; charset=utf-8"));
    assert_true(text < page && page != SIZE_MAX);
    assert_has(&mail, "\n--=_tlsrpt_summary--\n");
    assert_lines_are_short_ascii(&mail);
    arena_free(&sample.arena);
}

static void test_mail_gets_no_header_from_data(void **state)
{
    static const struct text hostile[] = {
        TEXT_ROW("x\r\nBcc: b@example.com\r\n\r\nbody"),
        TEXT_ROW("x\nBcc: b@example.com"),
        TEXT_ROW("\xc3\xa4\r\nBcc: b@example.com"),
        TEXT_ROW("\xff\nBcc: b@example.com"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct sample sample;
        BUFFER_AUTO mail = {0};
        struct text to[] = {hostile[i], TEXT("a@example.com")};
        fill(&sample);
        sample.report.client = sample.audit.domain = sample.audit.client = hostile[i];
        summary_mail(&mail, &sample.report, hostile[i], &(struct text_list){to, 2});
        struct text rest = headers_of(&mail), line;
        while (text_next(&rest, '\n', &line))
            assert_false(text_starts_nocase(text_trim(line), TEXT("bcc")));
        assert_has(&mail, "boundary=\"=_tlsrpt_summary\"\n\n--=_tlsrpt_summary\n");
        assert_lines_are_short_ascii(&mail);
        arena_free(&sample.arena);
    }
}

/* ---- what a reporter does as a rule ---- */

static const struct habit weekly = {
    .reports = 9,
    .rhythm = {9, 7 * TIME_DAY, 8 * TIME_DAY},
    .sessions = 40,
    .delay = 5400,
    .last_end = SINCE,
    .sender = {ANSWER_NO, ANSWER_YES},
    .kept_for = 3 * TIME_DAY,
    .due_at = SINCE + TIME_DAY,
    .silent = true,
};

static void test_a_habit_is_told_in_text_page_and_json(void **state)
{
    (void)state;
    struct sample sample;
    fill(&sample);
    sample.reporter.habit = &weekly;
    BUFFER_AUTO text = {0}, page = {0}, json = {0};
    summary_text(&text, &sample.report, (struct text_style){.width = 200});
    summary_html(&page, &sample.report);
    summary_json(&json, &sample.report);
    const char *habit =
        "every 7 days, 2 hours later, about 40 sessions each; does MTA-STS, no DANE; "
        "used a former policy for 3 days";
    const char *silence = "silent against its habit: the next report was due about 2026-03-02";
    assert_has(&text, habit);
    assert_has(&text, silence);
    assert_has(&page, habit);
    assert_has(&page, silence);
    assert_has(&json, "\"reports\":9,\"days\":9,\"usual_gap_seconds\":604800,"
                      "\"usual_delay_seconds\":5400,\"sessions_per_report\":40,\"dane\":false,"
                      "\"mta_sts\":true,\"kept_policy_seconds\":259200,"
                      "\"last_report_at\":\"2026-03-01T00:00:00Z\","
                      "\"due_at\":\"2026-03-02T00:00:00Z\",\"silent\":true}");
    arena_free(&sample.arena);
}

static void test_one_report_is_no_rule(void **state)
{
    (void)state;
    struct habit once = {.reports = 1,
                         .rhythm = {1, TIME_UNKNOWN, TIME_UNKNOWN},
                         .sessions = 1,
                         .delay = TIME_UNKNOWN,
                         .kept_for = TIME_UNKNOWN,
                         .due_at = TIME_UNKNOWN};
    struct sample sample;
    fill(&sample);
    sample.reporter.habit = &once;
    BUFFER_AUTO text = {0};
    summary_text(&text, &sample.report, (struct text_style){.width = 200});
    assert_has(&text, "      reports of 1 day so far, 1 session each\n");
    assert_has_not(&text, "silent");
    arena_free(&sample.arena);
}

/* Who was to be heard and was not stands there too, after those with sessions. */
static void test_silent_reporters_are_shown_behind_many_others(void **state)
{
    (void)state;
    struct sample sample;
    struct reporter_count many[40];
    fill(&sample);
    for (int i = 0; i < 40; i++)
        many[i] = (struct reporter_count){TEXT("busy.example"), {88, 12}, NULL};
    many[39] = (struct reporter_count){TEXT("mute.example"), {0, 0}, &weekly};
    sample.summary.reporters.at = many;
    sample.summary.reporters.count = 40;
    BUFFER_AUTO text = {0}, page = {0};
    summary_text(&text, &sample.report, (struct text_style){.width = 200});
    summary_html(&page, &sample.report);
    assert_has(&text, "mute.example");
    assert_has(&text, "and 34 more");
    assert_has(&page, "mute.example");
    arena_free(&sample.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_has_the_keys_of_the_contract_in_their_order),
        cmocka_unit_test(test_rate_says_neither_none_nor_all_where_some_are_left),
        cmocka_unit_test(test_relationship_to_mta_sts_names_who_owns_the_policy),
        cmocka_unit_test(test_what_was_never_looked_at_is_not_called_absent),
        cmocka_unit_test(test_present_does_not_say_that_reports_arrive),
        cmocka_unit_test(test_quiet_month_says_so),
        cmocka_unit_test(test_a_habit_is_told_in_text_page_and_json),
        cmocka_unit_test(test_one_report_is_no_rule),
        cmocka_unit_test(test_silent_reporters_are_shown_behind_many_others),
        cmocka_unit_test(test_causes_are_those_that_sessions_failed_by_the_most_first),
        cmocka_unit_test(test_no_text_from_outside_begins_a_line),
        cmocka_unit_test(test_page_escapes_and_has_the_numbers_behind_the_plot),
        cmocka_unit_test(test_plots_of_one_page_have_hatches_of_their_own),
        cmocka_unit_test(test_plot_of_nothing_is_none),
        cmocka_unit_test(test_plot_of_counts_that_saturate_stays_within_its_frame),
        cmocka_unit_test(test_mail_has_both_parts_and_all_headers),
        cmocka_unit_test(test_mail_gets_no_header_from_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
