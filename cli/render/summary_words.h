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

/* "12 of 4,000 sessions failed (0.3 %); 0.1 % in the period before". */
struct text summary_rate(struct arena *arena, const struct summary *summary);

/* "2026-10-01 to 2026-10-31". */
struct text summary_period(struct arena *arena, const struct summary_report *report);

/* The verdict in a few words: "example.com: 1 thing to do", "all quiet". */
struct text summary_verdict(struct arena *arena, const struct summary_report *report);

/* Whether the domain asks for work: a finding that is open, not acknowledged, and a warning at least. */
bool summary_needs_work(const struct summary *summary);

#endif
