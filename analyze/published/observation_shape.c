#include "published/observation_shape.h"

#include <string.h>

#define AT(type, member) .offset = offsetof(struct type, member)
#define COUNT_OF(table)  (sizeof(table) / sizeof *(table))
#define SHAPE_OF(table, type)                                                                  \
    .fields = (table), .count = COUNT_OF(table), .size = sizeof(struct type)

enum { TTL_MAX = INT32_MAX, HTTP_STATUS_MAX = 999 };

static void settle_record(struct arena *arena, void *object)
{
    struct observed_record *record = object;
    record->value = observed_value(arena, record->type, record->value);
}

static const struct field record_fields[] = {
    [RECORD_NAME] = {"name", FIELD_HOST, true, AT(observed_record, name)},
    [RECORD_TYPE] = {"type", FIELD_TYPE, true, AT(observed_record, type)},
    [RECORD_TTL] = {"ttl", FIELD_NUMBER, false, AT(observed_record, ttl), .limit = TTL_MAX},
    [RECORD_VALUE] = {"value", FIELD_TEXT, true, AT(observed_record, value),
                      .limit = OBSERVED_TEXT_SIZE},
    [RECORD_DNSSEC] = {"dnssec", FIELD_WORD, false, AT(observed_record, dnssec),
                       .words = &dnssec_words},
};
static const struct shape record_shape = {SHAPE_OF(record_fields, observed_record),
                                          .settle = settle_record};

static const struct field lookup_fields[] = {
    [LOOKUP_NAME] = {"name", FIELD_HOST, true, AT(observed_lookup, name)},
    [LOOKUP_TYPE] = {"type", FIELD_TYPE, true, AT(observed_lookup, type)},
    [LOOKUP_STATUS] = {"status", FIELD_WORD, true, AT(observed_lookup, status),
                       .words = &lookup_status_words},
    [LOOKUP_DNSSEC] = {"dnssec", FIELD_WORD, false, AT(observed_lookup, dnssec),
                       .words = &dnssec_words},
};
static const struct shape lookup_shape = {SHAPE_OF(lookup_fields, observed_lookup)};

static void settle_authority(struct arena *arena, void *object)
{
    struct observed_authority *authority = object;
    for (size_t i = 0; i < authority->values.count; i++)
        authority->values.at[i] =
            observed_value(arena, authority->type, authority->values.at[i]);
}

static const struct field authority_fields[] = {
    [AUTHORITY_SERVER] = {"server", FIELD_HOST, false, AT(observed_authority, server)},
    [AUTHORITY_ADDRESS] = {"address", FIELD_ADDRESS, false, AT(observed_authority, address)},
    [AUTHORITY_NAME] = {"name", FIELD_HOST, true, AT(observed_authority, name)},
    [AUTHORITY_TYPE] = {"type", FIELD_TYPE, true, AT(observed_authority, type)},
    [AUTHORITY_STATUS] = {"status", FIELD_WORD, true, AT(observed_authority, status),
                          .words = &lookup_status_words},
    [AUTHORITY_VALUES] = {"values", FIELD_TEXTS, false, AT(observed_authority, values),
                          .limit = OBSERVED_VALUES_MAX},
};
static const struct shape authority_shape = {SHAPE_OF(authority_fields, observed_authority),
                                             .settle = settle_authority};

static const struct field host_fields[] = {
    [HOST_ADDRESS] = {"address", FIELD_ADDRESS, true, AT(observed_host, address)},
    [HOST_STATUS] = {"status", FIELD_WORD, false, AT(observed_host, status),
                     .words = &fetch_status_words},
    [HOST_HTTP_STATUS] = {"http_status", FIELD_NUMBER, false, AT(observed_host, http_status),
                          .limit = HTTP_STATUS_MAX},
    [HOST_BODY_SHA256] = {"body_sha256", FIELD_SHA256, false, AT(observed_host, body_sha256)},
};
static const struct shape host_shape = {SHAPE_OF(host_fields, observed_host)};

static const struct field policy_fields[] = {
    [POLICY_URL] = {"url", FIELD_TEXT, false, AT(observed_policy, url),
                    .limit = OBSERVED_TEXT_SIZE},
    [POLICY_STATUS] = {"status", FIELD_WORD, true, AT(observed_policy, status),
                       .words = &fetch_status_words},
    [POLICY_HTTP_STATUS] = {"http_status", FIELD_NUMBER, false,
                            AT(observed_policy, http_status), .limit = HTTP_STATUS_MAX},
    [POLICY_CONTENT_TYPE] = {"content_type", FIELD_TEXT, false,
                             AT(observed_policy, content_type), .limit = OBSERVED_TEXT_SIZE},
    [POLICY_BODY] = {"body", FIELD_TEXT, false, AT(observed_policy, body),
                     .limit = OBSERVED_BODY_SIZE},
    [POLICY_CERTIFICATE_NOT_AFTER] = {"certificate_not_after", FIELD_TIME, false,
                                      AT(observed_policy, certificate_not_after)},
    [POLICY_DETAIL] = {"detail", FIELD_TEXT, false, AT(observed_policy, detail),
                       .limit = OBSERVED_TEXT_SIZE},
    [POLICY_ADDRESSES] = {"addresses", FIELD_OBJECTS, false, AT(observed_policy, addresses),
                          .limit = OBSERVED_HOSTS_MAX, .shape = &host_shape},
};
static const struct shape policy_shape = {SHAPE_OF(policy_fields, observed_policy)};

static const struct field certificate_fields[] = {
    [CERTIFICATE_NAMES] = {"names", FIELD_HOSTS, false, AT(observed_certificate, names),
                           .limit = OBSERVED_NAMES_MAX},
    [CERTIFICATE_ISSUER] = {"issuer", FIELD_TEXT, false, AT(observed_certificate, issuer),
                            .limit = OBSERVED_TEXT_SIZE},
    [CERTIFICATE_NOT_BEFORE] = {"not_before", FIELD_TIME, false,
                                AT(observed_certificate, not_before)},
    [CERTIFICATE_NOT_AFTER] = {"not_after", FIELD_TIME, false,
                               AT(observed_certificate, not_after)},
    [CERTIFICATE_TRUST] = {"trust", FIELD_WORD, false, AT(observed_certificate, trust),
                           .words = &trust_words},
    [CERTIFICATE_MATCHES_MX] = {"matches_mx", FIELD_ANSWER, false,
                                AT(observed_certificate, matches_mx)},
    [CERTIFICATE_SPKI_SHA256] = {"spki_sha256", FIELD_SHA256, false,
                                 AT(observed_certificate, spki_sha256)},
    [CERTIFICATE_CERT_SHA256] = {"cert_sha256", FIELD_SHA256, false,
                                 AT(observed_certificate, cert_sha256)},
};
static const struct shape certificate_shape = {
    SHAPE_OF(certificate_fields, observed_certificate)};

static const struct field link_fields[] = {
    [LINK_SUBJECT] = {"subject", FIELD_TEXT, false, AT(observed_link, subject),
                      .limit = OBSERVED_TEXT_SIZE},
    [LINK_SPKI_SHA256] = {"spki_sha256", FIELD_SHA256, false, AT(observed_link, spki_sha256)},
    [LINK_CERT_SHA256] = {"cert_sha256", FIELD_SHA256, false, AT(observed_link, cert_sha256)},
};
static const struct shape link_shape = {SHAPE_OF(link_fields, observed_link)};

static const struct field smtp_fields[] = {
    [PROBE_MX] = {"mx", FIELD_HOST, true, AT(observed_smtp, mx)},
    [PROBE_ADDRESS] = {"address", FIELD_ADDRESS, false, AT(observed_smtp, address)},
    [PROBE_STATUS] = {"status", FIELD_WORD, true, AT(observed_smtp, status),
                      .words = &smtp_status_words},
    [PROBE_STARTTLS] = {"starttls", FIELD_ANSWER, false, AT(observed_smtp, starttls)},
    [PROBE_BANNER] = {"banner", FIELD_TEXT, false, AT(observed_smtp, banner),
                      .limit = OBSERVED_TEXT_SIZE},
    [PROBE_STARTTLS_REPLY] = {"starttls_reply", FIELD_TEXT, false,
                              AT(observed_smtp, starttls_reply), .limit = OBSERVED_TEXT_SIZE},
    [PROBE_TLS_VERSION] = {"tls_version", FIELD_TEXT, false, AT(observed_smtp, tls_version),
                           .limit = OBSERVED_TEXT_SIZE},
    [PROBE_HELO] = {"helo", FIELD_TEXT, false, AT(observed_smtp, helo),
                    .limit = OBSERVED_TEXT_SIZE},
    [PROBE_CERTIFICATE] = {"certificate", FIELD_OBJECT, false, AT(observed_smtp, certificate),
                           .shape = &certificate_shape},
    [PROBE_CHAIN] = {"chain", FIELD_OBJECTS, false, AT(observed_smtp, chain),
                     .limit = OBSERVED_CHAIN_MAX, .shape = &link_shape},
    [PROBE_CERTIFICATE_WITHOUT_SNI] = {"certificate_without_sni", FIELD_OBJECT, false,
                                       AT(observed_smtp, certificate_without_sni),
                                       .shape = &certificate_shape},
    [PROBE_DANE] = {"dane", FIELD_WORD, false, AT(observed_smtp, dane), .words = &dane_words},
    [PROBE_DETAIL] = {"detail", FIELD_TEXT, false, AT(observed_smtp, detail),
                      .limit = OBSERVED_TEXT_SIZE},
};
static const struct shape smtp_shape = {SHAPE_OF(smtp_fields, observed_smtp)};

static const struct field observation_fields[] = {
    [OBSERVATION_DOMAIN] = {"domain", FIELD_HOST, true, AT(observation, domain)},
    [OBSERVATION_TAKEN_AT] = {"taken_at", FIELD_TIME, true, AT(observation, taken_at)},
    [OBSERVATION_RECORDS] = {"records", FIELD_OBJECTS, false, AT(observation, records),
                             .limit = OBSERVED_RECORDS_MAX, .shape = &record_shape},
    [OBSERVATION_LOOKUPS] = {"lookups", FIELD_OBJECTS, false, AT(observation, lookups),
                             .limit = OBSERVED_RECORDS_MAX, .shape = &lookup_shape},
    [OBSERVATION_AUTHORITIES] = {"authorities", FIELD_OBJECTS, false,
                                 AT(observation, authorities),
                                 .limit = OBSERVED_AUTHORITIES_MAX, .shape = &authority_shape},
    [OBSERVATION_POLICY] = {"policy", FIELD_OBJECT, false, AT(observation, policy),
                            .shape = &policy_shape},
    [OBSERVATION_SMTP] = {"smtp", FIELD_OBJECTS, false, AT(observation, smtp),
                          .limit = OBSERVED_SMTP_MAX, .shape = &smtp_shape},
};
const struct shape observation_shape = {SHAPE_OF(observation_fields, observation)};

/* ---- members by offset ---- */

static const char *place(const void *object, const struct field *field)
{
    return (const char *)object + field->offset;
}

static char *place_to_write(void *object, const struct field *field)
{
    return (char *)object + field->offset;
}

struct any_list shape_list(const void *object, const struct field *field)
{
    struct any_list list;
    _Static_assert(sizeof list == sizeof(struct text_list), "all lists are alike");
    memcpy(&list, place(object, field), sizeof list);
    return list;
}

void shape_set_list(void *object, const struct field *field, struct any_list list)
{
    memcpy(place_to_write(object, field), &list, sizeof list);
}

void *shape_pointer(const void *object, const struct field *field)
{
    void *pointer;
    memcpy(&pointer, place(object, field), sizeof pointer);
    return pointer;
}

unsigned shape_word(const void *object, const struct field *field)
{
    unsigned word;
    _Static_assert(sizeof word == sizeof(enum smtp_status), "an enum is an unsigned");
    memcpy(&word, place(object, field), sizeof word);
    return word;
}

void shape_begin(const struct shape *shape, void *object)
{
    const int64_t unknown = TIME_UNKNOWN;
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].kind == FIELD_TIME)
            memcpy(place_to_write(object, &shape->fields[i]), &unknown, sizeof unknown);
}

bool shape_has(const void *object, const struct field *field)
{
    int64_t time;
    switch (field->kind) {
    case FIELD_TIME:
        memcpy(&time, place(object, field), sizeof time);
        return time != TIME_UNKNOWN;
    case FIELD_NUMBER:
        return ((const struct observed_number *)(const void *)place(object, field))->known;
    case FIELD_ANSWER:
    case FIELD_WORD:
        return shape_word(object, field) != 0;
    default:
        /* A text, a list and a pointer all begin with a pointer. */
        return shape_pointer(object, field) != NULL;
    }
}
