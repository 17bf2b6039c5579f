#include "render/json_out.h"
#include "render/row_fields.h"
#include "render/rows.h"

static void add_lists(struct json_out *json, const char *key, const struct row_value *value)
{
    json_array(json, key);
    for (int i = 0; i < 2 && value->lists[i]; i++)
        for (size_t j = 0; j < value->lists[i]->count; j++)
            json_text(json, NULL, value->lists[i]->at[j]);
    json_array_end(json);
}

static void add_field(struct json_out *json, const struct store_row *row,
                      const struct row_field *field)
{
    struct row_value value;
    row_value(row, field, &value);
    if (value.kind == VALUE_NUMBER)
        json_unsigned(json, field->key, value.number);
    else if (value.kind == VALUE_LIST)
        add_lists(json, field->key, &value);
    else
        json_text(json, field->key, value.text);
}

static void add_fields(struct json_out *json, const struct store_row *row)
{
    bool in_report = false;
    for (size_t i = 0; i < row_field_count; i++) {
        const struct row_field *field = &row_fields[i];
        if (!row_has(row->kind, field))
            continue;
        if (field->source == FROM_REPORT && !in_report)
            json_object(json, "report");
        if (field->source != FROM_REPORT && in_report)
            json_object_end(json);
        in_report = field->source == FROM_REPORT;
        add_field(json, row, field);
    }
}

static void add_retraction(struct json_out *json, const struct store_row *row)
{
    char digest[SHA256_HEX_SIZE];
    json_signed(json, "id", row->id);
    json_text(json, "sha256", text_of(sha256_hex(row->report->sha256, digest)));
}

void row_ndjson(struct buffer *out, const struct store_row *row)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_text(&json, "kind", text_of(row_kind_name(row->kind)));
    if (row->kind == ROW_RETRACT)
        add_retraction(&json, row);
    else
        add_fields(&json, row);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}
