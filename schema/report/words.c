#include "report/words.h"

#include <stddef.h>

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

static const char *const policy_types[] = {
    [POLICY_TYPE_UNKNOWN] = "unknown",
    [POLICY_TYPE_STS] = "sts",
    [POLICY_TYPE_TLSA] = "tlsa",
    [POLICY_TYPE_NO_POLICY_FOUND] = "no-policy-found",
};

static const char *const policy_modes[] = {
    [POLICY_MODE_UNKNOWN] = NULL,
    [POLICY_MODE_ENFORCE] = "enforce",
    [POLICY_MODE_TESTING] = "testing",
    [POLICY_MODE_NONE] = "none",
};

static const struct {
    const char *name;
    enum result_class class;
} result_types[] = {
    [RESULT_UNKNOWN] = {"unknown", CLASS_UNKNOWN},
    [RESULT_STARTTLS_NOT_SUPPORTED] = {"starttls-not-supported", CLASS_NEGOTIATION},
    [RESULT_CERTIFICATE_HOST_MISMATCH] = {"certificate-host-mismatch", CLASS_CERTIFICATE},
    [RESULT_CERTIFICATE_EXPIRED] = {"certificate-expired", CLASS_CERTIFICATE},
    [RESULT_CERTIFICATE_NOT_TRUSTED] = {"certificate-not-trusted", CLASS_CERTIFICATE},
    [RESULT_VALIDATION_FAILURE] = {"validation-failure", CLASS_GENERAL},
    [RESULT_TLSA_INVALID] = {"tlsa-invalid", CLASS_DANE},
    [RESULT_DNSSEC_INVALID] = {"dnssec-invalid", CLASS_DANE},
    [RESULT_DANE_REQUIRED] = {"dane-required", CLASS_DANE},
    [RESULT_STS_POLICY_FETCH_ERROR] = {"sts-policy-fetch-error", CLASS_STS_POLICY},
    [RESULT_STS_POLICY_INVALID] = {"sts-policy-invalid", CLASS_STS_POLICY},
    [RESULT_STS_WEBPKI_INVALID] = {"sts-webpki-invalid", CLASS_STS_POLICY},
};

static const char *const classes[] = {
    [CLASS_UNKNOWN] = "unknown",
    [CLASS_NEGOTIATION] = "negotiation",
    [CLASS_CERTIFICATE] = "certificate",
    [CLASS_GENERAL] = "general",
    [CLASS_DANE] = "dane",
    [CLASS_STS_POLICY] = "sts-policy",
};

static const char *const authenticated_words[] = {
    [0] = "none",
    [AUTHENTICATED_PASS] = "pass",
    [AUTHENTICATED_NONE] = "none",
    [AUTHENTICATED_FAIL] = "fail",
};

_Static_assert(COUNT_OF(policy_types) == POLICY_TYPE_COUNT, "a policy type has no name");
_Static_assert(COUNT_OF(policy_modes) == POLICY_MODE_COUNT, "a mode has no name");
_Static_assert(COUNT_OF(result_types) == RESULT_COUNT, "a result type has no name");
_Static_assert(COUNT_OF(classes) == CLASS_COUNT, "a class has no name");
_Static_assert(COUNT_OF(authenticated_words) == AUTHENTICATED_COUNT, "a word is missing");

const char *policy_type_name(enum policy_type type)
{
    return policy_types[(unsigned)type < POLICY_TYPE_COUNT ? type : POLICY_TYPE_UNKNOWN];
}

const char *policy_mode_name(enum policy_mode mode)
{
    return policy_modes[(unsigned)mode < POLICY_MODE_COUNT ? mode : POLICY_MODE_UNKNOWN];
}

const char *result_type_name(enum result_type type)
{
    return result_types[(unsigned)type < RESULT_COUNT ? type : RESULT_UNKNOWN].name;
}

const char *result_class_name(enum result_class class)
{
    return classes[(unsigned)class < CLASS_COUNT ? class : CLASS_UNKNOWN];
}

const char *authenticated_name(enum authenticated value)
{
    return authenticated_words[(unsigned)value < AUTHENTICATED_COUNT ? value
                                                                     : AUTHENTICATED_NONE];
}

enum policy_type policy_type_of(struct text name)
{
    for (unsigned i = 1; i < POLICY_TYPE_COUNT; i++)
        if (text_equal(name, text_of(policy_types[i])))
            return (enum policy_type)i;
    return POLICY_TYPE_UNKNOWN;
}

enum policy_mode policy_mode_of(struct text name)
{
    for (unsigned i = 1; i < POLICY_MODE_COUNT; i++)
        if (text_equal(name, text_of(policy_modes[i])))
            return (enum policy_mode)i;
    return POLICY_MODE_UNKNOWN;
}

enum result_type result_type_of(struct text name)
{
    for (unsigned i = 1; i < RESULT_COUNT; i++)
        if (text_equal(name, text_of(result_types[i].name)))
            return (enum result_type)i;
    return RESULT_UNKNOWN;
}

enum authenticated authenticated_of(struct text name)
{
    for (unsigned i = 1; i < AUTHENTICATED_COUNT; i++)
        if (text_equal(name, text_of(authenticated_words[i])))
            return (enum authenticated)i;
    return AUTHENTICATED_NONE;
}

/* The RFC's spelling of a synonym, in BUFFER; a word that is too long for any stays as it is. */
static struct text rfc_spelling(struct text word, char *buffer, size_t room)
{
    static const struct text shortened = TEXT_ROW("cert-");
    static const struct text whole = TEXT_ROW("certificate-");
    word = text_trim(word);
    if (word.length + whole.length > room)
        return word;
    size_t length = 0;
    for (size_t i = 0; i < word.length; i++) {
        char c = word.at[i];
        if (c == '_' || c == ' ')
            c = '-';
        else if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        buffer[length++] = c;
        if (length == shortened.length && i + 1 == length &&
            text_equal((struct text){buffer, length}, shortened)) {
            length = 0;
            for (size_t j = 0; j < whole.length; j++)
                buffer[length++] = whole.at[j];
        }
    }
    return (struct text){buffer, length};
}

enum policy_type policy_type_read(struct text word, bool *exact)
{
    char buffer[64];
    enum policy_type type = policy_type_of(word);
    *exact = type != POLICY_TYPE_UNKNOWN;
    return *exact ? type : policy_type_of(rfc_spelling(word, buffer, sizeof buffer));
}

enum result_type result_type_read(struct text word, bool *exact)
{
    char buffer[64];
    enum result_type type = result_type_of(word);
    *exact = type != RESULT_UNKNOWN;
    return *exact ? type : result_type_of(rfc_spelling(word, buffer, sizeof buffer));
}

enum result_class result_class_of(enum result_type type, enum policy_type policy)
{
    if (type == RESULT_VALIDATION_FAILURE && policy == POLICY_TYPE_TLSA)
        return CLASS_DANE;
    return result_types[(unsigned)type < RESULT_COUNT ? type : RESULT_UNKNOWN].class;
}
