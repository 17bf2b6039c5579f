/* The delivery verdict, clause by clause: each row is a state of things and what a sender does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rules/verdict.h"

#define KEY  "abababababababababababababababababababababababababababababababab"
#define EE   "3 1 1 " KEY
#define TA   "2 0 1 " KEY
#define PKIX "1 1 1 " KEY

/* A row: what is not said is unknown. */
struct row {
    const char *policy; /* the file; "" for none; null: not known */
    const char *tlsa;   /* one record, "none", "failed", or null: not known */
    enum dnssec tlsa_dnssec, mx_dnssec;
    enum smtp_status status;
    enum answer starttls;
    const char *reply;
    enum trust trust;
    enum answer matches;
    enum dane dane;
    enum verdict_clause clause;
    enum verdict verdict;
};

#define ENFORCE "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n"
#define OTHER   "version: STSv1\nmode: enforce\nmx: *.mx.example.com\nmax_age: 604800\n"
#define TESTING "version: STSv1\nmode: testing\nmx: other.example.com\nmax_age: 604800\n"
#define NONE    "version: STSv1\nmode: none\nmax_age: 604800\n"
#define INVALID "version: STSv1\nmode: enforced\nmx: mx.example.com\nmax_age: 604800\n"

#define GOOD_TLS .status = SMTP_OK, .starttls = ANSWER_YES, .reply = "220 ready"
#define GOOD     GOOD_TLS, .trust = TRUST_TRUSTED, .matches = ANSWER_YES
#define NO_TLS   .status = SMTP_OK, .starttls = ANSWER_NO
#define SECURE   .tlsa_dnssec = DNSSEC_SECURE, .mx_dnssec = DNSSEC_SECURE
#define DELIVERS .verdict = VERDICT_DELIVER
#define REFUSES  .verdict = VERDICT_REFUSE

static const struct row rows[] = {
    /* MTA-STS alone */
    {NULL, "none", GOOD, .clause = CLAUSE_STS_UNKNOWN},
    {"", "none", NO_TLS, .clause = CLAUSE_STS_NONE, DELIVERS},
    {NONE, "none", NO_TLS, .clause = CLAUSE_STS_NONE, DELIVERS},
    {TESTING, "none", NO_TLS, .clause = CLAUSE_STS_TESTING, DELIVERS},
    {INVALID, "none", NO_TLS, .clause = CLAUSE_STS_INVALID, DELIVERS},
    {ENFORCE, "none", GOOD, .clause = CLAUSE_STS_GOOD, DELIVERS},
    {ENFORCE, NULL, GOOD, .clause = CLAUSE_STS_GOOD, DELIVERS},
    {OTHER, "none", GOOD, .clause = CLAUSE_STS_MX_NOT_LISTED, REFUSES},
    {OTHER, "none", .clause = CLAUSE_STS_MX_NOT_LISTED, REFUSES},
    {ENFORCE, "none", NO_TLS, .clause = CLAUSE_STS_NO_STARTTLS, REFUSES},
    {ENFORCE, "none", .status = SMTP_OK, .starttls = ANSWER_YES, .reply = "454 no",
     .clause = CLAUSE_STS_TLS_FAILS, REFUSES},
    {ENFORCE, "none", .status = SMTP_TLS_ERROR, .starttls = ANSWER_YES, .reply = "220 ready",
     .clause = CLAUSE_STS_TLS_FAILS, REFUSES},
    {ENFORCE, "none", .status = SMTP_TIMEOUT, .clause = CLAUSE_STS_NOT_PROBED},
    {ENFORCE, "none", .clause = CLAUSE_STS_NOT_PROBED},
    {ENFORCE, "none", GOOD_TLS, .trust = TRUST_TRUSTED, .matches = ANSWER_NO,
     .clause = CLAUSE_STS_CERTIFICATE_NAME, REFUSES},
    {ENFORCE, "none", GOOD_TLS, .trust = TRUST_EXPIRED, .matches = ANSWER_YES,
     .clause = CLAUSE_STS_CERTIFICATE_DATE, REFUSES},
    {ENFORCE, "none", GOOD_TLS, .trust = TRUST_NOT_YET_VALID, .matches = ANSWER_YES,
     .clause = CLAUSE_STS_CERTIFICATE_DATE, REFUSES},
    {ENFORCE, "none", GOOD_TLS, .trust = TRUST_SELF_SIGNED, .matches = ANSWER_YES,
     .clause = CLAUSE_STS_CERTIFICATE_UNTRUSTED, REFUSES},
    {ENFORCE, "none", GOOD_TLS, .matches = ANSWER_YES, .clause = CLAUSE_STS_NOT_PROBED},
    /* DANE alone decides, also against the policy */
    {ENFORCE, EE, SECURE, GOOD, .dane = DANE_MATCH, .clause = CLAUSE_DANE_MATCH, DELIVERS},
    {OTHER, EE, SECURE, GOOD_TLS, .trust = TRUST_SELF_SIGNED, .matches = ANSWER_NO,
     .dane = DANE_MATCH, .clause = CLAUSE_DANE_MATCH, DELIVERS},
    {"", EE, SECURE, GOOD_TLS, .trust = TRUST_EXPIRED, .matches = ANSWER_NO, .dane = DANE_MATCH,
     .clause = CLAUSE_DANE_MATCH, DELIVERS},
    {"", EE, SECURE, GOOD, .dane = DANE_MISMATCH, .clause = CLAUSE_DANE_MISMATCH, REFUSES},
    {TESTING, EE, SECURE, NO_TLS, .clause = CLAUSE_DANE_NO_STARTTLS, REFUSES},
    {"", EE, SECURE, .status = SMTP_TLS_ERROR, .starttls = ANSWER_YES,
     .clause = CLAUSE_DANE_TLS_FAILS, REFUSES},
    {"", EE, SECURE, .clause = CLAUSE_DANE_NOT_PROBED},
    {"", EE, SECURE, GOOD, .clause = CLAUSE_DANE_NOT_PROBED},
    /* names and dates count under usage 2 only */
    {"", TA, SECURE, GOOD, .dane = DANE_MATCH, .clause = CLAUSE_DANE_MATCH, DELIVERS},
    {"", TA, SECURE, GOOD_TLS, .trust = TRUST_UNTRUSTED, .matches = ANSWER_NO,
     .dane = DANE_MATCH, .clause = CLAUSE_DANE_TA_NAME, REFUSES},
    {"", TA, SECURE, GOOD_TLS, .trust = TRUST_EXPIRED, .matches = ANSWER_YES,
     .dane = DANE_MATCH, .clause = CLAUSE_DANE_TA_DATE, REFUSES},
    /* a failed look-up is no absence */
    {"", "failed", .mx_dnssec = DNSSEC_SECURE, GOOD, .clause = CLAUSE_TLSA_LOOKUP_FAILED,
     REFUSES},
    {"", "none", .mx_dnssec = DNSSEC_BOGUS, GOOD, .clause = CLAUSE_MX_BOGUS, REFUSES},
    /* where DANE does not apply the policy does */
    {ENFORCE, EE, .tlsa_dnssec = DNSSEC_INSECURE, .mx_dnssec = DNSSEC_INSECURE, GOOD,
     .dane = DANE_INSECURE, .clause = CLAUSE_STS_GOOD, DELIVERS},
    {"", EE, .tlsa_dnssec = DNSSEC_SECURE, .mx_dnssec = DNSSEC_INSECURE, NO_TLS,
     .clause = CLAUSE_STS_NONE, DELIVERS},
    /* records that nobody can use demand TLS and nothing else */
    {"", PKIX, SECURE, NO_TLS, .clause = CLAUSE_DANE_NO_STARTTLS, REFUSES},
    {"", PKIX, SECURE, GOOD_TLS, .trust = TRUST_SELF_SIGNED, .matches = ANSWER_NO,
     .dane = DANE_UNUSABLE, .clause = CLAUSE_STS_NONE, DELIVERS},
    {ENFORCE, PKIX, SECURE, GOOD_TLS, .trust = TRUST_SELF_SIGNED, .matches = ANSWER_YES,
     .dane = DANE_UNUSABLE, .clause = CLAUSE_STS_CERTIFICATE_UNTRUSTED, REFUSES},
};

static void set_policy(const struct row *row, struct arena *arena,
                       struct verdict_question *question, struct mta_sts_policy *policy)
{
    question->policy = policy;
    question->policy_fact = !row->policy   ? FACT_UNKNOWN
                            : *row->policy ? FACT_PRESENT
                                           : FACT_ABSENT;
    if (question->policy_fact == FACT_PRESENT)
        mta_sts_policy_read(text_of(row->policy), arena, policy);
}

static void set_tlsa(const struct row *row, struct arena *arena, struct published *tlsa)
{
    struct text text = text_of(row->tlsa);
    if (!row->tlsa)
        return;
    tlsa->dnssec = row->tlsa_dnssec;
    tlsa->fact = text_equal(text, TEXT("none"))     ? FACT_ABSENT
                 : text_equal(text, TEXT("failed")) ? FACT_FAILED
                                                    : FACT_PRESENT;
    if (tlsa->fact == FACT_PRESENT)
        text_list_add(arena, &tlsa->values, text);
}

static void each_state_has_its_clause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA_AUTO arena = {0};
        const struct row *row = &rows[i];
        struct mta_sts_policy policy = {0};
        struct observed_certificate certificate = {.trust = row->trust,
                                                   .matches_mx = row->matches};
        bool tls = row->status == SMTP_OK && row->starttls == ANSWER_YES;
        struct observed_smtp probe = {.status = row->status,
                                      .starttls = row->starttls,
                                      .starttls_reply = text_of(row->reply),
                                      .certificate = tls ? &certificate : NULL,
                                      .dane = row->dane};
        struct verdict_question question = {.mx = TEXT("mx.example.com"),
                                            .mx_dnssec = row->mx_dnssec,
                                            .probe = row->status ? &probe : NULL};
        set_policy(row, &arena, &question, &policy);
        set_tlsa(row, &arena, &question.tlsa);
        struct verdict_answer answer = verdict_of(&question, &arena);
        if (answer.clause != row->clause || answer.verdict != row->verdict)
            fail_msg("row %zu: %s because %s, not because %s", i, verdict_name(answer.verdict),
                     verdict_clause_text(answer.clause), verdict_clause_text(row->clause));
    }
}

static void each_clause_has_a_row_here_and_a_text(void **state)
{
    (void)state;
    for (unsigned clause = 1; clause < CLAUSE_COUNT; clause++) {
        bool shown = clause >= CLAUSE_FAILED_DANE; /* of sessions: below */
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            shown = shown || rows[i].clause == clause;
        if (!shown)
            fail_msg("no row shows: %s", verdict_clause_text((enum verdict_clause)clause));
        assert_true(verdict_clause_reference((enum verdict_clause)clause)[0] == 'R');
    }
}

static void what_failed_is_refused_where_tls_is_demanded(void **state)
{
    (void)state;
    const struct mta_sts_policy enforce = {.mode = MTA_STS_MODE_ENFORCE, .valid = true},
                                testing = {.mode = MTA_STS_MODE_TESTING, .valid = true},
                                none = {.mode = MTA_STS_MODE_NONE, .valid = true};
    assert_int_equal(verdict_after_failure(FACT_PRESENT, &testing, true).clause,
                     CLAUSE_FAILED_DANE);
    assert_int_equal(verdict_after_failure(FACT_PRESENT, &enforce, false).clause,
                     CLAUSE_FAILED_ENFORCE);
    assert_int_equal(verdict_after_failure(FACT_PRESENT, &testing, false).clause,
                     CLAUSE_STS_TESTING);
    assert_int_equal(verdict_after_failure(FACT_PRESENT, &none, false).clause, CLAUSE_STS_NONE);
    assert_int_equal(verdict_after_failure(FACT_ABSENT, NULL, false).clause, CLAUSE_STS_NONE);
    assert_int_equal(verdict_after_failure(FACT_FAILED, NULL, false).verdict, VERDICT_UNKNOWN);
}

static void a_success_tells_what_is_asked_again(void **state)
{
    (void)state;
    const struct verdict_answer open = {VERDICT_UNKNOWN, CLAUSE_STS_NOT_PROBED},
                                good = {VERDICT_DELIVER, CLAUSE_STS_GOOD},
                                gone = {VERDICT_REFUSE, CLAUSE_STS_MX_NOT_LISTED};
    assert_int_equal(verdict_after_success(open, open).clause, CLAUSE_SUCCEEDED);
    assert_int_equal(verdict_after_success(good, good).clause, CLAUSE_STS_GOOD);
    assert_int_equal(verdict_after_success(open, gone).verdict, VERDICT_REFUSE);
    assert_int_equal(verdict_after_success(good, open).verdict, VERDICT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_clause),
        cmocka_unit_test(each_clause_has_a_row_here_and_a_text),
        cmocka_unit_test(what_failed_is_refused_where_tls_is_demanded),
        cmocka_unit_test(a_success_tells_what_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
