/* `failure-details` of one policy (RFC 8460 §4.4). */
#include "ingest/report_parts.h"

enum failure_field {
    FAILURE_RESULT_TYPE,
    FAILURE_SENDING_IP,
    FAILURE_MX_HOSTNAME,
    FAILURE_MX_HELO,
    FAILURE_RECEIVING_IP,
    FAILURE_SESSIONS,
    FAILURE_INFORMATION,
    FAILURE_REASON,
    FAILURE_FIELDS,
};
static const struct field_key keys[] = {
    {TEXT_ROW("result-type"), FAILURE_RESULT_TYPE},
    {TEXT_ROW("sending-mta-ip"), FAILURE_SENDING_IP},
    {TEXT_ROW("receiving-mx-hostname"), FAILURE_MX_HOSTNAME},
    {TEXT_ROW("receiving-mx-helo"), FAILURE_MX_HELO},
    {TEXT_ROW("receiving-ip"), FAILURE_RECEIVING_IP},
    {TEXT_ROW("failed-session-count"), FAILURE_SESSIONS},
    {TEXT_ROW("additional-information"), FAILURE_INFORMATION},
    {TEXT_ROW("failure-reason-code"), FAILURE_REASON},
    {TEXT_ROW("receiving-mx-host-name"), FAILURE_MX_HOSTNAME}, /* SocketLabs */
    {TEXT_ROW("additional-info-uri"), FAILURE_INFORMATION},    /* the schema's placeholder */
    {TEXT_ROW("additional-info"), FAILURE_INFORMATION},        /* old drafts */
    {TEXT_ROW("failure-error-code"), FAILURE_REASON},          /* old drafts */
};
static const struct field_table table = FIELD_TABLE(keys, FAILURE_FIELDS);

static void read_result_type(const struct fields *fields, struct tls_failure *failure,
                             struct quirk_log *log)
{
    struct text word = field_required_text(fields, FAILURE_RESULT_TYPE, log);
    bool exact;
    failure->result_type_raw = word;
    failure->result_type = result_type_read(word, &exact);
    if (text_known(word) && failure->result_type == RESULT_UNKNOWN)
        field_note(fields, FAILURE_RESULT_TYPE, QUIRK_RESULT_TYPE_UNKNOWN, word, log);
    else if (text_known(word) && !exact)
        field_note(fields, FAILURE_RESULT_TYPE, QUIRK_RESULT_TYPE_FORM, word, log);
}

/* The address in a field. None there is allowed: a policy that cannot be fetched has no MX. */
static struct text read_address(const struct fields *fields, unsigned field,
                                struct quirk_log *log)
{
    struct text sent = field_text(fields, field, log);
    if (!text_known(sent))
        return sent;
    bool plain;
    struct text address = address_read(log->arena, sent, &plain);
    if (!text_known(address))
        field_note(fields, field, QUIRK_ADDRESS_UNREADABLE, sent, log);
    else if (!plain)
        field_note(fields, field, QUIRK_ADDRESS_FORM, sent, log);
    return address;
}

/* Whether TEXT could be a URI (RFC 3986): a scheme, a colon, and only printable ASCII. */
static bool is_uri(struct text text)
{
    size_t scheme = text_find_char(text, ':');
    if (scheme == SIZE_MAX || scheme == 0 || scheme + 1 == text.length)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool in_scheme =
            letter || (i && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
        if (i < scheme ? !in_scheme : c <= ' ' || c > '~')
            return false;
    }
    return true;
}

static void read_failure(const cJSON *object, struct tls_failure *failure,
                         struct quirk_log *log)
{
    struct fields fields;
    fields_read(object, &table, log, &fields);
    read_result_type(&fields, failure, log);
    failure->failed_sessions = field_count(&fields, FAILURE_SESSIONS, log);
    failure->sending_mta_ip = read_address(&fields, FAILURE_SENDING_IP, log);
    failure->receiving_ip = read_address(&fields, FAILURE_RECEIVING_IP, log);
    failure->receiving_mx_hostname =
        text_host(log->arena, field_text(&fields, FAILURE_MX_HOSTNAME, log));
    failure->receiving_mx_helo = field_text(&fields, FAILURE_MX_HELO, log);
    failure->failure_reason_code = field_text(&fields, FAILURE_REASON, log);
    failure->additional_information = field_text(&fields, FAILURE_INFORMATION, log);
    if (text_known(failure->additional_information) && !is_uri(failure->additional_information))
        field_note(&fields, FAILURE_INFORMATION, QUIRK_ADDITIONAL_INFORMATION_FORM,
                   failure->additional_information, log);
    failure->cause = cause_read(failure->failure_reason_code, failure->additional_information);
}

/* How many of the elements are objects. */
static size_t count_objects(const cJSON *array)
{
    size_t count = 0;
    for (const cJSON *element = array->child; element; element = element->next)
        count += cJSON_IsObject(element);
    return count;
}

bool failures_read(struct report_reader *reader, const struct fields *fields,
                   unsigned failure_details, struct tls_policy *policy, struct quirk_log *log)
{
    const cJSON *item = fields->item[failure_details];
    bool single = cJSON_IsObject(item);
    if (single)
        field_note(fields, failure_details, QUIRK_FAILURE_DETAILS_OBJECT, TEXT_UNKNOWN, log);
    else if (item && !cJSON_IsArray(item))
        field_note(fields, failure_details, QUIRK_FAILURE_DETAILS_FORM, TEXT_UNKNOWN, log);
    /* An object without members is what some languages write for an empty list. */
    if (!item || !item->child)
        return true;
    size_t count = single ? 1 : count_objects(item);
    reader->failure_rows += count;
    if (reader->failure_rows > reader->limits->failure_rows)
        return false;
    policy->failures = arena_array(reader->arena, count, sizeof *policy->failures);
    if (single) {
        read_failure(item, &policy->failures[policy->failure_count++], log);
        return true;
    }
    for (const cJSON *element = item->child; element; element = element->next) {
        if (cJSON_IsObject(element))
            read_failure(element, &policy->failures[policy->failure_count++], log);
        else
            field_note(fields, failure_details, QUIRK_FAILURE_NOT_OBJECT, TEXT_UNKNOWN, log);
    }
    return true;
}
