/* Times are seconds since 1970 in UTC, without leap seconds. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define TIME_UNKNOWN INT64_MIN
enum { TIME_DAY = 86400, TIME_TEXT_SIZE = 32 };

/* What a time's text lacked or had in excess; a reader decides what is worth a word. */
struct time_form {
    bool date_only; /* 2024-01-01: the value is its first second */
    bool no_zone;   /* taken as UTC */
    bool loose; /* outside RFC 3339: no seconds, a comma, an offset without its colon, blanks
                     * around the zone or the whole */
};

/* RFC 3339, read generously: fractions are cut off, offsets are applied, t and z may be lower
 * case, the zone or the whole time of day may be missing, 24:00 is the next day's 00:00. False
 * where it is no time between the years 1970 and 9999. FORM may be null. */
bool time_parse(struct text text, int64_t *time, struct time_form *form);

/* RFC 3339 in UTC with Z and whole seconds, or "" for TIME_UNKNOWN. BUFFER has TIME_TEXT_SIZE
 * bytes; it is returned. */
const char *time_text(int64_t time, char *buffer);

/* The date alone, 2024-01-01. */
const char *time_date(int64_t time, char *buffer);

/* The first second of the UTC day of TIME. */
int64_t time_day(int64_t time);

/* The later of the two; what is not known is before all that is. */
int64_t time_later(int64_t a, int64_t b);

/* Seconds of "30d", "12w", "6h", "15m", "60s"; a bare number is in UNIT seconds. False for
 * anything else and on overflow. */
bool time_span_parse(struct text text, int64_t unit, int64_t *seconds);

/* The days from 1970-01-01 to that date of the Gregorian calendar; month and day are not
 * checked. */
int64_t time_days_of(int year, int month, int day);

/* The machine's clock. */
int64_t time_now(void);

/* Milliseconds of a clock that nobody sets. */
int64_t time_milliseconds(void);

#endif
