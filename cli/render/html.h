/* What all pages have in common: their style, their head, and pieces whose text is escaped. */
#ifndef RENDER_HTML_H
#define RENDER_HTML_H

#include <stdint.h>

#include "base/buffer.h"

/* The style of all pages, a static text. */
struct text html_style(void);

/* From the doctype to the heading: <header> stays open. */
void html_head(struct buffer *out, struct text title, struct text heading);

void html_paragraph(struct buffer *out, struct text text);

/* An entry of a <dl>. TERM is HTML of our own. */
void html_entry(struct buffer *out, const char *term, struct text text);

/* With a blank behind it; nothing for TIME_UNKNOWN. */
void html_time(struct buffer *out, int64_t time);

/* Paragraphs, and as <pre> the lines that begin with four blanks. */
void html_action(struct buffer *out, struct text action);

#endif
