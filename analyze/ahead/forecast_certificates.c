/* The part of the forecast about certificates and the TLSA records that go with them. */
#include "ahead/forecast_parts.h"
#include "base/time.h"
#include "base/vector.h"
#include "rules/dane.h"
#include "rules/engine.h"
#include "rules/renewals.h"
#include "rules/verdict.h"

enum { END_AHEAD = 30 * TIME_DAY };

/* "mx1.example.com at 192.0.2.1", "the policy host mta-sts.example.com" */
static struct text place_of(const struct forecasting *f, const struct renewals *renewals,
                            bool policy)
{
    struct arena *arena = f->inquiry->arena;
    if (policy)
        return text_format(arena, "the policy host %.*s", TEXT_ARGS(renewals->host));
    if (!text_known(renewals->address))
        return renewals->host;
    return text_format(arena, "%.*s at %.*s", TEXT_ARGS(renewals->host),
                       TEXT_ARGS(renewals->address));
}

/* "a new key each time"; empty where that is not known or not always so. */
static const char *words_of_keys(const struct renewals *renewals)
{
    size_t kept = 0, replaced = 0;
    for (size_t i = 1; i < renewals->count; i++) {
        kept += renewals->at[i].key_kept == ANSWER_YES;
        replaced += renewals->at[i].key_kept == ANSWER_NO;
    }
    if (kept + replaced + 1 != renewals->count || (kept && replaced))
        return "";
    return kept ? ", with the same key" : ", with a new key";
}

/* How the expected date is known, in words. */
static struct text words_of_basis(const struct forecasting *f, const struct renewals *renewals,
                                  const struct expected_renewal *expected)
{
    struct arena *arena = f->inquiry->arena;
    if (text_known(expected->basis))
        return text_format(arena, "It was %.*s%s; the one in use ends %.*s",
                           TEXT_ARGS(expected->basis), words_of_keys(renewals),
                           TEXT_ARGS(forecast_date(f, expected->end)));
    return text_format(arena,
                       "No renewal was seen yet; the one in use ends %.*s, and a third of its "
                       "lifetime before that is usual",
                       TEXT_ARGS(forecast_date(f, expected->end)));
}

/* ---- renewals and ends ---- */

static void add_renewal(const struct forecasting *f, const struct renewals *renewals,
                        const struct expected_renewal *expected, bool policy)
{
    struct forecast_entry *entry =
        forecast_entry(f, FORECAST_CERTIFICATE_RENEWAL, expected->at, renewals->host);
    struct text place = place_of(f, renewals, policy);
    bool unseen = expected->at <= f->inquiry->now && !expected->overdue;
    entry->overdue = expected->overdue;
    forecast_says(
        f, &entry->title,
        expected->overdue
            ? "The renewal of the certificate of %.*s was to be expected, and is overdue"
            : "The certificate of %.*s is to be renewed",
        TEXT_ARGS(place));
    forecast_says(f, &entry->text, "%.*s.%s", TEXT_ARGS(words_of_basis(f, renewals, expected)),
                  unseen ? " Nobody has looked since." : "");
    if (expected->overdue)
        forecast_says(f, &entry->action,
                      "See why it was not renewed, renew it, reload the %s server.",
                      policy ? "web" : "mail");
    else
        forecast_says(f, &entry->action,
                      "Nothing, if that is done by itself: look after that day, tlsrpt observe "
                      "%.*s",
                      TEXT_ARGS(f->inquiry->domain));
}

static void add_end(const struct forecasting *f, const struct renewals *renewals,
                    const struct expected_renewal *expected, bool policy)
{
    struct forecast_entry *entry =
        forecast_entry(f, FORECAST_CERTIFICATE_END, expected->end, renewals->host);
    forecast_says(f, &entry->title, "The certificate of %.*s ends",
                  TEXT_ARGS(place_of(f, renewals, policy)));
    if (expected->overdue)
        forecast_says(f, &entry->text,
                      "It was %.*s; this time the renewal was to be expected %.*s and was not "
                      "seen.",
                      TEXT_ARGS(expected->basis), TEXT_ARGS(forecast_date(f, expected->at)));
    else if (text_known(expected->basis))
        forecast_says(f, &entry->text, "It was %.*s: nothing tells that it will be earlier.",
                      TEXT_ARGS(expected->basis));
    else
        forecast_says(f, &entry->text,
                      "So says the certificate in use; no observation tells "
                      "when it is usually renewed.");
    forecast_says(f, &entry->action, "Renew it before that day, reload the %s server.",
                  policy ? "web" : "mail");
}

/* MATTERS: senders look at the dates. BROKEN: what the renewal does to TLSA records is told. */
static void add_line(const struct forecasting *f, const struct renewals *renewals, bool policy,
                     bool matters, bool broken)
{
    struct expected_renewal expected = renewals_next(f->inquiry, renewals);
    int64_t now = f->inquiry->now;
    if (expected.end == TIME_UNKNOWN || expected.end <= now)
        return;
    bool known = expected.at != TIME_UNKNOWN;
    /* Who renewed at the end or after it may do so again. */
    bool late = known && expected.at >= expected.end;
    if (known && !late && !broken)
        add_renewal(f, renewals, &expected, policy);
    if (matters && (expected.overdue || late || (!known && expected.end <= now + END_AHEAD)))
        add_end(f, renewals, &expected, policy);
}

/* ---- TLSA records ---- */

/* What senders with DANE do once a certificate comes that was never seen before. */
static struct verdict_answer after_renewal(const struct forecasting *f, struct text mx,
                                           const struct dane_records *records,
                                           const struct observed_smtp *answer)
{
    static const char never[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    struct observed_certificate certificate = *answer->certificate;
    struct observed_link link = {.spki_sha256 = text_of(never), .cert_sha256 = text_of(never)};
    struct observed_smtp next = *answer;
    certificate.spki_sha256 = certificate.cert_sha256 = text_of(never);
    next.certificate = &certificate;
    next.chain = (struct observed_chain){&link, 1};
    next.dane = dane_match_of(records, &next) == TLSA_MATCH_NO ? DANE_MISMATCH : DANE_UNKNOWN;
    struct verdict_question question = {
        .mx = mx, .mx_dnssec = f->now->mx.dnssec, .tlsa = records->set, .probe = &next};
    return verdict_by_dane(&question, f->inquiry->arena);
}

static void add_breaks(const struct forecasting *f, struct text mx, int64_t at, bool overdue,
                       struct text basis, struct verdict_answer verdict, uint32_t ttl)
{
    struct forecast_entry *entry = forecast_entry(f, FORECAST_TLSA_BREAKS, at, mx);
    const struct finding *fragile = forecast_finding(f, "DANE-FRAGILE", mx);
    bool refuse = verdict.verdict == VERDICT_REFUSE;
    entry->overdue = overdue;
    forecast_says(f, &entry->title,
                  overdue
                      ? "The overdue renewal of the certificate of %.*s breaks its TLSA record"
                      : "The renewal of the certificate of %.*s breaks its TLSA record",
                  TEXT_ARGS(mx));
    forecast_says(f, &entry->text, "%.*s. %s%s%s%s%s", TEXT_ARGS(basis),
                  refuse ? "Senders with DANE then refuse to deliver there: "
                         : "What senders with DANE then do is not known",
                  refuse ? verdict_clause_text(verdict.clause) : "", refuse ? " (" : "",
                  refuse ? verdict_clause_reference(verdict.clause) : "", refuse ? ")." : ".");
    if (fragile && fragile->evidence.count)
        entry->text = text_format(f->inquiry->arena, "%.*s Why: %.*s.", TEXT_ARGS(entry->text),
                                  TEXT_ARGS(fragile->evidence.at[0].text));
    int64_t ahead = at - 2 * (int64_t)ttl;
    if (ahead > f->inquiry->now)
        forecast_says(
            f, &entry->action,
            "Let the renewal keep the key and publish its 3 1 1 record, or publish the "
            "record of the next certificate by %.*s, two TTLs ahead: tlsrpt plan %.*s "
            "certificate",
            TEXT_ARGS(text_moment(f->inquiry->arena, ahead)), TEXT_ARGS(f->inquiry->domain));
    else
        forecast_says(
            f, &entry->action,
            "Let the renewal keep the key and publish its 3 1 1 record, or hold it back "
            "until the record of the next certificate was there for two TTLs: tlsrpt "
            "plan %.*s certificate",
            TEXT_ARGS(f->inquiry->domain));
}

static void add_too_late(const struct forecasting *f, struct text mx, int64_t renewal,
                         uint32_t ttl)
{
    int64_t at = renewal - 2 * (int64_t)ttl;
    struct forecast_entry *entry = forecast_entry(f, FORECAST_ROLLOVER_TOO_LATE, at, mx);
    forecast_says(f, &entry->title,
                  "It is too late to publish the next TLSA record of %.*s two TTLs ahead",
                  TEXT_ARGS(mx));
    forecast_says(f, &entry->text,
                  "The renewal is to be expected %.*s, the records may be held for %u seconds "
                  "(TTL), and none of a certificate to come is there.",
                  TEXT_ARGS(forecast_date(f, renewal)), ttl);
    forecast_says(
        f, &entry->action,
        "Hold the renewal back, publish the record of the next key now beside the old, "
        "and renew %u seconds later at the earliest; or keep the key.",
        2 * ttl);
}

/* True if it was told, so that the renewal by itself need not be. */
static bool add_tlsa(const struct forecasting *f, struct text mx)
{
    const struct observed_smtp *answer = dane_answer(f->inquiry, f->now, mx, TEXT_UNKNOWN);
    if (!answer || !forecast_finding(f, "DANE-FRAGILE", mx))
        return false;
    struct dane_records records = dane_records_of(f->inquiry, f->now, mx);
    struct renewals renewals = renewals_of_answer(f->inquiry, answer);
    struct expected_renewal expected = renewals_next(f->inquiry, &renewals);
    int64_t at = expected.overdue ? expected.at : renewals_date(&expected, f->inquiry->now);
    if (at == TIME_UNKNOWN)
        return false;
    add_breaks(f, mx, at, expected.overdue, words_of_basis(f, &renewals, &expected),
               after_renewal(f, mx, &records, answer), records.set.ttl);
    if (at - 2 * (int64_t)records.set.ttl < f->inquiry->now)
        add_too_late(f, mx, at, records.set.ttl);
    return true;
}

/* ---- the whole ---- */

static void add_mx(const struct forecasting *f, struct text mx)
{
    bool matters = f->now->policy_fact == FACT_PRESENT ||
                   !certificates_do_not_count(f->inquiry, f->now, mx, NULL);
    bool broken = add_tlsa(f, mx);
    struct renewals_list list = renewals_of_mx(f->inquiry, mx);
    for (size_t i = 0; i < list.count; i++)
        add_line(f, &list.at[i], false, matters, broken && i == 0);
}

void forecast_certificates(const struct forecasting *f)
{
    for (size_t i = 0; i < f->now->hosts.count; i++)
        add_mx(f, f->now->hosts.at[i]);
    struct renewals policy = renewals_of_policy_host(f->inquiry);
    /* A host that serves no policy any more has no certificate that matters. */
    if (policy.count && f->now->policy_fact == FACT_PRESENT)
        add_line(f, &policy, true, true, false);
}
