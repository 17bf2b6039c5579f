/* What a fuzz target sees: bytes of its own, exactly as long as they are, so that reading one too
 * many shows. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"

/* To be written by each target. A broken promise ends in abort(). */
static void fuzz(struct text bytes, struct arena *arena);

static inline void promise(bool kept)
{
    if (!kept)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)data[i];
    ARENA_AUTO arena = {0};
    fuzz((struct text){copy, size}, &arena);
    free(copy);
    return 0;
}

#endif
