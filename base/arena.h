/* Memory that is freed at once: one arena a mail or an analysed domain. What is allocated from
 * it needs no clean-up of its own. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *newest;
    size_t used; /* bytes handed out since the last reset */
};

/* SIZE zeroed bytes, aligned for any type, owned by ARENA. Never null: when memory runs out the
 * process ends by memory_exhausted(). SIZE 0 gives a pointer that must not be read. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((malloc, alloc_size(2), returns_nonnull));

/* As arena_alloc() for COUNT elements of SIZE bytes; an overflow ends the process too. */
void *arena_array(struct arena *arena, size_t count, size_t size)
    __attribute__((malloc, alloc_size(2, 3), returns_nonnull));

/* Forgets everything allocated, keeps one block for the next use. */
void arena_reset(struct arena *arena);

/* Frees everything. The arena may be used again. */
void arena_free(struct arena *arena);

#define ARENA_AUTO __attribute__((cleanup(arena_free))) struct arena

/* One zeroed object of TYPE. */
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
