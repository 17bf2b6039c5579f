/* What text and page say of an audit in the same words. */
#ifndef RENDER_AUDIT_WORDS_H
#define RENDER_AUDIT_WORDS_H

#include "base/arena.h"
#include "rules/audit.h"

/* OWNER, or that nobody is named. */
struct text audit_owner(struct text owner);

/* Its record at _smtp._tls, or why none is shown. */
struct text audit_record(const struct audit *audit);

/* "published, mode enforce". What was never looked at is not said to be absent. */
struct text audit_mta_sts(struct arena *arena, const struct audit *audit);

/* The same in a word or two for a column: "enforce", "absent", "not known". A static string. */
const char *audit_mta_sts_short(const struct audit *audit);

/* The day of the last report, in ARENA. */
struct text audit_last_report(struct arena *arena, const struct audit *audit);

/* The first sentence of the next action, without a full stop, for a column. */
struct text audit_next(const struct audit *audit);

/* What the code of FINDING means for mail, in plain words; unknown where the code is not described. */
struct text audit_meaning(const struct finding *finding);

#endif
