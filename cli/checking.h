/* What `tlsrpt check` finds: escalations and warnings, held against what somebody was notified of. */
#ifndef CLI_CHECKING_H
#define CLI_CHECKING_H

#include "cli/analysis.h"
#include "render/check.h"
#include "store/escalations.h"

struct checking {
    struct analysis analysis;
    struct stored_escalations notified;
    struct check_report report;
    struct text_list never_observed;
};

/* Diagnoses DOMAINS (empty: all with reports) with what is expected of them, and weighs the findings. */
bool checking_run(const struct invocation *inv, struct store *store,
                  const struct text_list *domains, struct checking *checking,
                  struct error *err);

/* Tells about what is new, worse or over: pipes one message for each group of recipients into the command
 * of the domain, else COMMAND, and remembers what was told. What could not be told is told at the next
 * run; that is ERROR_UNAVAILABLE. */
bool notify(const struct invocation *inv, struct store *store, struct checking *checking,
            struct text command, struct error *err);

#endif
