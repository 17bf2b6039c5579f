/* SHA-256 of bytes, by Nettle: it uses the processor's instructions for it. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65 };

struct sha256_state;

void sha256(struct text bytes, uint8_t digest[SHA256_SIZE]);

/* In pieces: sha256_finish() writes the digest and frees. */
struct sha256_state *sha256_start(void);
void sha256_add(struct sha256_state *state, struct text bytes);
void sha256_finish(struct sha256_state *state, uint8_t digest[SHA256_SIZE]);

/* 64 lower-case digits and NUL into BUFFER, which is returned. */
const char *sha256_hex(const uint8_t digest[SHA256_SIZE], char buffer[SHA256_HEX_SIZE]);

/* The reverse; false where TEXT is not 64 hexadecimal digits. */
bool sha256_parse(struct text text, uint8_t digest[SHA256_SIZE]);

#endif
