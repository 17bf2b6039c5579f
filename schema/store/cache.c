/* One slot a hash, the newer key wins: bounded, and no key can make another slow. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/store_internal.h"

enum { SLOTS = 32768, KEY_SIZE = 103 }; /* 4 MB, of which only what is used is touched */

struct slot {
    struct cached value;
    uint32_t generation; /* 0: never used */
    uint8_t kind;
    uint8_t length;
    char key[KEY_SIZE];
};

struct cache {
    uint32_t generation;
    struct slot slots[SLOTS];
};

struct cache *cache_new(void)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        memory_exhausted();
    cache->generation = 1;
    return cache;
}

void cache_free(struct cache *cache)
{
    free(cache);
}

void cache_forget(struct cache *cache)
{
    if (++cache->generation == 0) {
        memset(cache, 0, sizeof *cache);
        cache->generation = 1;
    }
}

/* FNV-1a. */
static struct slot *slot_of(struct cache *cache, enum cache_kind kind, struct text key)
{
    uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)kind;
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (unsigned char)key.at[i]) * 0x100000001b3u;
    return &cache->slots[(hash ^ hash >> 32) % SLOTS];
}

struct cached *cache_get(struct cache *cache, enum cache_kind kind, struct text key)
{
    if (key.length > KEY_SIZE)
        return NULL;
    struct slot *slot = slot_of(cache, kind, key);
    bool same = slot->generation == cache->generation && slot->kind == kind &&
                slot->length == key.length && memcmp(slot->key, key.at, key.length) == 0;
    return same ? &slot->value : NULL;
}

void cache_put(struct cache *cache, enum cache_kind kind, struct text key, struct cached value)
{
    if (key.length > KEY_SIZE)
        return;
    struct slot *slot = slot_of(cache, kind, key);
    slot->value = value;
    slot->generation = cache->generation;
    slot->kind = (uint8_t)kind;
    slot->length = (uint8_t)key.length;
    if (key.length)
        memcpy(slot->key, key.at, key.length);
}
