/* What is let in: only what counts for configured domains, and only so much on a day. */
#include "store_testing.h"

static enum store_outcome admit(struct place *place, const struct tls_report *report,
                                struct store_admission admission)
{
    struct error err = {0};
    enum store_outcome outcome;
    begin(place);
    if (!store_admit_report(place->store, report, TEXT("x"), DAY_3, &admission, &outcome, &err))
        fail_msg("%s", err.text);
    commit(place);
    return outcome;
}

/* A report of its own, by its content. */
static struct tls_report *one(struct place *place, const char *content, const char *reporter,
                              enum authenticated authenticated)
{
    struct tls_report *report = make_report(place, content);
    report->report_id = text_of(content);
    report->reporter = text_of(reporter);
    report->authenticated = authenticated;
    return report;
}

/* ---- configured domains ---- */

static void a_report_of_another_domain_leaves_nothing(void **state)
{
    struct place *place = *state;
    CONFIGURE(place, "example.net");
    struct store_admission admission = {.only_configured = true};
    const char *texts = "SELECT group_concat(text) FROM text";
    assert_int_equal(admit(place, one(place, "a", "r.example", AUTHENTICATED_PASS), admission),
                     STORE_NOT_OURS);
    assert_string_equal(ask(place, texts), "example.net");
    assert_string_equal(ask(place, "SELECT count(*) FROM domain_set"), "0");
    CONFIGURE(place, "example.com");
    assert_int_equal(admit(place, one(place, "a", "r.example", AUTHENTICATED_PASS), admission),
                     STORE_STORED);
}

/* By the rule of SPEC.md on `domain`. */
static void a_policy_belongs_to_the_domain_that_it_counts_for(void **state)
{
    static const struct {
        enum policy_type type;
        const char *policy_domain, *named_domain;
        bool ours;
    } rows[] = {
        {POLICY_TYPE_STS, "example.com", NULL, true},
        {POLICY_TYPE_STS, "other.example", NULL, false},
        {POLICY_TYPE_STS, "other.example", "example.com", false},
        {POLICY_TYPE_STS, "example.com", "other.example", true},
        {POLICY_TYPE_UNKNOWN, "other.example", "example.com", false},
        {POLICY_TYPE_STS, NULL, "example.com", false},
        {POLICY_TYPE_TLSA, "example.com", NULL, true},
        {POLICY_TYPE_TLSA, "mx.host.example", "example.com", true},
        {POLICY_TYPE_NO_POLICY_FOUND, "mx.host.example", "example.com", true},
        {POLICY_TYPE_TLSA, "mx.host.example", "other.example", false},
        {POLICY_TYPE_TLSA, "mx.host.example", NULL, false},
        {POLICY_TYPE_TLSA, "known.example", "example.com", false},
    };
    struct place *place = *state;
    struct tls_report *known = one(place, "known", "r.example", AUTHENTICATED_PASS);
    known->policies[0].policy_domain = TEXT("known.example");
    put(place, known);
    CONFIGURE(place, "example.com");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char content[16];
        snprintf(content, sizeof content, "%zu", i);
        struct tls_report *report = one(place, content, "r.example", AUTHENTICATED_PASS);
        report->named_domain = text_of(rows[i].named_domain);
        report->policies[0].policy_type = rows[i].type;
        report->policies[0].policy_domain = text_of(rows[i].policy_domain);
        enum store_outcome outcome =
            admit(place, report, (struct store_admission){.only_configured = true});
        if (outcome != (rows[i].ours ? STORE_STORED : STORE_NOT_OURS))
            fail_msg("row %zu: %d", i, outcome);
    }
    assert_sound(place);
}

static void an_mx_host_that_was_observed_belongs_to_its_domain(void **state)
{
    struct place *place = *state;
    CONFIGURE(place, "example.com");
    struct tls_report *report = one(place, "a", "r.example", AUTHENTICATED_PASS);
    report->named_domain = TEXT_UNKNOWN;
    report->policies[0].policy_type = POLICY_TYPE_TLSA;
    report->policies[0].policy_domain = TEXT("mx.host.example");
    struct store_admission admission = {.only_configured = true};
    assert_int_equal(admit(place, report, admission), STORE_NOT_OURS);
    tell(place, "INSERT INTO text (shared, text) VALUES (1, 'mx.host.example');"
                "INSERT INTO mx_of SELECT m.id, d.id FROM text m, text d"
                " WHERE m.text = 'mx.host.example' AND d.text = 'example.com'");
    assert_int_equal(admit(place, report, admission), STORE_STORED);
}

/* And the others are part of its identity: the same document is no other report later. */
static void of_a_report_of_several_domains_the_configured_are_kept(void **state)
{
    struct place *place = *state;
    CONFIGURE(place, "b.example", "d.example");
    struct tls_report *report = one(place, "a", "r.example", AUTHENTICATED_PASS);
    report->policies[0].policy_domain = TEXT("a.example");
    struct tls_policy *second = add_policy(place, report, POLICY_TYPE_STS, "b.example");
    add_failures(place, second, 2);
    add_policy(place, report, POLICY_TYPE_STS, "c.example");
    add_policy(place, report, POLICY_TYPE_STS, "d.example");
    struct store_admission admission = {.only_configured = true};
    assert_int_equal(admit(place, report, admission), STORE_STORED);
    assert_string_equal(rows_of(place, ALL_ROWS),
                        "p1=b.example f2=b.example f3=b.example p4=d.example");
    assert_string_equal(ask(place, "SELECT group_concat(\"index\") FROM v_policy"), "1,3");
    assert_int_equal(admit(place, report, admission), STORE_DUPLICATE);
    assert_int_equal(put(place, report), STORE_DUPLICATE);
    assert_sound(place);
}

static void one_without_policies_belongs_to_the_domain_that_its_mail_names(void **state)
{
    struct place *place = *state;
    struct store_admission admission = {.only_configured = true};
    struct tls_report *report = one(place, "a", "r.example", AUTHENTICATED_PASS);
    report->policy_count = 0;
    CONFIGURE(place, "other.example");
    assert_int_equal(admit(place, report, admission), STORE_NOT_OURS);
    CONFIGURE(place, "example.com");
    assert_int_equal(admit(place, report, admission), STORE_STORED);
}

/* ---- quotas ---- */

static void a_reporter_has_so_many_a_day(void **state)
{
    struct place *place = *state;
    struct store_admission admission = {.reports_a_day = 2, .arrived_at = DAY_2 + 86399};
    static const struct {
        const char *content, *reporter;
        int64_t arrived_at;
        enum store_outcome outcome;
    } rows[] = {
        {"1", "r.example", DAY_2 + 86399, STORE_STORED},
        {"1", "r.example", DAY_2 + 86399, STORE_DUPLICATE},
        {"2", "r.example", DAY_2, STORE_STORED},
        {"3", "r.example", DAY_2, STORE_OVER_QUOTA},
        {"1", "r.example", DAY_2, STORE_DUPLICATE}, /* a replay is no flood */
        {"4", "s.example", DAY_2, STORE_STORED},
        {"3", "r.example", DAY_3, STORE_STORED},
        {"5", "r.example", DAY_2, STORE_OVER_QUOTA},
        {"5", "r.example", TIME_UNKNOWN, STORE_STORED},
        {"6", NULL, DAY_2, STORE_STORED},
        {"7", NULL, DAY_2, STORE_STORED},
        {"8", NULL, DAY_2, STORE_OVER_QUOTA},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        admission.arrived_at = rows[i].arrived_at;
        enum store_outcome outcome =
            admit(place, one(place, rows[i].content, rows[i].reporter, AUTHENTICATED_PASS),
                  admission);
        if (outcome != rows[i].outcome)
            fail_msg("row %zu: %d", i, outcome);
    }
    assert_sound(place);
}

static void what_did_not_pass_uses_up_nothing_of_what_did(void **state)
{
    struct place *place = *state;
    struct store_admission admission = {.reports_a_day = 1, .unauthenticated_a_day = 2};
    static const struct {
        const char *content, *reporter;
        enum authenticated authenticated;
        enum store_outcome outcome;
    } rows[] = {
        {"1", "r.example", AUTHENTICATED_NONE, STORE_STORED},
        {"2", "r.example", AUTHENTICATED_FAIL, STORE_OVER_QUOTA}, /* fail is none, here */
        {"3", "s.example", AUTHENTICATED_FAIL, STORE_STORED},
        {"4", "t.example", AUTHENTICATED_NONE, STORE_OVER_QUOTA}, /* all names together */
        {"5", "r.example", AUTHENTICATED_PASS, STORE_STORED},
        {"6", "r.example", AUTHENTICATED_PASS, STORE_OVER_QUOTA},
        {"7", "t.example", AUTHENTICATED_PASS, STORE_STORED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum store_outcome outcome =
            admit(place, one(place, rows[i].content, rows[i].reporter, rows[i].authenticated),
                  admission);
        if (outcome != rows[i].outcome)
            fail_msg("row %zu: %d", i, outcome);
    }
}

/* Names are made up for nothing: what is turned away costs no row, and what comes after it is
 * right although its names were forgotten. */
static void what_is_turned_away_leaves_no_text(void **state)
{
    struct place *place = *state;
    struct store_admission admission = {.unauthenticated_a_day = 1};
    admit(place, one(place, "1", "r.example", AUTHENTICATED_NONE), admission);
    const char *texts = ask(place, "SELECT count(*) FROM text");
    begin(place);
    for (int i = 0; i < 100; i++) {
        struct error err = {0};
        enum store_outcome outcome;
        char content[16];
        snprintf(content, sizeof content, "more%d", i);
        struct tls_report *report = one(place, content, content, AUTHENTICATED_NONE);
        report->organization_name = text_of(content);
        report->policies[0].policy_domain = text_of(content);
        assert_true(store_admit_report(place->store, report, TEXT("x"), DAY_3, &admission,
                                       &outcome, &err));
        assert_int_equal(outcome, STORE_OVER_QUOTA);
        report->authenticated = AUTHENTICATED_PASS;
        report->policies[0].policy_domain = TEXT("example.com");
        if (i == 50)
            assert_int_equal(put_in(place, report), STORE_STORED);
    }
    commit(place);
    assert_int_equal(atoi(ask(place, "SELECT count(*) FROM text")), atoi(texts) + 2);
    assert_string_equal(ask(place, "SELECT organization_name FROM v_report WHERE report = 2"),
                        "more50");
    assert_sound(place);
}

static void a_roll_back_gives_back_what_was_counted(void **state)
{
    struct place *place = *state;
    struct store_admission admission = {.reports_a_day = 1};
    enum store_outcome outcome;
    struct error err = {0};
    begin(place);
    assert_true(store_admit_report(place->store,
                                   one(place, "1", "r.example", AUTHENTICATED_NONE), TEXT("x"),
                                   DAY_3, &admission, &outcome, &err));
    store_rollback(place->store);
    assert_int_equal(admit(place, one(place, "1", "r.example", AUTHENTICATED_NONE), admission),
                     STORE_STORED);
}

static void prune_forgets_the_days_before_it(void **state)
{
    struct place *place = *state;
    struct prune_counts counts;
    struct error err = {0};
    for (int day = 0; day < 3; day++)
        admit(place, one(place, &"123"[day], "r.example", AUTHENTICATED_NONE),
              (struct store_admission){.reports_a_day = 9, .arrived_at = DAY_1 + day * 86400});
    assert_true(store_prune(place->store, DAY_2 + 5, &counts, &err));
    assert_string_equal(ask(place, "SELECT count(*) FROM quota"), "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_report_of_another_domain_leaves_nothing),
        STORE_TEST(a_policy_belongs_to_the_domain_that_it_counts_for),
        STORE_TEST(an_mx_host_that_was_observed_belongs_to_its_domain),
        STORE_TEST(of_a_report_of_several_domains_the_configured_are_kept),
        STORE_TEST(one_without_policies_belongs_to_the_domain_that_its_mail_names),
        STORE_TEST(a_reporter_has_so_many_a_day),
        STORE_TEST(what_did_not_pass_uses_up_nothing_of_what_did),
        STORE_TEST(what_is_turned_away_leaves_no_text),
        STORE_TEST(a_roll_back_gives_back_what_was_counted),
        STORE_TEST(prune_forgets_the_days_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
