#include "render/findings_words.h"

#include <inttypes.h>

#include "base/time.h"
#include "base/vector.h"
#include "published/mta_sts.h"
#include "rules/inquiry.h"

/* A sentence under construction; printf would end at a NUL of a text from outside. */
static struct text kept(struct arena *arena, const struct buffer *buffer)
{
    return buffer->length ? text_copy(arena, buffer_text(buffer)) : TEXT("");
}

static void add_date(struct buffer *out, int64_t time)
{
    char date[TIME_TEXT_SIZE];
    if (time == TIME_UNKNOWN)
        buffer_add_text(out, TEXT("an unknown day"));
    else
        buffer_add_text(out, text_of(time_date(time, date)));
}

static void add_number(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    buffer_format(out, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

struct text words_of_number(struct arena *arena, uint64_t count, const char *one,
                            const char *many)
{
    BUFFER_AUTO out = {0};
    add_number(&out, count, one, many);
    return kept(arena, &out);
}

/* ---- the report ---- */

static void add_part(struct buffer *out, size_t count, const char *one, const char *many)
{
    if (!count)
        return;
    if (out->length)
        buffer_add_text(out, TEXT(", "));
    add_number(out, count, one, many);
}

struct text words_of_counts(struct arena *arena, const struct finding_counts *counts)
{
    BUFFER_AUTO out = {0};
    add_part(&out, counts->open[SEVERITY_CRITICAL], "critical", "critical");
    add_part(&out, counts->open[SEVERITY_WARNING], "warning", "warnings");
    add_part(&out, counts->open[SEVERITY_NOTICE], "notice", "notices");
    add_part(&out, counts->open[SEVERITY_OK], "in order", "in order");
    add_part(&out, counts->acknowledged, "acknowledged", "acknowledged");
    add_part(&out, counts->stopped, "stopped", "stopped");
    return out.length ? kept(arena, &out) : TEXT("no findings");
}

struct text words_of_scope(struct arena *arena, const struct findings_report *report)
{
    BUFFER_AUTO out = {0};
    add_number(&out, report->count, "domain", "domains");
    if (report->since == TIME_UNKNOWN && report->until == TIME_UNKNOWN)
        buffer_add_text(&out, TEXT(", all reports"));
    if (report->since != TIME_UNKNOWN) {
        buffer_add_text(&out, TEXT(", reports from "));
        add_date(&out, report->since);
    }
    if (report->until != TIME_UNKNOWN) {
        buffer_add_text(&out,
                        report->since != TIME_UNKNOWN ? TEXT(" to ") : TEXT(", reports to "));
        add_date(&out, report->until);
    }
    return kept(arena, &out);
}

const char *words_of_nothing(const struct finding_counts *counts)
{
    return counts->open[SEVERITY_NOTICE] ? "Nothing to do now: the notices below can wait."
                                         : "Nothing to do.";
}

struct text words_of_first_step(struct arena *arena, const struct finding *finding)
{
    struct text rest = finding->action, line;
    if (!text_next(&rest, '\n', &line) || !line.length)
        return TEXT("");
    size_t end = text_find(line, TEXT(". "));
    bool more = end != SIZE_MAX || text_known(rest);
    if (end != SIZE_MAX)
        line = text_first(line, end);
    line = text_trim(line);
    while (line.length && (line.at[line.length - 1] == ':' || line.at[line.length - 1] == '.'))
        line.length--;
    BUFFER_AUTO out = {0};
    buffer_add_text(&out, line);
    buffer_add_text(&out, more ? TEXT(" (more below).") : TEXT("."));
    return kept(arena, &out);
}

/* ---- the domain ---- */

struct text words_of_sessions(struct arena *arena, const struct diagnosis *diagnosis)
{
    BUFFER_AUTO out = {0};
    const struct session_counts *sessions = &diagnosis->sessions;
    if (!sessions->successful && !sessions->failed)
        return TEXT("none reported");
    buffer_format(&out, "%" PRIu64 " successful, %" PRIu64 " failed", sessions->successful,
                  sessions->failed);
    if (sessions->failed && diagnosis->explained == sessions->failed)
        buffer_add_text(&out, TEXT(", all explained"));
    else if (sessions->failed)
        buffer_format(&out, ", %" PRIu64 " of these explained", diagnosis->explained);
    return kept(arena, &out);
}

struct text words_of_readiness(struct arena *arena, const struct diagnosis *diagnosis)
{
    static const char *const texts[READINESS_COUNT] = {
        [READINESS_UNKNOWN] = "not known",
        [READINESS_READY] = "ready to move to enforce",
        [READINESS_NOT_READY] = "not ready for enforce",
        [READINESS_INSUFFICIENT_DATA] = "too little is known to move to enforce",
        [READINESS_ENFORCING] = "senders refuse to deliver where it is not kept",
        [READINESS_NONE] = "no policy asks senders for encryption",
    };
    BUFFER_AUTO out = {0};
    const struct readiness_answer *answer = &diagnosis->mta_sts;
    const char *mode = mta_sts_mode_name(answer->published_mode);
    if (mode)
        buffer_format(&out, "mode %s; ", mode);
    const char *text = answer->readiness < READINESS_COUNT ? texts[answer->readiness] : NULL;
    buffer_add_text(&out, text_of(text ? text : texts[READINESS_UNKNOWN]));
    if (answer->blocking_sessions) {
        buffer_add_text(&out, TEXT(", which would have refused "));
        add_number(&out, answer->blocking_sessions, "session", "sessions");
    }
    return kept(arena, &out);
}

/* ---- the finding ---- */

/* The share in whole percent, with "under 1" where it would be 0. */
static void add_share(struct buffer *out, const struct finding *finding)
{
    if (!(finding->share > 0))
        return;
    unsigned percent = finding->share < 1 ? (unsigned)(finding->share * 100 + 0.5) : 100;
    if (!percent)
        buffer_add_text(out, TEXT(", under 1 % of those of the domain"));
    else
        buffer_format(out, ", %u %% of those of the domain", percent);
}

static void add_names(struct buffer *out, const struct text_list *reporters)
{
    enum { SHOWN = 5 };
    for (size_t i = 0; i < reporters->count && (i < SHOWN || reporters->count == SHOWN + 1);
         i++) {
        if (i)
            buffer_add_text(out, TEXT(", "));
        buffer_add_text(out, reporters->at[i]);
    }
    if (reporters->count > SHOWN + 1)
        buffer_format(out, " and %zu more", reporters->count - SHOWN);
}

struct text words_of_subject(struct arena *arena, const struct finding *finding)
{
    BUFFER_AUTO out = {0};
    buffer_add_text(&out, TEXT("mail that others send to "));
    buffer_add_text(&out, finding->domain);
    if (text_known(finding->mx)) {
        buffer_add_text(&out, TEXT(", at its MX host "));
        buffer_add_text(&out, finding->mx);
    }
    buffer_add_text(&out, TEXT(": "));
    if (!finding->failed_sessions && !finding->reporters.count) {
        buffer_add_text(&out, TEXT("no failed session is reported; this is what is published"));
        return kept(arena, &out);
    }
    if (finding->failed_sessions) {
        add_number(&out, finding->failed_sessions, "session failed", "sessions failed");
        add_share(&out, finding);
    } else {
        buffer_add_text(&out, TEXT("its failed sessions count under another finding"));
    }
    if (finding->reporters.count) {
        buffer_add_text(&out, TEXT("; reported by "));
        add_names(&out, &finding->reporters);
    }
    return kept(arena, &out);
}

static bool has_failures(const struct finding *finding)
{
    return finding->failed_sessions || finding->reporters.count;
}

struct text words_of_impact(const struct finding *finding)
{
    static const char *const failed[IMPACT_COUNT] = {
        [IMPACT_DELIVERED] = "delivered all the same: the senders only report the failure",
        [IMPACT_UNKNOWN] = "refused or delivered all the same: which of the two cannot be told",
        [IMPACT_REFUSED] = "refused: in these sessions the senders did not hand it over",
    };
    static const char *const standing[IMPACT_COUNT] = {
        [IMPACT_DELIVERED] = "delivered all the same, now or should sessions fail",
        [IMPACT_UNKNOWN] = "whether senders refuse it for this cannot be told",
        [IMPACT_REFUSED] = "refused by senders that run into this",
    };
    const char *const *texts = has_failures(finding) ? failed : standing;
    if (finding->rule->family == FAMILY_REPORTING && finding->impact == IMPACT_DELIVERED)
        return TEXT("not affected: this is about the reports alone");
    const char *text = finding->impact < IMPACT_COUNT ? texts[finding->impact] : NULL;
    return text_of(text ? text : texts[IMPACT_UNKNOWN]);
}

struct text words_of_side(const struct finding *finding, bool is_shared)
{
    static const char *const texts[SIDE_COUNT] = {
        [SIDE_UNKNOWN] = "not known",
        [SIDE_DOMAIN] = "this domain: it can be mended at its DNS, web or mail server",
        [SIDE_SENDER] = "the sender: what the domain publishes does not cause it",
        [SIDE_PATH] = "the network between sender and MX host",
    };
    if (is_shared)
        return TEXT("the host that these domains share: it can be mended there, for all");
    const char *text = finding->side < SIDE_COUNT ? texts[finding->side] : NULL;
    return text_of(text ? text : texts[SIDE_UNKNOWN]);
}

struct text words_of_since(struct arena *arena, const struct finding *finding)
{
    BUFFER_AUTO out = {0};
    if (finding->state == STATE_STOPPED) {
        buffer_add_text(&out, TEXT("stopped, from "));
        add_date(&out, finding->first_seen);
        buffer_add_text(&out, TEXT(" to "));
        add_date(&out, finding->last_seen);
        return kept(arena, &out);
    }
    buffer_add_text(&out, TEXT("since "));
    add_date(&out, finding->first_seen);
    return kept(arena, &out);
}

/* "google.com and 2 more reports": WORDS behind the names, of one and of several. */
static void add_who(struct buffer *out, const struct text_list *names, const char *one,
                    const char *several)
{
    if (!names->count)
        return;
    buffer_add_text(out, TEXT(" "));
    add_names(out, names);
    buffer_add_text(out, text_of(names->count == 1 ? one : several));
}

enum { WAITING_SHOWN = 5 };

/* "microsoft.com (due about 2026-06-11) has not reported since." */
static void add_waiting(struct buffer *out, const struct fix *fix)
{
    size_t count = fix->waiting.count;
    for (size_t i = 0; i < count && i < WAITING_SHOWN; i++) {
        buffer_add_text(out, i ? TEXT(", ") : TEXT(" "));
        buffer_add_text(out, fix->waiting.at[i].name);
        if (fix->waiting.at[i].due_at == TIME_UNKNOWN)
            continue;
        buffer_add_text(out, TEXT(" (due about "));
        add_date(out, fix->waiting.at[i].due_at);
        buffer_add_char(out, ')');
    }
    if (count > WAITING_SHOWN)
        buffer_format(out, " and %zu more", count - WAITING_SHOWN);
    if (count)
        buffer_add_text(out, count == 1 ? TEXT(" has not reported since.")
                                        : TEXT(" have not reported since."));
}

struct text words_of_fix(struct arena *arena, const struct finding *finding)
{
    static const char *const held[HELD_COUNT] = {
        [HELD_NOTHING] = "",
        [HELD_POLICY] = "the former policy",
        [HELD_MX] = "the former MX records",
        [HELD_ADDRESS] = "the former addresses",
        [HELD_TLSA] = "the former TLSA records",
    };
    const struct fix *fix = &finding->fix;
    BUFFER_AUTO out = {0};
    if (!fix->seen)
        return TEXT("");
    buffer_add_text(&out, TEXT("seen at "));
    buffer_add_text(&out, text_moment(arena, fix->seen_at));
    if (fix->shown_at != TIME_UNKNOWN) {
        buffer_add_text(&out, TEXT("; the fault was last seen at "));
        buffer_add_text(&out, text_moment(arena, fix->shown_at));
    }
    buffer_add_char(&out, '.');
    if (fix->held) {
        buffer_format(&out, " A sender can hold %s until ", held[fix->held]);
        buffer_add_text(&out, text_moment(arena, fix->held_until));
        buffer_add_char(&out, '.');
    }
    if (fix->returned) {
        buffer_add_text(&out, TEXT(" It came back: reports from "));
        add_date(&out, fix->failing_since);
        buffer_add_text(&out, TEXT(" on show it again."));
    }
    add_who(&out, &fix->succeeded, " has reported successes since, and no such failure.",
            " have reported successes since, and no such failure.");
    add_who(&out, &fix->failing, " still reports the failure.", " still report the failure.");
    add_waiting(&out, fix);
    return kept(arena, &out);
}

struct text words_of_acknowledgement(struct arena *arena, const struct finding *finding)
{
    BUFFER_AUTO out = {0};
    if (!finding->acknowledged)
        return TEXT("");
    buffer_add_text(&out, TEXT("acknowledged"));
    if (finding->acknowledged_until != TIME_UNKNOWN) {
        buffer_add_text(&out, TEXT(" until "));
        add_date(&out, finding->acknowledged_until);
    }
    if (finding->acknowledged_note.length) {
        buffer_add_text(&out, TEXT(": "));
        buffer_add_text(&out, finding->acknowledged_note);
    }
    return kept(arena, &out);
}

const char *words_of_severity(enum severity severity)
{
    static const char *const names[SEVERITY_COUNT] = {
        [SEVERITY_UNKNOWN] = "UNKNOWN",   [SEVERITY_OK] = "OK",
        [SEVERITY_NOTICE] = "NOTICE",     [SEVERITY_WARNING] = "WARNING",
        [SEVERITY_CRITICAL] = "CRITICAL",
    };
    return names[severity < SEVERITY_COUNT ? severity : SEVERITY_UNKNOWN];
}

void put_severity(struct buffer *out, enum severity severity, bool coloured)
{
    static const char *const colours[SEVERITY_COUNT] = {
        [SEVERITY_WARNING] = "\033[33m",
        [SEVERITY_CRITICAL] = "\033[31m",
    };
    const char *colour = coloured && severity < SEVERITY_COUNT ? colours[severity] : NULL;
    buffer_format(out, "%s%s%s", colour ? colour : "", words_of_severity(severity),
                  colour ? "\033[0m" : "");
}

unsigned text_width(struct text_style style)
{
    if (!style.width)
        return 80;
    return style.width < 40 ? 40 : style.width;
}

const char *words_of_source(enum evidence_source source)
{
    static const char *const names[EVIDENCE_SOURCE_COUNT] = {
        [EVIDENCE_REPORT] = "report",        [EVIDENCE_DNS] = "DNS",
        [EVIDENCE_AUTHORITY] = "DNS server", [EVIDENCE_POLICY] = "policy",
        [EVIDENCE_SMTP] = "MX host",         [EVIDENCE_HISTORY] = "history",
        [EVIDENCE_RULED_OUT] = "in order",
    };
    const char *name = source < EVIDENCE_SOURCE_COUNT ? names[source] : NULL;
    return name ? name : "";
}

struct text words_of_shared(struct arena *arena, const struct shared_fault *fault)
{
    BUFFER_AUTO out = {0};
    buffer_add_text(&out, fault->host);
    buffer_format(&out, ", used by %zu of these domains", fault->count);
    return kept(arena, &out);
}

struct text words_of_shared_sessions(struct arena *arena, const struct shared_fault *fault)
{
    BUFFER_AUTO out = {0};
    add_number(&out, fault->failed_sessions, "session failed", "sessions failed in all");
    buffer_add_text(&out, TEXT("; the evidence is that of "));
    buffer_add_text(&out, shared_example(fault)->domain);
    return kept(arena, &out);
}
