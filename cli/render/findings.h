/* What the analysis found, for machines (JSON, SPEC.md "Findings"), for a terminal (text), and for a
 * browser (one self-contained page). All three say the same: every text of a finding is in each of
 * them. Everything that came from a report or a server is escaped here and nowhere else. */
#ifndef RENDER_FINDINGS_H
#define RENDER_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rules/diagnose.h"
#include "rules/finding.h"
#include "rules/rule.h"

struct findings_report {
    int64_t generated_at;
    int64_t since, until; /* TIME_UNKNOWN where the window has no such end: null in JSON */
    const struct diagnosis *at; /* one for each domain, in the order to print */
    size_t count;
    const struct shared_faults *shared; /* their findings are those of `at`; may be null */
};

struct text_style {
    unsigned width; /* columns of the terminal; 0: 80. Less than 40 is taken for 40 */
    bool colour;    /* for a terminal: only where there is work */
    /* Also in full: acknowledged findings, each domain's part in a shared fault, and domains without
     * findings. */
    bool verbose;
};

/* The columns to write for: never 0, never less than 40. */
unsigned text_width(struct text_style style);

/* Append the whole report. JSON is one object and a line feed. */
void findings_json(struct buffer *out, const struct findings_report *report);
void findings_text(struct buffer *out, const struct findings_report *report,
                   struct text_style style);
void findings_html(struct buffer *out, const struct findings_report *report);

/* Append one finding in full: also its sessions by day, reporter, MX and address. JSON has the keys that
 * the finding has in findings_json(), then "domain", "acknowledged_until", "acknowledged_note",
 * "by_day", "by_reporter", "by_mx", "by_address". */
void finding_json(struct buffer *out, const struct finding *finding);
void finding_text(struct buffer *out, const struct finding *finding, struct text_style style);

/* Append what a code means, by rule_text_of(): what it is, what it does to mail, how the program knows, what
 * to do. */
void code_text(struct buffer *out, const struct rule *rule, struct text_style style);

/* Append how bad RULE's findings are, whose fault they are, and by which result types they are reported. */
void code_severity(struct buffer *out, const struct rule *rule);
void code_side(struct buffer *out, const struct rule *rule);
void code_result_types(struct buffer *out, const struct rule *rule);

/* Append a line for each of COUNT rules: the code and its title. */
void codes_text(struct buffer *out, const struct rule *at, size_t count,
                struct text_style style);

#endif
