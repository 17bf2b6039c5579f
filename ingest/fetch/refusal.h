/* Why a server did not let us in: its own words, and what to do. */
#ifndef FETCH_REFUSAL_H
#define FETCH_REFUSAL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "mailbox/fetch_job.h"

enum { REFUSAL_TEXT = 300 };

/* What the server said that might tell why. */
struct refusal {
    char text[REFUSAL_TEXT];   /* of its last NO, BAD or BYE */
    char detail[REFUSAL_TEXT]; /* what OAuth has to say: JSON */
};

/* Takes note of a line of the server. */
void refusal_note(struct refusal *refusal, struct text line);

/* Says in ERR why libcurl ended with CODE; VERIFIED is OpenSSL's word on the certificate, SAID libcurl's own
 * text. *LASTING: trying again will not help. Returns false. */
bool refusal_explain(const struct refusal *refusal, CURLcode code, long verified,
                     const char *said, const struct fetch_job *job, bool *lasting,
                     struct error *err);

#endif
