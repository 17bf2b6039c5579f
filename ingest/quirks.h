/* The departures from the RFCs that a report's reader puts up with. Each has a code that stays as
 * it is (people filter by it), a text, and the sender it is for: one row of the table in quirks.c.
 * What is no departure (SPEC "Tolerance") has no row. */
#ifndef INGEST_QUIRKS_H
#define INGEST_QUIRKS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum quirk {
    /* the document */
    QUIRK_BYTE_ORDER_MARK,
    QUIRK_NOT_UTF8,
    QUIRK_NUL_ESCAPE,
    QUIRK_LONE_SURROGATE,
    QUIRK_CONTROL_CHARACTER,
    QUIRK_NUMBER_FORM,
    QUIRK_TRAILING_BYTES,
    /* any object in it */
    QUIRK_DUPLICATE_KEY,
    QUIRK_TWO_SPELLINGS,
    QUIRK_SNAKE_CASE_KEY,
    QUIRK_KEY_ALIAS,
    QUIRK_NULL_VALUE,
    QUIRK_MISSING_KEY,
    QUIRK_NOT_TEXT,
    QUIRK_NOT_OBJECT,
    /* date-range */
    QUIRK_DATE_NO_ZONE,
    QUIRK_DATE_ONLY,
    QUIRK_DATE_FORM,
    QUIRK_DATE_UNUSABLE,
    QUIRK_DATE_FROM_FILE_NAME,
    QUIRK_DATE_FROM_MAIL,
    QUIRK_DATE_UNKNOWN,
    QUIRK_DATE_ORDER,
    /* a policy */
    QUIRK_POLICY_NOT_OBJECT,
    QUIRK_POLICY_DOMAIN_FORM,
    QUIRK_POLICY_DOMAIN_FROM_HEADER,
    QUIRK_POLICY_DOMAIN_FROM_FILE_NAME,
    QUIRK_POLICY_DOMAIN_UNKNOWN,
    QUIRK_POLICY_TYPE_FORM,
    QUIRK_POLICY_TYPE_UNKNOWN,
    QUIRK_POLICY_STRING_FORM,
    QUIRK_POLICY_STRING_JOINED,
    QUIRK_POLICY_STRING_NESTED,
    QUIRK_TLSA_FORM,
    QUIRK_MX_HOST_STRING,
    QUIRK_MX_HOST_FORM,
    QUIRK_LIST_ELEMENT,
    /* counts */
    QUIRK_COUNT_STRING,
    QUIRK_COUNT_NEGATIVE,
    QUIRK_COUNT_FRACTION,
    QUIRK_COUNT_TOO_LARGE,
    QUIRK_COUNT_UNREADABLE,
    QUIRK_MORE_DETAILS,
    /* failures */
    QUIRK_FAILURE_DETAILS_OBJECT,
    QUIRK_FAILURE_DETAILS_FORM,
    QUIRK_FAILURE_NOT_OBJECT,
    QUIRK_RESULT_TYPE_FORM,
    QUIRK_RESULT_TYPE_UNKNOWN,
    QUIRK_ADDRESS_FORM,
    QUIRK_ADDRESS_UNREADABLE,
    QUIRK_ADDITIONAL_INFORMATION_FORM,
    /* the log's own */
    QUIRK_MORE_WARNINGS,
    QUIRK_COUNT,
};

struct quirk_row {
    const char *code;
    const char *text;   /* follows the name of the key that it is about */
    const char *sender; /* whose reports have it, or where else it was met */
};

const struct quirk_row *quirk_row(enum quirk quirk);

/* Notes go to LIST as "code: text", each text once and so many at most. */
enum { QUIRK_LOG_SIZE = 20 };
struct quirk_log {
    struct arena *arena;
    struct text_list *list;
    uint64_t left_out;
};

/* Adds a warning: "code: KEY text: \"QUOTED\"". KEY may be null, QUOTED unknown; of QUOTED, which
 * is UTF-8 from the report, 80 characters are kept and control characters are escaped. */
void quirk_note(struct quirk_log *log, enum quirk quirk, const char *key, struct text quoted);

/* Adds how many were left out, if any: call it once, after the last note. */
void quirk_log_end(struct quirk_log *log);

#endif
