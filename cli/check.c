#include "base/vector.h"
#include "cli/checking.h"
#include "cli/database.h"
#include "cli/observe.h"
#include "cli/output.h"

const struct option options_check[] = {
    {"notify", "COMMAND", "pipe a message into COMMAND about what is new, worse or over"},
    {"since", "TIME", "reports that begin then or later: 30d (the default), 2026-11-01"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {"format", "text|json", "for monitoring and people (the default), or one JSON object"},
    {0},
};

/* The domains of what is new or worse, whose observation is older than this run. */
static void find_doubtful(const struct invocation *inv, const struct checking *checking,
                          struct text_list *domains)
{
    for (size_t i = 0; i < checking->report.escalations.count; i++) {
        const struct escalation_line *line = &checking->report.escalations.at[i];
        if (line->finding && (line->state == ESCALATION_NEW || line->worse) &&
            text_is_host(line->domain))
            text_list_add_once(inv->arena, domains, line->domain);
    }
}

/* Before somebody is called, what can be looked at again is. */
static bool look_again(struct invocation *inv, struct store *store,
                       const struct text_list *domains, struct checking *checking,
                       struct error *err)
{
    struct text_list doubtful = {0};
    struct error why = {0};
    find_doubtful(inv, checking, &doubtful);
    if (!doubtful.count || inv->offline)
        return true;
    if (!observe_quietly(inv, store, &doubtful, &why)) {
        output_message("%s: what is told rests on what was observed before", why.text);
        return true;
    }
    return checking_run(inv, store, domains, checking, err);
}

static void print(const struct invocation *inv, const struct checking *checking)
{
    BUFFER_AUTO out = {0};
    if (invocation_is(inv, "format", "json"))
        check_json(&out, &checking->report);
    else
        check_text(&out, &checking->report);
    output_buffer(&out);
}

bool command_check(struct invocation *inv, struct error *err)
{
    struct text_list domains;
    struct checking checking;
    bool notifies = invocation_has(inv, "notify");
    if (notifies && !invocation_option(inv, "notify").length)
        return error_set(err, ERROR_USAGE, "--notify is empty: name the command to tell");
    if (!analysis_domains(inv, &domains, err))
        return false;
    STORE_AUTO *store = database_open(inv, notifies ? DATABASE_CHANGE : DATABASE_READ, err);
    if (!store || !checking_run(inv, store, &domains, &checking, err))
        return false;
    if (notifies && !look_again(inv, store, &domains, &checking, err))
        return false;
    inv->status = (int)checking.report.status;
    print(inv, &checking);
    struct error untold = {0};
    if (notifies && !notify(inv, store, &checking, invocation_option(inv, "notify"), &untold))
        output_error(&untold, false);
    return true;
}

/* A plugin that fails has to say so in its own way. */
int check_failed(struct invocation *inv, const struct error *why)
{
    struct text_list notes = {0};
    text_list_add(inv->arena, &notes, text_copy(inv->arena, text_of(why->text)));
    struct checking checking = {.report = {.status = CHECK_UNKNOWN, .notes = notes}};
    print(inv, &checking);
    return CHECK_UNKNOWN;
}
