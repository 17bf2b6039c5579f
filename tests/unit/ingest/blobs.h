/* What the tests wrap reports in, made with zlib. */
#ifndef TESTS_INGEST_BLOBS_H
#define TESTS_INGEST_BLOBS_H

#include <string.h>
#include <zlib.h>

#include "base/buffer.h"

enum { RAW_DEFLATE = -15, GZIP = 15 + 16 };

/* Appends TEXT deflated; BITS as for deflateInit2(). */
static inline void add_deflated(struct buffer *out, struct text text, int bits)
{
    z_stream stream = {0};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
    buffer_reserve(out, deflateBound(&stream, text.length) + 64);
    stream.next_in = (Bytef *)(uintptr_t)text.at;
    stream.avail_in = (uInt)text.length;
    stream.next_out = (Bytef *)out->at + out->length;
    stream.avail_out = (uInt)(out->room - out->length);
    deflate(&stream, Z_FINISH);
    out->length += stream.total_out;
    deflateEnd(&stream);
}

/* Appends the gzip of MEGABYTES of C. */
static inline void add_gzip_of_many(struct buffer *out, char c, size_t megabytes)
{
    static char zeros[1 << 20];
    static unsigned char piece[1 << 16];
    memset(zeros, c, sizeof zeros);
    z_stream stream = {0};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY);
    for (size_t i = 0; i <= megabytes; i++) {
        stream.next_in = (Bytef *)zeros;
        stream.avail_in = i < megabytes ? sizeof zeros : 0;
        do {
            stream.next_out = piece;
            stream.avail_out = sizeof piece;
            deflate(&stream, i < megabytes ? Z_NO_FLUSH : Z_FINISH);
            buffer_add(out, piece, sizeof piece - stream.avail_out);
        } while (!stream.avail_out);
    }
    deflateEnd(&stream);
}

/* Appends TEXT in base64, WIDTH characters a line (0: one line). */
static inline void add_base64(struct buffer *out, struct text text, size_t width)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;
    for (size_t i = 0; i < text.length; i += 3) {
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < text.length ? (unsigned char)text.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++) {
            buffer_add_char(out, i + k > text.length ? '=' : digits[bits >> (18 - 6 * k) & 63]);
            if (width && ++column % width == 0)
                buffer_add_char(out, '\n');
        }
    }
    buffer_add_char(out, '\n');
}

enum zip_flaw {
    ZIP_SOUND = 0,
    ZIP_DESCRIPTOR = 1, /* sizes and checksum stand behind the data */
    ZIP_ENCRYPTED = 2,  /* says so; it is not */
    ZIP_BAD_CRC = 4,
};

struct zip_entry {
    const char *name;
    struct text bytes;
    bool stored;
    unsigned flaws;
};

static inline void add_le(struct buffer *out, uint32_t value, int size)
{
    for (; size > 0; size--, value >>= 8)
        buffer_add_char(out, (char)(value & 255));
}

/* The fields that the local and the central header share (APPNOTE 4.3.7, 4.3.12). */
static inline void add_zip_fields(struct buffer *out, const struct zip_entry *entry,
                                  size_t packed, bool local)
{
    bool later = local && (entry->flaws & ZIP_DESCRIPTOR);
    uint32_t crc =
        (uint32_t)crc32(0, (const Bytef *)entry->bytes.at, (uInt)entry->bytes.length);
    add_le(out, 20, 2);
    add_le(out,
           (entry->flaws & ZIP_DESCRIPTOR ? 8u : 0u) | (entry->flaws & ZIP_ENCRYPTED ? 1u : 0u),
           2);
    add_le(out, entry->stored ? 0 : 8, 2);
    add_le(out, 0, 4);
    add_le(out, later ? 0 : entry->flaws & ZIP_BAD_CRC ? ~crc : crc, 4);
    add_le(out, later ? 0 : (uint32_t)packed, 4);
    add_le(out, later ? 0 : (uint32_t)entry->bytes.length, 4);
    add_le(out, (uint32_t)strlen(entry->name), 2);
    add_le(out, 0, 2);
}

/* Appends a zip archive. */
static inline void add_zip(struct buffer *out, const struct zip_entry *entries, size_t count)
{
    size_t start = out->length;
    BUFFER_AUTO directory = {0};
    for (size_t i = 0; i < count; i++) {
        const struct zip_entry *entry = &entries[i];
        BUFFER_AUTO packed = {0};
        if (entry->stored)
            buffer_add_text(&packed, entry->bytes);
        else
            add_deflated(&packed, entry->bytes, RAW_DEFLATE);
        buffer_add_text(&directory, TEXT("PK\1\2\24\0"));
        add_zip_fields(&directory, entry, packed.length, false);
        add_le(&directory, 0, 2 + 2 + 2 + 4);
        add_le(&directory, (uint32_t)(out->length - start), 4);
        buffer_add_text(&directory, text_of(entry->name));
        buffer_add_text(out, TEXT("PK\3\4"));
        add_zip_fields(out, entry, packed.length, true);
        buffer_add_text(out, text_of(entry->name));
        buffer_add_text(out, buffer_text(&packed));
        if (entry->flaws & ZIP_DESCRIPTOR) {
            buffer_add_text(out, TEXT("PK\7\10"));
            add_le(
                out,
                (uint32_t)crc32(0, (const Bytef *)entry->bytes.at, (uInt)entry->bytes.length),
                4);
            add_le(out, (uint32_t)packed.length, 4);
            add_le(out, (uint32_t)entry->bytes.length, 4);
        }
    }
    size_t at = out->length - start;
    buffer_add_text(out, buffer_text(&directory));
    buffer_add_text(out, TEXT("PK\5\6"));
    add_le(out, 0, 4);
    add_le(out, (uint32_t)count, 2);
    add_le(out, (uint32_t)count, 2);
    add_le(out, (uint32_t)directory.length, 4);
    add_le(out, (uint32_t)at, 4);
    add_le(out, 0, 2);
}

#endif
