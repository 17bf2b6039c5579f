#include "base/sha256.h"

#include <glib.h>
#include <nettle/sha2.h>
#include <stdlib.h>

#include "base/error.h"

_Static_assert((int)SHA256_SIZE == (int)SHA256_DIGEST_SIZE,
               "Nettle's digest is as long as ours");

struct sha256_state {
    struct sha256_ctx context;
};

struct sha256_state *sha256_start(void)
{
    struct sha256_state *state = malloc(sizeof *state);
    if (!state)
        memory_exhausted();
    sha256_init(&state->context);
    return state;
}

void sha256_add(struct sha256_state *state, struct text bytes)
{
    if (bytes.length)
        sha256_update(&state->context, bytes.length, (const uint8_t *)bytes.at);
}

void sha256_finish(struct sha256_state *state, uint8_t digest[SHA256_SIZE])
{
    sha256_digest(&state->context, SHA256_SIZE, digest);
    free(state);
}

void sha256(struct text bytes, uint8_t digest[SHA256_SIZE])
{
    struct sha256_state *state = sha256_start();
    sha256_add(state, bytes);
    sha256_finish(state, digest);
}

const char *sha256_hex(const uint8_t digest[SHA256_SIZE], char buffer[SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < SHA256_SIZE; i++) {
        buffer[2 * i] = digits[digest[i] >> 4];
        buffer[2 * i + 1] = digits[digest[i] & 15];
    }
    buffer[SHA256_HEX_SIZE - 1] = 0;
    return buffer;
}

bool sha256_parse(struct text text, uint8_t digest[SHA256_SIZE])
{
    if (text.length != 2 * SHA256_SIZE)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        int value = g_ascii_xdigit_value(text.at[i]);
        if (value < 0)
            return false;
        digest[i / 2] = (uint8_t)(i % 2 ? digest[i / 2] | value : value << 4);
    }
    return true;
}
