#include "observe/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "published/tlsrpt_record.h"

enum {
    QUESTIONS_MAX = 1500, /* of one domain */
    RECORDS_MAX = 4000,   /* of one domain */
    LABELS_UP_MAX = 10,   /* in the search for a zone */
    RUA_MAX = 10,
    SERVERS_MAX = 32, /* addresses of one zone's servers */
};

/* What to do with the answer besides writing it down. */
typedef void follow_up(struct gather *gather, struct gather_question *question,
                       const struct resolved *resolved);

struct gather_question {
    struct gather_question *next;
    struct gather *gather;
    struct text name;
    uint16_t type;
    follow_up *then;    /* or null */
    bool silent;        /* part of the search for servers: no part of the observation */
    struct text target; /* of that search: the name in question, or the server */
    uint16_t target_type;
    unsigned labels_up; /* from the name in question to this one */
    struct gather_zone *zone;
};

/* ---- writing down ---- */

static struct observed_record *find_record(struct gather *gather,
                                           const struct dns_record *record, struct text type)
{
    for (size_t i = 0; i < gather->records.count; i++) {
        struct observed_record *known = &gather->records.at[i];
        if (text_equal(known->name, record->name) && text_equal(known->type, type) &&
            text_equal(known->value, record->value))
            return known;
    }
    return NULL;
}

/* The status is that of a whole answer, and so of its weakest link: another answer may say more of this
 * record. */
static void add_record(struct gather *gather, const struct dns_record *record,
                       enum dnssec dnssec)
{
    struct text type = dns_type_name(gather->arena, record->type);
    struct observed_record *known = find_record(gather, record, type);
    if (known) {
        if (dnssec == DNSSEC_SECURE)
            known->dnssec = dnssec;
        return;
    }
    if (gather->records.count >= RECORDS_MAX)
        return;
    struct observed_record new = {
        .nulls = OBSERVED_ALL,
        .name = text_copy(gather->arena, record->name),
        .type = type,
        .ttl = {true, record->ttl},
        .value = text_copy(gather->arena, record->value),
        .dnssec = dnssec,
    };
    VECTOR_ADD(gather->arena, &gather->records, new);
}

static void add_lookup(struct gather *gather, struct text name, uint16_t type,
                       const struct resolved *resolved)
{
    struct text type_name = dns_type_name(gather->arena, type);
    if (gather_status(gather, name, type_name) != LOOKUP_UNKNOWN)
        return;
    struct observed_lookup lookup = {
        .nulls = OBSERVED_ALL,
        .name = text_copy(gather->arena, name),
        .type = type_name,
        .status = resolved->status,
        .dnssec = resolved->dnssec,
    };
    VECTOR_ADD(gather->arena, &gather->lookups, lookup);
}

/* The name at the end of the aliases that the answer lists, from NAME on. Each is used once, so that a
 * circle ends. */
static struct text end_of_aliases(const struct dns_answer *answer, struct text name)
{
    for (size_t steps = 0; steps < answer->records.count; steps++) {
        size_t i = 0;
        while (i < answer->records.count && !(answer->records.at[i].type == DNS_CNAME &&
                                              text_equal(answer->records.at[i].name, name)))
            i++;
        if (i == answer->records.count || !text_known(answer->records.at[i].host))
            break;
        name = answer->records.at[i].host;
    }
    return name;
}

static void write_down(struct gather *gather, const struct gather_question *question,
                       const struct resolved *resolved)
{
    const struct dns_answer *answer = &resolved->answer;
    for (size_t i = 0; i < answer->records.count; i++) {
        const struct dns_record *record = &answer->records.at[i];
        if (record->type == question->type || record->type == DNS_CNAME)
            add_record(gather, record, resolved->dnssec);
    }
    if (resolved->status == LOOKUP_OK)
        return;
    add_lookup(gather, question->name, question->type, resolved);
    struct text end = end_of_aliases(answer, question->name);
    if (!text_equal(end, question->name))
        add_lookup(gather, end, question->type, resolved);
}

/* ---- asking ---- */

static void ask_for_links(struct gather *gather, const struct gather_question *question,
                          const struct resolved *resolved);

static void answered(void *context, const struct resolved *resolved)
{
    struct gather_question *question = context;
    struct gather *gather = question->gather;
    if (!question->silent) {
        write_down(gather, question, resolved);
        ask_for_links(gather, question, resolved);
    }
    if (question->then)
        question->then(gather, question, resolved);
    if (--gather->outstanding == 0)
        gather->done(gather);
}

static struct gather_question *add_question(struct gather *gather, struct text name,
                                            uint16_t type, follow_up *then)
{
    struct gather_question *question = arena_new(gather->arena, struct gather_question);
    *question = (struct gather_question){
        .next = gather->questions,
        .gather = gather,
        .name = text_copy(gather->arena, name),
        .type = type,
        .then = then,
    };
    gather->questions = question;
    gather->outstanding++;
    gather->asked++;
    resolver_ask(gather->resolver, question->name, type, answered, question);
    return question;
}

static bool may_ask(const struct gather *gather, struct text name)
{
    return text_is_host(name) && gather->asked < QUESTIONS_MAX;
}

/* Asks, unless this was asked before; what cannot be a name is not looked up. */
static void ask(struct gather *gather, struct text name, uint16_t type, follow_up *then)
{
    if (!may_ask(gather, name))
        return;
    for (struct gather_question *known = gather->questions; known; known = known->next)
        if (!known->silent && known->type == type && text_equal(known->name, name))
            return;
    add_question(gather, name, type, then);
}

static void ask_below(struct gather *gather, const char *prefix, struct text domain,
                      uint16_t type, follow_up *then)
{
    ask(gather, text_format(gather->arena, "%s.%.*s", prefix, TEXT_ARGS(domain)), type, then);
}

/* An answer through aliases that is not secure as a whole says nothing of each alias: each is asked
 * for. */
static void ask_for_links(struct gather *gather, const struct gather_question *question,
                          const struct resolved *resolved)
{
    if (question->type == DNS_CNAME || resolved->dnssec == DNSSEC_SECURE)
        return;
    for (size_t i = 0; i < resolved->answer.records.count; i++)
        if (resolved->answer.records.at[i].type == DNS_CNAME)
            ask(gather, resolved->answer.records.at[i].name, DNS_CNAME, NULL);
}

/* ---- the servers of the zone that holds a name ---- */

static void follow_server(struct gather *gather, struct gather_question *question,
                          const struct resolved *resolved)
{
    struct gather_zone *zone = question->zone;
    for (size_t i = 0; i < resolved->answer.records.count; i++) {
        const struct dns_record *record = &resolved->answer.records.at[i];
        if (record->type != question->type || zone->zone.servers.count >= SERVERS_MAX)
            continue;
        struct authority_server server = {question->target,
                                          text_copy(gather->arena, record->value)};
        VECTOR_ADD(gather->arena, &zone->zone.servers, server);
    }
}

static void ask_server(struct gather *gather, struct gather_zone *zone, struct text host)
{
    static const uint16_t types[] = {DNS_A, DNS_AAAA};
    for (size_t i = 0; i < 2 && may_ask(gather, host); i++) {
        struct gather_question *question = add_question(gather, host, types[i], follow_server);
        question->silent = true;
        question->target = question->name;
        question->zone = zone;
    }
}

static struct gather_zone *find_zone(struct gather *gather, struct text name,
                                     const struct dns_answer *answer)
{
    struct gather_zone *zone = gather->zones;
    while (zone && !text_equal(zone->zone.name, name))
        zone = zone->next;
    if (zone)
        return zone;
    zone = arena_new(gather->arena, struct gather_zone);
    zone->zone.name = text_copy(gather->arena, name);
    zone->next = gather->zones;
    gather->zones = zone;
    for (size_t i = 0; i < answer->records.count && i < SERVERS_MAX; i++)
        if (answer->records.at[i].type == DNS_NS &&
            text_equal(answer->records.at[i].name, name) &&
            text_known(answer->records.at[i].host))
            ask_server(gather, zone, answer->records.at[i].host);
    return zone;
}

static struct gather_question *find_servers(struct gather *gather, struct text at,
                                            struct text name, uint16_t type);

static bool has_servers(const struct dns_answer *answer, struct text name)
{
    for (size_t i = 0; i < answer->records.count; i++)
        if (answer->records.at[i].type == DNS_NS &&
            text_equal(answer->records.at[i].name, name))
            return true;
    return false;
}

/* NS at a name makes it a zone; without, the zone begins further up. After a failure nobody knows. */
static void follow_zone(struct gather *gather, struct gather_question *question,
                        const struct resolved *resolved)
{
    if (has_servers(&resolved->answer, question->name)) {
        struct gather_zone *zone = find_zone(gather, question->name, &resolved->answer);
        struct authority_question wanted = {question->target, question->target_type};
        VECTOR_ADD(gather->arena, &zone->zone.questions, wanted);
        return;
    }
    bool absent = resolved->status == LOOKUP_OK || resolved->status == LOOKUP_NODATA ||
                  resolved->status == LOOKUP_NXDOMAIN;
    size_t dot = text_find_char(question->name, '.');
    if (!absent || dot == SIZE_MAX || question->labels_up >= LABELS_UP_MAX)
        return;
    struct gather_question *up = find_servers(gather, text_from(question->name, dot + 1),
                                              question->target, question->target_type);
    if (up)
        up->labels_up = question->labels_up + 1;
}

/* Looks for the zone that holds NAME from AT upwards, never as far as a top-level domain. Null where
 * nothing is asked. */
static struct gather_question *find_servers(struct gather *gather, struct text at,
                                            struct text name, uint16_t type)
{
    if (!may_ask(gather, at))
        return NULL;
    struct gather_question *question = add_question(gather, at, DNS_NS, follow_zone);
    question->silent = true;
    question->target = text_copy(gather->arena, name);
    question->target_type = type;
    return question;
}

/* ---- MX hosts ---- */

/* Senders let TLSA count only if it is secure, so that only then a server that says something else
 * matters. */
static void follow_tlsa(struct gather *gather, struct gather_question *question,
                        const struct resolved *resolved)
{
    struct text host = text_from(question->name, strlen("_25._tcp."));
    if (resolved->status == LOOKUP_OK)
        ask_below(gather, "_smtp._tls", host, DNS_TXT, NULL);
    bool absent = resolved->status == LOOKUP_NODATA || resolved->status == LOOKUP_NXDOMAIN;
    if (!absent || resolved->dnssec == DNSSEC_SECURE)
        find_servers(gather, question->name, question->name, DNS_TLSA);
}

static void follow_host(struct gather *gather, struct gather_question *question,
                        const struct resolved *resolved)
{
    struct text end = end_of_aliases(&resolved->answer, question->name);
    ask_below(gather, "_25._tcp", end, DNS_TLSA, follow_tlsa);
}

static void ask_host(struct gather *gather, struct text host)
{
    text_list_add_once(gather->arena, &gather->mx, text_copy(gather->arena, host));
    ask(gather, host, DNS_A, follow_host);
    ask(gather, host, DNS_AAAA, follow_host);
    ask(gather, host, DNS_CNAME, NULL);
    ask_below(gather, "_25._tcp", host, DNS_TLSA, follow_tlsa);
}

static int compare_mx(const void *a, const void *b)
{
    const struct dns_record *const *left = a, *const *right = b;
    int order = (*left)->preference - (*right)->preference;
    return order ? order : text_compare((*left)->host, (*right)->host);
}

/* RFC 5321 §5.1: without MX the domain is its own; RFC 7505: "." takes no mail. */
static void follow_mx(struct gather *gather, struct gather_question *question,
                      const struct resolved *resolved)
{
    const struct dns_answer *answer = &resolved->answer;
    if (resolved->status == LOOKUP_NODATA) {
        ask_host(gather, question->name);
        return;
    }
    const struct dns_record **sorted =
        arena_array(gather->arena, answer->records.count, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < answer->records.count; i++)
        if (answer->records.at[i].type == DNS_MX && text_is_host(answer->records.at[i].host))
            sorted[count++] = &answer->records.at[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_mx);
    for (size_t i = 0; i < count && gather->mx.count < GATHER_MX_MAX; i++)
        ask_host(gather, sorted[i]->host);
}

/* ---- where reports go ---- */

static void follow_rua(struct gather *gather, struct gather_question *question,
                       const struct resolved *resolved)
{
    if (resolved->status != LOOKUP_NODATA)
        return;
    ask(gather, question->name, DNS_A, NULL);
    ask(gather, question->name, DNS_AAAA, NULL);
}

static void follow_reports(struct gather *gather, struct gather_question *question,
                           const struct resolved *resolved)
{
    struct text_list strings = {0};
    struct tlsrpt_record record;
    for (size_t i = 0; i < resolved->answer.records.count; i++)
        if (resolved->answer.records.at[i].type == question->type)
            text_list_add(gather->arena, &strings,
                          text_copy(gather->arena, resolved->answer.records.at[i].value));
    tlsrpt_record_read(&strings, gather->arena, &record);
    if (record.state != TXT_ONE)
        return;
    for (size_t i = 0; i < record.ruas.count && i < RUA_MAX; i++)
        if (record.ruas.at[i].scheme == TLSRPT_SCHEME_MAILTO &&
            text_known(record.ruas.at[i].domain))
            ask(gather, record.ruas.at[i].domain, DNS_MX, follow_rua);
}

/* ---- the domain ---- */

static const struct {
    const char *prefix; /* null: the domain itself */
    uint16_t type;
    follow_up *then;
} looked_up[] = {
    {NULL, DNS_MX, follow_mx},
    {NULL, DNS_NS, NULL},
    {NULL, DNS_TXT, NULL}, /* SPF, verification, a TLS-RPT record at a wrong name */
    {"_25._tcp", DNS_TLSA, follow_tlsa}, /* of the domain instead of its MX: DANE-WRONG-NAME */
    {"_smtp._tls", DNS_TXT, follow_reports},
    {"_mta-sts", DNS_TXT, NULL},
    {"mta-sts", DNS_A, NULL},
    {"mta-sts", DNS_AAAA, NULL},
    {"mta-sts", DNS_CNAME, NULL},
    {"_dmarc", DNS_TXT, NULL},
    {"default._bimi", DNS_TXT, NULL},
    /* Where people put a TLS-RPT record by mistake: TLSRPT-WRONG-NAME. */
    {"_tls", DNS_TXT, NULL},
    {"_smtp", DNS_TXT, NULL},
    {"_smtp-tls", DNS_TXT, NULL},
    {"_smtp_tls", DNS_TXT, NULL},
    {"_tls._smtp", DNS_TXT, NULL},
    {"_smtp._tcp", DNS_TXT, NULL},
    {"_tlsrpt", DNS_TXT, NULL},
    {"_tls-rpt", DNS_TXT, NULL},
    {"_smtp-tlsrpt", DNS_TXT, NULL},
    {"_smtp._tls._domainkey", DNS_TXT, NULL},
};

/* What each authoritative server of the domain is asked, besides the TLSA of its MX. */
static const struct {
    const char *prefix;
    uint16_t type;
} asked_directly[] = {
    {NULL, DNS_MX},
    {"_smtp._tls", DNS_TXT},
    {"_mta-sts", DNS_TXT},
};

static struct text below(struct gather *gather, const char *prefix)
{
    if (!prefix)
        return gather->domain;
    return text_format(gather->arena, "%s.%.*s", prefix, TEXT_ARGS(gather->domain));
}

void gather_start(struct gather *gather)
{
    gather->outstanding = 1; /* holds the end back until all of these are asked */
    OBSERVED_EMPTY(gather->arena, &gather->records);
    OBSERVED_EMPTY(gather->arena, &gather->lookups);
    for (size_t i = 0; i < sizeof looked_up / sizeof *looked_up; i++)
        ask(gather, below(gather, looked_up[i].prefix), looked_up[i].type, looked_up[i].then);
    ask_below(gather, "_smtp._tls", below(gather, text_string(gather->arena, gather->domain)),
              DNS_TXT, NULL);
    for (size_t i = 0; i < gather->selectors.count && i < GATHER_SELECTORS_MAX; i++)
        ask(gather,
            text_format(gather->arena, "%.*s._domainkey.%.*s",
                        TEXT_ARGS(gather->selectors.at[i]), TEXT_ARGS(gather->domain)),
            DNS_TXT, NULL);
    for (size_t i = 0; i < sizeof asked_directly / sizeof *asked_directly; i++) {
        struct text name = below(gather, asked_directly[i].prefix);
        find_servers(gather, name, name, asked_directly[i].type);
    }
    if (--gather->outstanding == 0)
        gather->done(gather);
}
