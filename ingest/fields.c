#include "ingest/fields.h"

#include <stddef.h>

/* How a field's value came to be there. */
struct origin {
    const struct field_key *key;
    bool snake;
};

/* Whether KEY is NAME, perhaps with '_' for '-'. */
static bool matches(const char *key, struct text name, bool *snake)
{
    *snake = false;
    for (size_t i = 0; i < name.length; i++) {
        if (key[i] == name.at[i])
            continue;
        if (key[i] != '_' || name.at[i] != '-')
            return false;
        *snake = true;
    }
    return key[name.length] == 0;
}

static const struct field_key *find_key(const struct field_table *table, const char *key,
                                        bool *snake)
{
    for (unsigned i = 0; i < table->key_count; i++)
        if (matches(key, table->keys[i].name, snake))
            return &table->keys[i];
    return NULL;
}

static void note(const struct fields *fields, unsigned field, enum quirk quirk,
                 struct quirk_log *log)
{
    field_note(fields, field, quirk, TEXT_UNKNOWN, log);
}

static void take_member(const cJSON *member, struct origin *origins, struct fields *fields,
                        struct quirk_log *log)
{
    struct origin origin;
    origin.key = find_key(fields->table, member->string, &origin.snake);
    if (!origin.key)
        return;
    unsigned field = origin.key->field;
    if (fields->present[field]) {
        bool same = origins[field].snake == origin.snake;
        note(fields, field, same ? QUIRK_DUPLICATE_KEY : QUIRK_TWO_SPELLINGS, log);
        if (!same && origin.snake)
            return;
    }
    fields->present[field] = true;
    fields->item[field] = member;
    origins[field] = origin;
}

void fields_read(const cJSON *object, const struct field_table *table, struct quirk_log *log,
                 struct fields *fields)
{
    struct origin origins[FIELDS_MAX] = {0};
    *fields = (struct fields){.table = table};
    if (!cJSON_IsObject(object))
        return;
    for (const cJSON *member = object->child; member; member = member->next)
        take_member(member, origins, fields, log);
    for (unsigned i = 0; i < table->field_count; i++) {
        if (!fields->present[i] || !origins[i].key)
            continue;
        if (origins[i].snake)
            note(fields, i, QUIRK_SNAKE_CASE_KEY, log);
        if (origins[i].key != &table->keys[i])
            field_note(fields, i, QUIRK_KEY_ALIAS, origins[i].key->name, log);
        if (cJSON_IsNull(fields->item[i])) {
            note(fields, i, QUIRK_NULL_VALUE, log);
            fields->item[i] = NULL;
        }
    }
}

const char *field_name(const struct fields *fields, unsigned field)
{
    return fields->table->keys[field].name.at;
}

void field_note(const struct fields *fields, unsigned field, enum quirk quirk,
                struct text quoted, struct quirk_log *log)
{
    quirk_note(log, quirk, field_name(fields, field), quoted);
}

void field_require(const struct fields *fields, unsigned field, struct quirk_log *log)
{
    if (!fields->present[field])
        note(fields, field, QUIRK_MISSING_KEY, log);
}

const cJSON *field_object(const struct fields *fields, unsigned field, struct quirk_log *log)
{
    const cJSON *item = fields->item[field];
    if (!item || cJSON_IsObject(item))
        return item;
    note(fields, field, QUIRK_NOT_OBJECT, log);
    return NULL;
}

struct text field_text(const struct fields *fields, unsigned field, struct quirk_log *log)
{
    const cJSON *item = fields->item[field];
    if (!item)
        return TEXT_UNKNOWN;
    struct text text = json_string(item);
    if (!text_known(text)) {
        note(fields, field, QUIRK_NOT_TEXT, log);
        text = json_scalar(item, log->arena);
    }
    return text_trim(text).length ? text : TEXT_UNKNOWN;
}

struct text field_required_text(const struct fields *fields, unsigned field,
                                struct quirk_log *log)
{
    struct text text = field_text(fields, field, log);
    bool empty = json_string(fields->item[field]).at && !text_known(text);
    if (!fields->present[field] || empty)
        note(fields, field, QUIRK_MISSING_KEY, log);
    return text;
}

uint64_t field_count(const struct fields *fields, unsigned field, struct quirk_log *log)
{
    static const enum quirk quirks[] = {
        [JSON_NUMBER_NONE] = QUIRK_COUNT_UNREADABLE,
        [JSON_NUMBER_NEGATIVE] = QUIRK_COUNT_NEGATIVE,
        [JSON_NUMBER_FRACTION] = QUIRK_COUNT_FRACTION,
        [JSON_NUMBER_TOO_LARGE] = QUIRK_COUNT_TOO_LARGE,
    };
    const cJSON *item = fields->item[field];
    field_require(fields, field, log);
    if (!item)
        return 0;
    uint64_t value;
    bool as_string;
    enum json_number found = json_count(item, &value, &as_string);
    if (as_string)
        note(fields, field, QUIRK_COUNT_STRING, log);
    if (found != JSON_NUMBER_OK)
        field_note(fields, field, quirks[found], json_scalar(item, log->arena), log);
    return value;
}
