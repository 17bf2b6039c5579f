#include "observe/starttls_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>

#include "base/time.h"
#include "observe/certificate.h"
#include "observe/dane.h"
#include "observe/shown.h"
#include "observe/smtp_dialogue.h"

/* How long a server is given to answer QUIT, in milliseconds. */
enum { GOODBYE_TIME = 1000 };

struct session {
    const struct session_request *request;
    struct arena *arena;
    struct smtp_dialogue dialogue;
    SSL *ssl;
    struct observed_smtp entry;
    int key_type;
};

void starttls_add_detail(struct observed_smtp *entry, struct text sentence, struct arena *arena)
{
    if (!text_known(sentence))
        return;
    entry->detail =
        text_known(entry->detail)
            ? text_format(arena, "%.*s; %.*s", TEXT_ARGS(entry->detail), TEXT_ARGS(sentence))
            : sentence;
}

static void add_detail(struct session *session, struct text sentence)
{
    starttls_add_detail(&session->entry, sentence, session->arena);
}

/* Ends the probe; false, so that a step can return it. */
static bool stop(struct session *session, enum smtp_status status, struct text sentence)
{
    session->entry.status = status;
    add_detail(session, sentence);
    return false;
}

/* ---- the connection ---- */

static const struct connect_fault {
    int error;
    enum smtp_status status;
    enum no_connection kind;
    struct text sentence;
} connect_faults[] = {
    {ETIMEDOUT, SMTP_TIMEOUT, CONNECTION_LOST,
     TEXT_ROW("no connection was made within the time allowed")},
    {EHOSTUNREACH, SMTP_CONNECT_ERROR, CONNECTION_LOST, TEXT_ROW("the host cannot be reached")},
    {ENETUNREACH, SMTP_CONNECT_ERROR, CONNECTION_LOST,
     TEXT_ROW("the host's network cannot be reached")},
    {EACCES, SMTP_CONNECT_ERROR, CONNECTION_LOST,
     TEXT_ROW("this machine does not allow the connection")},
    {EPERM, SMTP_CONNECT_ERROR, CONNECTION_LOST,
     TEXT_ROW("this machine's firewall does not allow the connection")},
    {ECONNREFUSED, SMTP_CONNECT_ERROR, CONNECTION_REFUSED,
     TEXT_ROW("the connection was refused")},
    {ECONNRESET, SMTP_CONNECT_ERROR, CONNECTION_REFUSED, TEXT_ROW("the connection was reset")},
    {0, SMTP_CONNECT_ERROR, CONNECTION_REFUSED, TEXT_ROW("the connection could not be made")},
};

enum no_connection starttls_no_connection(const struct observed_smtp *entry)
{
    for (size_t i = 0; i < sizeof connect_faults / sizeof *connect_faults; i++)
        if (entry->status == connect_faults[i].status &&
            text_equal(entry->detail, connect_faults[i].sentence))
            return connect_faults[i].kind;
    return CONNECTION_MADE;
}

static bool open_connection(struct session *session)
{
    const struct target *target = session->request->target;
    if (smtp_connect(&session->dialogue, &target->to.any, target->length))
        return true;
    const struct connect_fault *fault = connect_faults;
    while (fault->error && fault->error != errno)
        fault++;
    return stop(session, fault->status, fault->sentence);
}

/* ---- SMTP ---- */

static const char *const outcome_words[] = {
    [SMTP_LATE] = "no complete reply came in time",
    [SMTP_CLOSED] = "the server closed the connection",
    [SMTP_GARBAGE] = "what came is no reply of SMTP",
    [SMTP_TOO_LONG] = "the reply is longer than any reply should be",
};

/* Where the dialogue fails is STATUS, unless it was only late. */
static bool read_reply(struct session *session, const char *step, enum smtp_status status,
                       struct smtp_reply *reply)
{
    enum smtp_outcome outcome = smtp_read(&session->dialogue, session->arena, reply);
    if (outcome == SMTP_FINE)
        return true;
    return stop(session, outcome == SMTP_LATE ? SMTP_TIMEOUT : status,
                text_format(session->arena, "%s: %s", step, outcome_words[outcome]));
}

static bool send_line(struct session *session, struct text line)
{
    enum smtp_outcome outcome = smtp_send(&session->dialogue, line);
    if (outcome == SMTP_FINE)
        return true;
    return stop(session, outcome == SMTP_LATE ? SMTP_TIMEOUT : SMTP_REFUSED,
                text_of(outcome_words[outcome]));
}

static struct text first_line(struct session *session, const struct smtp_reply *reply)
{
    return shown_line(session->arena, reply->lines.at[0]);
}

static bool read_banner(struct session *session)
{
    struct smtp_reply reply;
    if (!read_reply(session, "after connecting", SMTP_REFUSED, &reply))
        return false;
    session->entry.banner = first_line(session, &reply);
    if (reply.code == 220)
        return true;
    return stop(session, SMTP_REFUSED,
                text_format(session->arena, "the server greets with %u: nothing was tested",
                            reply.code));
}

/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 §4.1.3). */
static struct text address_literal(struct session *session)
{
    struct target local = {.length = sizeof local.to};
    char text[INET6_ADDRSTRLEN] = "";
    if (getsockname(session->dialogue.fd, &local.to.any, &local.length) != 0)
        return TEXT("[127.0.0.1]");
    bool ipv6 = local.to.any.sa_family == AF_INET6;
    const void *at = ipv6 ? (const void *)&local.to.ipv6.sin6_addr : &local.to.ipv4.sin_addr;
    inet_ntop(local.to.any.sa_family, at, text, sizeof text);
    return text_format(session->arena, "[%s%s]", ipv6 ? "IPv6:" : "", text);
}

static struct text own_name(struct session *session)
{
    const struct session_request *request = session->request;
    if (text_is_host(request->options->helo) || text_starts(request->options->helo, TEXT("[")))
        return request->options->helo;
    return text_is_host(request->machine) ? request->machine : address_literal(session);
}

/* The keyword of an EHLO line: what follows the code, to the next blank. */
static struct text keyword_of(struct text line)
{
    struct text rest = text_trim(text_from(line, 4)), word = TEXT("");
    text_next(&rest, ' ', &word);
    return word;
}

static bool offers_starttls(struct session *session, const struct smtp_reply *reply)
{
    bool rewritten = text_find(session->entry.banner, TEXT("***")) != SIZE_MAX;
    for (size_t i = 1; i < reply->lines.count; i++) {
        struct text word = keyword_of(reply->lines.at[i]);
        if (text_equal_nocase(word, TEXT("STARTTLS")))
            return true;
        rewritten = rewritten || text_starts(word, TEXT("XXXX"));
    }
    if (rewritten)
        add_detail(session, TEXT("a firewall in front of the server seems to rewrite SMTP"));
    return false;
}

static bool greet(struct session *session)
{
    struct smtp_reply reply;
    struct text name = own_name(session);
    if (!send_line(session, text_format(session->arena, "EHLO %.*s", TEXT_ARGS(name))) ||
        !read_reply(session, "after EHLO", SMTP_REFUSED, &reply))
        return false;
    if (reply.code != 250)
        return stop(session, SMTP_REFUSED,
                    text_format(session->arena, "EHLO is answered with %u: nothing was tested",
                                reply.code));
    struct text helo = keyword_of(reply.lines.at[0]);
    if (helo.length)
        session->entry.helo = shown_line(session->arena, helo);
    session->entry.starttls = offers_starttls(session, &reply) ? ANSWER_YES : ANSWER_NO;
    session->entry.status = SMTP_OK;
    return session->entry.starttls == ANSWER_YES;
}

static bool ask_for_tls(struct session *session)
{
    struct smtp_reply reply;
    if (!send_line(session, TEXT("STARTTLS")) ||
        !read_reply(session, "after STARTTLS", SMTP_TLS_ERROR, &reply))
        return false;
    session->entry.starttls_reply = first_line(session, &reply);
    if (reply.code != 220)
        return stop(session, SMTP_TLS_ERROR,
                    text_format(session->arena, "STARTTLS is answered with %u", reply.code));
    size_t dropped = smtp_drop(&session->dialogue);
    if (dropped)
        add_detail(session,
                   text_format(session->arena,
                               "%zu bytes that came in clear text after the reply to STARTTLS "
                               "were ignored",
                               dropped));
    return true;
}

/* ---- TLS ---- */

static const struct {
    const char *signatures, *ciphers;
} keys[] = {
    [SESSION_KEY_RSA] = {"RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
                         "RSA+SHA256:RSA+SHA384:RSA+SHA512",
                         "aRSA"},
    [SESSION_KEY_ECDSA] = {"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512", "aECDSA"},
};

SSL_CTX *starttls_context(X509_STORE *store)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, 0);
    /* What most senders accept; the certificate itself is judged apart. */
    SSL_CTX_set_security_level(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set1_cert_store(context, store);
    /* A fault is to be seen, not to end the handshake. */
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    dane_prepare_context(context);
    return context;
}

static bool prepare_key(struct session *session)
{
    enum session_key key = session->request->key;
    if (key == SESSION_KEY_ANY)
        return true;
    char *signatures = text_string(session->arena, text_of(keys[key].signatures));
    return SSL_set1_sigalgs_list(session->ssl, signatures) &&
           SSL_set_cipher_list(session->ssl, keys[key].ciphers);
}

static bool prepare_tls(struct session *session)
{
    const struct session_request *request = session->request;
    session->ssl = SSL_new(request->context);
    if (!session->ssl || SSL_set_fd(session->ssl, session->dialogue.fd) != 1 ||
        !prepare_key(session))
        return false;
    if (request->without_sni)
        return true;
    char *mx = text_string(session->arena, request->mx);
    SSL_set_tlsext_host_name(session->ssl, mx);
    if (session->entry.dane == DANE_NOT_CHECKED &&
        !dane_prepare(session->ssl, mx, request->tlsa, session->arena))
        session->entry.dane = DANE_UNUSABLE;
    return true;
}

static bool stop_handshake(struct session *session, int why)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    ERR_clear_error();
    bool closed = why == SSL_ERROR_SYSCALL || why == SSL_ERROR_ZERO_RETURN ||
                  ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (closed || !reason)
        return stop(session, SMTP_TLS_ERROR,
                    TEXT("the server closed the connection during the TLS handshake"));
    return stop(session, SMTP_TLS_ERROR,
                text_format(session->arena, "the TLS handshake fails: %s", reason));
}

static bool shake_hands(struct session *session)
{
    ERR_clear_error();
    if (!prepare_tls(session))
        return stop_handshake(session, SSL_ERROR_SSL);
    for (;;) {
        int done = SSL_connect(session->ssl);
        if (done == 1)
            return true;
        int why = SSL_get_error(session->ssl, done);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
            return stop_handshake(session, why);
        if (!smtp_wait(&session->dialogue, why == SSL_ERROR_WANT_WRITE))
            return stop(session, SMTP_TIMEOUT,
                        TEXT("the TLS handshake was not done within the time allowed"));
    }
}

static void look(struct session *session)
{
    struct observed_smtp *entry = &session->entry;
    X509 *leaf = SSL_get0_peer_certificate(session->ssl);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
    struct text why = TEXT_UNKNOWN;
    entry->tls_version = text_copy(session->arena, text_of(SSL_get_version(session->ssl)));
    if (!leaf) {
        add_detail(session, TEXT("the server presents no certificate"));
        return;
    }
    entry->certificate = certificate_observe(leaf, chain, session->request->store,
                                             session->request->mx, session->arena, &why);
    entry->chain = certificate_chain(chain, session->arena);
    session->key_type = certificate_key_type(leaf);
    add_detail(session, why);
    if (entry->dane == DANE_NOT_CHECKED && !session->request->without_sni) {
        why = TEXT_UNKNOWN;
        entry->dane = dane_verdict(session->ssl, session->request->tlsa, entry->certificate,
                                   session->arena, &why);
        add_detail(session, why);
    }
}

/* ---- the end ---- */

static void say_goodbye(struct session *session)
{
    struct smtp_dialogue *dialogue = &session->dialogue;
    struct smtp_reply reply;
    int64_t soon = time_milliseconds() + GOODBYE_TIME;
    dialogue->deadline = soon;
    if (!session->ssl) {
        if (smtp_send(dialogue, TEXT("QUIT")) == SMTP_FINE)
            smtp_read(dialogue, session->arena, &reply);
        return;
    }
    char rest[256];
    if (SSL_write(session->ssl, "QUIT\r\n", 6) == 6) {
        while (SSL_read(session->ssl, rest, sizeof rest) < 0 && SSL_want_read(session->ssl) &&
               smtp_wait(dialogue, false))
            continue;
        SSL_shutdown(session->ssl);
    }
}

static void run(struct session *session)
{
    if (!open_connection(session))
        return;
    bool polite = true;
    if (read_banner(session) && greet(session) && ask_for_tls(session)) {
        polite = shake_hands(session);
        if (polite)
            look(session);
    }
    if (polite && session->entry.status != SMTP_TIMEOUT)
        say_goodbye(session);
}

struct observed_smtp starttls_session(const struct session_request *request,
                                      struct arena *arena, int *key_type)
{
    struct session session = {
        .request = request,
        .arena = arena,
        .dialogue = {.fd = -1,
                     .deadline =
                         time_milliseconds() + (int64_t)request->options->probe_seconds * 1000},
        .entry = {.nulls = OBSERVED_ALL & ~OBSERVED_BIT(PROBE_CERTIFICATE_WITHOUT_SNI),
                  .mx = request->mx,
                  .address = request->address,
                  .dane = dane_by_lookup(request->tlsa, arena)},
    };
    if (!request->tlsa)
        session.entry.nulls &= ~OBSERVED_BIT(PROBE_DANE);
    run(&session);
    SSL_free(session.ssl);
    smtp_close(&session.dialogue);
    ERR_clear_error();
    *key_type = session.key_type;
    return session.entry;
}
