/* TLSA records (RFC 6698 §2, RFC 7671, RFC 7672 §3.1), from their presentation form or from the
 * wire. A record that is well-formed may still be unusable for SMTP; `fault` says why. */
#ifndef PUBLISHED_TLSA_H
#define PUBLISHED_TLSA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum tlsa_fault {
    TLSA_FAULT_NONE = 0,
    /* no TLSA record at all */
    TLSA_FAULT_NUMBER,  /* one of the three numbers is missing or above 255 */
    TLSA_FAULT_HEX,     /* a character that is no hexadecimal digit */
    TLSA_FAULT_ODD,     /* half a byte is missing */
    TLSA_FAULT_NO_DATA, /* nothing after the three numbers */
    /* a record that senders of mail ignore */
    TLSA_FAULT_USAGE,    /* other than 2 and 3 (RFC 7672 §3.1.3) */
    TLSA_FAULT_SELECTOR, /* other than 0 and 1 */
    TLSA_FAULT_MATCHING, /* other than 0, 1 and 2 */
    TLSA_FAULT_LENGTH, /* not that of the digest, or no certificate or key (matching type 0) */
    TLSA_FAULT_COUNT,
};

struct tlsa {
    unsigned usage, selector, matching;
    struct text data; /* bytes; unknown where they could not be read */
    enum tlsa_fault fault;
    size_t offset;        /* of the fault, in bytes of the text or of the wire form */
    struct text sentence; /* what is wrong and how to mend it; unknown where nothing is */
    bool usable;          /* no fault: DANE for SMTP can use it */
};

/* Reads "3 1 1 hex": any case, blanks and parentheses in the hex are passed over. False
 * where TEXT is no TLSA record; then only fault, offset and sentence say anything. All
 * memory from ARENA. */
bool tlsa_parse(struct text text, struct arena *arena, struct tlsa *tlsa);

/* The same from the record's data on the wire. */
bool tlsa_parse_wire(struct text bytes, struct arena *arena, struct tlsa *tlsa);

/* The canonical presentation form, hex in lower case without blanks, of a record that was
 * read. */
struct text tlsa_text(struct arena *arena, const struct tlsa *tlsa);

/* Whether the digest is that of no bytes at all: the tool that made the record was given an
 * empty file. */
bool tlsa_is_digest_of_nothing(const struct tlsa *tlsa);

enum tlsa_match {
    TLSA_MATCH_UNKNOWN = 0, /* SHA2-512, or the digest that it takes is not known */
    TLSA_MATCH_NO,
    TLSA_MATCH_YES,
};

/* Whether a readable record matches a certificate of which the SHA-256 of the public key and of
 * the whole are known (64 hexadecimal digits, or unknown). Its usability is not looked at. */
enum tlsa_match tlsa_match(const struct tlsa *tlsa, struct text spki_sha256,
                           struct text cert_sha256);

/* The word of a fault ("length"), for the machine; null for none. */
const char *tlsa_fault_name(enum tlsa_fault fault);

#endif
