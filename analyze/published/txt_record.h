/* What the records of `_smtp._tls` (RFC 8460 §3) and `_mta-sts` (RFC 8461 §3.1) have in
 * common: a version first, then fields "name=value" between semicolons, and the rule that
 * exactly one of the TXT strings of the name must be such a record. */
#ifndef PUBLISHED_TXT_RECORD_H
#define PUBLISHED_TXT_RECORD_H

#include <stdbool.h>

#include "base/text.h"
#include "base/vector.h"

enum txt_fault {
    TXT_FAULT_NONE = 0,
    /* which record */
    TXT_FAULT_SEVERAL,      /* more than one: senders must ignore them all */
    TXT_FAULT_DMARC,        /* a DMARC record stands here */
    TXT_FAULT_SPF,          /* an SPF record stands here */
    TXT_FAULT_OTHER_RECORD, /* the other one of TLS-RPT and MTA-STS stands here */
    /* the version */
    TXT_FAULT_VERSION,                /* misspelt */
    TXT_FAULT_VERSION_CASE,           /* right but for upper and lower case */
    TXT_FAULT_VERSION_BLANK,          /* blanks inside the version */
    TXT_FAULT_VERSION_NOT_FIRST,      /* missing, or not first */
    TXT_FAULT_LEADING,                /* a quote, a blank or the like before the version */
    TXT_FAULT_SPACE_BEFORE_SEMICOLON, /* legal by the grammar; some senders drop the record */
    /* any field */
    TXT_FAULT_SEMICOLON_MISSING,
    TXT_FAULT_FIELD_EMPTY,
    TXT_FAULT_EQUALS_MISSING,
    TXT_FAULT_BLANK_AT_EQUALS,
    TXT_FAULT_NAME,         /* no name that the grammar knows */
    TXT_FAULT_VALUE,        /* an extension's value has a character that may not be there */
    TXT_FAULT_VALUE_EQUALS, /* "=" in an extension's value: harmless */
    /* rua of TLS-RPT */
    TXT_FAULT_RUA_MISSING,
    TXT_FAULT_RUA_CASE,     /* "RUA=" is another key, so rua is missing */
    TXT_FAULT_RUA_REPEATED, /* legal; some senders take one field only */
    TXT_FAULT_URI_EMPTY,
    TXT_FAULT_URI_NO_SCHEME, /* "mailto:" is missing */
    TXT_FAULT_URI_SCHEME,    /* neither mailto nor https: a URI, but nobody delivers there */
    TXT_FAULT_URI_SIZE,      /* "!10m" of DMARC */
    TXT_FAULT_URI_BANG,      /* "!" has to be written %21 */
    TXT_FAULT_URI_CHARACTER, /* a character that no URI may have */
    TXT_FAULT_URI_PERCENT,   /* "%" without two digits, or an escaped control character */
    TXT_FAULT_URI_ADDRESS,   /* mailto: without a mail address */
    TXT_FAULT_URI_HOST,      /* https:// without a host name */
    /* id of MTA-STS */
    TXT_FAULT_ID_MISSING,
    TXT_FAULT_ID_CASE, /* "ID=" is another key, so id is missing */
    TXT_FAULT_ID_EMPTY,
    TXT_FAULT_ID_CHARACTER, /* other than letters and digits */
    TXT_FAULT_ID_LONG,      /* more than 32 of them */
    TXT_FAULT_ID_REPEATED,
    TXT_FAULT_COUNT,
};

struct txt_fault_found {
    enum txt_fault fault;
    size_t offset;        /* the byte in the string, from 0 */
    struct text sentence; /* what is wrong and how to mend it; quotes nothing unprintable */
};

/* At most TXT_FAULTS_MAX are kept: whoever mends these looks again. */
enum { TXT_FAULTS_MAX = 32 };

struct txt_faults {
    struct txt_fault_found *at;
    size_t count;
};

enum txt_state {
    TXT_NONE = 0, /* no string that is, or means to be, such a record */
    TXT_ONE,      /* one: `index` says which */
    TXT_SEVERAL,  /* senders must ignore all of them */
    TXT_MISTAKEN, /* none, but `index` means to be one, or is a record that belongs elsewhere */
};

/* One of the two kinds of record. */
struct txt_kind {
    struct text version; /* "v=TLSRPTv1" */
    struct text word;    /* "tlsrpt": a string that has it means to be one */
    struct text other;   /* the version of the other kind */
    struct text label;   /* for sentences: "TLS-RPT" */
    struct text key;     /* its required key, "rua" */
};

struct txt_selection {
    enum txt_state state;
    size_t index;      /* into the strings, for TXT_ONE and TXT_MISTAKEN; of the first for
                        * TXT_SEVERAL */
    size_t candidates; /* strings that senders count as such a record */
    struct txt_faults faults;
};

/* Chooses among the TXT strings of the name, each joined already (RFC 8460 §3, RFC 8461
 * §3.1): one that begins with the version and ";" counts; where none does, a string that
 * stands alone may have blanks before its ";". */
void txt_select(const struct txt_kind *kind, const struct text_list *strings,
                struct arena *arena, struct txt_selection *selection);

struct txt_field {
    struct text name, value;
    size_t name_at, value_at; /* offsets in the string */
};

/* Walks the fields of the string: start with the offset behind the version, `*at`. What is
 * wrong is added to FAULTS, and a field that can be made out comes all the same. False at
 * the end. */
bool txt_next_field(struct text string, size_t *at, struct arena *arena,
                    struct txt_faults *faults, struct txt_field *field);

/* Adds the faults of an extension's value. */
void txt_check_extension(const struct txt_field *field, struct arena *arena,
                         struct txt_faults *faults);

/* Whether the blank at offset BLANK of VALUE is followed by "name=": a field without the ";"
 * before it. */
bool txt_lacks_semicolon(struct text value, size_t blank);

/* Adds a fault, unless there are TXT_FAULTS_MAX. */
void txt_fault_add(struct arena *arena, struct txt_faults *faults, enum txt_fault fault,
                   size_t offset, struct text sentence);

bool txt_faults_have(const struct txt_faults *faults, enum txt_fault fault);

/* Whether any of them makes the record invalid (RFC 8460 §3, RFC 8461 §3.1); the others are
 * worth a word but senders go on. */
bool txt_faults_are_fatal(const struct txt_faults *faults);
bool txt_fault_is_fatal(enum txt_fault fault);

/* The word of a fault ("uri-scheme"), for the machine; null for none. */
const char *txt_fault_name(enum txt_fault fault);

/* TEXT for a sentence, owned by ARENA: the first 60 bytes or so, with "?" for what is no
 * printable UTF-8, and "…" where something was cut off. */
struct text quote(struct arena *arena, struct text text);

/* Whether TEXT is a name of an extension: RFC 8460 §3, "ext-name". */
bool txt_is_name(struct text text);

/* How many letters have to be changed, added or dropped to make A of B, without regard to case;
 * SIZE_MAX where one is longer than TXT_DISTANCE_MAX bytes. */
enum { TXT_DISTANCE_MAX = 16 };
size_t txt_distance(struct text a, struct text b);

/* From START on, over blanks and tabs. */
size_t txt_skip_blanks(struct text text, size_t start);

#endif
