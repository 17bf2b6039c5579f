#include "ingest/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/time.h"

enum {
    WORKERS_MOST = 64,
    IN_HAND = 1024, /* tasks given to one worker and not answered: enough for while a batch goes
                     * to disk */
    WINDOW = 4096, /* tasks between the first that is not answered and the last that is given */
    GIVE_AFTER = 64, /* answers that are handed on before workers are given more */
    TICK = 250,      /* milliseconds between looks at the clock */
};

/* Bytes of answers that may wait for one before them: as much as the longest one takes. */
static const size_t WAITING_MOST = (size_t)64 << 20;

/* An answer that waits for its turn. */
struct slot {
    bool here;
    enum worker_status status;
    struct buffer bytes;
    char died[128];
};

struct hand {
    struct worker worker;
    size_t tasks[IN_HAND]; /* a ring: what it has to answer, ascending */
    size_t first, count;
    uint64_t done; /* answered since it started */
    uint64_t place_seen;
    int64_t place_since; /* milliseconds */
    struct buffer in, out;
};

struct pool {
    const struct pool_job *job;
    struct hand hands[WORKERS_MOST];
    unsigned hand_count;
    struct slot slots[WINDOW];
    size_t next_given, next_answered;
    size_t waiting; /* bytes in the slots */
};

static bool next_task(struct pool *pool, size_t *number)
{
    if (pool->next_given >= pool->job->tasks ||
        pool->next_given >= pool->next_answered + WINDOW)
        return false;
    *number = pool->next_given++;
    return true;
}

static size_t task_of(const struct hand *hand, size_t i)
{
    return hand->tasks[(hand->first + i) % IN_HAND];
}

static void put_task(const struct pool *pool, struct hand *hand, size_t number)
{
    struct worker_task task = {0};
    pool->job->task(pool->job->context, number, &task);
    worker_put_task(&hand->out, &task);
}

/* Starts HAND's worker, which is given what one before it left. */
static bool start(const struct pool *pool, struct hand *hand, struct error *err)
{
    if (!worker_start(&hand->worker, pool->job->options, pool->job->sources, NULL, false, err))
        return false;
    hand->done = 0;
    hand->place_seen = 0;
    hand->place_since = time_milliseconds();
    for (size_t i = 0; i < hand->count; i++)
        put_task(pool, hand, task_of(hand, i));
    return true;
}

/* Gives HAND one task; false where there is none or it has no room for it. */
static bool give_one(struct pool *pool, struct hand *hand)
{
    size_t number;
    if (hand->count == IN_HAND || !next_task(pool, &number))
        return false;
    if (hand->count == 0)
        hand->place_since = time_milliseconds();
    put_task(pool, hand, number);
    hand->tasks[(hand->first + hand->count++) % IN_HAND] = number;
    return true;
}

static void send_tasks(struct hand *hand)
{
    while (hand->out.length) {
        ssize_t put = write(hand->worker.tasks, hand->out.at, hand->out.length);
        if (put < 0 && errno == EINTR)
            continue;
        /* A full pipe is tried again when poll() says so; a broken one shows at the answers. */
        if (put < 0)
            break;
        buffer_drop(&hand->out, (size_t)put);
    }
}

static bool anything_left(const struct pool *pool, const struct hand *hand)
{
    return hand->count || pool->next_given < pool->job->tasks;
}

/* One task to each worker in turn, so that their answers come in about the order in which they are
 * handed on, and none waits while another has much before it. */
static bool give(struct pool *pool, struct error *err)
{
    for (unsigned i = 0; i < pool->hand_count; i++) {
        struct hand *hand = &pool->hands[i];
        if (!hand->worker.pid && anything_left(pool, hand) && !start(pool, hand, err))
            return false;
    }
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = 0; i < pool->hand_count; i++)
            more |= pool->hands[i].worker.pid && give_one(pool, &pool->hands[i]);
    }
    for (unsigned i = 0; i < pool->hand_count; i++)
        send_tasks(&pool->hands[i]);
    return true;
}

static void keep(struct pool *pool, size_t number, enum worker_status status, struct text bytes,
                 const char *died)
{
    struct slot *slot = &pool->slots[number % WINDOW];
    slot->here = true;
    slot->status = status;
    slot->bytes.length = 0;
    buffer_add_text(&slot->bytes, bytes);
    pool->waiting += bytes.length;
    snprintf(slot->died, sizeof slot->died, "%s", died);
}

/* Takes the oldest task from a hand. */
static size_t taken(struct hand *hand)
{
    size_t number = hand->tasks[hand->first];
    hand->first = (hand->first + 1) % IN_HAND;
    hand->count--;
    return number;
}

/* The whole answers at the front of BYTES; returns the bytes they take, or SIZE_MAX for what no
 * worker says. */
static size_t answers_in(struct pool *pool, struct hand *hand, struct text bytes)
{
    size_t used = 0;
    for (;;) {
        struct text rest = text_from(bytes, used);
        uint32_t length;
        if (rest.length < sizeof length)
            return used;
        memcpy(&length, rest.at, sizeof length);
        if (length < 1 || length > worker_answer_limit(&pool->job->options->limits) + 1)
            return SIZE_MAX;
        if (rest.length - sizeof length < length)
            return used;
        unsigned char status = (unsigned char)rest.at[sizeof length];
        if (!hand->count || status < WORKER_READ || status > WORKER_UNREADABLE)
            return SIZE_MAX;
        keep(pool, taken(hand), (enum worker_status)status,
             text_first(text_from(rest, sizeof length + 1), length - 1), "");
        hand->done++;
        used += sizeof length + length;
    }
}

/* A worker has died, or is made to: the task it was at is answered with the reason, the others it
 * had are left for the next. */
static void bury(struct pool *pool, struct hand *hand, enum worker_ending ending)
{
    char why[128];
    uint64_t at = atomic_load(&hand->worker.place->task);
    worker_end(&hand->worker, ending, &pool->job->options->limits, why);
    hand->in.length = hand->out.length = 0;
    if (!hand->count)
        return;
    /* The place is a worker's word: outside what it had it counts as the first. */
    uint64_t guilty =
        at > hand->done && at - hand->done <= hand->count ? at - hand->done - 1 : 0;
    keep(pool, task_of(hand, guilty), WORKER_READ, TEXT(""), why);
    for (uint64_t i = guilty; i > 0; i--)
        hand->tasks[(hand->first + i) % IN_HAND] = task_of(hand, i - 1);
    taken(hand);
}

/* False when the worker is gone. */
static bool read_answers(struct pool *pool, struct hand *hand)
{
    enum { STEP = 64 * 1024 };
    buffer_reserve(&hand->in, STEP);
    ssize_t got = read(hand->worker.answers, hand->in.at + hand->in.length, STEP);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (got == 0)
        return false;
    hand->in.length += (size_t)got;
    size_t used = answers_in(pool, hand, buffer_text(&hand->in));
    if (used == SIZE_MAX)
        return false;
    buffer_drop(&hand->in, used);
    return true;
}

static bool hand_on(struct pool *pool, struct error *err)
{
    for (unsigned count = 0;; count++) {
        if (count % GIVE_AFTER == GIVE_AFTER - 1 && !give(pool, err))
            return false;
        struct slot *slot = &pool->slots[pool->next_answered % WINDOW];
        if (pool->next_answered >= pool->job->tasks || !slot->here)
            return true;
        struct pool_answer answer = {.status = slot->status,
                                     .bytes = buffer_text(&slot->bytes),
                                     .died = slot->died[0] ? slot->died : NULL};
        bool good = pool->job->answer(pool->job->context, pool->next_answered, &answer, err);
        slot->here = false;
        pool->waiting -= slot->bytes.length;
        slot->died[0] = 0;
        if (slot->bytes.room > 1u << 16)
            buffer_free(&slot->bytes);
        pool->next_answered++;
        if (!good)
            return false;
    }
}

static bool too_slow(struct pool *pool, struct hand *hand, int64_t now)
{
    uint64_t place = atomic_load_explicit(&hand->worker.place->task, memory_order_relaxed);
    if (place != hand->place_seen || !hand->count) {
        hand->place_seen = place;
        hand->place_since = now;
        return false;
    }
    return now - hand->place_since > (int64_t)pool->job->options->limits.worker_seconds * 1000;
}

static void look_at_clock(struct pool *pool)
{
    int64_t now = time_milliseconds();
    for (unsigned i = 0; i < pool->hand_count; i++)
        if (pool->hands[i].worker.pid && too_slow(pool, &pool->hands[i], now))
            bury(pool, &pool->hands[i], WORKER_TOO_SLOW);
}

/* Whether what HAND has to say must wait, in its pipe, until another has answered: else all the mails
 * behind a slow one would lie in memory. */
static bool held_back(const struct pool *pool, const struct hand *hand)
{
    return pool->waiting > WAITING_MOST && hand->count &&
           task_of(hand, 0) != pool->next_answered;
}

static void wait_for_answers(struct pool *pool)
{
    struct pollfd polls[2 * WORKERS_MOST];
    for (unsigned i = 0; i < pool->hand_count; i++) {
        struct hand *hand = &pool->hands[i];
        bool idle = !hand->worker.pid, held = held_back(pool, hand);
        if (held) /* it may stand still through no fault of its mail */
            hand->place_since = time_milliseconds();
        polls[2 * i] =
            (struct pollfd){.fd = idle || held ? -1 : hand->worker.answers, .events = POLLIN};
        polls[2 * i + 1] = (struct pollfd){
            .fd = idle || !hand->out.length ? -1 : hand->worker.tasks, .events = POLLOUT};
    }
    poll(polls, 2 * pool->hand_count, TICK);
    for (unsigned i = 0; i < pool->hand_count; i++) {
        struct hand *hand = &pool->hands[i];
        if (hand->worker.pid && polls[2 * i].revents && !read_answers(pool, hand))
            bury(pool, hand, WORKER_UNWANTED);
    }
}

static bool stopped(const struct pool *pool)
{
    return pool->job->stop && pool->job->stop(pool->job->stop_context);
}

static bool run(struct pool *pool, struct error *err)
{
    int64_t looked = time_milliseconds();
    while (pool->next_answered < pool->job->tasks && !stopped(pool)) {
        if (!give(pool, err))
            return false;
        wait_for_answers(pool);
        int64_t now = time_milliseconds();
        if (now - looked >= TICK) {
            looked = now;
            look_at_clock(pool);
        }
        if (!hand_on(pool, err))
            return false;
    }
    return true;
}

static void free_pool(struct pool *pool)
{
    bool done = pool->next_answered >= pool->job->tasks;
    char why[128];
    for (unsigned i = 0; i < pool->hand_count; i++) {
        struct hand *hand = &pool->hands[i];
        if (hand->worker.pid)
            worker_end(&hand->worker, done ? WORKER_LEAVES : WORKER_UNWANTED,
                       &pool->job->options->limits, why);
        buffer_free(&hand->in);
        buffer_free(&hand->out);
    }
    for (size_t i = 0; i < WINDOW; i++)
        buffer_free(&pool->slots[i].bytes);
    free(pool);
}

static unsigned workers_wanted(const struct pool_job *job)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = job->workers ? job->workers : cores > 0 ? (size_t)cores : 1;
    if (wanted > job->tasks)
        wanted = job->tasks;
    return (unsigned)(wanted > WORKERS_MOST ? WORKERS_MOST : wanted);
}

bool pool_run(const struct pool_job *job, struct error *err)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        memory_exhausted();
    pool->job = job;
    pool->hand_count = workers_wanted(job);
    bool good = run(pool, err);
    free_pool(pool);
    return good;
}

bool pool_run_one(const struct reader_options *options, struct text input, bool truncated,
                  const struct pool_meanwhile *meanwhile, struct buffer *out, char why[128],
                  struct pool_answer *answer, struct error *err)
{
    struct worker worker;
    *answer = (struct pool_answer){.status = WORKER_READ};
    if (!worker_start(&worker, options, NULL, &input, truncated, err))
        return false;
    if (meanwhile->work && !meanwhile->work(meanwhile->context, err)) {
        worker_end(&worker, WORKER_UNWANTED, &options->limits, why);
        return false;
    }
    size_t limit = sizeof(uint32_t) + 1 + worker_answer_limit(&options->limits);
    int64_t start = time_milliseconds(), most = (int64_t)options->limits.worker_seconds * 1000;
    bool slow = false, open = true;
    while (open && !slow && out->length <= limit) {
        int64_t left = start + most - time_milliseconds();
        struct pollfd ready = {.fd = worker.answers, .events = POLLIN};
        slow = left < 0;
        if (slow || poll(&ready, 1, (int)left) <= 0)
            continue;
        buffer_reserve(out, 64 * 1024);
        ssize_t got = read(worker.answers, out->at + out->length, 64 * 1024);
        open = got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
        out->length += got > 0 ? (size_t)got : 0;
    }
    enum worker_ending ending = slow ? WORKER_TOO_SLOW : open ? WORKER_UNWANTED : WORKER_LEAVES;
    worker_end(&worker, ending, &options->limits, why);
    uint32_t length = 0;
    if (out->length >= sizeof length + 1)
        memcpy(&length, out->at, sizeof length);
    bool whole = length && out->length == sizeof length + length;
    if (whole && out->at[sizeof length] == WORKER_READ)
        answer->bytes = text_from(buffer_text(out), sizeof length + 1);
    else
        answer->died = why;
    return true;
}
