#include "base/text.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool same_nocase(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

struct text text_of(const char *string)
{
    return string ? (struct text){string, strlen(string)} : TEXT_UNKNOWN;
}

bool text_known(struct text text)
{
    return text.at != NULL;
}

bool text_equal(struct text a, struct text b)
{
    if (!a.at || !b.at)
        return !a.at && !b.at;
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

bool text_equal_nocase(struct text a, struct text b)
{
    if (!a.at || !b.at)
        return !a.at && !b.at;
    return a.length == b.length && same_nocase(a.at, b.at, a.length);
}

int text_compare(struct text a, struct text b)
{
    if (!a.at || !b.at)
        return (a.at ? 1 : 0) - (b.at ? 1 : 0);
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    if (order)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

bool text_starts(struct text text, struct text prefix)
{
    return text.length >= prefix.length && text_equal(text_first(text, prefix.length), prefix);
}

bool text_starts_nocase(struct text text, struct text prefix)
{
    return text.length >= prefix.length &&
           text_equal_nocase(text_first(text, prefix.length), prefix);
}

bool text_ends_nocase(struct text text, struct text suffix)
{
    return text.length >= suffix.length &&
           text_equal_nocase(text_from(text, text.length - suffix.length), suffix);
}

size_t text_find(struct text text, struct text needle)
{
    if (!text.at || text.length < needle.length)
        return SIZE_MAX;
    const char *found = memmem(text.at, text.length, needle.at, needle.length);
    return found ? (size_t)(found - text.at) : SIZE_MAX;
}

size_t text_find_nocase(struct text text, struct text needle)
{
    if (!text.at || text.length < needle.length)
        return SIZE_MAX;
    for (size_t i = 0; i <= text.length - needle.length; i++)
        if (same_nocase(text.at + i, needle.at, needle.length))
            return i;
    return SIZE_MAX;
}

size_t text_find_char(struct text text, char wanted)
{
    const char *found = text.length ? memchr(text.at, wanted, text.length) : NULL;
    return found ? (size_t)(found - text.at) : SIZE_MAX;
}

struct text text_from(struct text text, size_t start)
{
    if (start > text.length)
        start = text.length;
    return (struct text){text.at ? text.at + start : NULL, text.length - start};
}

struct text text_first(struct text text, size_t length)
{
    return (struct text){text.at, text.length < length ? text.length : length};
}

struct text text_trim(struct text text)
{
    while (text.at && text.length && is_blank(text.at[0]))
        text = text_from(text, 1);
    while (text.at && text.length && is_blank(text.at[text.length - 1]))
        text.length--;
    return text;
}

bool text_next(struct text *rest, char separator, struct text *part)
{
    if (!rest->at)
        return false;
    size_t end = text_find_char(*rest, separator);
    if (end == SIZE_MAX) {
        *part = *rest;
        *rest = TEXT_UNKNOWN;
        return true;
    }
    *part = text_first(*rest, end);
    *rest = text_from(*rest, end + 1);
    return true;
}

struct text text_copy(struct arena *arena, struct text text)
{
    if (!text.at)
        return text;
    return (struct text){text_string(arena, text), text.length};
}

char *text_string(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.length + 1);
    if (text.length)
        memcpy(copy, text.at, text.length);
    return copy;
}

struct text text_lower(struct arena *arena, struct text text)
{
    if (!text.at)
        return text;
    char *copy = text_string(arena, text);
    for (size_t i = 0; i < text.length; i++)
        copy[i] = lower(copy[i]);
    return (struct text){copy, text.length};
}

struct text text_format_list(struct arena *arena, const char *format, va_list arguments)
{
    /* Most are short: only what has no room here is formatted again. */
    char short_text[512];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(short_text, sizeof short_text, format, arguments);
    if (length < 0)
        memory_exhausted();
    char *at = arena_alloc(arena, (size_t)length + 1);
    if ((size_t)length < sizeof short_text)
        memcpy(at, short_text, (size_t)length + 1);
    else
        vsnprintf(at, (size_t)length + 1, format, again);
    va_end(again);
    return (struct text){at, (size_t)length};
}

struct text text_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text text = text_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}

bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_unsigned(struct text text, uint64_t *value)
{
    uint64_t sum = 0;
    if (!text.length)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned digit = (unsigned char)text.at[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

size_t text_utf8_length(struct text text)
{
    if (!text.length || !text.at)
        return 0;
    const unsigned char *at = (const unsigned char *)text.at;
    unsigned first = at[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xc2 && first < 0xe0   ? 2
                    : first >= 0xe0 && first < 0xf0 ? 3
                    : first >= 0xf0 && first < 0xf5 ? 4
                                                    : 0;
    if (!length || text.length < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (first == 0xe0 && at[1] < 0xa0) || (first == 0xf0 && at[1] < 0x90);
    bool surrogate = first == 0xed && at[1] >= 0xa0;
    bool beyond = first == 0xf4 && at[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

bool text_is_utf8(struct text text)
{
    size_t i = 0;
    while (i < text.length) {
        if ((unsigned char)text.at[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = text_utf8_length(text_from(text, i));
        if (!length)
            return false;
        i += length;
    }
    return true;
}

struct text text_as_utf8(struct arena *arena, struct text text)
{
    if (text_is_utf8(text))
        return text;
    if (text.length > SIZE_MAX / 2)
        memory_exhausted();
    char *copy = arena_alloc(arena, 2 * text.length);
    size_t length = 0;
    for (size_t i = 0; i < text.length;) {
        size_t sequence = text_utf8_length(text_from(text, i));
        if (sequence) {
            memcpy(copy + length, text.at + i, sequence);
            length += sequence;
            i += sequence;
        } else {
            unsigned char c = (unsigned char)text.at[i++];
            copy[length++] = (char)(0xc0 | c >> 6);
            copy[length++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return (struct text){copy, length};
}

struct text text_host(struct arena *arena, struct text text)
{
    if (!text.at)
        return text;
    struct text host = text_lower(arena, text_trim(text));
    if (host.length && host.at[host.length - 1] == '.')
        host.length--;
    bool ascii = true;
    for (size_t i = 0; host.at && i < host.length; i++)
        ascii = ascii && (unsigned char)host.at[i] < 0x80 && host.at[i] != 0;
    if (ascii || host.length > 1024 || memchr(host.at, 0, host.length))
        return host;
    char *encoded = g_hostname_to_ascii(text_string(arena, host));
    if (!encoded)
        return host;
    struct text copy = text_lower(arena, text_of(encoded));
    g_free(encoded);
    return copy;
}

bool text_is_host(struct text text)
{
    if (!text.length || text.length > 253)
        return false;
    size_t label = 0, labels = 0;
    for (size_t i = 0; i <= text.length; i++) {
        char c = i < text.length ? lower(text.at[i]) : '.';
        if (c == '.') {
            if (label == 0 || label > 63)
                return false;
            labels++;
            label = 0;
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            label++;
        } else {
            return false;
        }
    }
    return labels >= 2;
}
