/* The engine with a table of its own: which rule wins, that every session goes to one finding, the
 * states, the ids, readiness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/diagnose.h"
#include "rules/rule.h"

enum { DAY = TIME_DAY };

/* ---- a small table ---- */

/* What each rule is told to answer. */
static struct {
    enum confidence wide, narrow, history, reporter, dane;
    int64_t bound;
} answers;

static bool says(enum confidence confidence, struct claim *claim)
{
    claim->confidence = confidence;
    claim->title = TEXT("title");
    claim->action = TEXT("action");
    return confidence;
}

static bool wide(const struct inquiry *inquiry, const struct failure_group *group,
                 struct claim *claim)
{
    (void)inquiry, (void)group;
    return says(answers.wide, claim);
}

static bool narrow(const struct inquiry *inquiry, const struct failure_group *group,
                   struct claim *claim)
{
    (void)inquiry, (void)group;
    return says(answers.narrow, claim);
}

static bool history(const struct inquiry *inquiry, const struct failure_group *group,
                    struct claim *claim)
{
    (void)inquiry, (void)group;
    claim->bound = answers.bound;
    return says(answers.history, claim);
}

static bool reporter(const struct inquiry *inquiry, const struct failure_group *group,
                     struct claim *claim)
{
    (void)inquiry, (void)group;
    return says(answers.reporter, claim);
}

static bool dane(const struct inquiry *inquiry, const struct failure_group *group,
                 struct claim *claim)
{
    (void)inquiry, (void)group;
    return says(answers.dane, claim);
}

/* A probe that offers no STARTTLS. */
static enum shown bare(const struct inquiry *inquiry, const struct sight *sight,
                       const struct subject *subject, struct claim *claim)
{
    struct probes probes = sight_probes(inquiry, sight, subject->mx, subject->address);
    if (!probes.count || !probe_tells(probes.at[0]))
        return SHOWN_UNKNOWN;
    if (probes.at[0]->starttls != ANSWER_NO)
        return SHOWN_NO;
    claim->title = TEXT("no STARTTLS");
    claim->action = TEXT("enable it");
    return SHOWN_YES;
}

static bool always(const struct inquiry *inquiry, const struct failure_group *group,
                   struct claim *claim)
{
    (void)inquiry, (void)group;
    return says(CONFIDENCE_POSSIBLE, claim);
}

const char *rules_without;
const struct rule rules[] = {
    {.code = "WIDE",
     .family = FAMILY_STS,
     .result_types = RESULTS_ANY,
     .under = UNDER_ANY,
     .scope = SCOPE_DOMAIN,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_WARNING,
     .explains = wide},
    {.code = "NARROW",
     .family = FAMILY_MX,
     .result_types = RESULTS_ANY,
     .under = UNDER_ANY,
     .scope = SCOPE_HOST,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_WARNING,
     .critical_if_refused = true,
     .explains = narrow},
    {.code = "HISTORY",
     .family = FAMILY_STS,
     .result_types = RESULTS_ANY,
     .under = UNDER_ANY,
     .scope = SCOPE_DOMAIN,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_NOTICE,
     .history = 1,
     .explains = history},
    {.code = "DANE",
     .family = FAMILY_DANE,
     .result_types = RESULTS_ANY,
     .under = UNDER_ANY,
     .scope = SCOPE_HOST,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_CRITICAL,
     .explains = dane},
    {.code = "BARE",
     .family = FAMILY_TLS,
     .result_types = RESULT(STARTTLS_NOT_SUPPORTED),
     .under = UNDER_ANY,
     .scope = SCOPE_HOST,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_WARNING,
     .critical_if_refused = true,
     .unprobed = RESULT_STARTTLS_NOT_SUPPORTED,
     .shows = bare},
    {.code = "REPORTER",
     .family = FAMILY_REMAINS,
     .result_types = RESULTS_ANY,
     .under = UNDER_ANY,
     .scope = SCOPE_HOST,
     .tier = TIER_REPORTER,
     .side = SIDE_SENDER,
     .severity = SEVERITY_NOTICE,
     .explains = reporter},
    {.code = "UNEXPLAINED",
     .family = FAMILY_REMAINS,
     .result_types = RESULTS_ANY,
     .under = UNDER_ANY,
     .scope = SCOPE_HOST,
     .tier = TIER_REST,
     .side = SIDE_UNKNOWN,
     .severity = SEVERITY_WARNING,
     .explains = always},
};
const size_t rule_count = sizeof rules / sizeof *rules;

const struct rule *rule_of(struct text code)
{
    for (size_t i = 0; i < rule_count; i++)
        if (text_equal(text_of(rules[i].code), code))
            return &rules[i];
    return NULL;
}

/* ---- a domain ---- */

struct domain {
    struct arena arena;
    struct groups groups;
    struct inquiry inquiry;
    struct diagnosis diagnosis;
};

static struct domain *start(void)
{
    struct domain *domain = calloc(1, sizeof *domain);
    assert_non_null(domain);
    memset(&answers, 0, sizeof answers);
    answers.bound = TIME_UNKNOWN;
    domain->groups = groups_new(&domain->arena);
    domain->inquiry = (struct inquiry){.arena = &domain->arena,
                                       .domain = TEXT("example.com"),
                                       .now = (int64_t)100 * DAY,
                                       .since = TIME_UNKNOWN,
                                       .until = TIME_UNKNOWN};
    return domain;
}

static void end(struct domain *domain)
{
    arena_free(&domain->arena);
    free(domain);
}

static void report(struct domain *domain, const char *reporter_name, int day,
                   enum policy_type type, enum result_type result, uint64_t successful,
                   uint64_t failed)
{
    struct tls_failure failure = {.result_type = result,
                                  .receiving_mx_hostname = TEXT("mx1.example.com"),
                                  .failed_sessions = failed};
    struct tls_policy policy = {.policy_type = type,
                                .successful_sessions = successful,
                                .failed_sessions = failed,
                                .failures = &failure,
                                .failure_count = failed ? 1 : 0};
    struct tls_report tls_report = {.reporter = text_of(reporter_name),
                                    .begin = (int64_t)day * DAY,
                                    .end = (int64_t)day * DAY + DAY - 1,
                                    .authenticated = AUTHENTICATED_NONE,
                                    .policies = &policy,
                                    .policy_count = 1};
    groups_add(&domain->groups, &tls_report);
}

/* An observation at noon of that day in which STARTTLS is offered or not. */
static void observe(struct domain *domain, int day, bool starttls)
{
    struct observation *observation =
        observation_new(&domain->arena, domain->inquiry.domain, (int64_t)day * DAY + DAY / 2);
    VECTOR_ADD(&domain->arena, &observation->records,
               ((struct observed_record){.name = TEXT("example.com"),
                                         .type = TEXT("MX"),
                                         .value = TEXT("10 mx1.example.com"),
                                         .dnssec = DNSSEC_INSECURE}));
    VECTOR_ADD(&domain->arena, &observation->smtp,
               ((struct observed_smtp){.mx = TEXT("mx1.example.com"),
                                       .address = TEXT("192.0.2.1"),
                                       .status = SMTP_OK,
                                       .starttls = starttls ? ANSWER_YES : ANSWER_NO}));
    inquiry_observed(&domain->inquiry, observation, day);
}

static const struct finding *finish(struct domain *domain)
{
    groups_finish(&domain->groups);
    assert_true(diagnose(&domain->inquiry, &domain->groups, &domain->diagnosis));
    assert_true(domain->diagnosis.findings.count > 0);
    return &domain->diagnosis.findings.at[0];
}

/* ---- which rule wins ---- */

#define P CONFIDENCE_POSSIBLE
#define L CONFIDENCE_LIKELY
#define C CONFIDENCE_CONFIRMED

struct precedence {
    const char *code;
    enum confidence wide, narrow, history, reporter, dane;
    enum policy_type type;
};

static void test_rule_that_wins_is_that_of_the_precedence(void **state)
{
    static const struct precedence rows[] = {
        {"UNEXPLAINED", 0, 0, 0, 0, 0, POLICY_TYPE_STS},
        {"WIDE", C, L, 0, 0, 0, POLICY_TYPE_STS},    /* the more certain */
        {"NARROW", C, C, 0, 0, 0, POLICY_TYPE_STS},  /* a host before a domain */
        {"HISTORY", C, C, L, 0, 0, POLICY_TYPE_STS}, /* history that is at least likely */
        {"WIDE", C, 0, P, 0, 0, POLICY_TYPE_STS},    /* but not what is only possible */
        {"NARROW", 0, P, 0, C, 0,
         POLICY_TYPE_STS}, /* anything published before a reporter rule */
        {"REPORTER", 0, 0, 0, P, 0, POLICY_TYPE_STS}, /* which goes before unexplained */
        {"DANE", C, C, C, C, P, POLICY_TYPE_TLSA},    /* under tlsa DANE comes first */
        {"HISTORY", C, C, C, C, P, POLICY_TYPE_STS},  /* elsewhere it has to be certain */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct domain *domain = start();
        const struct precedence *row = &rows[i];
        answers.wide = row->wide, answers.narrow = row->narrow, answers.dane = row->dane;
        answers.history = row->history, answers.reporter = row->reporter;
        report(domain, "one.example", 90, row->type, RESULT_VALIDATION_FAILURE, 3, 2);
        const struct finding *finding = finish(domain);
        assert_string_equal(finding->rule->code, row->code);
        assert_int_equal(finding->failed_sessions, 2);
        end(domain);
    }
}

static void
test_unprobed_mx_gets_the_code_of_its_result_type_unless_a_reporter_rule_has_it(void **state)
{
    (void)state;
    for (int with_reporter = 0; with_reporter < 2; with_reporter++) {
        struct domain *domain = start();
        struct observation *observation =
            observation_new(&domain->arena, domain->inquiry.domain, (int64_t)90 * DAY);
        inquiry_observed(&domain->inquiry, observation, 1);
        answers.reporter = with_reporter ? CONFIDENCE_POSSIBLE : 0;
        report(domain, "one.example", 90, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
        const struct finding *finding = finish(domain);
        assert_string_equal(finding->rule->code, with_reporter ? "REPORTER" : "BARE");
        assert_int_equal(finding->confidence, CONFIDENCE_POSSIBLE);
        end(domain);
    }
}

/* ---- then and now ---- */

struct sighted {
    int healthy, bad; /* days of observations, 0 for none; the failure is of day 50 */
    const char *code;
    enum confidence confidence;
};

static void test_confidence_is_that_of_the_distance_of_the_observation(void **state)
{
    static const struct sighted rows[] = {
        {0, 50, "BARE", CONFIDENCE_CONFIRMED},
        {0, 51, "BARE", CONFIDENCE_CONFIRMED},
        {0, 53, "BARE", CONFIDENCE_LIKELY},
        {0, 59, "BARE", CONFIDENCE_POSSIBLE},
        /* The nearer observation shows nothing, the other is too far. */
        {51, 30, "UNEXPLAINED", CONFIDENCE_POSSIBLE},
        {50, 60, "UNEXPLAINED", CONFIDENCE_POSSIBLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct domain *domain = start();
        const struct sighted *row = &rows[i];
        for (int day = 1; day < 100; day++)
            if (day == row->healthy || day == row->bad)
                observe(domain, day, day == row->healthy);
        report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
        const struct finding *with_sessions = finish(domain);
        while (!with_sessions->failed_sessions)
            with_sessions++;
        assert_string_equal(with_sessions->rule->code, row->code);
        assert_int_equal(with_sessions->confidence, row->confidence);
        end(domain);
    }
}

static void test_both_sides_alike_confirm_at_any_distance(void **state)
{
    (void)state;
    struct domain *domain = start();
    observe(domain, 30, false);
    observe(domain, 70, false);
    report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
    assert_int_equal(finish(domain)->confidence, CONFIDENCE_CONFIRMED);
    end(domain);
}

/* ---- states ---- */

static void test_seen_gone_stops_only_what_was_seen(void **state)
{
    (void)state;
    for (int seen = 0; seen < 2; seen++) {
        struct domain *domain = start();
        answers.narrow = seen ? 0 : CONFIDENCE_POSSIBLE;
        if (seen)
            observe(domain, 50, false);
        observe(domain, 60, true);
        report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
        const struct finding *finding = finish(domain);
        assert_int_equal(finding->state, seen ? STATE_STOPPED : STATE_ONGOING);
        assert_int_equal(finding->stopped_by, seen ? STOPPED_SEEN_GONE : STOPPED_NOT);
        end(domain);
    }
}

static void test_report_after_the_healthy_observation_keeps_it_ongoing(void **state)
{
    (void)state;
    struct domain *domain = start();
    observe(domain, 50, false);
    observe(domain, 52, true);
    report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
    report(domain, "one.example", 53, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
    assert_int_equal(finish(domain)->state, STATE_ONGOING);
    end(domain);
}

static void test_two_reports_with_successes_stop_it_for_everyone_who_failed(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct domain *domain = start();
        answers.narrow = CONFIDENCE_CONFIRMED;
        report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, 3, 2);
        report(domain, "two.example", 50, POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, 3, 2);
        for (int day = 51; day < 53; day++)
            report(domain, "one.example", day, POLICY_TYPE_STS, 0, 5, 0);
        for (int day = 51; day < (both ? 53 : 52); day++)
            report(domain, "two.example", day, POLICY_TYPE_STS, 0, 5, 0);
        assert_int_equal(finish(domain)->state, both ? STATE_STOPPED : STATE_ONGOING);
        end(domain);
    }
}

static void test_bound_and_seven_days_stop(void **state)
{
    (void)state;
    struct domain *domain = start();
    answers.history = CONFIDENCE_LIKELY;
    answers.bound = (int64_t)100 * DAY;
    report(domain, "one.example", 90, POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, 3, 2);
    assert_int_equal(finish(domain)->stopped_by, STOPPED_BOUND);
    end(domain);
    domain = start();
    answers.history = CONFIDENCE_LIKELY;
    answers.bound = (int64_t)100 * DAY + 1;
    report(domain, "one.example", 90, POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, 3, 2);
    assert_int_equal(finish(domain)->state, STATE_ONGOING);
    end(domain);
    /* The report of day 92 ends one second before day 93, those of day 93 within seven days. */
    for (int day = 92; day < 94; day++) {
        domain = start();
        answers.reporter = CONFIDENCE_LIKELY;
        report(domain, "one.example", day, POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, 3, 2);
        assert_int_equal(finish(domain)->state, day == 92 ? STATE_STOPPED : STATE_ONGOING);
        end(domain);
    }
}

/* ---- findings ---- */

static void test_standing_fault_is_one_finding_with_the_failures_that_it_explains(void **state)
{
    (void)state;
    struct domain *domain = start();
    observe(domain, 90, false);
    finish(domain);
    assert_int_equal(domain->diagnosis.findings.count, 1);
    assert_int_equal(domain->diagnosis.findings.at[0].failed_sessions, 0);
    assert_false(domain->diagnosis.findings.at[0].has_policy_type);
    end(domain);
    domain = start();
    observe(domain, 90, false);
    report(domain, "one.example", 90, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
    finish(domain);
    assert_int_equal(domain->diagnosis.findings.count, 1);
    assert_int_equal(domain->diagnosis.findings.at[0].failed_sessions, 2);
    end(domain);
}

static void test_id_outlives_a_change_of_state(void **state)
{
    (void)state;
    char first[FINDING_ID_SIZE];
    struct domain *domain = start();
    observe(domain, 50, false);
    report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
    strcpy(first, finish(domain)->id);
    end(domain);
    domain = start();
    observe(domain, 50, false);
    observe(domain, 51, true);
    report(domain, "one.example", 50, POLICY_TYPE_STS, RESULT_STARTTLS_NOT_SUPPORTED, 3, 2);
    const struct finding *finding = finish(domain);
    assert_int_equal(finding->state, STATE_STOPPED);
    assert_string_equal(finding->id, first);
    end(domain);
}

/* Random reports and random answers: whatever the rules say, every session is in one finding. */
static void test_every_session_is_in_one_finding(void **state)
{
    static const char *const reporters[] = {"one.example", "two.example", "three.example"};
    (void)state;
    srand(7);
    for (int round = 0; round < 400; round++) {
        struct domain *domain = start();
        answers.wide = (enum confidence)(rand() % 4),
        answers.narrow = (enum confidence)(rand() % 4);
        answers.history = (enum confidence)(rand() % 4);
        answers.reporter = (enum confidence)(rand() % 4);
        answers.dane = (enum confidence)(rand() % 4);
        for (int day = 60; day < 90; day += 1 + rand() % 5)
            observe(domain, day, rand() % 2);
        int reports = rand() % 30;
        for (int i = 0, day = 60; i < reports; i++, day += rand() % 2)
            report(domain, reporters[rand() % 3], day, (enum policy_type)(rand() % 4),
                   (enum result_type)(rand() % RESULT_COUNT), (uint64_t)(rand() % 20),
                   (uint64_t)(rand() % 4) * (rand() % 50 ? 1 : UINT64_C(1) << 61));
        groups_finish(&domain->groups);
        assert_true(diagnose(&domain->inquiry, &domain->groups, &domain->diagnosis));
        const struct findings *findings = &domain->diagnosis.findings;
        uint64_t sum = 0;
        for (size_t i = 0; i < findings->count; i++) {
            sum += findings->at[i].failed_sessions;
            assert_int_equal(strlen(findings->at[i].id), 8);
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(findings->at[i].id, findings->at[j].id);
        }
        assert_int_equal(sum, domain->diagnosis.sessions.failed);
        end(domain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_that_wins_is_that_of_the_precedence),
        cmocka_unit_test(
            test_unprobed_mx_gets_the_code_of_its_result_type_unless_a_reporter_rule_has_it),
        cmocka_unit_test(test_confidence_is_that_of_the_distance_of_the_observation),
        cmocka_unit_test(test_both_sides_alike_confirm_at_any_distance),
        cmocka_unit_test(test_seen_gone_stops_only_what_was_seen),
        cmocka_unit_test(test_report_after_the_healthy_observation_keeps_it_ongoing),
        cmocka_unit_test(test_two_reports_with_successes_stop_it_for_everyone_who_failed),
        cmocka_unit_test(test_bound_and_seven_days_stop),
        cmocka_unit_test(test_standing_fault_is_one_finding_with_the_failures_that_it_explains),
        cmocka_unit_test(test_id_outlives_a_change_of_state),
        cmocka_unit_test(test_every_session_is_in_one_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
