/* An observation taken apart and put together again, for storing by content. */
#include <stdlib.h>
#include <string.h>

#include "published/observation_text.h"

/* One record, look-up, answer of an authority, probe or the policy, on its way into its
 * part. */
struct element {
    enum observation_part_kind kind;
    struct text name, type;
    enum observation_key key; /* the list that it belongs to */
    struct observed_number ttl;
    struct text json;
};

struct elements {
    struct element *at;
    size_t count;
};

static const struct field *field_of(enum observation_key key)
{
    return &observation_shape.fields[key];
}

static void add_element(struct arena *arena, struct elements *elements, struct element element,
                        const void *object, uint32_t without)
{
    BUFFER_AUTO buffer = {0};
    shape_write(&buffer, field_of(element.key)->shape, object, without);
    element.json = text_copy(arena, buffer_text(&buffer));
    VECTOR_ADD(arena, elements, element);
}

static void gather(const struct observation *observation, struct arena *arena,
                   struct elements *elements)
{
    for (size_t i = 0; i < observation->records.count; i++) {
        const struct observed_record *record = &observation->records.at[i];
        add_element(arena, elements,
                    (struct element){OBSERVATION_PART_RECORDS, record->name, record->type,
                                     OBSERVATION_RECORDS, record->ttl},
                    record, OBSERVED_BIT(RECORD_TTL));
    }
    for (size_t i = 0; i < observation->lookups.count; i++) {
        const struct observed_lookup *lookup = &observation->lookups.at[i];
        add_element(arena, elements,
                    (struct element){OBSERVATION_PART_RECORDS, lookup->name, lookup->type,
                                     OBSERVATION_LOOKUPS},
                    lookup, 0);
    }
    for (size_t i = 0; i < observation->authorities.count; i++) {
        const struct observed_authority *authority = &observation->authorities.at[i];
        add_element(arena, elements,
                    (struct element){OBSERVATION_PART_AUTHORITIES, authority->name,
                                     authority->type, OBSERVATION_AUTHORITIES},
                    authority, 0);
    }
    if (observation->policy)
        VECTOR_ADD(arena, elements, ((struct element){.kind = OBSERVATION_PART_POLICY}));
    for (size_t i = 0; i < observation->smtp.count; i++)
        add_element(arena, elements,
                    (struct element){OBSERVATION_PART_SMTP, observation->smtp.at[i].mx,
                                     TEXT_UNKNOWN, OBSERVATION_SMTP},
                    &observation->smtp.at[i], 0);
}

static int compare_part(const struct element *a, const struct element *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = text_compare(a->name, b->name);
    return order ? order : text_compare(a->type, b->type);
}

static int compare(const void *left, const void *right)
{
    const struct element *a = left, *b = right;
    int order = compare_part(a, b);
    if (order)
        return order;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return text_compare(a->json, b->json);
}

/* The lists that are there, empty, and what is null. */
static void write_scope(struct buffer *buffer, const struct observation *observation)
{
    struct observation scope = *observation;
    scope.records.count = scope.lookups.count = 0;
    scope.authorities.count = scope.smtp.count = 0;
    scope.policy = NULL;
    if (observation->policy)
        scope.nulls &= ~OBSERVED_BIT(OBSERVATION_POLICY);
    shape_write(buffer, &observation_shape, &scope,
                OBSERVED_BIT(OBSERVATION_DOMAIN) | OBSERVED_BIT(OBSERVATION_TAKEN_AT));
}

static void write_policy(struct buffer *buffer, const struct observation *observation)
{
    struct observation alone = {.policy = observation->policy, .taken_at = TIME_UNKNOWN};
    shape_write(buffer, &observation_shape, &alone, 0);
}

/* COUNT sorted elements of one part; equal ones once. */
static void write_elements(struct buffer *buffer, const struct element *elements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || elements[i].key != elements[i - 1].key;
        if (!first && text_equal(elements[i].json, elements[i - 1].json))
            continue;
        if (first)
            buffer_format(buffer, "%s\"%s\":[", i ? "]," : "{", field_of(elements[i].key)->key);
        else
            buffer_add_char(buffer, ',');
        buffer_add_text(buffer, elements[i].json);
    }
    buffer_add_text(buffer, TEXT("]}"));
}

static struct observed_number least_ttl(const struct element *elements, size_t count)
{
    struct observed_number least = {0};
    for (size_t i = 0; i < count; i++)
        if (elements[i].ttl.known && (!least.known || elements[i].ttl.value < least.value))
            least = elements[i].ttl;
    return least;
}

static void add_part(struct arena *arena, struct observation_parts *parts,
                     struct observation_part part, struct buffer *json)
{
    part.json = text_copy(arena, buffer_text(json));
    json->length = 0;
    VECTOR_ADD(arena, parts, part);
}

void observation_split(const struct observation *observation, struct arena *arena,
                       struct observation_parts *parts)
{
    BUFFER_AUTO json = {0};
    struct elements elements = {0};
    *parts = (struct observation_parts){0};
    gather(observation, arena, &elements);
    if (elements.count)
        qsort(elements.at, elements.count, sizeof *elements.at, compare);
    write_scope(&json, observation);
    add_part(arena, parts, (struct observation_part){OBSERVATION_PART_SCOPE}, &json);
    for (size_t start = 0, end; start < elements.count; start = end) {
        const struct element *first = &elements.at[start];
        for (end = start + 1; end < elements.count; end++)
            if (compare_part(first, &elements.at[end]) != 0)
                break;
        if (first->kind == OBSERVATION_PART_POLICY)
            write_policy(&json, observation);
        else
            write_elements(&json, first, end - start);
        struct observation_part part = {.kind = first->kind,
                                        .name = first->name,
                                        .type = first->type,
                                        .ttl = least_ttl(first, end - start)};
        add_part(arena, parts, part, &json);
    }
}

/* Adds the list behind KEY of PIECE to that of OBSERVATION. */
static void join_list(struct observation *observation, const struct observation *piece,
                      enum observation_key key, struct arena *arena)
{
    const struct field *field = field_of(key);
    size_t size = field->shape->size;
    struct any_list list = shape_list(observation, field), more = shape_list(piece, field);
    if (more.at && !list.at)
        list.at = arena_alloc(arena, 0);
    for (size_t i = 0; i < more.count; i++) {
        list.at = vector_room(arena, list.at, list.count, size);
        memcpy((char *)list.at + list.count++ * size, (const char *)more.at + i * size, size);
    }
    shape_set_list(observation, field, list);
}

bool observation_join(struct observation *observation, const struct observation_part *part,
                      struct arena *arena, struct error *err)
{
    static const enum observation_key lists[] = {OBSERVATION_RECORDS, OBSERVATION_LOOKUPS,
                                                 OBSERVATION_AUTHORITIES, OBSERVATION_SMTP};
    struct observation piece;
    if (!observation_read_piece(part->json, arena, &piece, err))
        return error_prefix(err, "a stored part of an observation");
    for (size_t i = 0; i < piece.records.count; i++)
        piece.records.at[i].ttl = part->ttl;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        join_list(observation, &piece, lists[i], arena);
    if (piece.policy)
        observation->policy = piece.policy;
    observation->nulls |= piece.nulls;
    return true;
}
