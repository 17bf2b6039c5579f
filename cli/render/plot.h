/* Sessions by day as a drawing within a page: light and dark, readable without colour. */
#ifndef RENDER_PLOT_H
#define RENDER_PLOT_H

#include "base/buffer.h"
#include "rules/summary.h"

/* Appends an inline SVG: a bar a day, what failed drawn hatched on top. TITLE says what it is. */
void plot_days(struct buffer *out, const struct day_count *days, size_t count,
               struct text title);

#endif
