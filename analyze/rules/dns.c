/* What is wrong with the answers of DNS as a whole. */
#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- DNS-LOOKUP-FAILED ---- */

/* A look-up that matters for mail. */
struct asked_name {
    struct text name;
    const char *type;
};

static bool has_failed(const struct published *published)
{
    return published->fact == FACT_FAILED && published->status != LOOKUP_BOGUS;
}

/* The name servers that were seen to fail for it by themselves. */
static void failing_servers(const struct inquiry *inquiry, const struct sight *sight,
                            const struct asked_name *asked, struct claim *claim)
{
    const struct observed_authorities *all = &sight->observation->authorities;
    for (size_t i = 0; i < all->count; i++) {
        const struct observed_authority *one = &all->at[i];
        if (!text_equal(one->name, asked->name) || one->status < LOOKUP_SERVFAIL ||
            !text_equal(one->type, text_of(asked->type)))
            continue;
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_AUTHORITY, sight->taken_at,
                     "%.*s (%.*s) answers %s for %.*s %s",
                     TEXT_ARGS(words_of_line(inquiry->arena, one->server)),
                     TEXT_ARGS(words_of_line(inquiry->arena, one->address)),
                     lookup_status_name(one->status), TEXT_ARGS(asked->name), asked->type);
    }
}

static void say_failed(const struct inquiry *inquiry, const struct sight *sight,
                       const struct asked_name *asked, const struct published *published,
                       struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct published ns = sight_published(inquiry, sight, inquiry->domain, "NS");
    const char *status = lookup_status_name(published->status);
    status = status ? status : "fails";
    claim_says(arena, &claim->title, "The look-up of %.*s %s fails (%s)",
               TEXT_ARGS(asked->name), asked->type, status);
    claim_says(
        arena, &claim->action,
        "Ask each name server of the zone%s%.*s, and mend the one that does not answer:\n"
        "    dig %.*s %s @SERVER +norecurse",
        ns.values.count ? ", " : "", TEXT_ARGS(words_of_list(arena, &ns.values)),
        TEXT_ARGS(asked->name), asked->type);
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s %s: %s",
                 TEXT_ARGS(asked->name), asked->type, status);
    failing_servers(inquiry, sight, asked, claim);
    claim->instance = text_format(arena, "%.*s %s", TEXT_ARGS(asked->name), asked->type);
}

/* Says so where the look-up failed; *KNOWN is set where it is known how it went. */
static bool look_up(const struct inquiry *inquiry, const struct sight *sight, struct text name,
                    const char *type, bool *known, struct claim *claim)
{
    struct asked_name asked = {name, type};
    struct published published = sight_published(inquiry, sight, name, type);
    *known = *known || published.fact != FACT_UNKNOWN;
    if (!has_failed(&published))
        return false;
    say_failed(inquiry, sight, &asked, &published, claim);
    return true;
}

/* A failure that names its MX got as far as that: what it cannot have missed is the policy, nor the
 * address of another MX. */
static bool concerns_policy(const struct failure_group *group)
{
    return !group || !text_known(group_mx(group)) ||
           result_class_of(group->result_type, group->policy_type) == CLASS_STS_POLICY;
}

enum shown dns_lookup_failed_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    bool known = false;
    if (look_up(inquiry, sight, inquiry->domain, "MX", &known, claim))
        return SHOWN_YES;
    struct text_list hosts = sight->hosts;
    if (subject->group && text_known(subject->mx)) {
        hosts = (struct text_list){0};
        text_list_add(inquiry->arena, &hosts, subject->mx);
    }
    for (size_t i = 0; i < hosts.count; i++)
        if (look_up(inquiry, sight, hosts.at[i], "A", &known, claim) ||
            look_up(inquiry, sight, hosts.at[i], "AAAA", &known, claim))
            return SHOWN_YES;
    struct text policy =
        text_format(inquiry->arena, "_mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    if (concerns_policy(subject->group) &&
        look_up(inquiry, sight, policy, "TXT", &known, claim))
        return SHOWN_YES;
    return known ? SHOWN_NO : SHOWN_UNKNOWN;
}

/* ---- DNS-INCONSISTENT ---- */

static struct text_list canonical(const struct inquiry *inquiry, struct text type,
                                  const struct text_list *values)
{
    struct text_list sorted = {0};
    for (size_t i = 0; i < values->count; i++)
        text_list_add_once(inquiry->arena, &sorted,
                           observed_value(inquiry->arena, type, values->at[i]));
    text_list_sort(&sorted);
    return sorted;
}

/* Whether the server says what is there, or that nothing is: not where it fails. */
static bool answers(const struct observed_authority *one)
{
    return one->status == LOOKUP_OK || one->status == LOOKUP_NODATA ||
           one->status == LOOKUP_NXDOMAIN;
}

/* The set that the other servers give: the records, or nothing where a look-up says so. */
static bool set_elsewhere(const struct inquiry *inquiry, const struct sight *sight,
                          const struct observed_authority *one, struct text_list *set)
{
    struct text_list values = {0};
    enum fact fact = fact_direct(sight->facts, one->name, one->type, inquiry->arena, &values);
    if (fact == FACT_PRESENT || fact == FACT_ABSENT) {
        *set = canonical(inquiry, one->type, &values);
        return true;
    }
    const struct observed_authorities *all = &sight->observation->authorities;
    for (size_t i = 0; i < all->count; i++) {
        const struct observed_authority *other = &all->at[i];
        if (other == one || !answers(other) || !text_equal(other->name, one->name) ||
            !text_equal(other->type, one->type))
            continue;
        *set = canonical(inquiry, other->type, &other->values);
        return true;
    }
    return false;
}

static bool is_of_interest(struct text type)
{
    return text_equal(type, TEXT("MX")) || text_equal(type, TEXT("TXT")) ||
           text_equal(type, TEXT("TLSA"));
}

static bool differs(const struct inquiry *inquiry, const struct sight *sight,
                    const struct observed_authority *one)
{
    struct text_list set;
    if (!is_of_interest(one->type) || !answers(one) ||
        !set_elsewhere(inquiry, sight, one, &set))
        return false;
    struct text_list own = canonical(inquiry, one->type, &one->values);
    return !text_list_equal(&own, &set);
}

/* How much a set that differs has to do with a failure. */
enum bearing { BEARING_NONE = 0, BEARING_PERHAPS, BEARING_SURE };

static enum bearing bearing_of_mx(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject)
{
    if (!text_known(subject->mx))
        return BEARING_PERHAPS;
    if (sight_lists_mx(sight, subject->mx) != FACT_PRESENT &&
        authority_lists_mx(inquiry, sight, subject->mx, NULL))
        return BEARING_SURE;
    return BEARING_NONE;
}

static enum bearing bearing_of_tlsa(const struct inquiry *inquiry,
                                    const struct observed_authority *one,
                                    const struct subject *subject)
{
    static const unsigned by_dane =
        RESULTS_CERT | RESULT(TLSA_INVALID) | RESULT(DNSSEC_INVALID) | RESULT(DANE_REQUIRED);
    struct text name = text_format(inquiry->arena, "_25._tcp.%.*s", TEXT_ARGS(subject->mx));
    bool own = !text_known(subject->mx) || text_equal(name, one->name);
    if (!own || !(by_dane & (1U << subject->group->result_type)))
        return BEARING_NONE;
    return subject->group->policy_type == POLICY_TYPE_TLSA ? BEARING_SURE : BEARING_PERHAPS;
}

static enum bearing bearing_of_txt(const struct inquiry *inquiry,
                                   const struct observed_authority *one,
                                   const struct subject *subject)
{
    struct text name = text_format(inquiry->arena, "_mta-sts.%.*s", TEXT_ARGS(inquiry->domain));
    if (!text_equal(one->name, name))
        return BEARING_NONE;
    const struct failure_group *group = subject->group;
    if (result_class_of(group->result_type, group->policy_type) == CLASS_STS_POLICY)
        return BEARING_SURE;
    return group->policy_type == POLICY_TYPE_STS ? BEARING_PERHAPS : BEARING_NONE;
}

static enum bearing bearing_of(const struct inquiry *inquiry, const struct sight *sight,
                               const struct observed_authority *one,
                               const struct subject *subject)
{
    /* Without a failure each is a fault. */
    if (!subject->group)
        return BEARING_SURE;
    if (text_equal(one->type, TEXT("MX")))
        return bearing_of_mx(inquiry, sight, subject);
    return text_equal(one->type, TEXT("TLSA")) ? bearing_of_tlsa(inquiry, one, subject)
                                               : bearing_of_txt(inquiry, one, subject);
}

static struct text set_words(struct arena *arena, const struct text_list *values)
{
    return values->count ? words_of_list(arena, values) : TEXT("nothing");
}

static void say_differs(const struct inquiry *inquiry, const struct sight *sight,
                        const struct observed_authority *one, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text_list elsewhere = {0};
    set_elsewhere(inquiry, sight, one, &elsewhere);
    struct text name = words_of_line(arena, one->name), type = words_of_line(arena, one->type);
    struct text server =
        words_of_line(arena, text_known(one->server) ? one->server : one->address);
    claim_says(arena, &claim->title,
               "The name servers disagree about %.*s %.*s: %.*s gives %.*s, the others give "
               "%.*s",
               TEXT_ARGS(name), TEXT_ARGS(type), TEXT_ARGS(server),
               TEXT_ARGS(set_words(arena, &one->values)),
               TEXT_ARGS(set_words(arena, &elsewhere)));
    claim_says(arena, &claim->action,
               "Find out why %.*s does not have the same zone (a transfer that fails, a serial "
               "that did not rise, an old provider that is still delegated to) and mend it, or "
               "take it out of the delegation at the registrar:\n"
               "    dig %.*s SOA @%.*s +norecurse",
               TEXT_ARGS(server), TEXT_ARGS(inquiry->domain), TEXT_ARGS(server));
    const struct observed_authorities *all = &sight->observation->authorities;
    for (size_t i = 0; i < all->count; i++)
        if (differs(inquiry, sight, &all->at[i]))
            evidence_add(arena, &claim->evidence, EVIDENCE_AUTHORITY, sight->taken_at,
                         "%.*s (%.*s) gives for %.*s %.*s: %.*s",
                         TEXT_ARGS(words_of_line(arena, all->at[i].server)),
                         TEXT_ARGS(words_of_line(arena, all->at[i].address)),
                         TEXT_ARGS(words_of_line(arena, all->at[i].name)),
                         TEXT_ARGS(words_of_line(arena, all->at[i].type)),
                         TEXT_ARGS(set_words(arena, &all->at[i].values)));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s %.*s: %.*s",
                 TEXT_ARGS(name), TEXT_ARGS(type), TEXT_ARGS(set_words(arena, &elsewhere)));
}

enum shown dns_inconsistent_shows(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject, struct claim *claim)
{
    const struct observed_authorities *all = &sight->observation->authorities;
    const struct observed_authority *found = NULL;
    enum bearing most = BEARING_NONE;
    if (!all->at)
        return SHOWN_UNKNOWN;
    for (size_t i = 0; i < all->count; i++) {
        if (!differs(inquiry, sight, &all->at[i]))
            continue;
        enum bearing bearing = bearing_of(inquiry, sight, &all->at[i], subject);
        if (bearing <= most)
            continue;
        most = bearing;
        found = &all->at[i];
    }
    if (!found)
        return SHOWN_NO;
    if (most == BEARING_PERHAPS)
        claim->tier = TIER_ELSE;
    say_differs(inquiry, sight, found, claim);
    return SHOWN_YES;
}

/* ---- DOMAIN-IS-CNAME ---- */

enum shown domain_is_cname_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    (void)subject;
    struct arena *arena = inquiry->arena;
    struct text_list targets = {0};
    enum fact cname =
        fact_direct(sight->facts, inquiry->domain, TEXT("CNAME"), arena, &targets);
    enum fact mx = fact_direct(sight->facts, inquiry->domain, TEXT("MX"), arena, NULL);
    if (cname != FACT_PRESENT)
        return cname == FACT_ABSENT || mx == FACT_PRESENT || mx == FACT_ABSENT ? SHOWN_NO
                                                                               : SHOWN_UNKNOWN;
    struct text target = quote(arena, targets.at[0]);
    claim_says(arena, &claim->title, "The mail domain %.*s is itself a CNAME, to %.*s",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(target));
    claim_says(arena, &claim->action,
               "Take the CNAME away and publish the MX records at the name itself, together "
               "with the addresses that the CNAME led to:");
    for (size_t i = 0; i < sight->mx.values.count; i++)
        claim_says(arena, &claim->action, "%.*s\n    %.*s. IN MX %zu %.*s.",
                   TEXT_ARGS(claim->action), TEXT_ARGS(inquiry->domain), (i + 1) * 10,
                   TEXT_ARGS(words_of_line(arena, sight->mx.values.at[i])));
    if (!sight->mx.values.count)
        claim_says(arena, &claim->action, "%.*s\n    %.*s. IN MX 10 mail.%.*s.",
                   TEXT_ARGS(claim->action), TEXT_ARGS(inquiry->domain),
                   TEXT_ARGS(inquiry->domain));
    evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at, "%.*s CNAME %.*s",
                 TEXT_ARGS(inquiry->domain), TEXT_ARGS(target));
    return SHOWN_YES;
}
