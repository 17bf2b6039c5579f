#include "ahead/forecast.h"

#include <stdarg.h>
#include <stdlib.h>

#include "ahead/forecast_parts.h"
#include "base/time.h"
#include "base/vector.h"
#include "rules/rule.h"
#include "rules/sts.h"

enum { HORIZON = 90 * TIME_DAY, STUCK = 90 * TIME_DAY };

const char *forecast_kind_name(enum forecast_kind kind)
{
    static const char *const names[FORECAST_COUNT] = {
        [FORECAST_CERTIFICATE_RENEWAL] = "certificate-renewal",
        [FORECAST_CERTIFICATE_END] = "certificate-end",
        [FORECAST_TLSA_BREAKS] = "tlsa-breaks",
        [FORECAST_ROLLOVER_TOO_LATE] = "rollover-too-late",
        [FORECAST_POLICY_END] = "policy-end",
        [FORECAST_TESTING_FORGOTTEN] = "testing-forgotten",
        [FORECAST_TESTING_STUCK] = "testing-stuck",
        [FORECAST_DELEGATION_AT_RISK] = "delegation-at-risk",
    };
    return (unsigned)kind < FORECAST_COUNT ? names[kind] : NULL;
}

/* ---- entries ---- */

struct forecast_entry *forecast_entry(const struct forecasting *f, enum forecast_kind kind,
                                      int64_t at, struct text host)
{
    struct forecast_entry entry = {.kind = kind, .at = at, .host = host};
    VECTOR_ADD(f->inquiry->arena, f->forecast, entry);
    return &f->forecast->at[f->forecast->count - 1];
}

void forecast_says(const struct forecasting *f, struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *text = text_format_list(f->inquiry->arena, format, arguments);
    va_end(arguments);
}

struct text forecast_date(const struct forecasting *f, int64_t time)
{
    return text_date(f->inquiry->arena, time);
}

const struct finding *forecast_finding(const struct forecasting *f, const char *code,
                                       struct text mx)
{
    const struct findings *findings = &f->diagnosis->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].state == STATE_ONGOING &&
            text_equal(text_of(findings->at[i].rule->code), text_of(code)) &&
            text_equal(findings->at[i].mx, mx))
            return &findings->at[i];
    return NULL;
}

static struct text policy_name(const struct forecasting *f)
{
    return text_format(f->inquiry->arena, "mta-sts.%.*s", TEXT_ARGS(f->inquiry->domain));
}

/* ---- policies ---- */

static bool enforces(const struct sight *sight)
{
    return sight_serves(sight) && sight->policy.mode == MTA_STS_MODE_ENFORCE;
}

/* Whether it is served to this day, or served again after the observation at PLACE. */
static bool is_served_after(const struct inquiry *inquiry, size_t place)
{
    const struct mta_sts_policy *policy = &inquiry->sights.at[place].policy;
    return policy_last_served(inquiry, policy, INT64_MAX) != place;
}

static struct text unlisted(const struct forecasting *f, const struct mta_sts_policy *policy)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < f->now->hosts.count; i++)
        if (!mta_sts_policy_covers(policy, f->now->hosts.at[i]))
            all = text_format(f->inquiry->arena, "%.*s%s%.*s", TEXT_ARGS(all),
                              all.length ? ", " : "", TEXT_ARGS(f->now->hosts.at[i]));
    return all;
}

static void add_policy_end(const struct forecasting *f, size_t place, int64_t until)
{
    const struct sight *last = &f->inquiry->sights.at[place];
    struct forecast_entry *entry =
        forecast_entry(f, FORECAST_POLICY_END, until, policy_name(f));
    struct text missing = unlisted(f, &last->policy);
    forecast_says(f, &entry->title,
                  "The last sender that may hold an older policy in enforce gives it up");
    forecast_says(f, &entry->text, "It was served until %.*s: %.*s.%s%.*s",
                  TEXT_ARGS(forecast_date(f, last->taken_at)),
                  TEXT_ARGS(words_of_policy(f->inquiry->arena, &last->policy)),
                  missing.length ? " It does not list " : "", TEXT_ARGS(missing));
    if (missing.length)
        forecast_says(f, &entry->action,
                      "Until then keep a host that it lists among the MX: senders that hold it "
                      "refuse %.*s.",
                      TEXT_ARGS(missing));
    else
        forecast_says(
            f, &entry->action,
            "Until then keep each MX as it demands: STARTTLS and a certificate that is "
            "good for its name.");
}

static void add_policy_ends(const struct forecasting *f)
{
    const struct sights *sights = &f->inquiry->sights;
    for (size_t i = 0; i + 1 < sights->count; i++) {
        const struct sight *sight = &sights->at[i];
        /* No policy lives for longer than a year. */
        if (sight->content == sight[1].content || !enforces(sight))
            continue;
        int64_t until = policy_alive_until(f->inquiry, i, &sight->policy);
        if (until > f->inquiry->now && !is_served_after(f->inquiry, i))
            add_policy_end(f, i, until);
    }
}

/* ---- testing ---- */

static void add_forgotten(const struct forecasting *f, int64_t since, int64_t from)
{
    struct forecast_entry *entry =
        forecast_entry(f, FORECAST_TESTING_FORGOTTEN, from, policy_name(f));
    bool over = from <= f->inquiry->now;
    forecast_says(f, &entry->title,
                  over ? "The MTA-STS policy in testing counts as forgotten since then"
                       : "The MTA-STS policy in testing counts as forgotten from then on");
    forecast_says(f, &entry->text,
                  "In testing since %.*s, and ready for enforce: nothing was reported that it "
                  "would have refused. In testing it protects nothing.",
                  TEXT_ARGS(forecast_date(f, since)));
    forecast_says(f, &entry->action, "tlsrpt plan %.*s enforce", TEXT_ARGS(f->inquiry->domain));
}

static void add_stuck(const struct forecasting *f, int64_t since)
{
    struct arena *arena = f->inquiry->arena;
    const struct readiness_answer *readiness = &f->diagnosis->mta_sts;
    struct forecast_entry *entry =
        forecast_entry(f, FORECAST_TESTING_STUCK, since + STUCK, policy_name(f));
    struct text reasons = TEXT("");
    for (size_t i = 0; i < readiness->reasons.count && i < 3; i++)
        reasons = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(reasons), i ? "; " : "",
                              TEXT_ARGS(readiness->reasons.at[i]));
    forecast_says(f, &entry->title,
                  "The MTA-STS policy is in testing for more than 90 days and not ready for "
                  "enforce");
    forecast_says(f, &entry->text, "In testing since %.*s.%s%.*s",
                  TEXT_ARGS(forecast_date(f, since)), reasons.length ? " In the way: " : "",
                  TEXT_ARGS(reasons));
    forecast_says(f, &entry->action, "tlsrpt analyze %.*s says what to mend.",
                  TEXT_ARGS(f->inquiry->domain));
}

static void add_testing(const struct forecasting *f)
{
    int64_t since = testing_since(f->inquiry);
    enum readiness readiness = f->diagnosis->mta_sts.readiness;
    if (since == TIME_UNKNOWN)
        return;
    struct inquiry diagnosed = *f->inquiry;
    diagnosed.readiness = &f->diagnosis->mta_sts;
    int64_t from = testing_forgotten_from(&diagnosed);
    if (from != TIME_UNKNOWN)
        add_forgotten(f, since, from);
    else if (since + STUCK < f->inquiry->now &&
             (readiness == READINESS_NOT_READY || readiness == READINESS_INSUFFICIENT_DATA))
        add_stuck(f, since);
}

/* ---- a former vendor ---- */

static void add_delegation(const struct forecasting *f)
{
    const struct finding *finding = forecast_finding(f, "STS-FORMER-VENDOR", TEXT_UNKNOWN);
    struct text risk = TEXT("");
    if (!finding)
        return;
    for (size_t i = 0; i < finding->evidence.count; i++)
        risk = text_format(f->inquiry->arena, "%.*s%s%.*s", TEXT_ARGS(risk), i ? "; " : "",
                           TEXT_ARGS(finding->evidence.at[i].text));
    struct forecast_entry *entry =
        forecast_entry(f, FORECAST_DELEGATION_AT_RISK, finding->first_seen, policy_name(f));
    entry->title = finding->title;
    forecast_says(f, &entry->text, "%.*s.", TEXT_ARGS(risk));
    entry->action = finding->action;
}

/* ---- the whole ---- */

static int compare_entries(const void *a, const void *b)
{
    const struct forecast_entry *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    int order = text_compare(x->host, y->host);
    return order ? order : (int)x->kind - (int)y->kind;
}

static void keep(const struct forecast *all, int64_t now, struct arena *arena,
                 struct forecast *forecast)
{
    for (size_t i = 0; i < all->count; i++) {
        struct forecast_entry entry = all->at[i];
        if (entry.at > now + HORIZON)
            continue;
        struct text *const texts[] = {&entry.host, &entry.title, &entry.text, &entry.action};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            *texts[j] = text_copy(arena, *texts[j]);
        VECTOR_ADD(arena, forecast, entry);
    }
    if (forecast->count)
        qsort(forecast->at, forecast->count, sizeof *forecast->at, compare_entries);
}

void forecast_make(const struct inquiry *inquiry, const struct diagnosis *diagnosis,
                   struct arena *arena, struct forecast *forecast)
{
    struct forecast all = {0};
    struct forecasting f = {inquiry, diagnosis, sight_now(inquiry), &all};
    *forecast = (struct forecast){0};
    if (!f.now)
        return;
    forecast_certificates(&f);
    add_policy_ends(&f);
    add_testing(&f);
    add_delegation(&f);
    keep(&all, inquiry->now, arena, forecast);
}
