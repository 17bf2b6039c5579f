/* What senders write about a failure leads to its cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report/words.h"

static const struct {
    const char *text;
    enum cause cause;
} texts[] = {
    /* Microsoft */
    {"MX_HOSTS_MISMATCH", CAUSE_MX_NOT_IN_POLICY},
    {"VALIDATION_FAILURE", CAUSE_UNKNOWN},
    {"5.4.8 MX hosts of 'example.com' failed MTA-STS validation", CAUSE_MX_NOT_IN_POLICY},
    {"4.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot",
     CAUSE_UNKNOWN},
    {"4.7.321 starttls-not-supported: Destination mail server must support TLS",
     CAUSE_NO_STARTTLS},
    {"5.7.321", CAUSE_NO_STARTTLS},
    {"5.7.322", CAUSE_EXPIRED},
    {"5.7.322 certificate-expired", CAUSE_EXPIRED},
    {"5.7.323 tlsa-invalid", CAUSE_UNKNOWN},
    {"5.7.324 dnssec-invalid", CAUSE_DNSSEC},
    {"5.7.325 certificate-host-mismatch", CAUSE_NAME_MISMATCH},
    /* Mail.ru */
    {"bad https response code: 404", CAUSE_HTTP_404},
    {"bad https response code: 403", CAUSE_HTTP_4XX},
    {"HTTP 503", CAUSE_HTTP_5XX},
    {"404 Not Found", CAUSE_HTTP_404},
    {"tls: no supported versions satisfy MinVersion and MaxVersion", CAUSE_PROTOCOL_VERSION},
    {"wrong version number", CAUSE_PROTOCOL_VERSION},
    {"ECONNREFUSED", CAUSE_CONNECTION_REFUSED},
    {"bad https response code: 500", CAUSE_HTTP_5XX},
    {"bad https response code: 302", CAUSE_HTTP_REDIRECT},
    {"bad https response code: 204", CAUSE_HTTP_STATUS},
    /* senders in Go */
    {"Get \"https://mta-sts.example.com/.well-known/mta-sts.txt\": context deadline exceeded",
     CAUSE_TIMEOUT},
    {"dial tcp: lookup mta-sts.example.com: no such host", CAUSE_DNS_NXDOMAIN},
    {"lookup mta-sts.example.com on 192.0.2.53:53: server misbehaving", CAUSE_DNS_SERVFAIL},
    {"dial tcp 192.0.2.1:443: connect: connection refused", CAUSE_CONNECTION_REFUSED},
    {"dial tcp 192.0.2.1:443: i/o timeout", CAUSE_TIMEOUT},
    {"x509: certificate has expired or is not yet valid", CAUSE_EXPIRED},
    {"x509: certificate has expired or is not yet valid: current time 2026-11-24T00:00:00Z is "
     "after "
     "2026-11-23T00:00:00Z",
     CAUSE_EXPIRED},
    {"x509: certificate has expired or is not yet valid: current time 2026-11-24T00:00:00Z is "
     "before "
     "2026-11-25T00:00:00Z",
     CAUSE_NOT_YET_VALID},
    {"x509: certificate signed by unknown authority", CAUSE_UNABLE_TO_GET_ISSUER},
    {"x509: certificate is valid for www.example.com, not mx1.example.com",
     CAUSE_NAME_MISMATCH},
    /* mox */
    {"mtasts-policy-mx-mismatch", CAUSE_MX_NOT_IN_POLICY},
    {"smtp-starttls-reply-code-454", CAUSE_STARTTLS_REFUSED},
    {"tls-remote-handshake-failure", CAUSE_HANDSHAKE},
    {"tls-remote-protocol-version", CAUSE_PROTOCOL_VERSION},
    {"tls-remote-bad-certificate", CAUSE_HANDSHAKE},
    {"io-timeout-during-handshake", CAUSE_TIMEOUT},
    {"connection-closed-during-handshake", CAUSE_CONNECTION_CLOSED},
    {"dane-no-match", CAUSE_DANE_NO_MATCH},
    {"all-unusable-records+ignored", CAUSE_TLSA_UNUSABLE},
    {"extended-dns-error-6-bogus", CAUSE_DNSSEC},
    {"dns-extended-error-22-no-reachable-authority", CAUSE_DNS_SERVFAIL},
    {"back-off-after-recent-fetch-error", CAUSE_FETCH_BACK_OFF},
    /* Stalwart */
    {"MX not authorized by policy.", CAUSE_MX_NOT_IN_POLICY},
    {"No matching certificates found.", CAUSE_DANE_NO_MATCH},
    {"Invalid TLSA record.", CAUSE_TLSA_UNUSABLE},
    {"No TLSA records found.", CAUSE_TLSA_MISSING},
    {"STARTTLS not advertised by host.", CAUSE_NO_STARTTLS},
    {"HTTP status client error (404 Not Found) for url", CAUSE_HTTP_404},
    /* Postfix */
    {"self-signed_certificate", CAUSE_SELF_SIGNED},
    {"unable_to_get_local_issuer_certificate", CAUSE_UNABLE_TO_GET_ISSUER},
    {"certificate_has_expired", CAUSE_EXPIRED},
    {"num=65:no matching DANE TLSA records", CAUSE_DANE_NO_MATCH},
    {"num=64:IP address mismatch", CAUSE_MX_IS_ADDRESS},
    {"all-TLSA-records-unusable", CAUSE_TLSA_UNUSABLE},
    {"MX name 'mx1.example.com' does not match STS MX pattern for 'example.com'",
     CAUSE_MX_NOT_IN_POLICY},
    {"Server certificate not verified", CAUSE_NAME_MISMATCH},
    {"Server certificate not trusted", CAUSE_UNABLE_TO_GET_ISSUER},
    {"non DNSSEC destination", CAUSE_DNSSEC},
    {"no TLSA records found", CAUSE_TLSA_MISSING},
    {"TLSA lookup error for mx1.example.com:25", CAUSE_DNS_SERVFAIL},
    {"TLS is required, but was not offered by host mx1.example.com", CAUSE_NO_STARTTLS},
    {"Cannot start TLS: handshake failure", CAUSE_HANDSHAKE},
    {"attribute \"match\" has empty value", CAUSE_POLICY_WITHOUT_MX},
    {"client TLS configuration problem", CAUSE_SENDER_CONFIGURATION},
    {"policy table lookup error", CAUSE_SENDER_CONFIGURATION},
    /* Momentum, sendmail, OpenSSL, what an MX answers */
    {"4.7.5 [internal] SSL certificate subject does not match host", CAUSE_NAME_MISMATCH},
    {"remote node SSL certificate not signed by a valid CA", CAUSE_UNABLE_TO_GET_ISSUER},
    {"STARTTLS required but not advertised", CAUSE_NO_STARTTLS},
    {"403 4.7.0 TLS handshake failed", CAUSE_HANDSHAKE},
    {"X509_V_ERR_CERT_HAS_EXPIRED", CAUSE_EXPIRED},
    {"X509_V_ERR_CERT_NOT_YET_VALID", CAUSE_NOT_YET_VALID},
    {"X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT", CAUSE_SELF_SIGNED},
    {"X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY", CAUSE_UNABLE_TO_GET_ISSUER},
    {"X509_V_ERR_HOSTNAME_MISMATCH", CAUSE_NAME_MISMATCH},
    {"X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED", CAUSE_UNKNOWN},
    {"454 4.7.0 TLS not available due to local problem", CAUSE_STARTTLS_REFUSED},
    {"421 4.7.0 Must not use TLS", CAUSE_STARTTLS_REFUSED},
    {"250 XXXXXXXA", CAUSE_NO_STARTTLS},
    {"tlsv1 alert protocol version", CAUSE_PROTOCOL_VERSION},
    {"unsupported protocol", CAUSE_PROTOCOL_VERSION},
    /* nothing */
    {"", CAUSE_UNKNOWN},
    {NULL, CAUSE_UNKNOWN},
    {"something else", CAUSE_UNKNOWN},
    {"response code: none", CAUSE_UNKNOWN},
    {"response code: 123456", CAUSE_UNKNOWN},
};

static void each_text_names_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum cause cause = cause_read(text_of(texts[i].text), TEXT_UNKNOWN);
        if (cause != texts[i].cause)
            fail_msg("%s: %s", texts[i].text, cause_name(cause) ? cause_name(cause) : "none");
    }
}

static void additional_information_counts_where_the_reason_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(cause_read(TEXT("VALIDATION_FAILURE"), TEXT("certificate has expired")),
                     CAUSE_EXPIRED);
    assert_int_equal(cause_read(TEXT("dane-no-match"), TEXT("certificate has expired")),
                     CAUSE_DANE_NO_MATCH);
}

static void the_words_of_a_url_say_nothing(void **state)
{
    (void)state;
    assert_int_equal(
        cause_read(TEXT_UNKNOWN, TEXT("https://example.com/bogus/timeout#redirect")),
        CAUSE_UNKNOWN);
    assert_int_equal(
        cause_read(TEXT("Get \"https://timeout.example/\": no such host"), TEXT_UNKNOWN),
        CAUSE_DNS_NXDOMAIN);
}

static void only_the_begin_of_a_long_text_is_read(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text + 4000, " timed out ", 11);
    assert_int_equal(cause_read(text_of(text), TEXT_UNKNOWN), CAUSE_UNKNOWN);
    memcpy(text + 1000, " timed out ", 11);
    assert_int_equal(cause_read(text_of(text), TEXT_UNKNOWN), CAUSE_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_names_its_cause),
        cmocka_unit_test(additional_information_counts_where_the_reason_says_nothing),
        cmocka_unit_test(the_words_of_a_url_say_nothing),
        cmocka_unit_test(only_the_begin_of_a_long_text_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
