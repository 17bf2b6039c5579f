#include "render/audit.h"
#include "render/findings_keys.h"

static void put_checks(struct json_out *json, const struct audit *audit)
{
    json_array(json, "checks");
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct audit_check *check = &audit->checks[i];
        json_object(json, NULL);
        json_text(json, "check", text_of(audit_check_name((enum audit_check_kind)i)));
        if (check->ok == ANSWER_UNKNOWN)
            json_null(json, "ok");
        else
            json_bool(json, "ok", check->ok == ANSWER_YES);
        json_text(json, "signal", check->signal);
        json_text(json, "follow_up", check->follow_up);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_audit(struct json_out *json, const struct audit *audit)
{
    json_object(json, NULL);
    json_text(json, "domain", audit->domain);
    json_text(json, "client", audit->client);
    json_text(json, "status", text_of(audit_status_name(audit->status)));
    json_text(json, "record", audit->record);
    json_list(json, "rua", &audit->rua);
    json_text(json, "owner", audit->owner);
    json_text(json, "sts_owner", audit->sts_owner);
    json_text(json, "model", text_of(ownership_name(audit->model)));
    json_text(json, "dns_host", audit->dns_host);
    json_text(json, "stage",
              audit->stage ? text_of(maturity_name(audit->stage)) : TEXT_UNKNOWN);
    json_text(json, "mta_sts_mode", text_of(mta_sts_mode_name(audit->mta_sts_mode)));
    json_time(json, "last_report_at", audit->last_report_at);
    json_text(json, "next_action", audit->next_action);
    put_checks(json, audit);
    findings_array(json, &audit->findings);
    json_object_end(json);
}

void audit_json(struct buffer *out, const struct audit_report *report)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_time(&json, "generated_at", report->generated_at);
    json_text(&json, "note", text_of(audit_disclaimer));
    json_array(&json, "domains");
    for (size_t i = 0; i < report->count; i++)
        put_audit(&json, &report->at[i]);
    json_array_end(&json);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}
