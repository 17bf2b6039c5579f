/* What `tlsrpt check` prints and mails. */
#ifndef RENDER_CHECK_H
#define RENDER_CHECK_H

#include "base/buffer.h"
#include "render/findings.h"

enum escalation_state {
    ESCALATION_NEW = 0,
    ESCALATION_ONGOING,
    ESCALATION_ACKNOWLEDGED,
    ESCALATION_RESOLVED,
};
const char *escalation_state_name(enum escalation_state state);

struct escalation_line {
    enum escalation_state state;
    bool worse; /* than when somebody was notified last */
    struct text id, code, domain, title, action;
    int64_t since;                 /* TIME_UNKNOWN: not known */
    const struct finding *finding; /* null: it is over */
};

enum check_status { CHECK_OK = 0, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };
const char *check_status_name(enum check_status status);

struct check_report {
    enum check_status status;
    size_t domains;
    struct {
        struct escalation_line *at; /* the worst first */
        size_t count;
    } escalations;
    struct {
        struct escalation_line *at;
        size_t count;
    } warnings;
    struct text_list notes; /* what limits the answer: no authserv-id, domains never observed */
};

/* A line for monitoring plugins, "TLSRPT CRITICAL - …|perfdata", then a line for each escalation, warning
 * and note. */
void check_text(struct buffer *out, const struct check_report *report);
void check_json(struct buffer *out, const struct check_report *report);

/* A complete RFC 5322 message about LINES for sendmail -t. FROM and TO may be unknown and empty. */
struct alert {
    int64_t now;
    struct text from;
    struct text_list to;
    const struct escalation_line *at;
    size_t count;
    struct text_list notes;
};
void alert_mail(struct buffer *out, const struct alert *alert);

#endif
