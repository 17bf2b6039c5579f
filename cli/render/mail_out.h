/* Messages that a mail program takes on its standard input (RFC 5322): headers into which no data can
 * bring another header, and parts. */
#ifndef RENDER_MAIL_OUT_H
#define RENDER_MAIL_OUT_H

#include "base/buffer.h"

/* A header. What is no printable ASCII becomes a question mark, unless it may be ENCODED (RFC 2047): then
 * it is escaped by escape_line() first. What is longer than 400 bytes is cut. */
void mail_out_header(struct buffer *out, const char *name, struct text value);
void mail_out_header_encoded(struct buffer *out, const char *name, struct text value);

/* To, folded, or that there is none. */
void mail_out_recipients(struct buffer *out, const struct text_list *to);

void mail_out_date(struct buffer *out, int64_t time);

/* Made of what the message is about: the same message has the same id. */
void mail_out_message_id(struct buffer *out, struct text about);

/* The header that says how BODY is encoded, and BODY as text/plain: as it is where its lines are as
 * short as RFC 5322 §2.1.1 wants them, else in base64. The last header, before the empty line. */
void mail_out_text(struct buffer *out, struct text body);

/* BYTES in base64, in lines. */
void mail_out_base64(struct buffer *out, struct text bytes);

#endif
