/* A worker is a child process that reads mails: strangers' bytes are parsed nowhere else. It gets
 * tasks through one pipe, hands its readings back through another, has limits of its own for
 * memory and time, and holds no other descriptor. */
#ifndef INGEST_WORKER_H
#define INGEST_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ingest/mail.h"

/* Where a mail lies: LENGTH bytes (or to the end) of a file from OFFSET. */
struct worker_task {
    const char *path;
    uint64_t offset, length;
    bool bare_name; /* the file may be a bare report: its name counts */
    bool cut;       /* these bytes are only the beginning of the mail */
};
#define WORKER_TO_THE_END UINT64_MAX

/* How a task ended, the first byte of a worker's answer. */
enum worker_status {
    WORKER_READ = 1,   /* a reading follows (wire.h) */
    WORKER_GONE,       /* the file is not there any more */
    WORKER_UNREADABLE, /* a sentence follows */
};

/* Shared with the parent: which task the worker is at, counted from 1. What a dying worker was
 * reading is known by this and only by this. */
struct worker_place {
    _Atomic uint64_t task;
};

struct worker {
    pid_t pid;          /* 0: none */
    int tasks, answers; /* the parent's ends; tasks never blocks */
    struct worker_place *place;
};

/* Exit statuses of a worker that did not end well. */
enum { WORKER_OUT_OF_MEMORY = 71, WORKER_BROKEN_PIPE = 74 };

/* Starts a worker, which can open files at or below SOURCES (canonical paths, each ending in NUL;
 * null: none) and nothing else. With INPUT (a mail in memory, TRUNCATED or not) it reads that one mail as its
 * task 1 and ends. */
bool worker_start(struct worker *worker, const struct reader_options *options,
                  const struct text_list *sources, const struct text *input, bool truncated,
                  struct error *err);

/* Appends to OUT the bytes that tell a worker about TASK. */
void worker_put_task(struct buffer *out, const struct worker_task *task);

/* An answer's length in bytes comes first, as u32; the answer follows. No honest one is longer
 * than this. */
size_t worker_answer_limit(const struct ingest_limits *limits);

/* Why a worker ends. */
enum worker_ending {
    WORKER_LEAVES,   /* it has nothing more to do, or died by itself */
    WORKER_TOO_SLOW, /* it is killed */
    WORKER_UNWANTED, /* it is killed, whatever it does */
};

/* Takes the worker's exit status and closes its pipes. The reason why it died, a sentence for the
 * quarantine, is written to WHY. */
void worker_end(struct worker *worker, enum worker_ending ending,
                const struct ingest_limits *limits, char why[128]);

#endif
