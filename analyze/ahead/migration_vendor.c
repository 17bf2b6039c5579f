/* What is left at those who ran the mail before: the reports, and the names of the MTA-STS policy. */
#include "ahead/migration_parts.h"

#include "base/vector.h"
#include "rules/host.h"
#include "rules/reporting.h"
#include "rules/rule.h"

/* ---- who runs a name ---- */

/* Where the last label of TEXT that is not in REST begins. */
static struct text last_label(struct text *rest)
{
    size_t start = rest->length;
    while (start > 0 && rest->at[start - 1] != '.')
        start--;
    struct text label = text_from(*rest, start);
    *rest = text_first(*rest, start ? start - 1 : 0);
    return label;
}

bool migration_same_party(struct text a, struct text b)
{
    struct text labels[3] = {TEXT(""), TEXT(""), TEXT("")};
    size_t common = 0;
    while (common < 3 && a.length && b.length) {
        struct text x = last_label(&a), y = last_label(&b);
        if (!text_equal_nocase(x, y))
            break;
        labels[common++] = x;
    }
    bool suffix = labels[0].length == 2 && labels[1].length <= 3;
    return common == 3 || (common == 2 && !suffix);
}

static bool party_of_any(struct text name, const struct text_list *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (migration_same_party(name, hosts->at[i]))
            return true;
    return false;
}

/* Why NAME belongs to those of before. */
enum former { FORMER_NOT = 0, FORMER_VENDOR, FORMER_MX };

static enum former former_of(const struct migration *migration, struct text name)
{
    const struct expectation *expected = migration->inquiry->expected;
    if (expected && domain_is_below(name, &expected->former_vendors))
        return FORMER_VENDOR;
    bool own = migration_same_party(name, migration->inquiry->domain) ||
               domain_is_below(
                   name, &(struct text_list){(struct text[]){migration->inquiry->domain}, 1});
    if (own || !party_of_any(name, &migration->old) ||
        party_of_any(name, &migration->to->hosts))
        return FORMER_NOT;
    return FORMER_MX;
}

static const char *words_of_former(enum former former)
{
    return former == FORMER_VENDOR ? "a former vendor" : "those who ran the old MX hosts";
}

/* ---- MIG-RUA-LEFT-BEHIND, MIG-RUA-LOST ---- */

bool mig_rua_left_behind(const struct migration *migration, struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    struct arena *arena = inquiry->arena;
    struct tlsrpt_seen seen = sight_tlsrpt(&migration->view, migration->to);
    for (size_t i = 0; tlsrpt_is_valid(&seen) && i < seen.record.ruas.count; i++) {
        const struct tlsrpt_rua *rua = &seen.record.ruas.at[i];
        enum former former =
            text_known(rua->domain) ? former_of(migration, rua->domain) : FORMER_NOT;
        if (!former)
            continue;
        if (former == FORMER_VENDOR)
            finding->severity = SEVERITY_CRITICAL;
        claim_says(arena, &finding->title, "TLS reports still go to %s: %.*s",
                   words_of_former(former), TEXT_ARGS(words_of_line(arena, rua->uri)));
        claim_says(arena, &finding->text,
                   "They learn who sends mail to %.*s and what fails, and you do not. Mail "
                   "itself is not touched.",
                   TEXT_ARGS(inquiry->domain));
        claim_says(arena, &finding->action,
                   "Point the record to a mailbox of your own:\n"
                   "    _smtp._tls.%.*s. IN TXT \"v=TLSRPTv1; rua=mailto:tlsrpt@%.*s\"",
                   TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain));
        evidence_add(arena, &finding->evidence, EVIDENCE_DNS, migration->to->taken_at,
                     "_smtp._tls.%.*s TXT: %.*s", TEXT_ARGS(inquiry->domain),
                     TEXT_ARGS(words_of_line(arena, seen.record.string)));
        if (former == FORMER_MX)
            migration_mx_evidence(migration, finding);
        return true;
    }
    return false;
}

static enum fact record_fact(const struct tlsrpt_seen *seen)
{
    if (seen->txt.fact != FACT_PRESENT)
        return seen->txt.fact;
    return seen->record.state == TXT_NONE ? FACT_ABSENT : FACT_PRESENT;
}

bool mig_rua_lost(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    struct tlsrpt_seen now = sight_tlsrpt(&migration->view, migration->to);
    const struct sight *last = NULL;
    if (record_fact(&now) != FACT_ABSENT)
        return false;
    finding->changed_at = migration->to->taken_at;
    for (size_t i = migration->view.sights.count - 1; !last && i-- > 0;) {
        const struct sight *sight = &migration->view.sights.at[i];
        struct tlsrpt_seen seen = sight_tlsrpt(&migration->view, sight);
        if (tlsrpt_is_valid(&seen))
            last = sight;
        else if (record_fact(&seen) == FACT_ABSENT)
            finding->changed_at = sight->taken_at;
    }
    if (!last)
        return false;
    claim_says(arena, &finding->title, "The TLS-RPT record was lost in the change");
    claim_says(arena, &finding->text,
               "No sender reports any more: what fails from now on, nobody hears of. Mail "
               "itself is not touched.");
    claim_says(arena, &finding->action, "Publish it again, if its mailbox is still read.");
    back_records(migration, last, migration_name(migration, "_smtp._tls"), "TXT",
                 &finding->rollback);
    evidence_add(arena, &finding->evidence, EVIDENCE_DNS, last->taken_at,
                 "_smtp._tls.%.*s TXT: there", TEXT_ARGS(migration->inquiry->domain));
    evidence_add(arena, &finding->evidence, EVIDENCE_DNS, migration->to->taken_at,
                 "_smtp._tls.%.*s TXT: not there", TEXT_ARGS(migration->inquiry->domain));
    return true;
}

/* ---- MIG-STS-HOST-LEFT ---- */

/* The first link of the CNAMEs of NAME that leads to those of before; unknown where none does. */
static struct text left_at(const struct migration *migration, struct text name,
                           enum former *former)
{
    struct text_list targets = sight_cnames(&migration->view, migration->to, name, NULL);
    for (size_t i = 0; i < targets.count; i++) {
        *former = former_of(migration, targets.at[i]);
        if (*former)
            return targets.at[i];
    }
    return TEXT_UNKNOWN;
}

bool mig_sts_host_left(const struct migration *migration, struct migration_finding *finding)
{
    static const char *const prefixes[] = {"mta-sts", "_mta-sts"};
    struct arena *arena = migration->inquiry->arena;
    struct text_list names = {0};
    enum former why = FORMER_NOT;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct text name = migration_name(migration, prefixes[i]);
        enum former former = FORMER_NOT;
        struct text target = left_at(migration, name, &former);
        if (!text_known(target))
            continue;
        why = former;
        text_list_add(arena, &names, name);
        evidence_add(arena, &finding->evidence, EVIDENCE_DNS, migration->to->taken_at,
                     "%.*s leads to %.*s", TEXT_ARGS(name),
                     TEXT_ARGS(words_of_line(arena, target)));
    }
    if (!names.count)
        return false;
    claim_says(arena, &finding->title, "%.*s still lead%s to %s: they control your policy",
               TEXT_ARGS(migration_names(migration, &names)), names.count > 1 ? "" : "s",
               words_of_former(why));
    claim_says(
        arena, &finding->text,
        "Who serves the policy says which hosts may take the mail of %.*s. What they publish "
        "there, or forget "
        "to, decides whether it is delivered; if the name lapses, whoever takes it does.",
        TEXT_ARGS(migration->inquiry->domain));
    claim_says(arena, &finding->action,
               "Serve the policy yourself or from the new vendor: first the file there, then "
               "the CNAME records, then a "
               "new id. Do not take the names away before that: senders hold the policy.");
    if (why == FORMER_MX)
        migration_mx_evidence(migration, finding);
    return true;
}
