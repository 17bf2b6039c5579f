#include "render/escape.h"
#include "render/summary_words.h"
#include "render/wrap.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    unsigned width;
};

static void add(struct page *page, unsigned indent, struct text text)
{
    wrap_blanks(page->out, indent);
    wrap_lines(page->out, (struct wrap){page->width, indent}, indent, text);
}

static void add_words(struct page *page, const struct summary *summary)
{
    struct arena *arena = page->arena;
    add(page, 2, summary_reporting(arena, summary));
    add(page, 2, summary_owner(arena, summary));
    add(page, 2, summary_mta_sts(arena, summary));
    add(page, 2, summary_delivery(arena, summary));
    add(page, 2, summary_changes(arena, summary));
    add(page, 2, summary_stage(arena, summary));
    buffer_add_text(page->out, TEXT("  To do:\n"));
    add(page, 4, summary->action);
}

enum { TOP = 5 };

static void add_causes(struct page *page, const struct findings *findings)
{
    for (size_t i = 0, shown = 0; i < findings->count && shown < TOP; i++) {
        const struct finding *finding = &findings->at[i];
        if (finding->severity == SEVERITY_OK)
            continue;
        shown++;
        add(page, 4,
            text_format(page->arena, "%llu sessions: %.*s (%s, %s) [%s]",
                        (unsigned long long)finding->failed_sessions, TEXT_ARGS(finding->title),
                        finding->rule->code, state_name(finding->state), finding->id));
    }
}

static void add_reporters(struct page *page, const struct summary *summary)
{
    for (size_t i = 0; i < summary->reporters.count && i < TOP; i++) {
        const struct reporter_count *reporter = &summary->reporters.at[i];
        struct text name = text_known(reporter->name) ? reporter->name : TEXT("(no name)");
        add(page, 4,
            text_format(page->arena, "%.*s: %llu successful, %llu failed", TEXT_ARGS(name),
                        (unsigned long long)reporter->sessions.successful,
                        (unsigned long long)reporter->sessions.failed));
    }
}

static void add_changes(struct page *page, const struct changes *changes)
{
    for (size_t i = 0; i < changes->count && i < 2 * TOP; i++)
        add(page, 4,
            text_format(page->arena, "%s of %.*s [%s]", change_kind_name(changes->at[i].kind),
                        TEXT_ARGS(changes->at[i].name), changes->at[i].id));
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
    buffer_add_text(page->out, TEXT("\n  For the technical reader\n"));
    add(page, 4, summary_rate(page->arena, summary));
    add_causes(page, &summary->diagnosis->findings);
    if (summary->reporters.count)
        buffer_add_text(page->out, TEXT("  Reporters\n"));
    add_reporters(page, summary);
    if (summary->changes.count)
        buffer_add_text(page->out, TEXT("  Changes\n"));
    add_changes(page, &summary->changes);
}

void summary_text(struct buffer *out, const struct summary_report *report,
                  struct text_style style)
{
    ARENA_AUTO arena = {0};
    struct page page = {out, &arena, style.width ? style.width : 80};
    if (page.width < 40)
        page.width = 40;
    add(&page, 0,
        text_format(&arena, "Encrypted delivery of mail, %.*s: %.*s",
                    TEXT_ARGS(summary_period(&arena, report)),
                    TEXT_ARGS(summary_verdict(&arena, report))));
    for (size_t i = 0; i < report->count; i++)
        add_domain(&page, &report->at[i]);
    buffer_add_char(out, '\n');
    add(&page, 0, text_of(audit_disclaimer));
}
