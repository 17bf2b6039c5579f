/* One connection to an MX host: banner, EHLO, STARTTLS, handshake, QUIT. */
#ifndef OBSERVE_STARTTLS_SESSION_H
#define OBSERVE_STARTTLS_SESSION_H

#include <openssl/ssl.h>

#include "observe/starttls.h"
#include "observe/target.h"

/* Which certificate is asked for, by the signatures that the client offers. */
enum session_key { SESSION_KEY_ANY = 0, SESSION_KEY_RSA, SESSION_KEY_ECDSA };

struct session_request {
    struct text mx, address;
    const struct target *target;
    const struct starttls_tlsa *tlsa; /* may be null */
    const struct observe_options *options;
    struct text machine; /* the name for EHLO where the options give none; may be unknown */
    SSL_CTX *context;
    X509_STORE *store;
    bool without_sni; /* then DANE is not judged either */
    enum session_key key;
};

/* Blocks for options->probe_seconds at most, and a moment for QUIT. *KEY_TYPE becomes that of the
 * certificate, EVP_PKEY_RSA and the like. */
struct observed_smtp starttls_session(const struct session_request *request,
                                      struct arena *arena, int *key_type);

/* A context for any number of connections: TLS 1.2 and later, whatever the machine's OpenSSL is
 * configured to. It takes STORE's CAs for DANE. Null when OpenSSL has none. */
SSL_CTX *starttls_context(X509_STORE *store);

/* Adds a sentence to an entry's detail. */
void starttls_add_detail(struct observed_smtp *entry, struct text sentence,
                         struct arena *arena);

/* What became of an entry whose connection could not be made. */
enum no_connection {
    CONNECTION_MADE = 0,
    CONNECTION_REFUSED, /* actively, by a host or by what stands in for it */
    CONNECTION_LOST,    /* nobody answered, or it cannot be reached */
};
enum no_connection starttls_no_connection(const struct observed_smtp *entry);

#endif
