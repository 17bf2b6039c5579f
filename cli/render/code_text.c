/* What a code means (`tlsrpt analyze --code`). */
#include <string.h>

#include "render/findings.h"
#include "render/wrap.h"

static unsigned width_of(struct text_style style)
{
    if (!style.width)
        return 80;
    return style.width < 40 ? 40 : style.width;
}

static void add_block(struct buffer *out, unsigned width, const char *label, struct text text)
{
    enum { LABEL = 13 };
    if (!text.length)
        return;
    buffer_format(out, "\n  %-*s", LABEL, label);
    wrap_lines(out, (struct wrap){width, LABEL + 2}, LABEL + 2, text);
}

void code_severity(struct buffer *out, const struct rule *rule)
{
    const char *name = severity_name(rule->severity);
    if (rule->critical_if_refused && rule->severity != SEVERITY_CRITICAL)
        buffer_format(out, "critical where mail is refused, else %s", name);
    else
        buffer_format(out, "%s", name);
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

void code_text(struct buffer *out, const struct rule *rule, struct text_style style)
{
    const struct rule_text *text = rule_text_of(rule);
    unsigned width = width_of(style);
    BUFFER_AUTO weight = {0};
    BUFFER_AUTO types = {0};
    buffer_format(out, "%s: ", rule->code);
    wrap_paragraph(out, (struct wrap){width, 2}, strlen(rule->code) + 2,
                   text ? text_of(text->title) : TEXT("not described"));
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

void codes_text(struct buffer *out, const struct rule *at, size_t count,
                struct text_style style)
{
    unsigned width = width_of(style), column = 0;
    for (size_t i = 0; i < count; i++)
        if (strlen(at[i].code) + 2 > column)
            column = (unsigned)strlen(at[i].code) + 2;
    for (size_t i = 0; i < count; i++) {
        const struct rule_text *text = rule_text_of(&at[i]);
        buffer_format(out, "%-*s", (int)column, at[i].code);
        wrap_paragraph(out, (struct wrap){width, column}, column,
                       text ? text_of(text->title) : TEXT("not described"));
    }
}
