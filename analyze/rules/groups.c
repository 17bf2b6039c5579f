#include "rules/groups.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"

struct groups groups_new(struct arena *arena)
{
    return (struct groups){.arena = arena};
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* ---- spans ---- */

static int64_t day_of(int64_t time)
{
    return time_day(time) / TIME_DAY;
}

/* Adds the last report, once however often it is added. */
static void span_add(struct span *span, const struct groups *groups)
{
    size_t place = groups->reports.count - 1;
    const struct report_seen *report = &groups->reports.at[place];
    int64_t first = day_of(report->begin);
    int64_t last = day_of(report->end > report->begin ? report->end - 1 : report->end);
    if (span->reports && span->last == place)
        return;
    if (!span->reports)
        *span = (struct span){.first_begin = report->begin,
                              .first_end = report->end,
                              .last_begin = report->begin,
                              .last_end = report->end,
                              .counted_to = first - 1};
    span->reports++;
    span->last = place;
    if (report->begin > span->last_begin)
        span->last_begin = report->begin;
    if (report->end > span->last_end)
        span->last_end = report->end;
    if (first <= span->counted_to)
        first = span->counted_to + 1;
    if (last < first)
        return;
    span->days += (uint64_t)(last - first) + 1;
    span->counted_to = last;
}

/* ---- reporters ---- */

struct reporter_key {
    struct text name;
    bool authenticated;
};

static int compare_reporter(const void *key, const struct tree_node *node)
{
    const struct reporter_key *wanted = key;
    const struct reporter_seen *reporter = (const struct reporter_seen *)node;
    int order = text_compare(wanted->name, reporter->name);
    return order ? order : compare_numbers(wanted->authenticated, reporter->authenticated);
}

static struct reporter_seen *find_reporter(const struct groups *groups, struct text name,
                                           bool authenticated)
{
    struct reporter_key key = {name, authenticated};
    return (struct reporter_seen *)tree_find(groups->reporter_tree, &key, compare_reporter);
}

const struct reporter_seen *groups_reporter(const struct groups *groups, struct text name,
                                            bool authenticated)
{
    return find_reporter(groups, name, authenticated);
}

static void keep_text(struct arena *arena, struct text *kept, struct text text)
{
    if (text_known(text) && !text_equal(*kept, text))
        *kept = text_copy(arena, text);
}

static struct reporter_seen *add_reporter(struct groups *groups, struct text name,
                                          bool authenticated)
{
    struct reporter_seen *reporter = arena_new(groups->arena, struct reporter_seen);
    reporter->name = text_copy(groups->arena, name);
    reporter->authenticated = authenticated;
    reporter->twin = find_reporter(groups, name, !authenticated);
    reporter->is_second = reporter->twin;
    if (reporter->twin)
        reporter->twin->twin = reporter;
    struct reporter_key key = {reporter->name, authenticated};
    groups->reporter_tree =
        tree_add(groups->reporter_tree, &reporter->node, &key, compare_reporter);
    VECTOR_ADD(groups->arena, &groups->reporters, reporter);
    return reporter;
}

static struct reporter_seen *reporter_of(struct groups *groups, const struct tls_report *report)
{
    bool authenticated = report->authenticated == AUTHENTICATED_PASS;
    struct reporter_seen *reporter = find_reporter(groups, report->reporter, authenticated);
    if (!reporter)
        reporter = add_reporter(groups, report->reporter, authenticated);
    keep_text(groups->arena, &reporter->contact_info, report->contact_info);
    keep_text(groups->arena, &reporter->organization_name, report->organization_name);
    return reporter;
}

/* ---- quotes ---- */

static int compare_lists(const struct text_list *a, const struct text_list *b)
{
    int order = compare_numbers(a->count, b->count);
    for (size_t i = 0; !order && i < a->count; i++)
        order = text_compare(a->at[i], b->at[i]);
    return order;
}

static int compare_quote(const void *key, const struct tree_node *node)
{
    const struct tls_policy *policy = key;
    const struct quote *quote = (const struct quote *)node;
    int order = compare_numbers(policy->policy_type, quote->policy_type);
    if (!order)
        order = compare_numbers(policy->policy_mode, quote->policy_mode);
    if (!order)
        order = text_compare(policy->policy_domain, quote->policy_domain);
    if (!order)
        order = compare_lists(&policy->policy_strings, &quote->policy_strings);
    return order ? order : compare_lists(&policy->mx_hosts, &quote->mx_hosts);
}

static struct text_list copy_list(struct arena *arena, const struct text_list *list)
{
    struct text_list copy = {arena_array(arena, list->count, sizeof *copy.at), list->count};
    for (size_t i = 0; i < list->count; i++)
        copy.at[i] = text_copy(arena, list->at[i]);
    return copy;
}

/* Null where POLICY quotes nothing, or there is no room for it. */
static struct quote *quote_of(struct groups *groups, struct reporter_seen *reporter,
                              const struct tls_policy *policy)
{
    if (!policy->policy_strings.count && !policy->mx_hosts.count && !policy->policy_mode)
        return NULL;
    struct quote *quote = (struct quote *)tree_find(groups->quote_tree, policy, compare_quote);
    if (quote)
        return quote;
    size_t *of_domain = &groups->quote_counts[reporter->authenticated];
    if (reporter->quote_count >= QUOTES_PER_REPORTER || *of_domain >= QUOTES_PER_DOMAIN)
        return NULL;
    reporter->quote_count++;
    ++*of_domain;
    quote = arena_new(groups->arena, struct quote);
    quote->policy_type = policy->policy_type;
    quote->policy_mode = policy->policy_mode;
    quote->policy_domain = text_copy(groups->arena, policy->policy_domain);
    quote->policy_strings = copy_list(groups->arena, &policy->policy_strings);
    quote->mx_hosts = copy_list(groups->arena, &policy->mx_hosts);
    if (quote->policy_type == POLICY_TYPE_STS && quote->policy_strings.count) {
        struct mta_sts_policy *sts = arena_new(groups->arena, struct mta_sts_policy);
        mta_sts_policy_read_lines(&quote->policy_strings, groups->arena, sts);
        quote->sts = sts;
    }
    groups->quote_tree = tree_add(groups->quote_tree, &quote->node, policy, compare_quote);
    VECTOR_ADD(groups->arena, &groups->quotes, quote);
    return quote;
}

static void add_quote(const struct groups *groups, struct failure_group *group,
                      const struct quote *quote, uint64_t sessions)
{
    size_t i = 0;
    while (i < group->quotes.count && group->quotes.at[i].quote != quote)
        i++;
    if (i == GROUP_QUOTES) {
        group->quotes.more = true;
        return;
    }
    if (i == group->quotes.count)
        VECTOR_ADD(groups->arena, &group->quotes, ((struct group_quote){.quote = quote}));
    struct group_quote *kept = &group->quotes.at[i];
    kept->sessions = sessions_add(kept->sessions, sessions);
    span_add(&kept->span, groups);
}

/* ---- what a group keeps of its failures ---- */

static void add_text(struct arena *arena, struct seen_texts *texts, size_t limit,
                     struct text text, uint64_t sessions)
{
    if (!text.length)
        return;
    for (size_t i = 0; i < texts->count; i++) {
        if (!text_equal(texts->at[i].text, text))
            continue;
        texts->at[i].sessions = sessions_add(texts->at[i].sessions, sessions);
        return;
    }
    texts->more |= texts->count == limit;
    if (texts->count < limit)
        VECTOR_ADD(arena, texts, ((struct seen_text){text_copy(arena, text), sessions}));
}

/* The network of ADDRESS; a length of 0 where it is no address. */
static struct networks network_of(struct text address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct networks network = {.kind = NETWORK_ONE};
    char string[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    if (address.length >= sizeof string)
        return network;
    memcpy(string, address.length ? address.at : "", address.length);
    string[address.length] = 0;
    if (inet_pton(AF_INET, string, bytes) == 1) {
        network.length = 3;
        memcpy(network.bytes, bytes, 3);
    } else if (inet_pton(AF_INET6, string, bytes) == 1) {
        bool is_mapped = memcmp(bytes, mapped, sizeof mapped) == 0;
        network.length = is_mapped ? 3 : 6;
        memcpy(network.bytes, bytes + (is_mapped ? 12 : 0), network.length);
    }
    return network;
}

void networks_add(struct networks *networks, struct text address)
{
    struct networks one = network_of(address);
    if (!one.length) {
        networks->unnamed = true;
    } else if (networks->kind == NETWORK_NONE) {
        one.unnamed = networks->unnamed;
        *networks = one;
    } else if (networks->length != one.length ||
               memcmp(networks->bytes, one.bytes, one.length) != 0) {
        networks->kind = NETWORK_SEVERAL;
    }
}

/* ---- groups ---- */

struct group_key {
    const struct reporter_seen *reporter; /* null: an overflow group */
    bool authenticated;
    enum policy_type policy_type;
    enum result_type result_type;
    bool undetailed;
    struct text mx, address;
};

static int compare_group(const void *key, const struct tree_node *node)
{
    const struct group_key *wanted = key;
    const struct failure_group *group = (const struct failure_group *)node;
    int order = compare_numbers((uintptr_t)wanted->reporter, (uintptr_t)group->reporter);
    if (!order)
        order = compare_numbers(wanted->authenticated, group->authenticated);
    if (!order)
        order = compare_numbers(wanted->policy_type, group->policy_type);
    if (!order)
        order = compare_numbers(wanted->result_type, group->result_type);
    if (!order)
        order = compare_numbers(wanted->undetailed, group->undetailed);
    if (!order)
        order = text_compare(wanted->mx, group->mx);
    return order ? order : text_compare(wanted->address, group->address);
}

static struct failure_group *add_group(struct groups *groups, const struct group_key *key,
                                       struct reporter_seen *reporter)
{
    struct failure_group *group = arena_new(groups->arena, struct failure_group);
    group->policy_type = key->policy_type;
    group->result_type = key->result_type;
    group->mx = text_copy(groups->arena, key->mx);
    group->mx_is_host = text_is_host(group->mx);
    group->address = text_copy(groups->arena, key->address);
    group->reporter = reporter;
    group->authenticated = key->authenticated;
    group->undetailed = key->undetailed;
    group->overflow = !reporter;
    groups->group_tree = tree_add(groups->group_tree, &group->node, key, compare_group);
    VECTOR_ADD(groups->arena, &groups->all, group);
    return group;
}

/* The overflow groups are as few as there are policy and result types: they come on top. */
static struct failure_group *group_of(struct groups *groups, struct group_key key,
                                      struct reporter_seen *reporter)
{
    key.authenticated = reporter->authenticated;
    struct failure_group *group =
        (struct failure_group *)tree_find(groups->group_tree, &key, compare_group);
    if (group)
        return group;
    size_t *of_domain = &groups->group_counts[key.authenticated];
    if (reporter->group_count < GROUPS_PER_REPORTER && *of_domain < GROUPS_PER_DOMAIN) {
        reporter->group_count++;
        ++*of_domain;
        return add_group(groups, &key, reporter);
    }
    key = (struct group_key){.authenticated = key.authenticated,
                             .policy_type = key.policy_type,
                             .result_type = key.result_type,
                             .undetailed = key.undetailed};
    group = (struct failure_group *)tree_find(groups->group_tree, &key, compare_group);
    return group ? group : add_group(groups, &key, NULL);
}

/* The report that is being added is the last. */
static void count_in_group(struct groups *groups, struct failure_group *group,
                           const struct quote *quote, uint64_t sessions)
{
    size_t place = groups->reports.count - 1;
    group->sessions = sessions_add(group->sessions, sessions);
    if (quote)
        add_quote(groups, group, quote, sessions);
    if (!group->reports.count || group->reports.at[group->reports.count - 1].report != place) {
        VECTOR_ADD(groups->arena, &group->reports, ((struct group_report){place, 0}));
        span_add(&group->span, groups);
    }
    struct group_report *part = &group->reports.at[group->reports.count - 1];
    part->sessions = sessions_add(part->sessions, sessions);
}

static void add_failure(struct groups *groups, const struct tls_policy *policy,
                        const struct tls_failure *failure, const struct quote *quote)
{
    struct reporter_seen *reporter = groups->reports.at[groups->reports.count - 1].reporter;
    uint64_t sessions = failure->failed_sessions;
    struct group_key key = {.reporter = reporter,
                            .policy_type = policy->policy_type,
                            .result_type = failure->result_type,
                            .mx = failure->receiving_mx_hostname,
                            .address = failure->receiving_ip};
    struct failure_group *group = group_of(groups, key, reporter);
    count_in_group(groups, group, quote, sessions);
    uint64_t *cause =
        &group->causes[(unsigned)failure->cause < CAUSE_COUNT ? failure->cause : CAUSE_UNKNOWN];
    *cause = sessions_add(*cause, sessions);
    add_text(groups->arena, &group->sending, GROUP_ADDRESSES, failure->sending_mta_ip,
             sessions);
    networks_add(&group->networks, failure->sending_mta_ip);
    add_text(groups->arena, &group->reason_codes, GROUP_TEXTS, failure->failure_reason_code,
             sessions);
    add_text(groups->arena, &group->informations, GROUP_TEXTS, failure->additional_information,
             sessions);
}

static void add_undetailed(struct groups *groups, const struct tls_policy *policy,
                           const struct quote *quote, uint64_t sessions)
{
    struct reporter_seen *reporter = groups->reports.at[groups->reports.count - 1].reporter;
    struct group_key key = {
        .reporter = reporter, .policy_type = policy->policy_type, .undetailed = true};
    struct failure_group *group = group_of(groups, key, reporter);
    count_in_group(groups, group, quote, sessions);
    group->causes[CAUSE_UNKNOWN] = sessions_add(group->causes[CAUSE_UNKNOWN], sessions);
    group->networks.unnamed = true;
}

/* ---- policies, of successes too ---- */

static struct policy_quoted *
policy_quoted_of(struct groups *groups, const struct text_list *strings, bool authenticated)
{
    size_t own = 0;
    for (size_t i = groups->policies.count; i-- > 0;) {
        struct policy_quoted *each = groups->policies.at[i];
        if (each->authenticated != authenticated)
            continue;
        if (!compare_lists(&each->strings, strings))
            return each;
        own++;
    }
    if (own >= POLICIES_LEARNED)
        return NULL;
    struct policy_quoted *policy = arena_new(groups->arena, struct policy_quoted);
    struct mta_sts_policy *sts = arena_new(groups->arena, struct mta_sts_policy);
    *policy = (struct policy_quoted){.strings = copy_list(groups->arena, strings),
                                     .sts = sts,
                                     .authenticated = authenticated};
    mta_sts_policy_read_lines(&policy->strings, groups->arena, sts);
    VECTOR_ADD(groups->arena, &groups->policies, policy);
    return policy;
}

static void note_policy(struct groups *groups, struct reporter_seen *reporter,
                        const struct tls_report *report, const struct tls_policy *policy)
{
    if (policy->policy_type != POLICY_TYPE_STS || !policy->policy_strings.count)
        return;
    const struct policy_quoted *quoted =
        policy_quoted_of(groups, &policy->policy_strings, reporter->authenticated);
    for (size_t i = reporter->used.count; quoted && i-- > 0;) {
        if (reporter->used.at[i].policy != quoted)
            continue;
        reporter->used.at[i].last_begin = report->begin;
        return;
    }
    if (quoted && reporter->used.count < POLICIES_OF_REPORTER)
        VECTOR_ADD(groups->arena, &reporter->used,
                   ((struct policy_used){quoted, report->begin, report->begin}));
}

/* ---- reports ---- */

static uint64_t detailed_sessions(const struct tls_policy *policy)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < policy->failure_count; i++)
        sum = sessions_add(sum, policy->failures[i].failed_sessions);
    return sum;
}

static uint64_t failed_sessions(const struct tls_policy *policy)
{
    uint64_t detailed = detailed_sessions(policy);
    uint64_t failed = sessions_add(policy->failed_sessions, 0);
    return detailed > failed ? detailed : failed;
}

static void add_policy(struct groups *groups, const struct tls_policy *policy)
{
    const struct report_seen *report = &groups->reports.at[groups->reports.count - 1];
    struct quote *quote = quote_of(groups, report->reporter, policy);
    if (quote)
        span_add(&quote->span, groups);
    uint64_t failed = failed_sessions(policy), detailed = detailed_sessions(policy);
    if (!failed)
        return;
    for (size_t i = 0; i < policy->failure_count; i++)
        add_failure(groups, policy, &policy->failures[i], quote);
    if (failed > detailed)
        add_undetailed(groups, policy, quote, failed - detailed);
}

static enum carrier carrier_of(const struct session_tally *tally)
{
    uint64_t sts = tally->by_type[POLICY_TYPE_STS].failed;
    uint64_t tlsa = tally->by_type[POLICY_TYPE_TLSA].failed;
    if (sts == tlsa)
        return sts ? CARRIER_TIE : CARRIER_NONE;
    return sts > tlsa ? CARRIER_STS : CARRIER_TLSA;
}

static void tally_report(struct report_seen *seen, const struct tls_report *report)
{
    for (size_t i = 0; i < report->policy_count; i++) {
        const struct tls_policy *policy = &report->policies[i];
        session_tally_add(&seen->tally, policy->policy_type, policy->successful_sessions,
                          failed_sessions(policy));
        seen->types |= 1U << (unsigned)policy->policy_type;
    }
    seen->total = session_tally_total(&seen->tally);
    seen->carrier = seen->settled = carrier_of(&seen->tally);
}

void groups_add(struct groups *groups, const struct tls_report *report)
{
    struct reporter_seen *reporter = reporter_of(groups, report);
    struct report_seen seen = {.begin = report->begin,
                               .end = report->end > report->begin ? report->end : report->begin,
                               .received_at = report->received_at,
                               .reporter = reporter,
                               .authenticated = report->authenticated};
    tally_report(&seen, report);
    if (seen.total.failed)
        seen.report_id = text_copy(groups->arena, report->report_id);
    VECTOR_ADD(groups->arena, &reporter->reports, groups->reports.count);
    VECTOR_ADD(groups->arena, &groups->reports, seen);
    session_counts_add(&reporter->total, seen.total);
    session_counts_add(&groups->total, seen.total);
    for (size_t i = 0; i < report->policy_count; i++)
        note_policy(groups, reporter, report, &report->policies[i]);
    for (size_t i = 0; seen.total.failed && i < report->policy_count; i++)
        add_policy(groups, &report->policies[i]);
}
