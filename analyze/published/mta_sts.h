/* MTA-STS: the TXT record at `_mta-sts.DOMAIN` (RFC 8461 §3.1) and the policy, be it the
 * body that the policy host serves (§3.2) or the lines that a report quotes (RFC 8460 §4.4). */
#ifndef PUBLISHED_MTA_STS_H
#define PUBLISHED_MTA_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "published/txt_record.h"

/* ---- the TXT record ---- */

struct mta_sts_record {
    enum txt_state state; /* the members below but `faults` need TXT_ONE */
    size_t index;         /* which string: see struct txt_selection */
    size_t candidates;
    struct text string; /* the chosen one */
    struct text id;     /* unknown where it is missing or malformed */
    bool valid;         /* senders see a policy: one record, and its grammar holds */
    struct txt_faults faults;
};

/* Reads the TXT strings of the name, each joined and unquoted; none is TXT_NONE. Texts point
 * into STRINGS or live in ARENA. */
void mta_sts_record_read(const struct text_list *strings, struct arena *arena,
                         struct mta_sts_record *record);

/* ---- the policy ---- */

enum mta_sts_mode {
    MTA_STS_MODE_UNKNOWN = 0,
    MTA_STS_MODE_ENFORCE,
    MTA_STS_MODE_TESTING,
    MTA_STS_MODE_NONE,
    MTA_STS_MODE_COUNT,
};

enum mta_sts_fault {
    MTA_STS_FAULT_NONE = 0,
    /* the file */
    MTA_STS_FAULT_EMPTY,
    MTA_STS_FAULT_HTML, /* a web page in place of a policy */
    MTA_STS_FAULT_BYTE_ORDER_MARK,
    MTA_STS_FAULT_LINE_ENDS, /* CR alone ends its lines */
    /* a line */
    MTA_STS_FAULT_BLANK_LINE,
    MTA_STS_FAULT_COMMENT,
    MTA_STS_FAULT_COLON_MISSING,
    MTA_STS_FAULT_BLANK,        /* before the key or the colon */
    MTA_STS_FAULT_KEY_CASE,     /* "Mode:" */
    MTA_STS_FAULT_KEY_NEAR,     /* "nmx:", "max-age:" */
    MTA_STS_FAULT_ID_IN_POLICY, /* "id:" belongs in the TXT record */
    MTA_STS_FAULT_REPEATED,     /* the first of the same key counts */
    /* version, mode, max_age */
    MTA_STS_FAULT_VERSION_MISSING,
    MTA_STS_FAULT_VERSION,
    MTA_STS_FAULT_MODE_MISSING,
    MTA_STS_FAULT_MODE, /* "enforced", "Enforce" */
    MTA_STS_FAULT_MAX_AGE_MISSING,
    MTA_STS_FAULT_MAX_AGE,       /* not 1 to 10 digits */
    MTA_STS_FAULT_MAX_AGE_LARGE, /* above 31557600: senders disagree */
    /* mx */
    MTA_STS_FAULT_MX_MISSING,
    MTA_STS_FAULT_MX_EMPTY,
    MTA_STS_FAULT_MX_ADDRESS, /* an IP address */
    MTA_STS_FAULT_MX_URL,
    MTA_STS_FAULT_MX_MAIL_ADDRESS,
    MTA_STS_FAULT_MX_LIST,       /* several names on one line */
    MTA_STS_FAULT_MX_PREFERENCE, /* "10 mx.example.com" */
    MTA_STS_FAULT_MX_STAR,       /* "*" alone */
    MTA_STS_FAULT_MX_WILDCARD,   /* "*" elsewhere than as the first label */
    MTA_STS_FAULT_MX_UNICODE,    /* a U-label */
    MTA_STS_FAULT_MX_FINAL_DOT,  /* works at most senders */
    MTA_STS_FAULT_MX_NAME,       /* no host name for another reason */
    MTA_STS_FAULT_COUNT,
};

struct mta_sts_fault_found {
    enum mta_sts_fault fault;
    size_t line;          /* from 1; 0 where it is about the whole */
    bool fatal;           /* the policy is invalid by it */
    struct text sentence; /* what is wrong and how to mend it */
};

enum { MTA_STS_FAULTS_MAX = 32 };

struct mta_sts_faults {
    struct mta_sts_fault_found *at;
    size_t count;
};

struct mta_sts_mx {
    struct text pattern;      /* lower case, no final dot */
    size_t line;              /* from 1 */
    enum mta_sts_fault fault; /* not none (nor final dot): the pattern covers no MX */
};

struct mta_sts_mx_list {
    struct mta_sts_mx *at;
    size_t count;
};

/* Of a list that is longer (no file of 64 KiB needs it) the rest is passed over. */
enum { MTA_STS_MX_MAX = 10000 };

enum { MTA_STS_MAX_AGE_MAX = 31557600 };

struct mta_sts_policy {
    enum mta_sts_mode mode;
    struct mta_sts_mx_list mx; /* in their order, repetitions too */
    bool has_max_age;
    uint64_t max_age; /* seconds, perhaps above the maximum; saturates */
    bool valid;       /* as a whole (RFC 8461 §3.2): senders use it. A bad mx value leaves it
                       * valid while another one is good */
    struct mta_sts_faults faults;
    struct text id; /* that of the TXT record beside it, for the caller to set; in no file */
};

/* Reads a body: CRLF or LF ends a line. Texts of POLICY live in ARENA. */
void mta_sts_policy_read(struct text body, struct arena *arena, struct mta_sts_policy *policy);

/* Reads the lines that a report quotes. */
void mta_sts_policy_read_lines(const struct text_list *lines, struct arena *arena,
                               struct mta_sts_policy *policy);

/* Whether mode, set of mx patterns and max_age are the same; case, order, repetitions and
 * unknown keys do not matter. */
bool mta_sts_policy_equal(const struct mta_sts_policy *a, const struct mta_sts_policy *b);

/* The first pattern that covers the host name MX (RFC 8461 §4.1), or null. */
const struct mta_sts_mx *mta_sts_policy_covers(const struct mta_sts_policy *policy,
                                               struct text mx);

/* Whether it covers every one of HOSTS. */
bool mta_sts_policy_covers_all(const struct mta_sts_policy *policy,
                               const struct text_list *hosts);

/* A policy file, ready to paste, of what POLICY means: version, mode, the good patterns,
 * those of ADD that are not covered yet (may be null), max_age (604800 where unknown). Lines
 * end in LF. Keys that RFC 8461 does not know are left out. Owned by ARENA; unknown where
 * the mode is. */
struct text mta_sts_policy_write(const struct mta_sts_policy *policy,
                                 const struct text_list *add, struct arena *arena);

/* "enforce", "testing", "none"; null for unknown. */
const char *mta_sts_mode_name(enum mta_sts_mode mode);

/* The word of a fault ("mx-url"), for the machine; null for none. */
const char *mta_sts_fault_name(enum mta_sts_fault fault);

#endif
