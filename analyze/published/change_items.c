#include "published/change_items.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/vector.h"

struct maker {
    const struct observation *observation;
    struct facts facts;
    struct arena *arena;
    struct change_items *items;
};

static void add_item(struct maker *maker, enum change_kind kind, struct text name,
                     struct text type, enum fact fact, struct text_list values)
{
    struct change_item item = {kind, name, type, fact, values};
    VECTOR_ADD(maker->arena, maker->items, item);
}

/* ---- record sets ---- */

/* What the TXT records of a name are; the domain is put behind the name. */
static const struct {
    struct text name;
    enum change_kind kind;
} places[] = {
    {TEXT_ROW("_smtp._tls"), CHANGE_TLS_RPT},
    {TEXT_ROW("_mta-sts"), CHANGE_MTA_STS},
    {TEXT_ROW("_dmarc"), CHANGE_DMARC},
    {TEXT_ROW("default._bimi"), CHANGE_VERIFICATION},
};

/* What a TXT string is that stands at the domain itself, by how it begins. */
static const struct {
    struct text start;
    enum change_kind kind;
} starts[] = {
    {TEXT_ROW("v=spf1"), CHANGE_SPF},
    {TEXT_ROW("v=TLSRPTv1"), CHANGE_TLS_RPT},
    {TEXT_ROW("v=STSv1"), CHANGE_MTA_STS},
    {TEXT_ROW("v=DMARC1"), CHANGE_DMARC},
};
enum { START_COUNT = sizeof starts / sizeof *starts };

static enum change_kind kind_of_string(struct text string)
{
    for (size_t i = 0; i < START_COUNT; i++)
        if (text_starts_nocase(string, starts[i].start))
            return starts[i].kind;
    return CHANGE_VERIFICATION;
}

/* What stands before ".DOMAIN" in NAME, unknown where it is no name below it. */
static struct text below(struct text name, struct text domain)
{
    if (name.length <= domain.length + 1 ||
        !text_equal(text_from(name, name.length - domain.length), domain) ||
        name.at[name.length - domain.length - 1] != '.')
        return TEXT_UNKNOWN;
    return text_first(name, name.length - domain.length - 1);
}

/* The kind of what stands at one of the names that have a purpose, else CHANGE_UNKNOWN. */
static enum change_kind kind_of_place(const struct maker *maker, struct text name)
{
    struct text label = below(name, maker->observation->domain);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (text_equal(label, places[i].name))
            return places[i].kind;
    if (text_starts(name, TEXT("_25._tcp.")))
        return CHANGE_TLSA;
    if (text_find(name, TEXT("._domainkey.")) != SIZE_MAX &&
        !text_starts(name, TEXT("_smtp._tls.")))
        return CHANGE_DKIM;
    return CHANGE_UNKNOWN;
}

/* The TXT strings of a name that has several kinds of them, one item a kind. */
static void add_strings(struct maker *maker, struct text name, enum fact fact,
                        const struct text_list *strings, bool verification)
{
    struct text_list lists[CHANGE_COUNT] = {0};
    for (size_t i = 0; i < strings->count; i++)
        text_list_add(maker->arena, &lists[kind_of_string(strings->at[i])], strings->at[i]);
    for (size_t i = 0; i < START_COUNT; i++)
        if (verification || starts[i].kind == CHANGE_TLS_RPT)
            add_item(maker, starts[i].kind, name, TEXT("TXT"), fact, lists[starts[i].kind]);
    if (verification)
        add_item(maker, CHANGE_VERIFICATION, name, TEXT("TXT"), fact,
                 lists[CHANGE_VERIFICATION]);
}

static void add_txt(struct maker *maker, struct text name)
{
    enum change_kind kind = kind_of_place(maker, name);
    struct text_list values = {0};
    enum fact fact = fact_find(&maker->facts, name, TEXT("TXT"), maker->arena, &values);
    if (kind != CHANGE_UNKNOWN && kind != CHANGE_TLSA)
        add_item(maker, kind, name, TEXT("TXT"), fact, values);
    else if (text_equal(name, maker->observation->domain))
        add_strings(maker, name, fact, &values, true);
    else if (text_known(below(name, maker->observation->domain)))
        add_strings(maker, name, fact, &values, false); /* where TLS-RPT does not belong */
}

static void add_set(struct maker *maker, enum change_kind kind, struct text name,
                    struct text type)
{
    struct text_list values = {0};
    enum fact fact = fact_find(&maker->facts, name, type, maker->arena, &values);
    add_item(maker, kind, name, type, fact, values);
}

static enum change_kind kind_of_type(struct text type)
{
    static const struct {
        struct text type;
        enum change_kind kind;
    } types[] = {
        {TEXT_ROW("MX"), CHANGE_MX},     {TEXT_ROW("A"), CHANGE_ADDRESS},
        {TEXT_ROW("NS"), CHANGE_NS},     {TEXT_ROW("AAAA"), CHANGE_ADDRESS},
        {TEXT_ROW("TLSA"), CHANGE_TLSA},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_equal(types[i].type, type))
            return types[i].kind;
    return CHANGE_UNKNOWN;
}

/* A name is a CNAME, or it is known to be none because something else is known of it. What stands
 * at the end of the chain counts as standing at the name. */
static void add_cname(struct maker *maker, struct text name)
{
    enum change_kind kind = kind_of_place(maker, name);
    struct text_list values = {0};
    enum fact fact = fact_direct(&maker->facts, name, TEXT("CNAME"), maker->arena, &values);
    if (fact == FACT_UNKNOWN)
        fact = FACT_ABSENT;
    add_item(maker, kind ? kind : CHANGE_ADDRESS, name, TEXT("CNAME"), fact, values);
    if (fact != FACT_PRESENT)
        return;
    if (kind == CHANGE_TLSA) {
        add_set(maker, kind, name, TEXT("TLSA"));
    } else if (kind) {
        add_txt(maker, name);
    } else {
        add_set(maker, CHANGE_ADDRESS, name, TEXT("A"));
        add_set(maker, CHANGE_ADDRESS, name, TEXT("AAAA"));
    }
}

/* The sets of one name, from FIRST to before END of the facts. */
static void add_name(struct maker *maker, size_t first, size_t end)
{
    const struct fact_entry *entries = maker->facts.at;
    struct text name = entries[first].name;
    bool known = false;
    for (size_t i = first; i < end; i++) {
        struct text type = entries[i].type;
        if (i > first && text_equal(type, entries[i - 1].type))
            continue;
        enum fact fact = fact_direct(&maker->facts, name, type, maker->arena, NULL);
        known = known || fact == FACT_PRESENT || fact == FACT_ABSENT;
        if (text_equal(type, TEXT("TXT")))
            add_txt(maker, name);
        else if (kind_of_type(type) != CHANGE_UNKNOWN)
            add_set(maker, kind_of_type(type), name, type);
    }
    if (known)
        add_cname(maker, name);
}

static void add_records(struct maker *maker)
{
    const struct facts *facts = &maker->facts;
    for (size_t first = 0, end; first < facts->count; first = end) {
        for (end = first + 1; end < facts->count; end++)
            if (!text_equal(facts->at[first].name, facts->at[end].name))
                break;
        add_name(maker, first, end);
    }
}

/* ---- the policy ---- */

/* A host without an address and a file that is not there mean that there is no policy; any other
 * failure says nothing of it. */
static enum fact policy_fact(const struct observed_policy *policy)
{
    bool missing = policy->status == FETCH_HTTP_ERROR && policy->http_status.known &&
                   (policy->http_status.value == 404 || policy->http_status.value == 410);
    if (policy->status == FETCH_OK)
        return text_known(policy->body) ? FACT_PRESENT : FACT_UNKNOWN;
    return policy->status == FETCH_NO_HOST || missing ? FACT_ABSENT : FACT_FAILED;
}

static void add_policy(struct maker *maker)
{
    const struct observed_policy *policy = maker->observation->policy;
    if (!policy)
        return;
    struct text_list lines = {0};
    struct text rest = policy->body, line;
    enum fact fact = policy_fact(policy);
    struct text host =
        text_format(maker->arena, "mta-sts.%.*s", TEXT_ARGS(maker->observation->domain));
    while (fact == FACT_PRESENT && text_next(&rest, '\n', &line))
        if (text_trim(line).length)
            text_list_add(maker->arena, &lines, text_trim(line));
    add_item(maker, CHANGE_POLICY, host, TEXT_UNKNOWN, fact, lines);
    if (policy->certificate_not_after == TIME_UNKNOWN)
        return;
    char until[TIME_TEXT_SIZE];
    struct text_list values = {0};
    text_list_add(
        maker->arena, &values,
        text_format(maker->arena, "until %s", time_text(policy->certificate_not_after, until)));
    add_item(maker, CHANGE_CERTIFICATE, host, TEXT_UNKNOWN, FACT_PRESENT, values);
}

/* ---- certificates ---- */

/* "mx1.example.com; issuer Example CA; until …; sha256 …" */
static struct text certificate_text(struct arena *arena,
                                    const struct observed_certificate *certificate)
{
    enum { NAMES = 5 };
    BUFFER_AUTO text = {0};
    char until[TIME_TEXT_SIZE];
    for (size_t i = 0; i < certificate->names.count && i < NAMES; i++) {
        buffer_add_text(&text, i ? TEXT(", ") : TEXT(""));
        buffer_add_text(&text, certificate->names.at[i]);
    }
    if (certificate->names.count > NAMES)
        buffer_format(&text, " and %zu more", certificate->names.count - NAMES);
    if (!certificate->names.count)
        buffer_add_text(&text, TEXT("no name"));
    if (text_known(certificate->issuer)) {
        buffer_add_text(&text, TEXT("; issuer "));
        buffer_add_text(&text, certificate->issuer);
    }
    if (certificate->not_after != TIME_UNKNOWN)
        buffer_format(&text, "; until %s", time_text(certificate->not_after, until));
    if (text_known(certificate->cert_sha256)) {
        buffer_add_text(&text, TEXT("; sha256 "));
        buffer_add_text(&text, certificate->cert_sha256);
    }
    return text_copy(arena, buffer_text(&text));
}

/* One item a probe; those of one address are put together later. */
static void add_probe(struct maker *maker, const struct observed_smtp *probe)
{
    struct text_list values = {0};
    enum fact fact = FACT_UNKNOWN;
    if (probe->certificate) {
        fact = FACT_PRESENT;
        text_list_add(maker->arena, &values,
                      certificate_text(maker->arena, probe->certificate));
    } else if (probe->status == SMTP_OK && probe->starttls == ANSWER_NO) {
        fact = FACT_ABSENT;
    }
    add_item(maker, CHANGE_CERTIFICATE, probe->mx,
             text_known(probe->address) ? probe->address : TEXT(""), fact, values);
}

/* ---- the list ---- */

int change_item_compare(const struct change_item *a, const struct change_item *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = text_compare(a->name, b->name);
    return order ? order : text_compare(a->type, b->type);
}

static int compare(const void *left, const void *right)
{
    return change_item_compare(left, right);
}

static enum fact better_fact(enum fact a, enum fact b)
{
    static const enum fact order[] = {FACT_PRESENT, FACT_ABSENT, FACT_FAILED};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return FACT_UNKNOWN;
}

/* Makes one of the items of the same key, and sorts their values. */
static void put_together(struct arena *arena, struct change_items *items)
{
    size_t kept = 0;
    for (size_t i = 0; i < items->count; i++) {
        struct change_item *last = kept ? &items->at[kept - 1] : NULL;
        if (!last || change_item_compare(last, &items->at[i]) != 0) {
            items->at[kept++] = items->at[i];
            continue;
        }
        last->fact = better_fact(last->fact, items->at[i].fact);
        for (size_t j = 0; j < items->at[i].values.count; j++)
            text_list_add(arena, &last->values, items->at[i].values.at[j]);
    }
    items->count = kept;
    for (size_t i = 0; i < kept; i++) {
        struct text_list *values = &items->at[i].values;
        size_t once = 0;
        text_list_sort(values);
        for (size_t j = 0; j < values->count; j++)
            if (!once || !text_equal(values->at[once - 1], values->at[j]))
                values->at[once++] = values->at[j];
        values->count = once;
    }
}

void change_items_of(const struct observation *observation, struct arena *arena,
                     struct change_items *items)
{
    struct maker maker = {.observation = observation, .arena = arena, .items = items};
    *items = (struct change_items){0};
    facts_of(observation, arena, &maker.facts);
    add_records(&maker);
    add_policy(&maker);
    for (size_t i = 0; i < observation->smtp.count; i++)
        add_probe(&maker, &observation->smtp.at[i]);
    if (items->count)
        qsort(items->at, items->count, sizeof *items->at, compare);
    put_together(arena, items);
}
