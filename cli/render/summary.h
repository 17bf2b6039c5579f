/* The periodic summary: for its owner in words, then the numbers. */
#ifndef RENDER_SUMMARY_H
#define RENDER_SUMMARY_H

#include "render/findings.h"
#include "rules/summary.h"

struct summary_report {
    int64_t generated_at, since, until;
    const struct summary *at; /* in the order to print */
    size_t count;
    struct text client; /* unknown: of no client in particular */
};

void summary_json(struct buffer *out, const struct summary_report *report);
void summary_text(struct buffer *out, const struct summary_report *report,
                  struct text_style style);
void summary_html(struct buffer *out, const struct summary_report *report);

/* A complete message for sendmail -t, text and page. FROM may be unknown, TO empty. */
void summary_mail(struct buffer *out, const struct summary_report *report, struct text from,
                  const struct text_list *to);

#endif
