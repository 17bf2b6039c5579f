#include "render/habit_words.h"

#include "base/time.h"
#include "base/vector.h"

enum { HOUR = 3600, MANY_DAYS = 2 };

/* ---- parts ---- */

static void add_part(struct buffer *out, const char *between)
{
    if (out->length)
        buffer_add_text(out, text_of(between));
}

static void add_rhythm(struct buffer *out, const struct habit *habit)
{
    int64_t days = habit->rhythm.gap / TIME_DAY;
    if (habit->rhythm.gap == TIME_UNKNOWN)
        buffer_format(out, "reports of %u day%s so far", habit->rhythm.days,
                      habit->rhythm.days == 1 ? "" : "s");
    else if (days == 1)
        buffer_add_text(out, TEXT("every day"));
    else
        buffer_format(out, "every %lld days", (long long)days);
}

static void add_delay(struct buffer *out, const struct habit *habit)
{
    int64_t hours = (habit->delay + HOUR / 2) / HOUR;
    if (habit->delay == TIME_UNKNOWN)
        return;
    if (hours < 1)
        buffer_add_text(out, TEXT(", within the hour"));
    else if (hours < MANY_DAYS * TIME_DAY / HOUR)
        buffer_format(out, ", %lld hour%s later", (long long)hours, hours == 1 ? "" : "s");
    else
        buffer_format(out, ", %lld days later",
                      (long long)((habit->delay + TIME_DAY / 2) / TIME_DAY));
}

static void add_sender(struct buffer *out, const struct sender *sender)
{
    static const struct {
        enum answer dane, sts;
        const char *text;
    } words[] = {
        {ANSWER_YES, ANSWER_YES, "does DANE and MTA-STS"},
        {ANSWER_YES, ANSWER_UNKNOWN, "does DANE"},
        {ANSWER_NO, ANSWER_YES, "does MTA-STS, no DANE"},
        {ANSWER_UNKNOWN, ANSWER_YES, "does MTA-STS"},
        {ANSWER_NO, ANSWER_UNKNOWN, "no DANE"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (sender->dane != words[i].dane || sender->sts != words[i].sts)
            continue;
        add_part(out, "; ");
        buffer_add_text(out, text_of(words[i].text));
    }
}

static void add_kept(struct buffer *out, int64_t kept_for)
{
    if (kept_for == TIME_UNKNOWN)
        return;
    add_part(out, "; ");
    int64_t hours = (kept_for + HOUR - 1) / HOUR;
    if (!hours)
        buffer_add_text(out, TEXT("took each new policy at once"));
    else if (hours < MANY_DAYS * TIME_DAY / HOUR)
        buffer_format(out, "used a former policy for %lld hour%s", (long long)hours,
                      hours == 1 ? "" : "s");
    else
        buffer_format(out, "used a former policy for %lld days",
                      (long long)((kept_for + TIME_DAY - 1) / TIME_DAY));
}

/* ---- sentences ---- */

struct text words_of_habit(struct arena *arena, const struct habit *habit)
{
    BUFFER_AUTO out = {0};
    add_rhythm(&out, habit);
    add_delay(&out, habit);
    buffer_format(&out, ", %s%llu session%s each", habit->reports > 1 ? "about " : "",
                  (unsigned long long)habit->sessions, habit->sessions == 1 ? "" : "s");
    add_sender(&out, &habit->sender);
    add_kept(&out, habit->kept_for);
    return text_copy(arena, buffer_text(&out));
}

struct text words_of_silence(struct arena *arena, const struct habit *habit)
{
    char date[TIME_TEXT_SIZE];
    return text_format(arena, "silent against its habit: the next report was due about %s",
                       time_date(habit->due_at, date));
}

/* ---- JSON ---- */

static void put_seconds(struct json_out *json, const char *key, int64_t seconds)
{
    if (seconds == TIME_UNKNOWN)
        json_null(json, key);
    else
        json_signed(json, key, seconds);
}

static void put_answer(struct json_out *json, const char *key, enum answer answer)
{
    if (answer == ANSWER_UNKNOWN)
        json_null(json, key);
    else
        json_bool(json, key, answer == ANSWER_YES);
}

void habit_keys(struct json_out *json, const struct habit *habit)
{
    static const struct habit nothing = {.rhythm.gap = TIME_UNKNOWN,
                                         .delay = TIME_UNKNOWN,
                                         .kept_for = TIME_UNKNOWN,
                                         .last_end = TIME_UNKNOWN,
                                         .due_at = TIME_UNKNOWN};
    const struct habit *told = habit ? habit : &nothing;
    json_unsigned(json, "reports", told->reports);
    json_unsigned(json, "days", told->rhythm.days);
    put_seconds(json, "usual_gap_seconds", told->rhythm.gap);
    put_seconds(json, "usual_delay_seconds", told->delay);
    json_unsigned(json, "sessions_per_report", told->sessions);
    put_answer(json, "dane", told->sender.dane);
    put_answer(json, "mta_sts", told->sender.sts);
    put_seconds(json, "kept_policy_seconds", told->kept_for);
    json_time(json, "last_report_at", told->last_end);
    json_time(json, "due_at", told->due_at);
    json_bool(json, "silent", told->silent);
}
