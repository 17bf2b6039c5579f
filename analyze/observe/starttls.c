#include "observe/starttls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "observe/certificate.h"
#include "observe/smtp_dialogue.h"
#include "observe/starttls_session.h"

/* The machine's name for EHLO; empty where it has none. Written once, before any thread. */
static char machine_name[256];

static void learn_machine_name(void)
{
    char name[sizeof machine_name] = "";
    struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM},
                    *found = NULL;
    if (gethostname(name, sizeof name - 1) != 0)
        return;
    if (!strchr(name, '.') && getaddrinfo(name, NULL, &hints, &found) == 0 && found) {
        if (found->ai_canonname && strlen(found->ai_canonname) < sizeof name)
            strcpy(name, found->ai_canonname);
        freeaddrinfo(found);
    }
    if (text_is_host(text_of(name)))
        strcpy(machine_name, name);
}

bool starttls_start(const struct observe_options *options, struct error *err)
{
    signal(SIGPIPE, SIG_IGN);
    if (OPENSSL_init_ssl(0, NULL) != 1)
        return error_set(err, ERROR_UNAVAILABLE, "OpenSSL cannot be started");
    X509_STORE_AUTO *store = certificate_store(options->policy_ca, err);
    if (!store)
        return false;
    if (!text_known(options->helo))
        learn_machine_name();
    return true;
}

/* ---- one address ---- */

struct probe {
    struct session_request request;
    struct arena *arena;
    struct observed_smtp first;
    int key_type; /* of the first certificate */
    struct observed_smtps others;
};

static struct observed_smtp connect_again(const struct probe *probe, bool without_sni,
                                          enum session_key key)
{
    int key_type;
    struct session_request request = probe->request;
    request.without_sni = without_sni;
    request.key = key;
    return starttls_session(&request, probe->arena, &key_type);
}

static bool same_certificate(const struct observed_smtp *a, const struct observed_smtp *b)
{
    return text_equal(a->certificate->cert_sha256, b->certificate->cert_sha256);
}

static bool was_seen(const struct probe *probe, const struct observed_smtp *entry)
{
    if (same_certificate(&probe->first, entry))
        return true;
    for (size_t i = 0; i < probe->others.count; i++)
        if (probe->others.at[i].certificate && same_certificate(&probe->others.at[i], entry))
            return true;
    return false;
}

static void add_other(struct probe *probe, struct observed_smtp *entry, struct text sentence)
{
    starttls_add_detail(entry, sentence, probe->arena);
    VECTOR_ADD(probe->arena, &probe->others, *entry);
}

/* Another certificate without SNI may also come from another machine behind the address: then the
 * name does not decide it, and it is not said. */
static void certificate_differs(struct probe *probe, const struct observed_smtp *without)
{
    struct observed_smtp again = connect_again(probe, false, SESSION_KEY_ANY);
    if (again.certificate && !same_certificate(&probe->first, &again)) {
        add_other(probe, &again, TEXT("another answer of the same address"));
        return;
    }
    probe->first.certificate_without_sni = without->certificate;
}

static void look_without_sni(struct probe *probe)
{
    struct observed_smtp without = connect_again(probe, true, SESSION_KEY_ANY);
    if (!without.certificate) {
        if (without.status == SMTP_OK && without.starttls == ANSWER_NO)
            add_other(probe, &without, TEXT("another answer of the same address"));
        else if (without.status == SMTP_TLS_ERROR)
            starttls_add_detail(
                &probe->first,
                text_format(probe->arena, "without SNI: %.*s", TEXT_ARGS(without.detail)),
                probe->arena);
        return;
    }
    if (same_certificate(&probe->first, &without))
        probe->first.nulls |= OBSERVED_BIT(PROBE_CERTIFICATE_WITHOUT_SNI);
    else
        certificate_differs(probe, &without);
}

static const struct {
    enum session_key key;
    int type;
    struct text sentence;
} key_kinds[] = {
    {SESSION_KEY_RSA, EVP_PKEY_RSA, TEXT_ROW("presented to those who ask for an RSA key")},
    {SESSION_KEY_ECDSA, EVP_PKEY_EC, TEXT_ROW("presented to those who ask for an ECDSA key")},
};

/* The first certificate answers for its own kind of key. */
static void look_at_other_keys(struct probe *probe)
{
    for (size_t i = 0; i < sizeof key_kinds / sizeof *key_kinds; i++) {
        if (key_kinds[i].type == probe->key_type)
            continue;
        struct observed_smtp other = connect_again(probe, false, key_kinds[i].key);
        if (other.certificate && !was_seen(probe, &other))
            add_other(probe, &other, key_kinds[i].sentence);
    }
}

static void probe_address(struct probe *probe)
{
    const struct starttls_tlsa *tlsa = probe->request.tlsa;
    probe->first = starttls_session(&probe->request, probe->arena, &probe->key_type);
    if (!probe->first.certificate)
        return;
    look_without_sni(probe);
    if (tlsa && tlsa->records.count)
        look_at_other_keys(probe);
}

/* An entry that says that nothing was looked at, and why. */
static struct observed_smtp not_probed(struct text mx, struct text address, struct text why)
{
    return (struct observed_smtp){
        .mx = mx, .address = address, .status = SMTP_NOT_PROBED, .detail = why};
}

static const struct text unreachable[] = {
    [TARGET_NOT_PUBLIC] = TEXT_ROW(
        "the address is not one of the public Internet (allow-private-addresses is not set)"),
    [TARGET_NO_ROUTE] = TEXT_ROW("this machine has no route to such addresses"),
};

/* What of a probe needs OpenSSL. */
static void probe_with(struct probe *probe, struct observed_smtps *out)
{
    struct error err = {0};
    X509_STORE_AUTO *store = certificate_store(probe->request.options->policy_ca, &err);
    SSL_CTX *context = store ? starttls_context(store) : NULL;
    if (context) {
        probe->request.store = store;
        probe->request.context = context;
        probe_address(probe);
    } else {
        struct text why = store ? TEXT("OpenSSL gives no context")
                                : text_copy(probe->arena, text_of(err.text));
        probe->first = not_probed(probe->request.mx, probe->request.address, why);
    }
    SSL_CTX_free(context);
    VECTOR_ADD(probe->arena, out, probe->first);
    for (size_t i = 0; i < probe->others.count; i++)
        VECTOR_ADD(probe->arena, out, probe->others.at[i]);
}

void starttls_probe(struct text mx, struct text address, const struct starttls_tlsa *tlsa,
                    const struct observe_options *options, struct arena *arena,
                    struct observed_smtps *out)
{
    struct target target;
    mx = text_host(arena, mx);
    address = text_copy(arena, address);
    if (!target_of(mx, options->smtp_port, address, options, &target)) {
        struct observed_smtp entry = not_probed(mx, address, TEXT("this is no address"));
        VECTOR_ADD(arena, out, entry);
        return;
    }
    enum target_reach reach = target_reach(&target, options);
    if (reach != TARGET_MAY_BE_TRIED) {
        struct observed_smtp entry = not_probed(mx, address, unreachable[reach]);
        VECTOR_ADD(arena, out, entry);
        return;
    }
    struct probe probe = {
        .request = {.mx = mx,
                    .address = address,
                    .target = &target,
                    .tlsa = tlsa,
                    .options = options,
                    .machine = text_of(machine_name)},
        .arena = arena,
    };
    probe_with(&probe, out);
}

/* ---- a blocked port ---- */

enum { SMTP_PORT = 25, NOBODY_SECONDS = 3 };

/* Whether somebody refuses a connection to port 25 of an address that no host has (RFC 5737): what
 * does stands on the way out and answers in the place of all. */
static bool refused_for_nobody(void)
{
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(SMTP_PORT)};
    inet_pton(AF_INET, "192.0.2.1", &nobody.sin_addr);
    struct smtp_dialogue dialogue = {.fd = -1,
                                     .deadline = time_milliseconds() + NOBODY_SECONDS * 1000};
    bool connected = smtp_connect(&dialogue, (const struct sockaddr *)&nobody, sizeof nobody);
    bool refused = !connected && (errno == ECONNREFUSED || errno == ECONNRESET);
    smtp_close(&dialogue);
    return refused;
}

void starttls_judge_blocked(struct observed_smtps *all, const struct observe_options *options)
{
    size_t refused = 0, lost = 0, tried = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->at[i].status == SMTP_NOT_PROBED)
            continue;
        enum no_connection kind = starttls_no_connection(&all->at[i]);
        tried++;
        refused += kind == CONNECTION_REFUSED;
        lost += kind == CONNECTION_LOST;
    }
    if (options->smtp_port != SMTP_PORT || !tried || refused + lost < tried ||
        (refused && !refused_for_nobody()))
        return;
    for (size_t i = 0; i < all->count; i++) {
        struct observed_smtp *entry = &all->at[i];
        if (entry->status == SMTP_NOT_PROBED)
            continue;
        *entry = not_probed(
            entry->mx, entry->address,
            TEXT("no connection to port 25 of any MX host could be made: the port is probably "
                 "blocked on the way out of this machine's network; probe from another one"));
    }
}
