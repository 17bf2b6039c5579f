#include "rules/escalation.h"

#include "base/time.h"
#include "rules/rule.h"

static bool is_proven(const struct finding *finding, struct text authserv_id)
{
    if (!finding->failed_sessions || finding->shown_now)
        return true;
    if (text_known(authserv_id))
        return finding->authenticated_sessions > 0;
    return finding->reporters.count >= 2;
}

enum escalates finding_escalates(const struct finding *finding, struct text authserv_id)
{
    enum escalates kind = ESCALATES_NOT;
    if (finding->state != STATE_ONGOING)
        return kind;
    if (finding->failed_sessions && finding->impact == IMPACT_REFUSED &&
        finding->severity >= SEVERITY_WARNING)
        kind = ESCALATES_REFUSED;
    else if (finding->severity == SEVERITY_CRITICAL &&
             finding->confidence == CONFIDENCE_CONFIRMED)
        kind = ESCALATES_CRITICAL;
    return kind && !is_proven(finding, authserv_id) ? ESCALATES_UNPROVEN : kind;
}

/* What says only that nobody has looked: check answers that in its own way. */
static bool is_unobserved(const struct finding *finding)
{
    struct text code = text_of(finding->rule->code);
    return text_equal(code, TEXT("NOT-OBSERVED")) ||
           (text_equal(code, TEXT("TLSRPT-LOOKUP-FAILED")) &&
            finding->last_seen == TIME_UNKNOWN);
}

bool finding_warns(const struct finding *finding)
{
    return finding->state == STATE_ONGOING && finding->severity >= SEVERITY_WARNING &&
           !is_unobserved(finding);
}
