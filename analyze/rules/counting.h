/* Each session once, and the numbers of the diagnosis: how the failed sessions of a domain are shared
 * out among its groups, and which counts are few, short, of one sender alone. */
#ifndef RULES_COUNTING_H
#define RULES_COUNTING_H

#include "rules/groups.h"

/* Less than 0 where the finding of A ranks higher than that of B, 0 where they rank alike. */
typedef int group_rank(void *context, const struct failure_group *a,
                       const struct failure_group *b);

/* Sets `carried` of every group, so that they add up to groups->total.failed. In each report, of sts
 * and tlsa the type with more failed sessions carries them; of two with equally many the one that has
 * the group of the highest rank, then sts (also where RANK is null). The other types carry their
 * own. A group of a type that nowhere carries has carried 0: it is evidence. Sums stop at INT64_MAX:
 * then the groups with the largest counts carry less, so that an absurd one hides no other. May be
 * called again with another rank. */
void groups_settle(struct groups *groups, group_rank *rank, void *context);

/* Whether the failed sessions of REPORT under TYPE are those that count, once the groups are settled. */
bool report_carries(const struct report_seen *report, enum policy_type type);

/* Whether what the groups carry adds up to the failed sessions of the domain. */
bool groups_reconcile(const struct groups *groups);

/* ---- numbers ---- */

/* At most 5 and under 5 % of the reporter's sessions. */
bool sessions_few(uint64_t sessions, uint64_t of_reporter);
bool group_few(const struct failure_group *group);

/* One UTC day. */
bool group_short(const struct failure_group *group);

/* Every failed session names a sending address, all of the same /24 or /48. */
bool networks_are_one(const struct networks *networks);
/* The networks of two groups together. */
struct networks networks_join(const struct networks *a, const struct networks *b);

/* Whether they differ; one that is not known is independent of none. */
bool reporters_independent(const struct reporter_seen *a, const struct reporter_seen *b);

/* At least one independent reporter has successes and no failure in the reports that overlap one
 * that shows the group: of its policy type where that is sts or tlsa, else of any. The number of
 * these reporters is group->others_succeeding. For a group that is authenticated only such reporters
 * count. */
bool group_others_succeed(const struct failure_group *group);

/* The number of reports of REPORTER that begin after AFTER, when the last began that shows the
 * failure in question, and have successes of TYPE. Unless the domain has but ONE_MX, only those
 * speak that name no failure at all: a success names no MX. */
size_t reporter_successes_since(const struct groups *groups,
                                const struct reporter_seen *reporter, enum policy_type type,
                                int64_t after, bool one_mx);

/* Whether all that a reporter tells is the mail that brought its report: one success a report, in three
 * reports at least. It is no independent reporter. */
bool reporter_is_loop(const struct groups *groups, const struct reporter_seen *reporter);

#endif
