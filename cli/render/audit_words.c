#include "render/audit_words.h"

#include "base/time.h"
#include "rules/rule.h"

struct text audit_owner(struct text owner)
{
    return text_known(owner) ? owner : TEXT("nobody is named");
}

struct text audit_record(const struct audit *audit)
{
    if (text_known(audit->record))
        return audit->record;
    if (audit->observed_at == TIME_UNKNOWN)
        return TEXT("not looked at yet");
    return audit->record_fact == FACT_FAILED ? TEXT("not known: the look-up failed")
                                             : TEXT("none was found");
}

/* A policy of mode none is there, and says that there is none. */
static bool is_absent(const struct audit *audit)
{
    return audit->mta_sts_fact != FACT_PRESENT && audit->mta_sts_mode != MTA_STS_MODE_NONE;
}

struct text audit_mta_sts(struct arena *arena, const struct audit *audit)
{
    const char *mode = mta_sts_mode_name(audit->mta_sts_mode);
    if (audit->observed_at == TIME_UNKNOWN)
        return TEXT("not looked at yet");
    if (audit->mta_sts_fact == FACT_FAILED)
        return TEXT("not known: the look-up failed");
    if (is_absent(audit))
        return TEXT("not published");
    return text_format(arena, "published, mode %s", mode ? mode : "not known");
}

const char *audit_mta_sts_short(const struct audit *audit)
{
    const char *mode = mta_sts_mode_name(audit->mta_sts_mode);
    if (audit->observed_at == TIME_UNKNOWN || audit->mta_sts_fact == FACT_FAILED)
        return "not known";
    if (is_absent(audit))
        return "absent";
    return mode ? mode : "not known";
}

struct text audit_last_report(struct arena *arena, const struct audit *audit)
{
    char date[TIME_TEXT_SIZE];
    if (audit->last_report_at == TIME_UNKNOWN)
        return TEXT("none has come");
    return text_copy(arena, text_of(time_date(audit->last_report_at, date)));
}

struct text audit_next(const struct audit *audit)
{
    struct text next = audit->next_action;
    size_t end = text_find(next, TEXT(". "));
    if (end != SIZE_MAX)
        return text_first(next, end);
    bool stop = next.length && next.at[next.length - 1] == '.';
    return stop ? text_first(next, next.length - 1) : next;
}

struct text audit_meaning(const struct finding *finding)
{
    const struct rule_text *text = rule_text_of(finding->rule);
    return text ? text_of(text->meaning) : TEXT_UNKNOWN;
}
