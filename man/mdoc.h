/* Manual pages in mdoc: text that goes into them, so that nothing in it is taken for a macro. */
#ifndef MAN_MDOC_H
#define MAN_MDOC_H

#include "base/buffer.h"
#include "base/text.h"

/* The head of a page: .Dd, .Dt with TITLE in capitals, .Os. */
void mdoc_head(struct buffer *out, struct text title, unsigned section);

/* The section NAME with TITLE and one line on what it is. */
void mdoc_name(struct buffer *out, struct text title, struct text what);

/* One word, escaped. */
void mdoc_word(struct buffer *out, struct text word);

/* TEXT as lines of prose. Each sentence begins a line, as mdoc wants it; line feeds are blanks. */
void mdoc_prose(struct buffer *out, struct text text);

/* As mdoc_prose(), as a sentence: the first letter is made a capital, a full stop stands at the end. */
void mdoc_sentence(struct buffer *out, struct text text);

#endif
