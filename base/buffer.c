#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed;
    if (__builtin_add_overflow(buffer->length, more, &needed))
        memory_exhausted();
    if (needed <= buffer->room)
        return;
    size_t room = buffer->room ? buffer->room : 256;
    while (room < needed)
        if (__builtin_mul_overflow(room, 2u, &room))
            memory_exhausted();
    char *at = realloc(buffer->at, room);
    if (!at)
        memory_exhausted();
    buffer->at = at;
    buffer->room = room;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (!length)
        return;
    buffer_reserve(buffer, length);
    memcpy(buffer->at + buffer->length, bytes, length);
    buffer->length += length;
}

void buffer_add_text(struct buffer *buffer, struct text text)
{
    buffer_add(buffer, text.at, text.length);
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

void buffer_add_u32(struct buffer *buffer, uint32_t value)
{
    buffer_add(buffer, &value, sizeof value);
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
    buffer_add(buffer, &value, sizeof value);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        memory_exhausted();
    buffer_reserve(buffer, (size_t)length + 1);
    vsnprintf(buffer->at + buffer->length, (size_t)length + 1, format, again);
    va_end(again);
    buffer->length += (size_t)length;
}

void buffer_drop(struct buffer *buffer, size_t length)
{
    if (length > buffer->length)
        length = buffer->length;
    buffer->length -= length;
    if (buffer->length)
        memmove(buffer->at, buffer->at + length, buffer->length);
}

struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->at ? buffer->at : "", buffer->length};
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->at);
    *buffer = (struct buffer){0};
}
