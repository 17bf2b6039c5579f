/* DANE for SMTP (RFC 7672) at one connection: OpenSSL judges, with the records that a sender would
 * use. */
#ifndef OBSERVE_DANE_H
#define OBSERVE_DANE_H

#include <openssl/ssl.h>

#include "base/arena.h"
#include "observe/starttls.h"

/* What is decided without a handshake: NONE, INSECURE, BOGUS, UNUSABLE; NOT_CHECKED where there
 * are usable records, whose verdict needs a certificate; UNKNOWN where the look-up failed. TLSA
 * may be null: nothing was looked up. */
enum dane dane_by_lookup(const struct starttls_tlsa *tlsa, struct arena *arena);

/* Once per context. */
bool dane_prepare_context(SSL_CTX *context);

/* Gives a connection the usable records of a secure TLSA set, to be judged for the host name MX;
 * false where OpenSSL does not take them. A sender's rules: no names and dates under usage 3. */
bool dane_prepare(SSL *ssl, const char *mx, const struct starttls_tlsa *tlsa,
                  struct arena *arena);

/* After the handshake of a prepared connection that gave CERTIFICATE: MATCH or MISMATCH. Of the
 * latter *WHY becomes a sentence. */
enum dane dane_verdict(SSL *ssl, const struct starttls_tlsa *tlsa,
                       const struct observed_certificate *certificate, struct arena *arena,
                       struct text *why);

#endif
