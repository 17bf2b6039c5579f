/* "Did you mean …?" for a mistyped word. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include "base/text.h"

struct nearest {
    struct text word;
    const char *best; /* the nearest so far, or null where none is near enough */
    unsigned distance;
};

/* Near enough is at most a third of the word's length in letters that are wrong, missing, too many
 * or swapped. */
struct nearest nearest_to(struct text word);
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
