#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "findings_sample.h"
#include "render/escape.h"

static struct sample sample;

static int setup(void **state)
{
    (void)state;
    sample_fill(&sample);
    return 0;
}

static size_t place_of(const struct buffer *out, const char *words)
{
    size_t at = text_find(buffer_text(out), text_of(words));
    assert_true(at != SIZE_MAX);
    return at;
}

/* The findings of example.com alone. */
static void only_own(void)
{
    sample.report.count = 1;
    sample.report.shared = NULL;
}

/* What domains share is known once it is acknowledged for all of them. */
static void acknowledge_hosted(void)
{
    for (size_t i = 0; i < 2; i++)
        sample.hosted[i].acknowledged = true;
}

/* ---- JSON ---- */

static void json_has_the_keys_of_the_contract_in_their_order(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    only_own();
    sample.domains[0].findings = (struct findings){&sample.own[2], 1};
    sample.own[2].evidence.count = 1;
    sample.own[2].action = TEXT("Act:\n    mx: *");
    sample.report.since = TIME_UNKNOWN;
    findings_json(&out, &sample.report);
    buffer_add_char(&out, 0);
    assert_string_equal(
        out.at,
        "{\"generated_at\":\"2026-11-24T00:00:00Z\",\"since\":null,"
        "\"until\":\"2026-11-24T00:00:00Z\",\"domains\":[{\"domain\":\"example.com\","
        "\"sessions\":{\"successful\":1204,\"failed\":40,\"explained\":37},"
        "\"mta_sts\":{\"published_mode\":\"testing\",\"readiness\":\"not-ready\","
        "\"blocking_sessions\":30,\"reasons\":[\"The policy does not list the MX host "
        "mx2.example.com: add the line mx: mx2.example.com\"]},"
        "\"findings\":[{\"id\":\"00000003\",\"code\":\"STS-MX-NOT-LISTED\","
        "\"severity\":\"critical\",\"confidence\":\"confirmed\",\"side\":\"domain\","
        "\"impact\":\"refused\",\"state\":\"ongoing\",\"title\":\"mx2.example.com takes mail "
        "for example.com, but the MTA-STS policy does not list it\","
        "\"mx\":\"mx2.example.com\",\"policy_type\":\"sts\","
        "\"result_types\":[\"validation-failure\"],\"failed_sessions\":30,\"share\":0.75,"
        "\"reporters\":[\"reporter.example\",\"other.example\"],"
        "\"first_seen\":\"2026-11-01T00:00:00Z\",\"last_seen\":\"2026-11-22T23:59:59Z\","
        "\"evidence\":[{\"source\":\"dns\",\"at\":\"2026-11-23T16:00:00Z\",\"text\":\"MX "
        "records: 10 mx1.example.com, 20 mx2.example.com\"}],"
        "\"action\":\"Act:\\n    mx: *\",\"done_when\":\"Done when two reports of "
        "reporter.example that begin after 2026-11-23 show successes and no such failure.\","
        "\"reference\":\"RFC 8461 "
        "§4.1\",\"acknowledged\":false,\"stopped_by\":null,\"fix\":null}]}],\"shared\":[]}\n");
}

static void json_lists_shared_faults_with_their_domains(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    findings_json(&out, &sample.report);
    ASSERT_HAS(&out, "\"shared\":[{\"code\":\"CERT-EXPIRED\",\"host\":\"mx.hoster.example\","
                     "\"severity\":\"critical\",\"state\":\"ongoing\",\"failed_sessions\":40,"
                     "\"domains\":[\"a.example\",\"b.example\"],"
                     "\"ids\":[\"00000006\",\"00000007\"]}]}\n");
}

static void json_is_null_where_a_finding_is_about_the_domain(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    sample.own[2].mx = TEXT_UNKNOWN;
    sample.own[2].has_policy_type = false;
    finding_json(&out, &sample.own[2]);
    ASSERT_HAS(&out, "\"mx\":null,\"policy_type\":null,");
    ASSERT_HAS(&out, "\"domain\":\"example.com\",\"acknowledged_until\":null,"
                     "\"acknowledged_note\":null,\"by_day\":[{\"day\":\"2026-11-01\","
                     "\"failed_sessions\":10}");
    ASSERT_HAS(&out, "\"by_reporter\":[{\"reporter\":\"reporter.example\","
                     "\"failed_sessions\":29},{\"reporter\":null,\"failed_sessions\":1}]");
}

/* ---- text ---- */

static void text_begins_with_the_worst_that_is_open(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    only_own();
    findings_text(&out, &sample.report, (struct text_style){.width = 200});
    assert_true(text_starts(buffer_text(&out),
                            TEXT("CRITICAL: mx2.example.com takes mail for example.com, but "
                                 "the MTA-STS policy does not list it [00000003]. Add the MX "
                                 "host to the policy file (more below).")));
}

static void text_begins_with_the_shared_fault_where_that_fails_more(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    findings_text(&out, &sample.report, (struct text_style){.width = 200});
    assert_true(text_starts(buffer_text(&out),
                            TEXT("CRITICAL: 2 domains: mx.hoster.example presents a ")));
}

static void text_says_so_where_there_is_nothing_to_do(void **state)
{
    static const struct {
        size_t first, count;
        const char *line;
    } cases[] = {
        {0, 0, "Nothing to do.\n"},                                 /* no findings */
        {0, 2, "Nothing to do.\n"},                                 /* stopped, acknowledged */
        {4, 1, "Nothing to do now: the notices below can wait.\n"}, /* a notice */
    };
    (void)state;
    only_own();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUFFER_AUTO out = {0};
        sample.domains[0].findings =
            (struct findings){sample.own + cases[i].first, cases[i].count};
        findings_text(&out, &sample.report, (struct text_style){0});
        assert_true(text_starts(buffer_text(&out), text_of(cases[i].line)));
    }
}

static void text_orders_open_then_acknowledged_then_stopped(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    only_own();
    findings_text(&out, &sample.report, (struct text_style){.width = 200});
    size_t open = place_of(&out, " 1. CRITICAL: mx2.example.com takes");
    size_t notice = place_of(&out, " 3. NOTICE: A pattern");
    size_t acknowledged = place_of(&out, " 4. CRITICAL: mx9.example.com");
    size_t stopped = place_of(&out, " 5. WARNING: mx1.example.com was not");
    assert_true(open < notice && notice < acknowledged && acknowledged < stopped);
    ASSERT_HAS(&out, "acknowledged until 2026-12-24: switched off at Christmas\n");
    ASSERT_LACKS(&out, "Add mx9.example.com to the policy.");
}

static void text_says_what_domains_share_once(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    findings_text(&out, &sample.report, (struct text_style){.width = 200});
    assert_int_equal(count_of(&out, "To do     Renew the certificate"), 1);
    assert_int_equal(count_of(&out, "see \"Shared hosts\" above"), 2);
    ASSERT_HAS(&out, "a.example [00000006], b.example [00000007]");
}

static void a_shared_fault_is_short_once_all_of_it_is_acknowledged(void **state)
{
    (void)state;
    BUFFER_AUTO one = {0};
    BUFFER_AUTO all = {0};
    sample.hosted[0].acknowledged = true;
    findings_text(&one, &sample.report, (struct text_style){.width = 200});
    ASSERT_HAS(&one, "    CRITICAL: mx.hoster.example presents a certificate that expired on "
                     "2026-11-01\n    [00000007] CERT-EXPIRED");
    ASSERT_HAS(&one, "40 sessions failed in all; the evidence is that of b.example\n");
    acknowledge_hosted();
    findings_text(&all, &sample.report, (struct text_style){.width = 200});
    ASSERT_LACKS(&all, "To do     Renew the certificate");
    assert_true(text_starts(buffer_text(&all), TEXT("CRITICAL: example.com: ")));
}

static void domains_without_findings_come_last_in_a_line_each(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    findings_text(&out, &sample.report, (struct text_style){.width = 200});
    ASSERT_HAS(&out, "\nWITHOUT FINDINGS\n"
                     "  quiet.example: sessions: 100 successful, 0 failed; MTA-STS: mode "
                     "testing; ready to move to enforce\n"
                     "  still.example: sessions: none reported; MTA-STS: no policy asks "
                     "senders for encryption\n");
}

static void no_line_is_wider_than_asked_but_what_is_to_be_pasted(void **state)
{
    static const unsigned widths[] = {40, 60, 80, 132};
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        BUFFER_AUTO out = {0};
        findings_text(&out, &sample.report, (struct text_style){.width = widths[i]});
        struct text rest = buffer_text(&out), line;
        while (text_next(&rest, '\n', &line))
            if (text_find(line, TEXT("_mta-sts.example.com.")) == SIZE_MAX)
                assert_true(line.length <= widths[i] + 1); /* § takes two bytes */
        ASSERT_HAS(&out, "    _mta-sts.example.com. IN TXT \"v=STSv1; id=20261124T000000;\"\n");
    }
}

static void colour_is_only_where_there_is_work(void **state)
{
    (void)state;
    BUFFER_AUTO plain = {0};
    BUFFER_AUTO coloured = {0};
    only_own();
    findings_text(&plain, &sample.report, (struct text_style){0});
    findings_text(&coloured, &sample.report, (struct text_style){.colour = true});
    assert_int_equal(count_of(&plain, "\033"), 0);
    /* The line on top, the critical and the warning that are open. */
    assert_int_equal(count_of(&coloured, "\033[31mCRITICAL\033[0m"), 2);
    assert_int_equal(count_of(&coloured, "\033[33mWARNING\033[0m"), 1);
    assert_int_equal(count_of(&coloured, "\033"), 6);
}

static void a_word_of_the_trade_is_explained_once(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    only_own();
    findings_text(&out, &sample.report, (struct text_style){.width = 200, .verbose = true});
    assert_int_equal(count_of(&out, "MTA-STS: a policy at a web server"), 1);
    assert_int_equal(count_of(&out, "MX: a host that takes mail"), 1);
    assert_int_equal(count_of(&out, "DANE: "), 0);
}

static void one_finding_in_full_has_its_days_and_names(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    finding_text(&out, &sample.own[2], (struct text_style){0});
    ASSERT_HAS(&out, "    by day              10  2026-11-01\n"
                     "                        20  2026-11-22\n"
                     "    reporter            29  reporter.example\n"
                     "                         1  (not named)\n"
                     "    MX host             30  mx2.example.com\n");
    ASSERT_HAS(&out, "    Evidence  2026-11-23 16:00  DNS: MX records: 10 mx1.example.com, 20\n"
                     "                                mx2.example.com\n");
}

/* ---- the codes ---- */

static void a_code_is_explained(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    code_text(&out, &sample_rules[0], (struct text_style){0});
    buffer_add_char(&out, 0);
    assert_string_equal(
        out.at,
        "STS-MX-NOT-LISTED: The MTA-STS policy does not list an MX host\n\n"
        "  Meaning      Senders that keep to the policy do not deliver to that host.\n\n"
        "  Decided by   The MX records and the policy were compared.\n\n"
        "  To do        Add a line for the host:\n"
        "                   mx: mx2.example.com\n"
        "               then change the id.\n\n"
        "  Severity     critical where mail is refused, else warning; the fault of the\n"
        "               domain\n\n"
        "  Reported as  certificate-host-mismatch, certificate-expired,\n"
        "               certificate-not-trusted, validation-failure\n\n"
        "  Reference    RFC 8461 §4.1\n");
}

static void codes_are_listed_with_their_titles(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    codes_text(&out, sample_rules, sample_rule_count, (struct text_style){0});
    buffer_add_char(&out, 0);
    assert_string_equal(out.at,
                        "STS-MX-NOT-LISTED  The MTA-STS policy does not list an MX host\n"
                        "CERT-EXPIRED       not described\n"
                        "UNEXPLAINED        not described\n");
}

/* ---- HTML ---- */

static void html_needs_nothing_from_elsewhere(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    findings_html(&out, &sample.report);
    assert_true(text_starts(buffer_text(&out), TEXT("<!doctype html>\n<html lang=\"en\">")));
    ASSERT_HAS(&out, "id=\"f-00000003\"");
    ASSERT_HAS(&out, "<span class=\"severity\">CRITICAL:</span>");
    ASSERT_LACKS(&out, "<script");
    ASSERT_LACKS(&out, "src=");
    ASSERT_LACKS(&out, "url(");
    ASSERT_LACKS(&out, "@import");
    ASSERT_LACKS(&out, "<link");
    assert_int_equal(count_of(&out, "href="), count_of(&out, "href=\"#"));
}

/* Every link leads to a place of the page, and no place is there twice. */
static void html_links_lead_somewhere(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    findings_html(&out, &sample.report);
    struct text rest = buffer_text(&out);
    for (size_t at; (at = text_find(rest, TEXT("href=\"#"))) != SIZE_MAX;) {
        struct text name;
        rest = text_from(rest, at + strlen("href=\"#"));
        assert_true(text_next(&rest, '"', &name));
        BUFFER_AUTO id = {0};
        buffer_add_text(&id, TEXT("id=\""));
        buffer_add_text(&id, name);
        buffer_add_text(&id, TEXT("\""));
        buffer_add_char(&id, 0);
        assert_int_equal(count_of(&out, id.at), 1);
    }
}

/* ---- the three agree ---- */

/* Without tags, with the references read, and each run of blanks as one. */
static void flatten(struct buffer *flat, struct text text, bool html)
{
    static const struct {
        const char *reference;
        char c;
    } references[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    bool tag = false;
    while (text.length) {
        char c = text.at[0];
        size_t length = 1;
        for (size_t i = 0; html && i < sizeof references / sizeof *references; i++) {
            if (text_starts(text, text_of(references[i].reference))) {
                c = references[i].c;
                length = strlen(references[i].reference);
            }
        }
        bool blank = c == ' ' || c == '\n';
        if (html && length == 1 && c == '<')
            tag = true;
        if (!tag && !blank)
            buffer_add_char(flat, c);
        else if (blank && flat->length && flat->at[flat->length - 1] != ' ')
            buffer_add_char(flat, ' ');
        if (html && length == 1 && c == '>') {
            tag = false;
            if (flat->length && flat->at[flat->length - 1] != ' ')
                buffer_add_char(flat, ' ');
        }
        text = text_from(text, length);
    }
}

static void assert_has_flat(const struct buffer *page, struct text text)
{
    BUFFER_AUTO flat = {0};
    if (!text.length)
        return;
    flatten(&flat, text, false);
    assert_true(text_find(buffer_text(page), text_trim(buffer_text(&flat))) != SIZE_MAX);
}

static void assert_has_json(const struct buffer *page, struct text text)
{
    BUFFER_AUTO escaped = {0};
    if (!text.length)
        return;
    escape_json(&escaped, text);
    assert_true(text_find(buffer_text(page), buffer_text(&escaped)) != SIZE_MAX);
}

static void assert_all_have(const struct buffer *text, const struct buffer *html,
                            const struct buffer *json, struct text words)
{
    assert_has_flat(text, words);
    assert_has_flat(html, words);
    assert_has_json(json, words);
}

static void every_text_of_a_finding_is_in_all_three(void **state)
{
    (void)state;
    BUFFER_AUTO text = {0};
    BUFFER_AUTO html = {0};
    BUFFER_AUTO json = {0};
    BUFFER_AUTO flat_text = {0};
    BUFFER_AUTO flat_html = {0};
    findings_text(&text, &sample.report, (struct text_style){.verbose = true});
    findings_html(&html, &sample.report);
    findings_json(&json, &sample.report);
    flatten(&flat_text, buffer_text(&text), false);
    flatten(&flat_html, buffer_text(&html), true);
    for (size_t i = 0; i < sample.report.count; i++) {
        for (size_t j = 0; j < sample.domains[i].findings.count; j++) {
            const struct finding *finding = &sample.domains[i].findings.at[j];
            const struct text texts[] = {
                text_of(finding->id),
                text_of(finding->rule->code),
                text_of(finding->rule->reference),
                text_of(confidence_name(finding->confidence)),
                finding->domain,
                finding->mx,
                finding->title,
                finding->action,
                finding->done_when,
            };
            for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
                assert_all_have(&flat_text, &flat_html, &json, texts[k]);
            for (size_t k = 0; k < finding->evidence.count; k++)
                assert_all_have(&flat_text, &flat_html, &json, finding->evidence.at[k].text);
        }
        for (size_t j = 0; j < sample.domains[i].mta_sts.reasons.count; j++)
            assert_all_have(&flat_text, &flat_html, &json,
                            sample.domains[i].mta_sts.reasons.at[j]);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(json_has_the_keys_of_the_contract_in_their_order),
        TEST(json_lists_shared_faults_with_their_domains),
        TEST(json_is_null_where_a_finding_is_about_the_domain),
        TEST(text_begins_with_the_worst_that_is_open),
        TEST(text_begins_with_the_shared_fault_where_that_fails_more),
        TEST(text_says_so_where_there_is_nothing_to_do),
        TEST(text_orders_open_then_acknowledged_then_stopped),
        TEST(text_says_what_domains_share_once),
        TEST(a_shared_fault_is_short_once_all_of_it_is_acknowledged),
        TEST(domains_without_findings_come_last_in_a_line_each),
        TEST(no_line_is_wider_than_asked_but_what_is_to_be_pasted),
        TEST(colour_is_only_where_there_is_work),
        TEST(a_word_of_the_trade_is_explained_once),
        TEST(one_finding_in_full_has_its_days_and_names),
        TEST(a_code_is_explained),
        TEST(codes_are_listed_with_their_titles),
        TEST(html_needs_nothing_from_elsewhere),
        TEST(html_links_lead_somewhere),
        TEST(every_text_of_a_finding_is_in_all_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
