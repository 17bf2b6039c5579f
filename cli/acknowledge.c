#include "base/vector.h"
#include "cli/analysis.h"
#include "cli/database.h"
#include "cli/expectations.h"
#include "cli/output.h"
#include "published/changes.h"
#include "store/observations.h"

const struct option options_acknowledge[] = {
    {"until", "TIME", "until then: 2026-12-24, or 14d from now"},
    {"note", "TEXT", "why, or who takes care of it"},
    {"undo", NULL, "it is no longer known"},
    {0},
};

enum { ID_LENGTH = 8, NOTE_MAX = 1000 };

/* The last second of the last year that can be written. */
#define LAST_TIME INT64_C(253402300799)

static bool is_id(struct text id)
{
    for (size_t i = 0; i < id.length; i++)
        if (!text_is_digit(id.at[i]) && (id.at[i] < 'a' || id.at[i] > 'f'))
            return false;
    return id.length == ID_LENGTH;
}

/* A span is one from now on, other than in a window. A date is meant with its last second. */
static bool read_until(const struct invocation *inv, int64_t *until, struct error *err)
{
    struct text text = text_trim(invocation_option(inv, "until"));
    int64_t span, begin;
    bool has_unit = text.length && !text_is_digit(text.at[text.length - 1]);
    if (has_unit && time_span_parse(text, 1, &span))
        *until = span < LAST_TIME - inv->now ? inv->now + span : LAST_TIME;
    else if (!window_time(text, inv->now, false, &begin, err) ||
             !window_time(text, inv->now, true, until, err))
        return error_prefix(err, "--until");
    else if (*until > begin)
        --*until;
    return *until > inv->now || error_set(err, ERROR_USAGE, "--until: that time has passed");
}

static bool read_arguments(const struct invocation *inv, struct text_list *ids,
                           struct acknowledgement *acknowledgement, struct error *err)
{
    struct text note = invocation_option(inv, "note");
    *acknowledgement = (struct acknowledgement){
        .acknowledged_at = inv->now, .until = TIME_UNKNOWN, .note = note};
    if (!inv->arguments.count)
        return error_set(err, ERROR_USAGE,
                         "what is known? name ids, as tlsrpt analyze and changes print them");
    if (invocation_has(inv, "until") && !read_until(inv, &acknowledgement->until, err))
        return false;
    if (note.length > NOTE_MAX || !text_is_utf8(note))
        return error_set(err, ERROR_USAGE, "--note: at most %d bytes of UTF-8", NOTE_MAX);
    for (size_t i = 0; i < inv->arguments.count; i++) {
        struct text id = text_lower(inv->arena, inv->arguments.at[i]);
        struct text shown = text_first(inv->arguments.at[i], 20);
        if (!is_id(id))
            return error_set(err, ERROR_USAGE, "\"%.*s\" is no id: it has 8 digits from 0 to f",
                             TEXT_ARGS(shown));
        text_list_add_once(inv->arena, ids, id);
    }
    return true;
}

static bool undo(const struct invocation *inv, struct store *store, struct text id,
                 struct error *err)
{
    bool known;
    if (!store_unacknowledge(store, id, &known, err))
        return false;
    if (!known && !inv->quiet)
        output_message("%.*s was not acknowledged", TEXT_ARGS(id));
    return true;
}

/* ---- what has such an id now ---- */

struct looking {
    const struct invocation *inv;
    struct expectations expectations;
    const struct text_list *ids;
    struct text_list found;
};

static void note_id(struct looking *looking, struct text id)
{
    if (text_list_has(looking->ids, id))
        text_list_add_once(looking->inv->arena, &looking->found,
                           text_copy(looking->inv->arena, id));
}

static void note_changes(struct looking *looking, const struct inquiry *inquiry,
                         const struct sight *before, const struct sight *after)
{
    struct changes changes;
    changes_between(before->observation, after->observation, inquiry->arena, &changes);
    for (size_t i = 0; i < changes.count; i++)
        note_id(looking, text_of(changes.at[i].id));
}

/* Changes are told from the first observation, as `changes` does, and from the one before, as `check`
 * does. */
static bool look_at_domain(void *context, struct inquiry *inquiry, struct groups *groups,
                           struct error *err)
{
    struct looking *looking = context;
    struct expectation expectation;
    struct diagnosis diagnosis;
    (void)err;
    expectation_of(&looking->expectations, inquiry->domain, &expectation);
    /* What was acknowledged a moment ago is looked for as well. */
    expectation.acknowledged = (struct text_list){0};
    /* cppcheck-suppress autoVariables ; the inquiry is asked no more once this returns */
    inquiry->expected = &expectation;
    (void)diagnose(inquiry, groups, &diagnosis);
    for (size_t i = 0; i < diagnosis.findings.count; i++)
        note_id(looking, text_of(diagnosis.findings.at[i].id));
    for (size_t i = 1; i < inquiry->sights.count; i++) {
        const struct sight *first = inquiry->sights.at, *after = first + i, *before = after - 1;
        if (after->content == before->content)
            continue;
        note_changes(looking, inquiry, first, after);
        note_changes(looking, inquiry, before, after);
    }
    return true;
}

static bool find_domains(const struct invocation *inv, struct store *store,
                         const struct window *window, struct text_list *domains,
                         struct error *err)
{
    struct text_list all = {0}, reported = {0}, observed = {0};
    if (!store_reported_domains(store, window->since, window->until, SIZE_MAX >> 1, inv->arena,
                                &reported, err) ||
        !store_observed_domains(store, inv->now, inv->arena, &observed, err))
        return false;
    for (size_t i = 0; i < reported.count; i++)
        text_list_add(inv->arena, &all, reported.at[i]);
    for (size_t i = 0; i < observed.count; i++)
        text_list_add(inv->arena, &all, observed.at[i]);
    for (size_t i = 0; i < inv->config.domain_count; i++)
        text_list_add(inv->arena, &all, inv->config.domains[i].name);
    text_list_sort(&all);
    *domains = (struct text_list){0};
    for (size_t i = 0; i < all.count; i++)
        if (!i || !text_equal(all.at[i], all.at[i - 1]))
            text_list_add(inv->arena, domains, all.at[i]);
    return true;
}

/* An id that nothing has may be a slip of the pen; it may also be of what is over, and comes back. */
static bool say_unknown(const struct invocation *inv, const struct text_list *ids,
                        struct error *err)
{
    struct looking looking = {.inv = inv, .ids = ids};
    struct text_list domains;
    struct window window;
    STORE_AUTO *store = database_open(inv, DATABASE_READ, err);
    if (!store ||
        !window_read(TEXT_UNKNOWN, TEXT_UNKNOWN, inv->now, 30 * TIME_DAY, &window, err) ||
        !find_domains(inv, store, &window, &domains, err) ||
        !expectations_load(inv, store, &domains, &looking.expectations, err) ||
        (domains.count &&
         !analysis_each(inv, store, &window, &domains, look_at_domain, &looking, err)))
        return false;
    for (size_t i = 0; i < ids->count; i++)
        if (!text_list_has(&looking.found, ids->at[i]))
            output_message(
                "%.*s is noted, but no finding of the last 30 days and no change has "
                "this id",
                TEXT_ARGS(ids->at[i]));
    return true;
}

/* ---- the command ---- */

static bool write_down(const struct invocation *inv, const struct text_list *ids,
                       struct acknowledgement *acknowledgement, struct error *err)
{
    bool undoes = invocation_has(inv, "undo");
    STORE_AUTO *store = database_open(inv, DATABASE_CHANGE, err);
    if (!store)
        return false;
    for (size_t i = 0; i < ids->count; i++) {
        acknowledgement->id = ids->at[i];
        if (undoes ? !undo(inv, store, ids->at[i], err)
                   : !store_acknowledge(store, acknowledgement, err))
            return false;
    }
    return true;
}

bool command_acknowledge(struct invocation *inv, struct error *err)
{
    struct text_list ids = {0};
    struct acknowledgement acknowledgement;
    bool undoes = invocation_has(inv, "undo");
    if (undoes && (invocation_has(inv, "until") || invocation_has(inv, "note")))
        return error_set(err, ERROR_USAGE, "--undo goes with neither --until nor --note");
    if (!read_arguments(inv, &ids, &acknowledgement, err) ||
        !write_down(inv, &ids, &acknowledgement, err))
        return false;
    /* It is done, whatever comes of the look at what it is for. */
    struct error why = {0};
    if (!undoes && !inv->quiet && !say_unknown(inv, &ids, &why))
        output_message("noted; what has such an id cannot be told: %s", why.text);
    return true;
}
