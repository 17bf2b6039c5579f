#include "ahead/whatif.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/vector.h"

/* What one kind of success comes to, so that it is worked out once. */
struct memory {
    int64_t content; /* of the observation; -1: none */
    enum policy_type type;
    struct sender sender;
    struct outcome outcome;
    struct replay_hosts hosts;
};

struct running {
    struct replay replay;
    struct habits habits;
    struct arena *arena;
    struct whatif *whatif;
    uint64_t successes_left; /* absurd numbers stop where the domain's do */
    struct {
        struct memory *at;
        size_t count;
    } memories;
};

/* ---- counts ---- */

static void count(struct whatif_counts *counts, const struct outcome *outcome,
                  uint64_t sessions)
{
    enum verdict verdict = outcome_answer(outcome).verdict;
    counts->sessions += sessions;
    if (verdict == VERDICT_DELIVER)
        counts->delivered += sessions;
    else if (verdict == VERDICT_REFUSE)
        counts->refused += sessions;
    else
        counts->unknown += sessions;
}

static struct whatif_reporter *reporter_of(struct running *running, struct text name)
{
    struct whatif *whatif = running->whatif;
    for (size_t i = 0; i < whatif->reporters.count; i++)
        if (text_equal(whatif->reporters.at[i].name, name))
            return &whatif->reporters.at[i];
    struct whatif_reporter reporter = {.name = name};
    const struct habit *habit = habit_of(&running->habits, name);
    if (habit)
        reporter.sender = habit->sender;
    VECTOR_ADD(running->arena, &whatif->reporters, reporter);
    return &whatif->reporters.at[whatif->reporters.count - 1];
}

static bool is_of_row(const struct whatif_row *a, const struct whatif_row *b)
{
    return a->succeeded == b->succeeded && a->policy_type == b->policy_type &&
           a->result_type == b->result_type && a->gone == b->gone &&
           text_equal(a->reporter, b->reporter) && text_equal(a->mx, b->mx) &&
           outcome_equal(&a->outcome, &b->outcome);
}

static void add_row(struct running *running, const struct whatif_row *row)
{
    struct whatif *whatif = running->whatif;
    count(&whatif->counts, &row->outcome, row->sessions);
    count(&reporter_of(running, row->reporter)->counts, &row->outcome, row->sessions);
    whatif->gone += row->gone ? row->sessions : 0;
    whatif->open |= row->outcome.open;
    for (size_t i = 0; i < whatif->rows.count; i++)
        if (is_of_row(&whatif->rows.at[i], row)) {
            whatif->rows.at[i].sessions += row->sessions;
            return;
        }
    VECTOR_ADD(running->arena, &whatif->rows, *row);
}

static struct whatif_host *host_of(struct whatif *whatif, struct text mx)
{
    for (size_t i = 0; i < whatif->hosts.count; i++)
        if (text_equal(whatif->hosts.at[i].mx, mx))
            return &whatif->hosts.at[i];
    return NULL;
}

/* ---- sessions ---- */

static void add_failures(struct running *running, const struct failure_group *group)
{
    struct text name = group->reporter ? group->reporter->name : TEXT_UNKNOWN;
    struct whatif_row row = {.reporter = name,
                             .mx = group_mx(group),
                             .policy_type = group->policy_type,
                             .result_type = group->result_type,
                             .sessions = group->carried};
    if (!group->carried)
        return;
    row.outcome =
        replay_failure(&running->replay, group, reporter_of(running, name)->sender, &row.gone);
    add_row(running, &row);
    struct whatif_host *host = host_of(running->whatif, row.mx);
    if (!host)
        return;
    enum verdict verdict = outcome_answer(&row.outcome).verdict;
    host->sessions_least += row.sessions;
    host->sessions_most += row.sessions;
    host->refused_least += verdict == VERDICT_REFUSE ? row.sessions : 0;
    host->refused_most += verdict == VERDICT_DELIVER ? 0 : row.sessions;
}

/* Of sessions that succeeded only all hosts that they may have met are known. */
static void add_to_hosts(struct running *running, const struct memory *memory,
                         uint64_t sessions)
{
    for (size_t i = 0; i < memory->hosts.count; i++) {
        const struct replay_host *met = &memory->hosts.at[i];
        struct whatif_host *host = host_of(running->whatif, met->mx);
        enum verdict verdict = outcome_answer(&met->outcome).verdict;
        bool only = memory->hosts.count == 1;
        if (!host)
            continue;
        host->sessions_most += sessions;
        host->sessions_least += only ? sessions : 0;
        host->refused_least += only && verdict == VERDICT_REFUSE ? sessions : 0;
        host->refused_most += verdict == VERDICT_DELIVER ? 0 : sessions;
    }
}

static int64_t content_of(const struct inquiry *inquiry, const struct report_seen *report)
{
    const struct sight *sight = sight_before(inquiry, report->end + 1);
    if (!sight && inquiry->sights.count)
        sight = &inquiry->sights.at[0];
    return sight ? sight->content : -1;
}

static const struct memory *remember(struct running *running, const struct report_seen *report,
                                     enum policy_type type, struct sender sender)
{
    int64_t content = content_of(running->replay.inquiry, report);
    for (size_t i = 0; i < running->memories.count; i++) {
        const struct memory *known = &running->memories.at[i];
        if (known->content == content && known->type == type &&
            known->sender.dane == sender.dane && known->sender.sts == sender.sts)
            return known;
    }
    struct memory memory = {.content = content, .type = type, .sender = sender};
    memory.outcome = replay_success(&running->replay, report, type, sender, &memory.hosts);
    VECTOR_ADD(running->arena, &running->memories, memory);
    return &running->memories.at[running->memories.count - 1];
}

static void add_successes(struct running *running, const struct report_seen *report,
                          enum policy_type type, uint64_t sessions)
{
    struct text name = report->reporter ? report->reporter->name : TEXT_UNKNOWN;
    if (sessions > running->successes_left)
        sessions = running->successes_left;
    if (!sessions)
        return;
    running->successes_left -= sessions;
    const struct memory *memory =
        remember(running, report, type, reporter_of(running, name)->sender);
    struct whatif_row row = {.reporter = name,
                             .succeeded = true,
                             .policy_type = type,
                             .sessions = sessions,
                             .outcome = memory->outcome};
    if (memory->hosts.count == 1)
        row.mx = memory->hosts.at[0].mx;
    add_row(running, &row);
    add_to_hosts(running, memory, sessions);
}

/* Successes under sts and tlsa may be the same sessions (report/sessions.h): they are under tlsa where there is
 * such an entry, as DANE goes first. */
static void add_report(struct running *running, const struct report_seen *report)
{
    static const enum policy_type others[] = {POLICY_TYPE_NO_POLICY_FOUND, POLICY_TYPE_UNKNOWN};
    uint64_t left = report->total.successful;
    for (int i = 0; i < 2; i++) {
        uint64_t sessions = report->tally.by_type[others[i]].successful;
        sessions = sessions < left ? sessions : left;
        add_successes(running, report, others[i], sessions);
        left -= sessions;
    }
    bool tlsa = report->types & (1U << POLICY_TYPE_TLSA);
    add_successes(running, report, tlsa ? POLICY_TYPE_TLSA : POLICY_TYPE_STS, left);
}

/* ---- hosts ---- */

static void add_host(struct running *running, struct text mx)
{
    const struct inquiry *inquiry = running->replay.inquiry;
    const struct sight *sight = replay_sight(&running->replay, mx);
    struct whatif_host host = {.mx = mx};
    struct probes probes = {0};
    if (sight)
        probes = sight_probes(inquiry, sight, mx, TEXT_UNKNOWN);
    for (size_t i = 0; i < probes.count; i++) {
        struct whatif_answer answer = {.address = probes.at[i]->address, .at = sight->taken_at};
        if (!probe_tells(probes.at[i]) && sight_probed(inquiry, sight, mx))
            continue;
        answer.answer = replay_answer(&running->replay, sight, mx, probes.at[i]);
        VECTOR_ADD(running->arena, &host.answers, answer);
    }
    if (!host.answers.count) {
        struct whatif_answer answer = {.at = TIME_UNKNOWN};
        answer.answer = replay_answer(&running->replay, sight, mx, NULL);
        VECTOR_ADD(running->arena, &host.answers, answer);
    }
    VECTOR_ADD(running->arena, &running->whatif->hosts, host);
}

/* ---- what limits it ---- */

static void add_notes(struct running *running)
{
    struct whatif *whatif = running->whatif;
    const struct inquiry *inquiry = running->replay.inquiry;
    const struct proposal *proposal = whatif->proposal;
    struct text_list *notes = &whatif->notes;
    if (whatif->observed_at == TIME_UNKNOWN)
        text_list_add(running->arena, notes,
                      text_format(running->arena,
                                  "Nothing was observed of %.*s: tlsrpt observe %.*s",
                                  TEXT_ARGS(inquiry->domain), TEXT_ARGS(inquiry->domain)));
    else if (inquiry->now - whatif->observed_at > 7 * (int64_t)TIME_DAY)
        text_list_add(running->arena, notes,
                      text_format(running->arena,
                                  "The newest observation is of %.*s: tlsrpt observe %.*s",
                                  TEXT_ARGS(text_date(running->arena, whatif->observed_at)),
                                  TEXT_ARGS(inquiry->domain)));
    if (!whatif->counts.sessions)
        text_list_add(
            running->arena, notes,
            TEXT("No sessions were reported in the window: only the MX hosts are told of."));
    if (proposal->mode && !proposal->policy && !policy_in_force(inquiry))
        text_list_add(
            running->arena, notes,
            TEXT("No valid policy is served: one that lists every MX host is assumed."));
    if (proposal->certificate)
        text_list_add(running->arena, notes,
                      TEXT("The certificate is taken as presented at every address of every MX "
                           "host; where nobody probed, STARTTLS is taken as offered."));
    if (proposal->tlsa.count)
        text_list_add(
            running->arena, notes,
            TEXT("Proposed TLSA records are taken as signed where what was observed of "
                 "the host's zone is, or nothing is known of it."));
}

/* ---- the whole ---- */

static int order_of(const struct outcome *outcome)
{
    static const int orders[] = {
        [VERDICT_REFUSE] = 0, [VERDICT_UNKNOWN] = 1, [VERDICT_DELIVER] = 2};
    return orders[outcome_answer(outcome).verdict];
}

static int compare_rows(const void *a, const void *b)
{
    const struct whatif_row *x = a, *y = b;
    int order = order_of(&x->outcome) - order_of(&y->outcome);
    if (!order)
        order = (x->sessions < y->sessions) - (x->sessions > y->sessions);
    if (!order)
        order = text_compare(x->reporter, y->reporter);
    if (!order)
        order = text_compare(x->mx, y->mx);
    if (!order)
        order = (int)x->policy_type - (int)y->policy_type;
    return order ? order : (int)x->result_type - (int)y->result_type;
}

static int compare_reporters(const void *a, const void *b)
{
    const struct whatif_counts *x = &((const struct whatif_reporter *)a)->counts;
    const struct whatif_counts *y = &((const struct whatif_reporter *)b)->counts;
    int order = (x->refused < y->refused) - (x->refused > y->refused);
    if (!order)
        order = (x->unknown < y->unknown) - (x->unknown > y->unknown);
    if (!order)
        order = (x->sessions < y->sessions) - (x->sessions > y->sessions);
    return order ? order
                 : text_compare(((const struct whatif_reporter *)a)->name,
                                ((const struct whatif_reporter *)b)->name);
}

void whatif_answer(const struct inquiry *inquiry, const struct proposal *proposal,
                   struct whatif *whatif)
{
    const struct groups *groups = inquiry->groups;
    const struct sight *now = sight_now(inquiry);
    struct running running = {.arena = inquiry->arena, .whatif = whatif};
    habits_learn(inquiry, &running.habits);
    replay_begin(&running.replay, inquiry, proposal);
    running.successes_left = groups->total.successful;
    *whatif = (struct whatif){.domain = inquiry->domain,
                              .since = inquiry->since,
                              .until = inquiry->until,
                              .observed_at = now ? now->taken_at : TIME_UNKNOWN,
                              .proposal = proposal,
                              .policy_fact = running.replay.policy_fact,
                              .policy = running.replay.policy,
                              .mx = proposal_hosts(proposal, now)};
    for (size_t i = 0; i < whatif->mx.count; i++)
        add_host(&running, whatif->mx.at[i]);
    for (size_t i = 0; i < groups->all.count; i++)
        add_failures(&running, groups->all.at[i]);
    for (size_t i = 0; i < groups->reports.count; i++)
        add_report(&running, &groups->reports.at[i]);
    add_notes(&running);
    if (whatif->rows.count)
        qsort(whatif->rows.at, whatif->rows.count, sizeof *whatif->rows.at, compare_rows);
    if (whatif->reporters.count)
        qsort(whatif->reporters.at, whatif->reporters.count, sizeof *whatif->reporters.at,
              compare_reporters);
}
