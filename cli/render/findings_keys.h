/* The keys of a finding as JSON, for all who print findings. */
#ifndef RENDER_FINDINGS_KEYS_H
#define RENDER_FINDINGS_KEYS_H

#include "render/json_out.h"
#include "rules/finding.h"

/* Adds them to the object that is open. */
void finding_keys(struct json_out *json, const struct finding *finding);

/* "evidence": an array. */
void evidence_array(struct json_out *json, const struct evidence_list *list);

/* "findings": an array of these. */
void findings_array(struct json_out *json, const struct findings *findings);

#endif
