#include "render/finding_html.h"

#include "base/time.h"
#include "render/escape.h"
#include "render/html.h"

static void raw(const struct finding_html *page, const char *html)
{
    buffer_add_text(page->out, text_of(html));
}

static void put(const struct finding_html *page, struct text text)
{
    escape_html(page->out, text);
}

static void put_string(const struct finding_html *page, const char *string)
{
    put(page, text_of(string));
}

void finding_html_severity(struct buffer *out, const struct finding *finding)
{
    buffer_format(out, "<span class=\"severity\">%s:</span> ",
                  words_of_severity(finding->severity));
}

const char *finding_html_class(const struct finding *finding)
{
    if (part_of(finding) != PART_OPEN || finding->severity < SEVERITY_WARNING)
        return "quiet";
    return finding->severity == SEVERITY_CRITICAL ? "critical" : "warning";
}

void finding_html_code(const struct finding_html *html, const struct finding *finding)
{
    const char *code = finding->rule->code;
    if (html->codes)
        buffer_format(html->out, "<a href=\"%s%s.html\"><code>%s</code></a>", html->codes, code,
                      code);
    else
        buffer_format(html->out, "<code>%s</code>", code);
}

static void add_meta(struct finding_html *page, const struct finding *finding)
{
    raw(page, "<p class=\"meta\">[");
    put_string(page, finding->id);
    raw(page, "] ");
    finding_html_code(page, finding);
    raw(page, ", ");
    put_string(page, confidence_name(finding->confidence));
    raw(page, ", ");
    put(page, words_of_since(page->arena, finding));
    if (finding->rule->reference) {
        raw(page, ", ");
        put_string(page, finding->rule->reference);
    }
    raw(page, "</p>\n");
    if (!finding->acknowledged)
        return;
    raw(page, "<p class=\"meta\">");
    put(page, words_of_acknowledgement(page->arena, finding));
    raw(page, "</p>\n");
}

static void add_evidence(struct finding_html *page, const struct evidence_list *list)
{
    if (!list->count)
        return;
    raw(page, "<dt>Evidence</dt><dd><ul>\n");
    for (size_t i = 0; i < list->count; i++) {
        raw(page, "<li>");
        html_time(page->out, list->at[i].at);
        raw(page, "<span class=\"from\">");
        put_string(page, words_of_source(list->at[i].source));
        raw(page, ":</span> ");
        put(page, list->at[i].text);
        raw(page, "</li>\n");
    }
    raw(page, "</ul></dd>\n");
}

/* The term and the text read as one sentence. */
static void add_done_when(struct finding_html *page, struct text done_when)
{
    const struct text start = TEXT("Done when ");
    if (text_starts(done_when, start))
        html_entry(page->out, "Done when", text_from(done_when, start.length));
    else if (done_when.length)
        html_entry(page->out, text_starts(done_when, TEXT("Done")) ? "Done" : "Done when",
                   done_when);
}

static void add_glosses(struct finding_html *page, const struct finding *finding)
{
    const struct gloss *gloss = next_gloss(finding, &page->glossed);
    if (!gloss)
        return;
    raw(page, "<dt>Words</dt><dd><ul>\n");
    for (; gloss; gloss = next_gloss(finding, &page->glossed)) {
        raw(page, "<li><dfn>");
        put_string(page, gloss->word);
        raw(page, "</dfn>: ");
        put_string(page, gloss->meaning);
        raw(page, "</li>\n");
    }
    raw(page, "</ul></dd>\n");
}

void finding_html_body(struct finding_html *page, const struct finding *finding,
                       struct text subject, bool is_shared)
{
    add_meta(page, finding);
    raw(page, "<dl>\n");
    html_entry(page->out, "About", subject);
    html_entry(page->out, "Mail", words_of_impact(finding));
    html_entry(page->out, "Fault of", words_of_side(finding, is_shared));
    if (finding->action.length) {
        raw(page, finding->state == STATE_STOPPED ? "<dt>If it comes back</dt><dd>"
                                                  : "<dt>To do</dt><dd>");
        html_action(page->out, finding->action);
        raw(page, "</dd>\n");
    }
    add_evidence(page, &finding->evidence);
    struct text fix = words_of_fix(page->arena, finding);
    if (fix.length)
        html_entry(page->out, "Fix", fix);
    add_done_when(page, finding->done_when);
    add_glosses(page, finding);
    raw(page, "</dl>\n");
}

void finding_html_first(struct buffer *out, struct arena *arena, const struct finding *finding,
                        struct text who, struct text link)
{
    buffer_format(out, "<div class=\"first %s\">\n<h2>First</h2>\n<p>",
                  finding_html_class(finding));
    finding_html_severity(out, finding);
    escape_html(out, who);
    buffer_format(out, "%s<a href=\"%.*s\">", who.length ? ": " : "", TEXT_ARGS(link));
    escape_html(out, finding->title);
    buffer_add_text(out, TEXT("</a>.</p>\n<p>"));
    escape_html(out, words_of_first_step(arena, finding));
    buffer_add_text(out, TEXT("</p>\n</div>\n"));
}

void finding_html_heading(struct buffer *out, size_t number, const struct finding *finding)
{
    buffer_add_text(out, TEXT("<h3>"));
    if (number)
        buffer_format(out, "%zu. ", number);
    finding_html_severity(out, finding);
    escape_html(out, finding->title);
    buffer_add_text(out, TEXT("</h3>\n"));
}
