/* An observation as a sorted list of what may change, for changes.c. */
#ifndef PUBLISHED_CHANGE_ITEMS_H
#define PUBLISHED_CHANGE_ITEMS_H

#include "published/changes.h"
#include "published/fact.h"

struct change_item {
    enum change_kind kind;
    struct text name;
    struct text
        type; /* of the record set, or the address of an MX: unknown where it has none */
    enum fact fact;
    struct text_list values; /* sorted, each once */
};

struct change_items {
    struct change_item *at;
    size_t count;
};

/* By kind, name and type, each once. */
void change_items_of(const struct observation *observation, struct arena *arena,
                     struct change_items *items);

int change_item_compare(const struct change_item *a, const struct change_item *b);

#endif
