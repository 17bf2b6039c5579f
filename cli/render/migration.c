#include "render/migration.h"

#include <string.h>

#include "base/time.h"
#include "render/escape.h"
#include "render/findings_keys.h"
#include "render/findings_words.h"
#include "render/wrap.h"

/* ---- JSON ---- */

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
        evidence_array(json, &finding->evidence);
        json_list(json, "rollback", &finding->rollback);
        json_time(json, "until", finding->until);
        json_text(json, "reference", text_of(finding->rule->reference));
        json_object_end(json);
    }
    json_array_end(json);
}

/* ---- text ---- */

enum { MARGIN = 4, LABEL = 10, BODY = MARGIN + LABEL };

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

static void add_finding(struct buffer *out, const struct migration_finding *finding,
                        struct text_style style)
{
    unsigned width = text_width(style);
    char date[TIME_TEXT_SIZE];
    buffer_add_text(out, TEXT("\n  "));
    put_severity(out, finding->severity, style.colour);
    buffer_add_text(out, TEXT(": "));
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
