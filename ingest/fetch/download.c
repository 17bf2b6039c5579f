#include "fetch/download.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mailbox/uid_set.h"

enum {
    IN_FLIGHT = 2,
    BATCH_BYTES = 4 << 20, /* by the server's word */
    TRIES = 2,             /* alone, of a mail that did not come with its batch */
};

/* A FETCH on its way. */
struct flight {
    struct imap_command command;
    struct wanted *mails;
    size_t count;
    uint32_t file; /* the first that may hold one of them */
};

struct work {
    struct session *session;
    struct spool *spool;
    const struct download_events *events;
    struct wanted_list list;
    size_t batch, next;
    struct flight flights[IN_FLIGHT]; /* a ring, the oldest at FIRST */
    size_t first, count;
    uint64_t received; /* bytes of the body at hand */
    bool in_body, cut;
};

static struct flight *flight_at(struct work *work, size_t number)
{
    return &work->flights[(work->first + number) % IN_FLIGHT];
}

/* ---- what comes ---- */

static bool begin_body(void *context, struct error *err)
{
    struct work *work = context;
    work->in_body = true;
    work->cut = false;
    work->received = 0;
    return spool_begin(work->spool, err);
}

/* Of a mail that turns out to be larger than the server said, and than allowed, the beginning stays. */
static bool take_body(void *context, struct text piece, struct error *err)
{
    struct work *work = context;
    work->received += piece.length;
    if (work->cut)
        return true;
    if (!spool_add(work->spool, piece, err))
        return false;
    if (spool_written(work->spool) <= work->session->job->max_size ||
        spool_written(work->spool) <= FETCH_KEPT_OF_TOO_LARGE)
        return true;
    work->cut = true;
    return spool_cut(work->spool, FETCH_KEPT_OF_TOO_LARGE, err);
}

static struct wanted *find(struct work *work, uint32_t uid)
{
    for (size_t i = 0; i < work->count; i++) {
        struct flight *flight = flight_at(work, i);
        for (size_t j = 0; j < flight->count; j++)
            if (flight->mails[j].uid == uid)
                return &flight->mails[j];
    }
    return NULL;
}

static bool is_partial(const struct work *work, const struct wanted *mail)
{
    return mail->size > work->session->job->max_size;
}

/* Only now is known whose body it was. */
static bool take_response(void *context, const struct imap_response *response,
                          struct error *err)
{
    struct work *work = context;
    uint64_t length = work->in_body ? spool_written(work->spool) : 0;
    if (!work->in_body)
        return true;
    work->in_body = false;
    struct wanted *mail = response->kind == IMAP_FETCH && response->has_body && length
                              ? find(work, response->uid)
                              : NULL;
    if (!mail || mail->here)
        return spool_cut(work->spool, 0, err);
    mail->here = true;
    mail->file = work->spool->file;
    mail->offset = (uint32_t)work->spool->start;
    mail->length = (uint32_t)length;
    if (work->cut)
        mail->whole = work->received;
    else if (is_partial(work, mail) &&
             (length >= FETCH_KEPT_OF_TOO_LARGE || length > work->session->job->max_size))
        mail->whole = mail->size > length ? mail->size : length;
    spool_keep(work->spool);
    return true;
}

/* ---- one FETCH ---- */

static bool send(struct work *work, struct imap_command *command, const struct wanted *mails,
                 size_t count, struct error *err)
{
    ARENA_AUTO arena = {0};
    BUFFER_AUTO line = {0};
    struct uid_set set = {0};
    for (size_t i = 0; i < count; i++)
        uid_set_add(&arena, &set, mails[i].uid);
    buffer_add_text(&line, TEXT("UID FETCH "));
    uid_set_write(&line, &set);
    buffer_add_text(&line, TEXT(" (UID BODY.PEEK[]"));
    if (is_partial(work, mails))
        buffer_format(&line, "<0.%d>", FETCH_KEPT_OF_TOO_LARGE);
    buffer_add_char(&line, ')');
    return session_send(work->session, command, buffer_text(&line), err);
}

static void forget(struct flight *flight)
{
    for (size_t i = 0; i < flight->count; i++)
        flight->mails[i].here = false;
}

/* Whether the mail is there still. */
static bool ask_for(struct work *work, uint32_t uid, bool *there, struct error *err)
{
    struct listing listing = {.next = uid, .end = uid, .width = 1};
    ARENA_AUTO arena = {0};
    struct wanted_list list;
    struct session_watcher watcher = work->session->watcher;
    bool done = listing_next(work->session, &listing, &arena, &list, err);
    work->session->watcher = watcher;
    *there = done && list.count;
    return done || !work->session->broken;
}

/* Fetches one mail alone: it did not come with its batch. */
static bool fetch_alone(struct work *work, struct wanted *mail, struct error *err)
{
    char why[256] = "";
    bool there;
    for (int i = 0; i < TRIES && !mail->here; i++) {
        struct imap_command command;
        if (!send(work, &command, mail, 1, err) || !session_wait(work->session, &command, err))
            return false;
        if (command.status == IMAP_OK)
            continue;
        mail->here = false;
        snprintf(why, sizeof why, "the server says \"%s\"", command.text);
    }
    if (mail->here)
        return true;
    if (!ask_for(work, mail->uid, &there, err))
        return false;
    return work->events->missing(work->events->context, mail->uid,
                                 there ? MISSING_LOST : MISSING_GONE,
                                 *why ? why : "the server sends it without its content", err);
}

/* ---- all of them ---- */

/* How many from NEXT on go into one FETCH: a mail of which only the beginning is wanted goes alone. */
static size_t batch_length(const struct work *work)
{
    const struct wanted *mails = work->list.at + work->next;
    size_t left = work->list.count - work->next, count = 1;
    uint64_t bytes = mails[0].size;
    if (is_partial(work, mails))
        return 1;
    while (count < left && count < work->batch && !is_partial(work, &mails[count]) &&
           bytes + mails[count].size <= BATCH_BYTES)
        bytes += mails[count++].size;
    return count;
}

static bool send_next(struct work *work, struct error *err)
{
    struct flight *flight = flight_at(work, work->count++);
    flight->mails = work->list.at + work->next;
    flight->count = batch_length(work);
    flight->file = work->spool->file ? work->spool->file : 1;
    work->next += flight->count;
    return send(work, &flight->command, flight->mails, flight->count, err);
}

/* The oldest flight has landed; what did not come with it is fetched alone, with nothing else on its way. */
static bool settle(struct work *work, struct flight *flight, struct error *err)
{
    if (flight->command.status != IMAP_OK)
        forget(flight);
    for (size_t i = 0; i < flight->count; i++) {
        if (flight->mails[i].here)
            continue;
        for (size_t j = 1; j < work->count; j++)
            if (!session_wait(work->session, &flight_at(work, j)->command, err))
                return false;
        if (!fetch_alone(work, &flight->mails[i], err))
            return false;
    }
    return true;
}

static bool land(struct work *work, struct error *err)
{
    struct flight *flight = flight_at(work, 0);
    if (!session_wait(work->session, &flight->command, err) || !settle(work, flight, err) ||
        !work->events->batch(work->events->context, flight->mails, flight->count, flight->file,
                             err))
        return false;
    work->first++;
    work->count--;
    return true;
}

/* Nobody is waited for while something is on its way. */
static bool launch(struct work *work, struct error *err)
{
    while (work->count < IN_FLIGHT && work->next < work->list.count) {
        if (work->count && spool_is_full(work->spool))
            return true;
        if (!work->events->may_go_on(work->events->context, err) || !send_next(work, err))
            return false;
    }
    return true;
}

static bool run(struct work *work, struct error *err)
{
    while (work->next < work->list.count || work->count)
        if (!launch(work, err) || !land(work, err))
            return false;
    return true;
}

bool download(struct session *session, struct spool *spool, struct wanted_list list,
              size_t batch, const struct download_events *events, struct error *err)
{
    struct work work = {
        .session = session, .spool = spool, .events = events, .list = list, .batch = batch};
    session->watcher = (struct session_watcher){&work, begin_body, take_body, take_response};
    bool done = run(&work, err);
    session->watcher = (struct session_watcher){0};
    session->waiting = NULL;
    return done;
}
