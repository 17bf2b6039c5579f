/* What a worker hands to its parent: a reading as bytes. The parent reads them as it would read
 * any stranger's: every length, count and word is checked. */
#ifndef INGEST_WIRE_H
#define INGEST_WIRE_H

#include "base/buffer.h"
#include "base/error.h"
#include "ingest/mail.h"

/* Appends READING to OUT. */
void wire_encode(const struct reading *reading, struct buffer *out);

/* Reads what wire_encode() wrote into READING. Its lists are in ARENA, its texts point into BYTES.
 * False with ERROR_BUG in ERR where BYTES are not such; then READING must not be used. */
bool wire_decode(struct text bytes, const struct ingest_limits *limits, struct arena *arena,
                 struct reading *reading, struct error *err);

#endif
