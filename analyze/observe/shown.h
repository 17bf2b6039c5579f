/* Lines from a stranger's server, as people may read them. */
#ifndef OBSERVE_SHOWN_H
#define OBSERVE_SHOWN_H

#include "base/arena.h"
#include "base/text.h"

/* A copy of LINE in UTF-8, control characters as blanks, cut after 512 bytes. */
struct text shown_line(struct arena *arena, struct text line);

#endif
