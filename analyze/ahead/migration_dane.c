/* DANE and the certificates across a change: what was lost, what was carried over, what the new hosts present. */
#include "ahead/migration_parts.h"

#include "ahead/proposal.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/families.h"
#include "rules/host.h"
#include "rules/rule.h"
#include "rules/sts.h"

enum { LINES_SHOWN = 8 };

static struct text tlsa_name(const struct migration *migration, struct text host)
{
    return text_format(migration->inquiry->arena, "_25._tcp.%.*s", TEXT_ARGS(host));
}

/* ---- MIG-TLSA-LOST ---- */

/* The first sight up to TO from which on HOST has no TLSA records. */
static int64_t without_since(const struct migration *migration, struct text host)
{
    int64_t since = migration->to->taken_at;
    for (size_t i = migration->view.sights.count - 1; i-- > 0;) {
        const struct sight *sight = &migration->view.sights.at[i];
        struct dane_records records = dane_records_of(&migration->view, sight, host);
        if (records.set.fact == FACT_PRESENT || !text_list_has(&sight->hosts, host))
            break;
        if (records.set.fact == FACT_ABSENT)
            since = sight->taken_at;
    }
    return since;
}

/* What DANE-LOST says of HOST where the records are away, not their signature. */
static bool has_lost(const struct migration *migration, struct text host, struct claim *claim)
{
    struct subject subject = {.mx = host};
    *claim = claim_of(rule_of(TEXT("DANE-LOST")));
    claim->mx = host;
    return dane_records_of(&migration->view, migration->to, host).set.fact == FACT_ABSENT &&
           dane_lost_shows(&migration->view, migration->to, &subject, claim) == SHOWN_YES;
}

/* The records that HOST had last. */
static void add_former(const struct migration *migration, struct text host,
                       struct migration_finding *finding)
{
    for (size_t i = migration->view.sights.count - 1; i-- > 0;) {
        const struct sight *sight = &migration->view.sights.at[i];
        if (!sight_has_secure_tlsa(&migration->view, sight, host))
            continue;
        back_records(migration, sight, tlsa_name(migration, host), "TLSA", &finding->rollback);
        return;
    }
}

bool mig_tlsa_lost(const struct migration *migration, struct migration_finding *finding)
{
    const struct text_list *hosts = &migration->to->hosts;
    struct claim claim;
    size_t lost = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        if (!has_lost(migration, hosts->at[i], &claim))
            continue;
        add_former(migration, hosts->at[i], finding);
        if (lost++)
            continue;
        finding->title = claim.title;
        finding->action = claim.action;
        finding->evidence = claim.evidence;
        finding->changed_at = without_since(migration, hosts->at[i]);
    }
    if (!lost)
        return false;
    claim_says(migration->inquiry->arena, &finding->text,
               "Senders that do DANE no longer check who answers%s: mail is delivered with "
               "less protection, and "
               "refused by a sender that demands DANE of this domain.",
               lost > 1 ? ", at this host and others" : "");
    return true;
}

/* ---- MIG-DS-LOST, MIG-DS-BROKEN ---- */

static enum dnssec dnssec_of(const struct migration *migration, const struct sight *sight,
                             struct text name, const char *type)
{
    struct published set = sight_published(&migration->view, sight, name, type);
    if (set.fact == FACT_FAILED)
        return set.status == LOOKUP_BOGUS || set.dnssec == DNSSEC_BOGUS ? DNSSEC_BOGUS
                                                                        : DNSSEC_UNKNOWN;
    return set.fact == FACT_UNKNOWN ? DNSSEC_UNKNOWN : set.dnssec;
}

static int64_t dnssec_since(const struct migration *migration, struct text name,
                            const char *type, enum dnssec wanted)
{
    int64_t since = migration->to->taken_at;
    for (size_t i = migration->view.sights.count - 1; i-- > 0;) {
        const struct sight *sight = &migration->view.sights.at[i];
        enum dnssec dnssec = dnssec_of(migration, sight, name, type);
        if (dnssec == wanted)
            since = sight->taken_at;
        else if (dnssec != DNSSEC_UNKNOWN)
            break;
    }
    return since;
}

/* A set that was signed and became WANTED is evidence. */
static void look_at_set(const struct migration *migration, struct text name, const char *type,
                        enum dnssec wanted, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    if (dnssec_of(migration, migration->from, name, type) != DNSSEC_SECURE ||
        dnssec_of(migration, migration->to, name, type) != wanted)
        return;
    int64_t since = dnssec_since(migration, name, type, wanted);
    if (finding->changed_at == TIME_UNKNOWN) {
        finding->changed_at = since;
        claim_says(arena, &finding->title, "%.*s %s was signed by DNSSEC, and %s since %.*s",
                   TEXT_ARGS(name), type,
                   wanted == DNSSEC_BOGUS ? "does not validate" : "is not any more",
                   TEXT_ARGS(text_date(arena, since)));
    }
    if (finding->evidence.count >= LINES_SHOWN)
        return;
    evidence_add(arena, &finding->evidence, EVIDENCE_DNS, migration->from->taken_at,
                 "%.*s %s: secure", TEXT_ARGS(name), type);
    evidence_add(arena, &finding->evidence, EVIDENCE_DNS, migration->to->taken_at,
                 "%.*s %s: %s", TEXT_ARGS(name), type, dnssec_name(wanted));
}

/* The domain, and the hosts that take its mail before and after: those of another zone tell of theirs. */
static bool look_at_all(const struct migration *migration, enum dnssec wanted,
                        struct migration_finding *finding)
{
    look_at_set(migration, migration->inquiry->domain, "MX", wanted, finding);
    for (size_t i = 0; i < migration->kept.count; i++) {
        struct text host = migration->kept.at[i];
        look_at_set(migration, host, "A", wanted, finding);
        look_at_set(migration, host, "AAAA", wanted, finding);
        look_at_set(migration, tlsa_name(migration, host), "TLSA", wanted, finding);
    }
    return finding->changed_at != TIME_UNKNOWN;
}

bool mig_ds_lost(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    if (!look_at_all(migration, DNSSEC_INSECURE, finding))
        return false;
    bool dane = sight_has_dane(&migration->view, migration->from);
    if (!dane)
        finding->severity = SEVERITY_NOTICE;
    claim_says(arena, &finding->text,
               dane ? "DANE is off: no sender goes by TLSA records that are not signed."
                    : "No DANE was in use. What is published can be forged on the way, the "
                      "record of the MTA-STS "
                      "policy too.");
    claim_says(arena, &finding->action,
               "Have the zone signed by those who serve it now, and put its DS record at the "
               "registrar; or confirm that "
               "DNSSEC was given up.");
    return true;
}

bool mig_ds_broken(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    if (!look_at_all(migration, DNSSEC_BOGUS, finding))
        return false;
    claim_says(arena, &finding->text,
               "Whoever validates gets no answer: their mail is not delivered, with or without "
               "DANE, and they do "
               "not see the policy.");
    claim_says(
        arena, &finding->action,
        "Take the old DS record away at the registrar, or publish that of the keys in use: the "
        "zone is signed by "
        "others than the parent says. What resolvers hold of the DS lives on for its TTL.");
    return true;
}

/* ---- MIG-TLSA-OLD-CERT ---- */

/* Whether every TLSA record that HOST has in TO stood at an MX host before. */
static bool carried_over(const struct migration *migration, const struct published *set)
{
    for (size_t i = 0; i < set->values.count; i++) {
        bool found = false;
        for (size_t j = 0; j < migration->from->hosts.count && !found; j++) {
            struct published before =
                published_tlsa(migration->from->facts, migration->from->hosts.at[j],
                               migration->inquiry->arena);
            found = text_list_has(&before.values, set->values.at[i]);
        }
        if (!found)
            return false;
    }
    return set->values.count > 0;
}

/* The probe of HOST in SIGHT that senders refuse because no TLSA record fits its certificate; null if none. */
static const struct observed_smtp *misfit(const struct migration *migration,
                                          const struct sight *sight, struct text host)
{
    struct probes probes = sight_probes(&migration->view, sight, host, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count; i++) {
        struct verdict_question question =
            proposal_question(&migration->view, NULL, sight, host, probes.at[i]);
        struct verdict_answer answer = verdict_by_dane(&question, migration->inquiry->arena);
        if (answer.clause == CLAUSE_DANE_MISMATCH || answer.clause == CLAUSE_DANE_TA_NAME)
            return probes.at[i];
    }
    return NULL;
}

static int64_t misfit_since(const struct migration *migration, struct text host)
{
    int64_t since = migration->to->taken_at;
    for (size_t i = migration->view.sights.count - 1; i-- > 0;) {
        const struct sight *sight = &migration->view.sights.at[i];
        if (misfit(migration, sight, host))
            since = sight->taken_at;
        else if (sight_probed(&migration->view, sight, host) ||
                 sight_lists_mx(sight, host) == FACT_ABSENT)
            break;
    }
    return since;
}

bool mig_tlsa_old_cert(const struct migration *migration, struct migration_finding *finding)
{
    const struct inquiry *view = &migration->view;
    struct arena *arena = migration->inquiry->arena;
    for (size_t i = 0; i < migration->to->hosts.count; i++) {
        struct text host = migration->to->hosts.at[i];
        struct dane_records records = dane_records_of(view, migration->to, host);
        const struct observed_smtp *bad = misfit(migration, migration->to, host);
        if (!bad || !records.secure || !records.usable ||
            !carried_over(migration, &records.set) || misfit(migration, migration->from, host))
            continue;
        finding->changed_at = misfit_since(migration, host);
        claim_says(arena, &finding->title,
                   "%.*s has the TLSA records of before, and another certificate",
                   TEXT_ARGS(host));
        claim_says(arena, &finding->text,
                   "Senders that do DANE refuse to deliver to %.*s: no record matches what it "
                   "presents (RFC 7672 §2.2).",
                   TEXT_ARGS(host));
        claim_says(arena, &finding->action,
                   "Publish the record of the certificate in use:\n%.*s\nor install the former "
                   "one again, with its key.",
                   TEXT_ARGS(dane_record_to_paste(migration->inquiry, host, bad->certificate)));
        struct claim claim = claim_of(NULL);
        dane_evidence(view, migration->to, host, &records, &claim);
        certificate_evidence(view, migration->to, bad, &claim);
        finding->evidence = claim.evidence;
        return true;
    }
    return false;
}

/* ---- MIG-CERT-NEW-MX ---- */

static bool about_certificate(enum verdict_clause clause)
{
    return clause == CLAUSE_STS_CERTIFICATE_NAME || clause == CLAUSE_STS_CERTIFICATE_DATE ||
           clause == CLAUSE_STS_CERTIFICATE_UNTRUSTED;
}

/* The probe of HOST whose certificate no sender with MTA-STS accepts; null if none. *ANSWER is what such a sender does
 * under the mode of POLICY (may be null) if it lists the host. */
static const struct observed_smtp *bad_certificate(const struct migration *migration,
                                                   const struct mta_sts_policy *policy,
                                                   struct text host,
                                                   struct verdict_answer *answer)
{
    const struct sight *to = migration->to;
    struct probes probes = sight_probes(&migration->view, to, host, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count; i++) {
        struct verdict_question question =
            proposal_question(&migration->view, NULL, to, host, probes.at[i]);
        struct verdict_answer dane = verdict_by_dane(&question, migration->inquiry->arena);
        struct mta_sts_policy alone = policy_of_host(host, migration->inquiry->arena);
        question.policy_fact = FACT_PRESENT;
        question.policy = &alone;
        if (!about_certificate(verdict_by_sts(&question).clause) ||
            (!policy && dane.clause == CLAUSE_DANE_MATCH))
            continue;
        alone.mode = policy ? policy->mode : MTA_STS_MODE_NONE;
        *answer = verdict_by_sts(&question);
        return probes.at[i];
    }
    return NULL;
}

/* What reports say of HOST since it came, where nobody probed it. */
static bool reported_bad(const struct migration *migration, const struct mta_sts_policy *policy,
                         struct text host, struct migration_finding *finding)
{
    const struct inquiry *inquiry = migration->inquiry;
    unsigned types = RESULT(CERTIFICATE_HOST_MISMATCH) | RESULT(CERTIFICATE_NOT_TRUSTED) |
                     RESULT(CERTIFICATE_EXPIRED);
    int64_t arrival = time_day(migration_arrival(migration, host));
    size_t found = 0;
    if (!policy || policy_lacks(policy, NULL, host, NULL) ||
        sight_probed(&migration->view, migration->to, host))
        return false;
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *group = inquiry->groups->all.at[i];
        if (!text_equal(group_mx(group), host) || !(types & 1U << group->result_type) ||
            group->span.first_begin < arrival)
            continue;
        if (found++ < LINES_SHOWN)
            evidence_add(inquiry->arena, &finding->evidence, EVIDENCE_REPORT,
                         group->span.first_begin, "%.*s: %.*s at %.*s, from then on",
                         TEXT_ARGS(text_sessions(inquiry->arena, group->sessions)),
                         TEXT_ARGS(text_of(result_type_name(group->result_type))),
                         TEXT_ARGS(host));
    }
    return found;
}

/* The first sight from which on the certificate of HOST is bad. */
static int64_t bad_since(const struct migration *migration, const struct mta_sts_policy *policy,
                         struct text host)
{
    struct migration then = *migration;
    struct verdict_answer answer;
    int64_t since = migration->to->taken_at;
    for (; then.to > migration->from; then.to--) {
        if (bad_certificate(&then, policy, host, &answer))
            since = then.to->taken_at;
        else if (sight_probed(&then.view, then.to, host))
            break;
    }
    return since;
}

bool mig_cert_new_mx(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    const struct mta_sts_policy *policy = policy_in_force(&migration->view);
    for (size_t i = 0; i < migration->new.count; i++) {
        struct text host = migration->new.at[i];
        struct verdict_answer answer = {0};
        const struct observed_smtp *bad = bad_certificate(migration, policy, host, &answer);
        if (!bad && !reported_bad(migration, policy, host, finding))
            continue;
        bool enforce = bad && answer.verdict == VERDICT_REFUSE;
        bool used = policy && policy->mode != MTA_STS_MODE_NONE;
        finding->severity = enforce ? SEVERITY_CRITICAL
                            : used  ? SEVERITY_WARNING
                                    : SEVERITY_NOTICE;
        finding->changed_at = migration_arrival(migration, host);
        claim_says(arena, &finding->title,
                   "The new MX host %.*s has no certificate that senders accept",
                   TEXT_ARGS(host));
        claim_says(
            arena, &finding->text, "%s",
            enforce ? "Senders that hold the policy refuse to deliver there."
            : !bad  ? "Its failures begin with the move; it was not probed, so the reports "
                      "alone tell."
            : used ? "Senders deliver all the same and report it. In enforce they would refuse."
                   : "No policy asks for one: mail is delivered. MTA-STS would need it.");
        claim_says(arena, &finding->action,
                   "Install a certificate that a public CA signed for that very name, with its "
                   "chain:\n"
                   "    openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s "
                   "-verify_hostname %.*s </dev/null",
                   TEXT_ARGS(host), TEXT_ARGS(host), TEXT_ARGS(host));
        struct claim claim = claim_of(NULL);
        claim.evidence = finding->evidence;
        if (bad)
            finding->seen_at = bad_since(migration, policy, host);
        if (bad && bad->certificate)
            certificate_evidence(&migration->view, migration->to, bad, &claim);
        finding->evidence = claim.evidence;
        back_records(migration, migration->from, migration->inquiry->domain, "MX",
                     &finding->rollback);
        return true;
    }
    return false;
}
