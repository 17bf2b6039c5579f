/* What is left of a mail before GMime parses it: every header block keeps only the fields that
 * matter here, each once and of bounded size, parts of a multipart that are text for people are left
 * out, and the MIME structure is bounded in depth and in the number of parts. GMime makes an object of each header field and compares each line that
 * begins with "--" with every boundary around it: without this a few megabytes of "a:" lines or of
 * nested parts would take gigabytes or minutes. */
#ifndef INGEST_MAIL_HEADERS_H
#define INGEST_MAIL_HEADERS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

enum {
    MAIL_FIELD_SIZE = 16 * 1024, /* bytes of one header field; what is beyond is cut off */
    MAIL_PARTS = 20000,          /* of one mail; what is behind is cut off */
    /* Bytes of all kept header fields, where a parameter counts as many more: GMime makes an
     * object of each. What is behind is cut off. */
    MAIL_FIELDS_SIZE = 8 << 20,
    MAIL_PARAMETER_SIZE = 128,
};

struct mail_extract {
    struct buffer bytes; /* a mail for GMime; to be freed by the caller */
    /* Of the first header block, unfolded, in the arena, unknown where there is none. They never
     * reach GMime: it would make objects of what is looked at once, and decode encoded words in
     * the first. */
    struct text authentication_results; /* the topmost of the wanted authserv-id */
    struct text date, received, submitter, report_domain; /* the first of each */
    bool claims;                                          /* a TLS-Report-* field is there */
    bool too_many_parts; /* MAIL_PARTS or MAIL_FIELDS_SIZE was reached */
};

/* Extracts from MAIL, whose root entity is at DEPTH. An entity at a depth beyond MAX_DEPTH keeps
 * no Content-Type, so that GMime does not look into it. AUTHSERV_ID may be unknown. */
void mail_extract(struct text mail, unsigned depth, unsigned max_depth, struct text authserv_id,
                  struct arena *arena, struct mail_extract *extract);

#endif
