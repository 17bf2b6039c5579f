#include "published/observation_text.h"

#include <string.h>

static const char *short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void write_string(struct buffer *buffer, struct text text)
{
    buffer_add_char(buffer, '"');
    for (size_t i = 0; i < text.length;) {
        unsigned char c = (unsigned char)text.at[i];
        const char *escape = short_escape(c);
        size_t length = text_utf8_length(text_from(text, i));
        if (escape)
            buffer_add_text(buffer, text_of(escape));
        else if (c < 0x20)
            buffer_format(buffer, "\\u%04x", c);
        else if (length)
            buffer_add(buffer, text.at + i, length);
        else
            buffer_add(buffer, (char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))}, 2);
        i += length ? length : 1;
    }
    buffer_add_char(buffer, '"');
}

static void write_texts(struct buffer *buffer, struct any_list list)
{
    const struct text *texts = list.at;
    buffer_add_char(buffer, '[');
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buffer_add_char(buffer, ',');
        write_string(buffer, texts[i]);
    }
    buffer_add_char(buffer, ']');
}

static void write_objects(struct buffer *buffer, const struct shape *shape,
                          struct any_list list, uint32_t without)
{
    buffer_add_char(buffer, '[');
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buffer_add_char(buffer, ',');
        shape_write(buffer, shape, (const char *)list.at + i * shape->size, without);
    }
    buffer_add_char(buffer, ']');
}

static void write_value(struct buffer *buffer, const void *object, const struct field *field)
{
    const void *at = (const char *)object + field->offset;
    char time[TIME_TEXT_SIZE];
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_HOST:
    case FIELD_TYPE:
    case FIELD_ADDRESS:
    case FIELD_SHA256:
        write_string(buffer, *(const struct text *)at);
        break;
    case FIELD_TIME:
        write_string(buffer, text_of(time_text(*(const int64_t *)at, time)));
        break;
    case FIELD_NUMBER:
        buffer_format(buffer, "%u", (unsigned)((const struct observed_number *)at)->value);
        break;
    case FIELD_ANSWER:
        buffer_add_text(buffer,
                        shape_word(object, field) == ANSWER_YES ? TEXT("true") : TEXT("false"));
        break;
    case FIELD_WORD:
        write_string(buffer, text_of(field->words->names[shape_word(object, field)]));
        break;
    case FIELD_TEXTS:
    case FIELD_HOSTS:
        write_texts(buffer, shape_list(object, field));
        break;
    case FIELD_OBJECT:
        shape_write(buffer, field->shape, shape_pointer(object, field), 0);
        break;
    case FIELD_OBJECTS:
        write_objects(buffer, field->shape, shape_list(object, field), 0);
        break;
    }
}

void shape_write(struct buffer *buffer, const struct shape *shape, const void *object,
                 uint32_t without)
{
    uint32_t nulls;
    memcpy(&nulls, object, sizeof nulls);
    char before = '{';
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        bool has = shape_has(object, field);
        if ((without & OBSERVED_BIT(i)) || (!has && !(nulls & OBSERVED_BIT(i))))
            continue;
        buffer_format(buffer, "%c\"%s\":", before, field->key);
        if (has)
            write_value(buffer, object, field);
        else
            buffer_add_text(buffer, TEXT("null"));
        before = ',';
    }
    buffer_add_text(buffer, before == '{' ? TEXT("{}") : TEXT("}"));
}

void observation_write(struct buffer *buffer, const struct observation *observation)
{
    shape_write(buffer, &observation_shape, observation, 0);
}
