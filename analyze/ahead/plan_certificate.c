/* The change of the certificates of the MX hosts. */
#include "ahead/plan_steps.h"

#include "base/vector.h"
#include "rules/dane.h"
#include "rules/renewals.h"

enum { AHEAD = 30 * TIME_DAY };

/* Of a host with TLSA: how far the change of its key is. */
struct rollover {
    bool
        next; /* a record that matches no certificate in use: the key to come, or the one that went */
    bool followed; /* the certificate in use is another than when that was first seen */
    int64_t since; /* when it was first seen beside the others, without a break */
    uint32_t ttl;
};

/* Whether a readable record of usage 3 matches nothing that MX presents in SIGHT, and one does. */
static bool has_next(const struct planning *planning, const struct sight *sight, struct text mx)
{
    struct dane_records records = dane_records_of(planning->inquiry, sight, mx);
    const struct observed_smtp *answer =
        dane_answer(planning->inquiry, sight, mx, TEXT_UNKNOWN);
    size_t matching = 0, others = 0;
    for (size_t i = 0; answer && i < records.list.count; i++) {
        const struct tlsa *tlsa = &records.list.at[i];
        enum tlsa_match match = tlsa_match(tlsa, answer->certificate->spki_sha256,
                                           answer->certificate->cert_sha256);
        if (tlsa->usable && tlsa->usage == 3) {
            matching += match == TLSA_MATCH_YES;
            others += match == TLSA_MATCH_NO;
        }
    }
    return matching && others;
}

static struct text key_of(const struct planning *planning, const struct sight *sight,
                          struct text mx)
{
    const struct observed_smtp *answer =
        dane_answer(planning->inquiry, sight, mx, TEXT_UNKNOWN);
    return answer ? answer->certificate->spki_sha256 : TEXT_UNKNOWN;
}

static struct rollover rollover_of(const struct planning *planning, struct text mx)
{
    const struct sights *sights = &planning->inquiry->sights;
    struct rollover rollover = {.next = has_next(planning, planning->now, mx),
                                .since = planning->now->taken_at};
    rollover.ttl = published_tlsa(planning->now->facts, mx, planning->arena).ttl;
    struct text key = key_of(planning, planning->now, mx);
    for (size_t i = sights->count; rollover.next && i-- > 0;) {
        if (!has_next(planning, &sights->at[i], mx))
            break;
        rollover.since = sights->at[i].taken_at;
        rollover.followed =
            rollover.followed || !text_equal(key, key_of(planning, &sights->at[i], mx));
    }
    return rollover;
}

/* ---- when the next one comes ---- */

/* Of the answer of MX that the other steps are about; nothing is known where there is none. */
static struct renewals renewals_here(const struct planning *planning, struct text mx)
{
    const struct observed_smtp *answer =
        dane_answer(planning->inquiry, planning->now, mx, TEXT_UNKNOWN);
    return answer ? renewals_of_answer(planning->inquiry, answer) : (struct renewals){0};
}

/* " The next one is to be expected 2026-12-02 (renewed 4 times, …)."; empty where the history does not tell. */
static struct text words_of_expected(struct planning *planning,
                                     const struct expected_renewal *expected)
{
    if (!text_known(expected->basis))
        return TEXT("");
    return text_format(planning->arena, " The next %s expected %.*s (%.*s).",
                       expected->overdue ? "is overdue: it was to be" : "is to be",
                       TEXT_ARGS(plan_date(planning, expected->at)),
                       TEXT_ARGS(expected->basis));
}

/* The record of the next key is to be there two TTLs before it is. */
static void say_by(struct planning *planning, const struct renewals *renewals, uint32_t ttl,
                   struct plan_step *step)
{
    struct expected_renewal expected = renewals_next(planning->inquiry, renewals);
    int64_t now = planning->inquiry->now;
    int64_t date = expected.overdue ? expected.at : renewals_date(&expected, now);
    int64_t by = date - 2 * (int64_t)ttl;
    struct text words = words_of_expected(planning, &expected), what;
    if (date == TIME_UNKNOWN)
        return;
    if (!words.length)
        words = TEXT(" No renewal was seen yet: a third of its lifetime before the end is "
                     "usual.");
    if (renewals->changes && !renewals->with_new_key) {
        what = TEXT("So far each kept its key.");
    } else if (by > now) {
        step->not_after = by;
        what = text_format(planning->arena, "Publish it two TTLs before that, by %.*s.",
                           TEXT_ARGS(text_moment(planning->arena, by)));
    } else {
        what = TEXT("It is too late for two TTLs before that: hold the renewal back until this "
                    "step and the next are done.");
    }
    plan_says(planning, &step->text, "%.*s%.*s %.*s", TEXT_ARGS(step->text), TEXT_ARGS(words),
              TEXT_ARGS(what));
}

/* ---- the steps ---- */

static struct plan_step *host_step(struct planning *planning, struct text mx, const char *title,
                                   bool done)
{
    struct plan_step *step = plan_step(planning, title, done);
    plan_says(planning, &step->title, "%.*s: %s", TEXT_ARGS(mx), title);
    return step;
}

static struct text new_record(struct planning *planning, struct text mx)
{
    const struct observed_certificate *certificate = planning->proposal->certificate;
    struct text line = dane_record_to_paste(planning->inquiry, mx, certificate);
    if (text_known(line))
        return text_trim(line);
    return text_format(planning->arena,
                       "_25._tcp.%.*s. IN TLSA 3 1 1 (what the command prints)", TEXT_ARGS(mx));
}

static struct text records_with(struct planning *planning, struct text mx, bool old, bool new)
{
    struct published set = published_tlsa(planning->now->facts, mx, planning->arena);
    struct text all = TEXT("");
    for (size_t i = 0; old && i < set.values.count; i++)
        all = text_format(planning->arena, "%.*s%s_25._tcp.%.*s. IN TLSA %.*s", TEXT_ARGS(all),
                          i ? "\n" : "", TEXT_ARGS(mx), TEXT_ARGS(set.values.at[i]));
    if (new)
        all = text_format(planning->arena, "%.*s%s%.*s", TEXT_ARGS(all), all.length ? "\n" : "",
                          TEXT_ARGS(new_record(planning, mx)));
    return all;
}

static void add_key(struct planning *planning, struct text mx)
{
    struct rollover rollover = rollover_of(planning, mx);
    int64_t now = planning->inquiry->now;
    int64_t from = rollover.next ? rollover.since : now;
    int64_t ready = from + 2 * (int64_t)rollover.ttl;
    bool waited = rollover.followed || (rollover.next && ready <= now);
    struct plan_step *step = host_step(
        planning, mx, "Publish the TLSA of the new key beside the old", rollover.next);
    plan_says(
        planning, &step->text,
        "%.*s: both stand there, so that either certificate is accepted (RFC 7671 §8.1). A new "
        "certificate of the same key needs no new 3 1 1 record: then there is no more to do "
        "here.",
        TEXT_ARGS(mx));
    struct renewals renewals = renewals_here(planning, mx);
    say_by(planning, &renewals, rollover.ttl, step);
    plan_paste(planning, step, "dns", mx, records_with(planning, mx, true, !rollover.next));
    if (!planning->proposal->certificate)
        plan_paste(
            planning, step, "command", mx,
            TEXT("openssl x509 -in new.pem -noout -pubkey | openssl pkey -pubin -outform DER | "
                 "openssl sha256"));
    plan_says(planning, &step->done_when, "tlsrpt observe shows both records");
    step = host_step(planning, mx, "Wait two TTLs of the TLSA records", waited);
    step->not_before = waited ? TIME_UNKNOWN : ready;
    plan_says(planning, &step->text,
              "Until then a sender may hold the old set alone: %.*s, %u seconds.",
              TEXT_ARGS(mx), rollover.ttl);
    plan_says(planning, &step->done_when, "that time has passed");
    step = host_step(planning, mx, "Install the new certificate at every address of the host",
                     rollover.followed);
    step->not_before = waited ? TIME_UNKNOWN : ready;
    plan_says(planning, &step->text, "%.*s: then reload the mail server.", TEXT_ARGS(mx));
    plan_says(planning, &step->done_when,
              "tlsrpt observe shows it at each address, and that a TLSA matches");
    step = host_step(planning, mx, "Remove the TLSA of the old key", false);
    step->not_before = rollover.followed ? TIME_UNKNOWN : ready;
    plan_says(planning, &step->text, "%.*s: not before the new certificate is seen everywhere.",
              TEXT_ARGS(mx));
    const struct observed_smtp *answer =
        dane_answer(planning->inquiry, planning->now, mx, TEXT_UNKNOWN);
    struct text kept = TEXT_UNKNOWN;
    if (rollover.followed && answer)
        kept = dane_record_to_paste(planning->inquiry, mx, answer->certificate);
    plan_paste(planning, step, "dns", mx,
               text_known(kept) ? text_trim(kept) : new_record(planning, mx));
    plan_says(planning, &step->done_when, "tlsrpt observe shows the one record");
}

/* What the history says of each address. */
static struct text words_of_renewal(struct planning *planning, struct text mx)
{
    struct renewals_list list = renewals_of_mx(planning->inquiry, mx);
    struct text all = TEXT("");
    for (size_t i = 0; i < list.count; i++) {
        struct expected_renewal expected = renewals_next(planning->inquiry, &list.at[i]);
        struct text words = words_of_expected(planning, &expected);
        if (words.length && text_known(list.at[i].address))
            words = text_format(planning->arena, " At %.*s:%.*s", TEXT_ARGS(list.at[i].address),
                                TEXT_ARGS(words));
        all = text_format(planning->arena, "%.*s%.*s", TEXT_ARGS(all), TEXT_ARGS(words));
    }
    return all;
}

static void add_renewal(struct planning *planning, struct text mx)
{
    struct probes probes = sight_probes(planning->inquiry, planning->now, mx, TEXT_UNKNOWN);
    int64_t end = INT64_MAX, now = planning->inquiry->now;
    bool good = false;
    for (size_t i = 0; i < probes.count; i++) {
        const struct observed_certificate *certificate = probes.at[i]->certificate;
        if (!certificate)
            continue;
        good = certificate->trust == TRUST_TRUSTED && certificate->matches_mx != ANSWER_NO;
        end = certificate->not_after < end ? certificate->not_after : end;
    }
    bool known = end != INT64_MAX && end != TIME_UNKNOWN;
    struct plan_step *step =
        host_step(planning, mx, "Install a new certificate at every address of the host",
                  known && good && end > now + AHEAD);
    plan_says(planning, &step->text,
              "%.*s: from a public CA, with this name as a DNS name in it (RFC 8461 §4.2). "
              "%s%.*s.%.*s Then "
              "reload the mail server.",
              TEXT_ARGS(mx), known ? "That in use ends " : "None was seen there yet",
              TEXT_ARGS(known ? plan_date(planning, end) : TEXT("")),
              TEXT_ARGS(words_of_renewal(planning, mx)));
    plan_says(planning, &step->done_when,
              "tlsrpt observe shows at each address one that is good for 30 days and more");
}

void plan_certificate(struct planning *planning)
{
    for (size_t i = 0; i < planning->now->hosts.count; i++) {
        struct text mx = planning->now->hosts.at[i];
        if (sight_has_secure_tlsa(planning->inquiry, planning->now, mx))
            add_key(planning, mx);
        else
            add_renewal(planning, mx);
    }
}
