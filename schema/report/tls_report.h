/* One TLS report (RFC 8460 §4), normalised. All text is valid UTF-8 and lives in the arena of who
 * made the report; text that the report does not have is unknown (TEXT_UNKNOWN). */
#ifndef REPORT_TLS_REPORT_H
#define REPORT_TLS_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/text.h"
#include "base/time.h"
#include "report/words.h"

struct tls_failure {
    enum result_type result_type;
    struct text result_type_raw; /* the sender's own word */
    enum cause cause;
    uint64_t failed_sessions; /* at most INT64_MAX, as every count here */
    struct text sending_mta_ip;
    struct text receiving_mx_hostname;
    struct text receiving_mx_helo; /* as sent */
    struct text receiving_ip;
    struct text additional_information;
    struct text failure_reason_code;
};

struct tls_policy {
    uint32_t index; /* the place in the report's policies, from 0 */
    struct text policy_domain;
    enum policy_type policy_type;
    enum policy_mode policy_mode;
    struct text_list policy_strings;
    struct text_list mx_hosts;
    uint64_t successful_sessions;
    uint64_t failed_sessions;
    uint64_t unitemised_failures; /* failed sessions that no failure accounts for */
    struct text_list warnings;    /* "code: text", its failures' too */
    struct tls_failure *failures;
    size_t failure_count;
};

struct tls_report {
    struct text organization_name;
    struct text contact_info;
    struct text report_id;
    int64_t begin, end;        /* or TIME_UNKNOWN */
    struct text submitter;     /* the header TLS-Report-Submitter */
    struct text report_domain; /* the header TLS-Report-Domain */
    struct text named_domain;  /* the recipient domain by that header, else by the file name */
    struct text reporter; /* who reports: see report_reporter(); known unless all is missing */
    int64_t sent_at;      /* the mail's Date, or TIME_UNKNOWN */
    int64_t received_at;  /* the topmost Received's date, else Date, or TIME_UNKNOWN */
    enum authenticated authenticated;
    uint8_t sha256[SHA256_SIZE]; /* of the document, from its { to its closing } */
    struct text_list warnings;   /* of the report as a whole, "code: text" */
    struct tls_policy *policies;
    size_t policy_count;
};

/* What is known of a document from around it: mail headers, the name of its file. */
struct report_envelope {
    struct text submitter;              /* TLS-Report-Submitter, as it stands */
    struct text report_domain;          /* TLS-Report-Domain, as it stands */
    struct text file_name;              /* of the attachment or the bare file, without folder */
    struct text authentication_results; /* the trusted field's value: see authentication.h */
    int64_t sent_at, received_at;       /* or TIME_UNKNOWN */
};

/* The reporter (diagnosis.md): the submitter's domain, else the domain of contact-info, else the
 * organization-name; lower case. A submitter that is no host name (some senders put their
 * organisation's name there) is passed over. Unknown where nothing is there. */
struct text report_reporter(struct arena *arena, struct text submitter,
                            struct text contact_info, struct text organization_name);

/* The domain of the submitter by itself: a host name from TLS-Report-Submitter, else the part of
 * contact-info behind its last '@'; unknown where there is neither. */
struct text report_submitter_domain(struct arena *arena, struct text submitter,
                                    struct text contact_info);

#endif
