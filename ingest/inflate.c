#include "ingest/inflate.h"

#include <limits.h>

#define ZLIB_CONST /* zlib's input is const */
#include <zlib.h>

enum {
    WINDOW = 32 * 1024,
    GZIP_ONLY = 16, /* added to zlib's window bits: expect a gzip header */
};

bool inflate_is_gzip(struct text bytes)
{
    return text_starts(bytes, TEXT("\x1f\x8b"));
}

bool inflate_is_zip(struct text bytes)
{
    return text_starts(bytes, TEXT("PK\x03\x04")) || text_starts(bytes, TEXT("PK\x05\x06"));
}

static void end_stream(z_stream *stream)
{
    inflateEnd(stream);
}

/* Gives zlib as much of *REST as its counter holds. */
static void feed(z_stream *stream, struct text *rest)
{
    size_t length = rest->length < UINT_MAX ? rest->length : UINT_MAX;
    stream->next_in = (const Bytef *)rest->at;
    stream->avail_in = (uInt)length;
}

static void advance(z_stream *stream, struct text *rest)
{
    *rest = text_from(*rest, (size_t)((const char *)stream->next_in - rest->at));
}

/* Appends one member of *REST, which is left behind it. *ROOM is what may still be appended. */
static enum inflate_end inflate_member(z_stream *stream, struct text *rest, size_t *room,
                                       struct buffer *out)
{
    unsigned char window[WINDOW];
    for (;;) {
        stream->next_out = window;
        stream->avail_out = sizeof window;
        feed(stream, rest);
        int status = inflate(stream, Z_NO_FLUSH);
        advance(stream, rest);
        size_t length = sizeof window - stream->avail_out;
        size_t taken = length < *room ? length : *room;
        buffer_add(out, window, taken);
        *room -= taken;
        if (taken < length)
            return INFLATE_TOO_LARGE;
        if (status == Z_STREAM_END)
            return INFLATE_WHOLE;
        if (status != Z_OK)
            return INFLATE_CUT;
    }
}

enum inflate_end inflate_gzip(struct text bytes, size_t limit, struct buffer *out)
{
    __attribute__((cleanup(end_stream))) z_stream stream = {0};
    if (inflateInit2(&stream, MAX_WBITS + GZIP_ONLY) != Z_OK)
        return INFLATE_CUT;
    size_t room = limit;
    do {
        enum inflate_end end = inflate_member(&stream, &bytes, &room, out);
        if (end != INFLATE_WHOLE)
            return end;
        inflateReset(&stream);
    } while (inflate_is_gzip(bytes));
    return INFLATE_WHOLE;
}
