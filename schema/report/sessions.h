/* How sessions are counted: the one place that knows that a sts and a tlsa entry may describe the
 * same sessions. */
#ifndef REPORT_SESSIONS_H
#define REPORT_SESSIONS_H

#include <stdint.h>

#include "report/words.h"

struct session_counts {
    uint64_t successful, failed;
};

/* The entries of one report for one domain, added up by policy type. */
struct session_tally {
    struct session_counts by_type[POLICY_TYPE_COUNT];
};

/* Adds saturating at INT64_MAX, as the database keeps it. */
uint64_t sessions_add(uint64_t a, uint64_t b);

/* Adds COUNTS to *SUM, saturating. */
void session_counts_add(struct session_counts *sum, struct session_counts counts);

void session_tally_add(struct session_tally *tally, enum policy_type type, uint64_t successful,
                       uint64_t failed);

/* The sessions of that domain in that report: entries of one type add up; of sts and tlsa `failed`
 * is the larger failed count and `successful` the larger total less that; no-policy-found and
 * unknown add to these. */
struct session_counts session_tally_total(const struct session_tally *tally);

#endif
