/* The configuration: an INI file as GLib's GKeyFile reads it, with the sections [tlsrpt],
 * [domain NAME] and [mailbox NAME]. Everything in it is text that is checked here, so that the
 * rest of the program gets values it can use. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "ingest/limits.h"
#include "mailbox/fetch_job.h"

/* Who runs the reporting of a domain. */
enum config_model { MODEL_UNKNOWN = 0, MODEL_CLIENT, MODEL_AGENCY, MODEL_PLATFORM };

enum config_priority { PRIORITY_UNKNOWN = 0, PRIORITY_HIGH, PRIORITY_NORMAL, PRIORITY_LOW };

/* How far a domain has come; unknown is to be derived from what it publishes. */
enum config_stage {
    STAGE_UNKNOWN = 0,
    STAGE_BASIC,
    STAGE_OPERATIONAL,
    STAGE_REPORTING,
    STAGE_TRANSPORT,
    STAGE_ONGOING,
};

/* [domain NAME]. What is not configured is unknown, an empty list, or 0. */
struct config_domain {
    struct text name; /* as text_host() gives it */
    unsigned line;    /* of its section */
    struct text client;
    struct text owner;     /* who reads the reports */
    struct text sts_owner; /* who owns the MTA-STS policy */
    enum config_model model;
    struct text_list rua; /* mailto: and https: URIs */
    struct text dns_host;
    enum config_priority priority; /* PRIORITY_NORMAL unless configured */
    bool compliance;
    enum config_stage stage;
    struct text_list dkim_selectors;
    struct text_list mail_to; /* these two go before the general ones */
    struct text notify;       /* a command */
};

struct config_after {
    enum mailbox_after_kind kind;
    struct text folder; /* with MAIL_MOVE */
};

/* [mailbox NAME], for fetch. */
struct config_mailbox {
    struct text name;
    unsigned line;
    struct text host;
    uint64_t port; /* 993 or 143, by tls, unless configured */
    enum mailbox_tls tls;
    struct text ca_file;
    struct text user;
    enum mailbox_auth auth;
    struct text password_command, token_command;
    struct text folder; /* INBOX unless configured */
    struct config_after after, after_failed;
    uint64_t max_size; /* in bytes; max-mail-size unless configured */
};

struct config_fault {
    unsigned line; /* 0: of the file as a whole */
    bool is_error; /* else a warning */
    struct text text;
};

struct config {
    struct text file; /* unknown: there is none */

    struct text db;
    struct text authserv_id;
    struct text_list former_vendors; /* domains */
    int64_t silent_after;            /* seconds */
    struct text resolver;            /* ADDRESS or ADDRESS@PORT */
    struct text trust_anchor;        /* a file */
    struct text policy_ca;           /* a file */
    struct text_list connect_to;     /* HOST:PORT:ADDRESS:PORT */
    uint64_t smtp_port;
    bool allow_private_addresses;
    struct text mail_from;
    struct text_list mail_to;
    struct ingest_limits limits;
    uint64_t quarantine_max;            /* bytes */
    uint64_t max_reports_a_day;         /* of one reporter; 0: any number */
    uint64_t max_unauthenticated_a_day; /* of all together; 0: any number */
    int64_t retention;                  /* seconds; 0: for ever */

    struct config_domain *domains; /* in the order of the file */
    size_t domain_count;
    const struct config_domain **by_name; /* the same, sorted: for config_domain() */
    struct config_mailbox *mailboxes;
    size_t mailbox_count;

    struct config_fault *faults; /* by line */
    size_t fault_count;
    bool has_error;
};

/* More faults than this are not listed. */
enum { CONFIG_FAULTS_MAX = 1000 };

/* What holds where nothing is configured. */
void config_defaults(struct config *config);

/* Reads BYTES, the content of FILE, into CONFIG, which is set anew; all of it lives in ARENA. A
 * relative path within is one from the file's folder. Everything that is wrong is listed in
 * `faults`; false if one of these is an error. */
bool config_parse(struct text bytes, struct text file, struct arena *arena,
                  struct config *config);

/* Reads the file PATH by config_parse(). False with ERROR_CONFIG where it cannot be read or holds
 * an error; the text is then that of the first. */
bool config_read(const char *path, struct arena *arena, struct config *config,
                 struct error *err);

/* "FILE:LINE: error: text" */
struct text config_fault_text(struct arena *arena, const struct config *config,
                              const struct config_fault *fault);

/* The section of a domain, whose NAME is as text_host() gives it, or null. */
const struct config_domain *config_domain(const struct config *config, struct text name);

/* Fills in what is not configured. False with what is missing in *MISSING. */
bool config_mailbox_complete(const struct config *config, struct config_mailbox *mailbox,
                             const char **missing);

const struct config_mailbox *config_mailbox(const struct config *config, struct text name);

#endif
