/* What somebody has to be called for (diagnosis.md, "Audit status and escalations"). */
#ifndef RULES_ESCALATION_H
#define RULES_ESCALATION_H

#include "rules/finding.h"

enum escalates {
    ESCALATES_NOT = 0,
    ESCALATES_REFUSED,  /* mail is refused now, for a fault that is a warning at least */
    ESCALATES_CRITICAL, /* critical, confirmed, ongoing */
    ESCALATES_UNPROVEN, /* it would, but the reports prove too little: nobody is called for them */
};

/* Whether FINDING is one. On failures only signed reports count where AUTHSERV_ID says whose word on
 * signatures is believed; where it is unknown, two independent reporters are asked for. A fault that the
 * newest observation shows needs no report. */
enum escalates finding_escalates(const struct finding *finding, struct text authserv_id);

/* Whether it asks for work without being an escalation: an ongoing warning or worse, but for what was
 * only not observed yet. */
bool finding_warns(const struct finding *finding);

#endif
