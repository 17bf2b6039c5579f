#include "published/observation.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "published/tlsa.h"

static const char *const dnssec_names[] = {
    [DNSSEC_UNKNOWN] = NULL,
    [DNSSEC_SECURE] = "secure",
    [DNSSEC_INSECURE] = "insecure",
    [DNSSEC_BOGUS] = "bogus",
    [DNSSEC_INDETERMINATE] = "indeterminate",
};

static const char *const lookup_names[] = {
    [LOOKUP_UNKNOWN] = NULL,        [LOOKUP_OK] = "ok",
    [LOOKUP_NODATA] = "nodata",     [LOOKUP_NXDOMAIN] = "nxdomain",
    [LOOKUP_SERVFAIL] = "servfail", [LOOKUP_TIMEOUT] = "timeout",
    [LOOKUP_BOGUS] = "bogus",
};

static const char *const fetch_names[] = {
    [FETCH_UNKNOWN] = NULL,
    [FETCH_OK] = "ok",
    [FETCH_NO_HOST] = "no-host",
    [FETCH_DNS_ERROR] = "dns-error",
    [FETCH_CONNECT_ERROR] = "connect-error",
    [FETCH_TIMEOUT] = "timeout",
    [FETCH_TLS_ERROR] = "tls-error",
    [FETCH_CERTIFICATE_EXPIRED] = "certificate-expired",
    [FETCH_CERTIFICATE_NAME_MISMATCH] = "certificate-name-mismatch",
    [FETCH_CERTIFICATE_UNTRUSTED] = "certificate-untrusted",
    [FETCH_HTTP_ERROR] = "http-error",
    [FETCH_REDIRECT] = "redirect",
    [FETCH_TOO_LARGE] = "too-large",
    [FETCH_NOT_FETCHED] = "not-fetched",
};

static const char *const smtp_names[] = {
    [SMTP_UNKNOWN] = NULL,
    [SMTP_OK] = "ok",
    [SMTP_CONNECT_ERROR] = "connect-error",
    [SMTP_TIMEOUT] = "timeout",
    [SMTP_REFUSED] = "refused",
    [SMTP_TLS_ERROR] = "tls-error",
    [SMTP_NOT_PROBED] = "not-probed",
};

static const char *const trust_names[] = {
    [TRUST_UNKNOWN] = NULL,
    [TRUST_TRUSTED] = "trusted",
    [TRUST_SELF_SIGNED] = "self-signed",
    [TRUST_UNTRUSTED] = "untrusted",
    [TRUST_EXPIRED] = "expired",
    [TRUST_NOT_YET_VALID] = "not-yet-valid",
};

static const char *const dane_names[] = {
    [DANE_UNKNOWN] = NULL,        [DANE_MATCH] = "match",
    [DANE_MISMATCH] = "mismatch", [DANE_UNUSABLE] = "unusable",
    [DANE_NONE] = "none",         [DANE_INSECURE] = "insecure",
    [DANE_BOGUS] = "bogus",       [DANE_NOT_CHECKED] = "not-checked",
};

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))
_Static_assert(COUNT_OF(dnssec_names) == DNSSEC_COUNT, "a name is missing");
_Static_assert(COUNT_OF(lookup_names) == LOOKUP_COUNT, "a name is missing");
_Static_assert(COUNT_OF(fetch_names) == FETCH_COUNT, "a name is missing");
_Static_assert(COUNT_OF(smtp_names) == SMTP_COUNT, "a name is missing");
_Static_assert(COUNT_OF(trust_names) == TRUST_COUNT, "a name is missing");
_Static_assert(COUNT_OF(dane_names) == DANE_COUNT, "a name is missing");

const struct observed_words dnssec_words = {dnssec_names, DNSSEC_COUNT};
const struct observed_words lookup_status_words = {lookup_names, LOOKUP_COUNT};
const struct observed_words fetch_status_words = {fetch_names, FETCH_COUNT};
const struct observed_words smtp_status_words = {smtp_names, SMTP_COUNT};
const struct observed_words trust_words = {trust_names, TRUST_COUNT};
const struct observed_words dane_words = {dane_names, DANE_COUNT};

static const char *name_of(const struct observed_words *words, unsigned value)
{
    return value < words->count ? words->names[value] : NULL;
}

const char *dnssec_name(enum dnssec value)
{
    return name_of(&dnssec_words, value);
}

const char *lookup_status_name(enum lookup_status value)
{
    return name_of(&lookup_status_words, value);
}

const char *fetch_status_name(enum fetch_status value)
{
    return name_of(&fetch_status_words, value);
}

const char *smtp_status_name(enum smtp_status value)
{
    return name_of(&smtp_status_words, value);
}

const char *trust_name(enum trust value)
{
    return name_of(&trust_words, value);
}

const char *dane_name(enum dane value)
{
    return name_of(&dane_words, value);
}

unsigned observed_word(const struct observed_words *words, struct text name)
{
    for (unsigned i = 1; i < words->count; i++)
        if (text_equal(name, text_of(words->names[i])))
            return i;
    return 0;
}

struct observation *observation_new(struct arena *arena, struct text domain, int64_t taken_at)
{
    struct observation *observation = arena_new(arena, struct observation);
    observation->domain = text_host(arena, domain);
    observation->taken_at = taken_at;
    return observation;
}

struct observed_policy *observed_policy_new(struct arena *arena)
{
    struct observed_policy *policy = arena_new(arena, struct observed_policy);
    policy->certificate_not_after = TIME_UNKNOWN;
    return policy;
}

struct observed_certificate *observed_certificate_new(struct arena *arena)
{
    struct observed_certificate *certificate = arena_new(arena, struct observed_certificate);
    certificate->not_before = TIME_UNKNOWN;
    certificate->not_after = TIME_UNKNOWN;
    return certificate;
}

/* ---- values ---- */

struct text observed_address(struct arena *arena, struct text text)
{
    char written[INET6_ADDRSTRLEN], canonical[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (!text.length || text.length >= sizeof written || memchr(text.at, 0, text.length))
        return TEXT_UNKNOWN;
    memcpy(written, text.at, text.length);
    written[text.length] = 0;
    int family = strchr(written, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, written, bytes) != 1 ||
        !inet_ntop(family, bytes, canonical, sizeof canonical))
        return TEXT_UNKNOWN;
    return text_copy(arena, text_of(canonical));
}

static struct text address_value(struct arena *arena, struct text value)
{
    struct text address = observed_address(arena, text_trim(value));
    return text_known(address) ? address : value;
}

/* The last of WORDS words is a host name, those before it are numbers. */
static struct text host_value(struct arena *arena, struct text value, size_t words)
{
    struct text rest = text_trim(value), numbers = TEXT("");
    for (size_t i = 1; i < words; i++) {
        uint64_t number;
        size_t end = 0;
        while (end < rest.length && rest.at[end] != ' ' && rest.at[end] != '\t')
            end++;
        if (!text_unsigned(text_first(rest, end), &number))
            return value;
        numbers =
            text_format(arena, "%.*s%llu ", TEXT_ARGS(numbers), (unsigned long long)number);
        rest = text_trim(text_from(rest, end));
    }
    for (size_t i = 0; i < rest.length; i++)
        if (rest.at[i] == ' ' || rest.at[i] == '\t')
            return value;
    if (!rest.length || rest.length > 255)
        return value;
    struct text host = text_host(arena, rest);
    /* Two dots at the end: no host name, and it would lose one of them at each reading. */
    if (host.length && host.at[host.length - 1] == '.')
        return value;
    return text_format(arena, "%.*s%.*s", TEXT_ARGS(numbers),
                       TEXT_ARGS(host.length ? host : TEXT(".")));
}

static struct text name_value(struct arena *arena, struct text value)
{
    return host_value(arena, value, 1);
}

static struct text mx_value(struct arena *arena, struct text value)
{
    return host_value(arena, value, 2);
}

static struct text srv_value(struct arena *arena, struct text value)
{
    return host_value(arena, value, 4);
}

static struct text tlsa_value(struct arena *arena, struct text value)
{
    struct tlsa tlsa;
    return tlsa_parse(value, arena, &tlsa) ? tlsa_text(arena, &tlsa) : value;
}

struct text observed_value(struct arena *arena, struct text type, struct text value)
{
    static const struct {
        const char *type;
        struct text (*canonical)(struct arena *arena, struct text value);
    } types[] = {
        {"A", address_value},  {"AAAA", address_value}, {"MX", mx_value},
        {"CNAME", name_value}, {"NS", name_value},      {"PTR", name_value},
        {"SRV", srv_value},    {"TLSA", tlsa_value},
    };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (text_equal(type, text_of(types[i].type)))
            return types[i].canonical(arena, value);
    return value;
}
