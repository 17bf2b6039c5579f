#include "base/time.h"
#include "published/mta_sts.h"
#include "render/findings.h"
#include "render/findings_keys.h"
#include "render/json_out.h"

static void put_result_types(struct json_out *json, unsigned types)
{
    json_array(json, "result_types");
    for (unsigned i = 0; i < RESULT_COUNT; i++)
        if (types & 1U << i)
            json_text(json, NULL, text_of(result_type_name((enum result_type)i)));
    json_array_end(json);
}

void evidence_array(struct json_out *json, const struct evidence_list *list)
{
    json_array(json, "evidence");
    for (size_t i = 0; i < list->count; i++) {
        json_object(json, NULL);
        json_text(json, "source", text_of(evidence_source_name(list->at[i].source)));
        json_time(json, "at", list->at[i].at);
        json_text(json, "text", list->at[i].text);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_fix(struct json_out *json, const struct fix *fix)
{
    if (!fix->seen) {
        json_null(json, "fix");
        return;
    }
    json_object(json, "fix");
    json_time(json, "seen_at", fix->seen_at);
    json_time(json, "shown_at", fix->shown_at);
    json_text(json, "held", text_of(held_name(fix->held)));
    json_time(json, "held_until", fix->held ? fix->held_until : TIME_UNKNOWN);
    json_list(json, "succeeded", &fix->succeeded);
    json_list(json, "failing", &fix->failing);
    json_array(json, "waiting");
    for (size_t i = 0; i < fix->waiting.count; i++) {
        json_object(json, NULL);
        json_text(json, "reporter", fix->waiting.at[i].name);
        json_time(json, "due_at", fix->waiting.at[i].due_at);
        json_object_end(json);
    }
    json_array_end(json);
    json_bool(json, "returned", fix->returned);
    json_time(json, "failing_since", fix->failing_since);
    json_object_end(json);
}

void finding_keys(struct json_out *json, const struct finding *finding)
{
    json_text(json, "id", text_of(finding->id));
    json_text(json, "code", text_of(finding->rule->code));
    json_text(json, "severity", text_of(severity_name(finding->severity)));
    json_text(json, "confidence", text_of(confidence_name(finding->confidence)));
    json_text(json, "side", text_of(side_name(finding->side)));
    json_text(json, "impact", text_of(impact_name(finding->impact)));
    json_text(json, "state", text_of(state_name(finding->state)));
    json_text(json, "title", finding->title);
    json_text(json, "mx", finding->mx);
    json_text(json, "policy_type",
              finding->has_policy_type ? text_of(policy_type_name(finding->policy_type))
                                       : TEXT_UNKNOWN);
    put_result_types(json, finding->result_types);
    json_unsigned(json, "failed_sessions", finding->failed_sessions);
    json_share(json, "share", finding->share);
    json_list(json, "reporters", &finding->reporters);
    json_time(json, "first_seen", finding->first_seen);
    json_time(json, "last_seen", finding->last_seen);
    evidence_array(json, &finding->evidence);
    json_text(json, "action", finding->action);
    json_text(json, "done_when", finding->done_when);
    json_text(json, "reference", text_of(finding->rule->reference));
    json_bool(json, "acknowledged", finding->acknowledged);
    json_text(json, "stopped_by", text_of(stopped_by_name(finding->stopped_by)));
    put_fix(json, &finding->fix);
}

void findings_array(struct json_out *json, const struct findings *findings)
{
    json_array(json, "findings");
    for (size_t i = 0; i < findings->count; i++) {
        json_object(json, NULL);
        finding_keys(json, &findings->at[i]);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_domain(struct json_out *json, const struct diagnosis *diagnosis)
{
    json_object(json, NULL);
    json_text(json, "domain", diagnosis->domain);
    json_object(json, "sessions");
    json_unsigned(json, "successful", diagnosis->sessions.successful);
    json_unsigned(json, "failed", diagnosis->sessions.failed);
    json_unsigned(json, "explained", diagnosis->explained);
    json_object_end(json);
    json_object(json, "mta_sts");
    json_text(json, "published_mode",
              text_of(mta_sts_mode_name(diagnosis->mta_sts.published_mode)));
    json_text(json, "readiness", text_of(readiness_name(diagnosis->mta_sts.readiness)));
    json_unsigned(json, "blocking_sessions", diagnosis->mta_sts.blocking_sessions);
    json_list(json, "reasons", &diagnosis->mta_sts.reasons);
    json_object_end(json);
    findings_array(json, &diagnosis->findings);
    json_object_end(json);
}

static void put_shared(struct json_out *json, const struct shared_fault *fault)
{
    json_object(json, NULL);
    json_text(json, "code", text_of(fault->rule->code));
    json_text(json, "host", fault->host);
    json_text(json, "severity", text_of(severity_name(fault->severity)));
    json_text(json, "state", text_of(state_name(fault->state)));
    json_unsigned(json, "failed_sessions", fault->failed_sessions);
    json_array(json, "domains");
    for (size_t i = 0; i < fault->count; i++)
        json_text(json, NULL, fault->at[i]->domain);
    json_array_end(json);
    json_array(json, "ids");
    for (size_t i = 0; i < fault->count; i++)
        json_text(json, NULL, text_of(fault->at[i]->id));
    json_array_end(json);
    json_object_end(json);
}

void findings_json(struct buffer *out, const struct findings_report *report)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_time(&json, "generated_at", report->generated_at);
    json_time(&json, "since", report->since);
    json_time(&json, "until", report->until);
    json_array(&json, "domains");
    for (size_t i = 0; i < report->count; i++)
        put_domain(&json, &report->at[i]);
    json_array_end(&json);
    json_array(&json, "shared");
    for (size_t i = 0; report->shared && i < report->shared->count; i++)
        put_shared(&json, &report->shared->at[i]);
    json_array_end(&json);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}

static void put_tallies(struct json_out *json, const char *key, const char *name,
                        const struct tallies *tallies)
{
    json_array(json, key);
    for (size_t i = 0; i < tallies->count; i++) {
        json_object(json, NULL);
        json_text(json, name, tallies->at[i].name);
        json_unsigned(json, "failed_sessions", tallies->at[i].sessions);
        json_object_end(json);
    }
    json_array_end(json);
}

static void put_days(struct json_out *json, const struct tallies *tallies)
{
    json_array(json, "by_day");
    for (size_t i = 0; i < tallies->count; i++) {
        char day[TIME_TEXT_SIZE];
        json_object(json, NULL);
        json_text(json, "day", text_of(time_date(tallies->at[i].day, day)));
        json_unsigned(json, "failed_sessions", tallies->at[i].sessions);
        json_object_end(json);
    }
    json_array_end(json);
}

void finding_json(struct buffer *out, const struct finding *finding)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    finding_keys(&json, finding);
    json_text(&json, "domain", finding->domain);
    json_time(&json, "acknowledged_until", finding->acknowledged_until);
    json_text(&json, "acknowledged_note", finding->acknowledged_note);
    put_days(&json, &finding->by_day);
    put_tallies(&json, "by_reporter", "reporter", &finding->by_reporter);
    put_tallies(&json, "by_mx", "mx", &finding->by_mx);
    put_tallies(&json, "by_address", "address", &finding->by_address);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}
