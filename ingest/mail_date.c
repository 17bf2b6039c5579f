/* Dates of mails (RFC 5322 §3.3 and §4.3), and what senders write in their place. GMime's own
 * decoder (3.2.13) is not used: it gives midnight for a time with a fraction, UTC for "+02:00",
 * "GMT+0100" and "CET", 2050 for the year 50, and nothing for a leap second. */
#include <string.h>

#include "base/time.h"
#include "ingest/mail.h"

enum { WORDS_LOOKED_AT = 64, COMMENTLESS = 512 };

/* What was found so far; -1 is nothing. */
struct date {
    int year, month, day;
    int hour, minute, second;
    bool has_zone, has_offset; /* a number goes before a name: "GMT+0100" */
    int zone;                  /* seconds east of UTC */
};

static const struct {
    struct text name;
    int hours;
} zones[] = {
    {TEXT_ROW("UT"), 0},   {TEXT_ROW("UTC"), 0},  {TEXT_ROW("GMT"), 0},  {TEXT_ROW("Z"), 0},
    {TEXT_ROW("EST"), -5}, {TEXT_ROW("EDT"), -4}, {TEXT_ROW("CST"), -6}, {TEXT_ROW("CDT"), -5},
    {TEXT_ROW("MST"), -7}, {TEXT_ROW("MDT"), -6}, {TEXT_ROW("PST"), -8}, {TEXT_ROW("PDT"), -7},
    {TEXT_ROW("WET"), 0},  {TEXT_ROW("WEST"), 1}, {TEXT_ROW("CET"), 1},  {TEXT_ROW("CEST"), 2},
    {TEXT_ROW("MEZ"), 1},  {TEXT_ROW("MESZ"), 2}, {TEXT_ROW("EET"), 2},  {TEXT_ROW("EEST"), 3},
    {TEXT_ROW("MSK"), 3},  {TEXT_ROW("JST"), 9},
};

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes the digits at the start of *REST; -1 where there are none or more than MOST. */
static int take_digits(struct text *rest, size_t most)
{
    size_t length = 0;
    int value = 0;
    while (length < rest->length && text_is_digit(rest->at[length])) {
        if (length < most)
            value = value * 10 + (rest->at[length] - '0');
        length++;
    }
    *rest = text_from(*rest, length);
    return length && length <= most ? value : -1;
}

static bool take_char(struct text *rest, char wanted)
{
    if (!rest->length || rest->at[0] != wanted)
        return false;
    *rest = text_from(*rest, 1);
    return true;
}

/* "+0200", "-08:00", "+02". A zone that cannot be is none: RFC 5322 §4.3 takes it for -0000. */
static void read_offset(struct text word, struct date *date)
{
    int sign = word.at[0] == '-' ? -1 : 1;
    word = text_from(word, 1);
    size_t digits = word.length;
    int hours = take_digits(&word, 4);
    int minutes = 0;
    if (take_char(&word, ':'))
        minutes = take_digits(&word, 2);
    else if (digits > 2) {
        minutes = hours % 100;
        hours /= 100;
    }
    if (date->has_offset || hours < 0 || hours > 15 || minutes < 0 || minutes > 59)
        return;
    date->has_zone = date->has_offset = true;
    date->zone = sign * (hours * 3600 + minutes * 60);
}

static void read_word(struct text word, struct date *date);

/* "12:10", "12:10:07", "12:10:07.5+02:00", "12:10Z". */
static void read_time(struct text word, struct date *date)
{
    int hour = take_digits(&word, 2);
    take_char(&word, ':');
    int minute = take_digits(&word, 2), second = 0;
    if (take_char(&word, ':'))
        second = take_digits(&word, 2);
    if (take_char(&word, '.') || take_char(&word, ','))
        take_digits(&word, 9);
    if (date->hour >= 0)
        return;
    date->hour = hour < 0 ? 99 : hour; /* refused at the end */
    date->minute = minute;
    date->second = second;
    if (word.length && !text_is_digit(word.at[0]) && word.at[0] != ':')
        read_word(word, date);
}

/* RFC 5322 §4.3: two digits are 2000 to 2049 and 1950 to 1999, three are counted from 1900. */
static int full_year(int year, size_t digits)
{
    if (digits >= 4)
        return year;
    return year + (digits == 2 && year < 50 ? 2000 : 1900);
}

static void read_number(struct text word, struct date *date)
{
    size_t digits = word.length;
    int value = take_digits(&word, 4);
    if (value < 0)
        return;
    if (digits <= 2 && date->day < 0)
        date->day = value;
    else if (digits >= 2 && date->year < 0)
        date->year = full_year(value, digits);
}

static int month_of(struct text word)
{
    for (int i = 0; i < 12 && word.length >= 3; i++)
        if (text_equal_nocase(text_first(word, 3), (struct text){months + 3 * (size_t)i, 3}))
            return i + 1;
    return -1;
}

static void read_letters(struct text word, struct date *date)
{
    if (date->hour >= 0 && !date->has_zone)
        for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
            if (text_equal_nocase(word, zones[i].name)) {
                date->has_zone = true;
                date->zone = zones[i].hours * 3600;
                return;
            }
    if (date->month < 0)
        date->month = month_of(word);
}

/* The length of the run of letters or of digits that WORD begins with. */
static size_t run_length(struct text word)
{
    bool digits = text_is_digit(word.at[0]);
    size_t length = 0;
    while (length < word.length &&
           (digits ? text_is_digit(word.at[length]) : is_letter(word.at[length])))
        length++;
    return length;
}

/* One word between blanks and commas: "16", "16-Sep-2022", "GMT+0100" are one each. */
static void read_word(struct text word, struct date *date)
{
    while (word.length) {
        size_t length = run_length(word);
        char next = length < word.length ? word.at[length] : '\0';
        if (!length) {
            bool offset = word.at[0] == '+' || word.at[0] == '-';
            if (offset && date->hour >= 0) {
                read_offset(word, date);
                return;
            }
            word = text_from(word, 1);
            continue;
        }
        if (text_is_digit(word.at[0]) && next == ':') {
            read_time(word, date);
            return;
        }
        if (text_is_digit(word.at[0]))
            read_number(text_first(word, length), date);
        else
            read_letters(text_first(word, length), date);
        word = text_from(word, length);
    }
}

static int64_t value_of(struct date date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.hour < 0)
        date.hour = 0;
    if (date.year < 1970 || date.year > 9999 || date.month < 1 || date.day < 1 ||
        date.hour > 23 || date.minute < 0 || date.minute > 59 || date.second < 0 ||
        date.second > 60)
        return TIME_UNKNOWN;
    bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    if (date.day > lengths[date.month - 1] + (date.month == 2 && leap))
        return TIME_UNKNOWN;
    int64_t time = time_days_of(date.year, date.month, date.day) * TIME_DAY + date.hour * 3600 +
                   date.minute * 60 + date.second - date.zone;
    bool in_range = time >= 0 && time < time_days_of(10000, 1, 1) * TIME_DAY;
    return in_range ? time : TIME_UNKNOWN;
}

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '\0';
}

/* Appends C; blanks around a colon, which RFC 5322 §4.3 knows, are left out. */
static size_t append(char *buffer, size_t length, char c)
{
    while (c == ':' && length && is_between(buffer[length - 1]))
        length--;
    if (!(is_between(c) && length && buffer[length - 1] == ':'))
        buffer[length++] = c;
    return length;
}

/* The first bytes of TEXT with a blank for each comment, in BUFFER. */
static struct text without_comments(struct text text, char buffer[COMMENTLESS])
{
    size_t length = 0, depth = 0;
    for (size_t i = 0; i < text.length && length < COMMENTLESS; i++) {
        char c = text.at[i];
        if (c == '\\')
            i++;
        else if (c == '(')
            depth++;
        else if (c == ')' && depth)
            depth--;
        else if (!depth)
            length = append(buffer, length, c);
        if (c == '(' && depth == 1)
            length = append(buffer, length, ' ');
    }
    return (struct text){buffer, length};
}

int64_t mail_date(struct text text)
{
    char buffer[COMMENTLESS];
    int64_t time;
    text = text_trim(without_comments(text, buffer));
    if (time_parse(text, &time, NULL))
        return time;
    struct date date = {.year = -1, .month = -1, .day = -1, .hour = -1};
    for (int words = 0; text.length && words < WORDS_LOOKED_AT; words++) {
        size_t length = 0;
        while (length < text.length && !is_between(text.at[length]))
            length++;
        if (length)
            read_word(text_first(text, length), &date);
        text = text_from(text, length + 1);
    }
    return value_of(date);
}
