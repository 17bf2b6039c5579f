/* Threads for what blocks: tasks go in, finished tasks come out, in the order in which they finish. */
#ifndef OBSERVE_POOL_H
#define OBSERVE_POOL_H

#include <stddef.h>

#include "base/error.h"

/* The first member of whatever a task is; the pool owns nothing of it. */
struct pool_task {
    struct pool_task *next;
    void (*work)(struct pool_task *task); /* runs in a thread */
};

struct pool;

/* Null with ERROR_UNAVAILABLE where no thread can be had. */
struct pool *pool_start(size_t threads, struct error *err);

/* Waits for the tasks that are at work; those that wait for a thread are not run. */
void pool_stop(struct pool *pool);

void pool_add(struct pool *pool, struct pool_task *task);

/* A finished task, or null. */
struct pool_task *pool_take(struct pool *pool);

/* The descriptor to poll for reading: there is, or was, a finished task. */
int pool_fd(const struct pool *pool);

#endif
