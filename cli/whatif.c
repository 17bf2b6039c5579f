#include "ahead/whatif.h"

#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/findings_out.h"
#include "cli/output.h"
#include "cli/proposal.h"
#include "render/whatif.h"

const struct option options_whatif[] = {
    {"mode", "enforce|testing|none", "the policy in that mode"},
    {"policy", "FILE", "this policy in place of the one that is served"},
    {"mx", "NAME", "these MX hosts (may be repeated, or a list with commas)"},
    {"tlsa", "RECORD",
     "\"3 1 1 HEX\" for every MX, \"NAME 3 1 1 HEX\" for one (may be repeated); none: no TLSA"},
    {"certificate", "FILE", "every MX presents this: PEM, the server's own first"},
    {"since", "TIME", "reports that begin then or later: 30d (the default), 2026-11-01"},
    {"until", "TIME", "reports that begin before; a date is within"},
    {"format", "text|json", "for people (the default), or one JSON object"},
    {0},
};

struct asking {
    const struct invocation *inv;
    const struct proposal *proposal;
};

static bool answer(void *context, struct inquiry *inquiry, struct groups *groups,
                   struct error *err)
{
    const struct asking *asking = context;
    struct acknowledgements none = {0};
    struct diagnosis diagnosis;
    struct whatif whatif;
    BUFFER_AUTO out = {0};
    /* It decides which group carries which session. */
    if (!analysis_diagnose(asking->inv, &none, inquiry, groups, &diagnosis, err))
        return false;
    whatif_answer(inquiry, asking->proposal, &whatif);
    if (invocation_is(asking->inv, "format", "json"))
        whatif_json(&out, &whatif, asking->inv->now);
    else
        whatif_text(&out, &whatif, output_style(asking->inv));
    output_buffer(&out);
    return true;
}

bool command_whatif(struct invocation *inv, struct error *err)
{
    struct text_list domains;
    struct window window;
    struct proposal proposal;
    struct asking asking = {inv, &proposal};
    if (!invocation_domains(inv, &domains, err) || !analysis_window(inv, &window, err))
        return false;
    if (domains.count != 1)
        return error_set(err, ERROR_USAGE, "which domain? whatif is of one domain");
    if (!proposal_read(inv, &proposal, err))
        return false;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    return store && analysis_each(inv, store, &window, &domains, answer, &asking, err);
}
