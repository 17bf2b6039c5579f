#include "render/openmetrics.h"

#include "base/time.h"

static void add_head(struct buffer *out, const char *name, const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value: backslash, quotation mark and line feed are escaped. */
static void add_value(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        char c = value.at[i];
        if (c == '\\' || c == '"')
            buffer_add_char(out, '\\');
        if (c == '\n')
            buffer_add_text(out, TEXT("\\n"));
        else
            buffer_add_char(out, c);
    }
}

static void add_sample(struct buffer *out, const char *name, struct text domain,
                       const char *label, const char *value, uint64_t number)
{
    buffer_format(out, "%s{domain=\"", name);
    add_value(out, domain);
    if (label)
        buffer_format(out, "\",%s=\"%s", label, value);
    buffer_format(out, "\"} %llu\n", (unsigned long long)number);
}

static void add_sessions(struct buffer *out, const struct metrics *metrics)
{
    static const char name[] = "tlsrpt_sessions";
    add_head(out, name, "Sessions in the reports of the window.");
    for (size_t i = 0; i < metrics->count; i++) {
        const struct domain_metrics *each = &metrics->at[i];
        add_sample(out, name, each->domain, "result", "successful", each->sessions.successful);
        add_sample(out, name, each->domain, "result", "failed", each->sessions.failed);
    }
}

static void add_findings(struct buffer *out, const struct metrics *metrics)
{
    static const char name[] = "tlsrpt_findings";
    add_head(out, name, "Findings that are ongoing and not acknowledged.");
    for (size_t i = 0; i < metrics->count; i++)
        for (unsigned severity = SEVERITY_NOTICE; severity < SEVERITY_COUNT; severity++)
            add_sample(out, name, metrics->at[i].domain, "severity",
                       severity_name((enum severity)severity),
                       metrics->at[i].findings[severity]);
}

static void add_last_reports(struct buffer *out, const struct metrics *metrics)
{
    static const char name[] = "tlsrpt_last_report_timestamp_seconds";
    add_head(out, name, "End of the range of the last report.");
    for (size_t i = 0; i < metrics->count; i++)
        if (metrics->at[i].last_report_at != TIME_UNKNOWN)
            add_sample(out, name, metrics->at[i].domain, NULL, NULL,
                       (uint64_t)metrics->at[i].last_report_at);
}

void metrics_write(struct buffer *out, const struct metrics *metrics)
{
    add_sessions(out, metrics);
    add_findings(out, metrics);
    add_last_reports(out, metrics);
    add_head(out, "tlsrpt_quarantined", "Mails that claim to be reports and cannot be read.");
    buffer_format(out, "tlsrpt_quarantined %llu\n# EOF\n",
                  (unsigned long long)metrics->quarantined);
}
