#include "ingest/parse.h"

/* The last second that a date of four digits of year can name. */
#define LAST_SECOND INT64_C(253402300799)

/* The name without the endings that its container gave it. */
static struct text without_endings(struct text name)
{
    static const struct text endings[] = {TEXT_ROW(".gz"), TEXT_ROW(".zip"), TEXT_ROW(".json")};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends_nocase(name, endings[i]))
            name.length -= endings[i].length;
    return name;
}

static int64_t read_seconds(struct text part)
{
    uint64_t value;
    if (!text_unsigned(part, &value) || value > LAST_SECOND)
        return TIME_UNKNOWN;
    return (int64_t)value;
}

static struct text read_host(struct arena *arena, struct text part)
{
    struct text host = text_host(arena, part);
    return text_is_host(host) ? host : TEXT_UNKNOWN;
}

struct report_file_name report_file_name_read(struct arena *arena, struct text name)
{
    struct report_file_name read = {TEXT_UNKNOWN, TEXT_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN};
    struct text rest = without_endings(text_trim(name)), part;
    if (text_find_char(rest, '!') == SIZE_MAX)
        return read;
    if (text_next(&rest, '!', &part))
        read.sender = read_host(arena, part);
    if (text_next(&rest, '!', &part))
        read.policy_domain = read_host(arena, part);
    if (text_next(&rest, '!', &part))
        read.begin = read_seconds(part);
    if (text_next(&rest, '!', &part)) {
        /* Whatever ending is left: an end has only digits. */
        size_t dot = text_find_char(part, '.');
        read.end = read_seconds(text_first(part, dot));
    }
    return read;
}
