/* Text from outside: bytes with a length, never assumed to end in NUL. A text whose `at` is null
 * is "unknown", which is not the same as empty. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct text {
    const char *at;
    size_t length;
};

struct text_list {
    struct text *at;
    size_t count;
};

/* TEXT is an expression; TEXT_ROW the same for the initialisers of static tables. */
#define TEXT_ROW(literal)                                                                      \
    {                                                                                          \
        "" literal, sizeof(literal) - 1                                                        \
    }
#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_UNKNOWN  ((struct text){NULL, 0})

/* For printf's "%.*s": only for text that is known to be clean. */
#define TEXT_ARGS(text) (int)(text).length, (text).at

/* The bytes of a C string, or unknown for null. */
struct text text_of(const char *string);

bool text_known(struct text text);

/* Byte by byte; unknown equals only unknown. */
bool text_equal(struct text a, struct text b);

/* As text_equal() without regard to the case of ASCII letters. */
bool text_equal_nocase(struct text a, struct text b);

/* Less, equal or greater than 0, byte by byte; unknown comes first. */
int text_compare(struct text a, struct text b);

bool text_starts(struct text text, struct text prefix);
bool text_starts_nocase(struct text text, struct text prefix);
bool text_ends_nocase(struct text text, struct text suffix);

/* The first occurrence's offset, or SIZE_MAX. */
size_t text_find(struct text text, struct text needle);
size_t text_find_nocase(struct text text, struct text needle);
size_t text_find_char(struct text text, char wanted);

/* From START (cut to the length) to the end. */
struct text text_from(struct text text, size_t start);

/* The first LENGTH bytes at most. */
struct text text_first(struct text text, size_t length);

/* Without blanks, tabs, CR and LF at both ends. */
struct text text_trim(struct text text);

/* Takes the part of *REST before SEPARATOR, or all of it; *REST becomes what follows, unknown
 * after the last part. False when *REST is unknown. */
bool text_next(struct text *rest, char separator, struct text *part);

/* Copies, owned by ARENA; text_copy() and text_lower() end in NUL for convenience. Unknown stays
 * unknown. */
struct text text_copy(struct arena *arena, struct text text);
struct text text_lower(struct arena *arena, struct text text);
char *text_string(struct arena *arena, struct text text);
struct text text_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct text text_format_list(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* 0 to 9, whatever the locale. */
bool text_is_digit(char c);

/* Decimal digits only, at least one, no overflow: true and *VALUE. */
bool text_unsigned(struct text text, uint64_t *value);

/* Whether all of it is UTF-8 (RFC 3629: no surrogates, nothing overlong, at most U+10FFFF). */
bool text_is_utf8(struct text text);

/* TEXT itself where it is UTF-8, else a copy in which each byte that is no part of such is its
 * Latin-1 character. */
struct text text_as_utf8(struct arena *arena, struct text text);

/* Length in bytes (1 to 4) of the UTF-8 sequence at the start of TEXT, 0 where there is none. */
size_t text_utf8_length(struct text text);

/* A host name as this program keeps it: lower case, no final dot, a U-label as A-label. What is no
 * host name comes back in lower case. Unknown stays unknown. */
struct text text_host(struct arena *arena, struct text text);

/* Whether TEXT could be a host name: labels of letters, digits, '-' and '_', 253 bytes at most, two
 * labels at least. */
bool text_is_host(struct text text);

#endif
