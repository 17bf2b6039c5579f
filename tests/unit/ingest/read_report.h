/* For tests: a report's JSON becomes lines that a table can hold. */
#ifndef TEST_READ_REPORT_H
#define TEST_READ_REPORT_H

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "ingest/parse.h"

#define NO_ENVELOPE                                                                            \
    ((struct report_envelope){.sent_at = TIME_UNKNOWN, .received_at = TIME_UNKNOWN})

static inline struct document read_bytes(struct text bytes, struct report_envelope envelope,
                                         struct arena *arena)
{
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    struct document document;
    document_read(bytes, &envelope, &limits, arena, &document);
    return document;
}

/* The codes of warnings, each once, in their order, with a blank between. */
static inline const char *codes_of(const struct text_list *warnings, struct buffer *buffer)
{
    struct text last = TEXT_UNKNOWN;
    buffer->length = 0;
    for (size_t i = 0; i < warnings->count; i++) {
        struct text code = text_first(warnings->at[i], text_find_char(warnings->at[i], ':'));
        if (text_equal(code, last))
            continue;
        if (buffer->length)
            buffer_add_char(buffer, ' ');
        buffer_add_text(buffer, code);
        last = code;
    }
    buffer_add_char(buffer, 0);
    return buffer->at;
}

static inline void add_value(struct buffer *buffer, const char *name, struct text value)
{
    if (text_known(value))
        buffer_format(buffer, " %s=%.*s", name, TEXT_ARGS(value));
}

static inline void add_list(struct buffer *buffer, const char *name,
                            const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        buffer_format(buffer, "%s%s%.*s", i ? "|" : " ", i ? "" : name, TEXT_ARGS(list->at[i]));
}

/* A policy and its failures: what is unknown is left out. */
static inline const char *policy_text(const struct tls_policy *policy, struct buffer *buffer)
{
    buffer->length = 0;
    buffer_format(buffer, "%s", policy_type_name(policy->policy_type));
    if (policy->policy_mode)
        buffer_format(buffer, "/%s", policy_mode_name(policy->policy_mode));
    add_value(buffer, "domain", policy->policy_domain);
    add_list(buffer, "strings=", &policy->policy_strings);
    add_list(buffer, "mx=", &policy->mx_hosts);
    buffer_format(buffer, " %" PRIu64 "/%" PRIu64 "/%" PRIu64, policy->successful_sessions,
                  policy->failed_sessions, policy->unitemised_failures);
    for (size_t i = 0; i < policy->failure_count; i++) {
        const struct tls_failure *failure = &policy->failures[i];
        buffer_format(buffer, "; %s %" PRIu64, result_type_name(failure->result_type),
                      failure->failed_sessions);
        add_value(buffer, "raw", failure->result_type_raw);
        add_value(buffer, "from", failure->sending_mta_ip);
        add_value(buffer, "mx", failure->receiving_mx_hostname);
        add_value(buffer, "helo", failure->receiving_mx_helo);
        add_value(buffer, "to", failure->receiving_ip);
        add_value(buffer, "info", failure->additional_information);
        add_value(buffer, "reason", failure->failure_reason_code);
        add_value(buffer, "cause", text_of(cause_name(failure->cause)));
    }
    buffer_add_char(buffer, 0);
    return buffer->at;
}

#endif
