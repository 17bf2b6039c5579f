#include "base/sha256.h"

#include <glib.h>
#include <stdio.h>

#include "base/error.h"

/* The state is GLib's own object under our name. */
static GChecksum *checksum(struct sha256_state *state)
{
    return (GChecksum *)(void *)state;
}

struct sha256_state *sha256_start(void)
{
    GChecksum *made = g_checksum_new(G_CHECKSUM_SHA256);
    if (!made)
        memory_exhausted();
    return (struct sha256_state *)(void *)made;
}

void sha256_add(struct sha256_state *state, struct text bytes)
{
    /* g_checksum_update() takes a signed length. */
    while (bytes.length) {
        struct text part = text_first(bytes, 1u << 30);
        g_checksum_update(checksum(state), (const guchar *)part.at, (gssize)part.length);
        bytes = text_from(bytes, part.length);
    }
}

void sha256_finish(struct sha256_state *state, uint8_t digest[SHA256_SIZE])
{
    gsize length = SHA256_SIZE;
    g_checksum_get_digest(checksum(state), digest, &length);
    g_checksum_free(checksum(state));
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
