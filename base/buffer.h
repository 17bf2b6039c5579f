/* Bytes that grow. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct buffer {
    char *at;
    size_t length, room;
};

#define BUFFER_AUTO __attribute__((cleanup(buffer_free))) struct buffer

/* All of these end the process by memory_exhausted() when memory runs out. */
void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, struct text text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_u32(struct buffer *buffer, uint32_t value); /* the machine's byte order */
void buffer_add_u64(struct buffer *buffer, uint64_t value);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops the first LENGTH bytes. */
void buffer_drop(struct buffer *buffer, size_t length);

struct text buffer_text(const struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
