#include "fetch/connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/time.h"
#include "fetch/patience.h"
#include "fetch/refusal.h"

struct connection {
    CURL *curl;
    struct curl_slist *detours;
    curl_socket_t socket;
    struct refusal refusal; /* what the server said before the login was through */
    struct arena arena;
    char said[CURL_ERROR_SIZE]; /* by libcurl */
};

bool connection_start(struct error *err)
{
    signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ||
           error_set(err, ERROR_UNAVAILABLE, "libcurl cannot be started");
}

/* Every line of the server until the login is through. */
static size_t take_header(char *at, size_t size, size_t count, void *context)
{
    struct connection *connection = context;
    refusal_note(&connection->refusal, (struct text){at, size * count});
    return size * count;
}

static struct curl_slist *detours_of(struct connection *connection, struct text list)
{
    struct curl_slist *detours = NULL;
    struct text part;
    while (text_next(&list, ' ', &part)) {
        if (!part.length)
            continue;
        detours = curl_slist_append(detours, text_string(&connection->arena, part));
        if (!detours)
            memory_exhausted();
    }
    return detours;
}

static const char *url_of(struct connection *connection, const struct fetch_job *job)
{
    bool is_ipv6 = text_find_char(job->host, ':') != SIZE_MAX;
    return text_format(&connection->arena, "%s://%s%.*s%s:%u/",
                       job->tls == TLS_IMPLICIT ? "imaps" : "imap", is_ipv6 ? "[" : "",
                       TEXT_ARGS(job->host), is_ipv6 ? "]" : "", (unsigned)job->port)
        .at;
}

/* The rows of SASL mechanisms (RFC 7628; XOAUTH2 is Google's and Microsoft's own). */
static const char *const mechanisms[] = {[AUTH_PASSWORD] = NULL,
                                         [AUTH_XOAUTH2] = "AUTH=XOAUTH2",
                                         [AUTH_OAUTHBEARER] = "AUTH=OAUTHBEARER"};

static bool set_options(struct connection *connection, const struct fetch_job *job,
                        const struct secret *secret)
{
    CURL *curl = connection->curl;
    struct arena *arena = &connection->arena;
    CURLcode wrong = CURLE_OK;
#define SET(option, value) wrong = wrong ? wrong : curl_easy_setopt(curl, option, value)
    SET(CURLOPT_URL, url_of(connection, job));
    SET(CURLOPT_CONNECT_TO, connection->detours);
    SET(CURLOPT_PROTOCOLS_STR, "imap,imaps");
    SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (job->ca_file.length)
        SET(CURLOPT_CAINFO, text_string(arena, job->ca_file));
    SET(CURLOPT_CERTINFO, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)patience_seconds());
    SET(CURLOPT_TIMEOUT, 2L * patience_seconds());
    SET(CURLOPT_CONNECT_ONLY, 1L);
    SET(CURLOPT_ERRORBUFFER, connection->said);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, connection);
    SET(CURLOPT_USERNAME, text_string(arena, job->user));
    if (job->auth == AUTH_PASSWORD) {
        SET(CURLOPT_PASSWORD, secret->text);
    } else {
        SET(CURLOPT_XOAUTH2_BEARER, secret->text);
        SET(CURLOPT_LOGIN_OPTIONS, mechanisms[job->auth]);
    }
#undef SET
    return wrong == CURLE_OK;
}

static bool perform(struct connection *connection, const struct fetch_job *job, bool *lasting,
                    struct error *err)
{
    CURLcode code = curl_easy_perform(connection->curl);
    long verified = 0;
    if (code == CURLE_OK &&
        curl_easy_getinfo(connection->curl, CURLINFO_ACTIVESOCKET, &connection->socket) ==
            CURLE_OK &&
        connection->socket != CURL_SOCKET_BAD)
        return true;
    curl_easy_getinfo(connection->curl, CURLINFO_SSL_VERIFYRESULT, &verified);
    const char *said = *connection->said ? connection->said : curl_easy_strerror(code);
    return refusal_explain(&connection->refusal, code, verified, said, job, lasting, err);
}

/* Before anything is sent: libcurl would say so only after it has connected. */
static bool check_ca_file(struct connection *connection, const struct fetch_job *job,
                          struct error *err)
{
    if (!job->ca_file.length ||
        access(text_string(&connection->arena, job->ca_file), R_OK) == 0)
        return true;
    return error_set(err, ERROR_UNAVAILABLE, "the ca-file %.*s cannot be read: %s",
                     TEXT_ARGS(job->ca_file), strerror(errno));
}

struct connection *connection_open(const struct fetch_job *job, const struct secret *secret,
                                   bool *lasting, struct error *err)
{
    struct connection *connection = calloc(1, sizeof *connection);
    *lasting = false;
    if (!connection)
        memory_exhausted();
    *lasting = !check_ca_file(connection, job, err);
    if (*lasting) {
        connection_close(connection);
        return NULL;
    }
    connection->curl = curl_easy_init();
    connection->detours = detours_of(connection, job->connect_to);
    if (!connection->curl || !set_options(connection, job, secret)) {
        error_set(err, ERROR_UNAVAILABLE, "libcurl cannot be used for IMAP");
        *lasting = true;
    } else if (perform(connection, job, lasting, err)) {
        return connection;
    }
    connection_close(connection);
    return NULL;
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    curl_easy_cleanup(connection->curl);
    curl_slist_free_all(connection->detours);
    arena_free(&connection->arena);
    free(connection);
}

bool connection_send(struct connection *connection, struct text text, struct error *err)
{
    int64_t end = time_milliseconds() + (int64_t)patience_seconds() * 1000;
    while (text.length) {
        size_t sent = 0;
        CURLcode code = curl_easy_send(connection->curl, text.at, text.length, &sent);
        text = text_from(text, sent);
        int64_t left = end - time_milliseconds();
        if ((code != CURLE_OK && code != CURLE_AGAIN) || left <= 0)
            return error_set(err, ERROR_UNAVAILABLE, "the connection broke");
        struct pollfd ready = {.fd = connection->socket, .events = POLLOUT};
        if (code == CURLE_AGAIN)
            poll(&ready, 1, (int)left);
    }
    return true;
}

/* TLS may hold bytes that the socket does not have any more: it is asked first. */
enum received connection_receive(struct connection *connection, char *at, size_t room,
                                 size_t *length, int other, int milliseconds)
{
    int64_t end = time_milliseconds() + milliseconds;
    for (;;) {
        CURLcode code = curl_easy_recv(connection->curl, at, room, length);
        if (code == CURLE_OK)
            return *length ? RECEIVED_BYTES : RECEIVED_END;
        if (code != CURLE_AGAIN)
            return RECEIVED_END;
        int64_t left = end - time_milliseconds();
        struct pollfd ready[] = {{.fd = connection->socket, .events = POLLIN},
                                 {.fd = other, .events = POLLIN}};
        if (poll(ready, 2, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
            return RECEIVED_END;
        if (ready[0].revents)
            continue;
        if (ready[1].revents)
            return RECEIVED_OTHER;
        if (left <= 0)
            return RECEIVED_NOTHING;
    }
}

struct text connection_certificate(struct connection *connection, struct arena *arena)
{
    static const struct {
        struct text label;
        const char *name;
    } rows[] = {
        {TEXT_ROW("Subject:"), "subject"},
        {TEXT_ROW("X509v3 Subject Alternative Name:"), "names"},
        {TEXT_ROW("Issuer:"), "issuer"},
        {TEXT_ROW("Expire date:"), "valid until"},
    };
    BUFFER_AUTO out = {0};
    struct curl_certinfo *info = NULL;
    curl_easy_getinfo(connection->curl, CURLINFO_CERTINFO, &info);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (struct curl_slist *line = info && info->num_of_certs ? info->certinfo[0] : NULL;
             line; line = line->next) {
            struct text text = text_of(line->data);
            if (!text_starts(text, rows[i].label))
                continue;
            text = text_trim(text_from(text, rows[i].label.length));
            buffer_format(&out, "%s%s %.*s", out.length ? "; " : "", rows[i].name,
                          TEXT_ARGS(text));
        }
    return text_copy(arena, buffer_text(&out));
}
