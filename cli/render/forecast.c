#include "render/forecast.h"

#include "base/time.h"
#include "render/escape.h"
#include "render/html.h"
#include "render/wrap.h"

void forecast_array(struct json_out *json, const struct forecast *forecast)
{
    json_array(json, "forecast");
    for (size_t i = 0; forecast && i < forecast->count; i++) {
        const struct forecast_entry *entry = &forecast->at[i];
        json_object(json, NULL);
        json_text(json, "kind", text_of(forecast_kind_name(entry->kind)));
        json_time(json, "at", entry->at);
        json_text(json, "host", entry->host);
        json_text(json, "title", entry->title);
        json_text(json, "text", entry->text);
        json_text(json, "action", entry->action);
        json_bool(json, "overdue", entry->overdue);
        json_object_end(json);
    }
    json_array_end(json);
}

static size_t shown(const struct forecast *forecast)
{
    return forecast->count < FORECAST_SHOWN ? forecast->count : FORECAST_SHOWN;
}

/* ---- text ---- */

enum { STEP = 2 };

static void add_entry(struct buffer *out, const struct forecast_entry *entry, unsigned width,
                      unsigned indent)
{
    BUFFER_AUTO head = {0};
    char date[TIME_TEXT_SIZE];
    buffer_format(&head, "%s%s: ", time_date(entry->at, date),
                  entry->overdue ? ", overdue" : "");
    buffer_add_text(&head, entry->title);
    wrap_blanks(out, indent);
    wrap_paragraph(out, (struct wrap){width, indent}, indent, buffer_text(&head));
    indent += STEP;
    wrap_blanks(out, indent);
    wrap_paragraph(out, (struct wrap){width, indent}, indent, entry->text);
    wrap_blanks(out, indent);
    wrap_lines(out, (struct wrap){width, indent}, indent, entry->action);
}

void forecast_text(struct buffer *out, const struct forecast *forecast, unsigned width,
                   unsigned indent)
{
    if (!forecast || !forecast->count)
        return;
    wrap_blanks(out, indent);
    buffer_add_text(out, TEXT("What is coming\n"));
    for (size_t i = 0; i < shown(forecast); i++)
        add_entry(out, &forecast->at[i], width, indent + STEP);
    if (forecast->count > FORECAST_SHOWN) {
        wrap_blanks(out, indent + STEP);
        buffer_format(out, "and %zu more\n", forecast->count - FORECAST_SHOWN);
    }
}

/* ---- the page ---- */

void forecast_html(struct buffer *out, const struct forecast *forecast)
{
    if (forecast && forecast->count)
        buffer_add_text(out, TEXT("<h3>What is coming</h3>\n"));
    forecast_html_list(out, forecast);
}

void forecast_html_list(struct buffer *out, const struct forecast *forecast)
{
    if (!forecast || !forecast->count)
        return;
    buffer_add_text(out, TEXT("<ul>\n"));
    for (size_t i = 0; i < shown(forecast); i++) {
        const struct forecast_entry *entry = &forecast->at[i];
        char date[TIME_TEXT_SIZE];
        buffer_format(out, "<li><strong>%s%s:</strong> ", time_date(entry->at, date),
                      entry->overdue ? ", overdue" : "");
        escape_html(out, entry->title);
        buffer_add_text(out, TEXT(" <span class=\"meta\">"));
        escape_html(out, entry->text);
        buffer_add_text(out, TEXT("</span> "));
        html_action(out, entry->action);
        buffer_add_text(out, TEXT("</li>\n"));
    }
    buffer_add_text(out, TEXT("</ul>\n"));
    if (forecast->count > FORECAST_SHOWN)
        buffer_format(out, "<p class=\"meta\">and %zu more</p>\n",
                      forecast->count - FORECAST_SHOWN);
}
