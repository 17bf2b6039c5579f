/* Workers side by side, their answers in the order of the tasks. */
#ifndef INGEST_POOL_H
#define INGEST_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ingest/worker.h"

/* What came of a task. */
struct pool_answer {
    enum worker_status status; /* WORKER_READ: bytes are a reading (wire.h) */
    struct text bytes;
    const char *died; /* the worker died over it: why; then nothing else is set */
};

struct pool_job {
    const struct reader_options *options;
    const struct text_list *sources; /* where the tasks' files are: see worker_start() */
    unsigned workers;
    size_t tasks; /* numbered from 0 */
    /* Fills in task NUMBER. */
    void (*task)(void *context, size_t number, struct worker_task *task);
    /* Takes the answer to NUMBER; called in ascending order, once for each. False ends the run. */
    bool (*answer)(void *context, size_t number, const struct pool_answer *answer,
                   struct error *err);
    void *context;
    /* Asked between answers and several times a second; null: never. True ends the run. */
    bool (*stop)(void *context);
    void *stop_context;
};

/* Runs the job to its end, or until it is stopped, which is no failure: then the answers to the first
 * tasks were handed on and the others are not done. A worker that dies or is too slow costs the task it was at, no other; a
 * new one takes its place. False when an answer() said so or no worker can be started. */
bool pool_run(const struct pool_job *job, struct error *err);

/* Something else to do while a worker reads. */
struct pool_meanwhile {
    bool (*work)(void *context,
                 struct error *err); /* null: nothing. False ends the worker too */
    void *context;
};

/* Has one mail in memory read by one worker; ANSWER's bytes are OUT's. */
bool pool_run_one(const struct reader_options *options, struct text input, bool truncated,
                  const struct pool_meanwhile *meanwhile, struct buffer *out, char why[128],
                  struct pool_answer *answer, struct error *err);

#endif
