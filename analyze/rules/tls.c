/* What an MX host makes of STARTTLS, and what becomes of it on the way. */
#include "base/time.h"
#include "published/changes.h"
#include "published/txt_record.h"
#include "rules/counting.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- one answer ---- */

static bool is_refused(const struct observed_smtp *answer)
{
    return text_known(answer->starttls_reply) && answer->starttls_reply.length &&
           !text_starts(answer->starttls_reply, TEXT("2"));
}

enum shown tls_no_starttls_judge(const struct sight *sight, const struct subject *subject,
                                 const struct observed_smtp *answer)
{
    (void)sight, (void)subject;
    if (!probe_tells(answer))
        return SHOWN_UNKNOWN;
    return answer->starttls == ANSWER_NO && !answer->certificate ? SHOWN_YES : SHOWN_NO;
}

enum shown tls_starttls_refused_judge(const struct sight *sight, const struct subject *subject,
                                      const struct observed_smtp *answer)
{
    (void)sight, (void)subject;
    if (!probe_tells(answer))
        return SHOWN_UNKNOWN;
    bool is_offered = answer->starttls != ANSWER_NO && !answer->certificate;
    return is_offered && is_refused(answer) ? SHOWN_YES : SHOWN_NO;
}

enum shown tls_handshake_judge(const struct sight *sight, const struct subject *subject,
                               const struct observed_smtp *answer)
{
    (void)sight, (void)subject;
    if (!probe_tells(answer))
        return SHOWN_UNKNOWN;
    bool fails = answer->status == SMTP_TLS_ERROR && answer->starttls != ANSWER_NO;
    return fails && !is_refused(answer) ? SHOWN_YES : SHOWN_NO;
}

/* ---- TLS-NO-STARTTLS ---- */

/* Firewalls that inspect SMTP put asterisks in the banner and XXXXXXXA in the place of a keyword. */
static bool is_rewritten(const struct observed_smtp *answer)
{
    const struct text seen[] = {answer->banner, answer->helo, answer->starttls_reply,
                                answer->detail};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        if (text_find(seen[i], TEXT("**")) != SIZE_MAX ||
            text_find(seen[i], TEXT("XXXX")) != SIZE_MAX ||
            text_find(seen[i], TEXT("seems to rewrite SMTP")) != SIZE_MAX)
            return true;
    return false;
}

static void dialogue_evidence(const struct inquiry *inquiry, const struct sight *sight,
                              const struct observed_smtp *answer, struct claim *claim)
{
    struct arena *arena = inquiry->arena;
    struct text place = words_of_place(arena, answer);
    if (text_known(answer->banner))
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "%.*s greets with: %.*s", TEXT_ARGS(place),
                     TEXT_ARGS(words_of_line(arena, answer->banner)));
    if (answer->starttls)
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "%.*s %s STARTTLS", TEXT_ARGS(place),
                     answer->starttls == ANSWER_YES ? "offers" : "does not offer");
    if (text_known(answer->starttls_reply))
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "%.*s answers STARTTLS with: %.*s", TEXT_ARGS(place),
                     TEXT_ARGS(words_of_line(arena, answer->starttls_reply)));
    if (text_known(answer->detail))
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at, "%.*s: %.*s",
                     TEXT_ARGS(place), TEXT_ARGS(words_of_line(arena, answer->detail)));
}

enum shown tls_no_starttls_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, tls_no_starttls_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    struct text place = words_of_place(arena, bad);
    dialogue_evidence(inquiry, sight, bad, claim);
    if (is_rewritten(bad)) {
        claim_says(arena, &claim->title,
                   "%.*s offers no STARTTLS: a firewall in front of it rewrites SMTP",
                   TEXT_ARGS(place));
        claim_says(arena, &claim->action,
                   "Switch off SMTP inspection (\"fixup\", \"ESMTP inspection\") on the "
                   "firewall in front of %.*s, then look from outside:\n"
                   "    openssl s_client -starttls smtp -connect %.*s:25",
                   TEXT_ARGS(bad->mx), TEXT_ARGS(bad->mx));
        return SHOWN_YES;
    }
    claim_says(arena, &claim->title, "%.*s does not offer STARTTLS", TEXT_ARGS(place));
    claim_says(arena, &claim->action,
               "Enable STARTTLS with a certificate for %.*s on that MX (Postfix: "
               "smtpd_tls_security_level = may), then look from outside, for something on "
               "the way may take it out:\n"
               "    openssl s_client -starttls smtp -connect %.*s:25",
               TEXT_ARGS(bad->mx), TEXT_ARGS(bad->mx));
    return SHOWN_YES;
}

/* ---- TLS-STARTTLS-REFUSED ---- */

enum shown tls_starttls_refused_shows(const struct inquiry *inquiry, const struct sight *sight,
                                      const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, tls_starttls_refused_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    claim_says(arena, &claim->title, "%.*s offers STARTTLS and then refuses it: %.*s",
               TEXT_ARGS(words_of_place(arena, bad)),
               TEXT_ARGS(words_of_line(arena, bad->starttls_reply)));
    claim_says(arena, &claim->action,
               "Read the mail server's log of %.*s: most often it cannot read its certificate "
               "or its key (path, permissions, a key that does not belong to the certificate, "
               "a renewal that left an empty file). Mend that, reload the server, and look:\n"
               "    openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s",
               TEXT_ARGS(bad->mx), TEXT_ARGS(bad->mx), TEXT_ARGS(bad->mx));
    dialogue_evidence(inquiry, sight, bad, claim);
    return SHOWN_YES;
}

/* ---- TLS-HANDSHAKE ---- */

enum shown tls_handshake_shows(const struct inquiry *inquiry, const struct sight *sight,
                               const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, tls_handshake_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    struct text place = words_of_place(arena, bad);
    if (text_known(bad->detail))
        claim_says(arena, &claim->title,
                   "%.*s accepts STARTTLS, and then the TLS handshake fails (%.*s)",
                   TEXT_ARGS(place), TEXT_ARGS(words_of_line(arena, bad->detail)));
    else
        claim_says(arena, &claim->title,
                   "%.*s accepts STARTTLS, and then the TLS handshake fails", TEXT_ARGS(place));
    claim_says(arena, &claim->action,
               "Enable TLS 1.2 and 1.3 with the usual ciphers on %.*s, and see to it that its "
               "key and certificate are loaded; the server's log says more. Then look:\n"
               "    openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s -tls1_2",
               TEXT_ARGS(bad->mx), TEXT_ARGS(bad->mx), TEXT_ARGS(bad->mx));
    dialogue_evidence(inquiry, sight, bad, claim);
    return SHOWN_YES;
}

/* ---- TLS-STRIPPED ---- */

/* Whether all failed sessions of that kind at the place of GROUP come from one network. */
static bool comes_from_one_network(const struct inquiry *inquiry,
                                   const struct failure_group *group)
{
    struct networks joined = group->networks;
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        if (other != group && !other->undetailed && other->result_type == group->result_type &&
            text_equal(other->mx, group->mx))
            joined = networks_join(&joined, &other->networks);
    }
    return networks_are_one(&joined);
}

/* Whether the nearest observation and the newest show that STARTTLS works there, whatever the
 * certificate: stripping takes place before that. */
static bool starttls_works(const struct inquiry *inquiry, const struct sight *sight,
                           const struct failure_group *group)
{
    struct text mx = group_mx(group);
    struct probes probes = sight_probes(inquiry, sight, mx, group->address);
    bool works = false;
    for (size_t i = 0; i < probes.count; i++) {
        const struct observed_smtp *answer = probes.at[i];
        bool is_other =
            text_known(group->address) && !text_equal(answer->address, group->address);
        if (is_other || !probe_tells(answer))
            continue;
        if (answer->starttls == ANSWER_NO || answer->status == SMTP_TLS_ERROR)
            return false;
        works = true;
    }
    return works;
}

static bool probed_mx(const struct inquiry *inquiry, const struct sight *sight,
                      const struct failure_group *group)
{
    return sight_probed(inquiry, sight, group_mx(group));
}

bool tls_stripped_explains(const struct inquiry *inquiry, const struct failure_group *group,
                           struct claim *claim)
{
    struct text mx = group_mx(group);
    const struct sight *then = text_known(mx) ? sight_nearest(inquiry, group, probed_mx) : NULL;
    if (!then || !group->reporter || !starttls_works(inquiry, then, group))
        return false;
    bool one_network = comes_from_one_network(inquiry, group);
    bool several = another_reporter_fails(inquiry, group, 1U << group->result_type);
    if (several && !one_network)
        return false;
    struct arena *arena = inquiry->arena;
    struct text reporter = quote(arena, group->reporter->name);
    struct text source = several ? TEXT("one network") : reporter;
    claim->confidence = reporter_confidence(group);
    claim_says(arena, &claim->title,
               "STARTTLS of %.*s is lost on the way from %.*s: it is offered there",
               TEXT_ARGS(mx), TEXT_ARGS(source));
    claim_says(
        arena, &claim->action,
        "Nothing is wrong at %.*s. Look at what stands between: firewalls and proxies of "
        "your own that treat %s differently, then ask %.*s about theirs%s%.*s. If "
        "nobody knows of such a device, treat it as interception.",
        TEXT_ARGS(mx), one_network ? "that network" : "that sender", TEXT_ARGS(reporter),
        text_known(group->reporter->contact_info) ? ", by the contact of its reports: " : "",
        TEXT_ARGS(text_known(group->reporter->contact_info)
                      ? quote(arena, group->reporter->contact_info)
                      : TEXT("")));
    evidence_add(arena, &claim->evidence, EVIDENCE_RULED_OUT, then->taken_at,
                 "STARTTLS is offered and works at %.*s%s%.*s", TEXT_ARGS(mx),
                 text_known(group->address) ? " at " : "",
                 TEXT_ARGS(text_known(group->address) ? group->address : TEXT("")));
    if (one_network && group->sending.count)
        evidence_add(arena, &claim->evidence, EVIDENCE_REPORT, group->span.last_end,
                     "all failed sessions come from one network, that of %.*s",
                     TEXT_ARGS(quote(arena, group->sending.at[0].text)));
    return true;
}

/* ---- TLS-INTEROP ---- */

/* The report with which a reporter's failures begin, and the last one before. */
struct turn {
    const struct report_seen *good, *failing;
};

/* Whether REPORTER had successes alone, then within a day failures for the greater part, in each report
 * to this day: two at least. */
static bool turned(const struct groups *groups, const struct reporter_seen *reporter,
                   struct turn *turn)
{
    uint64_t failed = 0, successful = 0;
    size_t failing = 0;
    *turn = (struct turn){0};
    for (size_t i = 0; i < reporter->reports.count; i++) {
        const struct report_seen *report = &groups->reports.at[reporter->reports.at[i]];
        if (!report->total.failed && !report->total.successful)
            continue;
        if (!report->total.failed) {
            if (turn->failing)
                return false;
            turn->good = report;
            continue;
        }
        turn->failing = turn->failing ? turn->failing : report;
        failed = sessions_add(failed, report->total.failed);
        successful = sessions_add(successful, report->total.successful);
        failing++;
    }
    return turn->good && failing >= 2 && failed > successful &&
           turn->failing->begin - turn->good->end <= TIME_DAY;
}

/* Whether two observations differ in what a sender meets: not in what only people read. */
static bool is_changed(const struct inquiry *inquiry, const struct sight *before,
                       const struct sight *after)
{
    static const unsigned matters = 1U << CHANGE_MX | 1U << CHANGE_ADDRESS |
                                    1U << CHANGE_MTA_STS | 1U << CHANGE_POLICY |
                                    1U << CHANGE_TLSA | 1U << CHANGE_CERTIFICATE;
    struct changes changes;
    changes_between(before->observation, after->observation, inquiry->arena, &changes);
    for (size_t i = 0; i < changes.count; i++)
        if (matters & (1U << changes.at[i].kind))
            return true;
    return false;
}

/* Whether observations from before TIME and after it show the same; false where there are none. */
static bool is_steady_over(const struct inquiry *inquiry, int64_t time)
{
    const struct sight *before = sight_before(inquiry, time);
    const struct sight *after = sight_after(inquiry, time);
    if (!before || !after)
        return false;
    return !is_changed(inquiry, before, after) &&
           !is_changed(inquiry, before, sight_now(inquiry));
}

bool tls_interop_explains(const struct inquiry *inquiry, const struct failure_group *group,
                          struct claim *claim)
{
    struct turn turn;
    const struct sight *then;
    struct text mx = group_mx(group);
    unsigned types = claim->rule->result_types;
    if (!text_known(mx) || !group->reporter || another_reporter_fails(inquiry, group, types) ||
        !turned(inquiry->groups, group->reporter, &turn) ||
        !host_is_fine(inquiry, group, &then) || !is_steady_over(inquiry, turn.failing->begin))
        return false;
    struct arena *arena = inquiry->arena;
    struct text reporter = quote(arena, group->reporter->name);
    struct text date = text_date(arena, turn.failing->begin);
    bool contact = text_known(group->reporter->contact_info);
    claim->confidence = reporter_confidence(group);
    claim_says(arena, &claim->title,
               "%.*s delivered to %.*s until %.*s and has failed ever since, with nothing "
               "published changed",
               TEXT_ARGS(reporter), TEXT_ARGS(mx), TEXT_ARGS(date));
    claim_says(
        arena, &claim->action,
        "Act soon: all mail of that sender may be lost. Look in the log of %.*s for its "
        "sessions since %.*s (fatal alerts, resets) and for an update of the mail server "
        "or its TLS library about then; switch off TLS session tickets and see whether "
        "sessions succeed. Then write to the sender%s%.*s.",
        TEXT_ARGS(mx), TEXT_ARGS(date), contact ? ", by the contact of its reports: " : "",
        TEXT_ARGS(contact ? quote(arena, group->reporter->contact_info) : TEXT("")));
    evidence_add(arena, &claim->evidence, EVIDENCE_REPORT, turn.good->end,
                 "%.*s reported successes alone until then", TEXT_ARGS(reporter));
    evidence_add(arena, &claim->evidence, EVIDENCE_REPORT, turn.failing->begin,
                 "each report of %.*s from then on names failures", TEXT_ARGS(reporter));
    evidence_add(arena, &claim->evidence, EVIDENCE_RULED_OUT, then->taken_at,
                 "STARTTLS and certificate of %.*s are in order, and DNS, policy and "
                 "certificate are what they were before",
                 TEXT_ARGS(mx));
    return true;
}
