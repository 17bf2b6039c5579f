/* Findings of a migration, for `changes` and `plan`; what their codes mean. */
#ifndef RENDER_MIGRATION_H
#define RENDER_MIGRATION_H

#include "ahead/migration.h"
#include "base/buffer.h"
#include "render/findings.h"
#include "render/json_out.h"

/* "findings": an array, added to the object that is open. */
void migration_array(struct json_out *json, const struct migration_findings *findings);

/* Each in full, with a blank line before it. Nothing where there are none. */
void migration_text(struct buffer *out, const struct migration_findings *findings,
                    struct text_style style);

/* Append what a code means. */
void migration_code_text(struct buffer *out, const struct migration_rule *rule,
                         struct text_style style);

/* Append how bad RULE's findings are. */
void migration_severity(struct buffer *out, const struct migration_rule *rule);

/* Append a line for each code and its title, under a heading. */
void migration_codes_text(struct buffer *out, struct text_style style);

#endif
