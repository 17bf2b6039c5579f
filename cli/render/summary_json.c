#include "base/time.h"
#include "render/findings_keys.h"
#include "render/forecast.h"
#include "render/habit_words.h"
#include "render/summary.h"

static void put_counts(struct json_out *json, const char *key, struct session_counts counts)
{
    json_object(json, key);
    json_unsigned(json, "successful", counts.successful);
    json_unsigned(json, "failed", counts.failed);
    json_object_end(json);
}

static void put_days(struct json_out *json, const struct summary *summary)
{
    json_array(json, "by_day");
    for (size_t i = 0; i < summary->by_day.count; i++) {
        const struct day_count *day = &summary->by_day.at[i];
        char date[TIME_TEXT_SIZE];
        json_object(json, NULL);
        json_text(json, "day", text_of(time_date(day->day, date)));
        json_unsigned(json, "successful", day->sessions.successful);
        json_unsigned(json, "failed", day->sessions.failed);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_reporters(struct json_out *json, const struct summary *summary)
{
    json_array(json, "reporters");
    for (size_t i = 0; i < summary->reporters.count; i++) {
        const struct reporter_count *reporter = &summary->reporters.at[i];
        json_object(json, NULL);
        json_text(json, "reporter", reporter->name);
        json_unsigned(json, "successful", reporter->sessions.successful);
        json_unsigned(json, "failed", reporter->sessions.failed);
        habit_keys(json, reporter->habit);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_changes(struct json_out *json, const struct changes *changes)
{
    json_array(json, "changes");
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->at[i];
        json_object(json, NULL);
        json_text(json, "id", text_of(change->id));
        json_text(json, "kind", text_of(change_kind_name(change->kind)));
        json_text(json, "name", change->name);
        json_list(json, "before", &change->before);
        json_list(json, "after", &change->after);
        json_time(json, "first_seen", change->first_seen);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_summary(struct json_out *json, const struct summary *summary)
{
    const struct audit *audit = summary->audit;
    json_object(json, NULL);
    json_text(json, "domain", audit->domain);
    json_text(json, "client", audit->client);
    json_text(json, "status", text_of(audit_status_name(audit->status)));
    json_text(json, "owner", audit->owner);
    json_text(json, "mta_sts_mode", text_of(mta_sts_mode_name(audit->mta_sts_mode)));
    json_text(json, "action", summary->action);
    put_counts(json, "sessions", summary->sessions);
    put_counts(json, "previous_sessions", summary->previous);
    put_days(json, summary);
    put_reporters(json, summary);
    put_changes(json, &summary->changes);
    findings_array(json, &summary->diagnosis->findings);
    forecast_array(json, summary->forecast);
    json_object_end(json);
}

void summary_json(struct buffer *out, const struct summary_report *report)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_time(&json, "generated_at", report->generated_at);
    json_time(&json, "since", report->since);
    json_time(&json, "until", report->until);
    json_array(&json, "domains");
    for (size_t i = 0; i < report->count; i++)
        put_summary(&json, &report->at[i]);
    json_array_end(&json);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}
