/* The only escaping: one function for each kind of output. What comes from outside may hold control
 * characters, line ends, formulas, or characters that reverse the direction of text; none of them
 * reaches a reader as such.
 *
 * Harmful in all of them: C0, DEL, C1, the line separators U+2028 and U+2029, the marks and
 * overrides of direction U+061C, U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069, and what cannot
 * be seen between two letters (U+200B, U+2060 to U+2064, U+FEFF). A byte that is not UTF-8 is harmful
 * too. */
#ifndef RENDER_ESCAPE_H
#define RENDER_ESCAPE_H

#include "base/buffer.h"
#include "base/text.h"

/* Appends TEXT as part of one line for a terminal: what is harmful becomes \xNN (a byte) or
 * \u{NNNN} (a character). Unknown text appends nothing. */
void escape_line(struct buffer *out, struct text text);

/* The same for text of several lines: LF and TAB stay, CR LF becomes LF. */
void escape_lines(struct buffer *out, struct text text);

/* Appends TEXT as the inside of a JSON string (RFC 8259 §7), without the quotes: what is harmful
 * becomes \uNNNN, a byte that is not UTF-8 its Latin-1 character. */
void escape_json(struct buffer *out, struct text text);

/* Appends TEXT as one cell of CSV (RFC 4180), quoted where it has to be. A cell that a spreadsheet
 * would take for a formula gets a "'" in front. Line ends and tabs stay, within quotes; what
 * else is harmful is escaped as for a terminal. Unknown text is an empty cell. */
void escape_csv(struct buffer *out, struct text text);

/* Appends TEXT as text or the value of a quoted attribute of HTML: &, <, > and both quotes as
 * references; what is harmful as for a terminal. LF and TAB are harmful too. */
void escape_html(struct buffer *out, struct text text);

#endif
