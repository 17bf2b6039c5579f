/* Lines of a page for a terminal: escaped by escape_line(), broken between words at a width that counts
 * the columns a terminal takes for each character. */
#ifndef RENDER_WRAP_H
#define RENDER_WRAP_H

#include "base/buffer.h"
#include "base/text.h"

struct wrap {
    unsigned width;  /* columns of a line at most */
    unsigned indent; /* blanks before each line but the first */
};

/* The columns that TEXT takes once it is escaped: none for a mark that combines, two for what East Asian
 * scripts write wide. */
size_t wrap_columns(struct text text);

/* Appends TEXT as one paragraph with its line feed. COLUMN of the first line are already taken. A word
 * longer than a line stays whole, so that it can be copied. Several blanks become one. */
void wrap_paragraph(struct buffer *out, struct wrap wrap, size_t column, struct text text);

/* The same for text of several lines: each is a paragraph, but one that begins with four blanks is there
 * to be pasted and is not broken. */
void wrap_lines(struct buffer *out, struct wrap wrap, size_t column, struct text text);

/* Appends COUNT blanks. */
void wrap_blanks(struct buffer *out, size_t count);

/* Ends the line, without blanks at its end. */
void wrap_line_feed(struct buffer *out);

#endif
