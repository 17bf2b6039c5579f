#include "rules/escalation.h"

#include "base/time.h"
#include "rules/rule.h"

static enum escalates kind_of(const struct finding *finding, enum severity severity,
                              enum impact impact)
{
    if (finding->failed_sessions && impact == IMPACT_REFUSED && severity >= SEVERITY_WARNING)
        return ESCALATES_REFUSED;
    if (severity == SEVERITY_CRITICAL && finding->confidence == CONFIDENCE_CONFIRMED)
        return ESCALATES_CRITICAL;
    return ESCALATES_NOT;
}

/* What is left of KIND once only what is proven counts. */
static enum escalates proven_kind(const struct finding *finding, struct text authserv_id,
                                  enum escalates kind)
{
    if (!finding->failed_sessions || finding->shown_now)
        return kind;
    if (!text_known(authserv_id))
        return finding->reporters.count >= 2 ? kind : ESCALATES_NOT;
    if (!finding->proven.sessions)
        return ESCALATES_NOT;
    return kind_of(finding, finding->proven.severity, finding->proven.impact);
}

enum escalates finding_escalates(const struct finding *finding, struct text authserv_id)
{
    if (finding->state != STATE_ONGOING)
        return ESCALATES_NOT;
    enum escalates kind = kind_of(finding, finding->severity, finding->impact);
    enum escalates proven = proven_kind(finding, authserv_id, kind);
    return kind && !proven ? ESCALATES_UNPROVEN : proven;
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
