#include "cli/checking.h"

#include <stdlib.h>

#include "base/vector.h"
#include "cli/expectations.h"
#include "rules/escalation.h"

struct running {
    const struct invocation *inv;
    struct checking *checking;
    struct expectations expectations;
};

static bool diagnose_one(void *context, struct inquiry *inquiry, struct groups *groups,
                         struct error *err)
{
    struct running *running = context;
    struct expectation expectation;
    struct diagnosis diagnosis;
    expectation_of(&running->expectations, inquiry->domain, &expectation);
    /* cppcheck-suppress autoVariables ; the inquiry is asked no more once this returns */
    inquiry->expected = &expectation;
    if (!inquiry->sights.count)
        text_list_add(running->inv->arena, &running->checking->never_observed,
                      text_copy(running->inv->arena, inquiry->domain));
    if (!analysis_diagnose(running->inv, &running->checking->analysis.acknowledgements, inquiry,
                           groups, &diagnosis, err))
        return false;
    VECTOR_ADD(running->inv->arena, &running->checking->analysis.diagnoses, diagnosis);
    return true;
}

/* ---- weighing ---- */

static const struct stored_escalation *notified_of(const struct checking *checking,
                                                   struct text id)
{
    for (size_t i = 0; i < checking->notified.count; i++)
        if (text_equal(checking->notified.at[i].id, id))
            return &checking->notified.at[i];
    return NULL;
}

/* Worse: a higher severity, or twice the failures and ten more at least. */
static bool is_worse(const struct finding *finding, const struct stored_escalation *before)
{
    uint64_t limit = before->failed_sessions * 2;
    if (limit < before->failed_sessions + 10)
        limit = before->failed_sessions + 10;
    return finding->severity > before->severity || finding->failed_sessions >= limit;
}

/* What was over and came back is known no more: its acknowledgement was for the former time. */
static bool is_acknowledged(const struct checking *checking, const struct finding *finding,
                            const struct stored_escalation *before)
{
    const struct acknowledgement *acknowledgement =
        acknowledgement_of(&checking->analysis.acknowledgements, text_of(finding->id));
    if (!before || !acknowledgement)
        return finding->acknowledged;
    bool is_former = before->closed_at == TIME_UNKNOWN
                         ? acknowledgement->acknowledged_at < before->opened_at
                         : acknowledgement->acknowledged_at <= before->closed_at;
    return finding->acknowledged && !is_former;
}

static struct escalation_line line_of(const struct checking *checking,
                                      const struct finding *finding)
{
    struct escalation_line line = {
        .state = ESCALATION_NEW,
        .id = text_of(finding->id),
        .code = text_of(finding->rule->code),
        .domain = finding->domain,
        .title = finding->title,
        .action = finding->action,
        .since = finding->first_seen,
        .finding = finding,
    };
    const struct stored_escalation *before = notified_of(checking, line.id);
    if (is_acknowledged(checking, finding, before)) {
        line.state = ESCALATION_ACKNOWLEDGED;
    } else if (before && before->closed_at == TIME_UNKNOWN) {
        line.state = ESCALATION_ONGOING;
        line.worse = is_worse(finding, before);
    }
    return line;
}

/* What limits the answer. */
struct doubts {
    bool unproven;  /* what escalates only by reports that do not count */
    bool unchecked; /* what escalates by reports of which nobody checks who signed them */
};

static void weigh(const struct invocation *inv, struct checking *checking,
                  const struct finding *finding, struct doubts *doubts)
{
    enum escalates kind = finding_escalates(finding, inv->config.authserv_id);
    struct escalation_line line = line_of(checking, finding);
    bool escalates = kind == ESCALATES_REFUSED || kind == ESCALATES_CRITICAL;
    doubts->unproven = doubts->unproven || kind == ESCALATES_UNPROVEN;
    doubts->unchecked =
        doubts->unchecked || (escalates && finding->failed_sessions && !finding->shown_now &&
                              !text_known(inv->config.authserv_id));
    if (escalates)
        VECTOR_ADD(inv->arena, &checking->report.escalations, line);
    else if (finding_warns(finding) && !finding->acknowledged)
        VECTOR_ADD(inv->arena, &checking->report.warnings, line);
}

static bool is_there(const struct checking *checking, struct text id)
{
    for (size_t i = 0; i < checking->report.escalations.count; i++)
        if (text_equal(checking->report.escalations.at[i].id, id))
            return true;
    return false;
}

static bool was_asked(const struct checking *checking, struct text domain)
{
    for (size_t i = 0; i < checking->analysis.diagnoses.count; i++)
        if (text_equal(checking->analysis.diagnoses.at[i].domain, domain))
            return true;
    return false;
}

/* What somebody was notified of and is no more. */
static void add_resolved(const struct invocation *inv, struct checking *checking)
{
    for (size_t i = 0; i < checking->notified.count; i++) {
        const struct stored_escalation *each = &checking->notified.at[i];
        if (each->closed_at != TIME_UNKNOWN || is_there(checking, each->id) ||
            !was_asked(checking, each->domain))
            continue;
        VECTOR_ADD(inv->arena, &checking->report.escalations,
                   ((struct escalation_line){.state = ESCALATION_RESOLVED,
                                             .id = each->id,
                                             .code = each->code,
                                             .domain = each->domain,
                                             .title = each->title,
                                             .action = TEXT("Nothing: it is over."),
                                             .since = each->opened_at}));
    }
}

static int compare_lines(const void *a, const void *b)
{
    const struct escalation_line *x = a, *y = b;
    int order = (int)x->state - (int)y->state;
    if (!order && x->finding && y->finding)
        order = (int)y->finding->severity - (int)x->finding->severity;
    if (!order && x->finding && y->finding &&
        x->finding->failed_sessions != y->finding->failed_sessions)
        order = x->finding->failed_sessions < y->finding->failed_sessions ? 1 : -1;
    if (!order)
        order = text_compare(x->domain, y->domain);
    return order ? order : text_compare(x->id, y->id);
}

static void add_notes(const struct invocation *inv, struct checking *checking,
                      const struct doubts *doubts)
{
    struct text_list *notes = &checking->report.notes;
    if (checking->never_observed.count)
        text_list_add(inv->arena, notes,
                      text_format(inv->arena,
                                  "%zu domain%s never observed: tlsrpt observe %.*s",
                                  checking->never_observed.count,
                                  checking->never_observed.count == 1 ? " was" : "s were",
                                  TEXT_ARGS(checking->never_observed.at[0])));
    if (doubts->unproven)
        text_list_add(
            inv->arena, notes,
            text_known(inv->config.authserv_id)
                ? TEXT("Failures that only unsigned reports tell of call nobody")
                : TEXT("authserv-id is not configured: who signed a report is not known, and "
                       "failures that one reporter alone tells of call nobody"));
    else if (doubts->unchecked)
        text_list_add(inv->arena, notes,
                      TEXT("authserv-id is not configured: who signed a report is not known, "
                           "and what two reporters tell of counts"));
}

static enum check_status status_of(const struct checking *checking)
{
    for (size_t i = 0; i < checking->report.escalations.count; i++)
        if (checking->report.escalations.at[i].state == ESCALATION_NEW ||
            checking->report.escalations.at[i].state == ESCALATION_ONGOING)
            return CHECK_CRITICAL;
    if (checking->report.warnings.count)
        return CHECK_WARNING;
    return checking->never_observed.count ? CHECK_UNKNOWN : CHECK_OK;
}

bool checking_run(const struct invocation *inv, struct store *store,
                  const struct text_list *domains, struct checking *checking, struct error *err)
{
    struct running running = {.inv = inv, .checking = checking};
    struct doubts doubts = {0};
    *checking = (struct checking){0};
    if (!analysis_window(inv, &checking->analysis.window, err) ||
        !store_acknowledgements(store, inv->now, inv->arena,
                                &checking->analysis.acknowledgements, err) ||
        !store_escalations(store, inv->arena, &checking->notified, err) ||
        !expectations_load(inv, store, domains, &running.expectations, err) ||
        !analysis_each(inv, store, &checking->analysis.window, domains, diagnose_one, &running,
                       err))
        return false;
    for (size_t i = 0; i < checking->analysis.diagnoses.count; i++) {
        const struct findings *findings = &checking->analysis.diagnoses.at[i].findings;
        for (size_t j = 0; j < findings->count; j++)
            weigh(inv, checking, &findings->at[j], &doubts);
    }
    add_resolved(inv, checking);
    if (checking->report.escalations.count)
        qsort(checking->report.escalations.at, checking->report.escalations.count,
              sizeof *checking->report.escalations.at, compare_lines);
    if (checking->report.warnings.count)
        qsort(checking->report.warnings.at, checking->report.warnings.count,
              sizeof *checking->report.warnings.at, compare_lines);
    checking->report.domains = checking->analysis.diagnoses.count;
    add_notes(inv, checking, &doubts);
    checking->report.status = status_of(checking);
    return true;
}
