#include "observe/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct task_list {
    struct pool_task *first, **last;
};

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t more;
    struct task_list waiting, finished;
    bool stops;
    int fd;
    size_t count;
    pthread_t threads[];
};

static void list_add(struct task_list *list, struct pool_task *task)
{
    task->next = NULL;
    *list->last = task;
    list->last = &task->next;
}

static struct pool_task *list_take(struct task_list *list)
{
    struct pool_task *first = list->first;
    if (!first)
        return NULL;
    list->first = first->next;
    if (!list->first)
        list->last = &list->first;
    return first;
}

/* The next task, or null when the pool stops. */
static struct pool_task *wait_for_task(struct pool *pool)
{
    struct pool_task *task = NULL;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->stops && !pool->waiting.first)
        pthread_cond_wait(&pool->more, &pool->mutex);
    if (!pool->stops)
        task = list_take(&pool->waiting);
    pthread_mutex_unlock(&pool->mutex);
    return task;
}

static void *work(void *context)
{
    struct pool *pool = context;
    for (struct pool_task *task; (task = wait_for_task(pool));) {
        task->work(task);
        pthread_mutex_lock(&pool->mutex);
        list_add(&pool->finished, task);
        pthread_mutex_unlock(&pool->mutex);
        eventfd_write(pool->fd, 1);
    }
    return NULL;
}

struct pool *pool_start(size_t threads, struct error *err)
{
    struct pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);
    if (!pool)
        memory_exhausted();
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->more, NULL);
    pool->waiting.last = &pool->waiting.first;
    pool->finished.last = &pool->finished.first;
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    while (pool->fd >= 0 && pool->count < threads &&
           pthread_create(&pool->threads[pool->count], NULL, work, pool) == 0)
        pool->count++;
    if (pool->count)
        return pool;
    pool_stop(pool);
    error_set(err, ERROR_UNAVAILABLE, "no thread can be started");
    return NULL;
}

void pool_stop(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stops = true;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->more);
    pthread_mutex_destroy(&pool->mutex);
    if (pool->fd >= 0)
        close(pool->fd);
    free(pool);
}

void pool_add(struct pool *pool, struct pool_task *task)
{
    pthread_mutex_lock(&pool->mutex);
    list_add(&pool->waiting, task);
    pthread_cond_signal(&pool->more);
    pthread_mutex_unlock(&pool->mutex);
}

struct pool_task *pool_take(struct pool *pool)
{
    eventfd_t ignored;
    pthread_mutex_lock(&pool->mutex);
    struct pool_task *task = list_take(&pool->finished);
    if (!task)
        eventfd_read(pool->fd, &ignored);
    pthread_mutex_unlock(&pool->mutex);
    return task;
}

int pool_fd(const struct pool *pool)
{
    return pool->fd;
}
