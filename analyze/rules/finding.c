#include "rules/finding.h"

#include <stdarg.h>

#include "base/vector.h"

static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
    return value < count && names[value] ? names[value] : "unknown";
}

#define NAME_OF(names, value) name_of((names), sizeof(names) / sizeof *(names), (value))

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {
        [SEVERITY_OK] = "ok",
        [SEVERITY_NOTICE] = "notice",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_CRITICAL] = "critical",
    };
    return NAME_OF(names, severity);
}

const char *side_name(enum side side)
{
    static const char *const names[] = {
        [SIDE_DOMAIN] = "domain",
        [SIDE_SENDER] = "sender",
        [SIDE_PATH] = "path",
    };
    return NAME_OF(names, side);
}

const char *impact_name(enum impact impact)
{
    static const char *const names[] = {
        [IMPACT_DELIVERED] = "delivered",
        [IMPACT_UNKNOWN] = "unknown",
        [IMPACT_REFUSED] = "refused",
    };
    return NAME_OF(names, impact);
}

const char *state_name(enum state state)
{
    static const char *const names[] = {
        [STATE_ONGOING] = "ongoing",
        [STATE_STOPPED] = "stopped",
    };
    return NAME_OF(names, state);
}

const char *stopped_by_name(enum stopped_by stopped_by)
{
    static const char *const names[] = {
        [STOPPED_SEEN_GONE] = "seen-gone",
        [STOPPED_SUCCESSES] = "successes",
        [STOPPED_BOUND] = "bound",
        [STOPPED_NOT_REPEATED] = "not-repeated",
    };
    return stopped_by ? NAME_OF(names, stopped_by) : NULL;
}

const char *held_name(enum held held)
{
    static const char *const names[] = {
        [HELD_POLICY] = "policy",
        [HELD_MX] = "mx",
        [HELD_ADDRESS] = "address",
        [HELD_TLSA] = "tlsa",
    };
    return held ? NAME_OF(names, held) : NULL;
}

const char *evidence_source_name(enum evidence_source source)
{
    static const char *const names[] = {
        [EVIDENCE_REPORT] = "report",       [EVIDENCE_DNS] = "dns",
        [EVIDENCE_AUTHORITY] = "authority", [EVIDENCE_POLICY] = "policy",
        [EVIDENCE_SMTP] = "smtp",           [EVIDENCE_HISTORY] = "history",
        [EVIDENCE_RULED_OUT] = "ruled-out",
    };
    return NAME_OF(names, source);
}

const char *readiness_name(enum readiness readiness)
{
    static const char *const names[] = {
        [READINESS_READY] = "ready",
        [READINESS_NOT_READY] = "not-ready",
        [READINESS_INSUFFICIENT_DATA] = "insufficient-data",
        [READINESS_ENFORCING] = "enforcing",
        [READINESS_NONE] = "none",
    };
    return NAME_OF(names, readiness);
}

void evidence_add(struct arena *arena, struct evidence_list *list, enum evidence_source source,
                  int64_t at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text text = text_format_list(arena, format, arguments);
    va_end(arguments);
    VECTOR_ADD(arena, list, ((struct evidence){source, at, text}));
}
