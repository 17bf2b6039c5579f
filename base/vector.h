/* Lists that grow, in an arena: VECTOR_ADD copies what it has to a place twice as large. */
#ifndef BASE_VECTOR_H
#define BASE_VECTOR_H

#include "base/arena.h"
#include "base/text.h"

/* Grows *AT, which holds COUNT elements of SIZE bytes, so that one more fits. Rooms are powers of
 * two: COUNT says when it is full. */
void *vector_room(struct arena *arena, void *at, size_t count, size_t size);

/* LIST is a struct with members `at` (a pointer) and `count`. */
#define VECTOR_ADD(arena, list, value)                                                         \
    do {                                                                                       \
        (list)->at = vector_room((arena), (list)->at, (list)->count, sizeof *(list)->at);      \
        (list)->at[(list)->count++] = (value);                                                 \
    } while (0)

/* Adds a text to a list, as it is. */
void text_list_add(struct arena *arena, struct text_list *list, struct text text);

/* Adds it unless an equal one is there. */
void text_list_add_once(struct arena *arena, struct text_list *list, struct text text);

bool text_list_has(const struct text_list *list, struct text text);

/* The same texts in the same order. */
bool text_list_equal(const struct text_list *a, const struct text_list *b);

/* Sorts by text_compare(). */
void text_list_sort(struct text_list *list);

/* As text_list_has(), of a sorted list. */
bool text_list_has_sorted(const struct text_list *list, struct text text);

#endif
