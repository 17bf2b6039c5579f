/* The JSON shape of an observation as tables: what the reader and the writer both go by. The
 * order of the fields is that of SPEC.md, and a field's index is its bit in `nulls`. */
#ifndef PUBLISHED_OBSERVATION_SHAPE_H
#define PUBLISHED_OBSERVATION_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "published/observation.h"

enum field_kind {
    FIELD_TEXT,    /* struct text, as it is */
    FIELD_HOST,    /* struct text: a host name, as text_host() gives it */
    FIELD_TYPE,    /* struct text: the type of a record, upper case */
    FIELD_ADDRESS, /* struct text: an IP address */
    FIELD_SHA256,  /* struct text: 64 hexadecimal digits */
    FIELD_TIME,    /* int64_t */
    FIELD_NUMBER,  /* struct observed_number, at most `limit` */
    FIELD_ANSWER,  /* enum answer, a boolean */
    FIELD_WORD,    /* an enum of `words` */
    FIELD_TEXTS,   /* struct text_list of at most `limit` */
    FIELD_HOSTS,   /* the same, each as FIELD_HOST */
    FIELD_OBJECT,  /* a pointer to a struct of `shape` */
    FIELD_OBJECTS, /* a list of at most `limit` such structs */
};

struct shape;

struct field {
    const char *key;
    enum field_kind kind;
    bool required;
    size_t offset;
    uint32_t limit; /* of a text: its bytes */
    const struct observed_words *words;
    const struct shape *shape;
};

struct shape {
    const struct field *fields;
    size_t count, size;
    /* What is canonical about several fields together; may be null. */
    void (*settle)(struct arena *arena, void *object);
};

/* Every struct begins with its `nulls`. */
extern const struct shape observation_shape;

/* How many things a stranger's observation may hold. */
enum {
    OBSERVED_RECORDS_MAX = 20000,
    OBSERVED_SMTP_MAX = 2000,
    OBSERVED_AUTHORITIES_MAX = 5000,
    OBSERVED_VALUES_MAX = 1000,
    OBSERVED_HOSTS_MAX = 256,
    OBSERVED_NAMES_MAX = 1000,
    OBSERVED_CHAIN_MAX = 32,
    OBSERVED_NAME_SIZE = 255,
    OBSERVED_TEXT_SIZE = 64 * 1024,
    OBSERVED_BODY_SIZE =
        68 * 1024, /* the largest policy, and room for what tells it is larger */
};

/* A list in a struct, whatever it holds. */
struct any_list {
    void *at;
    size_t count;
};

/* Members by offset: lists and pointers of any type have one representation. */
struct any_list shape_list(const void *object, const struct field *field);
void shape_set_list(void *object, const struct field *field, struct any_list list);
void *shape_pointer(const void *object, const struct field *field);
unsigned shape_word(const void *object, const struct field *field);

/* Sets the members that are not unknown when they are zero. */
void shape_begin(const struct shape *shape, void *object);

/* Whether the member has a value, so that its bit in `nulls` means nothing. */
bool shape_has(const void *object, const struct field *field);

#endif
