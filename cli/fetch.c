#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/vector.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/fetch_batch.h"
#include "cli/fetch_target.h"
#include "cli/ingest.h"
#include "cli/output.h"
#include "render/escape.h"
#include "render/json_out.h"

const struct option options_fetch[] = {
    {"check", NULL, "say what there is at the server, and what would be fetched"},
    {"dry-run", NULL, "say what would be fetched; fetch, store and change nothing"},
    {"watch", NULL, "stay, and fetch what comes"},
    {"only-configured", NULL, "leave out what counts for domains that are not configured"},
    {"format", "text|json", "how to say what became of the mails"},
    {"user", "USER", "whose mailbox it is; this and what follows go with an URL"},
    {"password-command", "COMMAND", "prints the password; run by the shell"},
    {"token-command", "COMMAND", "prints the OAuth token; run by the shell"},
    {"auth", "password|xoauth2|oauthbearer", "how to log in (default: by what is given)"},
    {"ca-file", "FILE", "a CA certificate to trust besides those of the system"},
    {"after", "WHAT", "to mails that were reports: leave, seen, delete or \"move FOLDER\""},
    {"after-failed", "WHAT", "the same, to those that are in quarantine now"},
    {"max-size", "SIZE", "of larger mails only the first MiB is fetched"},
    {0},
};

enum { TICK = 1000, BUSY_SECONDS = 10 };

struct run {
    const struct invocation *inv;
    enum fetch_mode mode;
    struct fetch_targets targets;
    struct fetch_mailbox *boxes; /* one a target */
    struct store *store;         /* null: nothing is stored */
    struct store *known;         /* has what was fetched before; null: nothing was */
    struct ingest_counts counts;
    struct progress progress;
    int64_t busy_until; /* milliseconds: the database is left alone */
    struct error first; /* of the mailboxes that could not be fetched */
};

/* ---- being ended ---- */

static volatile sig_atomic_t ended;

static void end_watch(int number)
{
    (void)number;
    ended = 1;
}

static void end_on_signals(void)
{
    struct sigaction action = {.sa_handler = end_watch};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* ---- mailboxes ---- */

static void note_failure(struct run *run, const struct fetch_mailbox *box,
                         const struct error *why)
{
    struct error named = *why;
    error_prefix(&named, "%.*s", TEXT_ARGS(text_first(box->config->name, 100)));
    if (run->first.code == ERROR_NONE)
        run->first = named;
    else
        output_message("%s", named.text);
}

/* A database that is busy or full may be usable later: somebody who stays waits for that. */
static bool store_told(struct run *run, struct fetch_mailbox *box, struct error *err)
{
    struct ingest_counts before = run->counts;
    if (time_milliseconds() < run->busy_until)
        return true;
    if (fetch_batch_store(box, run->store, &run->counts, err)) {
        progress_show(&run->progress, box->told);
        return true;
    }
    run->counts = before;
    if (run->mode != FETCH_WATCH || err->code != ERROR_TRY_AGAIN)
        return false;
    output_message("%s; trying again in %d s", err->text, BUSY_SECONDS);
    run->busy_until = time_milliseconds() + (int64_t)BUSY_SECONDS * 1000;
    return true;
}

/* What has been told is stored before a failure counts. False where the run has to end. */
static bool attend(struct run *run, struct fetch_mailbox *box, struct error *err)
{
    struct error nonsense = {0};
    bool good = fetch_mailbox_read(box, &nonsense);
    if (run->store && fetch_batch_waits(box) && !store_told(run, box, err))
        return false;
    if (!good) {
        box->ended = true;
        box->failure = nonsense;
    }
    return true;
}

static void wait_for_news(const struct fetch_mailbox *boxes, struct pollfd *polls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = boxes[i].ended ? -1 : boxes[i].process.output,
                                   .events = POLLIN};
    poll(polls, count, TICK);
}

static bool all_ended(const struct fetch_mailbox *boxes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!boxes[i].ended || (fetch_batch_waits(&boxes[i]) && !ended))
            return false;
    return true;
}

static bool attend_all(struct run *run, struct fetch_mailbox *boxes, size_t count,
                       struct error *err)
{
    struct pollfd *polls = arena_array(run->inv->arena, count, sizeof *polls);
    while (!all_ended(boxes, count) && !ended) {
        wait_for_news(boxes, polls, count);
        for (size_t i = 0; i < count; i++)
            if (!attend(run, &boxes[i], err))
                return false;
    }
    return true;
}

/* Fetches COUNT mailboxes side by side. */
static bool fetch_side_by_side(struct run *run, size_t first, size_t count, struct error *err)
{
    struct fetch_mailbox *boxes = run->boxes + first;
    for (size_t i = 0; i < count; i++) {
        struct fetch_mailbox *box = &boxes[i];
        if (!fetch_mailbox_start(box, run->inv, &run->targets.at[first + i], run->mode,
                                 run->known, &box->failure))
            box->ended = true;
    }
    bool done = attend_all(run, boxes, count, err);
    for (size_t i = 0; i < count; i++) {
        fetch_mailbox_end(&boxes[i]);
        if (boxes[i].failure.code != ERROR_NONE)
            note_failure(run, &boxes[i], &boxes[i].failure);
    }
    return done;
}

/* One after the other, but where they are watched. */
static bool fetch_mailboxes(struct run *run, struct error *err)
{
    size_t count = run->targets.count;
    run->boxes = arena_array(run->inv->arena, count, sizeof *run->boxes);
    if (run->mode == FETCH_WATCH)
        return fetch_side_by_side(run, 0, count, err);
    for (size_t i = 0; i < count; i++)
        if (!fetch_side_by_side(run, i, 1, err))
            return false;
    return true;
}

/* ---- what is printed ---- */

static void add_fact(struct buffer *out, struct text fact)
{
    enum { WIDTH = 21 };
    struct text name;
    text_next(&fact, ':', &name);
    buffer_add_text(out, TEXT("  "));
    escape_line(out, name);
    for (size_t i = name.length; i < WIDTH; i++)
        buffer_add_char(out, ' ');
    escape_line(out, text_trim(text_known(fact) ? fact : TEXT("")));
    buffer_add_char(out, '\n');
}

static void print_facts_text(const struct run *run, struct buffer *out)
{
    for (size_t i = 0; i < run->targets.count; i++) {
        escape_line(out, run->targets.at[i].name);
        buffer_add_char(out, '\n');
        for (size_t j = 0; j < run->boxes[i].facts.count; j++)
            add_fact(out, run->boxes[i].facts.at[j]);
    }
}

static void print_facts_json(const struct run *run, struct buffer *out)
{
    struct json_out json = {.to = out};
    json_array(&json, NULL);
    for (size_t i = 0; i < run->targets.count; i++) {
        json_object(&json, NULL);
        json_text(&json, "mailbox", run->targets.at[i].name);
        json_array(&json, "facts");
        for (size_t j = 0; j < run->boxes[i].facts.count; j++) {
            struct text value = run->boxes[i].facts.at[j], name;
            text_next(&value, ':', &name);
            json_object(&json, NULL);
            json_text(&json, "name", name);
            json_text(&json, "value", text_trim(value));
            json_object_end(&json);
        }
        json_array_end(&json);
        json_object_end(&json);
    }
    json_array_end(&json);
    buffer_add_char(out, '\n');
}

static void print_outcome(struct run *run)
{
    BUFFER_AUTO out = {0};
    if (run->store) {
        ingest_print_counts(run->inv, &run->counts);
        return;
    }
    if (invocation_is(run->inv, "format", "json"))
        print_facts_json(run, &out);
    else
        print_facts_text(run, &out);
    output_buffer(&out);
}

/* ---- the command ---- */

static bool read_mode(const struct invocation *inv, enum fetch_mode *mode, struct error *err)
{
    static const struct {
        const char *name;
        enum fetch_mode mode;
    } rows[] = {{"check", FETCH_CHECK}, {"dry-run", FETCH_DRY_RUN}, {"watch", FETCH_WATCH}};
    *mode = FETCH_ALL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!invocation_has(inv, rows[i].name))
            continue;
        if (*mode != FETCH_ALL)
            return error_set(err, ERROR_USAGE,
                             "--check, --dry-run and --watch exclude each other");
        *mode = rows[i].mode;
    }
    if (inv->offline)
        return error_set(err, ERROR_USAGE,
                         "fetch goes to a mail server, and --offline forbids it");
    return true;
}

/* A mailbox may be looked at before there is a database. */
static bool open_database(struct run *run, struct error *err)
{
    struct error missing;
    bool stores = run->mode == FETCH_ALL || run->mode == FETCH_WATCH;
    run->known = stores ? database_open(run->inv, DATABASE_MAKE, err)
                        : database_open(run->inv, DATABASE_READ, &missing);
    run->store = stores ? run->known : NULL;
    return run->known || !stores;
}

static bool fetch(struct run *run, struct error *err)
{
    size_t count = run->targets.count;
    bool stays = run->mode == FETCH_WATCH;
    if (stays)
        end_on_signals();
    bool drawn =
        run->store && !stays && count == 1 && !run->inv->quiet && isatty(STDERR_FILENO);
    progress_start(&run->progress, drawn, 0);
    bool done = fetch_mailboxes(run, err);
    progress_end(&run->progress);
    if (run->boxes)
        print_outcome(run);
    if (done && run->first.code != ERROR_NONE && !ended) {
        *err = run->first;
        return false;
    }
    return done;
}

bool command_fetch(struct invocation *inv, struct error *err)
{
    struct run run = {.inv = inv};
    if (!read_mode(inv, &run.mode, err) || !ingest_check_admission(inv, err) ||
        !fetch_targets(inv, &run.targets, err) || !open_database(&run, err))
        return false;
    bool done = fetch(&run, err);
    store_close(run.known);
    return done;
}
