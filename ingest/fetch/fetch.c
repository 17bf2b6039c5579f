#include "fetch/fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "base/vector.h"
#include "fetch/after.h"
#include "fetch/check.h"
#include "fetch/download.h"
#include "fetch/idle.h"
#include "fetch/patience.h"
#include "mailbox/crash_point.h"

enum {
    BATCH = 200,
    UNACKNOWLEDGED_MOST = 2048, /* batches */
    ACTION_UIDS = 200,          /* in one command */
    TRIES = 5,                  /* connections in a row that bring nothing */
    STUCK_ALONE = 2,     /* connections that broke at the same mail: then one at a time */
    AGAIN_PATIENCES = 9, /* between two tries of a mail that could not be fetched */
    STUCK_LOST = 4,      /* then without it */
    PAUSE_MOST = 300,    /* seconds */
};

/* Something is to be done to mails. */
struct debt {
    enum fetch_lot lot;
    struct uid_set set;
};

struct debts {
    struct debt *at;
    size_t count;
};

/* A batch that was told of. */
struct told {
    uint32_t file;       /* the first that it needs */
    unsigned generation; /* of uids */
};

struct fetch {
    const struct fetch_job *job;
    struct talk *talk;
    struct session session;
    struct spool spool;
    struct arena arena, window;

    uint32_t uidvalidity, last;
    unsigned generation; /* grows with every change of uidvalidity */
    struct arena again_arena;
    struct wanted_list again; /* mails that could not be fetched, to be tried once more */
    int64_t tried_again;      /* milliseconds */

    struct told told[UNACKNOWLEDGED_MOST]; /* a ring, the oldest at first_told */
    size_t first_told, told_count;

    struct arena debt_arena;
    struct debts debts;
    bool refused[LOT_COUNT]; /* by the server; not tried again on this connection */
    struct error trouble;    /* the first of these */

    uint32_t stuck_uid; /* the first mail to fetch when a connection began */
    unsigned stuck;     /* connections that began with it */
    bool begun;         /* this connection has begun to fetch */
    bool connected;     /* there was a connection in this run */
    bool progress;      /* this connection brought something */
};

static bool deserted(struct error *err)
{
    return error_set(err, ERROR_UNAVAILABLE, "tlsrpt has ended");
}

/* ---- what is acknowledged, and what follows from it ---- */

static void add_debt(struct fetch *fetch, enum fetch_lot lot, const struct uid_set *set)
{
    if (!set->count || !after_fetch_wanted(fetch->job, lot))
        return;
    struct debt debt = {.lot = lot};
    for (size_t i = 0; i < set->count; i++)
        VECTOR_ADD(&fetch->debt_arena, &debt.set, set->at[i]);
    VECTOR_ADD(&fetch->debt_arena, &fetch->debts, debt);
}

static bool acknowledge(struct fetch *fetch, struct text line, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct fetch_done done;
    if (!fetch->told_count || !fetch_done_read(line, &arena, &done))
        return error_set(err, ERROR_BUG, "tlsrpt acknowledged what it was not told");
    struct told told = fetch->told[fetch->first_told % UNACKNOWLEDGED_MOST];
    fetch->first_told++;
    fetch->told_count--;
    spool_release(&fetch->spool, told.file);
    for (int i = 0; i < LOT_COUNT && told.generation == fetch->generation; i++)
        add_debt(fetch, (enum fetch_lot)i, &done.lots[i]);
    return true;
}

/* Takes acknowledgements, waiting MILLISECONDS for the first. False also where nobody listens any more. */
static bool take_acknowledgements(struct fetch *fetch, int milliseconds, bool *any,
                                  struct error *err)
{
    struct text line;
    *any = false;
    for (;;) {
        switch (talk_next(fetch->talk, *any ? 0 : milliseconds, &line)) {
        case TALK_END:
            return deserted(err);
        case TALK_NOTHING:
            return true;
        case TALK_LINE:
            if (!acknowledge(fetch, line, err))
                return false;
            *any = true;
        }
    }
}

/* Waits until something is acknowledged; the server is kept awake meanwhile. */
static bool wait_for_acknowledgement(struct fetch *fetch, struct error *err)
{
    struct imap_command command;
    bool any = false;
    while (!any) {
        if (!take_acknowledgements(fetch, patience_seconds() * 1000, &any, err))
            return false;
        if (!any && !session_do(&fetch->session, &command, err, "NOOP"))
            return false;
    }
    return true;
}

static bool pay(struct fetch *fetch, const struct debt *debt, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct uid_set left = debt->set, part;
    while (!fetch->refused[debt->lot] && uid_set_take(&arena, &left, ACTION_UIDS, &part)) {
        BUFFER_AUTO text = {0};
        struct error why = {0};
        crash_point("before-after");
        if (!after_fetch(&fetch->session, debt->lot, &part, &why)) {
            if (fetch->session.broken || fetch->talk->ended) {
                *err = why;
                return false;
            }
            fetch->refused[debt->lot] = true;
            if (fetch->trouble.code == ERROR_NONE)
                fetch->trouble = why;
            return true;
        }
        crash_point("after-after");
        uid_set_write(&text, &part);
        struct fetch_event did = {
            .kind = EVENT_DID, .numbers = {(uint64_t)debt->lot}, .text = buffer_text(&text)};
        if (!talk_tell(fetch->talk, &did, err))
            return false;
    }
    return true;
}

/* All that is owed. What the server refuses stays owed, for another run. */
static bool pay_all(struct fetch *fetch, struct error *err)
{
    while (fetch->debts.count) {
        if (!pay(fetch, &fetch->debts.at[0], err))
            return false;
        fetch->debts.at++;
        fetch->debts.count--;
    }
    fetch->debts = (struct debts){0};
    arena_reset(&fetch->debt_arena);
    return true;
}

/* ---- mails ---- */

static bool tell_uid(struct fetch *fetch, enum fetch_event_kind kind, uint32_t uid,
                     const char *text, struct error *err)
{
    struct fetch_event event = {.kind = kind, .numbers = {uid}, .text = text_of(text)};
    return talk_tell(fetch->talk, &event, err);
}

/* Up to LAST nothing is left. */
static bool tell_batch(struct fetch *fetch, uint32_t last, uint32_t file, struct error *err)
{
    size_t end = (fetch->first_told + fetch->told_count++) % UNACKNOWLEDGED_MOST;
    fetch->told[end] = (struct told){.file = file, .generation = fetch->generation};
    fetch->last = last;
    fetch->progress = true;
    return tell_uid(fetch, EVENT_BATCH, last, NULL, err);
}

static bool take_batch(void *context, const struct wanted *mails, size_t count, uint32_t file,
                       struct error *err)
{
    struct fetch *fetch = context;
    for (size_t i = 0; i < count; i++) {
        const struct wanted *mail = &mails[i];
        struct fetch_event event = {
            .kind = EVENT_MAIL,
            .numbers = {mail->uid, mail->file, mail->offset, mail->length, mail->whole}};
        if (mail->here && !talk_tell(fetch->talk, &event, err))
            return false;
    }
    uint32_t last = mails[count - 1].uid;
    return tell_batch(fetch, last > fetch->last ? last : fetch->last, file, err);
}

static bool take_missing(void *context, uint32_t uid, enum missing what, const char *why,
                         struct error *err)
{
    struct fetch *fetch = context;
    struct wanted lost = {.uid = uid};
    if (what == MISSING_LOST && fetch->job->mode == FETCH_WATCH)
        VECTOR_ADD(&fetch->again_arena, &fetch->again, lost);
    return tell_uid(context, what == MISSING_GONE ? EVENT_GONE : EVENT_LOST, uid, why, err);
}

static bool may_go_on(void *context, struct error *err)
{
    struct fetch *fetch = context;
    bool any;
    while (spool_is_full(&fetch->spool) || fetch->told_count > UNACKNOWLEDGED_MOST - 8)
        if (!wait_for_acknowledgement(fetch, err))
            return false;
    return take_acknowledgements(fetch, 0, &any, err);
}

static bool fetch_list(struct fetch *fetch, struct wanted_list list, struct error *err)
{
    struct download_events events = {fetch, take_batch, take_missing, may_go_on};
    size_t batch = fetch->stuck >= STUCK_ALONE ? 1 : BATCH;
    return !list.count || download(&fetch->session, &fetch->spool, list, batch, &events, err);
}

/* Where connections break at one mail again and again, it goes on without it. */
static bool skip_stuck(struct fetch *fetch, struct wanted_list *list, struct error *err)
{
    if (fetch->begun || !list->count)
        return true;
    fetch->begun = true;
    if (list->at[0].uid != fetch->stuck_uid) {
        fetch->stuck_uid = list->at[0].uid;
        fetch->stuck = 1;
        return true;
    }
    if (++fetch->stuck < STUCK_LOST)
        return true;
    list->at++;
    list->count--;
    return tell_uid(fetch, EVENT_LOST, fetch->stuck_uid,
                    "the connection breaks whenever it is fetched", err) &&
           tell_batch(fetch, fetch->stuck_uid, fetch->spool.file, err);
}

/* Mails that could not be fetched before. One at which the connection breaks is left to another run. */
static bool fetch_again(struct fetch *fetch, struct error *err)
{
    struct arena arena = fetch->again_arena;
    struct wanted_list list = fetch->again;
    fetch->again_arena = (struct arena){0};
    fetch->again = (struct wanted_list){0};
    bool done = fetch_list(fetch, list, err);
    arena_free(&arena);
    return done;
}

/* Who stays tries again as often as IDLE is renewed, and no more: each time is told. */
static bool fetch_again_in_time(struct fetch *fetch, struct error *err)
{
    int64_t now = time_milliseconds();
    if (now - fetch->tried_again < (int64_t)AGAIN_PATIENCES * patience_seconds() * 1000)
        return true;
    fetch->tried_again = now;
    return fetch_again(fetch, err);
}

static bool fetch_new(struct fetch *fetch, struct error *err)
{
    struct listing listing;
    struct wanted_list list;
    fetch->session.news = false;
    if (!listing_start(&fetch->session, fetch->last, &listing, err))
        return false;
    while (listing.next <= listing.end) {
        arena_reset(&fetch->window);
        if (!listing_next(&fetch->session, &listing, &fetch->window, &list, err) ||
            !skip_stuck(fetch, &list, err) || !fetch_list(fetch, list, err))
            return false;
    }
    fetch->stuck = 0;
    fetch->stuck_uid = 0;
    return true;
}

/* All there is, until it is acknowledged and what is owed is done. */
static bool fetch_all(struct fetch *fetch, struct error *err)
{
    if (!fetch_new(fetch, err))
        return false;
    while (fetch->told_count)
        if (!wait_for_acknowledgement(fetch, err))
            return false;
    spool_release(&fetch->spool, fetch->spool.file);
    return pay_all(fetch, err);
}

/* ---- a connection ---- */

static bool wants_to_change(const struct fetch *fetch)
{
    return after_fetch_wanted(fetch->job, LOT_AFTER) ||
           after_fetch_wanted(fetch->job, LOT_AFTER_FAILED);
}

static bool connect_to(struct fetch *fetch, struct error *err)
{
    __attribute__((cleanup(secret_forget))) struct secret secret;
    fetch->session.lasting = true;
    if (!secret_get(fetch->job->command, &secret, err))
        return false;
    return session_open(&fetch->session, fetch->job, &secret, fetch->talk, err);
}

/* The uids of before mean nothing any more. */
static bool begin_anew(struct fetch *fetch, struct error *err)
{
    bool was_known = fetch->uidvalidity;
    fetch->uidvalidity = fetch->session.uidvalidity;
    fetch->last = 0;
    fetch->generation++;
    fetch->again = (struct wanted_list){0};
    fetch->debts = (struct debts){0};
    fetch->stuck = 0;
    return !was_known ||
           talk_text(
               fetch->talk, EVENT_NOTE, err,
               "the server has numbered its mails anew: all are fetched, and those that are "
               "known are recognised");
}

static bool select_folder(struct fetch *fetch, struct error *err)
{
    struct session *session = &fetch->session;
    if (!session_select(session, wants_to_change(fetch), err))
        return false;
    if (session->uidvalidity != fetch->uidvalidity && !begin_anew(fetch, err))
        return false;
    struct fetch_event event = {.kind = EVENT_MAILBOX,
                                .numbers = {session->uidvalidity, session->exists}};
    if (!talk_tell(fetch->talk, &event, err))
        return false;
    fetch->refused[LOT_AFTER] = fetch->refused[LOT_AFTER_FAILED] = false;
    if (!session->read_only || !wants_to_change(fetch))
        return true;
    fetch->refused[LOT_AFTER] = fetch->refused[LOT_AFTER_FAILED] = true;
    return error_set(
               &fetch->trouble, ERROR_UNAVAILABLE,
               "the folder \"%.*s\" may only be read by this user: mails stay as they are",
               TEXT_ARGS(text_first(fetch->job->folder, 100))),
           true;
}

/* Tells once of what the server refused, and goes on. */
static bool tell_trouble(struct fetch *fetch, struct error *err)
{
    if (fetch->trouble.code == ERROR_NONE)
        return true;
    struct error trouble = fetch->trouble;
    fetch->trouble = (struct error){0};
    return talk_text(fetch->talk, EVENT_NOTE, err, "%s", trouble.text);
}

static bool watch(struct fetch *fetch, struct error *err)
{
    bool any;
    for (;;) {
        if (!tell_trouble(fetch, err) ||
            !talk_tell(fetch->talk, &(struct fetch_event){.kind = EVENT_IDLE}, err) ||
            !idle(&fetch->session, err) || !take_acknowledgements(fetch, 0, &any, err))
            return false;
        fetch->session.uidnext = 0;
        if (!fetch_again_in_time(fetch, err) || !fetch_all(fetch, err))
            return false;
    }
}

static bool use_connection(struct fetch *fetch, struct error *err)
{
    const struct fetch_job *job = fetch->job;
    if (!connect_to(fetch, err))
        return false;
    if (job->mode == FETCH_CHECK || job->mode == FETCH_DRY_RUN)
        return check_mailbox(&fetch->session, job->mode == FETCH_CHECK, err);
    if (!select_folder(fetch, err))
        return false;
    fetch->connected = true;
    fetch->tried_again = time_milliseconds();
    return pay_all(fetch, err) && fetch_again(fetch, err) && fetch_all(fetch, err) &&
           (job->mode != FETCH_WATCH || watch(fetch, err));
}

/* ---- the run ---- */

/* Waits before another connection; what is acknowledged meanwhile is taken. */
static bool pause_before(struct fetch *fetch, unsigned failures, const struct error *why,
                         struct error *err)
{
    unsigned seconds = failures < 10 ? 1u << (failures > 1 ? failures - 2 : 0) : PAUSE_MOST;
    bool any;
    if (seconds > PAUSE_MOST)
        seconds = PAUSE_MOST;
    if (!talk_text(fetch->talk, EVENT_NOTE, err, "%s; trying again in %u s", why->text,
                   seconds))
        return false;
    int64_t end = time_milliseconds() + patience_pause(seconds), left;
    while ((left = end - time_milliseconds()) > 0)
        if (!take_acknowledgements(fetch, (int)left, &any, err))
            return false;
    return true;
}

static bool run(struct fetch *fetch, struct error *err)
{
    unsigned failures = 0;
    bool watch = fetch->job->mode == FETCH_WATCH;
    for (;;) {
        struct error why = {0};
        fetch->begun = fetch->progress = false;
        bool done = use_connection(fetch, &why);
        bool lasting = fetch->session.lasting;
        session_close(&fetch->session);
        if (done && fetch->trouble.code != ERROR_NONE) {
            *err = fetch->trouble;
            return false;
        }
        failures = fetch->progress ? 1 : failures + 1;
        if (done)
            return true;
        /* Who was let in once may be let in again: a server that starts up refuses everybody. */
        if ((lasting && !(watch && fetch->connected)) || why.code != ERROR_UNAVAILABLE ||
            fetch->talk->ended || (!watch && (failures >= TRIES || !fetch->connected))) {
            *err = why;
            return false;
        }
        if (!pause_before(fetch, failures, &why, err))
            return false;
    }
}

/* Where an earlier run ended. */
static bool remember(struct fetch *fetch, struct error *err)
{
    const struct fetch_job *job = fetch->job;
    struct uid_set owed[LOT_COUNT], again;
    struct text none = TEXT("-");
    if (!uid_set_read(&fetch->arena, text_known(job->owed) ? job->owed : none,
                      &owed[LOT_AFTER]) ||
        !uid_set_read(&fetch->arena, text_known(job->owed_failed) ? job->owed_failed : none,
                      &owed[LOT_AFTER_FAILED]) ||
        !uid_set_read(&fetch->arena, text_known(job->again) ? job->again : none, &again))
        return error_set(err, ERROR_USAGE, "this is no job: a set of uids cannot be read");
    fetch->uidvalidity = (uint32_t)job->uidvalidity;
    fetch->last = (uint32_t)job->last_uid;
    for (int i = 0; i < LOT_COUNT; i++)
        add_debt(fetch, (enum fetch_lot)i, &owed[i]);
    for (size_t i = 0; i < again.count; i++)
        for (uint64_t uid = again.at[i].first; uid <= again.at[i].last; uid++) {
            struct wanted wanted = {.uid = (uint32_t)uid};
            VECTOR_ADD(&fetch->again_arena, &fetch->again, wanted);
        }
    return true;
}

bool fetch_run(const struct fetch_job *job, struct talk *talk, struct error *err)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        memory_exhausted();
    ARENA_AUTO names = {0};
    fetch->job = job;
    fetch->talk = talk;
    spool_start(&fetch->spool, text_string(&names, job->spool));
    bool done = connection_start(err) && remember(fetch, err) && run(fetch, err);
    spool_end(&fetch->spool);
    arena_free(&fetch->arena);
    arena_free(&fetch->window);
    arena_free(&fetch->debt_arena);
    arena_free(&fetch->again_arena);
    free(fetch);
    return done;
}
