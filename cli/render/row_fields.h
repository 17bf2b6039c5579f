/* What a normalised row has, in the order of its keys. */
#ifndef RENDER_ROW_FIELDS_H
#define RENDER_ROW_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/text.h"
#include "store/store.h"

enum field_source { FROM_ROW, FROM_REPORT, FROM_POLICY, FROM_FAILURE };

enum field_type {
    AS_TEXT,
    AS_LIST,
    AS_WARNINGS, /* the report's, then the policy's */
    AS_TIME,
    AS_ID,    /* int64_t */
    AS_COUNT, /* uint64_t */
    AS_INDEX, /* uint32_t */
    AS_DIGEST,
    AS_AUTHENTICATED,
    AS_POLICY_TYPE,
    AS_POLICY_MODE,
    AS_RESULT_TYPE,
    AS_RESULT_CLASS,
    AS_CAUSE,
};

struct row_field {
    const char *key;
    enum field_source source;
    enum field_type type;
    size_t offset; /* within the struct of the source */
    bool in_policy, in_failure;
};

extern const struct row_field row_fields[];
extern const size_t row_field_count;

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_LIST };

struct row_value {
    enum value_kind kind;
    struct text text; /* unknown: null */
    uint64_t number;
    const struct text_list *lists[2]; /* one after the other; the second may be null */
    char space[SHA256_HEX_SIZE];      /* where `text` may lie */
};

bool row_has(enum row_kind kind, const struct row_field *field);

/* The value of FIELD, which ROW has; *VALUE is good as long as ROW is. */
void row_value(const struct store_row *row, const struct row_field *field,
               struct row_value *value);

const char *row_kind_name(enum row_kind kind);

#endif
