/* What the page of a domain shows beyond its summary. */
#ifndef CLI_DASHBOARD_DATA_H
#define CLI_DASHBOARD_DATA_H

#include "cli/summing.h"
#include "render/dashboard.h"

/* Counts what GROUPS, which are settled, and the observations of INQUIRY hold; SUMMARY is of the same domain. All
 * of DATA is in the arena of the inquiry. */
void dashboard_data(const struct window *window, const struct inquiry *inquiry,
                    const struct groups *groups, const struct summary *summary,
                    struct dashboard_domain *data);

#endif
