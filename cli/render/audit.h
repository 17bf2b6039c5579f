/* The audit of TLS reporting: for people, for machines, as a table, as one page. */
#ifndef RENDER_AUDIT_H
#define RENDER_AUDIT_H

#include "render/findings.h"
#include "rules/audit.h"

struct audit_report {
    int64_t generated_at;
    const struct audit *at; /* in the order to print */
    size_t count;
};

void audit_json(struct buffer *out, const struct audit_report *report);
void audit_text(struct buffer *out, const struct audit_report *report, struct text_style style);
/* RFC 4180, one row a domain; no cell starts a formula. */
void audit_csv(struct buffer *out, const struct audit_report *report);
void audit_html(struct buffer *out, const struct audit_report *report);

/* The table of its six checks. */
void audit_html_checks(struct buffer *out, const struct audit *audit);

#endif
