/* What blocks and so runs in a thread: asking a zone's servers, fetching a policy, probing an MX. A job
 * has an arena of its own; while it runs nobody else looks at it. */
#ifndef OBSERVE_OBSERVE_JOB_H
#define OBSERVE_OBSERVE_JOB_H

#include "observe/authorities.h"
#include "observe/gather.h"
#include "observe/limits.h"
#include "observe/pool.h"
#include "observe/starttls.h"

struct job_waiter {
    struct job_waiter *next;
    void *subject; /* whoever waits for it */
};

struct job {
    struct pool_task task; /* first: the pool knows no more of it */
    const struct observe_options *options;
    struct arena arena;
    struct job *next; /* in the list of shared jobs of one bucket */
    struct text key;  /* of a shared job; else unknown */
    struct job_waiter *waiters;
    size_t users; /* subjects that are not yet done with it */
    bool finished;

    /* One of three: what it needs and what it gives. */
    struct authority_zone zone;
    struct observed_authorities authorities;

    struct text domain;
    struct text_list addresses;
    enum fetch_status no_address;
    struct observed_policy *policy;

    struct text mx, address;
    struct starttls_tlsa tlsa;
    struct observed_smtps smtp;
};

/* Each copies what it is given. The caller frees. */
struct job *job_authorities(const struct authority_zone *zone,
                            const struct observe_options *options);
struct job *job_policy(struct text domain, const struct gather_addresses *addresses,
                       const struct observe_options *options);
struct job *job_probe(struct text mx, struct text address, const struct starttls_tlsa *tlsa,
                      const struct observe_options *options);
void job_free(struct job *job);

/* Instead of running a probe: one entry that says why not. DETAIL is copied. */
void job_leave_unprobed(struct job *job, struct text detail);

/* What makes two jobs the same, in ARENA. */
struct text job_zone_key(struct arena *arena, const struct authority_zone *zone);
struct text job_probe_key(struct arena *arena, struct text mx, struct text address);

#endif
