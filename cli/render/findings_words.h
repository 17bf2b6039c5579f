/* The sentences that text and HTML share about findings, and the order in which both tell them. Nothing
 * here is escaped: that is done where it is printed. */
#ifndef RENDER_FINDINGS_WORDS_H
#define RENDER_FINDINGS_WORDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "render/findings.h"

/* ---- which, and in which order ---- */

/* The findings of a domain come in three parts. */
enum part { PART_OPEN, PART_ACKNOWLEDGED, PART_STOPPED, PART_COUNT };
enum part part_of(const struct finding *finding);

/* Finds the shared fault that a finding is one of. */
struct shared_index {
    const struct shared_fault **at; /* sorted */
    size_t count;
};
struct shared_index shared_index_of(const struct shared_faults *faults, struct arena *arena);

/* Null where it is no fault of a host that domains share. */
const struct shared_fault *shared_find(const struct shared_index *index,
                                       const struct finding *finding);

/* The finding by which a shared fault is told: the first that nobody acknowledged, else the first. */
const struct finding *shared_example(const struct shared_fault *fault);

/* Whether all that is to be said of a domain fits one line. */
bool is_quiet(const struct diagnosis *diagnosis);

/* The worst finding that is open and at least a warning, or null; *SHARED is the fault it is one of. */
const struct finding *first_to_do(const struct findings_report *report,
                                  const struct shared_index *index,
                                  const struct shared_fault **shared);

/* How many are open, by severity, how many acknowledged, and how many stopped. */
struct finding_counts {
    size_t open[SEVERITY_COUNT], acknowledged, stopped;
};
struct finding_counts count_findings(const struct findings_report *report);

/* ---- sentences, in ARENA ---- */

/* "2 critical, 1 warning; 1 stopped"; or "no findings". */
struct text words_of_counts(struct arena *arena, const struct finding_counts *counts);

/* "3 domains, 2026-10-25 to 2026-11-24". */
struct text words_of_scope(struct arena *arena, const struct findings_report *report);

/* What to do where nothing is: "Nothing to do.", or that the notices can wait. */
const char *words_of_nothing(const struct finding_counts *counts);

/* The first sentence of the action, for the line on top. */
struct text words_of_first_step(struct arena *arena, const struct finding *finding);

/* "1204 successful, 36 failed, 30 of these explained". */
struct text words_of_sessions(struct arena *arena, const struct diagnosis *diagnosis);

/* "mode testing; not ready to enforce". */
struct text words_of_readiness(struct arena *arena, const struct diagnosis *diagnosis);

/* What mail it is about, how much, and who says so. */
struct text words_of_subject(struct arena *arena, const struct finding *finding);

/* Whether mail was refused, and whose side it is; IS_SHARED: said for all domains of a shared fault. */
struct text words_of_impact(const struct finding *finding);
struct text words_of_side(const struct finding *finding, bool is_shared);

/* "since 2026-11-01", "stopped, from 2026-11-01 to 2026-11-08". */
struct text words_of_since(struct arena *arena, const struct finding *finding);

/* When a fix was seen, what senders may hold of before, and who has reported since; empty where none was seen. */
struct text words_of_fix(struct arena *arena, const struct finding *finding);

/* "acknowledged until 2026-12-24: being renewed", or empty. */
struct text words_of_acknowledgement(struct arena *arena, const struct finding *finding);

/* "CRITICAL". */
const char *words_of_severity(enum severity severity);

/* Appends it, in its colour where COLOURED: only warnings and what is worse have one. */
void put_severity(struct buffer *out, enum severity severity, bool coloured);

/* What an evidence is from, in a word or two; a static string. */
const char *words_of_source(enum evidence_source source);

/* "mx.hoster.example, used by 40 of these domains". */
struct text words_of_shared(struct arena *arena, const struct shared_fault *fault);

/* "40 sessions failed in all; the evidence is that of a.example". */
struct text words_of_shared_sessions(struct arena *arena, const struct shared_fault *fault);

/* The number of sessions with its noun. */
struct text words_of_number(struct arena *arena, uint64_t count, const char *one,
                            const char *many);

/* ---- the meaning of words ---- */

struct gloss {
    const char *word, *meaning;
};

/* The next word in the texts of FINDING that *SEEN does not have yet: adds it there. Null when there is
 * none. *SEEN begins as 0. */
const struct gloss *next_gloss(const struct finding *finding, unsigned *seen);

#endif
