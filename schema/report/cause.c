#include "report/words.h"

#include <stddef.h>
#include <string.h>

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

static const char *const names[] = {
    [CAUSE_UNKNOWN] = NULL,
    [CAUSE_HTTP_404] = "http-404",
    [CAUSE_HTTP_4XX] = "http-4xx",
    [CAUSE_HTTP_5XX] = "http-5xx",
    [CAUSE_HTTP_REDIRECT] = "http-redirect",
    [CAUSE_HTTP_STATUS] = "http-status",
    [CAUSE_TIMEOUT] = "timeout",
    [CAUSE_DNS_NXDOMAIN] = "dns-nxdomain",
    [CAUSE_DNS_SERVFAIL] = "dns-servfail",
    [CAUSE_DNSSEC] = "dnssec",
    [CAUSE_CONNECTION_REFUSED] = "connection-refused",
    [CAUSE_CONNECTION_CLOSED] = "connection-closed",
    [CAUSE_SELF_SIGNED] = "self-signed",
    [CAUSE_UNABLE_TO_GET_ISSUER] = "unable-to-get-issuer",
    [CAUSE_EXPIRED] = "expired",
    [CAUSE_NOT_YET_VALID] = "not-yet-valid",
    [CAUSE_NAME_MISMATCH] = "name-mismatch",
    [CAUSE_PROTOCOL_VERSION] = "protocol-version",
    [CAUSE_HANDSHAKE] = "handshake",
    [CAUSE_MX_NOT_IN_POLICY] = "mx-not-in-policy",
    [CAUSE_MX_IS_ADDRESS] = "mx-is-address",
    [CAUSE_POLICY_SYNTAX] = "policy-syntax",
    [CAUSE_POLICY_WITHOUT_MX] = "policy-without-mx",
    [CAUSE_FETCH_BACK_OFF] = "fetch-back-off",
    [CAUSE_DANE_NO_MATCH] = "dane-no-match",
    [CAUSE_TLSA_UNUSABLE] = "tlsa-unusable",
    [CAUSE_TLSA_MISSING] = "tlsa-missing",
    [CAUSE_NO_STARTTLS] = "no-starttls",
    [CAUSE_STARTTLS_REFUSED] = "starttls-refused",
    [CAUSE_SENDER_CONFIGURATION] = "sender-configuration",
};
_Static_assert(COUNT_OF(names) == CAUSE_COUNT, "a cause has no name");

/* A text names a cause if it holds TEXT and, where there is one, ALSO behind it. Texts stand here in
 * lower case, with blanks for '-' and '_', as text_normal() makes them. The first row that fits
 * counts, so what is special stands before what is general. */
struct row {
    struct text text;
    enum cause cause;
    struct text also;
};

/* clang-format off */
static const struct row rows[] = {
    /* The MX and the policy. */
    {TEXT_ROW("mx hosts mismatch"), CAUSE_MX_NOT_IN_POLICY}, /* Microsoft, report */
    {TEXT_ROW("mx hosts of"), CAUSE_MX_NOT_IN_POLICY, TEXT_ROW("failed mta sts validation")}, /* Microsoft, bounce 4.4.8 and 5.4.8 */
    {TEXT_ROW("mtasts policy mx mismatch"), CAUSE_MX_NOT_IN_POLICY}, /* mox */
    {TEXT_ROW("mx not authorized by policy"), CAUSE_MX_NOT_IN_POLICY}, /* Stalwart */
    {TEXT_ROW("does not match sts mx pattern"), CAUSE_MX_NOT_IN_POLICY}, /* Postfix 3.10.5 */
    {TEXT_ROW("mx mismatch"), CAUSE_MX_NOT_IN_POLICY}, /* vendors' manuals */
    {TEXT_ROW("ip address mismatch"), CAUSE_MX_IS_ADDRESS}, /* Postfix, num=64: the policy lists an address */
    {TEXT_ROW("attribute \"match\" has empty value"), CAUSE_POLICY_WITHOUT_MX}, /* Postfix */
    {TEXT_ROW("back off after recent fetch error"), CAUSE_FETCH_BACK_OFF}, /* mox */
    {TEXT_ROW("client tls configuration problem"), CAUSE_SENDER_CONFIGURATION}, /* Postfix */
    {TEXT_ROW("policy table lookup error"), CAUSE_SENDER_CONFIGURATION}, /* Postfix */

    /* DANE and DNSSEC. */
    {TEXT_ROW("no matching dane tlsa"), CAUSE_DANE_NO_MATCH}, /* Postfix, num=65 */
    {TEXT_ROW("dane no match"), CAUSE_DANE_NO_MATCH}, /* mox */
    {TEXT_ROW("no matching certificates found"), CAUSE_DANE_NO_MATCH}, /* Stalwart */
    {TEXT_ROW("x509 v err dane no match"), CAUSE_DANE_NO_MATCH}, /* OpenSSL */
    {TEXT_ROW("all tlsa records unusable"), CAUSE_TLSA_UNUSABLE}, /* Postfix */
    {TEXT_ROW("all unusable records"), CAUSE_TLSA_UNUSABLE}, /* mox */
    {TEXT_ROW("invalid tlsa record"), CAUSE_TLSA_UNUSABLE}, /* Stalwart */
    {TEXT_ROW("tlsa lookup error"), CAUSE_DNS_SERVFAIL}, /* Postfix */
    {TEXT_ROW("no tlsa"), CAUSE_TLSA_MISSING, TEXT_ROW("found")}, /* Stalwart, Postfix */
    {TEXT_ROW("non dnssec destination"), CAUSE_DNSSEC}, /* Postfix */
    {TEXT_ROW("5.7.324"), CAUSE_DNSSEC}, /* Microsoft: dnssec-invalid. 5.7.323 is any DANE fault */
    {TEXT_ROW("dnssec"), CAUSE_DNSSEC},
    {TEXT_ROW("bogus"), CAUSE_DNSSEC},

    /* Certificates: first the two that one sentence of Go's may mean. */
    {TEXT_ROW("expired or is not yet valid"), CAUSE_NOT_YET_VALID, TEXT_ROW("is before")}, /* Go: "current time … is before …" */
    {TEXT_ROW("expired or is not yet valid"), CAUSE_EXPIRED}, /* Go */
    {TEXT_ROW("not yet valid"), CAUSE_NOT_YET_VALID}, /* OpenSSL */
    {TEXT_ROW("certificate has expired"), CAUSE_EXPIRED}, /* OpenSSL, Postfix */
    {TEXT_ROW("certificate expired"), CAUSE_EXPIRED}, /* the TLS alert's name */
    {TEXT_ROW("certificate is expired"), CAUSE_EXPIRED},
    {TEXT_ROW("cert has expired"), CAUSE_EXPIRED}, /* X509_V_ERR_CERT_HAS_EXPIRED */
    {TEXT_ROW("5.7.322"), CAUSE_EXPIRED}, /* Microsoft */
    {TEXT_ROW("self signed"), CAUSE_SELF_SIGNED}, /* OpenSSL, Postfix, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT */
    {TEXT_ROW("unable to get local issuer"), CAUSE_UNABLE_TO_GET_ISSUER}, /* OpenSSL, Postfix */
    {TEXT_ROW("unable to get issuer"), CAUSE_UNABLE_TO_GET_ISSUER}, /* OpenSSL */
    {TEXT_ROW("unable to verify the first certificate"), CAUSE_UNABLE_TO_GET_ISSUER}, /* OpenSSL */
    {TEXT_ROW("unable to verify leaf signature"), CAUSE_UNABLE_TO_GET_ISSUER}, /* OpenSSL */
    {TEXT_ROW("signed by unknown authority"), CAUSE_UNABLE_TO_GET_ISSUER}, /* Go */
    {TEXT_ROW("not signed by a valid ca"), CAUSE_UNABLE_TO_GET_ISSUER}, /* Momentum */
    {TEXT_ROW("unknown ca"), CAUSE_UNABLE_TO_GET_ISSUER}, /* the TLS alert's name */
    {TEXT_ROW("unknown issuer"), CAUSE_UNABLE_TO_GET_ISSUER}, /* rustls */
    {TEXT_ROW("server certificate not trusted"), CAUSE_UNABLE_TO_GET_ISSUER}, /* Postfix */
    {TEXT_ROW("server certificate not verified"), CAUSE_NAME_MISMATCH}, /* Postfix: trusted, not matched */
    {TEXT_ROW("hostname mismatch"), CAUSE_NAME_MISMATCH}, /* OpenSSL */
    {TEXT_ROW("host mismatch"), CAUSE_NAME_MISMATCH},
    {TEXT_ROW("certificate is valid for"), CAUSE_NAME_MISMATCH, TEXT_ROW("not")}, /* Go */
    {TEXT_ROW("certificate is not valid for any names"), CAUSE_NAME_MISMATCH}, /* Go */
    {TEXT_ROW("doesn't contain any ip sans"), CAUSE_NAME_MISMATCH}, /* Go */
    {TEXT_ROW("subject does not match host"), CAUSE_NAME_MISMATCH}, /* Momentum */
    {TEXT_ROW("not valid for name"), CAUSE_NAME_MISMATCH}, /* rustls */
    {TEXT_ROW("5.7.325"), CAUSE_NAME_MISMATCH}, /* Microsoft */

    /* STARTTLS and the handshake. */
    {TEXT_ROW("smtp starttls reply code"), CAUSE_STARTTLS_REFUSED}, /* mox */
    {TEXT_ROW("tls not available"), CAUSE_STARTTLS_REFUSED}, /* the MX's own 454 */
    {TEXT_ROW("must not use tls"), CAUSE_STARTTLS_REFUSED}, /* the MX's own 421 */
    {TEXT_ROW("starttls not advertised"), CAUSE_NO_STARTTLS}, /* Stalwart */
    {TEXT_ROW("starttls required but not advertised"), CAUSE_NO_STARTTLS}, /* Momentum */
    {TEXT_ROW("tls is required, but was not offered"), CAUSE_NO_STARTTLS}, /* Postfix */
    {TEXT_ROW("starttls not supported"), CAUSE_NO_STARTTLS},
    {TEXT_ROW("5.7.321"), CAUSE_NO_STARTTLS}, /* Microsoft */
    {TEXT_ROW("250 xxxxxxxa"), CAUSE_NO_STARTTLS}, /* a firewall painted over the MX's offer */
    {TEXT_ROW("protocol version"), CAUSE_PROTOCOL_VERSION}, /* the TLS alert's name */
    {TEXT_ROW("unsupported protocol"), CAUSE_PROTOCOL_VERSION}, /* OpenSSL */
    {TEXT_ROW("no protocols available"), CAUSE_PROTOCOL_VERSION}, /* OpenSSL */
    {TEXT_ROW("wrong version number"), CAUSE_PROTOCOL_VERSION}, /* OpenSSL */
    {TEXT_ROW("no supported versions"), CAUSE_PROTOCOL_VERSION}, /* Go */
    {TEXT_ROW("unsupported versions"), CAUSE_PROTOCOL_VERSION}, /* Go: "client offered only unsupported versions" */
    {TEXT_ROW("deadline exceeded"), CAUSE_TIMEOUT}, /* Go: "context deadline exceeded" */
    {TEXT_ROW("io timeout"), CAUSE_TIMEOUT}, /* mox */
    {TEXT_ROW("i/o timeout"), CAUSE_TIMEOUT}, /* Go */
    {TEXT_ROW("timed out"), CAUSE_TIMEOUT},
    {TEXT_ROW("connection refused"), CAUSE_CONNECTION_REFUSED},
    {TEXT_ROW("econnrefused"), CAUSE_CONNECTION_REFUSED},
    {TEXT_ROW("etimedout"), CAUSE_TIMEOUT},
    {TEXT_ROW("connection closed"), CAUSE_CONNECTION_CLOSED}, /* mox: connection-closed-during-handshake */
    {TEXT_ROW("connection reset"), CAUSE_CONNECTION_CLOSED},
    {TEXT_ROW("lost connection"), CAUSE_CONNECTION_CLOSED}, /* Postfix */
    {TEXT_ROW("broken pipe"), CAUSE_CONNECTION_CLOSED},
    {TEXT_ROW("unexpected eof"), CAUSE_CONNECTION_CLOSED}, /* OpenSSL, Go */
    {TEXT_ROW("tls remote"), CAUSE_HANDSHAKE}, /* mox: the alert that came */
    {TEXT_ROW("handshake fail"), CAUSE_HANDSHAKE}, /* Postfix, sendmail, the TLS alert's name */
    {TEXT_ROW("no shared cipher"), CAUSE_HANDSHAKE}, /* OpenSSL */

    /* The way to the policy. */
    {TEXT_ROW("no such host"), CAUSE_DNS_NXDOMAIN}, /* Go */
    {TEXT_ROW("nxdomain"), CAUSE_DNS_NXDOMAIN},
    {TEXT_ROW("name or service not known"), CAUSE_DNS_NXDOMAIN}, /* the C library */
    {TEXT_ROW("server misbehaving"), CAUSE_DNS_SERVFAIL}, /* Go */
    {TEXT_ROW("servfail"), CAUSE_DNS_SERVFAIL},
    {TEXT_ROW("server failure"), CAUSE_DNS_SERVFAIL},
    {TEXT_ROW("temporary failure in name resolution"), CAUSE_DNS_SERVFAIL}, /* the C library */
    {TEXT_ROW("host not found, try again"), CAUSE_DNS_SERVFAIL}, /* Postfix */
    {TEXT_ROW("host not found"), CAUSE_DNS_NXDOMAIN}, /* Postfix */
    {TEXT_ROW("404 not found"), CAUSE_HTTP_404}, /* a status line without the word HTTP */
    {TEXT_ROW("403 forbidden"), CAUSE_HTTP_4XX},
    {TEXT_ROW("500 internal server error"), CAUSE_HTTP_5XX},
    {TEXT_ROW("502 bad gateway"), CAUSE_HTTP_5XX},
    {TEXT_ROW("503 service unavailable"), CAUSE_HTTP_5XX},
    {TEXT_ROW("redirect"), CAUSE_HTTP_REDIRECT},
    {TEXT_ROW("invalid policy"), CAUSE_POLICY_SYNTAX},
    {TEXT_ROW("failed to parse policy"), CAUSE_POLICY_SYNTAX},
    {TEXT_ROW("policy syntax"), CAUSE_POLICY_SYNTAX},
    {TEXT_ROW("timeout"), CAUSE_TIMEOUT},
};

/* What a number behind these words is. */
static const struct text http_words[] = {
    TEXT_ROW("response code"), /* Mail.ru: "bad https response code: 404" */
    TEXT_ROW("status code"),
    TEXT_ROW("http status"), /* Stalwart: "HTTP status client error (404 Not Found)" */
    TEXT_ROW("http error"),
    TEXT_ROW("http code"),
    TEXT_ROW("http "), /* "HTTP 503" */
};
static const struct text dns_words[] = {
    TEXT_ROW("extended dns error"), /* mox, TLSA */
    TEXT_ROW("dns extended error"), /* mox, MX and address */
};

/* HTTP statuses, RFC 9110 §15. */
static const struct { unsigned first, last; enum cause cause; } http_statuses[] = {
    {404, 404, CAUSE_HTTP_404},
    {300, 399, CAUSE_HTTP_REDIRECT},
    {400, 499, CAUSE_HTTP_4XX},
    {500, 599, CAUSE_HTTP_5XX},
    {100, 299, CAUSE_HTTP_STATUS},
};

/* Extended DNS errors, RFC 8914 §4: those about DNSSEC, and all others. */
static const struct { unsigned first, last; enum cause cause; } dns_errors[] = {
    {1, 2, CAUSE_DNSSEC},
    {5, 12, CAUSE_DNSSEC},
    {0, 65535, CAUSE_DNS_SERVFAIL},
};
/* clang-format on */

const char *cause_name(enum cause cause)
{
    return names[(unsigned)cause < CAUSE_COUNT ? cause : CAUSE_UNKNOWN];
}

enum cause cause_of(struct text name)
{
    for (unsigned i = 1; i < CAUSE_COUNT; i++)
        if (text_equal(name, text_of(names[i])))
            return (enum cause)i;
    return CAUSE_UNKNOWN;
}

enum {
    TEXT_BOUND = 1024, /* bytes of a text that are looked at: the cause stands near its begin */
    NUMBER_BOUND = 24, /* bytes between words and their number */
};

/* The length of the URL at the front of TEXT, 0 where there is none. A URL's words say nothing:
 * they are names that somebody gave. */
static size_t url_length(struct text text)
{
    if (!text_starts_nocase(text, TEXT("http://")) &&
        !text_starts_nocase(text, TEXT("https://")))
        return 0;
    size_t length = 0;
    while (length < text.length && !strchr(" \t\r\n\"\\", text.at[length]))
        length++;
    return length;
}

/* The begin of TEXT as the rows are written, without URLs, in BUFFER. */
static struct text text_normal(struct text text, char buffer[TEXT_BOUND])
{
    size_t length = 0;
    text = text_first(text, TEXT_BOUND);
    while (text.length) {
        size_t url = url_length(text);
        if (!url) {
            char c = text.at[0];
            buffer[length++] = c == '-' || c == '_'   ? ' '
                               : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a')
                                                      : c;
        }
        text = text_from(text, url ? url : 1);
    }
    return (struct text){buffer, length};
}

/* The number of at most five digits that follows one of WORDS, not far behind. */
static bool number_behind(struct text text, const struct text *words, size_t count,
                          unsigned *number)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = text_find(text, words[i]);
        if (at == SIZE_MAX)
            continue;
        struct text rest = text_from(text, at + words[i].length);
        size_t start = 0;
        while (start < rest.length && start < NUMBER_BOUND &&
               !(rest.at[start] >= '0' && rest.at[start] <= '9'))
            start++;
        size_t end = start;
        while (end < rest.length && rest.at[end] >= '0' && rest.at[end] <= '9')
            end++;
        uint64_t value;
        if (end - start <= 5 &&
            text_unsigned(text_first(text_from(rest, start), end - start), &value)) {
            *number = (unsigned)value;
            return true;
        }
    }
    return false;
}

static enum cause cause_by_number(struct text text)
{
    unsigned number;
    if (number_behind(text, http_words, COUNT_OF(http_words), &number))
        for (size_t i = 0; i < COUNT_OF(http_statuses); i++)
            if (number >= http_statuses[i].first && number <= http_statuses[i].last)
                return http_statuses[i].cause;
    if (number_behind(text, dns_words, COUNT_OF(dns_words), &number))
        for (size_t i = 0; i < COUNT_OF(dns_errors); i++)
            if (number >= dns_errors[i].first && number <= dns_errors[i].last)
                return dns_errors[i].cause;
    return CAUSE_UNKNOWN;
}

static enum cause cause_of_text(struct text text)
{
    char buffer[TEXT_BOUND];
    if (!text.length)
        return CAUSE_UNKNOWN;
    text = text_normal(text, buffer);
    enum cause cause = cause_by_number(text);
    for (size_t i = 0; cause == CAUSE_UNKNOWN && i < COUNT_OF(rows); i++) {
        size_t at = text_find(text, rows[i].text);
        if (at == SIZE_MAX)
            continue;
        struct text rest = text_from(text, at + rows[i].text.length);
        if (!text_known(rows[i].also) || text_find(rest, rows[i].also) != SIZE_MAX)
            cause = rows[i].cause;
    }
    return cause;
}

enum cause cause_read(struct text failure_reason_code, struct text additional_information)
{
    enum cause cause = cause_of_text(failure_reason_code);
    return cause != CAUSE_UNKNOWN ? cause : cause_of_text(additional_information);
}
