#include "render/row_fields.h"

#define IN_BOTH    .in_policy = true, .in_failure = true
#define IN_POLICY  .in_policy = true
#define IN_FAILURE .in_failure = true

#define ROW(member)     FROM_ROW, .offset = offsetof(struct store_row, member)
#define REPORT(member)  FROM_REPORT, .offset = offsetof(struct tls_report, member)
#define POLICY(member)  FROM_POLICY, .offset = offsetof(struct tls_policy, member)
#define FAILURE(member) FROM_FAILURE, .offset = offsetof(struct tls_failure, member)

const struct row_field row_fields[] = {
    {"id", ROW(id), .type = AS_ID, IN_BOTH},
    {"organization_name", REPORT(organization_name), .type = AS_TEXT, IN_BOTH},
    {"contact_info", REPORT(contact_info), .type = AS_TEXT, IN_BOTH},
    {"report_id", REPORT(report_id), .type = AS_TEXT, IN_BOTH},
    {"begin", REPORT(begin), .type = AS_TIME, IN_BOTH},
    {"end", REPORT(end), .type = AS_TIME, IN_BOTH},
    {"submitter", REPORT(submitter), .type = AS_TEXT, IN_BOTH},
    {"report_domain", REPORT(report_domain), .type = AS_TEXT, IN_BOTH},
    {"received_at", REPORT(received_at), .type = AS_TIME, IN_BOTH},
    {"authenticated", REPORT(authenticated), .type = AS_AUTHENTICATED, IN_BOTH},
    {"sha256", REPORT(sha256), .type = AS_DIGEST, IN_BOTH},
    {"index", POLICY(index), .type = AS_INDEX, IN_BOTH},
    {"domain", ROW(domain), .type = AS_TEXT, IN_BOTH},
    {"policy_domain", POLICY(policy_domain), .type = AS_TEXT, IN_BOTH},
    {"policy_type", POLICY(policy_type), .type = AS_POLICY_TYPE, IN_BOTH},
    {"policy_mode", POLICY(policy_mode), .type = AS_POLICY_MODE, IN_BOTH},
    {"policy_strings", POLICY(policy_strings), .type = AS_LIST, IN_POLICY},
    {"mx_hosts", POLICY(mx_hosts), .type = AS_LIST, IN_POLICY},
    {"successful_sessions", POLICY(successful_sessions), .type = AS_COUNT, IN_POLICY},
    {"failed_sessions", POLICY(failed_sessions), .type = AS_COUNT, IN_POLICY},
    {"unitemised_failures", POLICY(unitemised_failures), .type = AS_COUNT, IN_POLICY},
    {"warnings", POLICY(warnings), .type = AS_WARNINGS, IN_POLICY},
    {"result_type", FAILURE(result_type), .type = AS_RESULT_TYPE, IN_FAILURE},
    {"result_type_raw", FAILURE(result_type_raw), .type = AS_TEXT, IN_FAILURE},
    {"class", FAILURE(result_type), .type = AS_RESULT_CLASS, IN_FAILURE},
    {"cause", FAILURE(cause), .type = AS_CAUSE, IN_FAILURE},
    {"failed_sessions", FAILURE(failed_sessions), .type = AS_COUNT, IN_FAILURE},
    {"sending_mta_ip", FAILURE(sending_mta_ip), .type = AS_TEXT, IN_FAILURE},
    {"receiving_mx_hostname", FAILURE(receiving_mx_hostname), .type = AS_TEXT, IN_FAILURE},
    {"receiving_mx_helo", FAILURE(receiving_mx_helo), .type = AS_TEXT, IN_FAILURE},
    {"receiving_ip", FAILURE(receiving_ip), .type = AS_TEXT, IN_FAILURE},
    {"additional_information", FAILURE(additional_information), .type = AS_TEXT, IN_FAILURE},
    {"failure_reason_code", FAILURE(failure_reason_code), .type = AS_TEXT, IN_FAILURE},
};
const size_t row_field_count = sizeof row_fields / sizeof *row_fields;

bool row_has(enum row_kind kind, const struct row_field *field)
{
    return (kind == ROW_POLICY && field->in_policy) ||
           (kind == ROW_FAILURE && field->in_failure);
}

static const void *member(const struct store_row *row, const struct row_field *field)
{
    const void *const sources[] = {
        [FROM_ROW] = row,
        [FROM_REPORT] = row->report,
        [FROM_POLICY] = row->policy,
        [FROM_FAILURE] = row->failure,
    };
    return (const char *)sources[field->source] + field->offset;
}

static struct text word(const struct store_row *row, enum field_type type, const void *at)
{
    switch (type) {
    case AS_AUTHENTICATED:
        return text_of(authenticated_name(*(const enum authenticated *)at));
    case AS_POLICY_TYPE:
        return text_of(policy_type_name(*(const enum policy_type *)at));
    case AS_POLICY_MODE:
        return text_of(policy_mode_name(*(const enum policy_mode *)at));
    case AS_RESULT_TYPE:
        return text_of(result_type_name(*(const enum result_type *)at));
    case AS_RESULT_CLASS:
        return text_of(result_class_name(
            result_class_of(*(const enum result_type *)at, row->policy->policy_type)));
    case AS_CAUSE:
        return text_of(cause_name(*(const enum cause *)at));
    default:
        return *(const struct text *)at;
    }
}

static void set_number(struct row_value *value, uint64_t number)
{
    value->kind = VALUE_NUMBER;
    value->number = number;
}

static void set_lists(struct row_value *value, const struct text_list *first,
                      const struct text_list *second)
{
    value->kind = VALUE_LIST;
    value->lists[0] = first;
    value->lists[1] = second;
}

void row_value(const struct store_row *row, const struct row_field *field,
               struct row_value *value)
{
    const void *at = member(row, field);
    value->kind = VALUE_TEXT;
    value->text = TEXT_UNKNOWN;
    switch (field->type) {
    case AS_ID:
        set_number(value, (uint64_t) * (const int64_t *)at);
        break;
    case AS_COUNT:
        set_number(value, *(const uint64_t *)at);
        break;
    case AS_INDEX:
        set_number(value, *(const uint32_t *)at);
        break;
    case AS_LIST:
        set_lists(value, at, NULL);
        break;
    case AS_WARNINGS:
        set_lists(value, &row->report->warnings, at);
        break;
    case AS_TIME:
        if (*time_text(*(const int64_t *)at, value->space))
            value->text = text_of(value->space);
        break;
    case AS_DIGEST:
        value->text = text_of(sha256_hex(at, value->space));
        break;
    default:
        value->text = word(row, field->type, at);
    }
}

const char *row_kind_name(enum row_kind kind)
{
    static const char *const names[] = {
        [ROW_POLICY] = "policy",
        [ROW_FAILURE] = "failure",
        [ROW_RETRACT] = "retract",
    };
    return names[kind];
}
