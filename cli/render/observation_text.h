/* One observation for people. */
#ifndef RENDER_OBSERVATION_TEXT_H
#define RENDER_OBSERVATION_TEXT_H

#include "base/buffer.h"
#include "published/observation.h"

/* Appends a short block: what is there, what is not, what could not be found out. */
void observation_text(struct buffer *out, const struct observation *observation);

#endif
