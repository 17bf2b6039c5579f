/* What strangers chose never leaves an audit, a summary or an alert unescaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "render/audit.h"
#include "render/check.h"
#include "render/forecast.h"
#include "render/summary.h"

#define HOSTILE TEXT("=1+1|<script>\x1b]0;x\x07\r\nBcc: b@example.com \xe2\x80\xae\"")

static const struct rule rule = {.code = "CODE", .reference = "RFC 8460 §3"};

/* The renderers ask for the text of a rule; none is needed here. */
const struct rule_text *rule_text_of(const struct rule *wanted)
{
    (void)wanted;
    return NULL;
}

struct sample {
    struct arena arena;
    struct finding finding;
    struct audit audit;
    struct diagnosis diagnosis;
    struct summary summary;
    struct reporter_count reporter;
    struct day_count days[2];
    struct change change;
    struct forecast_entry entries[7];
    struct forecast forecast;
};

static void fill(struct sample *sample)
{
    memset(sample, 0, sizeof *sample);
    struct arena *arena = &sample->arena;
    sample->finding = (struct finding){.id = "0123abcd",
                                       .rule = &rule,
                                       .severity = SEVERITY_CRITICAL,
                                       .confidence = CONFIDENCE_CONFIRMED,
                                       .side = SIDE_DOMAIN,
                                       .impact = IMPACT_REFUSED,
                                       .state = STATE_ONGOING,
                                       .domain = HOSTILE,
                                       .title = HOSTILE,
                                       .action = TEXT("do <b>this</b>\n    paste\x1b[0m"),
                                       .acknowledged_until = TIME_UNKNOWN};
    evidence_add(arena, &sample->finding.evidence, EVIDENCE_REPORT, 0, "%.*s",
                 TEXT_ARGS(HOSTILE));
    sample->audit = (struct audit){.domain = HOSTILE,
                                   .client = HOSTILE,
                                   .status = AUDIT_REVIEW,
                                   .record = HOSTILE,
                                   .owner = HOSTILE,
                                   .sts_owner = HOSTILE,
                                   .mta_sts_fact = FACT_PRESENT,
                                   .dns_host = HOSTILE,
                                   .observed_at = 0,
                                   .last_report_at = TIME_UNKNOWN,
                                   .next_action = HOSTILE};
    text_list_add(arena, &sample->audit.rua, HOSTILE);
    for (size_t i = 0; i < CHECK_COUNT; i++)
        sample->audit.checks[i] = (struct audit_check){ANSWER_NO, HOSTILE, HOSTILE};
    sample->audit.findings = (struct findings){&sample->finding, 1};
    sample->diagnosis.findings = sample->audit.findings;
    sample->diagnosis.domain = HOSTILE;
    sample->reporter = (struct reporter_count){HOSTILE, {7, 2}};
    sample->days[0].sessions = (struct session_counts){7, 0};
    sample->days[1] = (struct day_count){TIME_DAY, {UINT64_C(1) << 62, 2}};
    sample->change = (struct change){.id = "89abcdef", .kind = CHANGE_MX, .name = HOSTILE};
    text_list_add(arena, &sample->change.before, HOSTILE);
    sample->summary = (struct summary){.audit = &sample->audit,
                                       .diagnosis = &sample->diagnosis,
                                       .sessions = {7, 2},
                                       .action = sample->finding.action};
    sample->summary.by_day.at = sample->days, sample->summary.by_day.count = 2;
    sample->summary.reporters.at = &sample->reporter, sample->summary.reporters.count = 1;
    sample->summary.changes = (struct changes){&sample->change, 1};
    for (size_t i = 0; i < 7; i++)
        sample->entries[i] = (struct forecast_entry){.kind = FORECAST_CERTIFICATE_END,
                                                     .at = 0,
                                                     .host = HOSTILE,
                                                     .title = HOSTILE,
                                                     .text = HOSTILE,
                                                     .action = sample->finding.action,
                                                     .overdue = i == 0};
    sample->forecast = (struct forecast){sample->entries, 7};
    sample->summary.forecast = &sample->forecast;
}

static bool has(const struct buffer *out, const char *what)
{
    return text_find(buffer_text(out), text_of(what)) != SIZE_MAX;
}

/* Neither a terminal's escape, nor a bell, nor a mark that turns the direction. */
static void assert_clean(const struct buffer *out)
{
    assert_false(has(out, "\x1b"));
    assert_false(has(out, "\x07"));
    assert_false(has(out, "\xe2\x80\xae"));
}

static void test_text_and_pages_are_clean(void **state)
{
    struct sample sample;
    (void)state;
    fill(&sample);
    struct audit_report audit = {.at = &sample.audit, .count = 1};
    struct summary_report summary = {
        .since = 0, .until = 2 * TIME_DAY, .at = &sample.summary, .count = 1};
    BUFFER_AUTO out = {0};
    audit_text(&out, &audit, (struct text_style){.width = 80});
    summary_text(&out, &summary, (struct text_style){.width = 80});
    assert_clean(&out);
    out.length = 0;
    audit_html(&out, &audit);
    summary_html(&out, &summary);
    assert_clean(&out);
    assert_false(has(&out, "<script>"));
    assert_false(has(&out, "<b>"));
    assert_true(has(&out, "&lt;script&gt;"));
    arena_free(&sample.arena);
}

static void test_no_cell_of_the_table_starts_a_formula(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    audit_csv(&out, &(struct audit_report){.at = &sample.audit, .count = 1});
    assert_false(has(&out, ",="));
    assert_false(has(&out, ",\"="));
    assert_false(has(&out, "\n="));
    assert_false(has(&out, "\n\"="));
    arena_free(&sample.arena);
}

/* The headers end at the first empty line; none is one that data brought. */
static void assert_headers(const struct buffer *out)
{
    size_t end = text_find(buffer_text(out), TEXT("\n\n"));
    assert_true(end != SIZE_MAX);
    struct text headers = text_first(buffer_text(out), end);
    assert_int_equal(text_find(headers, TEXT("\nBcc:")), SIZE_MAX);
    assert_true(text_find(headers, TEXT("\nMessage-ID: <")) != SIZE_MAX);
    assert_true(text_find(headers, TEXT("\nDate: ")) != SIZE_MAX);
}

static void test_mails_have_only_their_own_headers(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    struct summary_report summary = {
        .since = 0, .until = 2 * TIME_DAY, .at = &sample.summary, .count = 1};
    summary_mail(&out, &summary, HOSTILE, &(struct text_list){0});
    assert_headers(&out);
    struct escalation_line line = {.id = TEXT("0123abcd"),
                                   .code = TEXT("CODE"),
                                   .domain = HOSTILE,
                                   .title = HOSTILE,
                                   .action = HOSTILE,
                                   .since = 0,
                                   .finding = &sample.finding};
    struct alert alert = {.from = HOSTILE, .at = &line, .count = 1};
    out.length = 0;
    alert_mail(&out, &alert);
    assert_headers(&out);
    assert_clean(&out);
    arena_free(&sample.arena);
}

static void test_a_bar_in_a_title_begins_no_performance_data(void **state)
{
    struct sample sample;
    BUFFER_AUTO out = {0};
    (void)state;
    fill(&sample);
    struct escalation_line line = {
        .domain = HOSTILE, .title = HOSTILE, .finding = &sample.finding};
    struct check_report report = {.status = CHECK_CRITICAL, .domains = 1};
    report.escalations.at = &line, report.escalations.count = 1;
    check_text(&out, &report);
    struct text first = text_first(buffer_text(&out), text_find_char(buffer_text(&out), '\n'));
    size_t bar = text_find_char(first, '|');
    assert_true(bar != SIZE_MAX);
    assert_true(text_starts(text_from(first, bar), TEXT("|escalations=1")));
    assert_clean(&out);
    arena_free(&sample.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_pages_are_clean),
        cmocka_unit_test(test_no_cell_of_the_table_starts_a_formula),
        cmocka_unit_test(test_mails_have_only_their_own_headers),
        cmocka_unit_test(test_a_bar_in_a_title_begins_no_performance_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
