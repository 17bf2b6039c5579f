#include "render/migration.h"

#include <string.h>

#include "base/time.h"
#include "render/escape.h"
#include "render/findings_words.h"
#include "render/wrap.h"

/* ---- JSON ---- */

static void put_evidence(struct json_out *json, const struct evidence_list *list)
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

void migration_array(struct json_out *json, const struct migration_findings *findings)
{
    json_array(json, "findings");
    for (size_t i = 0; i < findings->count; i++) {
        const struct migration_finding *finding = &findings->at[i];
        json_object(json, NULL);
        json_text(json, "code", text_of(finding->rule->code));
        json_text(json, "severity", text_of(severity_name(finding->severity)));
        json_text(json, "title", finding->title);
        json_text(json, "text", finding->text);
        json_text(json, "action", finding->action);
        put_evidence(json, &finding->evidence);
        json_list(json, "rollback", &finding->rollback);
        json_time(json, "until", finding->until);
        json_text(json, "reference", text_of(finding->rule->reference));
        json_object_end(json);
    }
    json_array_end(json);
}

/* ---- text ---- */

enum { MARGIN = 4, LABEL = 10, BODY = MARGIN + LABEL };

static unsigned width_of(struct text_style style)
{
    return !style.width ? 80 : style.width < 40 ? 40 : style.width;
}

static void add_labelled(struct buffer *out, unsigned width, const char *label,
                         struct text text)
{
    wrap_blanks(out, MARGIN);
    buffer_format(out, "%-*s", LABEL, label);
    wrap_lines(out, (struct wrap){width, BODY}, BODY, text);
}

static void add_evidence(struct buffer *out, unsigned width, const struct evidence_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        BUFFER_AUTO line = {0};
        char moment[TIME_TEXT_SIZE];
        /* 2026-06-08T12:00:00Z */
        time_text(list->at[i].at, moment);
        if (moment[0])
            buffer_format(&line, "%.10s %.5s  ", moment, moment + 11);
        buffer_format(&line, "%s: ", words_of_source(list->at[i].source));
        buffer_add_text(&line, list->at[i].text);
        add_labelled(out, width, i ? "" : "Evidence", buffer_text(&line));
    }
}

/* They are there to be pasted: each stays whole. */
static void add_rollback(struct buffer *out, const struct text_list *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        wrap_blanks(out, MARGIN);
        buffer_format(out, "%-*s", LABEL, i ? "" : "Before");
        escape_line(out, lines->at[i]);
        buffer_add_char(out, '\n');
    }
}

static void add_severity(struct buffer *out, enum severity severity, bool colour)
{
    static const char *const colours[SEVERITY_COUNT] = {
        [SEVERITY_WARNING] = "\033[33m",
        [SEVERITY_CRITICAL] = "\033[31m",
    };
    const char *begin = colour && severity < SEVERITY_COUNT ? colours[severity] : NULL;
    buffer_format(out, "%s%s%s: ", begin ? begin : "", words_of_severity(severity),
                  begin ? "\033[0m" : "");
}

static void add_finding(struct buffer *out, const struct migration_finding *finding,
                        struct text_style style)
{
    unsigned width = width_of(style);
    char date[TIME_TEXT_SIZE];
    buffer_add_text(out, TEXT("\n  "));
    add_severity(out, finding->severity, style.colour);
    wrap_paragraph(out, (struct wrap){width, MARGIN},
                   strlen(words_of_severity(finding->severity)) + 4, finding->title);
    wrap_blanks(out, MARGIN);
    buffer_format(out, "%s", finding->rule->code);
    if (finding->until != TIME_UNKNOWN)
        buffer_format(out, ", until %s", time_date(finding->until, date));
    buffer_format(out, ", %s\n", finding->rule->reference);
    add_labelled(out, width, "Mail", finding->text);
    add_labelled(out, width, "To do", finding->action);
    add_evidence(out, width, &finding->evidence);
    add_rollback(out, &finding->rollback);
}

void migration_text(struct buffer *out, const struct migration_findings *findings,
                    struct text_style style)
{
    for (size_t i = 0; i < findings->count; i++)
        add_finding(out, &findings->at[i], style);
}

/* ---- codes ---- */

void migration_severity(struct buffer *out, const struct migration_rule *rule)
{
    if (rule->critical_if_refused)
        buffer_add_text(out, TEXT("critical where mail is refused, else "));
    buffer_format(out, "%s", severity_name(rule->severity));
}

static void add_block(struct buffer *out, unsigned width, const char *label, struct text text)
{
    enum { WIDE = 13 };
    buffer_format(out, "\n  %-*s", WIDE, label);
    wrap_lines(out, (struct wrap){width, WIDE + 2}, WIDE + 2, text);
}

void migration_code_text(struct buffer *out, const struct migration_rule *rule,
                         struct text_style style)
{
    unsigned width = width_of(style);
    BUFFER_AUTO severity = {0};
    migration_severity(&severity, rule);
    buffer_format(out, "%s: ", rule->code);
    wrap_paragraph(out, (struct wrap){width, 2}, strlen(rule->code) + 2, text_of(rule->title));
    add_block(out, width, "Meaning", text_of(rule->meaning));
    add_block(out, width, "Decided by", text_of(rule->decided));
    add_block(out, width, "To do", text_of(rule->action));
    add_block(out, width, "Severity", buffer_text(&severity));
    add_block(out, width, "Told by", TEXT("tlsrpt changes, tlsrpt plan"));
    add_block(out, width, "Reference", text_of(rule->reference));
}

void migration_codes_text(struct buffer *out, struct text_style style)
{
    unsigned column = 0;
    for (size_t i = 0; i < migration_rule_count; i++)
        if (strlen(migration_rules[i].code) + 2 > column)
            column = (unsigned)strlen(migration_rules[i].code) + 2;
    buffer_add_text(
        out, TEXT("\nOf a change of what is published (tlsrpt changes, tlsrpt plan):\n"));
    for (size_t i = 0; i < migration_rule_count; i++) {
        buffer_format(out, "%-*s", (int)column, migration_rules[i].code);
        wrap_paragraph(out, (struct wrap){width_of(style), column}, column,
                       text_of(migration_rules[i].title));
    }
}
