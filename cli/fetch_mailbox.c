#include "cli/fetch_mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"
#include "cli/output.h"
#include "cli/paths.h"

enum {
    READ_BYTES = 64 * 1024,
    LINE_MOST = 64 * 1024,
    PIPE_BYTES = 1024 * 1024,
    FACTS_MOST = 100
};

/* ---- the job ---- */

static bool add_uid(void *context, uint32_t uid)
{
    struct buffer *out = context;
    buffer_format(out, "%s%u", out->length ? "," : "", (unsigned)uid);
    return true;
}

static bool read_todo(struct fetch_mailbox *box, struct store *store, enum mailbox_todo todo,
                      struct text *set, struct error *err)
{
    BUFFER_AUTO out = {0};
    if (!store_mailbox_todo(store, box->state.id, todo, add_uid, &out, err))
        return false;
    if (out.length)
        *set = text_copy(box->inv->arena, buffer_text(&out));
    return true;
}

static bool read_state(struct fetch_mailbox *box, struct store *store, struct fetch_job *job,
                       struct error *err)
{
    if (!store_mailbox_find(store, &box->key, &box->state, err))
        return false;
    job->uidvalidity = box->uidvalidity = box->state.uidvalidity;
    job->last_uid = box->state.last_uid;
    return !box->state.id ||
           (read_todo(box, store, TODO_AFTER, &job->owed, err) &&
            read_todo(box, store, TODO_AFTER_FAILED, &job->owed_failed, err) &&
            read_todo(box, store, TODO_AGAIN, &job->again, err));
}

static struct text detours_of(const struct invocation *inv)
{
    BUFFER_AUTO out = {0};
    for (size_t i = 0; i < inv->config.connect_to.count; i++)
        buffer_format(&out, "%s%.*s", i ? " " : "", TEXT_ARGS(inv->config.connect_to.at[i]));
    return out.length ? text_copy(inv->arena, buffer_text(&out)) : TEXT_UNKNOWN;
}

static struct fetch_job job_of(const struct fetch_mailbox *box)
{
    const struct config_mailbox *config = box->config;
    return (struct fetch_job){
        .mode = box->mode,
        .host = config->host,
        .port = config->port,
        .tls = config->tls,
        .ca_file = config->ca_file,
        .connect_to = detours_of(box->inv),
        .user = config->user,
        .auth = config->auth,
        .command =
            config->auth == AUTH_PASSWORD ? config->password_command : config->token_command,
        .folder = config->folder,
        .after = config->after.kind,
        .after_failed = config->after_failed.kind,
        .after_folder = config->after.folder,
        .after_failed_folder = config->after_failed.folder,
        .max_size = config->max_size,
        .spool = box->spool.path ? text_of(box->spool.path) : TEXT("."),
    };
}

/* ---- the process ---- */

static bool make_spool(struct fetch_mailbox *box, struct error *err)
{
    const struct invocation *inv = box->inv;
    const char *db;
    return paths_database(invocation_option(inv, "db"), inv->config.db, false, inv->arena, &db,
                          err) &&
           fetch_spool_make(db, inv->arena, &box->spool, err);
}

static bool start_process(struct fetch_mailbox *box, struct error *err)
{
    int ends[2];
    char command[] = "fetch";
    const char *program = net_program(box->inv->arena, err);
    if (!program)
        return false;
    char *arguments[] = {text_string(box->inv->arena, text_of(program)), command, NULL};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    bool started = net_process_start(&box->process, arguments, ends[0], err);
    file_close(&ends[0]);
    box->commands = ends[1];
    if (!started)
        return false;
    /* So much can be told while nobody listens: the connection does not wait for whoever parses. */
    fcntl(box->process.output, F_SETPIPE_SZ, PIPE_BYTES);
    fcntl(box->process.output, F_SETFL, O_NONBLOCK);
    return true;
}

static bool send_job(struct fetch_mailbox *box, const struct fetch_job *job, struct error *err)
{
    BUFFER_AUTO lines = {0};
    return fetch_job_write(&lines, job, err) &&
           (file_write(box->commands, lines.at, lines.length, NULL) ||
            error_set(err, ERROR_UNAVAILABLE, "tlsrpt-net does not take its job"));
}

bool fetch_mailbox_start(struct fetch_mailbox *box, const struct invocation *inv,
                         const struct config_mailbox *config, enum fetch_mode mode,
                         struct store *store, struct error *err)
{
    *box = (struct fetch_mailbox){
        .inv = inv,
        .config = config,
        .mode = mode,
        .key = {config->host, config->user, config->folder},
        .process = {.output = -1},
        .commands = -1,
        .spool = {.lock = -1},
    };
    bool stores = mode == FETCH_ALL || mode == FETCH_WATCH;
    if (stores && !make_spool(box, err))
        return false;
    struct fetch_job job = job_of(box);
    return (!store || read_state(box, store, &job, err)) && start_process(box, err) &&
           send_job(box, &job, err);
}

void fetch_mailbox_acknowledge(struct fetch_mailbox *box, const struct fetch_done *done,
                               size_t count)
{
    BUFFER_AUTO lines = {0};
    for (size_t i = 0; i < count; i++)
        fetch_done_write(&lines, &done[i]);
    /* A process that is gone shows where it is read from. */
    file_write(box->commands, lines.at, lines.length, NULL);
}

void fetch_mailbox_end(struct fetch_mailbox *box)
{
    file_close(&box->commands);
    box->commands = -1;
    net_process_release(&box->process);
    fetch_spool_remove(&box->spool);
    buffer_free(&box->in);
    arena_free(&box->arena);
}

/* ---- what it tells ---- */

static void say(const struct fetch_mailbox *box, const char *what, uint64_t uid,
                struct text why)
{
    if (box->inv->quiet)
        return;
    struct text name = text_first(box->config->name, 100);
    if (uid)
        output_message("%.*s: the mail with uid %llu %s: %.*s", TEXT_ARGS(name),
                       (unsigned long long)uid, what, TEXT_ARGS(why));
    else
        output_message("%.*s: %.*s", TEXT_ARGS(name), TEXT_ARGS(why));
}

static bool take_mail(struct fetch_mailbox *box, const struct fetch_event *event)
{
    const uint64_t *n = event->numbers;
    struct fetched_mail mail = {(uint32_t)n[0], n[1], n[2], n[3], n[4]};
    if (!n[0] || n[0] > UINT32_MAX || !box->spool.path)
        return false;
    VECTOR_ADD(&box->arena, &box->mails, mail);
    box->told++;
    return true;
}

static bool take_batch(struct fetch_mailbox *box, const struct fetch_event *event)
{
    struct fetched_batch batch = {box->mails.count, (uint32_t)event->numbers[0]};
    if (event->numbers[0] > UINT32_MAX || !box->uidvalidity)
        return false;
    VECTOR_ADD(&box->arena, &box->batches, batch);
    return true;
}

static bool take_uid(struct fetch_mailbox *box, struct fetched_uids *uids,
                     const struct fetch_event *event)
{
    if (!event->numbers[0] || event->numbers[0] > UINT32_MAX)
        return false;
    VECTOR_ADD(&box->arena, uids, (uint32_t)event->numbers[0]);
    return true;
}

static bool take_did(struct fetch_mailbox *box, const struct fetch_event *event)
{
    struct uid_set set;
    if (!uid_set_read(&box->arena, event->text, &set))
        return false;
    for (size_t i = 0; i < set.count; i++)
        VECTOR_ADD(&box->arena, &box->did, set.at[i]);
    return true;
}

/* What was told under other numbers is told again under the new ones. */
static void drop_told(struct fetch_mailbox *box)
{
    struct fetch_done nothing = {0};
    for (size_t i = 0; i < box->batches.count; i++)
        fetch_mailbox_acknowledge(box, &nothing, 1);
    arena_free(&box->arena);
    box->mails = (struct fetched_mails){0};
    box->batches = (struct fetched_batches){0};
    box->lost = box->gone = (struct fetched_uids){0};
    box->did = (struct uid_set){0};
}

static bool take_mailbox(struct fetch_mailbox *box, const struct fetch_event *event)
{
    if (!event->numbers[0] || event->numbers[0] > UINT32_MAX)
        return false;
    if (box->uidvalidity && box->uidvalidity != event->numbers[0])
        drop_told(box);
    box->uidvalidity = (uint32_t)event->numbers[0];
    box->exists = event->numbers[1];
    return true;
}

static bool take_failure(struct fetch_mailbox *box, const struct fetch_event *event)
{
    enum error_code code = event->numbers[0] && event->numbers[0] <= ERROR_CONFIG
                               ? (enum error_code)event->numbers[0]
                               : ERROR_UNAVAILABLE;
    error_set(&box->failure, code, "%.*s", TEXT_ARGS(event->text));
    box->ended = true;
    return true;
}

static bool take_event(struct fetch_mailbox *box, const struct fetch_event *event)
{
    switch (event->kind) {
    case EVENT_MAILBOX:
        return take_mailbox(box, event);
    case EVENT_MAIL:
        return take_mail(box, event);
    case EVENT_BATCH:
        return take_batch(box, event);
    case EVENT_LOST:
        say(box, "cannot be fetched, and the next run tries again", event->numbers[0],
            event->text);
        return take_uid(box, &box->lost, event);
    case EVENT_GONE:
        return take_uid(box, &box->gone, event);
    case EVENT_DID:
        return take_did(box, event);
    case EVENT_IDLE:
        if (box->inv->verbose)
            say(box, NULL, 0, TEXT("waits for new mail"));
        return true;
    case EVENT_NOTE:
        say(box, NULL, 0, event->text);
        return true;
    case EVENT_FACT:
        if (box->facts.count < FACTS_MOST)
            text_list_add(box->inv->arena, &box->facts,
                          text_copy(box->inv->arena, event->text));
        return true;
    case EVENT_END:
        box->ended = true;
        return true;
    case EVENT_FAILED:
        return take_failure(box, event);
    default:
        return false;
    }
}

static bool take_lines(struct fetch_mailbox *box)
{
    struct text rest = buffer_text(&box->in);
    size_t used = 0, end;
    bool good = true;
    while (good && !box->ended && (end = text_find_char(rest, '\n')) != SIZE_MAX) {
        struct fetch_event event;
        good = fetch_event_read(text_first(rest, end), &event) && take_event(box, &event);
        rest = text_from(rest, end + 1);
        used += end + 1;
    }
    buffer_drop(&box->in, used);
    return good && box->in.length <= LINE_MOST;
}

static void take_end(struct fetch_mailbox *box)
{
    box->ended = true;
    if (net_process_finish(&box->process, &box->failure))
        error_set(&box->failure, ERROR_BUG, "tlsrpt-net ended without a word");
}

bool fetch_mailbox_read(struct fetch_mailbox *box, struct error *err)
{
    while (!box->ended) {
        buffer_reserve(&box->in, READ_BYTES);
        ssize_t got = read(box->process.output, box->in.at + box->in.length, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return true;
        if (got == 0)
            take_end(box);
        box->in.length += (size_t)got;
        if (!take_lines(box))
            return error_set(err, ERROR_BUG,
                             "tlsrpt-net told what makes no sense: is it of the same version?");
    }
    return true;
}
