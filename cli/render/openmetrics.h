/* Gauges in the text form of OpenMetrics 1.0, as Prometheus' textfile collector reads it. */
#ifndef RENDER_OPENMETRICS_H
#define RENDER_OPENMETRICS_H

#include "base/buffer.h"
#include "rules/finding.h"

/* One domain. Its name was chosen by the operator, not by a stranger. */
struct domain_metrics {
    struct text domain;
    struct session_counts sessions;
    size_t findings[SEVERITY_COUNT]; /* ongoing, and not acknowledged */
    int64_t last_report_at;          /* TIME_UNKNOWN: none ever came */
};

struct metrics {
    struct domain_metrics *at;
    size_t count;
    uint64_t quarantined;
};

/* Appends all of it, with its "# EOF". No time stamps: they are those of the scrape. */
void metrics_write(struct buffer *out, const struct metrics *metrics);

#endif
