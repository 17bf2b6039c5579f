/* Reading what was gathered. */
#include <stdlib.h>

#include "base/vector.h"
#include "observe/gather.h"

enum { ALIASES_MAX = 8 };

static int compare_records(const void *a, const void *b)
{
    const struct observed_record *left = a, *right = b;
    int order = text_compare(left->name, right->name);
    if (!order)
        order = text_compare(left->type, right->type);
    return order ? order : text_compare(left->value, right->value);
}

static int compare_lookups(const void *a, const void *b)
{
    const struct observed_lookup *left = a, *right = b;
    int order = text_compare(left->name, right->name);
    return order ? order : text_compare(left->type, right->type);
}

void gather_sort(struct gather *gather)
{
    if (gather->records.count)
        qsort(gather->records.at, gather->records.count, sizeof *gather->records.at,
              compare_records);
    if (gather->lookups.count)
        qsort(gather->lookups.at, gather->lookups.count, sizeof *gather->lookups.at,
              compare_lookups);
}

enum lookup_status gather_status(const struct gather *gather, struct text name,
                                 struct text type)
{
    for (size_t i = 0; i < gather->lookups.count; i++)
        if (text_equal(gather->lookups.at[i].name, name) &&
            text_equal(gather->lookups.at[i].type, type))
            return gather->lookups.at[i].status;
    return LOOKUP_UNKNOWN;
}

static const struct observed_record *find(const struct gather *gather, struct text name,
                                          struct text type, size_t *from)
{
    while (*from < gather->records.count) {
        const struct observed_record *record = &gather->records.at[(*from)++];
        if (text_equal(record->name, name) && text_equal(record->type, type))
            return record;
    }
    return NULL;
}

bool gather_values(const struct gather *gather, struct text name, struct text type,
                   struct arena *arena, struct text_list *values)
{
    const struct observed_record *record;
    for (size_t at = 0; (record = find(gather, name, type, &at));)
        text_list_add(arena, values, record->value);
    text_list_sort(values);
    return values->count > 0;
}

/* Of two answers on the way to one thing the weaker one counts. */
static enum dnssec weaker(enum dnssec a, enum dnssec b)
{
    return a > b ? a : b;
}

/* The name behind the aliases of HOST; *DNSSEC is that of the weakest of them, secure without any. */
static struct text real_name(const struct gather *gather, struct text host, enum dnssec *dnssec)
{
    *dnssec = DNSSEC_SECURE;
    for (size_t i = 0; i < ALIASES_MAX; i++) {
        size_t at = 0;
        const struct observed_record *alias = find(gather, host, TEXT("CNAME"), &at);
        if (!alias)
            break;
        *dnssec = weaker(*dnssec, alias->dnssec);
        host = alias->value;
    }
    return host;
}

static bool is_failure(enum lookup_status status)
{
    return status == LOOKUP_SERVFAIL || status == LOOKUP_TIMEOUT || status == LOOKUP_BOGUS;
}

void gather_addresses(const struct gather *gather, struct text host,
                      struct gather_addresses *addresses)
{
    static const struct text types[] = {TEXT_ROW("A"), TEXT_ROW("AAAA")};
    enum dnssec aliases;
    struct text name = real_name(gather, host, &aliases);
    *addresses = (struct gather_addresses){.status = LOOKUP_UNKNOWN};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct observed_record *record;
        for (size_t at = 0; addresses->count < GATHER_ADDRESSES_MAX &&
                            (record = find(gather, name, types[i], &at));)
            addresses->at[addresses->count++] =
                (struct gather_address){record->value, weaker(aliases, record->dnssec)};
        enum lookup_status status = gather_status(gather, host, types[i]);
        if (status != LOOKUP_UNKNOWN && !is_failure(addresses->status))
            addresses->status = status;
    }
    if (addresses->count)
        addresses->status = LOOKUP_OK;
}

static bool tlsa_at(const struct gather *gather, struct text host, enum dnssec address,
                    struct starttls_tlsa *tlsa)
{
    const struct observed_record *record;
    struct text name = text_format(gather->arena, "_25._tcp.%.*s", TEXT_ARGS(host));
    enum dnssec dnssec;
    struct text end = real_name(gather, name, &dnssec);
    dnssec = weaker(address, dnssec);
    for (size_t at = 0; (record = find(gather, end, TEXT("TLSA"), &at));) {
        dnssec = weaker(dnssec, record->dnssec);
        text_list_add(gather->arena, &tlsa->records, record->value);
    }
    tlsa->dnssec = dnssec;
    tlsa->status = tlsa->records.count ? LOOKUP_OK : gather_status(gather, name, TEXT("TLSA"));
    if (tlsa->status == LOOKUP_BOGUS)
        tlsa->dnssec = DNSSEC_BOGUS;
    return tlsa->records.count > 0;
}

void gather_tlsa(const struct gather *gather, struct text host,
                 const struct gather_address *address, struct starttls_tlsa *tlsa)
{
    enum dnssec aliases;
    struct text end = real_name(gather, host, &aliases);
    *tlsa = (struct starttls_tlsa){0};
    if (!text_equal(end, host) && aliases == DNSSEC_SECURE &&
        (tlsa_at(gather, end, address->dnssec, tlsa) || is_failure(tlsa->status)))
        return;
    tlsa_at(gather, host, address->dnssec, tlsa);
}
