/* The members of a JSON object by a table of the keys that count, as senders spell them. */
#ifndef INGEST_FIELDS_H
#define INGEST_FIELDS_H

#include <stdbool.h>

#include "ingest/json.h"
#include "ingest/quirks.h"

enum { FIELDS_MAX = 8 };

/* A key and the field that it fills. The first rows of a table are the fields themselves in the
 * RFC's spelling, row i for field i; other names of them follow. */
struct field_key {
    struct text name;
    unsigned field;
};

struct field_table {
    const struct field_key *keys;
    unsigned key_count, field_count;
};
#define FIELD_TABLE(keys, fields)                                                              \
    {                                                                                          \
        (keys), sizeof(keys) / sizeof *(keys), (fields)                                        \
    }

struct fields {
    const struct field_table *table;
    const cJSON *item[FIELDS_MAX]; /* null where it is missing, or the value null */
    bool present[FIELDS_MAX];      /* the key is there, whatever its value */
};

/* Reads OBJECT (anything else has no members). Keys may be written with '_' for '-'. Of two the
 * last counts, but one written with '-' before one with '_'. Unknown keys are passed over. What
 * departs from the RFC is noted in LOG. */
void fields_read(const cJSON *object, const struct field_table *table, struct quirk_log *log,
                 struct fields *fields);

/* The RFC's name of a field. */
const char *field_name(const struct fields *fields, unsigned field);

/* Notes QUIRK about FIELD. */
void field_note(const struct fields *fields, unsigned field, enum quirk quirk,
                struct text quoted, struct quirk_log *log);

/* Notes it if FIELD is not there. */
void field_require(const struct fields *fields, unsigned field, struct quirk_log *log);

/* The object in FIELD, or null: what is there and no object is noted. */
const cJSON *field_object(const struct fields *fields, unsigned field, struct quirk_log *log);

/* The text in FIELD: blank is unknown; a number or a word is noted and taken as it is written;
 * anything else is noted and unknown. */
struct text field_text(const struct fields *fields, unsigned field, struct quirk_log *log);

/* As field_text(), and noted where there is none. */
struct text field_required_text(const struct fields *fields, unsigned field,
                                struct quirk_log *log);

/* The count in FIELD, 0 to INT64_MAX, with a note for whatever is wrong with it. */
uint64_t field_count(const struct fields *fields, unsigned field, struct quirk_log *log);

#endif
