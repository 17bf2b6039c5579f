/* "What is coming": the forecast of a domain, in text, on a page, as JSON. */
#ifndef RENDER_FORECAST_H
#define RENDER_FORECAST_H

#include "ahead/forecast.h"
#include "render/json_out.h"

/* Those that people are shown; how many more there are is said. */
enum { FORECAST_SHOWN = 5 };

/* The key "forecast". FORECAST may be null in each: then there is none. */
void forecast_array(struct json_out *json, const struct forecast *forecast);

/* The heading indented by INDENT, the entries below it; nothing where there are none. */
void forecast_text(struct buffer *out, const struct forecast *forecast, unsigned width,
                   unsigned indent);
void forecast_html(struct buffer *out, const struct forecast *forecast);

/* The list alone, for a page with a heading of its own. */
void forecast_html_list(struct buffer *out, const struct forecast *forecast);

#endif
