#include "render/summary_words.h"

#include "base/time.h"

struct text summary_reporting(struct arena *arena, const struct summary *summary)
{
    static const char *const words[] = {
        [AUDIT_UNKNOWN] = "Whether reports are asked for is not known.",
        [AUDIT_PRESENT] =
            "Reports about encrypted delivery are asked for, and arrive at an address "
            "that has an owner.",
        [AUDIT_MISSING] = "Nobody is asked for reports about encrypted delivery: failures stay "
                          "unseen.",
        [AUDIT_REVIEW] = "Reports are asked for or meant to be; record or owner need a look.",
        [AUDIT_NOT_PRIORITIZED] = "Reports are not asked for; other work comes first.",
    };
    (void)arena;
    return text_of(words[summary->audit->status]);
}

struct text summary_owner(struct arena *arena, const struct summary *summary)
{
    if (!text_known(summary->audit->owner))
        return TEXT("Nobody is named who reads the reports.");
    return text_format(arena, "%.*s reads the reports.", TEXT_ARGS(summary->audit->owner));
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
    (void)arena;
    if (!summary->audit->has_mta_sts && summary->audit->mta_sts_mode != MTA_STS_MODE_NONE)
        return TEXT("MTA-STS, which demands encryption of senders, is not published.");
    return text_of(modes[summary->audit->mta_sts_mode]);
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
               : TEXT("Failures were reported; the mail was delivered all the same, or it is "
                      "not "
                      "known that it was not.");
}

struct text summary_changes(struct arena *arena, const struct summary *summary)
{
    size_t count = summary->changes.count;
    if (!count)
        return TEXT("Nothing that is published changed.");
    return text_format(arena, "%zu published thing%s changed.", count, count == 1 ? "" : "s");
}

struct text summary_stage(struct arena *arena, const struct summary *summary)
{
    return text_format(arena, "Stage: %s.", maturity_words(summary->audit->stage));
}

static double rate_of(struct session_counts counts)
{
    uint64_t all = sessions_add(counts.successful, counts.failed);
    return all ? 100.0 * (double)counts.failed / (double)all : 0;
}

struct text summary_rate(struct arena *arena, const struct summary *summary)
{
    uint64_t all = sessions_add(summary->sessions.successful, summary->sessions.failed);
    uint64_t before = sessions_add(summary->previous.successful, summary->previous.failed);
    /* Counted in thousandths, so that no locale has a say. */
    unsigned now = (unsigned)(rate_of(summary->sessions) * 10 + 0.5);
    unsigned then = (unsigned)(rate_of(summary->previous) * 10 + 0.5);
    struct text text = text_format(arena, "%llu of %llu sessions failed (%u.%u %%)",
                                   (unsigned long long)summary->sessions.failed,
                                   (unsigned long long)all, now / 10, now % 10);
    if (!before)
        return text_format(arena, "%.*s; nothing was reported in the period before",
                           TEXT_ARGS(text));
    return text_format(arena, "%.*s; %llu of %llu (%u.%u %%) in the period before",
                       TEXT_ARGS(text), (unsigned long long)summary->previous.failed,
                       (unsigned long long)before, then / 10, then % 10);
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
