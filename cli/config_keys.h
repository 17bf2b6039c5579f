/* The keys of the configuration and how the text of each becomes a value. */
#ifndef CLI_CONFIG_KEYS_H
#define CLI_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

struct config_key;

/* Puts VALUE, trimmed and not empty, into *TARGET. False with *FAULT, which says what to write
 * instead, where it cannot. */
typedef bool config_reader(const struct config_key *key, struct text value, struct text folder,
                           struct arena *arena, void *target, struct text *fault);

struct config_key {
    const char *name;
    config_reader *read;
    size_t offset;        /* of the value within the section's struct */
    uint64_t least, most; /* of a number, a size or a span */
    const char *const
        *words;              /* of a choice: the n-th is the value n, null leaves a gap; ends in
                              * "" */
    bool counted_in_seconds; /* a span that may lack its letter */
};

/* Tables by section; each ends in a nameless row. */
extern const struct config_key config_keys_general[], config_keys_domain[],
    config_keys_mailbox[];

#endif
