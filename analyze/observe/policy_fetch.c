#include "observe/policy_fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>

#include "base/buffer.h"
#include "base/sha256.h"
#include "observe/address_guard.h"
#include "observe/certificate.h"
#include "observe/shown.h"
#include "observe/target.h"

/* RFC 8461 §3.3 suggests the size of the policy; the headers get as much. ADDRESSES_MAX bounds
 * what one domain's policy host costs. */
enum { BODY_MAX = 64 * 1024, HEADERS_MAX = 64 * 1024, ADDRESSES_MAX = 16, PORT = 443 };

/* One request to one address. */
struct fetch {
    const struct observe_options *options;
    struct arena *arena;
    struct text host; /* ends in NUL, as does the URL */
    struct text url, address;
    struct target target;
    X509_STORE *store;
    CURL *curl;
    /* what comes of it */
    struct buffer body;
    size_t header_bytes;
    bool body_too_large, headers_too_large, not_public;
    struct observed_certificate *certificate;
    struct text certificate_fault; /* of the chain */
    enum fetch_status status;
    long http_status;
    struct text content_type, detail;
};

bool policy_fetch_start(struct error *err)
{
    signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_UNAVAILABLE, "libcurl cannot be started");
    return true;
}

/* ---- called by libcurl ---- */

/* The body of another answer than 200 is not wanted; the transfer ends there. */
static size_t take_body(char *at, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    long http_status = 0;
    curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &http_status);
    if (http_status != 200)
        return 0;
    if (size * count > BODY_MAX - fetch->body.length) {
        fetch->body_too_large = true;
        return 0;
    }
    buffer_add(&fetch->body, at, size * count);
    return size * count;
}

static size_t take_header(char *at, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    (void)at;
    fetch->header_bytes += size * count;
    fetch->headers_too_large = fetch->header_bytes > HEADERS_MAX;
    return fetch->headers_too_large ? 0 : size * count;
}

/* Sees the address that libcurl is about to connect to, wherever it has it from. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct fetch *fetch = context;
    (void)purpose;
    if (!fetch->options->allow_private_addresses && !fetch->target.configured &&
        !address_is_public(&address->addr)) {
        fetch->not_public = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Takes the place of OpenSSL's own verification, so that the reason of a refusal is known, and the
 * end of a certificate that is refused. */
static int verify_certificate(X509_STORE_CTX *context, void *argument)
{
    struct fetch *fetch = argument;
    X509 *leaf = X509_STORE_CTX_get0_cert(context);
    if (!leaf)
        return 0;
    fetch->certificate =
        certificate_observe(leaf, X509_STORE_CTX_get0_untrusted(context), fetch->store,
                            fetch->host, fetch->arena, &fetch->certificate_fault);
    bool good = fetch->certificate->trust == TRUST_TRUSTED &&
                fetch->certificate->matches_mx == ANSWER_YES;
    X509_STORE_CTX_set_error(context, good ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return good;
}

static CURLcode prepare_tls(CURL *curl, void *ssl_context, void *context)
{
    (void)curl;
    SSL_CTX_set_cert_verify_callback(ssl_context, verify_certificate, context);
    return CURLE_OK;
}

/* ---- the request ---- */

/* "::ADDRESS:PORT": whatever is asked for, go there. */
static struct curl_slist *detour_of(struct fetch *fetch)
{
    char address[INET6_ADDRSTRLEN] = "";
    bool ipv6 = fetch->target.to.any.sa_family == AF_INET6;
    const void *at =
        ipv6 ? (const void *)&fetch->target.to.ipv6.sin6_addr : &fetch->target.to.ipv4.sin_addr;
    inet_ntop(fetch->target.to.any.sa_family, at, address, sizeof address);
    struct text entry = text_format(fetch->arena, ipv6 ? "::[%s]:%u" : "::%s:%u", address,
                                    (unsigned)fetch->target.port);
    struct curl_slist *list = curl_slist_append(NULL, entry.at);
    if (!list)
        memory_exhausted();
    return list;
}

/* Refuses everything that a sender would not do, and what the environment would add. */
static bool set_options(struct fetch *fetch, struct curl_slist *detour)
{
    CURL *curl = fetch->curl;
    long milliseconds = (long)fetch->options->fetch_seconds * 1000;
    CURLcode wrong = CURLE_OK;
#define SET(option, value) wrong = wrong ? wrong : curl_easy_setopt(curl, option, value)
    SET(CURLOPT_URL, fetch->url.at);
    SET(CURLOPT_CONNECT_TO, detour);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, NULL); /* the store is that of verify_certificate() */
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
    SET(CURLOPT_SSL_CTX_DATA, fetch);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, fetch);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "tlsrpt");
    SET(CURLOPT_TIMEOUT_MS, milliseconds);
    SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    SET(CURLOPT_MAXFILESIZE, (long)BODY_MAX);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, fetch);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, fetch);
#undef SET
    return wrong == CURLE_OK;
}

/* ---- what became of it ---- */

static void conclude(struct fetch *fetch, enum fetch_status status, struct text detail)
{
    fetch->status = status;
    fetch->detail = detail;
}

/* A faulty chain outweighs a name, a name a date: as with an MX. */
static bool conclude_by_certificate(struct fetch *fetch)
{
    const struct observed_certificate *certificate = fetch->certificate;
    if (!certificate)
        return false;
    switch (certificate->trust) {
    case TRUST_SELF_SIGNED:
    case TRUST_UNTRUSTED:
        conclude(fetch, FETCH_CERTIFICATE_UNTRUSTED, fetch->certificate_fault);
        return true;
    default:
        break;
    }
    if (certificate->matches_mx != ANSWER_YES) {
        struct text name =
            certificate->names.count ? certificate->names.at[0] : TEXT("no name at all");
        conclude(fetch, FETCH_CERTIFICATE_NAME_MISMATCH,
                 text_format(fetch->arena, "the certificate is for %.*s%s, not for %.*s",
                             TEXT_ARGS(name), certificate->names.count > 1 ? " and others" : "",
                             TEXT_ARGS(fetch->host)));
        return true;
    }
    if (certificate->trust == TRUST_TRUSTED)
        return false;
    conclude(fetch,
             certificate->trust == TRUST_EXPIRED ? FETCH_CERTIFICATE_EXPIRED
                                                 : FETCH_CERTIFICATE_UNTRUSTED,
             fetch->certificate_fault);
    return true;
}

/* What the server answered counts, even if the transfer ended badly after it. */
static bool conclude_by_answer(struct fetch *fetch)
{
    long code = fetch->http_status;
    if (code < 200 || code == 200)
        return false;
    if (code >= 300 && code < 400 && code != 304)
        conclude(fetch, FETCH_REDIRECT,
                 text_format(fetch->arena, "the server answers %ld: senders follow no redirect",
                             code));
    else
        conclude(fetch, FETCH_HTTP_ERROR,
                 text_format(fetch->arena, "the server answers %ld instead of 200", code));
    return true;
}

static const struct {
    CURLcode code;
    enum fetch_status status;
    struct text detail;
} results[] = {
    {CURLE_OPERATION_TIMEDOUT, FETCH_TIMEOUT, TEXT_ROW("no complete answer in time")},
    {CURLE_COULDNT_CONNECT, FETCH_CONNECT_ERROR, TEXT_ROW("the connection could not be made")},
    {CURLE_SSL_CONNECT_ERROR, FETCH_TLS_ERROR, TEXT_ROW("the TLS handshake fails")},
    {CURLE_SSL_CIPHER, FETCH_TLS_ERROR, TEXT_ROW("the TLS handshake fails")},
    {CURLE_PEER_FAILED_VERIFICATION, FETCH_TLS_ERROR,
     TEXT_ROW("the certificate cannot be verified")},
    {CURLE_FILESIZE_EXCEEDED, FETCH_TOO_LARGE, TEXT_ROW("the answer is larger than 64 KiB")},
    {CURLE_GOT_NOTHING, FETCH_CONNECT_ERROR,
     TEXT_ROW("the server closed the connection without an answer")},
    {CURLE_PARTIAL_FILE, FETCH_CONNECT_ERROR, TEXT_ROW("the answer breaks off")},
    {CURLE_RECV_ERROR, FETCH_CONNECT_ERROR, TEXT_ROW("the answer breaks off")},
    {CURLE_SEND_ERROR, FETCH_CONNECT_ERROR, TEXT_ROW("the connection broke off")},
};

static void conclude_by_result(struct fetch *fetch, CURLcode result)
{
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (results[i].code == result) {
            conclude(fetch, results[i].status, results[i].detail);
            return;
        }
    conclude(fetch, FETCH_HTTP_ERROR, TEXT("the answer is not one of HTTP"));
}

static void conclude_all(struct fetch *fetch, CURLcode result)
{
    if (result == CURLE_OK && fetch->http_status == 200)
        conclude(fetch, FETCH_OK, TEXT_UNKNOWN);
    else if (fetch->not_public)
        conclude(fetch, FETCH_NOT_FETCHED,
                 TEXT("the address is not one of the public Internet "
                      "(allow-private-addresses is not set)"));
    else if (fetch->body_too_large || fetch->headers_too_large)
        conclude(fetch, FETCH_TOO_LARGE, TEXT("the answer is larger than 64 KiB"));
    else if (!conclude_by_certificate(fetch) && !conclude_by_answer(fetch))
        conclude_by_result(fetch, result);
}

static struct text content_type_of(struct fetch *fetch)
{
    char *type = NULL;
    curl_easy_getinfo(fetch->curl, CURLINFO_CONTENT_TYPE, &type);
    return type ? shown_line(fetch->arena, text_trim(text_of(type))) : TEXT_UNKNOWN;
}

static void perform(struct fetch *fetch)
{
    fetch->curl = curl_easy_init();
    struct curl_slist *detour = detour_of(fetch);
    if (fetch->curl && set_options(fetch, detour)) {
        CURLcode result = curl_easy_perform(fetch->curl);
        curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &fetch->http_status);
        fetch->content_type = content_type_of(fetch);
        conclude_all(fetch, result);
    } else {
        conclude(fetch, FETCH_NOT_FETCHED, TEXT("libcurl does not take what is needed"));
    }
    curl_slist_free_all(detour);
    curl_easy_cleanup(fetch->curl);
    fetch->curl = NULL;
}

static void fetch_one(struct fetch *fetch)
{
    if (!target_of(fetch->host, PORT, fetch->address, fetch->options, &fetch->target))
        conclude(fetch, FETCH_NOT_FETCHED, TEXT("this is no address"));
    else if (target_reach(&fetch->target, fetch->options) == TARGET_NO_ROUTE)
        conclude(fetch, FETCH_NOT_FETCHED, TEXT("this machine has no route to such addresses"));
    else
        perform(fetch);
}

/* ---- all addresses ---- */

static struct observed_number number_of(long http_status)
{
    return (struct observed_number){http_status > 0, (uint32_t)http_status};
}

static struct observed_host host_of(const struct fetch *fetch)
{
    struct observed_host host = {
        .nulls = OBSERVED_ALL,
        .address = fetch->address,
        .status = fetch->status,
        .http_status = number_of(fetch->http_status),
    };
    if (fetch->status != FETCH_OK)
        return host;
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    sha256(buffer_text(&fetch->body), digest);
    host.body_sha256 = text_copy(fetch->arena, text_of(sha256_hex(digest, hex)));
    return host;
}

/* The body as UTF-8 without NUL, not longer than a policy may be: bytes that are none can only
 * make it longer, and then it was no policy. */
static struct text body_text(struct fetch *fetch)
{
    struct text body = text_as_utf8(fetch->arena, buffer_text(&fetch->body));
    BUFFER_AUTO clean = {0};
    for (size_t i = 0; i < body.length;) {
        size_t length = body.at[i] ? text_utf8_length(text_from(body, i)) : 1;
        struct text one =
            body.at[i] ? text_first(text_from(body, i), length) : TEXT("\xef\xbf\xbd");
        if (clean.length + one.length > BODY_MAX)
            break;
        buffer_add_text(&clean, one);
        i += length;
    }
    return text_copy(fetch->arena, clean.length ? buffer_text(&clean) : TEXT(""));
}

/* How far a fetch came: a sender tries the next address only where none answers. */
static int reached(const struct fetch *fetch)
{
    switch (fetch->status) {
    case FETCH_NOT_FETCHED:
        return 0;
    case FETCH_CONNECT_ERROR:
    case FETCH_TIMEOUT:
        return fetch->certificate ? 2 : 1;
    default:
        return 2;
    }
}

static void take_as_policy(struct observed_policy *policy, struct fetch *fetch)
{
    policy->status = fetch->status;
    policy->http_status = number_of(fetch->http_status);
    policy->content_type = fetch->content_type;
    policy->detail = fetch->detail;
    policy->body = fetch->status == FETCH_OK ? body_text(fetch) : TEXT_UNKNOWN;
    policy->certificate_not_after =
        fetch->certificate ? fetch->certificate->not_after : TIME_UNKNOWN;
}

static void fetch_all(struct observed_policy *policy, const struct fetch *common,
                      const struct text_list *addresses)
{
    int furthest = -1;
    for (size_t i = 0; i < addresses->count && i < ADDRESSES_MAX; i++) {
        struct fetch fetch = *common;
        fetch.address = text_copy(fetch.arena, addresses->at[i]);
        fetch_one(&fetch);
        struct observed_host host = host_of(&fetch);
        VECTOR_ADD(fetch.arena, &policy->addresses, host);
        if (reached(&fetch) > furthest) {
            furthest = reached(&fetch);
            take_as_policy(policy, &fetch);
        }
        buffer_free(&fetch.body);
    }
}

static void nothing_fetched(struct observed_policy *policy, enum fetch_status status,
                            struct text detail)
{
    policy->status = status;
    policy->detail = detail;
}

struct observed_policy *policy_fetch(struct text domain, const struct text_list *addresses,
                                     enum fetch_status no_address,
                                     const struct observe_options *options, struct arena *arena)
{
    struct observed_policy *policy = observed_policy_new(arena);
    struct fetch common = {.options = options, .arena = arena};
    struct error err = {0};
    domain = text_host(arena, domain);
    common.host = text_format(arena, "mta-sts.%.*s", TEXT_ARGS(domain));
    common.url =
        text_format(arena, "https://%.*s/.well-known/mta-sts.txt", TEXT_ARGS(common.host));
    policy->nulls = OBSERVED_ALL;
    policy->url = common.url;
    OBSERVED_EMPTY(arena, &policy->addresses);
    if (!text_is_host(domain) || !text_is_host(common.host)) {
        nothing_fetched(policy, FETCH_NOT_FETCHED, TEXT("the domain gives no host name"));
        return policy;
    }
    if (!addresses->count) {
        nothing_fetched(policy, no_address,
                        no_address == FETCH_NO_HOST
                            ? TEXT("the policy host has no address")
                            : TEXT("the look-up of the policy host's addresses fails"));
        return policy;
    }
    X509_STORE_AUTO *store = certificate_store(options->policy_ca, &err);
    common.store = store;
    if (store)
        fetch_all(policy, &common, addresses);
    else
        nothing_fetched(policy, FETCH_NOT_FETCHED, text_copy(arena, text_of(err.text)));
    return policy;
}
