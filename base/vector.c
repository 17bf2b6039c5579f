#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void *vector_room(struct arena *arena, void *at, size_t count, size_t size)
{
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!full)
        return at;
    size_t room = count < 4 ? 4 : count;
    if (count >= 4 && __builtin_mul_overflow(room, 2u, &room))
        memory_exhausted();
    void *grown = arena_array(arena, room, size);
    if (count)
        memcpy(grown, at, count * size);
    return grown;
}

void text_list_add(struct arena *arena, struct text_list *list, struct text text)
{
    VECTOR_ADD(arena, list, text);
}

bool text_list_has(const struct text_list *list, struct text text)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->at[i], text))
            return true;
    return false;
}

bool text_list_equal(const struct text_list *a, const struct text_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!text_equal(a->at[i], b->at[i]))
            return false;
    return true;
}

void text_list_add_once(struct arena *arena, struct text_list *list, struct text text)
{
    if (!text_list_has(list, text))
        text_list_add(arena, list, text);
}

static int compare(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

void text_list_sort(struct text_list *list)
{
    if (list->count > 1)
        qsort(list->at, list->count, sizeof *list->at, compare);
}

bool text_list_has_sorted(const struct text_list *list, struct text text)
{
    return list->count && bsearch(&text, list->at, list->count, sizeof *list->at, compare);
}
