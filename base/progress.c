#include "base/progress.h"

#include <stdio.h>

#include "base/time.h"

void progress_start(struct progress *progress, bool shown, size_t total)
{
    *progress = (struct progress){.shown = shown, .total = total, .things = "mails"};
    if (shown)
        progress->start = progress->last = time_milliseconds();
}

void progress_show(struct progress *progress, size_t done)
{
    enum { WIDTH = 30, EVERY = 100 };
    if (!progress->shown)
        return;
    int64_t now = time_milliseconds();
    if (now - progress->last < EVERY)
        return;
    progress->last = now;
    double seconds = (double)(now - progress->start) / 1000;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    double left = rate > 0 ? (double)(progress->total - done) / rate : 0;
    char bar[WIDTH + 1];
    size_t filled = progress->total ? done * WIDTH / progress->total : WIDTH;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = 0;
    fprintf(stderr, "\r[%s] %zu of %zu %s, %.0f a second, %.0f s left\033[K", bar, done,
            progress->total, progress->things, rate, left);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
