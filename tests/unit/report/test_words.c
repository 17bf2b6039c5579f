/* The vocabularies are RFC 8460's and RFC 8461's, and evident synonyms are understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/words.h"

static void each_name_is_read_back(void **state)
{
    (void)state;
    for (unsigned i = 1; i < POLICY_TYPE_COUNT; i++)
        assert_int_equal(policy_type_of(text_of(policy_type_name(i))), i);
    for (unsigned i = 1; i < POLICY_MODE_COUNT; i++)
        assert_int_equal(policy_mode_of(text_of(policy_mode_name(i))), i);
    for (unsigned i = 1; i < RESULT_COUNT; i++)
        assert_int_equal(result_type_of(text_of(result_type_name(i))), i);
    for (unsigned i = 1; i < AUTHENTICATED_COUNT; i++)
        assert_int_equal(authenticated_of(text_of(authenticated_name(i))), i);
    for (unsigned i = 1; i < CAUSE_COUNT; i++)
        assert_int_equal(cause_of(text_of(cause_name(i))), i);
}

static void a_value_out_of_range_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(policy_type_name(POLICY_TYPE_COUNT), "unknown");
    assert_string_equal(result_type_name(RESULT_COUNT), "unknown");
    assert_string_equal(result_class_name(CLASS_COUNT), "unknown");
    assert_string_equal(authenticated_name(AUTHENTICATED_COUNT), "none");
    assert_null(policy_mode_name(POLICY_MODE_COUNT));
    assert_null(cause_name(CAUSE_COUNT));
}

static void a_mode_is_only_a_mode_in_the_rfcs_spelling(void **state)
{
    (void)state;
    static const char *const others[] = {"Enforce",  "enforced", " enforce",
                                         "enforce ", "",         NULL};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(policy_mode_of(text_of(others[i])), POLICY_MODE_UNKNOWN);
}

static void synonyms_of_policy_types_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum policy_type type;
        bool exact;
    } cases[] = {
        {"sts", POLICY_TYPE_STS, true},
        {"STS", POLICY_TYPE_STS, false},
        {" tlsa ", POLICY_TYPE_TLSA, false},
        {"no-policy-found", POLICY_TYPE_NO_POLICY_FOUND, true},
        {"No_Policy_Found", POLICY_TYPE_NO_POLICY_FOUND, false},
        {"no policy found", POLICY_TYPE_NO_POLICY_FOUND, false},
        {"unknown", POLICY_TYPE_UNKNOWN, false},
        {"bimi", POLICY_TYPE_UNKNOWN, false},
        {"", POLICY_TYPE_UNKNOWN, false},
        {NULL, POLICY_TYPE_UNKNOWN, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool exact;
        assert_int_equal(policy_type_read(text_of(cases[i].word), &exact), cases[i].type);
        assert_int_equal(exact, cases[i].exact);
    }
}

static void synonyms_of_result_types_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum result_type type;
        bool exact;
    } cases[] = {
        {"certificate-expired", RESULT_CERTIFICATE_EXPIRED, true},
        {"cert-expired", RESULT_CERTIFICATE_EXPIRED, false},
        {"CERT_EXPIRED", RESULT_CERTIFICATE_EXPIRED, false},
        {"Certificate Host Mismatch", RESULT_CERTIFICATE_HOST_MISMATCH, false},
        {"cert-not-trusted", RESULT_CERTIFICATE_NOT_TRUSTED, false},
        {"STARTTLS_NOT_SUPPORTED", RESULT_STARTTLS_NOT_SUPPORTED, false},
        {"Validation-Failure", RESULT_VALIDATION_FAILURE, false},
        {"sts-webpki-invalid", RESULT_STS_WEBPKI_INVALID, true},
        {"Testing", RESULT_UNKNOWN, false},
        {"sts-webpki-cert-invalid", RESULT_UNKNOWN, false},
        {"certificate-expired-certificate-expired-certificate-expired-certificate-expired",
         RESULT_UNKNOWN, false},
        {"", RESULT_UNKNOWN, false},
        {NULL, RESULT_UNKNOWN, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool exact;
        assert_int_equal(result_type_read(text_of(cases[i].word), &exact), cases[i].type);
        assert_int_equal(exact, cases[i].exact);
    }
}

static void every_result_type_has_its_class(void **state)
{
    (void)state;
    static const char *const classes[] = {
        [RESULT_UNKNOWN] = "unknown",
        [RESULT_STARTTLS_NOT_SUPPORTED] = "negotiation",
        [RESULT_CERTIFICATE_HOST_MISMATCH] = "certificate",
        [RESULT_CERTIFICATE_EXPIRED] = "certificate",
        [RESULT_CERTIFICATE_NOT_TRUSTED] = "certificate",
        [RESULT_VALIDATION_FAILURE] = "general",
        [RESULT_TLSA_INVALID] = "dane",
        [RESULT_DNSSEC_INVALID] = "dane",
        [RESULT_DANE_REQUIRED] = "dane",
        [RESULT_STS_POLICY_FETCH_ERROR] = "sts-policy",
        [RESULT_STS_POLICY_INVALID] = "sts-policy",
        [RESULT_STS_WEBPKI_INVALID] = "sts-policy",
    };
    for (unsigned i = 0; i < RESULT_COUNT; i++)
        assert_string_equal(result_class_name(result_class_of(i, POLICY_TYPE_STS)), classes[i]);
}

static void validation_failure_is_danes_under_tlsa_alone(void **state)
{
    (void)state;
    assert_int_equal(result_class_of(RESULT_VALIDATION_FAILURE, POLICY_TYPE_TLSA), CLASS_DANE);
    assert_int_equal(result_class_of(RESULT_VALIDATION_FAILURE, POLICY_TYPE_NO_POLICY_FOUND),
                     CLASS_GENERAL);
    assert_int_equal(result_class_of(RESULT_VALIDATION_FAILURE, POLICY_TYPE_UNKNOWN),
                     CLASS_GENERAL);
    assert_int_equal(result_class_of(RESULT_CERTIFICATE_EXPIRED, POLICY_TYPE_TLSA),
                     CLASS_CERTIFICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_read_back),
        cmocka_unit_test(a_value_out_of_range_is_unknown),
        cmocka_unit_test(a_mode_is_only_a_mode_in_the_rfcs_spelling),
        cmocka_unit_test(synonyms_of_policy_types_are_understood),
        cmocka_unit_test(synonyms_of_result_types_are_understood),
        cmocka_unit_test(every_result_type_has_its_class),
        cmocka_unit_test(validation_failure_is_danes_under_tlsa_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
