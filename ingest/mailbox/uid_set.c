#include "mailbox/uid_set.h"

#include <inttypes.h>

#include "base/vector.h"

static void add_range(struct arena *arena, struct uid_set *set, struct uid_range range)
{
    struct uid_range *end = set->count ? &set->at[set->count - 1] : NULL;
    if (end && range.first == end->last + 1)
        end->last = range.last;
    else
        VECTOR_ADD(arena, set, range);
}

void uid_set_add(struct arena *arena, struct uid_set *set, uint32_t uid)
{
    add_range(arena, set, (struct uid_range){uid, uid});
}

static bool read_uid(struct text text, uint32_t *uid)
{
    uint64_t value;
    if (!text_unsigned(text, &value) || !value || value > UINT32_MAX)
        return false;
    *uid = (uint32_t)value;
    return true;
}

static bool read_range(struct text text, struct uid_range *range)
{
    size_t colon = text_find_char(text, ':');
    if (!read_uid(text_first(text, colon), &range->first))
        return false;
    range->last = range->first;
    return colon == SIZE_MAX ||
           (read_uid(text_from(text, colon + 1), &range->last) && range->last >= range->first);
}

bool uid_set_read(struct arena *arena, struct text text, struct uid_set *set)
{
    *set = (struct uid_set){0};
    struct text part;
    if (text_equal(text, TEXT("-")))
        return true;
    while (text_next(&text, ',', &part)) {
        struct uid_range range;
        if (!read_range(part, &range) ||
            (set->count && range.first <= set->at[set->count - 1].last))
            return false;
        add_range(arena, set, range);
    }
    return set->count;
}

void uid_set_write(struct buffer *out, const struct uid_set *set)
{
    if (!set->count)
        buffer_add_char(out, '-');
    for (size_t i = 0; i < set->count; i++) {
        const struct uid_range *range = &set->at[i];
        buffer_format(out, "%s%" PRIu32, i ? "," : "", range->first);
        if (range->last != range->first)
            buffer_format(out, ":%" PRIu32, range->last);
    }
}

bool uid_set_take(struct arena *arena, struct uid_set *set, uint64_t most,
                  struct uid_set *first)
{
    *first = (struct uid_set){0};
    while (set->count && most) {
        struct uid_range *range = &set->at[0], taken = *range;
        uint64_t length = (uint64_t)range->last - range->first + 1;
        if (length > most) {
            taken.last = (uint32_t)(range->first + most - 1);
            range->first = taken.last + 1;
            length = most;
        } else {
            set->at++;
            set->count--;
        }
        most -= length;
        add_range(arena, first, taken);
    }
    return first->count;
}
