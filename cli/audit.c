#include "rules/audit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/expectations.h"
#include "cli/findings_out.h"
#include "cli/observe.h"
#include "cli/output.h"
#include "render/audit.h"
#include "store/observations.h"

const struct option options_audit[] = {
    {"all", NULL, "every domain that is configured, was observed, or has reports"},
    {"domains", "FILE", "the domains of a file, one a line; - is standard input"},
    {"format", "text|json|csv|html", "for people (the default), JSON, a table, or one page"},
    {0},
};

/* What was observed within a day is not looked at again. */
enum { FRESH = TIME_DAY, DOMAINS_FILE_MAX = 16 << 20 };

/* ---- which domains ---- */

static bool add_line(const struct invocation *inv, struct text line, size_t number,
                     struct text_list *domains, struct error *err)
{
    line = text_trim(line);
    if (!line.length || line.at[0] == '#')
        return true;
    struct text host = text_host(inv->arena, line), shown = text_first(line, 60);
    if (!text_is_host(host))
        return error_set(err, ERROR_INPUT, "line %zu: \"%.*s\" is no domain", number,
                         TEXT_ARGS(shown));
    text_list_add(inv->arena, domains, host);
    return true;
}

static bool add_file(const struct invocation *inv, struct text name, struct text_list *domains,
                     struct error *err)
{
    BUFFER_AUTO bytes = {0};
    const char *path = text_string(inv->arena, name);
    bool more, from_stdin = text_equal(name, TEXT("-"));
    FD_AUTO file = from_stdin ? -1 : file_open_regular(path, err);
    if ((!from_stdin && file < 0) ||
        !file_read(from_stdin ? STDIN_FILENO : file, DOMAINS_FILE_MAX, &bytes, &more, err))
        return error_prefix(err, "%s", path);
    struct text rest = buffer_text(&bytes), line;
    size_t number = 0;
    if (more)
        return error_set(err, ERROR_INPUT, "%s is too large to be a list of domains", path);
    while (text_next(&rest, '\n', &line))
        if (!add_line(inv, line, ++number, domains, err))
            return error_prefix(err, "%s", path);
    return true;
}

static bool find_domains(const struct invocation *inv, struct store *store,
                         struct text_list *domains, struct error *err)
{
    struct text_list all = {0}, reported = {0}, observed = {0};
    bool every = invocation_has(inv, "all");
    if (!invocation_domains(inv, &all, err))
        return false;
    if (invocation_has(inv, "domains") &&
        !add_file(inv, invocation_option(inv, "domains"), &all, err))
        return false;
    for (size_t i = 0; (every || !all.count) && i < inv->config.domain_count; i++)
        text_list_add(inv->arena, &all, inv->config.domains[i].name);
    bool from_database = every || !all.count;
    if (from_database && (!store_reported_domains(store, inv->now - 30 * TIME_DAY, inv->now,
                                                  SIZE_MAX >> 1, inv->arena, &reported, err) ||
                          !store_observed_domains(store, inv->now, inv->arena, &observed, err)))
        return false;
    for (size_t i = 0; i < reported.count; i++)
        if (text_is_host(reported.at[i]))
            text_list_add(inv->arena, &all, reported.at[i]);
    for (size_t i = 0; i < observed.count; i++)
        text_list_add(inv->arena, &all, observed.at[i]);
    text_list_sort(&all);
    for (size_t i = 0; i < all.count; i++)
        if (!i || !text_equal(all.at[i], all.at[i - 1]))
            text_list_add(inv->arena, domains, all.at[i]);
    return domains->count ||
           error_set(err, ERROR_USAGE,
                     "which domain? none is named, configured or reported on");
}

/* ---- looking afresh ---- */

static bool is_fresh(const struct invocation *inv, struct store *store, struct text domain,
                     struct arena *arena, bool *fresh, struct error *err)
{
    struct stored_observation observation;
    bool found;
    if (!store_get_observation(store, domain, OBSERVATION_AT, inv->now, arena, &observation,
                               &found, err))
        return false;
    *fresh = found && inv->now - observation.taken_at <= FRESH;
    return true;
}

/* That some could not be observed is said, and their audit says what is not known. */
static bool observe(struct invocation *inv, struct store *store,
                    const struct text_list *domains, struct error *err)
{
    struct text_list stale = {0};
    struct error why = {0};
    if (invocation_has(inv, "now") && inv->now < time_now()) {
        output_message("--now is over: nothing is observed");
        return true;
    }
    for (size_t i = 0; i < domains->count; i++) {
        ARENA_AUTO arena = {0};
        bool fresh;
        if (!is_fresh(inv, store, domains->at[i], &arena, &fresh, err))
            return false;
        if (!fresh)
            text_list_add(inv->arena, &stale, domains->at[i]);
    }
    if (stale.count && !observe_quietly(inv, store, &stale, &why))
        output_message("%s", why.text);
    return true;
}

/* ---- the audit ---- */

struct auditing {
    const struct invocation *inv;
    struct expectations expectations;
    struct {
        struct audit *at;
        size_t count;
    } audits;
};

static bool audit_one(void *context, struct inquiry *inquiry, struct groups *groups,
                      struct error *err)
{
    struct auditing *auditing = context;
    struct expectation expectation;
    struct audit audit, kept;
    (void)err;
    expectation_of(&auditing->expectations, inquiry->domain, &expectation);
    inquiry->expected = &expectation;
    audit_domain(inquiry, groups, &audit);
    audit_copy(&audit, auditing->inv->arena, &kept);
    VECTOR_ADD(auditing->inv->arena, &auditing->audits, kept);
    return true;
}

static void print(const struct invocation *inv, const struct auditing *auditing)
{
    BUFFER_AUTO out = {0};
    struct audit_report report = {
        .generated_at = inv->now, .at = auditing->audits.at, .count = auditing->audits.count};
    if (invocation_is(inv, "format", "json"))
        audit_json(&out, &report);
    else if (invocation_is(inv, "format", "csv"))
        audit_csv(&out, &report);
    else if (invocation_is(inv, "format", "html"))
        audit_html(&out, &report);
    else
        audit_text(&out, &report, output_style(inv));
    output_buffer(&out);
}

bool command_audit(struct invocation *inv, struct error *err)
{
    struct text_list domains = {0};
    struct window window;
    struct auditing auditing = {.inv = inv};
    STORE_AUTO *store = database_open(inv, inv->offline ? DATABASE_READ : DATABASE_MAKE, err);
    if (!store || !find_domains(inv, store, &domains, err) ||
        (!inv->offline && !observe(inv, store, &domains, err)) ||
        !window_read(TEXT_UNKNOWN, TEXT_UNKNOWN, inv->now, 30 * TIME_DAY, &window, err) ||
        !expectations_load(inv, store, &domains, &auditing.expectations, err) ||
        !analysis_each(inv, store, &window, &domains, audit_one, &auditing, err))
        return false;
    print(inv, &auditing);
    return true;
}
