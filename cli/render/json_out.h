/* Writes JSON (RFC 8259) without blanks. Commas are its business; that what is opened is closed
 * is the caller's. Every function takes the KEY of the value, a literal without anything to
 * escape, or null for an element of an array and for the outermost value. */
#ifndef RENDER_JSON_OUT_H
#define RENDER_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

struct json_out {
    struct buffer *to; /* the caller's */
    bool comma;        /* the next value follows another one */
};

void json_object(struct json_out *out, const char *key);
void json_object_end(struct json_out *out);
void json_array(struct json_out *out, const char *key);
void json_array_end(struct json_out *out);

/* Escaped by escape_json(); unknown text is null. */
void json_text(struct json_out *out, const char *key, struct text text);
void json_list(struct json_out *out, const char *key, const struct text_list *list);

void json_unsigned(struct json_out *out, const char *key, uint64_t number);
void json_signed(struct json_out *out, const char *key, int64_t number);
/* SHARE from 0 to 1, with four digits at most after the point, whatever the locale: 0.0, 0.25, 1.0. */
void json_share(struct json_out *out, const char *key, double share);
void json_bool(struct json_out *out, const char *key, bool value);
void json_null(struct json_out *out, const char *key);

/* RFC 3339 in UTC; TIME_UNKNOWN is null. */
void json_time(struct json_out *out, const char *key, int64_t time);

#endif
