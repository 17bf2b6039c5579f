#include "render/summary_words.h"

#include "base/time.h"

/* Only arriving reports prove that somebody may read them. */
static struct text words_of_last(struct arena *arena, const struct audit *audit)
{
    char date[TIME_TEXT_SIZE];
    if (audit->status != AUDIT_PRESENT && audit->status != AUDIT_REVIEW)
        return TEXT("");
    if (audit->last_report_at == TIME_UNKNOWN)
        return TEXT(" None has come yet.");
    return text_format(arena, " The last one is of %s.",
                       time_date(audit->last_report_at, date));
}

struct text summary_reporting(struct arena *arena, const struct summary *summary)
{
    static const char *const words[] = {
        [AUDIT_UNKNOWN] = "Whether reports are asked for is not known.",
        [AUDIT_PRESENT] = "Reports about encrypted delivery are asked for, at an address that "
                          "has an owner.",
        [AUDIT_MISSING] = "Nobody is asked for reports about encrypted delivery: failures stay "
                          "unseen.",
        [AUDIT_REVIEW] = "Whether reports are asked for as they should be needs a look: at the "
                         "record, or at who owns it.",
        [AUDIT_NOT_PRIORITIZED] = "Reports are not asked for; other work comes first.",
    };
    struct text last = words_of_last(arena, summary->audit);
    return text_format(arena, "%s%.*s", words[summary->audit->status], TEXT_ARGS(last));
}

struct text summary_owner(struct arena *arena, const struct summary *summary)
{
    if (!text_known(summary->audit->owner))
        return TEXT("Nobody is named who reads the reports.");
    return text_format(arena, "%.*s reads the reports.", TEXT_ARGS(summary->audit->owner));
}

/* How the policy relates to who reads the reports. */
static struct text words_of_policy_owner(struct arena *arena, const struct audit *audit)
{
    if (audit->mta_sts_fact != FACT_PRESENT)
        return TEXT("");
    if (!text_known(audit->sts_owner) && !text_known(audit->owner))
        return TEXT(" Nobody is named who owns its policy.");
    if (audit->checks[CHECK_MTA_STS_RELATIONSHIP].ok == ANSWER_YES)
        return TEXT(" Who reads the reports owns its policy too.");
    if (!text_known(audit->sts_owner))
        return TEXT(" Nobody is named who owns its policy.");
    return text_format(arena, " Its policy is owned by %.*s.", TEXT_ARGS(audit->sts_owner));
}

struct text summary_mta_sts(struct arena *arena, const struct summary *summary)
{
    static const char *const modes[] = {
        [MTA_STS_MODE_UNKNOWN] = "MTA-STS is published, but its policy could not be read.",
        [MTA_STS_MODE_ENFORCE] = "MTA-STS is in force: senders refuse to deliver unencrypted.",
        [MTA_STS_MODE_TESTING] =
            "MTA-STS is being tested: senders deliver all the same and report.",
        [MTA_STS_MODE_NONE] = "MTA-STS is switched off.",
    };
    const struct audit *audit = summary->audit;
    struct text owner = words_of_policy_owner(arena, audit);
    if (audit->observed_at == TIME_UNKNOWN)
        return TEXT("Whether MTA-STS, which demands encryption of senders, is published was "
                    "not looked at.");
    if (audit->mta_sts_fact == FACT_FAILED)
        return TEXT("Whether MTA-STS, which demands encryption of senders, is published is not "
                    "known: the look-up failed.");
    if (audit->mta_sts_fact != FACT_PRESENT && audit->mta_sts_mode != MTA_STS_MODE_NONE)
        return TEXT("MTA-STS, which demands encryption of senders, is not published.");
    return text_format(arena, "%s%.*s", modes[audit->mta_sts_mode], TEXT_ARGS(owner));
}

static bool was_refused(const struct summary *summary)
{
    const struct findings *findings = &summary->diagnosis->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].failed_sessions && findings->at[i].impact == IMPACT_REFUSED)
            return true;
    return false;
}

struct text summary_delivery(struct arena *arena, const struct summary *summary)
{
    (void)arena;
    if (!summary->sessions.failed)
        return summary->sessions.successful ? TEXT("No failure was reported: all quiet.")
                                            : TEXT("No report came in this period.");
    return was_refused(summary)
               ? TEXT("Some mail to this domain was refused or delayed by the senders.")
               : TEXT("Failures were reported, but none that is known to have held up mail.");
}

struct text summary_changes(struct arena *arena, const struct summary *summary)
{
    enum { NAMED = 3 };
    const struct changes *changes = &summary->changes;
    BUFFER_AUTO out = {0};
    if (summary->audit->observed_at == TIME_UNKNOWN)
        return TEXT("What is published was not looked at: whether it changed is not known.");
    if (!changes->count)
        return TEXT("No change was seen in what is published.");
    buffer_format(&out, "%zu published thing%s changed: ", changes->count,
                  changes->count == 1 ? "" : "s");
    for (size_t i = 0; i < changes->count && i < NAMED; i++) {
        buffer_format(&out, "%s%s of ", i ? ", " : "", change_kind_name(changes->at[i].kind));
        buffer_add_text(&out, changes->at[i].name);
    }
    if (changes->count > NAMED)
        buffer_format(&out, " and %zu more", changes->count - NAMED);
    buffer_add_char(&out, '.');
    return text_copy(arena, buffer_text(&out));
}

struct text summary_stage(struct arena *arena, const struct summary *summary)
{
    return text_format(arena, "%s.", maturity_words(summary->audit->stage));
}

/* ---- the numbers ---- */

/* "12 of 4000", "(0.3 %)". Counted in thousandths, so that no locale has a say; some is never none, and
 * not all never all. */
static struct text words_of_rate(struct arena *arena, struct session_counts counts,
                                 const char *between)
{
    uint64_t all = sessions_add(counts.successful, counts.failed);
    unsigned share = (unsigned)(1000.0 * (double)counts.failed / (double)all + 0.5);
    const char *about = "";
    if (counts.failed && !share)
        about = "under ", share = 1;
    else if (counts.successful && share == 1000)
        about = "over ", share = 999;
    return text_format(arena, "%llu of %llu%s (%s%u.%u %%)", (unsigned long long)counts.failed,
                       (unsigned long long)all, between, about, share / 10, share % 10);
}

struct text summary_rate(struct arena *arena, const struct summary *summary)
{
    struct session_counts now = summary->sessions, then = summary->previous;
    struct text of_now = TEXT("No session was reported"),
                of_then = TEXT("nothing was reported");
    if (now.successful || now.failed)
        of_now = words_of_rate(arena, now, " sessions failed");
    if (then.successful || then.failed)
        of_then = words_of_rate(arena, then, "");
    return text_format(arena, "%.*s; %.*s in the period before", TEXT_ARGS(of_now),
                       TEXT_ARGS(of_then));
}

/* Puts FINDING in its place among the COUNT at TOP, of which there is room for MAX. */
static void insert(const struct finding **top, size_t count, size_t max,
                   const struct finding *finding)
{
    size_t place = count < max ? count : max;
    while (place && top[place - 1]->failed_sessions < finding->failed_sessions) {
        if (place < max)
            top[place] = top[place - 1];
        place--;
    }
    if (place < max)
        top[place] = finding;
}

static size_t pick(const struct findings *findings, bool failed, const struct finding **top,
                   size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        if (finding->severity != SEVERITY_OK && !finding->failed_sessions == !failed)
            insert(top, count++, max, finding);
    }
    return count;
}

size_t summary_causes(const struct findings *findings, const struct finding **top, size_t max)
{
    return pick(findings, true, top, max);
}

size_t summary_others(const struct findings *findings, const struct finding **top, size_t max)
{
    return pick(findings, false, top, max);
}

/* ---- all of them ---- */

struct text summary_title(struct arena *arena, const struct summary_report *report)
{
    struct text period = summary_period(arena, report);
    if (!text_known(report->client))
        return text_format(arena, "Encrypted delivery of mail, %.*s", TEXT_ARGS(period));
    return text_format(arena, "Encrypted delivery of mail for %.*s, %.*s",
                       TEXT_ARGS(report->client), TEXT_ARGS(period));
}

struct text summary_period(struct arena *arena, const struct summary_report *report)
{
    char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    return text_format(arena, "%s to %s", time_date(report->since, since),
                       time_date(report->until - 1, until));
}

bool summary_needs_work(const struct summary *summary)
{
    const struct findings *findings = &summary->diagnosis->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].state == STATE_ONGOING && !findings->at[i].acknowledged &&
            findings->at[i].severity >= SEVERITY_WARNING)
            return true;
    return false;
}

struct text summary_verdict(struct arena *arena, const struct summary_report *report)
{
    size_t count = 0;
    const struct summary *first = NULL;
    for (size_t i = 0; i < report->count; i++) {
        if (!summary_needs_work(&report->at[i]))
            continue;
        if (!count++)
            first = &report->at[i];
    }
    if (!count)
        return TEXT("all quiet, nothing to do");
    if (report->count == 1 || count == 1)
        return text_format(arena, "%.*s needs attention", TEXT_ARGS(first->audit->domain));
    return text_format(arena, "%zu of %zu domains need attention", count, report->count);
}

/* ---- reporters ---- */

size_t summary_reporters(const struct summary *summary, const struct reporter_count **top,
                         size_t most, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < summary->reporters.count && count < max; i++) {
        const struct reporter_count *reporter = &summary->reporters.at[i];
        if (i < most || (reporter->habit && reporter->habit->silent))
            top[count++] = reporter;
    }
    return count;
}

struct text summary_reporter_name(const struct reporter_count *reporter)
{
    return text_known(reporter->name) ? reporter->name : TEXT("(no name)");
}
