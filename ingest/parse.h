/* The bytes of one document become a struct tls_report, with a warning for each departure from the
 * RFC, or the reason why not. */
#ifndef INGEST_PARSE_H
#define INGEST_PARSE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "ingest/limits.h"
#include "report/tls_report.h"

enum document_kind {
    DOCUMENT_OTHER = 0, /* something else: no report, and does not claim to be one */
    DOCUMENT_REPORT, /* a report, if `claims` is set or the mail around it claims to be one */
    DOCUMENT_FAULTY, /* it cannot be used: `fault` says why, `claims` whether it is a report */
};

struct document {
    enum document_kind kind;
    bool claims; /* the text itself claims to be a TLS report (SPEC.md: a JSON object with
                  * `policies` and …; where it cannot be parsed, the word "policies") */
    struct tls_report *report;
    struct text fault; /* a sentence, without a byte of the document unescaped */
};

/* Reads one document, all in ARENA. It fills every field of the report but what it does not know:
 * `authenticated` is decided by authentication_verdict() from the envelope and the submitter. */
void document_read(struct text bytes, const struct report_envelope *envelope,
                   const struct ingest_limits *limits, struct arena *arena,
                   struct document *document);

/* sender!policy-domain!begin!end[!unique].json[.gz], RFC 8460 §5.1. Fields that are not there are
 * unknown. */
struct report_file_name {
    struct text sender, policy_domain;
    int64_t begin, end;
};
struct report_file_name report_file_name_read(struct arena *arena, struct text name);

/* The canonical form of an address (RFC 5952) without brackets, port and zone, TEXT itself where it
 * is that; unknown where it is none. *PLAIN says that nothing had to be taken off. */
struct text address_read(struct arena *arena, struct text text, bool *plain);

#endif
