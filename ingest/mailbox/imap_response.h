/* One response of an IMAP server (RFC 3501 §7), taken apart. */
#ifndef MAILBOX_IMAP_RESPONSE_H
#define MAILBOX_IMAP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum imap_kind {
    IMAP_OTHER = 0, /* nothing that we know: to be ignored */
    IMAP_OK,        /* these three tagged or not */
    IMAP_NO,
    IMAP_BAD,
    IMAP_BYE,
    IMAP_CONTINUE, /* "+ …" */
    IMAP_CAPABILITY,
    IMAP_EXISTS,
    IMAP_FETCH,
    IMAP_LIST,
};

struct imap_response {
    enum imap_kind kind;
    struct text tag;  /* unknown: it has none */
    struct text code; /* of a status, what stands in its brackets; unknown: there are none */
    struct text text; /* of a status, for people; of CAPABILITY, the words */

    uint32_t number; /* of EXISTS */

    /* FETCH. 0: not told. */
    uint32_t uid;
    uint64_t size; /* RFC822.SIZE */
    bool has_body; /* a BODY[] that is not NIL; may be empty */
    struct text
        quoted; /* a body that came as quoted string, its escapes undone; else unknown */

    /* LIST */
    char separator; /* 0: NIL */
    bool selectable;
    struct text name; /* as sent, without quotes and escapes */
};

/* A literal (RFC 3501 §4.3) that stood in the line. The line has its "{…}" still. */
struct imap_literal {
    size_t at;        /* of its '{' in the line */
    bool is_body;     /* its bytes were handed over already */
    struct text text; /* else these are they */
};

/* Takes LINE (without its end) apart. SCRATCH has at least as many bytes as LINE; what needs unescaping
 * goes there. Never fails: what is not understood is IMAP_OTHER. A literal that is a body but stands
 * anywhere else than as the value of the only BODY[] makes it IMAP_OTHER. */
void imap_response_parse(struct text line, const struct imap_literal *literals, size_t count,
                         char *scratch, struct imap_response *response);

/* Whether a response that begins with LINE may hold literals: a status may not, as its text is for
 * people and may end in anything. */
bool imap_response_has_literals(struct text line);

/* Whether LINE, which ends before the '{' of a literal, says that a body follows. */
bool imap_response_body_next(struct text line);

#endif
