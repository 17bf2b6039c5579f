/* The TLS-RPT record, TXT at `_smtp._tls.DOMAIN` (RFC 8460 §3). */
#ifndef PUBLISHED_TLSRPT_RECORD_H
#define PUBLISHED_TLSRPT_RECORD_H

#include <stdbool.h>

#include "base/text.h"
#include "published/txt_record.h"

enum tlsrpt_scheme {
    TLSRPT_SCHEME_OTHER = 0, /* none, or one to which nobody delivers */
    TLSRPT_SCHEME_MAILTO,
    TLSRPT_SCHEME_HTTPS,
};

/* One destination. */
struct tlsrpt_rua {
    struct text uri; /* as it stands in the record, without blanks around it */
    size_t offset;   /* in the record */
    enum tlsrpt_scheme scheme;
    struct text address; /* mailto: decoded, the domain in lower case; else unknown */
    struct text
        domain;  /* of the address, or the host of the https URL; a host name, or unknown */
    bool usable; /* reports can be sent there as far as its text says */
};

struct tlsrpt_ruas {
    struct tlsrpt_rua *at;
    size_t count;
};

struct tlsrpt_record {
    enum txt_state state; /* the members below but `faults` and `corrected` need TXT_ONE */
    size_t index;         /* which string: see struct txt_selection */
    size_t candidates;
    struct text string;      /* the chosen one */
    struct tlsrpt_ruas ruas; /* of all rua fields, in their order */
    bool valid;              /* the grammar holds: senders see a record */
    bool usable;             /* valid, and one destination at least is usable */
    struct txt_faults faults;
    struct text corrected; /* the whole record, ready to paste, where something is wrong or
                            * doubtful and the right record can be derived; else unknown */
};

/* Reads the TXT strings of one name, each joined and unquoted; none is TXT_NONE. Texts point
 * into STRINGS or live in ARENA. Also says whether a string found at a wrong name is a
 * record: state TXT_ONE. */
void tlsrpt_record_read(const struct text_list *strings, struct arena *arena,
                        struct tlsrpt_record *record);

/* Reads one rua URI, as it would stand in a record. What is wrong is added to FAULTS; OFFSET is
 * that of URI in its string. */
void tlsrpt_uri_read(struct text uri, size_t offset, struct arena *arena,
                     struct txt_faults *faults, struct tlsrpt_rua *rua);

/* The record that those strings mean to be, in the canonical form "v=TLSRPTv1; rua=…";
 * unknown where it cannot be derived. Several strings become one with all destinations. It
 * is not checked: tlsrpt_record_read() offers it only if it is right. */
struct text tlsrpt_mend(const struct text *strings, size_t count, struct arena *arena);

#endif
