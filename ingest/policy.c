/* One element of `policies` (RFC 8460 §4.4). */
#include "ingest/report_parts.h"
#include "report/sessions.h"

enum element_field { ELEMENT_POLICY, ELEMENT_SUMMARY, ELEMENT_FAILURE_DETAILS, ELEMENT_FIELDS };
static const struct field_key element_keys[] = {
    {TEXT_ROW("policy"), ELEMENT_POLICY},
    {TEXT_ROW("summary"), ELEMENT_SUMMARY},
    {TEXT_ROW("failure-details"), ELEMENT_FAILURE_DETAILS},
};
static const struct field_table element_table = FIELD_TABLE(element_keys, ELEMENT_FIELDS);

enum policy_field { POLICY_TYPE, POLICY_DOMAIN, POLICY_STRING, POLICY_MX_HOST, POLICY_FIELDS };
static const struct field_key policy_keys[] = {
    {TEXT_ROW("policy-type"), POLICY_TYPE},        {TEXT_ROW("policy-domain"), POLICY_DOMAIN},
    {TEXT_ROW("policy-string"), POLICY_STRING},    {TEXT_ROW("mx-host"), POLICY_MX_HOST},
    {TEXT_ROW("mx-host-pattern"), POLICY_MX_HOST}, /* readers of the schema's placeholders */
};
static const struct field_table policy_table = FIELD_TABLE(policy_keys, POLICY_FIELDS);

enum summary_field { SUMMARY_SUCCESSFUL, SUMMARY_FAILED, SUMMARY_FIELDS };
static const struct field_key summary_keys[] = {
    {TEXT_ROW("total-successful-session-count"), SUMMARY_SUCCESSFUL},
    {TEXT_ROW("total-failure-session-count"), SUMMARY_FAILED},
};
static const struct field_table summary_table = FIELD_TABLE(summary_keys, SUMMARY_FIELDS);

static enum policy_type read_type(const struct fields *fields, struct quirk_log *log)
{
    struct text word = field_required_text(fields, POLICY_TYPE, log);
    bool exact;
    enum policy_type type = policy_type_read(word, &exact);
    if (text_known(word) && type == POLICY_TYPE_UNKNOWN)
        field_note(fields, POLICY_TYPE, QUIRK_POLICY_TYPE_UNKNOWN, word, log);
    else if (text_known(word) && !exact)
        field_note(fields, POLICY_TYPE, QUIRK_POLICY_TYPE_FORM, word, log);
    return type;
}

/* The policy domain as sent, else by the header, else by the file name. */
static struct text read_domain(struct report_reader *reader, const struct fields *fields,
                               struct quirk_log *log)
{
    struct text sent = field_text(fields, POLICY_DOMAIN, log);
    if (text_known(sent)) {
        struct text domain = text_host(reader->arena, sent);
        if (!text_equal(domain, sent) || !text_is_host(domain))
            field_note(fields, POLICY_DOMAIN, QUIRK_POLICY_DOMAIN_FORM, sent, log);
        if (domain.length)
            return domain;
    }
    bool by_header = text_is_host(reader->report->report_domain);
    struct text named = reader->report->named_domain;
    enum quirk quirk = by_header           ? QUIRK_POLICY_DOMAIN_FROM_HEADER
                       : text_known(named) ? QUIRK_POLICY_DOMAIN_FROM_FILE_NAME
                                           : QUIRK_POLICY_DOMAIN_UNKNOWN;
    field_note(fields, POLICY_DOMAIN, quirk, TEXT_UNKNOWN, log);
    return named;
}

/* Whether the number of failed sessions is there. */
static bool read_summary(const cJSON *summary, struct tls_policy *policy, struct quirk_log *log)
{
    struct fields fields;
    if (!summary)
        return false;
    fields_read(summary, &summary_table, log, &fields);
    policy->successful_sessions = field_count(&fields, SUMMARY_SUCCESSFUL, log);
    policy->failed_sessions = field_count(&fields, SUMMARY_FAILED, log);
    return fields.item[SUMMARY_FAILED] != NULL;
}

/* RFC 8460 §4 lets one session appear under two types, so that the details may add up to more than
 * there were: then their sum is kept, as an upper bound. */
static void settle_failed_sessions(struct tls_policy *policy, bool has_total,
                                   struct quirk_log *log)
{
    uint64_t itemised = 0;
    for (size_t i = 0; i < policy->failure_count; i++)
        itemised = sessions_add(itemised, policy->failures[i].failed_sessions);
    if (itemised > policy->failed_sessions) {
        if (has_total)
            quirk_note(log, QUIRK_MORE_DETAILS, summary_keys[SUMMARY_FAILED].name.at,
                       TEXT_UNKNOWN);
        policy->failed_sessions = itemised;
    }
    policy->unitemised_failures = policy->failed_sessions - itemised;
}

bool policy_read(struct report_reader *reader, const cJSON *element, uint32_t index,
                 struct tls_policy *policy)
{
    struct quirk_log log = {.arena = reader->arena, .list = &policy->warnings};
    struct fields parts, fields;
    policy->index = index;
    fields_read(element, &element_table, &log, &parts);
    field_require(&parts, ELEMENT_POLICY, &log);
    field_require(&parts, ELEMENT_SUMMARY, &log);
    const cJSON *object = field_object(&parts, ELEMENT_POLICY, &log);
    fields_read(object, &policy_table, &log, &fields);
    if (object)
        policy->policy_type = read_type(&fields, &log);
    policy->policy_domain = read_domain(reader, &fields, &log);
    policy->policy_strings =
        policy_strings_read(&fields, POLICY_STRING, policy->policy_type, &log);
    policy->policy_mode = policy_strings_mode(&policy->policy_strings);
    policy->mx_hosts = mx_hosts_read(&fields, POLICY_MX_HOST, &log);
    bool has_total = read_summary(field_object(&parts, ELEMENT_SUMMARY, &log), policy, &log);
    if (!failures_read(reader, &parts, ELEMENT_FAILURE_DETAILS, policy, &log))
        return false;
    settle_failed_sessions(policy, has_total, &log);
    quirk_log_end(&log);
    return true;
}
