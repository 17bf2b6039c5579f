/* What changed between two observations: JSON as SPEC.md has it, and text. */
#ifndef RENDER_CHANGES_H
#define RENDER_CHANGES_H

#include "ahead/migration.h"
#include "base/buffer.h"
#include "published/changes.h"
#include "render/findings.h"

struct changes_report {
    struct text domain;
    int64_t from, to; /* when the two observations were taken */
    const struct changes *changes;
    struct text_list acknowledged;      /* ids of changes, and of other things */
    struct migration_findings findings; /* what the changes do to mail */
};

void changes_json(struct buffer *out, const struct changes_report *report);
void changes_text(struct buffer *out, const struct changes_report *report,
                  struct text_style style);

#endif
