/* The pages that say what a code means. */
#include "render/dashboard_page.h"
#include "render/escape.h"
#include "render/finding_html.h"
#include "render/html.h"

static void raw(struct buffer *out, const char *html)
{
    buffer_add_text(out, text_of(html));
}

static const char *title_of(const struct rule *rule)
{
    const struct rule_text *text = rule_text_of(rule);
    return text ? text->title : "not described";
}

static void add_meaning(struct buffer *out, const struct rule *rule)
{
    const struct rule_text *text = rule_text_of(rule);
    BUFFER_AUTO severity = {0};
    BUFFER_AUTO side = {0};
    BUFFER_AUTO types = {0};
    code_severity(&severity, rule);
    code_side(&side, rule);
    code_result_types(&types, rule);
    raw(out, "<dl class=\"facts\">\n");
    if (text) {
        html_entry(out, "Meaning", text_of(text->meaning));
        html_entry(out, "Decided by", text_of(text->decided));
        raw(out, "<dt>To do</dt><dd>");
        html_action(out, text_of(text->action));
        raw(out, "</dd>\n");
    }
    html_entry(out, "Severity", buffer_text(&severity));
    html_entry(out, "Whose fault", buffer_text(&side));
    html_entry(out, "Reported as", buffer_text(&types));
    if (rule->reference)
        html_entry(out, "Reference", text_of(rule->reference));
    raw(out, "</dl>\n");
}

/* ---- where it was found ---- */

static void add_found(struct buffer *out, struct arena *arena, const struct finding *finding)
{
    struct text file = dashboard_domain_file(arena, finding->domain);
    buffer_format(out, "<li><a href=\"../%.*s#f-%s\">", TEXT_ARGS(file), finding->id);
    escape_html(out, finding->domain);
    if (text_known(finding->mx)) {
        raw(out, ", ");
        escape_html(out, finding->mx);
    }
    raw(out, "</a>");
    if (part_of(finding) != PART_OPEN)
        raw(out, finding->acknowledged ? " (acknowledged)" : " (stopped)");
    raw(out, "</li>\n");
}

static void add_all_found(struct buffer *out, const struct dashboard_report *report,
                          const struct rule *rule)
{
    ARENA_AUTO arena = {0};
    bool any = false;
    raw(out, "<h2>Found at</h2>\n");
    for (size_t i = 0; i < report->findings.count; i++) {
        const struct findings *findings = &report->findings.at[i].findings;
        for (size_t j = 0; j < findings->count; j++) {
            if (findings->at[j].rule != rule)
                continue;
            raw(out, any ? "" : "<ul class=\"names\">\n");
            any = true;
            add_found(out, &arena, &findings->at[j]);
        }
    }
    raw(out, any ? "</ul>\n" : "<p>No domain of this site.</p>\n");
}

void dashboard_code(struct buffer *out, const struct dashboard_report *report,
                    const struct rule *rule)
{
    page_head(out, PAGE_BELOW, text_of(rule->code), text_of(rule->code));
    html_paragraph(out, text_of(title_of(rule)));
    raw(out, "</header>\n<main id=\"main\">\n");
    add_meaning(out, rule);
    add_all_found(out, report, rule);
    page_end(out);
}

void dashboard_codes(struct buffer *out, const struct rule *at, size_t count)
{
    page_head(out, PAGE_BELOW, TEXT("What the codes mean"), TEXT("What the codes mean"));
    raw(out, "</header>\n<main id=\"main\">\n");
    page_table(out, "codes", "", "Codes of findings");
    raw(out, "<th scope=\"col\">Code</th><th scope=\"col\">What it is</th></tr></thead>\n"
             "<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        buffer_format(out, "<tr><th scope=\"row\"><a href=\"%s.html\">%s</a></th><td>",
                      at[i].code, at[i].code);
        escape_html(out, text_of(title_of(&at[i])));
        raw(out, "</td></tr>\n");
    }
    raw(out, "</tbody></table></div>\n");
    page_end(out);
}
