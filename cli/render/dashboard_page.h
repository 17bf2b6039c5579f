/* What the pages of the dashboard have in common, and the parts of the page of a domain. */
#ifndef RENDER_DASHBOARD_PAGE_H
#define RENDER_DASHBOARD_PAGE_H

#include "render/dashboard.h"

/* Where a page stands: in the folder of the index, or in one below it. */
enum page_place { PAGE_TOP, PAGE_BELOW };

/* From the doctype to the heading: <header> stays open. */
void page_head(struct buffer *out, enum page_place place, struct text title,
               struct text heading);
void page_end(struct buffer *out);

/* A table with its caption up to the first <th>; it can be scrolled by keyboard. ID is its own on the page, MORE
 * a class more, or "". CAPTION is HTML of our own. */
void page_table(struct buffer *out, const char *id, const char *more, const char *caption);

/* "12.5 %" with the same care as words_of_rate(): some is never none. */
void page_rate(struct buffer *out, struct session_counts sessions);

/* The days of a bar, "2026-03-01" or "2026-03-01 to 2026-03-07". */
void page_days(struct buffer *out, int64_t day, int64_t days);

/* Sessions and failures by day and reporter on one axis with what changed; its legend and its table. */
void dashboard_plot(struct buffer *out, const struct dashboard_domain *domain);

/* The failure rate by day, no larger than a word; nothing where nothing failed. */
void dashboard_spark(struct buffer *out, const struct summary *summary);

/* What was published: what changed when, and two states side by side. */
void dashboard_published(struct buffer *out, const struct dashboard_domain *domain);

#endif
