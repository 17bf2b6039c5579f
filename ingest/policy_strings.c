/* policy-string and mx-host: lists of text that senders write in many ways. */
#include <stdio.h>
#include <string.h>

#include "base/vector.h"
#include "ingest/report_parts.h"

struct list_reader {
    const struct fields *fields;
    unsigned field;
    enum policy_type type;
    struct quirk_log *log;
    struct text_list list;
};

static void note(struct list_reader *reader, enum quirk quirk)
{
    field_note(reader->fields, reader->field, quirk, TEXT_UNKNOWN, reader->log);
}

/* Takes the next line off *REST; of TLSA records the next one, which ends at ';' too and, in
 * parentheses, goes over several lines (RFC 1035 §5.1). */
static bool next_line(struct text *rest, bool tlsa, struct text *line)
{
    if (!text_known(*rest))
        return false;
    bool open = false;
    for (size_t i = 0; i < rest->length; i++) {
        char c = rest->at[i];
        if (tlsa && (c == '(' || c == ')'))
            open = c == '(';
        if ((c == ';' && tlsa) || ((c == '\n' || c == '\r') && !open)) {
            *line = text_first(*rest, i);
            *rest = text_from(*rest, i + 1);
            return true;
        }
    }
    *line = *rest;
    *rest = TEXT_UNKNOWN;
    return true;
}

static bool is_filling(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')';
}

static struct text next_token(struct text *rest)
{
    size_t start = 0;
    while (start < rest->length && is_filling(rest->at[start]))
        start++;
    size_t end = start;
    while (end < rest->length && !is_filling(rest->at[end]))
        end++;
    struct text token = text_first(text_from(*rest, start), end - start);
    *rest = text_from(*rest, end);
    return token;
}

/* The hexadecimal digits of all of REST in lower case at OUT; 0 where there is anything else. */
static size_t take_hex(struct text rest, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < rest.length; i++) {
        char c = rest.at[i];
        if (is_filling(c))
            continue;
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return 0;
        out[length++] = c;
    }
    return length;
}

/* A TLSA record (RFC 6698 §2.2) as "usage selector matching-type hex", or LINE as it is. */
static struct text tlsa_normal(struct list_reader *reader, struct text line)
{
    uint64_t numbers[3];
    struct text rest = line;
    for (int i = 0; i < 3; i++)
        if (!text_unsigned(next_token(&rest), &numbers[i]) || numbers[i] > 255)
            return line;
    char *record = arena_alloc(reader->log->arena, rest.length + sizeof "255 255 255 ");
    size_t length = (size_t)sprintf(record, "%u %u %u ", (unsigned)numbers[0],
                                    (unsigned)numbers[1], (unsigned)numbers[2]);
    size_t hex = take_hex(rest, record + length);
    if (!hex)
        return line;
    struct text normal = {record, length + hex};
    if (normal.length != line.length)
        note(reader, QUIRK_TLSA_FORM);
    return normal;
}

/* Adds the lines of TEXT; how many. */
static size_t add_lines(struct list_reader *reader, struct text text)
{
    bool tlsa = reader->type == POLICY_TYPE_TLSA;
    struct text line;
    size_t count = 0;
    while (next_line(&text, tlsa, &line)) {
        line = text_trim(line);
        if (!line.length)
            continue;
        if (tlsa)
            line = tlsa_normal(reader, line);
        text_list_add(reader->log->arena, &reader->list, line);
        count++;
    }
    return count;
}

/* The array that a text is the JSON of, or null. */
static const cJSON *nested_array(struct list_reader *reader, struct text text)
{
    text = text_trim(text);
    bool like_one = text.length >= 2 && text.at[0] == '[' && text.at[text.length - 1] == ']';
    return like_one ? json_array_in_text(text, reader->log->arena) : NULL;
}

static void add_element(struct list_reader *reader, const cJSON *element, bool nested)
{
    struct text text = json_string(element);
    if (!text_known(text)) {
        note(reader, QUIRK_LIST_ELEMENT);
        return;
    }
    const cJSON *array = nested ? NULL : nested_array(reader, text);
    if (array) {
        note(reader, QUIRK_POLICY_STRING_NESTED);
        for (const cJSON *inner = array->child; inner; inner = inner->next)
            add_element(reader, inner, true);
    } else if (add_lines(reader, text) > 1) {
        note(reader, QUIRK_POLICY_STRING_JOINED);
    }
}

struct text_list policy_strings_read(const struct fields *fields, unsigned field,
                                     enum policy_type type, struct quirk_log *log)
{
    struct list_reader reader = {.fields = fields, .field = field, .type = type, .log = log};
    const cJSON *item = fields->item[field];
    if (cJSON_IsArray(item)) {
        for (const cJSON *element = item->child; element; element = element->next)
            add_element(&reader, element, false);
        return reader.list;
    }
    if (!item)
        return reader.list;
    note(&reader, QUIRK_POLICY_STRING_FORM);
    struct text text = json_string(item);
    const cJSON *array = nested_array(&reader, text);
    if (array)
        add_element(&reader, item, false);
    else
        add_lines(&reader, text);
    return reader.list;
}

enum policy_mode policy_strings_mode(const struct text_list *strings)
{
    static const struct text key = TEXT_ROW("mode:");
    for (size_t i = 0; i < strings->count; i++)
        if (text_starts(strings->at[i], key))
            return policy_mode_of(text_trim(text_from(strings->at[i], key.length)));
    return POLICY_MODE_UNKNOWN;
}

static void add_host(struct list_reader *reader, struct text text)
{
    static const struct text key = TEXT_ROW("mx:");
    struct text bare = text_trim(text);
    if (text_starts_nocase(bare, key))
        bare = text_trim(text_from(bare, key.length));
    if (bare.length >= 2 && bare.at[0] == '[' && bare.at[bare.length - 1] == ']')
        bare = text_trim(text_first(text_from(bare, 1), bare.length - 2));
    struct text host = text_host(reader->log->arena, bare);
    /* A final dot is what host names have; the rest of what was taken off is no part of one. */
    if (bare.length < text.length)
        field_note(reader->fields, reader->field, QUIRK_MX_HOST_FORM, text, reader->log);
    if (host.length)
        text_list_add(reader->log->arena, &reader->list, host);
}

struct text_list mx_hosts_read(const struct fields *fields, unsigned field,
                               struct quirk_log *log)
{
    struct list_reader reader = {.fields = fields, .field = field, .log = log};
    const cJSON *item = fields->item[field];
    if (!item)
        return reader.list;
    if (!cJSON_IsArray(item)) {
        struct text text = json_string(item);
        note(&reader, QUIRK_MX_HOST_STRING);
        if (text_known(text))
            add_host(&reader, text);
        return reader.list;
    }
    for (const cJSON *element = item->child; element; element = element->next) {
        struct text text = json_string(element);
        if (text_known(text))
            add_host(&reader, text);
        else
            note(&reader, QUIRK_LIST_ELEMENT);
    }
    return reader.list;
}
