#include "ingest/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/progress.h"
#include "base/vector.h"
#include "ingest/after.h"
#include "ingest/pool.h"
#include "ingest/sources.h"
#include "ingest/wire.h"

enum {
    BATCH_MAILS = 4000, /* a transaction: larger ones gain little */
    BATCH_SECONDS = 2,
    BREAK = 6, /* milliseconds between two, longer than the store waits before it tries again */
};

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_STORED] = "stored",         [OUTCOME_DUPLICATE] = "duplicate",
        [OUTCOME_SUPERSEDED] = "superseded", [OUTCOME_QUARANTINED] = "quarantined",
        [OUTCOME_IGNORED] = "ignored",
    };
    return names[(unsigned)outcome < OUTCOME_COUNT ? outcome : OUTCOME_IGNORED];
}

/* ---- one mail in memory ---- */

/* The length of a leading "From " line with its end, 0 where there is none. */
static size_t postmark_length(struct text bytes)
{
    if (!text_starts(bytes, TEXT("From ")))
        return 0;
    size_t end = text_find_char(bytes, '\n');
    return end == SIZE_MAX ? 0 : end + 1;
}

/* Reads MOST bytes at most. Once there are more than LIMIT, the rest is only hashed. */
static bool read_input(int fd, uint64_t most, size_t limit, struct ingest_input *input,
                       struct error *err)
{
    enum { STEP = 64 * 1024, POSTMARK_LENGTH = 1024 };
    *input = (struct ingest_input){.whole = true};
    struct buffer *bytes = &input->bytes;
    struct sha256_state *state = NULL;
    uint64_t taken = 0;
    bool begun = false, good = true;
    while (taken < most) {
        size_t wanted = most - taken < STEP ? (size_t)(most - taken) : STEP;
        buffer_reserve(bytes, wanted);
        ssize_t got = read(fd, bytes->at + bytes->length, wanted);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            good = error_set(err, ERROR_IO, "cannot read: %s", strerror(errno));
        if (got <= 0)
            break;
        taken += (uint64_t)got;
        bytes->length += (size_t)got;
        if (!begun && bytes->length < POSTMARK_LENGTH && taken < most)
            continue;
        if (!begun)
            buffer_drop(bytes, postmark_length(buffer_text(bytes)));
        begun = true;
        if (state) {
            sha256_add(state, text_from(buffer_text(bytes), INGEST_KEPT_OF_TOO_LARGE));
            input->size += bytes->length - INGEST_KEPT_OF_TOO_LARGE;
            bytes->length = INGEST_KEPT_OF_TOO_LARGE;
        } else if (bytes->length > limit && bytes->length > INGEST_KEPT_OF_TOO_LARGE) {
            state = sha256_start();
            sha256_add(state, buffer_text(bytes));
            input->whole = false;
            input->size = bytes->length;
            bytes->length = INGEST_KEPT_OF_TOO_LARGE;
        }
    }
    if (!begun)
        buffer_drop(bytes, postmark_length(buffer_text(bytes)));
    if (state) {
        sha256_finish(state, input->sha256);
        return good;
    }
    input->size = bytes->length;
    input->whole = bytes->length <= limit;
    return good;
}

bool ingest_read_input(int fd, size_t limit, struct ingest_input *input, struct error *err)
{
    return read_input(fd, UINT64_MAX, limit, input, err);
}

void ingest_input_free(struct ingest_input *input)
{
    buffer_free(&input->bytes);
}

static void copy_input(const struct ingest_input *input, struct buffer *bytes, uint64_t *size,
                       uint8_t digest[SHA256_SIZE])
{
    buffer_add_text(bytes, buffer_text(&input->bytes));
    *size = input->size;
    if (input->bytes.length == input->size)
        sha256(buffer_text(&input->bytes), digest);
    else
        memcpy(digest, input->sha256, SHA256_SIZE);
}

static bool input_bytes(const struct ingest_mail *mail, struct buffer *bytes, uint64_t *size,
                        uint8_t digest[SHA256_SIZE], struct error *err)
{
    (void)err;
    copy_input(mail->origin, bytes, size, digest);
    return true;
}

/* ---- answers ---- */

/* What the worker said, or died over, becomes a reading and goes to the sink. */
static bool take(const struct ingest_options *options, const struct ingest_sink *sink,
                 const struct ingest_mail *mail, const struct pool_answer *answer,
                 struct arena *arena, struct ingest_counts *counts, bool *kept,
                 struct error *err)
{
    struct reading reading;
    struct error wire_err;
    if (answer->died)
        reading = (struct reading){.fault = text_of(answer->died), .received_at = TIME_UNKNOWN};
    else if (!wire_decode(answer->bytes, &options->reader.limits, arena, &reading, &wire_err))
        reading =
            (struct reading){.fault = text_of(wire_err.text), .received_at = TIME_UNKNOWN};
    counts->messages++;
    *kept = false;
    return sink->take(sink->context, mail, &reading, counts, kept, err);
}

bool ingest_one(const struct ingest_input *input, struct text source,
                const struct ingest_options *options, const struct ingest_sink *sink,
                struct ingest_counts *counts, struct error *err)
{
    BUFFER_AUTO out = {0};
    ARENA_AUTO arena = {0};
    char why[128];
    struct pool_answer answer;
    struct ingest_mail mail = {.source = source, .bytes = input_bytes, .origin = input};
    struct pool_meanwhile meanwhile = {sink->open, sink->context};
    bool kept;
    return pool_run_one(&options->reader, buffer_text(&input->bytes), !input->whole, &meanwhile,
                        &out, why, &answer, err) &&
           take(options, sink, &mail, &answer, &arena, counts, &kept, err) &&
           sink->commit(sink->context, err);
}

/* ---- many mails ---- */

struct run {
    const struct ingest_options *options;
    const struct ingest_sink *sink;
    struct ingest_counts *counts;
    struct source_list mails;
    struct text_list sources; /* the canonical paths of what was named */
    struct arena names, arena;
    struct progress progress;
    struct error first; /* the first mail or path that could not be read */
    bool all_or_none;   /* a mail that cannot be read ends the run */
    /* The batch at hand. */
    size_t batch_start, batch_end;
    int64_t batch_time;
    struct ingest_counts batch;
    bool *kept;
};

static bool mail_bytes(const struct ingest_mail *mail, struct buffer *bytes, uint64_t *size,
                       uint8_t digest[SHA256_SIZE], struct error *err)
{
    const struct source_mail *at = mail->origin;
    struct ingest_input input;
    FD_AUTO fd = file_open_regular(at->path, err);
    if (fd < 0)
        return error_prefix(err, "%s", at->path);
    if (at->offset && lseek(fd, (off_t)at->offset, SEEK_SET) < 0)
        return error_set(err, ERROR_IO, "%s: %s", at->path, strerror(errno));
    if (!read_input(fd, at->length, mail->limit, &input, err)) {
        buffer_free(&input.bytes);
        return error_prefix(err, "%s", at->path);
    }
    copy_input(&input, bytes, size, digest);
    if (at->whole)
        *size = at->whole;
    buffer_free(&input.bytes);
    return true;
}

static void remember(struct run *run, const struct error *err)
{
    if (run->first.code == ERROR_NONE)
        run->first = *err;
}

static void give_task(void *context, size_t number, struct worker_task *task)
{
    struct run *run = context;
    const struct source_mail *mail = &run->mails.at[number];
    *task = (struct worker_task){.path = mail->path,
                                 .offset = mail->offset,
                                 .length = mail->length,
                                 .bare_name = mail->bare_name,
                                 .cut = mail->whole != 0};
}

/* A delivery that waits for the database gets its turn between two batches. The workers read on. */
static void take_a_break(const struct run *run)
{
    const struct timespec pause = {.tv_nsec = BREAK * 1000000};
    if (run->batch_end < run->mails.count)
        nanosleep(&pause, NULL);
}

/* What was taken goes to disk; only then are its mails touched. */
static bool end_batch(struct run *run, struct error *err)
{
    if (!run->sink->commit(run->sink->context, err))
        return false;
    run->counts->messages += run->batch.messages;
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        run->counts->outcomes[i] += run->batch.outcomes[i];
    run->batch = (struct ingest_counts){0};
    struct error after_err;
    for (size_t i = run->batch_start; i < run->batch_end; i++)
        if (run->kept[i - run->batch_start] &&
            !after_ingest(run->options->after, run->options->move_to, &run->mails.at[i],
                          &after_err))
            remember(run, &after_err);
    take_a_break(run);
    run->batch_start = run->batch_end;
    run->batch_time = time_now();
    return true;
}

static bool take_answer(void *context, size_t number, const struct pool_answer *answer,
                        struct error *err)
{
    struct run *run = context;
    const struct source_mail *at = &run->mails.at[number];
    bool *kept = &run->kept[number - run->batch_start];
    *kept = false;
    run->batch_end = number + 1;
    if (run->all_or_none && !answer->died && answer->status != WORKER_READ)
        return error_set(err, ERROR_IO, "%s: cannot be read any more", at->path);
    if (answer->status == WORKER_UNREADABLE) {
        struct error unreadable;
        error_set(&unreadable, ERROR_IO, "%s: cannot be read", at->path);
        remember(run, &unreadable);
    } else if (answer->status == WORKER_READ) {
        struct ingest_mail mail = {
            .source = text_known(at->source) ? at->source : text_of(at->path),
            .directory = text_of(at->maildir),
            .name = at->maildir ? maildir_name(at->path) : TEXT_UNKNOWN,
            .limit = run->options->reader.limits.mail_size,
            .bytes = mail_bytes,
            .origin = at,
        };
        if (!take(run->options, run->sink, &mail, answer, &run->arena, &run->batch, kept, err))
            return false;
        arena_reset(&run->arena);
    }
    /* A mail that is gone was moved by its reader: the next run finds it under its new name. */
    progress_show(&run->progress, number + 1);
    if (run->batch_end - run->batch_start < BATCH_MAILS &&
        time_now() - run->batch_time < BATCH_SECONDS)
        return true;
    return end_batch(run, err);
}

/* Mails that are on disk from an earlier run, whose reports were not yet moved or marked. */
static void finish_known(struct run *run)
{
    struct source_list left = {0};
    struct error err;
    for (size_t i = 0; i < run->mails.count; i++) {
        const struct source_mail *mail = &run->mails.at[i];
        if (!mail->known)
            run->mails.at[left.count++] = *mail;
        else if (!after_ingest(run->options->after, run->options->move_to, mail, &err))
            remember(run, &err);
    }
    run->mails.count = left.count;
}

/* Resolved here: a worker's /dev/stdin is another one. */
static void add_source(struct run *run, const char *path)
{
    char *real = realpath(path, NULL);
    if (real)
        text_list_add(&run->names, &run->sources,
                      text_of(text_string(&run->names, text_of(real))));
    free(real);
}

static bool run_all(struct run *run, struct error *err)
{
    struct pool_job job = {.options = &run->options->reader,
                           .sources = &run->sources,
                           .workers = run->options->workers,
                           .tasks = run->mails.count,
                           .task = give_task,
                           .answer = take_answer,
                           .context = run,
                           .stop = run->options->stop,
                           .stop_context = run->options->stop_context};
    progress_start(&run->progress, run->options->progress, run->mails.count);
    bool good = pool_run(&job, err) && end_batch(run, err);
    progress_end(&run->progress);
    return good;
}

bool ingest_paths(const struct text_list *paths, const struct ingest_options *options,
                  const struct ingest_sink *sink, struct ingest_counts *counts,
                  struct error *err)
{
    bool kept[BATCH_MAILS];
    struct run run = {.options = options,
                      .sink = sink,
                      .counts = counts,
                      .kept = kept,
                      .batch_time = time_now()};
    struct source_filter filter = {.seen = sink->seen,
                                   .context = sink->context,
                                   .list_known = options->after != AFTER_NOTHING,
                                   .only_maildirs = options->only_maildirs};
    struct error found_err;
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = text_string(&run.names, paths->at[i]);
        add_source(&run, path);
        if (!sources_find(path, &filter, &run.names, &run.mails, &found_err))
            remember(&run, &found_err);
    }
    finish_known(&run);
    bool good = run_all(&run, err);
    if (good && run.first.code != ERROR_NONE) {
        *err = run.first;
        good = false;
    }
    arena_free(&run.arena);
    arena_free(&run.names);
    return good;
}

/* ---- mails that were put down in files ---- */

bool ingest_pieces(const struct ingest_piece *pieces, size_t count, const char *folder,
                   const struct ingest_options *options, const struct ingest_sink *sink,
                   struct ingest_counts *counts, struct error *err)
{
    bool kept[BATCH_MAILS];
    struct run run = {.options = options,
                      .sink = sink,
                      .counts = counts,
                      .kept = kept,
                      .batch_time = time_now()};
    text_list_add(&run.names, &run.sources, text_of(folder));
    for (size_t i = 0; i < count; i++) {
        struct source_mail mail = {.path = pieces[i].path,
                                   .offset = pieces[i].offset,
                                   .length = pieces[i].length,
                                   .whole = pieces[i].whole,
                                   .source = pieces[i].source};
        VECTOR_ADD(&run.names, &run.mails, mail);
    }
    run.all_or_none = true;
    bool good = run_all(&run, err);
    arena_free(&run.arena);
    arena_free(&run.names);
    return good;
}
