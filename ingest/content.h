/* What the bytes of one part of a mail, or of one bare file, hold: a report as it is, in gzip or in
 * a zip archive, or something else. */
#ifndef INGEST_CONTENT_H
#define INGEST_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "ingest/limits.h"
#include "report/tls_report.h"

/* A document that can be read as a report. One that does not CLAIM to be one by its text or by the
 * type of its part is one only where the mail does: other documents have `policies` too. */
struct found_report {
    struct tls_report *report;
    bool claims;
};

/* What was met so far in a mail. */
struct findings {
    const struct ingest_limits *limits;
    struct arena *arena; /* owns all that is found */
    struct {
        struct found_report *at;
        size_t count;
    } reports;
    bool claims;        /* the mail claims to be a report: by a header or a part's type */
    struct text fault;  /* the first one of a part that itself claims */
    struct text reason; /* the first one of any other part that cannot be used */
};

/* Whether BYTES, which may be the first ones, begin as a report does: with gzip, zip or {, before
 * which a byte order mark and blanks may stand. */
bool content_may_be_report(struct text bytes);

/* Takes the reports in BYTES, or why there is none. CLAIMED says that the part claims to be a
 * report by its type. */
void content_read(struct text bytes, const struct report_envelope *envelope, bool claimed,
                  struct findings *findings);

/* Notes why a part cannot be used: as a fault if it CLAIMED to be a report, else as a reason.
 * SENTENCE lives as long as the arena. */
void content_fault(struct findings *findings, bool claimed, struct text sentence);

#endif
