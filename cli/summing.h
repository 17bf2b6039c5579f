/* What a summary of a domain counts: for `summary` and for the pages of `dashboard`. */
#ifndef CLI_SUMMING_H
#define CLI_SUMMING_H

#include "cli/analysis.h"
#include "cli/expectations.h"
#include "rules/summary.h"

struct summing {
    const struct invocation *inv;
    struct window window; /* both ends are known */
    struct expectations expectations;
    struct acknowledgements acknowledgements;
};

/* The domains of --client, else those of analysis_domains(). */
bool summing_domains(const struct invocation *inv, struct text_list *domains,
                     struct error *err);

/* Loads what is the same for all domains; inv and window are set. */
bool summing_load(struct summing *summing, struct store *store, const struct text_list *domains,
                  struct error *err);

/* Diagnoses, audits and counts the domain of INQUIRY. All of SUMMARY is in the arena of the run; `previous` is
 * not set. Sets inquiry->expected, which holds until the summing asks for the next domain. */
bool summing_domain(struct summing *summing, struct inquiry *inquiry, struct groups *groups,
                    struct summary *summary, struct error *err);

#endif
