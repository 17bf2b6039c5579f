/* What a certificate says, and whether the chain under which it was presented is to be trusted. */
#ifndef OBSERVE_CERTIFICATE_H
#define OBSERVE_CERTIFICATE_H

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/arena.h"
#include "base/error.h"
#include "published/observation.h"

/* The CAs of the system together with those of the PEM file EXTRA (unknown: none). Of the last
 * EXTRA it is kept and shared by all threads; the caller releases its reference by
 * X509_STORE_free(). Null with ERROR_CONFIG where the file cannot be used, with ERROR_UNAVAILABLE
 * where there is neither a file nor any CA of the system. */
X509_STORE *certificate_store(struct text extra, struct error *err);

#define X509_STORE_AUTO __attribute__((cleanup(certificate_store_release))) X509_STORE
void certificate_store_release(X509_STORE **store);

/* Everything of LEAF that an observation holds. CHAIN is what was sent, LEAF perhaps among it;
 * it may be null. `trust` is about the chain and the dates now, whatever the names: a faulty
 * chain outweighs a date. `matches_mx` says whether a dNSName covers HOST: the common name does
 * not count (RFC 8461 §4.2). *WHY, where it is not null, becomes a sentence about what `trust`
 * finds, or unknown. */
struct observed_certificate *certificate_observe(X509 *leaf, STACK_OF(X509) * chain,
                                                 X509_STORE *store, struct text host,
                                                 struct arena *arena, struct text *why);

/* What was sent above the certificate: CHAIN without its first. */
struct observed_chain certificate_chain(STACK_OF(X509) * chain, struct arena *arena);

/* The kind of its key, EVP_PKEY_RSA and the like; 0 where it cannot be read. */
int certificate_key_type(X509 *leaf);

#endif
