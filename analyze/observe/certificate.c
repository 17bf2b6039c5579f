#include "observe/certificate.h"

#include <dirent.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/vector.h"
#include "published/mx_match.h"

enum { NAMES_MAX = 1000, NAME_SIZE_MAX = 253, LINKS_MAX = 32, SUBJECT_SIZE_MAX = 1024 };

/* ---- the trusted CAs ---- */

static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static X509_STORE *kept_store;
static char *kept_extra; /* null for none */

void certificate_store_release(X509_STORE **store)
{
    X509_STORE_free(*store);
}

static bool has_files(const char *folder)
{
    DIR *open = opendir(folder);
    bool found = false;
    for (struct dirent *entry; open && !found && (entry = readdir(open));)
        found = entry->d_name[0] != '.';
    if (open)
        closedir(open);
    return found;
}

/* Without them every certificate of the world would be called untrusted. Who names other places by
 * the environment is believed. */
static bool system_has_cas(void)
{
    return getenv(X509_get_default_cert_file_env()) ||
           getenv(X509_get_default_cert_dir_env()) ||
           access(X509_get_default_cert_file(), R_OK) == 0 ||
           has_files(X509_get_default_cert_dir());
}

/* The system's are looked up in their folder when they are needed. */
static X509_STORE *load_store(const char *extra, struct error *err)
{
    X509_STORE *store = X509_STORE_new();
    if (!store)
        memory_exhausted();
    if (!extra && !system_has_cas()) {
        X509_STORE_free(store);
        error_set(err, ERROR_UNAVAILABLE,
                  "this machine has no CA certificates: install ca-certificates");
        return NULL;
    }
    X509_STORE_set_default_paths(store);
    if (extra && !X509_STORE_load_file(store, extra)) {
        X509_STORE_free(store);
        store = NULL;
        error_set(err, ERROR_CONFIG, "policy-ca: %s cannot be read as certificates in PEM form",
                  extra);
    }
    ERR_clear_error();
    return store;
}

static bool is_kept(struct text extra)
{
    return kept_store && text_equal(text_of(kept_extra), extra);
}

X509_STORE *certificate_store(struct text extra, struct error *err)
{
    pthread_mutex_lock(&store_lock);
    if (!is_kept(extra)) {
        char *path = extra.at ? strndup(extra.at, extra.length) : NULL;
        if (extra.at && !path)
            memory_exhausted();
        X509_STORE_free(kept_store);
        free(kept_extra);
        kept_store = load_store(path, err);
        kept_extra = path;
    }
    X509_STORE *store = kept_store;
    if (store)
        X509_STORE_up_ref(store);
    pthread_mutex_unlock(&store_lock);
    return store;
}

/* ---- its fields ---- */

static struct text hex_of(struct arena *arena, unsigned char *der, int length)
{
    if (length <= 0)
        return TEXT_UNKNOWN;
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    sha256((struct text){(const char *)der, (size_t)length}, digest);
    OPENSSL_free(der);
    return text_copy(arena, text_of(sha256_hex(digest, hex)));
}

static struct text spki_sha256(X509 *certificate, struct arena *arena)
{
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    return hex_of(arena, der, length);
}

static struct text cert_sha256(X509 *certificate, struct arena *arena)
{
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    return hex_of(arena, der, length);
}

/* On one line, control characters escaped; cut where it is out of all proportion. */
static struct text name_line(const X509_NAME *name, struct arena *arena)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio)
        memory_exhausted();
    char *at = NULL;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    long length = BIO_get_mem_data(bio, &at);
    struct text line = {at ? at : "", length > 0 ? (size_t)length : 0};
    line = text_copy(arena, text_as_utf8(arena, text_first(line, SUBJECT_SIZE_MAX)));
    BIO_free(bio);
    return line;
}

static int64_t time_of(const ASN1_TIME *time)
{
    struct tm parts = {0};
    if (!ASN1_TIME_to_tm(time, &parts) || parts.tm_year < 70)
        return TIME_UNKNOWN;
    return (int64_t)timegm(&parts);
}

static bool is_plain(struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.at[i] <= ' ' || (unsigned char)name.at[i] >= 0x7f)
            return false;
    return name.length > 0 && name.length <= NAME_SIZE_MAX;
}

/* What could be no name of a host is left out. */
static void add_names(X509 *leaf, struct arena *arena, struct text_list *names)
{
    OBSERVED_EMPTY(arena, names);
    GENERAL_NAMES *all = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(all) && names->count < NAMES_MAX; i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);
        if (one->type != GEN_DNS)
            continue;
        struct text name = {(const char *)ASN1_STRING_get0_data(one->d.dNSName),
                            (size_t)ASN1_STRING_length(one->d.dNSName)};
        if (is_plain(name))
            text_list_add(arena, names, text_host(arena, name));
    }
    GENERAL_NAMES_free(all);
}

/* ---- trust ---- */

/* What was wrong along the chain: the verification goes on after each fault. */
struct faults {
    struct arena *arena;
    int chain; /* the first that is not about a date, X509_V_OK if none */
    struct text chain_name;
    bool expired, not_yet_valid;
    struct text date_text;
};

static void note_date(struct faults *faults, X509_STORE_CTX *context, bool expired)
{
    bool *fault = expired ? &faults->expired : &faults->not_yet_valid;
    X509 *certificate = X509_STORE_CTX_get_current_cert(context);
    if (*fault || !certificate)
        return;
    *fault = true;
    char time[TIME_TEXT_SIZE];
    time_text(
        time_of(expired ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate)),
        time);
    const char *verb = expired ? "expired at" : "is not valid before";
    if (X509_STORE_CTX_get_error_depth(context) == 0) {
        faults->date_text = text_format(faults->arena, "the certificate %s %s", verb, time);
        return;
    }
    struct text name = name_line(X509_get_subject_name(certificate), faults->arena);
    faults->date_text = text_format(faults->arena, "the CA certificate above it, %.*s, %s %s",
                                    TEXT_ARGS(name), verb, time);
}

static int note_fault(int fine, X509_STORE_CTX *context)
{
    struct faults *faults = X509_STORE_CTX_get_app_data(context);
    if (fine)
        return 1;
    int error = X509_STORE_CTX_get_error(context);
    if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
        note_date(faults, context, error == X509_V_ERR_CERT_HAS_EXPIRED);
    } else if (faults->chain == X509_V_OK) {
        X509 *certificate = X509_STORE_CTX_get_current_cert(context);
        faults->chain = error;
        if (certificate)
            faults->chain_name = name_line(X509_get_issuer_name(certificate), faults->arena);
    }
    return 1;
}

static void verify(X509 *leaf, STACK_OF(X509) * chain, X509_STORE *store, struct faults *faults)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (!context || !X509_STORE_CTX_init(context, store, leaf, chain))
        memory_exhausted();
    X509_STORE_CTX_set_default(context, "ssl_server");
    X509_STORE_CTX_set_app_data(context, faults);
    X509_STORE_CTX_set_verify_cb(context, note_fault);
    /* What ends it although the callback went on is no matter of the certificates' dates. */
    if (X509_verify_cert(context) <= 0 && faults->chain == X509_V_OK) {
        int error = X509_STORE_CTX_get_error(context);
        faults->chain = error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
}

static struct text chain_sentence(const struct faults *faults, bool self_signed)
{
    struct text name = text_known(faults->chain_name) ? faults->chain_name : TEXT("?");
    if (self_signed)
        return TEXT("the certificate is self-signed");
    switch (faults->chain) {
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return text_format(faults->arena, "the chain ends at a CA that is not trusted: %.*s",
                           TEXT_ARGS(name));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return text_format(faults->arena,
                           "an issuer's certificate was not sent and is no trusted CA: %.*s",
                           TEXT_ARGS(name));
    default:
        return text_format(faults->arena, "the chain is not valid: %s",
                           X509_verify_cert_error_string(faults->chain));
    }
}

static enum trust trust_of(X509 *leaf, STACK_OF(X509) * chain, X509_STORE *store,
                           struct arena *arena, struct text *why)
{
    struct faults faults = {.arena = arena};
    verify(leaf, chain, store, &faults);
    if (faults.chain != X509_V_OK) {
        bool self_signed = X509_self_signed(leaf, 0) == 1;
        *why = chain_sentence(&faults, self_signed);
        return self_signed ? TRUST_SELF_SIGNED : TRUST_UNTRUSTED;
    }
    *why = faults.date_text;
    if (faults.not_yet_valid)
        return TRUST_NOT_YET_VALID;
    return faults.expired ? TRUST_EXPIRED : TRUST_TRUSTED;
}

struct observed_certificate *certificate_observe(X509 *leaf, STACK_OF(X509) * chain,
                                                 X509_STORE *store, struct text host,
                                                 struct arena *arena, struct text *why)
{
    struct text sentence = TEXT_UNKNOWN;
    struct observed_certificate *certificate = observed_certificate_new(arena);
    certificate->nulls = OBSERVED_ALL;
    add_names(leaf, arena, &certificate->names);
    certificate->issuer = name_line(X509_get_issuer_name(leaf), arena);
    certificate->not_before = time_of(X509_get0_notBefore(leaf));
    certificate->not_after = time_of(X509_get0_notAfter(leaf));
    certificate->trust = trust_of(leaf, chain, store, arena, &sentence);
    certificate->matches_mx =
        certificate_names_match(&certificate->names, host) ? ANSWER_YES : ANSWER_NO;
    certificate->spki_sha256 = spki_sha256(leaf, arena);
    certificate->cert_sha256 = cert_sha256(leaf, arena);
    ERR_clear_error();
    if (why)
        *why = sentence;
    return certificate;
}

struct observed_chain certificate_chain(STACK_OF(X509) * chain, struct arena *arena)
{
    struct observed_chain links;
    OBSERVED_EMPTY(arena, &links);
    for (int i = 1; i < sk_X509_num(chain) && links.count < LINKS_MAX; i++) {
        X509 *one = sk_X509_value(chain, i);
        struct observed_link link = {
            .nulls = OBSERVED_ALL,
            .subject = name_line(X509_get_subject_name(one), arena),
            .spki_sha256 = spki_sha256(one, arena),
            .cert_sha256 = cert_sha256(one, arena),
        };
        VECTOR_ADD(arena, &links, link);
    }
    return links;
}

int certificate_key_type(X509 *leaf)
{
    EVP_PKEY *key = X509_get0_pubkey(leaf);
    return key ? EVP_PKEY_get_base_id(key) : 0;
}
