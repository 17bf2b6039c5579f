/* The exact records of before, to go back to. */
#include "ahead/migration_parts.h"

#include "base/buffer.h"
#include "base/vector.h"
#include "rules/rule.h"

/* ---- lines ---- */

/* A TXT record holds strings of 255 bytes at most (RFC 1035 §3.3); what is not printable is written \DDD (§5.1). */
static void add_strings(struct buffer *line, struct text value)
{
    enum { STRING = 255 };
    for (size_t i = 0; i < value.length || i == 0; i++) {
        if (i % STRING == 0)
            buffer_add_text(line, i ? TEXT("\" \"") : TEXT("\""));
        if (i == value.length)
            break;
        unsigned char c = (unsigned char)value.at[i];
        if (c == '"' || c == '\\')
            buffer_format(line, "\\%c", c);
        else if (c < ' ' || c > '~')
            buffer_format(line, "\\%03u", c);
        else
            buffer_add_char(line, (char)c);
    }
    buffer_add_char(line, '"');
}

static struct text line_of(const struct migration *migration,
                           const struct observed_record *record)
{
    BUFFER_AUTO line = {0};
    buffer_add_text(&line, record->name);
    buffer_add_char(&line, '.');
    if (record->ttl.known)
        buffer_format(&line, " %u", record->ttl.value);
    buffer_add_text(&line, TEXT(" IN "));
    buffer_add_text(&line, record->type);
    buffer_add_char(&line, ' ');
    bool is_name =
        text_equal(record->type, TEXT("MX")) || text_equal(record->type, TEXT("CNAME"));
    if (text_equal(record->type, TEXT("TXT")))
        add_strings(&line, record->value);
    else
        buffer_add_text(&line, record->value);
    if (is_name && !text_ends_nocase(record->value, TEXT(".")))
        buffer_add_char(&line, '.');
    return text_copy(migration->inquiry->arena, buffer_text(&line));
}

void back_records(const struct migration *migration, const struct sight *sight,
                  struct text name, const char *type, struct text_list *lines)
{
    const struct observed_records *records = &sight->observation->records;
    for (size_t i = 0; i < records->count; i++)
        if (text_equal(records->at[i].name, name) &&
            text_equal(records->at[i].type, text_of(type)))
            text_list_add_once(migration->inquiry->arena, lines,
                               line_of(migration, &records->at[i]));
}

void back_policy(const struct migration *migration, const struct sight *sight,
                 struct text_list *lines)
{
    struct arena *arena = migration->inquiry->arena;
    const struct observed_policy *policy = sight->observation->policy;
    if (!policy || !text_known(policy->body))
        return;
    struct text rest = policy->body, line;
    text_list_add(arena, lines,
                  text_format(arena, "; https://mta-sts.%.*s/.well-known/mta-sts.txt",
                              TEXT_ARGS(migration->inquiry->domain)));
    while (text_next(&rest, '\n', &line))
        if (text_trim(line).length)
            text_list_add(arena, lines, text_trim(line));
}

/* ---- MIG-ROLLBACK-HINT ---- */

/* Those of NAME and TYPE, where NOW, which knows of them, has others than OLD. */
static void add_set(const struct migration *migration, const struct sight *old,
                    const struct sight *now, struct text name, const char *type,
                    struct text_list *lines)
{
    struct text_list before = {0}, after = {0};
    enum fact fact =
        fact_direct(now->facts, name, text_of(type), migration->inquiry->arena, &after);
    fact_direct(old->facts, name, text_of(type), migration->inquiry->arena, &before);
    text_list_sort(&before);
    text_list_sort(&after);
    if ((fact == FACT_PRESENT || fact == FACT_ABSENT) && !text_list_equal(&before, &after))
        back_records(migration, old, name, type, lines);
}

static bool policy_differs(const struct sight *old, const struct sight *now)
{
    if (old->policy_fact != FACT_PRESENT || !old->policy.valid)
        return false;
    return now->policy_fact == FACT_ABSENT ||
           (now->policy_fact == FACT_PRESENT &&
            !mta_sts_policy_equal(&old->policy, &now->policy));
}

static void add_all(const struct migration *migration, const struct sight *old,
                    struct text_list *lines)
{
    static const struct {
        const char *prefix, *type;
    } names[] = {{"_mta-sts", "TXT"},
                 {"_mta-sts", "CNAME"},
                 {"mta-sts", "CNAME"},
                 {"_smtp._tls", "TXT"}};
    const struct sight *to = migration->to;
    add_set(migration, old, to, migration->inquiry->domain, "MX", lines);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_set(migration, old, to, migration_name(migration, names[i].prefix), names[i].type,
                lines);
    for (size_t i = 0; i < old->hosts.count; i++)
        add_set(migration, old, to,
                text_format(migration->inquiry->arena, "_25._tcp.%.*s",
                            TEXT_ARGS(old->hosts.at[i])),
                "TLSA", lines);
    if (policy_differs(old, to))
        back_policy(migration, old, lines);
}

/* Whether something critical came with a change, and there is still a point in going back. */
static bool calls_for_it(const struct migration *migration,
                         const struct migration_finding *finding)
{
    enum { WITH_IT = TIME_DAY, WHILE = 7 * TIME_DAY };
    int64_t changed_at = finding->changed_at;
    int64_t seen_at = finding->seen_at == TIME_UNKNOWN ? changed_at : finding->seen_at;
    return finding->severity == SEVERITY_CRITICAL && changed_at != TIME_UNKNOWN &&
           seen_at - changed_at <= WITH_IT && migration->inquiry->now - changed_at <= WHILE;
}

bool mig_rollback_hint(const struct migration *migration, struct migration_finding *finding)
{
    struct arena *arena = migration->inquiry->arena;
    const struct migration_finding *worst = NULL;
    for (size_t i = 0; i < migration->found->count; i++) {
        const struct migration_finding *each = &migration->found->at[i];
        if (calls_for_it(migration, each) && (!worst || each->changed_at < worst->changed_at))
            worst = each;
    }
    const struct sight *old = worst ? sight_before(&migration->view, worst->changed_at) : NULL;
    if (!old)
        return false;
    add_all(migration, old, &finding->rollback);
    if (!finding->rollback.count)
        return false;
    finding->changed_at = worst->changed_at;
    claim_says(arena, &finding->title,
               "The change of %.*s broke something critical: these were the records before it",
               TEXT_ARGS(text_date(arena, worst->changed_at)));
    claim_says(arena, &finding->text,
               "%s began with it. The state before is known, and to go back to it is often the "
               "quickest way, as long as "
               "nothing depends on the new one.",
               worst->rule->code);
    claim_says(arena, &finding->action,
               "Mend what is named above, or go back to these lines; after a policy is put "
               "back change its id once more. "
               "What caches hold of the new state lives on for its TTL and max_age.");
    evidence_add(arena, &finding->evidence, EVIDENCE_HISTORY, old->taken_at,
                 "the last observation before the change");
    evidence_add(arena, &finding->evidence, EVIDENCE_HISTORY, worst->changed_at,
                 "the first that shows it");
    return true;
}
