#include "published/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/vector.h"
#include "published/change_items.h"

static const char *const kind_names[] = {
    [CHANGE_UNKNOWN] = NULL,
    [CHANGE_MX] = "mx",
    [CHANGE_ADDRESS] = "address",
    [CHANGE_SPF] = "spf",
    [CHANGE_DKIM] = "dkim",
    [CHANGE_DMARC] = "dmarc",
    [CHANGE_MTA_STS] = "mta-sts",
    [CHANGE_POLICY] = "policy",
    [CHANGE_TLS_RPT] = "tls-rpt",
    [CHANGE_TLSA] = "tlsa",
    [CHANGE_NS] = "ns",
    [CHANGE_VERIFICATION] = "verification",
    [CHANGE_CERTIFICATE] = "certificate",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == CHANGE_COUNT, "a name is missing");

const char *change_kind_name(enum change_kind kind)
{
    return kind < CHANGE_COUNT ? kind_names[kind] : NULL;
}

/* Adds VALUES, sorted, each once. */
static void add_values(struct arena *arena, struct text_list *list,
                       const struct text_list *values)
{
    size_t kept = 0;
    for (size_t i = 0; i < values->count; i++)
        text_list_add(arena, list, values->at[i]);
    text_list_sort(list);
    for (size_t i = 0; i < list->count; i++)
        if (!kept || !text_equal(list->at[kept - 1], list->at[i]))
            list->at[kept++] = list->at[i];
    list->count = kept;
}

/* What differs of one host or record set is one change: A and AAAA, the addresses of an MX. */
static void add_change(struct arena *arena, struct changes *changes,
                       const struct change_item *before, const struct change_item *after,
                       int64_t first_seen)
{
    struct change *last = changes->count ? &changes->at[changes->count - 1] : NULL;
    if (!last || last->kind != after->kind || !text_equal(last->name, after->name)) {
        struct change change = {
            .kind = after->kind, .name = after->name, .first_seen = first_seen};
        VECTOR_ADD(arena, changes, change);
        last = &changes->at[changes->count - 1];
    }
    add_values(arena, &last->before, &before->values);
    add_values(arena, &last->after, &after->values);
}

static void set_id(struct change *change, struct text domain)
{
    uint8_t digest[SHA256_SIZE];
    /* No name holds a NUL, nor does a text of JSON: it separates. */
    struct sha256_state *state = sha256_start();
    const struct text parts[] = {domain, text_of(change_kind_name(change->kind)), change->name};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sha256_add(state, parts[i]);
        sha256_add(state, TEXT("\0"));
    }
    for (size_t i = 0; i < change->after.count; i++) {
        sha256_add(state, change->after.at[i]);
        sha256_add(state, TEXT("\0"));
    }
    sha256_finish(state, digest);
    snprintf(change->id, sizeof change->id, "%02x%02x%02x%02x", digest[0], digest[1], digest[2],
             digest[3]);
}

static bool is_known(const struct change_item *item)
{
    return item->fact == FACT_PRESENT || item->fact == FACT_ABSENT;
}

void changes_between(const struct observation *before, const struct observation *after,
                     struct arena *arena, struct changes *changes)
{
    struct change_items old, new;
    *changes = (struct changes){0};
    change_items_of(before, arena, &old);
    change_items_of(after, arena, &new);
    for (size_t i = 0, j = 0; i < old.count && j < new.count;) {
        int order = change_item_compare(&old.at[i], &new.at[j]);
        if (order == 0 && is_known(&old.at[i]) && is_known(&new.at[j]) &&
            !text_list_equal(&old.at[i].values, &new.at[j].values))
            add_change(arena, changes, &old.at[i], &new.at[j], after->taken_at);
        i += order <= 0;
        j += order >= 0;
    }
    for (size_t i = 0; i < changes->count; i++)
        set_id(&changes->at[i], after->domain);
}

static int compare_changes(const struct change *a, const struct change *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return text_compare(a->name, b->name);
}

void changes_seen(struct changes *changes, const struct changes *earlier)
{
    for (size_t i = 0, j = 0; i < changes->count && j < earlier->count;) {
        struct change *change = &changes->at[i];
        const struct change *other = &earlier->at[j];
        int order = compare_changes(change, other);
        if (order == 0 && text_list_equal(&change->after, &other->after) &&
            other->first_seen < change->first_seen)
            change->first_seen = other->first_seen;
        i += order <= 0;
        j += order >= 0;
    }
}
