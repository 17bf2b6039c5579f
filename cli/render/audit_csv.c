#include "base/time.h"
#include "render/audit.h"
#include "render/escape.h"

static void cell(struct buffer *out, struct text text)
{
    buffer_add_char(out, ',');
    if (text_known(text))
        escape_csv(out, text);
}

static void list_cell(struct buffer *out, const struct text_list *list)
{
    BUFFER_AUTO all = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buffer_add_char(&all, ' ');
        buffer_add_text(&all, list->at[i]);
    }
    cell(out, buffer_text(&all));
}

static void codes_cell(struct buffer *out, const struct findings *findings)
{
    BUFFER_AUTO all = {0};
    for (size_t i = 0; i < findings->count; i++)
        buffer_format(&all, "%s%s", i ? " " : "", findings->at[i].rule->code);
    cell(out, buffer_text(&all));
}

static void add_row(struct buffer *out, const struct audit *audit)
{
    static const char *const words[] = {
        [ANSWER_UNKNOWN] = "unknown", [ANSWER_NO] = "no", [ANSWER_YES] = "yes"};
    char date[TIME_TEXT_SIZE];
    escape_csv(out, audit->domain);
    cell(out, audit->client);
    cell(out, text_of(audit_status_name(audit->status)));
    cell(out, audit->record);
    list_cell(out, &audit->rua);
    cell(out, audit->owner);
    cell(out, audit->sts_owner);
    cell(out, text_of(ownership_name(audit->model)));
    cell(out, audit->dns_host);
    cell(out, audit->stage ? text_of(maturity_name(audit->stage)) : TEXT_UNKNOWN);
    cell(out, text_of(mta_sts_mode_name(audit->mta_sts_mode)));
    cell(out, text_of(time_text(audit->last_report_at, date)));
    cell(out, audit->next_action);
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        cell(out, text_of(words[audit->checks[i].ok]));
    codes_cell(out, &audit->findings);
    buffer_add_text(out, TEXT("\r\n"));
}

void audit_csv(struct buffer *out, const struct audit_report *report)
{
    buffer_add_text(out, TEXT("domain,client,status,record,rua,owner,sts_owner,model,dns_host,"
                              "stage,mta_sts_mode,last_report_at,next_action"));
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        buffer_format(out, ",%s", audit_check_name((enum audit_check_kind)i));
    buffer_add_text(out, TEXT(",findings\r\n"));
    for (size_t i = 0; i < report->count; i++)
        add_row(out, &report->at[i]);
}
