/* What cJSON lets through or gets wrong is dealt with here, in one pass over the text before it is
 * parsed: where the document ends, how deep it is, bytes that are no UTF-8, NUL, lone surrogates,
 * integers that a double would round. Nothing here knows what a TLS report is. */
#ifndef INGEST_JSON_H
#define INGEST_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum json_end {
    JSON_WHOLE = 0,  /* a document, perhaps with something after it */
    JSON_NOT_OBJECT, /* does not begin with { (after a byte order mark and blanks) */
    JSON_CUT,        /* ends before its closing } */
    JSON_BROKEN,     /* no JSON: error_offset says where */
    JSON_TOO_DEEP,
    JSON_NUL, /* a raw NUL inside the document */
};

/* What was found and put right. */
struct json_oddities {
    bool byte_order_mark;
    bool not_utf8;          /* each such byte was taken as Latin-1 */
    bool nul_escape;        /* \u0000, became U+FFFD */
    bool lone_surrogate;    /* became U+FFFD */
    bool control_character; /* raw, in a string or between the tokens */
    bool number_form;       /* 007 or 1. */
    bool trailing;          /* something other than blanks after the document */
};

struct json_document {
    struct text source; /* the document's own bytes, from { to its closing }, as they came */
    cJSON *root;        /* an object; lives in the arena, never to be given to cJSON_Delete() */
    struct json_oddities oddities;
    size_t error_offset; /* in the text; after something was put right before it, about there */
};

/* Parses TEXT. The { of the document is depth 1; MAX_DEPTH is at most cJSON's own 1000. A number
 * that is no plain integer of up to 15 digits is kept as it is written: only json_count() and
 * json_scalar() know its shape. cJSON's memory comes from ARENA, in which the document then lives
 * without need of the text; cJSON's hooks are back at malloc() on return. */
enum json_end json_parse(struct text text, unsigned max_depth, struct arena *arena,
                         struct json_document *document);

/* The array that TEXT is from its first to its last byte, of anything but arrays and objects;
 * null where it is none. Lives in ARENA. */
const cJSON *json_array_in_text(struct text text, struct arena *arena);

/* Whether json_parse() would take TEXT for the begin of an object. */
bool json_is_object(struct text text);

/* What a number in the text was. */
enum json_number {
    JSON_NUMBER_OK = 0,
    JSON_NUMBER_NONE,      /* the item is no number and no string that is one (or null) */
    JSON_NUMBER_NEGATIVE,  /* *value is 0 */
    JSON_NUMBER_FRACTION,  /* cut off */
    JSON_NUMBER_TOO_LARGE, /* *value is INT64_MAX */
};

/* The count in ITEM (may be null), 0 to INT64_MAX; 12.0 and 1.2e1 are 12. *AS_STRING says that a
 * string held it. */
enum json_number json_count(const cJSON *item, uint64_t *value, bool *as_string);

/* The bytes of a string item, unknown for any other or null. */
struct text json_string(const cJSON *item);

/* A string item's bytes, a number as it is written, true or false; unknown for anything else. */
struct text json_scalar(const cJSON *item, struct arena *arena);

#endif
