/* The times of a report, or what stands in for them. */
#include "ingest/report_parts.h"

enum date_field { DATE_BEGIN, DATE_END, DATE_FIELDS };

static const struct field_key keys[] = {
    {TEXT_ROW("start-datetime"), DATE_BEGIN},
    {TEXT_ROW("end-datetime"), DATE_END},
};
static const struct field_table table = FIELD_TABLE(keys, DATE_FIELDS);

static int64_t as_sent(const struct fields *fields, enum date_field field,
                       struct quirk_log *log)
{
    const cJSON *item = fields->item[field];
    struct time_form form;
    int64_t time;
    if (!item)
        return TIME_UNKNOWN;
    struct text text = json_scalar(item, log->arena);
    if (!text_known(json_string(item)) || !time_parse(text, &time, &form)) {
        field_note(fields, field, QUIRK_DATE_UNUSABLE, text, log);
        return TIME_UNKNOWN;
    }
    const struct {
        bool found;
        enum quirk quirk;
    } forms[] = {
        {form.no_zone, QUIRK_DATE_NO_ZONE},
        {form.date_only, QUIRK_DATE_ONLY},
        {form.loose, QUIRK_DATE_FORM},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].found)
            field_note(fields, field, forms[i].quirk, text, log);
    return form.date_only && field == DATE_END ? time + TIME_DAY - 1 : time;
}

/* What takes the place of a time that is unusable: the file name's, else that of the UTC day
 * before the mail's Date. */
static int64_t from_elsewhere(struct report_reader *reader, const struct fields *fields,
                              enum date_field field)
{
    bool is_end = field == DATE_END;
    int64_t time = is_end ? reader->file_name.end : reader->file_name.begin;
    int64_t sent_at = reader->envelope->sent_at;
    enum quirk quirk = QUIRK_DATE_FROM_FILE_NAME;
    if (time == TIME_UNKNOWN && sent_at >= TIME_DAY) {
        time = time_day(sent_at) - (is_end ? 1 : TIME_DAY);
        quirk = QUIRK_DATE_FROM_MAIL;
    }
    if (time == TIME_UNKNOWN)
        quirk = QUIRK_DATE_UNKNOWN;
    field_note(fields, field, quirk, TEXT_UNKNOWN, &reader->log);
    return time;
}

void date_range_read(struct report_reader *reader, const cJSON *date_range)
{
    struct tls_report *report = reader->report;
    struct fields fields;
    fields_read(date_range, &table, &reader->log, &fields);
    int64_t *times[] = {[DATE_BEGIN] = &report->begin, [DATE_END] = &report->end};
    for (unsigned i = 0; i < DATE_FIELDS; i++) {
        if (date_range)
            field_require(&fields, i, &reader->log);
        *times[i] = as_sent(&fields, i, &reader->log);
        if (*times[i] == TIME_UNKNOWN)
            *times[i] = from_elsewhere(reader, &fields, i);
    }
    if (report->end != TIME_UNKNOWN && report->begin > report->end)
        field_note(&fields, DATE_BEGIN, QUIRK_DATE_ORDER, TEXT_UNKNOWN, &reader->log);
}
