#include <inttypes.h>

#include "render/escape.h"
#include "render/row_fields.h"
#include "render/rows.h"

/* The columns are the keys of the rows; those of the report have its name in front. */
void row_csv_header(struct buffer *out, enum row_kind kind)
{
    buffer_add_text(out, TEXT("kind"));
    for (size_t i = 0; i < row_field_count; i++)
        if (row_has(kind, &row_fields[i]))
            buffer_format(out, ",%s%s", row_fields[i].source == FROM_REPORT ? "report_" : "",
                          row_fields[i].key);
    buffer_add_text(out, TEXT("\r\n"));
}

static void add_lists(struct buffer *out, const struct row_value *value)
{
    BUFFER_AUTO joined = {0};
    const char *separator = "";
    for (int i = 0; i < 2 && value->lists[i]; i++)
        for (size_t j = 0; j < value->lists[i]->count; j++) {
            buffer_add_text(&joined, text_of(separator));
            buffer_add_text(&joined, value->lists[i]->at[j]);
            separator = "; ";
        }
    escape_csv(out, buffer_text(&joined));
}

static void add_cell(struct buffer *out, const struct store_row *row,
                     const struct row_field *field)
{
    struct row_value value;
    row_value(row, field, &value);
    if (value.kind == VALUE_NUMBER)
        buffer_format(out, "%" PRIu64, value.number);
    else if (value.kind == VALUE_LIST)
        add_lists(out, &value);
    else
        escape_csv(out, value.text);
}

static bool retraction_has(const struct row_field *field)
{
    return field->type == AS_ID || field->type == AS_DIGEST;
}

void row_csv(struct buffer *out, const struct store_row *row, enum row_kind kind)
{
    escape_csv(out, text_of(row_kind_name(row->kind)));
    for (size_t i = 0; i < row_field_count; i++) {
        const struct row_field *field = &row_fields[i];
        if (!row_has(kind, field))
            continue;
        buffer_add_char(out, ',');
        if (row->kind != ROW_RETRACT || retraction_has(field))
            add_cell(out, row, field);
    }
    buffer_add_text(out, TEXT("\r\n"));
}
