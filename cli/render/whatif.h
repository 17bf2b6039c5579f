/* What would have become of the reported sessions under a proposal: JSON and text. */
#ifndef RENDER_WHATIF_H
#define RENDER_WHATIF_H

#include "ahead/whatif.h"
#include "base/buffer.h"
#include "render/findings.h"

/* Append the whole answer. JSON is one object and a line feed. */
void whatif_json(struct buffer *out, const struct whatif *whatif, int64_t generated_at);
void whatif_text(struct buffer *out, const struct whatif *whatif, struct text_style style);

/* Why an outcome is not one thing alone: a sentence for each of OPEN_…, null for others. */
const char *words_of_open(unsigned open);

#endif
