#include "base/time.h"

#include <stdio.h>
#include <time.h>

/* The first second that four digits of a year cannot write. */
#define YEAR_10000 INT64_C(253402300800)

/* Day and civil date by counting 400-year cycles from 1 March of year 0, so that a leap day is
 * the last of its year. */
int64_t time_days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t cycle = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_cycle = y - cycle * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_cycle =
        year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * 146097 + day_of_cycle - 719468;
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Takes exactly DIGITS digits from the front of *TEXT. */
static bool take_number(struct text *text, size_t digits, int *value)
{
    uint64_t number;
    if (text->length < digits || !text_unsigned(text_first(*text, digits), &number))
        return false;
    *value = (int)number;
    *text = text_from(*text, digits);
    return true;
}

static bool take_char(struct text *text, const char *any)
{
    for (; *any; any++)
        if (text->length && text->at[0] == *any) {
            *text = text_from(*text, 1);
            return true;
        }
    return false;
}

static bool take_zone(struct text *text, int64_t *offset, struct time_form *form)
{
    *offset = 0;
    form->no_zone = text->length == 0;
    if (form->no_zone || take_char(text, "Zz"))
        return true;
    bool west = text->at[0] == '-';
    int hours, minutes;
    if (!take_char(text, "+-") || !take_number(text, 2, &hours))
        return false;
    form->loose = !take_char(text, ":") || form->loose;
    if (!take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * 60;
    if (west)
        *offset = -*offset;
    return true;
}

bool time_parse(struct text text, int64_t *time, struct time_form *form)
{
    struct time_form unused;
    if (!form)
        form = &unused;
    *form = (struct time_form){0};
    int year, month, day;
    size_t as_sent = text.length;
    text = text_trim(text);
    form->loose = text.length != as_sent;
    if (!take_number(&text, 4, &year) || !take_char(&text, "-") ||
        !take_number(&text, 2, &month) || !take_char(&text, "-") ||
        !take_number(&text, 2, &day))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    int64_t start = time_days_of(year, month, day) * TIME_DAY;
    if (!text.length) {
        form->date_only = true;
        *time = start;
        return true;
    }
    int hour, minute, second = 0;
    if (!take_char(&text, "Tt ") || !take_number(&text, 2, &hour) || !take_char(&text, ":") ||
        !take_number(&text, 2, &minute))
        return false;
    if (!take_char(&text, ":"))
        form->loose = true;
    else if (!take_number(&text, 2, &second))
        return false;
    form->loose = (text.length && text.at[0] == ',') || form->loose;
    if (take_char(&text, ".,"))
        while (take_char(&text, "0123456789"))
            ;
    bool midnight = hour == 24 && minute == 0 && second == 0;
    if ((hour > 23 && !midnight) || minute > 59 || second > 60)
        return false;
    int64_t offset;
    form->loose = take_char(&text, " ") || form->loose;
    if (!take_zone(&text, &offset, form) || text.length)
        return false;
    *time = start + (hour * 60 + minute) * 60 + second - offset;
    return *time >= 0 && *time < YEAR_10000;
}

static bool civil(int64_t time, struct tm *out)
{
    time_t value = (time_t)time;
    return time != TIME_UNKNOWN && gmtime_r(&value, out) && out->tm_year <= 9999 - 1900;
}

const char *time_text(int64_t time, char *buffer)
{
    struct tm tm;
    buffer[0] = 0;
    if (civil(time, &tm))
        strftime(buffer, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return buffer;
}

const char *time_date(int64_t time, char *buffer)
{
    struct tm tm;
    buffer[0] = 0;
    if (civil(time, &tm))
        strftime(buffer, TIME_TEXT_SIZE, "%Y-%m-%d", &tm);
    return buffer;
}

int64_t time_day(int64_t time)
{
    int64_t into = time % TIME_DAY;
    return time - (into < 0 ? into + TIME_DAY : into);
}

int64_t time_later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool time_span_parse(struct text text, int64_t unit, int64_t *seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', TIME_DAY}, {'w', 7 * TIME_DAY}};
    text = text_trim(text);
    if (!text.length)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text.at[text.length - 1] == units[i].letter) {
            unit = units[i].seconds;
            text.length--;
            break;
        }
    uint64_t number;
    return text_unsigned(text, &number) && number <= INT64_MAX &&
           !__builtin_mul_overflow((int64_t)number, unit, seconds);
}

int64_t time_now(void)
{
    return (int64_t)time(NULL);
}

int64_t time_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
