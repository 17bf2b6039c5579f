/* The reports of a window, domain by domain: what the analysis reads. */
#ifndef STORE_WINDOW_H
#define STORE_WINDOW_H

#include "store/store.h"

struct window_filter {
    int64_t since, until;            /* since <= begin < until; TIME_UNKNOWN: open */
    int64_t now;                     /* no report that begins later; TIME_UNKNOWN: all */
    const struct text_list *domains; /* null or empty: all */
};

/* A free text longer than this many characters is cut; a quoted policy of more is handed out
 * without its texts (RFC 8461 §3.2 lets a sender stop at 64 KB). */
enum { WINDOW_TEXT = 1024, WINDOW_QUOTE = 65536 };

/* One report, as far as it counts for DOMAIN: its other policies are left out, those of DOMAIN stand
 * in their order. Set are report_id (where one of these policies has failed sessions, else unknown),
 * organization_name, contact_info, reporter, begin, end, received_at, authenticated; of a policy all but warnings,
 * of a failure all but receiving_mx_helo and result_type_raw. The failures of a policy without
 * failed sessions are not read.
 *
 * Valid during the call, but for two things that stay until the last report of DOMAIN: the texts of
 * the report itself, and the lists policy_strings and mx_hosts, of which equal ones of equal mode are
 * the same pointer. Returns false to stop (no error). */
typedef bool store_window_report(void *context, struct text domain,
                                 const struct tls_report *report);

/* Calls EACH for every counted report that FILTER lets through: domain by domain in the order of their
 * names, within one in the order of begin. A report without a begin lies in no window; a policy that
 * counts for no domain is left out. All is of one moment, so nobody can commit meanwhile: EACH
 * works in memory and waits for nothing. */
bool store_window_each(struct store *store, const struct window_filter *filter,
                       store_window_report *each, void *context, struct error *err);

#endif
