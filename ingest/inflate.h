/* Compressed bytes become plain ones, under a limit that holds while they are unpacked. */
#ifndef INGEST_INFLATE_H
#define INGEST_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/text.h"

enum inflate_end {
    INFLATE_WHOLE = 0, /* all of it */
    INFLATE_CUT,       /* the data ends early or is damaged: OUT has what could be had */
    INFLATE_TOO_LARGE, /* more than LIMIT bytes: OUT has the first LIMIT */
    INFLATE_EMPTY,     /* a zip without a file in it */
    INFLATE_TOO_MANY,  /* a zip with more files than are read */
};

/* gzip by its magic bytes 1f 8b; zip by PK 03 04 (or an empty one's PK 05 06). */
bool inflate_is_gzip(struct text bytes);
bool inflate_is_zip(struct text bytes);

/* Appends to OUT what the gzip BYTES hold: members follow each other as one stream (RFC 1952
 * §2.2), whatever follows the last is left alone. At most LIMIT bytes. */
enum inflate_end inflate_gzip(struct text bytes, size_t limit, struct buffer *out);

/* One file of a zip archive: its NAME (without folder, in ARENA) and bytes. */
struct inflate_file {
    struct text name;
    struct text bytes;
    enum inflate_end end;
};

/* The files of a zip archive, INFLATE_ZIP_FILES at most, LIMIT bytes decompressed in all; nested
 * archives are not opened. All in ARENA. Encrypted files are left out. */
enum { INFLATE_ZIP_FILES = 1000 };
enum inflate_end inflate_zip(struct text bytes, size_t limit, struct arena *arena,
                             struct inflate_file files[INFLATE_ZIP_FILES], size_t *count);

#endif
