#include "observe/dane.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "published/tlsa.h"

/* More than that many are not looked at: a set of them would only slow the handshake. */
enum { RECORDS_MAX = 100 };

static size_t record_count(const struct starttls_tlsa *tlsa)
{
    return tlsa->records.count < RECORDS_MAX ? tlsa->records.count : RECORDS_MAX;
}

static bool has_usable(const struct starttls_tlsa *tlsa, struct arena *arena)
{
    for (size_t i = 0; i < record_count(tlsa); i++) {
        struct tlsa record;
        if (tlsa_parse(tlsa->records.at[i], arena, &record) && record.usable)
            return true;
    }
    return false;
}

enum dane dane_by_lookup(const struct starttls_tlsa *tlsa, struct arena *arena)
{
    if (!tlsa)
        return DANE_UNKNOWN;
    switch (tlsa->status) {
    case LOOKUP_NODATA:
    case LOOKUP_NXDOMAIN:
        return tlsa->dnssec == DNSSEC_BOGUS ? DANE_BOGUS : DANE_NONE;
    case LOOKUP_BOGUS:
        return DANE_BOGUS;
    case LOOKUP_OK:
        break;
    default:
        return DANE_UNKNOWN;
    }
    if (!tlsa->records.count)
        return DANE_NONE;
    switch (tlsa->dnssec) {
    case DNSSEC_SECURE:
        return has_usable(tlsa, arena) ? DANE_NOT_CHECKED : DANE_UNUSABLE;
    case DNSSEC_INSECURE:
        return DANE_INSECURE;
    case DNSSEC_BOGUS:
        return DANE_BOGUS;
    default:
        return DANE_UNKNOWN;
    }
}

bool dane_prepare_context(SSL_CTX *context)
{
    return SSL_CTX_dane_enable(context) > 0;
}

bool dane_prepare(SSL *ssl, const char *mx, const struct starttls_tlsa *tlsa,
                  struct arena *arena)
{
    if (SSL_dane_enable(ssl, mx) <= 0)
        return false;
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    /* The common name stands in for a name only where there is no dNSName (RFC 7672 §3.2.3). */
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool taken = false;
    for (size_t i = 0; i < record_count(tlsa); i++) {
        struct tlsa record;
        if (!tlsa_parse(tlsa->records.at[i], arena, &record) || !record.usable)
            continue;
        int added = SSL_dane_tlsa_add(
            ssl, (uint8_t)record.usage, (uint8_t)record.selector, (uint8_t)record.matching,
            (const unsigned char *)record.data.at, record.data.length);
        taken = taken || added > 0;
    }
    ERR_clear_error();
    return taken;
}

/* A record of a weaker digest that would match if a sender looked at it. */
static bool weaker_matches(const struct starttls_tlsa *tlsa,
                           const struct observed_certificate *certificate, struct arena *arena)
{
    for (size_t i = 0; i < record_count(tlsa); i++) {
        struct tlsa record;
        if (tlsa_parse(tlsa->records.at[i], arena, &record) && record.usable &&
            record.usage == 3 &&
            tlsa_match(&record, certificate->spki_sha256, certificate->cert_sha256) ==
                TLSA_MATCH_YES)
            return true;
    }
    return false;
}

enum dane dane_verdict(SSL *ssl, const struct starttls_tlsa *tlsa,
                       const struct observed_certificate *certificate, struct arena *arena,
                       struct text *why)
{
    long result = SSL_get_verify_result(ssl);
    int depth = SSL_get0_dane_authority(ssl, NULL, NULL);
    if (result == X509_V_OK && depth >= 0)
        return DANE_MATCH;
    if (weaker_matches(tlsa, certificate, arena))
        *why = TEXT("a TLSA record matches, but not the one with the strongest digest, and "
                    "senders look at no other (RFC 7671 §9)");
    else if (result == X509_V_ERR_DANE_NO_MATCH || result == X509_V_OK)
        *why = TEXT("no TLSA record matches what the server sent");
    else
        *why = text_format(arena, "the TLSA records do not verify the certificate: %s",
                           X509_verify_cert_error_string(result));
    return DANE_MISMATCH;
}
