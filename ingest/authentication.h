/* Authentication-Results (RFC 8601): what the mail system that we trust says of a mail's DKIM
 * signatures. */
#ifndef INGEST_AUTHENTICATION_H
#define INGEST_AUTHENTICATION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "report/words.h"

/* Whether the field VALUE begins with AUTHSERV_ID (without regard to case; comments and folding
 * are skipped). */
bool authentication_by(struct text value, struct text authserv_id);

/* The verdict of a trusted field's VALUE (unknown: none) for a mail of SUBMITTER_DOMAIN: dkim=pass
 * with header.d or header.i equal to it or a parent of it is pass; dkim=fail without such a pass
 * is fail; else none. */
enum authenticated authentication_verdict(struct text value, struct text submitter_domain);

#endif
