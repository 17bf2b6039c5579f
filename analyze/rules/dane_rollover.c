/* DANE-ROLLOVER: a certificate that came before its TLSA record. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"

/* A certificate that came while the records were those of another. */
struct rollover {
    struct text mx, address;
    const struct sight *before, *then; /* all was well; the new certificate is there */
    const struct observed_smtp *old, *new;
    struct dane_records former; /* that matched the old one, by `before` */
    int64_t followed; /* when an observation first shows them right again, or TIME_UNKNOWN */
    bool at_once;     /* the records changed with the certificate */
    uint32_t ttl;     /* seconds for which caches may hold the former records */
};

static bool is_same_certificate(const struct observed_certificate *a,
                                const struct observed_certificate *b)
{
    return text_known(a->cert_sha256) && text_known(b->cert_sha256)
               ? text_equal(a->cert_sha256, b->cert_sha256)
               : text_equal(a->spki_sha256, b->spki_sha256);
}

static bool presents(const struct probes *probes,
                     const struct observed_certificate *certificate)
{
    for (size_t i = 0; i < probes->count; i++)
        if (probes->at[i]->certificate &&
            is_same_certificate(probes->at[i]->certificate, certificate))
            return true;
    return false;
}

/* Finds the last observation before that of ROLLOVER in which all was well with a certificate that RECORDS
 * match. False where there is none, or the new certificate was there beside it then: nothing
 * changed. */
static bool find_before(const struct inquiry *inquiry, const struct dane_records *records,
                        struct rollover *rollover)
{
    for (size_t i = (size_t)(rollover->then - inquiry->sights.at); i-- > 0;) {
        if (dane_is_repeated(inquiry, i))
            continue;
        const struct sight *sight = &inquiry->sights.at[i];
        struct probes probes = sight_probes(inquiry, sight, rollover->mx, rollover->address);
        struct dane_records former = dane_records_of(inquiry, sight, rollover->mx);
        const struct observed_smtp *old = dane_first_match(&probes, records);
        if (!old || !former.secure || dane_match_of(&former, old) != TLSA_MATCH_YES)
            continue;
        rollover->before = sight;
        rollover->old = old;
        rollover->former = former;
        return !presents(&probes, rollover->new->certificate);
    }
    return false;
}

/* Since when all is well again, by the observations after that of ROLLOVER. */
static void find_after(const struct inquiry *inquiry, struct rollover *rollover)
{
    struct subject subject = {.mx = rollover->mx, .address = rollover->address};
    rollover->followed = TIME_UNKNOWN;
    for (size_t i = (size_t)(rollover->then - inquiry->sights.at); i < inquiry->sights.count;
         i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct claim dummy = claim_of(NULL);
        struct dane_records records = dane_records_of(inquiry, sight, rollover->mx);
        enum shown shown = dane_mismatch_shows(inquiry, sight, &subject, &dummy);
        if (shown == SHOWN_YES) {
            rollover->ttl = records.set.ttl;
            rollover->followed = TIME_UNKNOWN;
        } else if (shown == SHOWN_NO && records.secure && rollover->followed == TIME_UNKNOWN) {
            rollover->followed = sight->taken_at;
        }
    }
}

/* How often a certificate came that the records of the time did not match. */
static unsigned times_broken(const struct inquiry *inquiry, struct text mx)
{
    struct subject subject = {.mx = mx};
    enum shown last = SHOWN_UNKNOWN;
    unsigned times = 0;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        struct claim dummy = claim_of(NULL);
        if (i && sight->content == inquiry->sights.at[i - 1].content)
            continue;
        enum shown shown = dane_mismatch_shows(inquiry, sight, &subject, &dummy);
        times += last == SHOWN_NO && shown == SHOWN_YES;
        last = shown == SHOWN_UNKNOWN ? last : shown;
    }
    return times;
}

/* The key was kept, and only a record of the whole certificate noticed the renewal. */
static bool kept_key(const struct rollover *rollover)
{
    return text_known(rollover->old->certificate->spki_sha256) &&
           text_equal(rollover->old->certificate->spki_sha256,
                      rollover->new->certificate->spki_sha256);
}

static void say_rollover_action(const struct inquiry *inquiry, const struct rollover *rollover,
                                struct claim *claim)
{
    struct text record =
        dane_record_to_paste(inquiry, rollover->mx, rollover->new->certificate);
    const char *next = kept_key(rollover)
                           ? "publish 3 1 1, the record of the key, which this renewal kept"
                           : "publish the record of the next key two TTLs ahead, beside the "
                             "present one, or let the renewal keep the key";
    if (rollover->followed == TIME_UNKNOWN && text_known(record))
        claim_says(inquiry->arena, &claim->action,
                   "Publish now:\n%.*s\nFor the next renewal: %s.", TEXT_ARGS(record), next);
    else if (rollover->followed == TIME_UNKNOWN)
        claim_says(inquiry->arena, &claim->action,
                   "Publish the TLSA record (3 1 1) of the certificate in use now. For the "
                   "next renewal: %s.",
                   next);
    else
        claim_says(inquiry->arena, &claim->action,
                   "The record is right again, nothing is to be done now. For the next "
                   "renewal: %s.",
                   next);
}

static void say_rollover(const struct inquiry *inquiry, const struct rollover *rollover,
                         struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    unsigned times = times_broken(inquiry, rollover->mx);
    claim->mx = rollover->mx;
    claim->changed_at = rollover->then->taken_at;
    claim_says(
        arena, &claim->title, "The certificate of %.*s changed %s%s%s", TEXT_ARGS(rollover->mx),
        rollover->at_once ? "together with its TLSA record, while caches held the former"
                          : "before its TLSA record did",
        times > 1 ? ", as it does at each renewal" : "",
        kept_key(rollover) ? "; the key is the same, so that 3 1 1 would have stayed right"
                           : "");
    say_rollover_action(inquiry, rollover, claim);
    struct dane_records records = dane_records_of(inquiry, rollover->then, rollover->mx);
    dane_evidence(inquiry, rollover->before, rollover->mx, &rollover->former, claim);
    certificate_evidence(inquiry, rollover->before, rollover->old, claim);
    dane_evidence(inquiry, rollover->then, rollover->mx, &records, claim);
    certificate_evidence(inquiry, rollover->then, rollover->new, claim);
    if (times > 1)
        evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, rollover->then->taken_at,
                     "the observations show this %u times", times);
    if (rollover->followed == TIME_UNKNOWN)
        return;
    claim->bound = rollover->followed + rollover->ttl;
    claim_says(arena, &claim->done_when,
               "Done at %.*s, when no cache can hold the former record any more.",
               TEXT_ARGS(text_moment(arena, claim->bound)));
    evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, rollover->followed,
                 "the TLSA record matches by then; caches held the former one for up to %u "
                 "seconds more, until %.*s",
                 rollover->ttl, TEXT_ARGS(text_moment(arena, claim->bound)));
}

/* The records that the reports of GROUP quote, where they are TLSA records. */
static struct dane_records quoted_records(const struct inquiry *inquiry,
                                          const struct failure_group *group)
{
    struct dane_records records = {0};
    for (size_t i = 0; i < group->quotes.count; i++) {
        const struct quote *quoted = group->quotes.at[i].quote;
        for (size_t j = 0;
             quoted->policy_type == POLICY_TYPE_TLSA && j < quoted->policy_strings.count; j++) {
            struct tlsa tlsa;
            if (!tlsa_parse(quoted->policy_strings.at[j], inquiry->arena, &tlsa))
                continue;
            records.usable = records.usable || tlsa.usable;
            records.usage_3 = records.usage_3 || (tlsa.usable && tlsa.usage == 3);
            VECTOR_ADD(inquiry->arena, &records.list, tlsa);
            text_list_add(inquiry->arena, &records.set.values, quoted->policy_strings.at[j]);
        }
    }
    return records;
}

/* Whether a report of GROUP reaches into the time between. */
static bool reports_touch(const struct inquiry *inquiry, const struct failure_group *group,
                          int64_t from, int64_t to)
{
    for (size_t i = 0; i < group->reports.count; i++) {
        const struct report_seen *report =
            &inquiry->groups->reports.at[group->reports.at[i].report];
        if (report->begin <= to && report->end >= from)
            return true;
    }
    return false;
}

/* Finds the change after which, in the observation THEN, certificate and records are new and match, while
 * the records before do not match the new certificate. */
static bool changed_at_once(const struct inquiry *inquiry, const struct sight *then,
                            const struct sight *before, struct rollover *rollover)
{
    struct probes old = sight_probes(inquiry, before, rollover->mx, rollover->address);
    struct probes new = sight_probes(inquiry, then, rollover->mx, rollover->address);
    struct dane_records former = dane_records_of(inquiry, before, rollover->mx);
    struct dane_records records = dane_records_of(inquiry, then, rollover->mx);
    rollover->old = dane_first_match(&old, &former);
    rollover->new = dane_first_mismatch(&new, &former);
    if (!former.secure || !former.usage_3 || !records.secure || !rollover->old ||
        !rollover->new || dane_match_of(&records, rollover->new) != TLSA_MATCH_YES ||
        presents(&old, rollover->new->certificate))
        return false;
    rollover->former = former;
    rollover->before = before;
    rollover->then = then;
    rollover->ttl = former.set.ttl;
    rollover->followed = then->taken_at;
    rollover->at_once = true;
    return true;
}

/* Whether MX presented a certificate in the observation. */
static bool tells(const struct inquiry *inquiry, const struct sight *sight,
                  const struct rollover *rollover)
{
    struct dane_records records = dane_records_of(inquiry, sight, rollover->mx);
    return dane_is_told(&records) &&
           dane_answer(inquiry, sight, rollover->mx, rollover->address);
}

/* Certificate and records changed between two observations, and senders whose cache held the former record
 * met the new certificate: what they quote shows it; where they quote nothing it is a guess. */
static bool met_former_record(const struct inquiry *inquiry, const struct failure_group *group,
                              struct rollover *rollover, struct claim *claim)
{
    struct dane_records quoted = quoted_records(inquiry, group);
    const struct sight *before = NULL;
    for (size_t i = 0; i < inquiry->sights.count; i++) {
        const struct sight *sight = &inquiry->sights.at[i];
        if (before && before->content == sight->content) {
            before = sight;
            continue;
        }
        if (!tells(inquiry, sight, rollover))
            continue;
        bool found =
            before && changed_at_once(inquiry, sight, before, rollover) &&
            reports_touch(inquiry, group, before->taken_at, sight->taken_at + rollover->ttl);
        before = sight;
        if (!found)
            continue;
        if (quoted.usable && (dane_match_of(&quoted, rollover->old) != TLSA_MATCH_YES ||
                              dane_match_of(&quoted, rollover->new) != TLSA_MATCH_NO))
            continue;
        if (!quoted.usable && group->policy_type != POLICY_TYPE_TLSA)
            continue;
        claim->confidence = quoted.usable ? confidence_at(sight_distance(inquiry, sight, group))
                                          : CONFIDENCE_POSSIBLE;
        claim->tier = quoted.usable ? claim->tier : TIER_ELSE;
        return true;
    }
    return false;
}

/* Whether it is what happened at MX. */
static bool happened_at(const struct inquiry *inquiry, const struct failure_group *group,
                        struct text mx, struct claim *claim)
{
    struct rollover rollover = {.mx = mx, .address = group->address};
    struct subject subject = {mx, group->address, group};
    struct claim mismatch = claim_of(NULL);
    if (!group_shown(inquiry, group, &subject, dane_mismatch_shows, &mismatch,
                     &rollover.then)) {
        if (!met_former_record(inquiry, group, &rollover, claim))
            return false;
        say_rollover(inquiry, &rollover, claim);
        return true;
    }
    struct dane_records records = dane_records_of(inquiry, rollover.then, mx);
    struct probes probes = sight_probes(inquiry, rollover.then, mx, rollover.address);
    rollover.new = dane_first_mismatch(&probes, &records);
    /* Of several certificates of one address that has no record of its own was not exchanged. */
    if (!rollover.new ||
        dane_look_beside(&probes, &records, rollover.new) == DANE_BESIDE_SAME_ADDRESS)
        return false;
    if (!text_known(rollover.address))
        rollover.address = rollover.new->address;
    if (!find_before(inquiry, &records, &rollover))
        return false;
    find_after(inquiry, &rollover);
    claim->confidence = mismatch.confidence;
    say_rollover(inquiry, &rollover, claim);
    claim->gone_at = rollover.followed;
    return true;
}

bool dane_rollover_explains(const struct inquiry *inquiry, const struct failure_group *group,
                            struct claim *claim)
{
    struct text mx = group_mx(group);
    const struct sight *then = sight_of_group(inquiry, group);
    if (!dane_may_explain(group))
        return false;
    if (text_known(mx))
        return happened_at(inquiry, group, mx, claim);
    /* A report that names no MX may mean any. */
    for (size_t i = 0; then && i < then->hosts.count; i++)
        if (happened_at(inquiry, group, then->hosts.at[i], claim))
            return true;
    return false;
}
