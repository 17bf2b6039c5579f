/* The closed vocabularies of a report: each word is spelled in one table, in words.c. A value of 0
 * is the unknown one. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>

#include "base/text.h"

/* RFC 8460 §4.4, "policy-type". */
enum policy_type {
    POLICY_TYPE_UNKNOWN = 0,
    POLICY_TYPE_STS,
    POLICY_TYPE_TLSA,
    POLICY_TYPE_NO_POLICY_FOUND,
    POLICY_TYPE_COUNT,
};

/* RFC 8461 §3.2, "mode". */
enum policy_mode {
    POLICY_MODE_UNKNOWN = 0,
    POLICY_MODE_ENFORCE,
    POLICY_MODE_TESTING,
    POLICY_MODE_NONE,
    POLICY_MODE_COUNT,
};

/* RFC 8460 §4.3. */
enum result_type {
    RESULT_UNKNOWN = 0,
    RESULT_STARTTLS_NOT_SUPPORTED,
    RESULT_CERTIFICATE_HOST_MISMATCH,
    RESULT_CERTIFICATE_EXPIRED,
    RESULT_CERTIFICATE_NOT_TRUSTED,
    RESULT_VALIDATION_FAILURE,
    RESULT_TLSA_INVALID,
    RESULT_DNSSEC_INVALID,
    RESULT_DANE_REQUIRED,
    RESULT_STS_POLICY_FETCH_ERROR,
    RESULT_STS_POLICY_INVALID,
    RESULT_STS_WEBPKI_INVALID,
    RESULT_COUNT,
};

enum result_class {
    CLASS_UNKNOWN = 0,
    CLASS_NEGOTIATION,
    CLASS_CERTIFICATE,
    CLASS_GENERAL,
    CLASS_DANE,
    CLASS_STS_POLICY,
    CLASS_COUNT,
};

/* What a mail's Authentication-Results say of its sender (RFC 8601); worse is greater. */
enum authenticated {
    AUTHENTICATED_PASS = 1,
    AUTHENTICATED_NONE,
    AUTHENTICATED_FAIL,
    AUTHENTICATED_COUNT,
};

/* What the free text of a failure says. The names and the texts that lead to each are in
 * cause.c. */
enum cause {
    CAUSE_UNKNOWN = 0,
    CAUSE_HTTP_404,
    CAUSE_HTTP_4XX,
    CAUSE_HTTP_5XX,
    CAUSE_HTTP_REDIRECT,
    CAUSE_HTTP_STATUS,
    CAUSE_TIMEOUT,
    CAUSE_DNS_NXDOMAIN,
    CAUSE_DNS_SERVFAIL,
    CAUSE_DNSSEC,
    CAUSE_CONNECTION_REFUSED,
    CAUSE_CONNECTION_CLOSED,
    CAUSE_SELF_SIGNED,
    CAUSE_UNABLE_TO_GET_ISSUER,
    CAUSE_EXPIRED,
    CAUSE_NOT_YET_VALID,
    CAUSE_NAME_MISMATCH,
    CAUSE_PROTOCOL_VERSION,
    CAUSE_HANDSHAKE,
    CAUSE_MX_NOT_IN_POLICY,
    CAUSE_MX_IS_ADDRESS,
    CAUSE_POLICY_SYNTAX,
    CAUSE_POLICY_WITHOUT_MX,
    CAUSE_FETCH_BACK_OFF,
    CAUSE_DANE_NO_MATCH,
    CAUSE_TLSA_UNUSABLE,
    CAUSE_TLSA_MISSING,
    CAUSE_NO_STARTTLS,
    CAUSE_STARTTLS_REFUSED,
    CAUSE_SENDER_CONFIGURATION,
    CAUSE_COUNT,
};

/* The name of a value, a static string: "unknown" for 0, or null where it says so. */
const char *policy_type_name(enum policy_type type);
const char *policy_mode_name(enum policy_mode mode); /* null for unknown */
const char *result_type_name(enum result_type type);
const char *result_class_name(enum result_class class);
const char *authenticated_name(enum authenticated value);
const char *cause_name(enum cause cause); /* null for unknown */

/* The value of exactly that name, unknown (for authenticated: none) for any other. */
enum policy_type policy_type_of(struct text name);
enum policy_mode policy_mode_of(struct text name);
enum result_type result_type_of(struct text name);
enum authenticated authenticated_of(struct text name);
enum cause cause_of(struct text name);

/* As policy_type_of() and result_type_of(), and evident synonyms: other case, '_' or a blank for
 * '-', and "cert-" for "certificate-". *EXACT says whether the RFC's own spelling was used. */
enum policy_type policy_type_read(struct text word, bool *exact);
enum result_type result_type_read(struct text word, bool *exact);

/* The class of a result type; it depends on the policy type for validation-failure alone. */
enum result_class result_class_of(enum result_type type, enum policy_type policy);

/* The cause that free text names: failure-reason-code first, then additional-information. Either
 * may be unknown. */
enum cause cause_read(struct text failure_reason_code, struct text additional_information);

#endif
