/* A plan: JSON, and text with what is to be pasted. */
#ifndef RENDER_PLAN_H
#define RENDER_PLAN_H

#include "ahead/plan.h"
#include "base/buffer.h"
#include "render/findings.h"

/* Append the whole plan. JSON is one object and a line feed. */
void plan_json(struct buffer *out, const struct plan *plan, int64_t generated_at);
void plan_text(struct buffer *out, const struct plan *plan, struct text_style style);

#endif
