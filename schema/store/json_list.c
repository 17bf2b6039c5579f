#include <string.h>

#include "base/vector.h"
#include "store/store_internal.h"

static void write_string(struct buffer *out, struct text text)
{
    buffer_add_char(out, '"');
    size_t done = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_add(out, text.at + done, i - done);
        if (c < 0x20)
            buffer_format(out, "\\u%04x", (unsigned)c);
        else
            buffer_format(out, "\\%c", c);
        done = i + 1;
    }
    buffer_add(out, text.length ? text.at + done : "", text.length - done);
    buffer_add_char(out, '"');
}

void json_list_write(struct buffer *out, const struct text_list *list)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buffer_add_char(out, ',');
        write_string(out, list->at[i]);
    }
    buffer_add_char(out, ']');
}

static void skip_blanks(struct text *rest)
{
    while (rest->length && strchr(" \t\r\n", rest->at[0]) && rest->at[0])
        *rest = text_from(*rest, 1);
}

static bool take(struct text *rest, char wanted)
{
    skip_blanks(rest);
    if (!rest->length || rest->at[0] != wanted)
        return false;
    *rest = text_from(*rest, 1);
    return true;
}

static bool take_hex(struct text *rest, uint32_t *value)
{
    if (rest->length < 4)
        return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *found = memchr(digits, rest->at[i], sizeof digits - 1);
        if (!found)
            return false;
        *value = *value << 4 | (uint32_t)((found - digits) & 15);
    }
    *rest = text_from(*rest, 4);
    return true;
}

/* Puts the code point as UTF-8; a surrogate that stands alone becomes U+FFFD. */
static char *put_code(char *to, uint32_t code)
{
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* What follows a backslash. An escape is never shorter than what it stands for. */
static bool take_escape(struct text *rest, char **to)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (!rest->length)
        return false;
    char letter = rest->at[0];
    *rest = text_from(*rest, 1);
    const char *found = memchr(letters, letter, sizeof letters - 1);
    if (found) {
        *(*to)++ = meanings[found - letters];
        return true;
    }
    uint32_t code, second;
    if (letter != 'u' || !take_hex(rest, &code))
        return false;
    struct text after = *rest;
    if (code >= 0xd800 && code < 0xdc00 && text_starts(after, TEXT("\\u"))) {
        after = text_from(after, 2);
        if (take_hex(&after, &second) && second >= 0xdc00 && second < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
            *rest = after;
        }
    }
    *to = put_code(*to, code);
    return true;
}

/* A string whose text, unescaped, goes to *TO. */
static bool take_string(struct text *rest, char **to, struct text *string)
{
    if (!take(rest, '"'))
        return false;
    char *start = *to;
    while (rest->length && rest->at[0] != '"') {
        char c = rest->at[0];
        *rest = text_from(*rest, 1);
        if (c != '\\')
            *(*to)++ = c;
        else if (!take_escape(rest, to))
            return false;
    }
    *string = (struct text){start, (size_t)(*to - start)};
    return take(rest, '"');
}

struct text_list json_list_read(struct arena *arena, struct text json)
{
    struct text_list list = {0};
    struct text rest = json, string;
    if (!take(&rest, '['))
        return list;
    char *to = arena_alloc(arena, json.length);
    while (take_string(&rest, &to, &string)) {
        text_list_add(arena, &list, string);
        if (!take(&rest, ','))
            break;
    }
    return list;
}
