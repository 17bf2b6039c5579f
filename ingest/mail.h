/* What one mail, or one bare file, holds. */
#ifndef INGEST_MAIL_H
#define INGEST_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "ingest/limits.h"
#include "report/tls_report.h"

/* What the bytes to read may be. Only a mail tells whether its sender was vouched for: from whom nobody
 * knows, none must be taken. */
enum reader_form {
    READER_ANY = 0,      /* a mail or a bare report */
    READER_BARE,         /* a bare report; a mail is something else */
    READER_BARE_CLAIMED, /* the same, and it came with a type that claims it to be one */
};

struct reader_options {
    enum reader_form form;
    struct ingest_limits limits;
    struct text authserv_id; /* unknown: no field is trusted */
};

/* The result of reading: reports, or why there is none. Nothing of both: something else. */
struct reading {
    struct tls_report **reports;
    size_t report_count;
    struct text fault;   /* a sentence why the mail goes to quarantine, or unknown */
    int64_t received_at; /* the topmost Received's date, else Date, or TIME_UNKNOWN */
};

/* Starts GMime; call once in each process before the first mail_read(). */
void mail_start(void);

/* Reads BYTES, recognised by content: gzip, zip or { is a bare report, anything else a mail (a
 * leading "From " line is skipped). FILE_NAME, without folder, is the bare file's. TRUNCATED says
 * that BYTES are the first of a mail over the limit: then it only looks whether the mail claims to
 * be a report. The result lives in ARENA. */
void mail_read(struct text bytes, struct text file_name, bool truncated,
               const struct reader_options *options, struct arena *arena,
               struct reading *reading);

/* The time in a Date or Received header's text, read generously: a weekday or the seconds may be
 * missing, a zone may be a name. TIME_UNKNOWN where there is none between 1970 and 9999. */
int64_t mail_date(struct text text);

#endif
