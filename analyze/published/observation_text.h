/* Reading and writing by the tables of observation_shape.h, for the files of this room. */
#ifndef PUBLISHED_OBSERVATION_TEXT_H
#define PUBLISHED_OBSERVATION_TEXT_H

#include "base/buffer.h"
#include "base/error.h"
#include "published/observation_json.h"
#include "published/observation_shape.h"

/* Appends OBJECT as a JSON object without the keys whose bits are in WITHOUT; keys that were
 * not looked at are left out. */
void shape_write(struct buffer *buffer, const struct shape *shape, const void *object,
                 uint32_t without);

/* As observation_read() for a piece of an observation, in which no key of it is required. */
bool observation_read_piece(struct text text, struct arena *arena,
                            struct observation *observation, struct error *err);

/* Where the JSON object that begins at START of TEXT ends, and whether it may be parsed at all:
 * UTF-8, no NUL, no raw control character in a string, neither too deep nor too large. Null and
 * *END behind it, or what is wrong and *END where. */
const char *observation_scan(struct text text, size_t start, size_t *end);

#endif
