#include "render/check.h"

#include "render/escape.h"
#include "render/json_out.h"
#include "render/mail_out.h"

const char *escalation_state_name(enum escalation_state state)
{
    static const char *const names[] = {
        [ESCALATION_NEW] = "new",
        [ESCALATION_ONGOING] = "ongoing",
        [ESCALATION_ACKNOWLEDGED] = "acknowledged",
        [ESCALATION_RESOLVED] = "resolved",
    };
    return names[state];
}

const char *check_status_name(enum check_status status)
{
    static const char *const names[] = {
        [CHECK_OK] = "OK",
        [CHECK_WARNING] = "WARNING",
        [CHECK_CRITICAL] = "CRITICAL",
        [CHECK_UNKNOWN] = "UNKNOWN",
    };
    return names[status];
}

/* ---- one line for monitoring ---- */

/* A bar would begin the performance data. */
static void add_plain(struct buffer *out, struct text text)
{
    BUFFER_AUTO escaped = {0};
    escape_line(&escaped, text);
    for (size_t i = 0; i < escaped.length; i++)
        buffer_add_char(out, escaped.at[i] == '|' ? '/' : escaped.at[i]);
}

static size_t open_escalations(const struct check_report *report,
                               const struct escalation_line **first)
{
    size_t count = 0;
    for (size_t i = 0; i < report->escalations.count; i++) {
        const struct escalation_line *line = &report->escalations.at[i];
        if (line->state != ESCALATION_NEW && line->state != ESCALATION_ONGOING)
            continue;
        if (!count++)
            *first = line;
    }
    return count;
}

static size_t acknowledged_escalations(const struct check_report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->escalations.count; i++)
        count += report->escalations.at[i].state == ESCALATION_ACKNOWLEDGED;
    return count;
}

/* Whether the first note is all there is to say. */
static bool is_note_alone(const struct check_report *report)
{
    const struct escalation_line *first;
    return !open_escalations(report, &first) && !report->warnings.count && report->notes.count;
}

static void add_headline(struct buffer *out, const struct check_report *report)
{
    const struct escalation_line *first =
        report->warnings.count ? &report->warnings.at[0] : NULL;
    size_t open = open_escalations(report, &first);
    size_t more = open ? open - 1 : report->warnings.count ? report->warnings.count - 1 : 0;
    buffer_format(out, "TLSRPT %s - ", check_status_name(report->status));
    if (first) {
        add_plain(out, first->domain);
        buffer_add_text(out, TEXT(": "));
        add_plain(out, first->title);
        if (more)
            buffer_format(out, " (%zu more)", more);
    } else if (is_note_alone(report)) {
        add_plain(out, report->notes.at[0]);
    } else {
        size_t known = acknowledged_escalations(report);
        buffer_format(out, "%zu domain%s, ", report->domains, report->domains == 1 ? "" : "s");
        if (known)
            buffer_format(out, "%zu acknowledged, ", known);
        buffer_format(out, "nothing %sto do", known ? "else " : "");
    }
    buffer_format(out, "|escalations=%zu;;0 warnings=%zu;0 domains=%zu\n", open,
                  report->warnings.count, report->domains);
}

static void add_line(struct buffer *out, const struct escalation_line *line, const char *state)
{
    buffer_format(out, "%s%s ", state, line->worse ? ", worse" : "");
    buffer_add_char(out, '[');
    add_plain(out, line->id);
    buffer_add_text(out, TEXT("] "));
    add_plain(out, line->domain);
    buffer_add_char(out, ' ');
    add_plain(out, line->code);
    buffer_add_text(out, TEXT(": "));
    add_plain(out, line->title);
    buffer_add_char(out, '\n');
}

void check_text(struct buffer *out, const struct check_report *report)
{
    add_headline(out, report);
    for (size_t i = 0; i < report->escalations.count; i++)
        add_line(out, &report->escalations.at[i],
                 escalation_state_name(report->escalations.at[i].state));
    for (size_t i = 0; i < report->warnings.count; i++)
        add_line(out, &report->warnings.at[i], "warning");
    for (size_t i = is_note_alone(report); i < report->notes.count; i++) {
        add_plain(out, report->notes.at[i]);
        buffer_add_char(out, '\n');
    }
}

static void line_json(struct json_out *json, const struct escalation_line *line)
{
    json_object(json, NULL);
    json_text(json, "id", line->id);
    json_text(json, "code", line->code);
    json_text(json, "domain", line->domain);
    json_text(json, "state", text_of(escalation_state_name(line->state)));
    json_time(json, "since", line->since);
    json_text(json, "title", line->title);
    json_text(json, "action", line->action);
    json_object_end(json);
}

void check_json(struct buffer *out, const struct check_report *report)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_text(&json, "status", text_of(check_status_name(report->status)));
    json_array(&json, "escalations");
    for (size_t i = 0; i < report->escalations.count; i++)
        line_json(&json, &report->escalations.at[i]);
    json_array_end(&json);
    json_array(&json, "warnings");
    for (size_t i = 0; i < report->warnings.count; i++)
        line_json(&json, &report->warnings.at[i]);
    json_array_end(&json);
    json_list(&json, "notes", &report->notes);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}

/* ---- the message ---- */

static void add_subject(struct buffer *out, const struct alert *alert)
{
    BUFFER_AUTO subject = {0};
    const struct escalation_line *first = &alert->at[0];
    const char *word = first->state == ESCALATION_RESOLVED ? "over" : "CRITICAL";
    buffer_format(&subject, "[tlsrpt] %s: ", word);
    buffer_add_text(&subject, text_first(first->domain, 100));
    buffer_add_text(&subject, TEXT(": "));
    buffer_add_text(&subject, text_first(first->title, 140));
    if (alert->count > 1)
        buffer_format(&subject, " (%zu more)", alert->count - 1);
    mail_out_header_encoded(out, "Subject", buffer_text(&subject));
}

static void add_message_id(struct buffer *out, const struct alert *alert)
{
    BUFFER_AUTO about = {0};
    for (size_t i = 0; i < alert->count; i++) {
        buffer_add_text(&about, alert->at[i].id);
        buffer_add_char(&about, (char)('0' + (int)alert->at[i].state));
    }
    buffer_format(&about, "%lld", (long long)alert->now);
    mail_out_message_id(out, buffer_text(&about));
}

static void add_over(struct buffer *out, const struct escalation_line *line)
{
    buffer_add_text(out, TEXT("Over: "));
    add_plain(out, line->domain);
    buffer_add_text(out, TEXT(": "));
    add_plain(out, line->title);
    buffer_add_text(out, TEXT(" ["));
    add_plain(out, line->id);
    buffer_add_text(out, TEXT("]\n\n"));
}

static void add_body(struct buffer *out, const struct alert *alert)
{
    struct text_style style = {.width = 72};
    for (size_t i = 0; i < alert->count; i++) {
        const struct escalation_line *line = &alert->at[i];
        if (!line->finding) {
            add_over(out, line);
            continue;
        }
        buffer_format(out, "%s: ", line->worse ? "Worse" : "New");
        add_plain(out, line->domain);
        buffer_add_text(out, TEXT("\n\n"));
        finding_text(out, line->finding, style);
        buffer_add_text(out, TEXT("\nIt is known? tlsrpt acknowledge "));
        add_plain(out, line->id);
        buffer_add_text(out, TEXT("\n\n"));
    }
    for (size_t i = 0; i < alert->notes.count; i++) {
        add_plain(out, alert->notes.at[i]);
        buffer_add_char(out, '\n');
    }
}

void alert_mail(struct buffer *out, const struct alert *alert)
{
    BUFFER_AUTO body = {0};
    add_body(&body, alert);
    mail_out_header(out, "From", alert->from);
    mail_out_recipients(out, &alert->to);
    add_subject(out, alert);
    mail_out_date(out, alert->now);
    add_message_id(out, alert);
    buffer_add_text(out, TEXT("MIME-Version: 1.0\nAuto-Submitted: auto-generated\n"));
    mail_out_text(out, buffer_text(&body));
}
