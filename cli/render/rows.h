/* Normalised rows (SPEC of the export) as text: one table of fields, walked by each format. */
#ifndef RENDER_ROWS_H
#define RENDER_ROWS_H

#include "base/buffer.h"
#include "store/store.h"

/* Appends ROW as one line of JSON, with its line feed. */
void row_ndjson(struct buffer *out, const struct store_row *row);

/* Appends the line that names the columns of rows of KIND (ROW_POLICY or ROW_FAILURE). Lines end
 * in CR LF (RFC 4180 §2). */
void row_csv_header(struct buffer *out, enum row_kind kind);

/* Appends ROW as a line under the header of KIND: one of that kind, or a ROW_RETRACT, which has only
 * its kind, id and report_sha256. The members of a list are joined by "; ". */
void row_csv(struct buffer *out, const struct store_row *row, enum row_kind kind);

#endif
