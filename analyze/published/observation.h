/* What a domain publishes at one time: one observation (SPEC.md, "observe"). Memory is that of
 * one arena. Host names are in lower case without final dot, addresses canonical (RFC 5952),
 * all text is UTF-8.
 *
 * Not looked at, nothing there, and something are three things. A text or list whose `at`
 * is null, an enum of 0, a null pointer, a number that is not known and TIME_UNKNOWN mean
 * that the key is absent: not looked at. If besides the key's bit is set in `nulls`, the key
 * is there and null: looked at, and nothing to say. A list with `at` set and a count of 0 is
 * there and empty: `smtp: []` is "not probed". Whoever makes an observation in which
 * everything was looked at sets `nulls` to OBSERVED_ALL: a bit of a key that has a value
 * means nothing. */
#ifndef PUBLISHED_OBSERVATION_H
#define PUBLISHED_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/time.h"
#include "base/vector.h"

#define OBSERVED_ALL UINT32_MAX

/* The bit of a key in `nulls`. */
#define OBSERVED_BIT(key) (UINT32_C(1) << (key))

enum dnssec {
    DNSSEC_UNKNOWN = 0,
    DNSSEC_SECURE,
    DNSSEC_INSECURE,
    DNSSEC_BOGUS,
    DNSSEC_INDETERMINATE,
    DNSSEC_COUNT,
};

enum lookup_status {
    LOOKUP_UNKNOWN = 0,
    LOOKUP_OK,
    LOOKUP_NODATA,
    LOOKUP_NXDOMAIN,
    LOOKUP_SERVFAIL,
    LOOKUP_TIMEOUT,
    LOOKUP_BOGUS,
    LOOKUP_COUNT,
};

enum fetch_status {
    FETCH_UNKNOWN = 0,
    FETCH_OK,
    FETCH_NO_HOST,
    FETCH_DNS_ERROR,
    FETCH_CONNECT_ERROR,
    FETCH_TIMEOUT,
    FETCH_TLS_ERROR,
    FETCH_CERTIFICATE_EXPIRED,
    FETCH_CERTIFICATE_NAME_MISMATCH,
    FETCH_CERTIFICATE_UNTRUSTED,
    FETCH_HTTP_ERROR,
    FETCH_REDIRECT,
    FETCH_TOO_LARGE,
    FETCH_NOT_FETCHED,
    FETCH_COUNT,
};

enum smtp_status {
    SMTP_UNKNOWN = 0,
    SMTP_OK,
    SMTP_CONNECT_ERROR,
    SMTP_TIMEOUT,
    SMTP_REFUSED,
    SMTP_TLS_ERROR,
    SMTP_NOT_PROBED,
    SMTP_COUNT,
};

enum trust {
    TRUST_UNKNOWN = 0,
    TRUST_TRUSTED,
    TRUST_SELF_SIGNED,
    TRUST_UNTRUSTED,
    TRUST_EXPIRED,
    TRUST_NOT_YET_VALID,
    TRUST_COUNT,
};

enum dane {
    DANE_UNKNOWN = 0,
    DANE_MATCH,
    DANE_MISMATCH,
    DANE_UNUSABLE,
    DANE_NONE,     /* no TLSA */
    DANE_INSECURE, /* TLSA without DNSSEC */
    DANE_BOGUS,
    DANE_NOT_CHECKED, /* no TLS */
    DANE_COUNT,
};

enum answer {
    ANSWER_UNKNOWN = 0,
    ANSWER_NO,
    ANSWER_YES,
};

struct observed_number {
    bool known;
    uint32_t value;
};

/* The keys of each object, in the order in which they are written. */
enum observed_record_key { RECORD_NAME, RECORD_TYPE, RECORD_TTL, RECORD_VALUE, RECORD_DNSSEC };

struct observed_record {
    uint32_t nulls;
    struct text name;
    struct text type;           /* the mnemonic in upper case: MX, AAAA, TLSA, … */
    struct observed_number ttl; /* seconds */
    struct text value; /* canonical: see observed_value(); of TXT the joined, unquoted text */
    enum dnssec dnssec;
};

enum observed_lookup_key { LOOKUP_NAME, LOOKUP_TYPE, LOOKUP_STATUS, LOOKUP_DNSSEC };

struct observed_lookup {
    uint32_t nulls;
    struct text name, type;
    enum lookup_status status;
    enum dnssec dnssec;
};

enum observed_authority_key {
    AUTHORITY_SERVER,
    AUTHORITY_ADDRESS,
    AUTHORITY_NAME,
    AUTHORITY_TYPE,
    AUTHORITY_STATUS,
    AUTHORITY_VALUES,
};

struct observed_authority {
    uint32_t nulls;
    struct text server, address, name, type;
    enum lookup_status status;
    struct text_list values;
};

enum observed_host_key { HOST_ADDRESS, HOST_STATUS, HOST_HTTP_STATUS, HOST_BODY_SHA256 };

/* What one address of the policy host serves. */
struct observed_host {
    uint32_t nulls;
    struct text address;
    enum fetch_status status;
    struct observed_number http_status;
    struct text body_sha256; /* 64 digits in lower case, as every sha256 here */
};

enum observed_policy_key {
    POLICY_URL,
    POLICY_STATUS,
    POLICY_HTTP_STATUS,
    POLICY_CONTENT_TYPE,
    POLICY_BODY,
    POLICY_CERTIFICATE_NOT_AFTER,
    POLICY_DETAIL,
    POLICY_ADDRESSES,
};

struct observed_hosts {
    struct observed_host *at;
    size_t count;
};

struct observed_policy {
    uint32_t nulls;
    struct text url;
    enum fetch_status status;
    struct observed_number http_status;
    struct text content_type, body;
    int64_t certificate_not_after;
    struct text detail;
    struct observed_hosts addresses;
};

enum observed_certificate_key {
    CERTIFICATE_NAMES,
    CERTIFICATE_ISSUER,
    CERTIFICATE_NOT_BEFORE,
    CERTIFICATE_NOT_AFTER,
    CERTIFICATE_TRUST,
    CERTIFICATE_MATCHES_MX,
    CERTIFICATE_SPKI_SHA256,
    CERTIFICATE_CERT_SHA256,
};

struct observed_certificate {
    uint32_t nulls;
    struct text_list names; /* of its subjectAltName, dNSName; lower case */
    struct text issuer;
    int64_t not_before, not_after;
    enum trust trust;
    enum answer matches_mx;
    struct text spki_sha256, cert_sha256;
};

enum observed_link_key { LINK_SUBJECT, LINK_SPKI_SHA256, LINK_CERT_SHA256 };

/* A certificate that the server sent above its own. */
struct observed_link {
    uint32_t nulls;
    struct text subject, spki_sha256, cert_sha256;
};

struct observed_chain {
    struct observed_link *at;
    size_t count;
};

enum observed_smtp_key {
    PROBE_MX,
    PROBE_ADDRESS,
    PROBE_STATUS,
    PROBE_STARTTLS,
    PROBE_BANNER,
    PROBE_STARTTLS_REPLY,
    PROBE_TLS_VERSION,
    PROBE_HELO,
    PROBE_CERTIFICATE,
    PROBE_CHAIN,
    PROBE_CERTIFICATE_WITHOUT_SNI,
    PROBE_DANE,
    PROBE_DETAIL,
};

/* One answer of one address of one MX. */
struct observed_smtp {
    uint32_t nulls;
    struct text mx, address;
    enum smtp_status status;
    enum answer starttls; /* offered */
    struct text banner, starttls_reply, tls_version, helo;
    struct observed_certificate *certificate;
    struct observed_chain chain;
    struct observed_certificate *certificate_without_sni; /* null by `nulls`: the same */
    enum dane dane;
    struct text detail;
};

enum observation_key {
    OBSERVATION_DOMAIN,
    OBSERVATION_TAKEN_AT,
    OBSERVATION_RECORDS,
    OBSERVATION_LOOKUPS,
    OBSERVATION_AUTHORITIES,
    OBSERVATION_POLICY,
    OBSERVATION_SMTP,
};

struct observed_records {
    struct observed_record *at;
    size_t count;
};

struct observed_lookups {
    struct observed_lookup *at;
    size_t count;
};

struct observed_authorities {
    struct observed_authority *at;
    size_t count;
};

struct observed_smtps {
    struct observed_smtp *at;
    size_t count;
};

struct observation {
    uint32_t nulls;
    struct text domain;
    int64_t taken_at;
    struct observed_records records;
    struct observed_lookups lookups;
    struct observed_authorities authorities;
    struct observed_policy *policy;
    struct observed_smtps smtp;
};

/* New objects of ARENA in which nothing was looked at, their times TIME_UNKNOWN. The others
 * need no more than zeros. */
struct observation *observation_new(struct arena *arena, struct text domain, int64_t taken_at);
struct observed_policy *observed_policy_new(struct arena *arena);
struct observed_certificate *observed_certificate_new(struct arena *arena);

/* Makes a list that is there and empty; VECTOR_ADD goes on from there. LIST is any of the
 * above. */
#define OBSERVED_EMPTY(arena, list) ((list)->at = arena_alloc((arena), 0), (list)->count = 0)

/* The value of a record in its canonical form: addresses by RFC 5952; in MX, CNAME, NS, PTR
 * and SRV the host name in lower case without final dot (of the root "."); TLSA as
 * tlsa_text(). What has not that form, and every other type, stays as it is. */
struct text observed_value(struct arena *arena, struct text type, struct text value);

/* An IP address in canonical form, or unknown where TEXT is none. */
struct text observed_address(struct arena *arena, struct text text);

/* The name of a value, a static string; null for unknown. */
const char *dnssec_name(enum dnssec value);
const char *lookup_status_name(enum lookup_status value);
const char *fetch_status_name(enum fetch_status value);
const char *smtp_status_name(enum smtp_status value);
const char *trust_name(enum trust value);
const char *dane_name(enum dane value);

/* The tables behind them: the names by value, null for 0. */
struct observed_words {
    const char *const *names;
    unsigned count;
};
extern const struct observed_words dnssec_words, lookup_status_words, fetch_status_words,
    smtp_status_words, trust_words, dane_words;

/* The value of exactly that name, or 0. */
unsigned observed_word(const struct observed_words *words, struct text name);

#endif
