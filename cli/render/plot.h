/* Sessions by day as a drawing within a page: light and dark, readable without colour. */
#ifndef RENDER_PLOT_H
#define RENDER_PLOT_H

#include "base/buffer.h"
#include "rules/summary.h"

/* Appends an inline SVG: a bar a day, what failed drawn hatched on top, with a legend. TITLE says what it is;
 * NUMBER tells the plots of a page apart. Appends nothing, and returns false, where no day has a session. */
bool plot_days(struct buffer *out, const struct day_count *days, size_t count,
               struct text title, size_t number);

#endif
