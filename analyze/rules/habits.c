#include "rules/habits.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/rule.h"

/* ---- numbers ---- */

struct numbers {
    int64_t *at;
    size_t count;
};

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort(struct numbers *numbers)
{
    if (numbers->count)
        qsort(numbers->at, numbers->count, sizeof *numbers->at, compare_numbers);
}

/* Of sorted ones that below which TENTHS of ten lie; the lower of two in the middle. */
static int64_t quantile(const struct numbers *numbers, size_t tenths)
{
    return numbers->count ? numbers->at[(numbers->count - 1) * tenths / 10] : TIME_UNKNOWN;
}

/* ---- days and delays ---- */

/* More is no delay of a report, but a mail that somebody moved. */
enum { DELAY_MAX = 30 * TIME_DAY };

static void learn_reports(const struct groups *groups, const struct reporter_seen *reporter,
                          struct numbers *days, struct numbers *delays,
                          struct numbers *sessions, struct habit *habit)
{
    for (size_t i = 0; i < reporter->reports.count; i++) {
        const struct report_seen *report = &groups->reports.at[reporter->reports.at[i]];
        uint64_t total = sessions_add(report->total.successful, report->total.failed);
        days->at[days->count++] = time_day(report->begin);
        sessions->at[sessions->count++] = (int64_t)total;
        int64_t received = report->received_at;
        if (received >= report->end && received - report->end <= DELAY_MAX)
            delays->at[delays->count++] = received - report->end;
        if (!habit->reports || report->begin < habit->first_begin)
            habit->first_begin = report->begin;
        if (!habit->reports || report->begin > habit->last_begin)
            habit->last_begin = report->begin;
        if (!habit->reports || report->end > habit->last_end)
            habit->last_end = report->end;
        habit->reports++;
        habit->authenticated = habit->authenticated || reporter->authenticated;
    }
}

struct rhythm rhythm_of(int64_t *days, size_t count)
{
    struct rhythm rhythm = {count > 0, TIME_UNKNOWN, TIME_UNKNOWN};
    struct numbers sorted = {days, count}, gaps = {days, 0};
    sort(&sorted);
    int64_t last = count ? days[0] : 0;
    for (size_t i = 1; i < count; i++) {
        if (days[i] == last)
            continue;
        int64_t gap = days[i] - last;
        last = days[i];
        /* It takes the place of a day that was looked at. */
        gaps.at[gaps.count++] = gap;
    }
    rhythm.days += (unsigned)gaps.count;
    sort(&gaps);
    if (gaps.count >= HABIT_GAPS) {
        rhythm.gap = quantile(&gaps, 5);
        rhythm.long_gap = quantile(&gaps, 9);
    }
    return rhythm;
}

static void learn_delays(struct numbers *delays, struct habit *habit)
{
    habit->delay = habit->long_delay = TIME_UNKNOWN;
    sort(delays);
    if (delays->count < HABIT_DELAYS)
        return;
    habit->delay = quantile(delays, 5);
    habit->long_delay = quantile(delays, 9);
}

/* A day of grace on top of what is usual: the day of a report is not over until the next. */
static void learn_due(const struct inquiry *inquiry, struct habit *habit)
{
    habit->due_at = TIME_UNKNOWN;
    if (habit->rhythm.gap == TIME_UNKNOWN)
        return;
    int64_t delay = habit->delay == TIME_UNKNOWN ? TIME_DAY : habit->delay;
    int64_t late = habit->long_delay == TIME_UNKNOWN ? TIME_DAY : habit->long_delay;
    habit->due_at = habit->last_end + habit->rhythm.gap + delay;
    habit->silent = inquiry->now > habit->last_end + habit->rhythm.long_gap + late + TIME_DAY;
}

/* ---- DANE and MTA-STS ---- */

/* Of each sight whether an MX host has a TLSA that senders go by. */
static const bool *dane_of_sights(const struct inquiry *inquiry)
{
    const struct sights *sights = &inquiry->sights;
    bool *dane = arena_array(inquiry->arena, sights->count, sizeof *dane);
    for (size_t i = 0; i < sights->count; i++) {
        bool same = i && sights->at[i].content == sights->at[i - 1].content;
        dane[i] = same ? dane[i - 1] : sight_has_dane(inquiry, &sights->at[i]);
    }
    return dane;
}

/* A sender does DANE if it ever reported under tlsa, and none if it never did where there was a TLSA; it does
 * MTA-STS if it reported under sts or looked for a policy. */
static void learn_sender(const struct inquiry *inquiry, const bool *dane,
                         const struct reporter_seen *reporter, bool *met_dane,
                         struct sender *sender)
{
    for (size_t i = 0; i < reporter->reports.count; i++) {
        const struct report_seen *report =
            &inquiry->groups->reports.at[reporter->reports.at[i]];
        const struct sight *sight = sight_of_report(inquiry, report);
        *met_dane = *met_dane || (sight && dane[sight - inquiry->sights.at]);
        if (report->types & UNDER(TLSA))
            sender->dane = ANSWER_YES;
        if (report->types & (UNDER(STS) | UNDER(NO_POLICY_FOUND)))
            sender->sts = ANSWER_YES;
    }
}

/* ---- how long a policy is kept ---- */

/* When an observation first showed that POLICY, of which the last sight is at LAST, is served no more;
 * TIME_UNKNOWN: it is. */
static int64_t served_until(const struct inquiry *inquiry, size_t last)
{
    const struct sights *sights = &inquiry->sights;
    for (size_t i = last + 1; i < sights->count; i++)
        if (sight_serves(&sights->at[i]))
            return sights->at[i].taken_at;
    return TIME_UNKNOWN;
}

static void learn_kept(const struct inquiry *inquiry, const struct reporter_seen *reporter,
                       struct habit *habit)
{
    for (size_t i = 0; i < reporter->used.count; i++) {
        const struct policy_used *used = &reporter->used.at[i];
        if (!used->policy->sts->valid)
            continue;
        size_t last = policy_last_served(inquiry, used->policy->sts, INT64_MAX);
        int64_t until = last == SIZE_MAX ? TIME_UNKNOWN : served_until(inquiry, last);
        /* Only who has reported after that can tell. */
        if (until == TIME_UNKNOWN || habit->last_begin <= until)
            continue;
        int64_t kept = used->last_begin > until ? used->last_begin - until : 0;
        habit->kept_for = kept > habit->kept_for ? kept : habit->kept_for;
    }
}

/* ---- one reporter, all reporters ---- */

/* What the reports alone tell: their days, delays and numbers. */
static struct habit learn_times(const struct inquiry *inquiry,
                                const struct reporter_seen *reporter)
{
    ARENA_AUTO scratch = {0};
    const struct reporter_seen *twin = reporter->twin;
    size_t count = reporter->reports.count + (twin ? twin->reports.count : 0);
    struct numbers days = {arena_array(&scratch, count, sizeof *days.at), 0};
    struct numbers delays = {arena_array(&scratch, count, sizeof *delays.at), 0};
    struct numbers sessions = {arena_array(&scratch, count, sizeof *sessions.at), 0};
    struct habit habit = {.name = reporter->name, .kept_for = TIME_UNKNOWN};
    learn_reports(inquiry->groups, reporter, &days, &delays, &sessions, &habit);
    if (twin)
        learn_reports(inquiry->groups, twin, &days, &delays, &sessions, &habit);
    sort(&sessions);
    habit.sessions = (uint64_t)quantile(&sessions, 5);
    habit.rhythm = rhythm_of(days.at, days.count);
    learn_delays(&delays, &habit);
    learn_due(inquiry, &habit);
    return habit;
}

static struct habit learn(const struct inquiry *inquiry, const bool *dane,
                          const struct reporter_seen *reporter)
{
    struct habit habit = learn_times(inquiry, reporter);
    bool met_dane = false;
    const struct reporter_seen *both[] = {reporter, reporter->twin};
    for (int i = 0; i < 2 && both[i]; i++) {
        learn_sender(inquiry, dane, both[i], &met_dane, &habit.sender);
        learn_kept(inquiry, both[i], &habit);
    }
    if (!habit.sender.dane && met_dane)
        habit.sender.dane = ANSWER_NO;
    return habit;
}

int64_t habit_due_at(const struct inquiry *inquiry, const struct reporter_seen *reporter)
{
    return learn_times(inquiry, reporter).due_at;
}

static int compare_habits(const void *a, const void *b)
{
    const struct habit *x = a, *y = b;
    if (x->reports != y->reports)
        return x->reports < y->reports ? 1 : -1;
    return text_compare(x->name, y->name);
}

void habits_learn(const struct inquiry *inquiry, struct habits *habits)
{
    const struct groups *groups = inquiry->groups;
    const bool *dane = dane_of_sights(inquiry);
    *habits = (struct habits){0};
    for (size_t i = 0; i < groups->reporters.count; i++)
        if (!groups->reporters.at[i]->is_second)
            VECTOR_ADD(inquiry->arena, habits, learn(inquiry, dane, groups->reporters.at[i]));
    if (habits->count)
        qsort(habits->at, habits->count, sizeof *habits->at, compare_habits);
}

const struct habit *habit_of(const struct habits *habits, struct text name)
{
    for (size_t i = 0; i < habits->count; i++)
        if (text_equal(habits->at[i].name, name))
            return &habits->at[i];
    return NULL;
}
