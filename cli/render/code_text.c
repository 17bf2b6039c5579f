/* What a code means (`tlsrpt analyze --code`). */
#include <string.h>

#include "render/findings.h"
#include "render/migration.h"
#include "render/wrap.h"

static void add_block(struct buffer *out, unsigned width, const char *label, struct text text)
{
    enum { LABEL = 13 };
    if (!text.length)
        return;
    buffer_format(out, "\n  %-*s", LABEL, label);
    wrap_lines(out, (struct wrap){width, LABEL + 2}, LABEL + 2, text);
}

static void add_severity(struct buffer *out, enum severity severity, bool critical_if_refused)
{
    if (critical_if_refused && severity != SEVERITY_CRITICAL)
        buffer_add_text(out, TEXT("critical where mail is refused, else "));
    buffer_add_text(out, text_of(severity_name(severity)));
}

void code_severity(struct buffer *out, const struct rule *rule)
{
    add_severity(out, rule->severity, rule->critical_if_refused);
}

void migration_severity(struct buffer *out, const struct migration_rule *rule)
{
    add_severity(out, rule->severity, rule->critical_if_refused);
}

void code_side(struct buffer *out, const struct rule *rule)
{
    static const char *const sides[SIDE_COUNT] = {
        [SIDE_UNKNOWN] = "not known whose fault",
        [SIDE_DOMAIN] = "the fault of the domain",
        [SIDE_SENDER] = "the fault of the sender",
        [SIDE_PATH] = "the fault of the network in between",
    };
    const char *side = rule->side < SIDE_COUNT ? sides[rule->side] : NULL;
    buffer_add_text(out, text_of(side ? side : sides[SIDE_UNKNOWN]));
}

void code_result_types(struct buffer *out, const struct rule *rule)
{
    if (rule->result_types == RESULTS_NONE)
        buffer_add_text(out, TEXT("not by reports: found in what the domain publishes"));
    else if (rule->result_types == RESULTS_ANY)
        buffer_add_text(out, TEXT("any type of failure"));
    else
        for (unsigned i = 0; i < RESULT_COUNT; i++)
            if (rule->result_types & 1U << i)
                buffer_format(out, "%s%s", out->length ? ", " : "",
                              result_type_name((enum result_type)i));
}

static void add_title(struct buffer *out, unsigned width, const char *code, struct text title)
{
    buffer_format(out, "%s: ", code);
    wrap_paragraph(out, (struct wrap){width, 2}, strlen(code) + 2, title);
}

void code_text(struct buffer *out, const struct rule *rule, struct text_style style)
{
    const struct rule_text *text = rule_text_of(rule);
    unsigned width = text_width(style);
    BUFFER_AUTO weight = {0};
    BUFFER_AUTO types = {0};
    add_title(out, width, rule->code, text ? text_of(text->title) : TEXT("not described"));
    if (text) {
        add_block(out, width, "Meaning", text_of(text->meaning));
        add_block(out, width, "Decided by", text_of(text->decided));
        add_block(out, width, "To do", text_of(text->action));
    }
    code_severity(&weight, rule);
    buffer_add_text(&weight, TEXT("; "));
    code_side(&weight, rule);
    code_result_types(&types, rule);
    add_block(out, width, "Severity", buffer_text(&weight));
    add_block(out, width, "Reported as", buffer_text(&types));
    add_block(out, width, "Reference", text_of(rule->reference));
}

void migration_code_text(struct buffer *out, const struct migration_rule *rule,
                         struct text_style style)
{
    unsigned width = text_width(style);
    BUFFER_AUTO severity = {0};
    migration_severity(&severity, rule);
    add_title(out, width, rule->code, text_of(rule->title));
    add_block(out, width, "Meaning", text_of(rule->meaning));
    add_block(out, width, "Decided by", text_of(rule->decided));
    add_block(out, width, "To do", text_of(rule->action));
    add_block(out, width, "Severity", buffer_text(&severity));
    add_block(out, width, "Told by", TEXT("tlsrpt changes, tlsrpt plan"));
    add_block(out, width, "Reference", text_of(rule->reference));
}

/* ---- the list ---- */

static unsigned column_of(unsigned column, const char *code)
{
    size_t wanted = strlen(code) + 2;
    return wanted > column ? (unsigned)wanted : column;
}

static void add_row(struct buffer *out, unsigned width, unsigned column, const char *code,
                    struct text title)
{
    buffer_format(out, "%-*s", (int)column, code);
    wrap_paragraph(out, (struct wrap){width, column}, column, title);
}

void codes_text(struct buffer *out, const struct rule *at, size_t count,
                struct text_style style)
{
    unsigned column = 0;
    for (size_t i = 0; i < count; i++)
        column = column_of(column, at[i].code);
    for (size_t i = 0; i < count; i++) {
        const struct rule_text *text = rule_text_of(&at[i]);
        add_row(out, text_width(style), column, at[i].code,
                text ? text_of(text->title) : TEXT("not described"));
    }
}

void migration_codes_text(struct buffer *out, struct text_style style)
{
    unsigned column = 0;
    for (size_t i = 0; i < migration_rule_count; i++)
        column = column_of(column, migration_rules[i].code);
    buffer_add_text(
        out, TEXT("\nOf a change of what is published (tlsrpt changes, tlsrpt plan):\n"));
    for (size_t i = 0; i < migration_rule_count; i++)
        add_row(out, text_width(style), column, migration_rules[i].code,
                text_of(migration_rules[i].title));
}
