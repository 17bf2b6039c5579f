#include "published/observation_json.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/sha256.h"
#include "published/observation_text.h"
#include "published/txt_record.h"

/* Where in the document we are: a chain on the stack, for the words of an error. */
struct path {
    const struct path *parent;
    const char *key;
    size_t index; /* of the element, where there is one */
    bool has_index;
};

struct reader {
    struct arena *arena;
    struct error *err;
};

static void write_path(struct buffer *buffer, const struct path *path)
{
    if (!path)
        return;
    write_path(buffer, path->parent);
    if (buffer->length)
        buffer_add_char(buffer, '.');
    buffer_add_text(buffer, text_of(path->key));
    if (path->has_index)
        buffer_format(buffer, "[%zu]", path->index);
}

static bool fail(struct reader *reader, const struct path *path, struct text what)
{
    BUFFER_AUTO place = {0};
    write_path(&place, path);
    return error_set(reader->err, ERROR_INPUT, "%.*s%s%.*s", TEXT_ARGS(buffer_text(&place)),
                     place.length ? ": " : "", TEXT_ARGS(what));
}

static bool fail_quoting(struct reader *reader, const struct path *path, struct text value,
                         const char *what)
{
    return fail(reader, path,
                text_format(reader->arena, "\"%.*s\" %s",
                            TEXT_ARGS(quote(reader->arena, value)), what));
}

static const char *kind_of(const cJSON *item)
{
    return cJSON_IsObject(item)   ? "an object"
           : cJSON_IsArray(item)  ? "an array"
           : cJSON_IsString(item) ? "a string"
           : cJSON_IsNumber(item) ? "a number"
           : cJSON_IsBool(item)   ? "a boolean"
                                  : "null";
}

static bool expect(struct reader *reader, const struct path *path, const cJSON *item, bool fits,
                   const char *wanted)
{
    if (fits)
        return true;
    return fail(reader, path,
                text_format(reader->arena, "%s is expected, not %s", wanted, kind_of(item)));
}

/* The bytes of a string of at most LIMIT, still in cJSON's memory. */
static bool take_string(struct reader *reader, const struct path *path, const cJSON *item,
                        size_t limit, struct text *text)
{
    if (!expect(reader, path, item, cJSON_IsString(item), "a string"))
        return false;
    *text = text_of(item->valuestring);
    if (text->length > limit)
        return fail(reader, path, text_format(reader->arena, "longer than %zu bytes", limit));
    return true;
}

/* ---- the kinds of fields ---- */

typedef bool read_field(struct reader *reader, const struct path *path, const cJSON *item,
                        const struct field *field, void *at);

static bool read_text(struct reader *reader, const struct path *path, const cJSON *item,
                      const struct field *field, void *at)
{
    struct text text;
    if (!take_string(reader, path, item, field->limit, &text))
        return false;
    *(struct text *)at = text_copy(reader->arena, text);
    return true;
}

static bool has_blank_or_control(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] <= ' ' || text.at[i] == 0x7f)
            return true;
    return false;
}

static bool read_host(struct reader *reader, const struct path *path, const cJSON *item,
                      const struct field *field, void *at)
{
    (void)field;
    /* A U-label is longer than its A-label at times. */
    struct text text;
    if (!take_string(reader, path, item, 4 * OBSERVED_NAME_SIZE, &text))
        return false;
    struct text host = text_host(reader->arena, text);
    if (text_equal(text_trim(text), TEXT(".")))
        host = TEXT(".");
    else if (host.length && host.at[host.length - 1] == '.')
        host = TEXT("");
    if (!host.length || host.length > OBSERVED_NAME_SIZE || has_blank_or_control(host))
        return fail_quoting(reader, path, text, "is no name of at most 255 bytes");
    *(struct text *)at = host;
    return true;
}

static bool read_type(struct reader *reader, const struct path *path, const cJSON *item,
                      const struct field *field, void *at)
{
    (void)field;
    enum { TYPE_SIZE = 16 };
    struct text text;
    if (!take_string(reader, path, item, OBSERVED_NAME_SIZE, &text))
        return false;
    char *upper = text_string(reader->arena, text);
    bool fits = text.length > 0 && text.length <= TYPE_SIZE;
    for (size_t i = 0; i < text.length && fits; i++) {
        if (upper[i] >= 'a' && upper[i] <= 'z')
            upper[i] = (char)(upper[i] - 'a' + 'A');
        fits = (upper[i] >= 'A' && upper[i] <= 'Z') || (upper[i] >= '0' && upper[i] <= '9') ||
               upper[i] == '-';
    }
    if (!fits)
        return fail_quoting(reader, path, text, "is no type of a DNS record");
    *(struct text *)at = (struct text){upper, text.length};
    return true;
}

static bool read_address(struct reader *reader, const struct path *path, const cJSON *item,
                         const struct field *field, void *at)
{
    (void)field;
    struct text text;
    if (!take_string(reader, path, item, OBSERVED_NAME_SIZE, &text))
        return false;
    struct text address = observed_address(reader->arena, text);
    if (!text_known(address))
        return fail_quoting(reader, path, text, "is no IP address");
    *(struct text *)at = address;
    return true;
}

static bool read_sha256(struct reader *reader, const struct path *path, const cJSON *item,
                        const struct field *field, void *at)
{
    (void)field;
    struct text text;
    uint8_t digest[SHA256_SIZE];
    if (!take_string(reader, path, item, OBSERVED_NAME_SIZE, &text))
        return false;
    if (!sha256_parse(text, digest))
        return fail_quoting(reader, path, text, "is no SHA-256 of 64 hexadecimal digits");
    *(struct text *)at = text_lower(reader->arena, text);
    return true;
}

static bool read_time(struct reader *reader, const struct path *path, const cJSON *item,
                      const struct field *field, void *at)
{
    (void)field;
    struct text text;
    struct time_form form;
    if (!take_string(reader, path, item, OBSERVED_NAME_SIZE, &text))
        return false;
    if (!time_parse(text, at, &form) || form.date_only || form.no_zone)
        return fail_quoting(reader, path, text,
                            "is no time of RFC 3339, as in 2026-11-24T00:00:00Z");
    return true;
}

static bool read_number(struct reader *reader, const struct path *path, const cJSON *item,
                        const struct field *field, void *at)
{
    if (!expect(reader, path, item, cJSON_IsNumber(item), "a number"))
        return false;
    double value = item->valuedouble;
    if (!(value >= 0 && value <= (double)field->limit) || value != (double)(uint32_t)value)
        return fail(reader, path,
                    text_format(reader->arena, "a whole number from 0 to %u is expected",
                                (unsigned)field->limit));
    *(struct observed_number *)at = (struct observed_number){true, (uint32_t)value};
    return true;
}

static bool read_answer(struct reader *reader, const struct path *path, const cJSON *item,
                        const struct field *field, void *at)
{
    (void)field;
    if (!expect(reader, path, item, cJSON_IsBool(item), "true or false"))
        return false;
    *(enum answer *)at = cJSON_IsTrue(item) ? ANSWER_YES : ANSWER_NO;
    return true;
}

static bool read_word(struct reader *reader, const struct path *path, const cJSON *item,
                      const struct field *field, void *at)
{
    struct text text;
    if (!take_string(reader, path, item, OBSERVED_TEXT_SIZE, &text))
        return false;
    unsigned word = observed_word(field->words, text);
    if (!word) {
        struct text all = TEXT("");
        for (unsigned i = 1; i < field->words->count; i++)
            all = text_format(reader->arena, "%.*s%s%s", TEXT_ARGS(all), i > 1 ? ", " : "",
                              field->words->names[i]);
        return fail_quoting(reader, path, text,
                            text_format(reader->arena, "is none of %.*s", TEXT_ARGS(all)).at);
    }
    memcpy(at, &word, sizeof word);
    return true;
}

/* Room for the elements of ARRAY. It is a power of two so that VECTOR_ADD can go on. */
static bool make_list(struct reader *reader, const struct path *path, const cJSON *array,
                      uint32_t limit, size_t size, void **at)
{
    if (!expect(reader, path, array, cJSON_IsArray(array), "an array"))
        return false;
    size_t count = 0, room = 4;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) count++;
    if (count > limit)
        return fail(
            reader, path,
            text_format(reader->arena, "%zu elements, more than %u", count, (unsigned)limit));
    while (room < count)
        room *= 2;
    *at = arena_array(reader->arena, room, size);
    return true;
}

static bool read_texts(struct reader *reader, const struct path *path, const cJSON *item,
                       const struct field *field, void *at)
{
    static const struct field text_field = {.limit = OBSERVED_TEXT_SIZE};
    read_field *read = field->kind == FIELD_HOSTS ? read_host : read_text;
    struct path element = *path;
    struct text_list list = {0};
    void *texts;
    if (!make_list(reader, path, item, field->limit, sizeof(struct text), &texts))
        return false;
    list.at = texts;
    element.has_index = true;
    const cJSON *child;
    cJSON_ArrayForEach(child, item)
    {
        element.index = list.count;
        if (!read(reader, &element, child, &text_field, list.at + list.count))
            return false;
        list.count++;
    }
    memcpy(at, &list, sizeof list);
    return true;
}

static bool read_object(struct reader *reader, const struct path *path, const cJSON *item,
                        const struct shape *shape, void *object, bool piece);

static bool read_one(struct reader *reader, const struct path *path, const cJSON *item,
                     const struct field *field, void *at)
{
    void *object = arena_alloc(reader->arena, field->shape->size);
    if (!read_object(reader, path, item, field->shape, object, false))
        return false;
    memcpy(at, &object, sizeof object);
    return true;
}

static bool read_objects(struct reader *reader, const struct path *path, const cJSON *item,
                         const struct field *field, void *at)
{
    struct path element = *path;
    struct any_list list = {0};
    if (!make_list(reader, path, item, field->limit, field->shape->size, &list.at))
        return false;
    element.has_index = true;
    const cJSON *child;
    cJSON_ArrayForEach(child, item)
    {
        element.index = list.count;
        void *object = (char *)list.at + list.count * field->shape->size;
        if (!read_object(reader, &element, child, field->shape, object, false))
            return false;
        list.count++;
    }
    memcpy(at, &list, sizeof list);
    return true;
}

static read_field *const readers[] = {
    [FIELD_TEXT] = read_text,       [FIELD_HOST] = read_host,     [FIELD_TYPE] = read_type,
    [FIELD_ADDRESS] = read_address, [FIELD_SHA256] = read_sha256, [FIELD_TIME] = read_time,
    [FIELD_NUMBER] = read_number,   [FIELD_ANSWER] = read_answer, [FIELD_WORD] = read_word,
    [FIELD_TEXTS] = read_texts,     [FIELD_HOSTS] = read_texts,   [FIELD_OBJECT] = read_one,
    [FIELD_OBJECTS] = read_objects,
};

/* ---- objects ---- */

enum { FIELDS_MAX = 16 };

/* Finds the items of the fields; the last of the same key counts. */
static void find_items(const cJSON *object, const struct shape *shape, const cJSON **items)
{
    const cJSON *child;
    cJSON_ArrayForEach(child, object)
    {
        for (size_t i = 0; i < shape->count; i++)
            if (strcmp(child->string, shape->fields[i].key) == 0)
                items[i] = child;
    }
}

static bool read_object(struct reader *reader, const struct path *path, const cJSON *item,
                        const struct shape *shape, void *object, bool piece)
{
    const cJSON *items[FIELDS_MAX] = {0};
    uint32_t nulls = 0;
    if (!expect(reader, path, item, cJSON_IsObject(item), "an object"))
        return false;
    find_items(item, shape, items);
    shape_begin(shape, object);
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        struct path place = {.parent = path, .key = field->key};
        bool null = items[i] && cJSON_IsNull(items[i]);
        if (field->required && !piece && (!items[i] || null))
            return fail(reader, &place, null ? TEXT("may not be null") : TEXT("is missing"));
        if (null)
            nulls |= OBSERVED_BIT(i);
        else if (items[i] && !readers[field->kind](reader, &place, items[i], field,
                                                   (char *)object + field->offset))
            return false;
    }
    *(uint32_t *)object = nulls;
    if (shape->settle)
        shape->settle(reader->arena, object);
    return true;
}

/* ---- the document ---- */

/* cJSON's hooks have no argument. Its memory is an arena, so that no path has to free it;
 * whoever used other hooks sets them again before it parses. */
static _Thread_local struct arena *cjson_arena;

static void *cjson_alloc(size_t size)
{
    return arena_alloc(cjson_arena, size);
}

static void cjson_free(void *memory)
{
    (void)memory;
}

static bool parse(struct text text, struct reader *reader, struct observation *observation,
                  bool piece)
{
    ARENA_AUTO tree = {0};
    cJSON_Hooks hooks = {cjson_alloc, cjson_free};
    const char *end = NULL;
    cjson_arena = &tree;
    cJSON_InitHooks(&hooks);
    const cJSON *root = cJSON_ParseWithLengthOpts(text.at, text.length, &end, false);
    cJSON_InitHooks(NULL);
    cjson_arena = NULL;
    if (!root || end != text.at + text.length)
        return error_set(reader->err, ERROR_INPUT, "no JSON at byte %zu of the object",
                         end ? (size_t)(end - text.at) : 0);
    *observation = (struct observation){0};
    if (!read_object(reader, NULL, root, &observation_shape, observation, piece))
        return false;
    struct path domain = {.key = "domain"};
    return piece || text_is_host(observation->domain) ||
           fail_quoting(reader, &domain, observation->domain, "is no domain name");
}

static bool read_document(struct text text, struct arena *arena,
                          struct observation *observation, bool piece, struct error *err)
{
    struct reader reader = {arena, err};
    size_t end;
    text = text_trim(text);
    if (!text.length || text.at[0] != '{')
        return error_set(err, ERROR_INPUT, "no JSON object");
    const char *problem = observation_scan(text, 0, &end);
    if (problem)
        return error_set(err, ERROR_INPUT, "%s at byte %zu of the object", problem, end);
    if (end != text.length)
        return error_set(err, ERROR_INPUT, "something follows the object at byte %zu", end);
    return parse(text, &reader, observation, piece);
}

bool observation_read(struct text text, struct arena *arena, struct observation *observation,
                      struct error *err)
{
    return read_document(text, arena, observation, false, err);
}

bool observation_read_piece(struct text text, struct arena *arena,
                            struct observation *observation, struct error *err)
{
    return read_document(text, arena, observation, true, err);
}
