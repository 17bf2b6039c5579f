#include "base/time.h"
#include "render/escape.h"
#include "render/forecast.h"
#include "render/habit_words.h"
#include "render/summary_words.h"
#include "render/wrap.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    unsigned width;
};

/* One paragraph: a line feed in a name that a stranger chose begins no line. */
static void add(struct page *page, unsigned indent, struct text text)
{
    wrap_blanks(page->out, indent);
    wrap_paragraph(page->out, (struct wrap){page->width, indent}, indent, text);
}

static void add_words(struct page *page, const struct summary *summary)
{
    struct arena *arena = page->arena;
    add(page, 2, summary_reporting(arena, summary));
    add(page, 2, summary_owner(arena, summary));
    add(page, 2, summary_mta_sts(arena, summary));
    add(page, 2, summary_delivery(arena, summary));
    add(page, 2, summary_changes(arena, summary));
    add(page, 2, text_format(arena, "Stage: %.*s", TEXT_ARGS(summary_stage(arena, summary))));
    buffer_add_text(page->out, TEXT("  To do:\n    "));
    wrap_lines(page->out, (struct wrap){page->width, 4}, 4, summary->action);
}

enum { TOP = 5 };

static void add_more(struct page *page, size_t count, size_t shown)
{
    if (count > shown)
        buffer_format(page->out, "    and %zu more\n", count - shown);
}

static void add_causes(struct page *page, const struct findings *findings)
{
    const struct finding *top[TOP];
    size_t count = summary_causes(findings, top, TOP);
    if (count)
        buffer_add_text(page->out, TEXT("  Causes\n"));
    for (size_t i = 0; i < count && i < TOP; i++)
        add(page, 4,
            text_format(page->arena, "%llu sessions: %.*s (%s, %s) [%s]",
                        (unsigned long long)top[i]->failed_sessions, TEXT_ARGS(top[i]->title),
                        top[i]->rule->code, state_name(top[i]->state), top[i]->id));
    add_more(page, count, TOP);
}

static void add_others(struct page *page, const struct findings *findings)
{
    const struct finding *top[TOP];
    size_t count = summary_others(findings, top, TOP);
    if (count)
        buffer_add_text(page->out, TEXT("  Also found\n"));
    for (size_t i = 0; i < count && i < TOP; i++)
        add(page, 4,
            text_format(page->arena, "%s: %.*s (%s, %s) [%s]", severity_name(top[i]->severity),
                        TEXT_ARGS(top[i]->title), top[i]->rule->code, state_name(top[i]->state),
                        top[i]->id));
    add_more(page, count, TOP);
}

static void add_reporter(struct page *page, const struct reporter_count *reporter)
{
    struct arena *arena = page->arena;
    const struct habit *habit = reporter->habit;
    add(page, 4,
        text_format(arena, "%.*s: %llu successful, %llu failed",
                    TEXT_ARGS(summary_reporter_name(reporter)),
                    (unsigned long long)reporter->sessions.successful,
                    (unsigned long long)reporter->sessions.failed));
    if (habit)
        add(page, 6, words_of_habit(arena, habit));
    if (habit && habit->silent)
        add(page, 6, words_of_silence(arena, habit));
}

static void add_reporters(struct page *page, const struct summary *summary)
{
    const struct reporter_count *top[2 * TOP];
    size_t shown = summary_reporters(summary, top, TOP, sizeof top / sizeof *top);
    if (shown)
        buffer_add_text(page->out, TEXT("  Reporters\n"));
    for (size_t i = 0; i < shown; i++)
        add_reporter(page, top[i]);
    add_more(page, summary->reporters.count, shown);
}

static void add_changes(struct page *page, const struct changes *changes)
{
    char date[TIME_TEXT_SIZE];
    if (changes->count)
        buffer_add_text(page->out, TEXT("  Changes\n"));
    for (size_t i = 0; i < changes->count && i < 2 * TOP; i++)
        add(page, 4,
            text_format(page->arena, "%s of %.*s, seen %s [%s]",
                        change_kind_name(changes->at[i].kind), TEXT_ARGS(changes->at[i].name),
                        time_date(changes->at[i].first_seen, date), changes->at[i].id));
    add_more(page, changes->count, 2 * TOP);
}

static void add_domain(struct page *page, const struct summary *summary)
{
    buffer_add_char(page->out, '\n');
    escape_line(page->out, summary->audit->domain);
    if (text_known(summary->audit->client)) {
        buffer_add_text(page->out, TEXT(" ("));
        escape_line(page->out, summary->audit->client);
        buffer_add_char(page->out, ')');
    }
    buffer_format(page->out, ": TLS-RPT %s\n", audit_status_name(summary->audit->status));
    add_words(page, summary);
    forecast_text(page->out, summary->forecast, page->width, 2);
    buffer_add_text(page->out, TEXT("\n  For the technical reader\n"));
    add(page, 4, summary_rate(page->arena, summary));
    add_causes(page, &summary->diagnosis->findings);
    add_others(page, &summary->diagnosis->findings);
    add_reporters(page, summary);
    add_changes(page, &summary->changes);
}

void summary_text(struct buffer *out, const struct summary_report *report,
                  struct text_style style)
{
    ARENA_AUTO arena = {0};
    struct page page = {out, &arena, text_width(style)};
    add(&page, 0,
        text_format(&arena, "%.*s: %.*s", TEXT_ARGS(summary_title(&arena, report)),
                    TEXT_ARGS(summary_verdict(&arena, report))));
    for (size_t i = 0; i < report->count; i++)
        add_domain(&page, &report->at[i]);
    buffer_add_char(out, '\n');
    add(&page, 0, text_of(audit_disclaimer));
}
