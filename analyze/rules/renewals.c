#include "rules/renewals.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/host.h"

bool certificate_is_another(const struct observed_certificate *a,
                            const struct observed_certificate *b)
{
    if (text_known(a->cert_sha256) && text_known(b->cert_sha256))
        return !text_equal(a->cert_sha256, b->cert_sha256);
    return a->not_after != b->not_after || a->not_before != b->not_before;
}

/* ---- what was seen ---- */

static bool has_digests(const struct observed_certificate *certificate)
{
    return certificate && text_known(certificate->cert_sha256) &&
           text_known(certificate->spki_sha256);
}

static bool is_seen(const struct certificate_seen *seen, const struct certificate_seen *other)
{
    if (seen->certificate && other->certificate)
        return !certificate_is_another(seen->certificate, other->certificate);
    return seen->not_after == other->not_after;
}

static enum answer key_kept(const struct certificate_seen *before,
                            const struct certificate_seen *after)
{
    if (!has_digests(before->certificate) || !has_digests(after->certificate))
        return ANSWER_UNKNOWN;
    bool same = text_equal(before->certificate->spki_sha256, after->certificate->spki_sha256);
    return same ? ANSWER_YES : ANSWER_NO;
}

static void saw(const struct inquiry *inquiry, struct renewals *renewals,
                struct certificate_seen seen)
{
    size_t place = renewals->count;
    while (place && !is_seen(&renewals->at[place - 1], &seen))
        place--;
    if (place) {
        renewals->at[place - 1].last = seen.last;
        renewals->current = place - 1;
        return;
    }
    seen.before = renewals->current;
    if (renewals->count)
        seen.key_kept = key_kept(&renewals->at[seen.before], &seen);
    renewals->current = renewals->count;
    VECTOR_ADD(inquiry->arena, renewals, seen);
}

static struct certificate_seen seen_of(const struct observed_certificate *certificate,
                                       int64_t at)
{
    struct certificate_seen seen = {.certificate = certificate,
                                    .not_before = certificate->not_before,
                                    .not_after = certificate->not_after,
                                    .first = at,
                                    .last = at,
                                    .replaced_at = TIME_UNKNOWN};
    /* Of dates that contradict each other none is believed. */
    if (seen.not_before != TIME_UNKNOWN && seen.not_after != TIME_UNKNOWN &&
        seen.not_after <= seen.not_before)
        seen.not_before = seen.not_after = TIME_UNKNOWN;
    return seen;
}

/* When the certificate at PLACE took the place of the one before: the time nearest to its own date within what was
 * seen. */
static void tell_replaced(struct renewals *renewals, size_t place)
{
    enum { CLOSE = 7 * TIME_DAY };
    const struct certificate_seen *next = &renewals->at[place];
    struct certificate_seen *old = &renewals->at[next->before];
    int64_t from = old->last, to = next->first;
    /* It was seen again after that, or both at one time. */
    if (from >= to)
        return;
    if (next->not_before != TIME_UNKNOWN && next->not_before >= from && next->not_before <= to)
        old->replaced_at = next->not_before;
    else if (to - from <= CLOSE)
        old->replaced_at =
            next->not_before != TIME_UNKNOWN && next->not_before < from ? from : to;
}

static void tell_all_replaced(struct renewals *renewals)
{
    for (size_t i = 1; i < renewals->count; i++)
        tell_replaced(renewals, i);
}

/* ---- at an MX ---- */

/* What is looked at: with an address that one, and there those who ask for a certain kind of key or the others. */
struct place {
    struct text mx, address;
    bool for_a_key;
};

static bool is_at(const struct place *place, const struct observed_smtp *answer)
{
    return answer->certificate &&
           (!text_known(place->address) || answer_is_for_a_key(answer) == place->for_a_key);
}

/* The first answer there; *MIXED where the same address presents another one as well. */
static const struct observed_smtp *answer_at(const struct inquiry *inquiry, size_t sight,
                                             const struct place *place, bool *mixed)
{
    struct probes probes =
        sight_probes(inquiry, &inquiry->sights.at[sight], place->mx, place->address);
    const struct observed_smtp *first = NULL;
    for (size_t i = 0; i < probes.count; i++) {
        if (!is_at(place, probes.at[i]))
            continue;
        if (!first)
            first = probes.at[i];
        else if (text_known(place->address) &&
                 text_equal(first->address, probes.at[i]->address) &&
                 certificate_is_another(first->certificate, probes.at[i]->certificate))
            *mixed = true;
    }
    return first;
}

/* The last sight up to now whose certificate has digests. */
struct last_known {
    const struct observed_certificate *certificate;
    size_t sight;
};

static void count_change(struct renewals *renewals, struct last_known *last,
                         const struct observed_certificate *certificate, size_t sight)
{
    if (!has_digests(certificate))
        return;
    if (last->certificate &&
        !text_equal(last->certificate->cert_sha256, certificate->cert_sha256)) {
        renewals->changes++;
        renewals->with_new_key +=
            !text_equal(last->certificate->spki_sha256, certificate->spki_sha256);
        renewals->change_from = last->sight;
        renewals->change_to = sight;
    }
    *last = (struct last_known){certificate, sight};
}

static struct renewals renewals_at(const struct inquiry *inquiry, const struct place *place)
{
    struct renewals renewals = {.host = place->mx, .address = place->address};
    struct last_known last = {0};
    const struct observed_smtp *answer = NULL;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        /* What is the same as before is told already. */
        if (!i || sight->content != sight[-1].content)
            answer = answer_at(inquiry, i, place, &renewals.mixed);
        if (!answer)
            continue;
        saw(inquiry, &renewals, seen_of(answer->certificate, sight->taken_at));
        count_change(&renewals, &last, answer->certificate, i);
    }
    tell_all_replaced(&renewals);
    return renewals;
}

struct renewals renewals_of_answer(const struct inquiry *inquiry,
                                   const struct observed_smtp *answer)
{
    struct place place = {answer->mx, answer->address, answer_is_for_a_key(answer)};
    return renewals_at(inquiry, &place);
}

struct renewals renewals_of_first(const struct inquiry *inquiry, struct text mx)
{
    struct place place = {.mx = mx};
    return renewals_at(inquiry, &place);
}

/* Whether the certificate that ANSWER presents is that in use of one of LIST. */
static bool is_listed(const struct renewals_list *list, const struct observed_smtp *answer)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct renewals *each = &list->at[i];
        if (!certificate_is_another(each->at[each->current].certificate, answer->certificate))
            return true;
    }
    return false;
}

struct renewals_list renewals_of_mx(const struct inquiry *inquiry, struct text mx)
{
    const struct sight *now = sight_now(inquiry);
    struct renewals_list list = {0};
    struct probes probes = {0};
    if (now)
        probes = sight_probes(inquiry, now, mx, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count && list.count < PROBED_ADDRESSES_MAX; i++) {
        if (!probes.at[i]->certificate || is_listed(&list, probes.at[i]))
            continue;
        struct renewals renewals = renewals_of_answer(inquiry, probes.at[i]);
        if (renewals.count)
            VECTOR_ADD(inquiry->arena, &list, renewals);
    }
    if (list.count == 1)
        list.at[0].address = TEXT_UNKNOWN;
    return list;
}

/* ---- at the policy host ---- */

struct renewals renewals_of_policy_host(const struct inquiry *inquiry)
{
    struct renewals renewals = {
        .host = text_format(inquiry->arena, "mta-sts.%.*s", TEXT_ARGS(inquiry->domain))};
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        const struct observed_policy *policy = sight->observation->policy;
        if (!policy || policy->certificate_not_after == TIME_UNKNOWN)
            continue;
        struct certificate_seen seen = {.not_before = TIME_UNKNOWN,
                                        .not_after = policy->certificate_not_after,
                                        .first = sight->taken_at,
                                        .last = sight->taken_at,
                                        .replaced_at = TIME_UNKNOWN};
        saw(inquiry, &renewals, seen);
    }
    tell_all_replaced(&renewals);
    return renewals;
}

/* ---- the next one ---- */

/* The latest count: what was done long ago may be done otherwise today. */
enum { LEADS = 8 };

struct leads {
    /* Seconds before the end, each as of a certificate that lives as long as the one in use; sorted. */
    int64_t at[LEADS];
    size_t count, all; /* those looked at, those known */
    bool scaled;       /* one is not of a certificate that lived as long */
};

static int64_t lifetime_of(const struct certificate_seen *seen)
{
    bool known = seen->not_before != TIME_UNKNOWN && seen->not_after != TIME_UNKNOWN;
    return known ? seen->not_after - seen->not_before : 0;
}

/* Who renews by a share of the lifetime does so sooner before the end where certificates live shorter now. */
static int64_t scaled(int64_t lead, int64_t lifetime, int64_t lifetime_now)
{
    bool alike = !lifetime || !lifetime_now ||
                 llabs(lifetime - lifetime_now) <=
                     (lifetime_now > lifetime ? lifetime_now : lifetime) / 10;
    return alike ? lead : (int64_t)((double)lead * ((double)lifetime_now / (double)lifetime));
}

static int compare_leads(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static struct leads leads_of(const struct renewals *renewals)
{
    struct leads leads = {0};
    int64_t lifetime_now = lifetime_of(&renewals->at[renewals->current]);
    for (size_t i = renewals->count; i-- > 0;) {
        const struct certificate_seen *seen = &renewals->at[i];
        if (seen->replaced_at == TIME_UNKNOWN || seen->not_after == TIME_UNKNOWN ||
            leads.all++ >= LEADS)
            continue;
        int64_t lead = seen->not_after - seen->replaced_at;
        int64_t here = scaled(lead, lifetime_of(seen), lifetime_now);
        leads.at[leads.count++] = here;
        leads.scaled = leads.scaled || here != lead;
    }
    qsort(leads.at, leads.count, sizeof *leads.at, compare_leads);
    return leads;
}

static long long days_of(int64_t seconds)
{
    int64_t half = seconds < 0 ? -TIME_DAY / 2 : TIME_DAY / 2;
    return (seconds + half) / TIME_DAY;
}

/* "30 days before the end", "on the day of the end" */
static struct text words_of_lead(struct arena *arena, int64_t lead)
{
    long long days = days_of(lead);
    if (!days)
        return TEXT("on the day of the end");
    return text_format(arena, "%lld day%s %s the end", llabs(days), llabs(days) == 1 ? "" : "s",
                       days > 0 ? "before" : "after");
}

static struct text words_of_leads(struct arena *arena, const struct leads *leads,
                                  int64_t middle)
{
    int64_t least = leads->at[0], most = leads->at[leads->count - 1];
    struct text as_a_rule = words_of_lead(arena, middle), times = TEXT("renewed once");
    const char *reckoned =
        leads->scaled ? ", reckoned for a certificate that lives as long as the one in use"
                      : "";
    if (leads->all > leads->count)
        times = text_format(arena, "renewed %zu times, the last %zu of them", leads->all,
                            leads->count);
    else if (leads->count > 1)
        times = text_format(arena, "renewed %zu times", leads->count);
    if (days_of(least) == days_of(most))
        return text_format(arena, "%.*s, %.*s%s%s", TEXT_ARGS(times), TEXT_ARGS(as_a_rule),
                           leads->count > 1 ? " each time" : "", reckoned);
    return text_format(arena, "%.*s, from %.*s to %.*s, as a rule %.*s%s", TEXT_ARGS(times),
                       TEXT_ARGS(words_of_lead(arena, most)),
                       TEXT_ARGS(words_of_lead(arena, least)), TEXT_ARGS(as_a_rule), reckoned);
}

static void expect_by_history(const struct inquiry *inquiry, const struct renewals *renewals,
                              struct expected_renewal *expected)
{
    const struct certificate_seen *current = &renewals->at[renewals->current];
    struct leads leads = leads_of(renewals);
    if (!leads.count || renewals->mixed)
        return;
    /* The middle one, of an even number that nearer to the end. */
    int64_t lead = leads.at[(leads.count - 1) / 2], lifetime = lifetime_of(current);
    if (leads.count == 1 && lifetime && lead > lifetime - lifetime / 3)
        return;
    int64_t at = lead > 0 ? expected->end - lead : expected->end;
    if (at <= current->first)
        return;
    expected->at = at;
    expected->times = leads.count;
    expected->overdue = current->last > at + TIME_DAY;
    expected->basis = words_of_leads(inquiry->arena, &leads, lead);
}

struct expected_renewal renewals_next(const struct inquiry *inquiry,
                                      const struct renewals *renewals)
{
    struct expected_renewal expected = {TIME_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN, .times = 0};
    if (!renewals->count)
        return expected;
    const struct certificate_seen *current = &renewals->at[renewals->current];
    expected.end = current->not_after;
    if (expected.end == TIME_UNKNOWN)
        return expected;
    if (current->not_before != TIME_UNKNOWN)
        expected.usual = expected.end - (expected.end - current->not_before) / 3;
    expect_by_history(inquiry, renewals, &expected);
    return expected;
}

int64_t renewals_date(const struct expected_renewal *expected, int64_t now)
{
    if (expected->at > now)
        return expected->at;
    return expected->usual > now ? expected->usual : expected->end;
}
