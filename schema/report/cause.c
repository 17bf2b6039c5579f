#include "report/words.h"

#include <stddef.h>

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

/* Placeholder table: see the rows below. */
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
