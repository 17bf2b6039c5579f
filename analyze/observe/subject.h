/* One domain of a run, from its first look-up to its observation. */
#ifndef OBSERVE_SUBJECT_H
#define OBSERVE_SUBJECT_H

#include "observe/gather.h"
#include "observe/observe_job.h"

struct subject_jobs {
    struct job **at;
    size_t count;
};

struct subject {
    struct gather gather; /* first */
    struct arena arena;
    void *run;
    struct subject *next;           /* of those that are held back */
    struct subject *before, *after; /* of all that are not printed yet */
    int64_t taken_at;
    struct job *policy;
    struct subject_jobs authorities, probes; /* probes in the order of MX and address */
    size_t waiting;                          /* jobs that are not finished */
};

/* The observation, of SUBJECT's arena and its jobs' results: all of these are finished. */
struct observation *subject_observation(struct subject *subject);

#endif
