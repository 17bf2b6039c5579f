#include "ingest/wire.h"

#include <string.h>

static const uint32_t WIRE_MARK = 0x31525457; /* "WTR1" */
static const uint32_t TEXT_IS_UNKNOWN = UINT32_MAX;

static void put_text(struct buffer *out, struct text text)
{
    if (!text_known(text)) {
        buffer_add_u32(out, TEXT_IS_UNKNOWN);
        return;
    }
    buffer_add_u32(out, (uint32_t)text.length);
    buffer_add_text(out, text);
}

static void put_list(struct buffer *out, const struct text_list *list)
{
    buffer_add_u32(out, (uint32_t)list->count);
    for (size_t i = 0; i < list->count; i++)
        put_text(out, list->at[i]);
}

static void put_failure(struct buffer *out, const struct tls_failure *failure)
{
    buffer_add_u32(out, failure->result_type);
    buffer_add_u32(out, failure->cause);
    buffer_add_u64(out, failure->failed_sessions);
    put_text(out, failure->result_type_raw);
    put_text(out, failure->sending_mta_ip);
    put_text(out, failure->receiving_mx_hostname);
    put_text(out, failure->receiving_mx_helo);
    put_text(out, failure->receiving_ip);
    put_text(out, failure->additional_information);
    put_text(out, failure->failure_reason_code);
}

static void put_policy(struct buffer *out, const struct tls_policy *policy)
{
    buffer_add_u32(out, policy->index);
    buffer_add_u32(out, policy->policy_type);
    buffer_add_u32(out, policy->policy_mode);
    buffer_add_u64(out, policy->successful_sessions);
    buffer_add_u64(out, policy->failed_sessions);
    buffer_add_u64(out, policy->unitemised_failures);
    put_text(out, policy->policy_domain);
    put_list(out, &policy->policy_strings);
    put_list(out, &policy->mx_hosts);
    put_list(out, &policy->warnings);
    buffer_add_u32(out, (uint32_t)policy->failure_count);
    for (size_t i = 0; i < policy->failure_count; i++)
        put_failure(out, &policy->failures[i]);
}

static void put_report(struct buffer *out, const struct tls_report *report)
{
    buffer_add(out, report->sha256, sizeof report->sha256);
    buffer_add_u64(out, (uint64_t)report->begin);
    buffer_add_u64(out, (uint64_t)report->end);
    buffer_add_u64(out, (uint64_t)report->sent_at);
    buffer_add_u64(out, (uint64_t)report->received_at);
    buffer_add_u32(out, report->authenticated);
    put_text(out, report->organization_name);
    put_text(out, report->contact_info);
    put_text(out, report->report_id);
    put_text(out, report->submitter);
    put_text(out, report->report_domain);
    put_text(out, report->named_domain);
    put_text(out, report->reporter);
    put_list(out, &report->warnings);
    buffer_add_u32(out, (uint32_t)report->policy_count);
    for (size_t i = 0; i < report->policy_count; i++)
        put_policy(out, &report->policies[i]);
}

void wire_encode(const struct reading *reading, struct buffer *out)
{
    buffer_add_u32(out, WIRE_MARK);
    buffer_add_u64(out, (uint64_t)reading->received_at);
    put_text(out, reading->fault);
    buffer_add_u32(out, (uint32_t)reading->report_count);
    for (size_t i = 0; i < reading->report_count; i++)
        put_report(out, reading->reports[i]);
}

/* What is read takes at least this many bytes for each element, so that a count can be checked
 * against what is left before memory is taken for it. */
enum { TEXT_LEAST = 4, FAILURE_LEAST = 44, POLICY_LEAST = 56, REPORT_LEAST = 104 };

struct reader {
    struct text rest;
    const struct ingest_limits *limits;
    struct arena *arena;
    bool good;
};

static void take(struct reader *reader, void *value, size_t size)
{
    memset(value, 0, size);
    if (reader->rest.length < size) {
        reader->good = false;
        reader->rest.length = 0;
        return;
    }
    memcpy(value, reader->rest.at, size);
    reader->rest = text_from(reader->rest, size);
}

static uint32_t take_u32(struct reader *reader)
{
    uint32_t value;
    take(reader, &value, sizeof value);
    return value;
}

static uint64_t take_u64(struct reader *reader)
{
    uint64_t value;
    take(reader, &value, sizeof value);
    return value;
}

static uint64_t take_count(struct reader *reader)
{
    uint64_t value = take_u64(reader);
    reader->good = reader->good && value <= INT64_MAX;
    return value;
}

static int64_t take_time(struct reader *reader)
{
    static const int64_t end_of_9999 = 253402300799;
    int64_t value = (int64_t)take_u64(reader);
    reader->good =
        reader->good && (value == TIME_UNKNOWN || (value >= 0 && value <= end_of_9999 + 1));
    return value;
}

/* A word of a vocabulary with COUNT words from FIRST. */
static unsigned take_word(struct reader *reader, unsigned first, unsigned count)
{
    uint32_t value = take_u32(reader);
    if (value < first || value >= count) {
        reader->good = false;
        return first;
    }
    return value;
}

/* How many elements follow, each of LEAST bytes at least, MOST at most. */
static size_t take_length(struct reader *reader, size_t least, size_t most)
{
    uint32_t count = take_u32(reader);
    if (count > most || count > reader->rest.length / least) {
        reader->good = false;
        return 0;
    }
    return count;
}

static struct text take_text(struct reader *reader)
{
    uint32_t length = take_u32(reader);
    if (length == TEXT_IS_UNKNOWN || !reader->good)
        return TEXT_UNKNOWN;
    struct text text = text_first(reader->rest, length);
    if (text.length != length || !text_is_utf8(text)) {
        reader->good = false;
        return TEXT_UNKNOWN;
    }
    reader->rest = text_from(reader->rest, length);
    return text;
}

static struct text_list take_list(struct reader *reader)
{
    struct text_list list = {.count = take_length(reader, TEXT_LEAST, SIZE_MAX)};
    list.at = arena_array(reader->arena, list.count, sizeof *list.at);
    for (size_t i = 0; i < list.count; i++) {
        list.at[i] = take_text(reader);
        reader->good = reader->good && text_known(list.at[i]);
    }
    return list;
}

static void take_failure(struct reader *reader, struct tls_failure *failure)
{
    failure->result_type = (enum result_type)take_word(reader, 0, RESULT_COUNT);
    failure->cause = (enum cause)take_word(reader, 0, CAUSE_COUNT);
    failure->failed_sessions = take_count(reader);
    failure->result_type_raw = take_text(reader);
    failure->sending_mta_ip = take_text(reader);
    failure->receiving_mx_hostname = take_text(reader);
    failure->receiving_mx_helo = take_text(reader);
    failure->receiving_ip = take_text(reader);
    failure->additional_information = take_text(reader);
    failure->failure_reason_code = take_text(reader);
}

static void take_policy(struct reader *reader, struct tls_policy *policy, size_t *rows_left)
{
    policy->index = take_u32(reader);
    policy->policy_type = (enum policy_type)take_word(reader, 0, POLICY_TYPE_COUNT);
    policy->policy_mode = (enum policy_mode)take_word(reader, 0, POLICY_MODE_COUNT);
    policy->successful_sessions = take_count(reader);
    policy->failed_sessions = take_count(reader);
    policy->unitemised_failures = take_count(reader);
    reader->good = reader->good && policy->unitemised_failures <= policy->failed_sessions;
    policy->policy_domain = take_text(reader);
    policy->policy_strings = take_list(reader);
    policy->mx_hosts = take_list(reader);
    policy->warnings = take_list(reader);
    policy->failure_count = take_length(reader, FAILURE_LEAST, *rows_left);
    *rows_left -= policy->failure_count;
    policy->failures =
        arena_array(reader->arena, policy->failure_count, sizeof *policy->failures);
    for (size_t i = 0; i < policy->failure_count && reader->good; i++)
        take_failure(reader, &policy->failures[i]);
}

static void take_report(struct reader *reader, struct tls_report *report)
{
    size_t rows_left = reader->limits->failure_rows;
    take(reader, report->sha256, sizeof report->sha256);
    report->begin = take_time(reader);
    report->end = take_time(reader);
    report->sent_at = take_time(reader);
    report->received_at = take_time(reader);
    report->authenticated =
        (enum authenticated)take_word(reader, AUTHENTICATED_PASS, AUTHENTICATED_COUNT);
    report->organization_name = take_text(reader);
    report->contact_info = take_text(reader);
    report->report_id = take_text(reader);
    report->submitter = take_text(reader);
    report->report_domain = take_text(reader);
    report->named_domain = take_text(reader);
    report->reporter = take_text(reader);
    report->warnings = take_list(reader);
    report->policy_count = take_length(reader, POLICY_LEAST, SIZE_MAX);
    report->policies =
        arena_array(reader->arena, report->policy_count, sizeof *report->policies);
    for (size_t i = 0; i < report->policy_count && reader->good; i++)
        take_policy(reader, &report->policies[i], &rows_left);
}

bool wire_decode(struct text bytes, const struct ingest_limits *limits, struct arena *arena,
                 struct reading *reading, struct error *err)
{
    struct reader reader = {.rest = bytes, .limits = limits, .arena = arena, .good = true};
    *reading = (struct reading){.received_at = TIME_UNKNOWN};
    reader.good = take_u32(&reader) == WIRE_MARK;
    reading->received_at = take_time(&reader);
    reading->fault = take_text(&reader);
    reading->report_count = take_length(&reader, REPORT_LEAST, SIZE_MAX);
    reading->reports = arena_array(arena, reading->report_count, sizeof *reading->reports);
    for (size_t i = 0; i < reading->report_count && reader.good; i++) {
        reading->reports[i] = arena_new(arena, struct tls_report);
        take_report(&reader, reading->reports[i]);
    }
    if (!reader.good || reader.rest.length)
        return error_set(err, ERROR_BUG, "the worker's answer is not what a worker says");
    return true;
}
