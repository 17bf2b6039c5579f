/* What a summary says in words, for text, page and mail alike. */
#ifndef RENDER_SUMMARY_WORDS_H
#define RENDER_SUMMARY_WORDS_H

#include "base/arena.h"
#include "render/summary.h"

/* Sentences for people who are not technical, in ARENA. */
struct text summary_reporting(struct arena *arena, const struct summary *summary);
struct text summary_owner(struct arena *arena, const struct summary *summary);
struct text summary_mta_sts(struct arena *arena, const struct summary *summary);
struct text summary_delivery(struct arena *arena, const struct summary *summary);
struct text summary_stage(struct arena *arena, const struct summary *summary);
struct text summary_changes(struct arena *arena, const struct summary *summary);

/* "12 of 4000 sessions failed (0.3 %); 3 of 3800 (0.1 %) in the period before". */
struct text summary_rate(struct arena *arena, const struct summary *summary);

/* "Encrypted delivery of mail, 2026-10-01 to 2026-10-31", with the client where there is one. */
struct text summary_title(struct arena *arena, const struct summary_report *report);

/* "2026-10-01 to 2026-10-31". */
struct text summary_period(struct arena *arena, const struct summary_report *report);

/* The verdict in a few words: "example.com: 1 thing to do", "all quiet". */
struct text summary_verdict(struct arena *arena, const struct summary_report *report);

/* The findings that sessions failed by, those with the most first; and the others, but for those that say
 * that something is in order. At most MAX into TOP; returns how many there are in all. */
size_t summary_causes(const struct findings *findings, const struct finding **top, size_t max);
size_t summary_others(const struct findings *findings, const struct finding **top, size_t max);

/* The reporters with the most sessions, MOST of them, and behind these who is silent against its habit, MAX in all; returns
 * how many are in TOP. */
size_t summary_reporters(const struct summary *summary, const struct reporter_count **top,
                         size_t most, size_t max);

/* "(no name)" where reports name nobody. */
struct text summary_reporter_name(const struct reporter_count *reporter);

/* Whether the domain asks for work: a finding that is open, not acknowledged, and a warning at least. */
bool summary_needs_work(const struct summary *summary);

#endif
