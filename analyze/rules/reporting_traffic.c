/* What arriving reports tell of reporting itself, and changes of mail records. */
#include "base/time.h"
#include "base/vector.h"
#include "published/changes.h"
#include "rules/counting.h"
#include "rules/families.h"
#include "rules/host.h"
#include "rules/reporting.h"

/* ---- silence ---- */

/* When the record was first observed of those observations that show it up to now. */
static int64_t published_since(const struct inquiry *inquiry)
{
    int64_t since = TIME_UNKNOWN;
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        struct tlsrpt_seen seen = sight_tlsrpt(inquiry, &inquiry->sights.at[i]);
        if (seen.txt.fact == FACT_ABSENT)
            break;
        if (tlsrpt_is_valid(&seen))
            since = inquiry->sights.at[i].taken_at;
    }
    return since;
}

/* Since when reports are missing; TIME_UNKNOWN where none are due. */
static int64_t silent_since(const struct inquiry *inquiry, const struct sight *now)
{
    int64_t last = inquiry->expected->last_report_at;
    if (last != TIME_UNKNOWN)
        return last;
    return sight_has_mta_sts(now) ? published_since(inquiry) : TIME_UNKNOWN;
}

/* Reports came on most days: on at least 7 of the 14 before the last. */
enum { MOST_DAYS = 7, GAPS_KNOWN = 8 };

static bool knows_rhythm(const struct expectation *expected)
{
    return expected->rhythm.days > GAPS_KNOWN && expected->rhythm.gap != TIME_UNKNOWN;
}

/* Where reports come rarely, a silence is one only beyond what is usual there. */
static int64_t silent_after(const struct expectation *expected)
{
    int64_t usual = knows_rhythm(expected) ? expected->rhythm.long_gap : 0;
    return usual > expected->silent_after ? usual + usual / 2 : expected->silent_after;
}

static void say_rhythm(const struct inquiry *inquiry, struct claim *claim)
{
    const struct expectation *expected = inquiry->expected;
    if (!knows_rhythm(expected))
        return;
    evidence_add(
        inquiry->arena, &claim->evidence, EVIDENCE_HISTORY, expected->last_report_at,
        "reports came on %u of 90 days, usually %lld day%s apart, seldom more than %lld",
        expected->rhythm.days, (long long)(expected->rhythm.gap / TIME_DAY),
        expected->rhythm.gap == TIME_DAY ? "" : "s",
        (long long)(expected->rhythm.long_gap / TIME_DAY));
}

void tlsrpt_silent_stands(const struct inquiry *inquiry, const struct rule *rule,
                          struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    const struct expectation *expected = inquiry->expected;
    if (!expected || !now)
        return;
    struct tlsrpt_seen seen = sight_tlsrpt(inquiry, now);
    if (!tlsrpt_is_valid(&seen))
        return;
    int64_t since = silent_since(inquiry, now);
    if (since == TIME_UNKNOWN || inquiry->now - since < silent_after(expected))
        return;
    struct claim claim = claim_of(rule);
    bool never = expected->last_report_at == TIME_UNKNOWN;
    if (!never && expected->days_before >= MOST_DAYS)
        claim.severity = SEVERITY_CRITICAL;
    struct text day = text_date(inquiry->arena, since);
    claim_says(inquiry->arena, &claim.title,
               never ? "No report has ever come, though the record was seen on %.*s"
                     : "No report has come since %.*s",
               TEXT_ARGS(day));
    claim_says(
        inquiry->arena, &claim.action,
        "Check that the mailbox of the rua exists, is not full and is read, and that its "
        "mail reaches tlsrpt ingest. That a mailbox is read, only arriving reports prove.");
    claim_says(inquiry->arena, &claim.done_when, "Done when a report arrives.");
    evidence_add(inquiry->arena, &claim.evidence, EVIDENCE_REPORT, since,
                 never ? "the first observation of the record, no report since"
                       : "the end of the last report; before it reports came on %u of 14 days",
                 expected->days_before);
    say_rhythm(inquiry, &claim);
    VECTOR_ADD(inquiry->arena, claims, claim);
}

/* ---- who reports ---- */

void tlsrpt_unauthenticated_stands(const struct inquiry *inquiry, const struct rule *rule,
                                   struct claims *claims)
{
    if (!inquiry->expected || !text_known(inquiry->expected->authserv_id))
        return;
    size_t failing = 0, unsigned_ones = 0, count = inquiry->groups->reports.count;
    for (size_t i = 0; i < count; i++) {
        failing += inquiry->groups->reports.at[i].authenticated == AUTHENTICATED_FAIL;
        unsigned_ones += inquiry->groups->reports.at[i].authenticated == AUTHENTICATED_NONE;
    }
    if (!failing && !unsigned_ones)
        return;
    struct claim claim = claim_of(rule);
    claim_says(inquiry->arena, &claim.title,
               "%zu of %zu reports are not signed by their sender, or their signature fails",
               failing + unsigned_ones, count);
    claim_says(inquiry->arena, &claim.action,
               "Nothing: they are counted, but prove nothing where somebody is to be called.");
    evidence_add(inquiry->arena, &claim.evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                 "%zu without a DKIM signature that %.*s saw, %zu whose signature fails",
                 unsigned_ones, TEXT_ARGS(inquiry->expected->authserv_id), failing);
    VECTOR_ADD(inquiry->arena, claims, claim);
}

void tlsrpt_loop_stands(const struct inquiry *inquiry, const struct rule *rule,
                        struct claims *claims)
{
    struct text_list names = {0};
    const struct groups *groups = inquiry->groups;
    for (size_t i = 0; inquiry->expected && i < groups->reporters.count; i++)
        if (text_known(groups->reporters.at[i]->name) &&
            reporter_is_loop(groups, groups->reporters.at[i]))
            text_list_add_once(inquiry->arena, &names, groups->reporters.at[i]->name);
    if (!names.count)
        return;
    struct claim claim = claim_of(rule);
    claim_says(inquiry->arena, &claim.title,
               "%zu reporter%s only tell%s of the mail that brings the report itself",
               names.count, names.count == 1 ? "" : "s", names.count == 1 ? "s" : "");
    claim_says(inquiry->arena, &claim.action,
               "Nothing: such a report is no sign of life, and no independent reporter.");
    for (size_t i = 0; i < names.count && i < 8; i++)
        evidence_add(inquiry->arena, &claim.evidence, EVIDENCE_REPORT, TIME_UNKNOWN,
                     "%.*s: one success a report, nothing else",
                     TEXT_ARGS(quote(inquiry->arena, names.at[i])));
    VECTOR_ADD(inquiry->arena, claims, claim);
}

void reports_unreadable_stands(const struct inquiry *inquiry, const struct rule *rule,
                               struct claims *claims)
{
    if (!inquiry->expected || !inquiry->expected->quarantined)
        return;
    struct claim claim = claim_of(rule);
    unsigned long long count = inquiry->expected->quarantined;
    claim_says(inquiry->arena, &claim.title,
               "%llu mail%s that claim%s to be a report could not be read", count,
               count == 1 ? "" : "s", count == 1 ? "s" : "");
    claim_says(
        inquiry->arena, &claim.action,
        "Look at them, and read them again after an update:\n    tlsrpt quarantine list\n"
        "    tlsrpt quarantine retry");
    claim_says(inquiry->arena, &claim.done_when,
               "Done when each is read, or is removed (tlsrpt prune).");
    VECTOR_ADD(inquiry->arena, claims, claim);
}

/* ---- changes of mail records ---- */

static bool is_mail_record(const struct change *change)
{
    static const bool kinds[CHANGE_COUNT] = {
        [CHANGE_MX] = true,           [CHANGE_SPF] = true,     [CHANGE_DKIM] = true,
        [CHANGE_DMARC] = true,        [CHANGE_MTA_STS] = true, [CHANGE_TLS_RPT] = true,
        [CHANGE_VERIFICATION] = true,
    };
    return kinds[change->kind];
}

/* A record that disappears, and MX records that differ at all, may mean that mail goes elsewhere. */
static enum severity severity_of(const struct change *change)
{
    if (change->kind == CHANGE_VERIFICATION)
        return SEVERITY_NOTICE;
    if (change->kind == CHANGE_MX)
        return SEVERITY_CRITICAL;
    bool gone = change->before.count && !change->after.count;
    return gone && change->kind != CHANGE_DKIM ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

static struct text values_of(struct arena *arena, const struct text_list *values)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < values->count && i < 4; i++)
        all = text_format(arena, "%.*s%s\"%.*s\"", TEXT_ARGS(all), i ? ", " : "",
                          TEXT_ARGS(quote(arena, values->at[i])));
    return values->count ? all : TEXT("nothing");
}

static void add_change(const struct inquiry *inquiry, const struct change *change,
                       struct claim *claim, struct text_list *changed)
{
    struct arena *arena = inquiry->arena;
    enum severity severity = severity_of(change);
    text_list_add_once(arena, changed,
                       text_format(arena, "%s of %.*s", change_kind_name(change->kind),
                                   TEXT_ARGS(change->name)));
    claim->severity = severity > claim->severity ? severity : claim->severity;
    if (claim->changed_at == TIME_UNKNOWN || change->first_seen < claim->changed_at)
        claim->changed_at = change->first_seen;
    evidence_add(arena, &claim->evidence, EVIDENCE_HISTORY, change->first_seen,
                 "%s of %.*s (change %s): before %.*s, after %.*s",
                 change_kind_name(change->kind), TEXT_ARGS(change->name), change->id,
                 TEXT_ARGS(values_of(arena, &change->before)),
                 TEXT_ARGS(values_of(arena, &change->after)));
}

/* What differs from one observation to the next within the window, unless somebody knows of it. */
void mail_record_changed_stands(const struct inquiry *inquiry, const struct rule *rule,
                                struct claims *claims)
{
    struct text_list changed = {0};
    struct claim claim = claim_of(rule);
    for (size_t i = 1; inquiry->expected && i < inquiry->sights.count; i++) {
        const struct sight *before = &inquiry->sights.at[i - 1], *after = before + 1;
        struct changes changes = {0};
        if (before->content == after->content ||
            (inquiry->since != TIME_UNKNOWN && after->taken_at < inquiry->since))
            continue;
        changes_between(before->observation, after->observation, inquiry->arena, &changes);
        for (size_t j = 0; j < changes.count; j++)
            if (is_mail_record(&changes.at[j]) &&
                !text_list_has(&inquiry->expected->acknowledged, text_of(changes.at[j].id)))
                add_change(inquiry, &changes.at[j], &claim, &changed);
    }
    if (!changed.count)
        return;
    claim_says(inquiry->arena, &claim.title,
               "Mail records changed, and nobody has said that it was meant: %.*s",
               TEXT_ARGS(words_of_list(inquiry->arena, &changed)));
    claim_says(inquiry->arena, &claim.done_when,
               "Done when each change is acknowledged, or out of the window.");
    claim_says(
        inquiry->arena, &claim.action,
        "Confirm what was meant (tlsrpt acknowledge and the id of the change), and undo the "
        "rest; tlsrpt changes %.*s shows before and after.",
        TEXT_ARGS(inquiry->domain));
    VECTOR_ADD(inquiry->arena, claims, claim);
}
