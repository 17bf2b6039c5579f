#include "observe/observe.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "observe/policy_fetch.h"
#include "observe/pool.h"
#include "observe/resolver.h"
#include "observe/starttls.h"
#include "observe/subject.h"

enum {
    THREADS = 32,
    SUBJECTS_MAX = 256, /* at a time */
    BUCKETS = 4096,     /* of shared jobs */
    /* So many probes that fail, none that does not, are enough to ask whether the port is blocked. */
    PROBES_BEFORE_DOUBT = 16,
};

enum port {
    PORT_UNKNOWN = 0, /* no probe has reached a server yet */
    PORT_OPEN,
    PORT_BLOCKED,
};

struct run {
    const struct observe_target *targets;
    size_t count, next; /* of the targets */
    const struct observe_options *options;
    observe_done *done;
    void *context;

    struct resolver *resolver;
    struct pool *pool;
    size_t active; /* subjects that were begun and are not finished */
    struct subject *alive, *held;
    struct job *shared[BUCKETS];
    enum port port;
    struct text blocked; /* what is said of an MX once the port is known to be blocked */
    size_t failed_probes;
    bool stopped; /* by the caller */
};

/* ---- jobs ---- */

static struct job **bucket(struct run *run, struct text key)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (unsigned char)key.at[i]) * 16777619u;
    return &run->shared[hash % BUCKETS];
}

static struct job *find_shared(struct run *run, struct text key)
{
    struct job *job = *bucket(run, key);
    while (job && !text_equal(job->key, key))
        job = job->next;
    return job;
}

static void share(struct run *run, struct job *job, struct text key)
{
    struct job **first = bucket(run, key);
    job->key = text_copy(&job->arena, key);
    job->next = *first;
    *first = job;
}

/* SUBJECT waits for JOB, unless it is finished already. */
static void use(struct subject *subject, struct job *job)
{
    job->users++;
    if (job->finished)
        return;
    struct job_waiter *waiter = arena_new(&subject->arena, struct job_waiter);
    *waiter = (struct job_waiter){job->waiters, subject};
    job->waiters = waiter;
    subject->waiting++;
}

static void start(struct run *run, struct job *job)
{
    pool_add(run->pool, &job->task);
}

static void release(struct job *job)
{
    if (--job->users == 0 && !text_known(job->key))
        job_free(job);
}

/* ---- the end of a subject ---- */

static void link_subject(struct run *run, struct subject *subject)
{
    subject->after = run->alive;
    if (run->alive)
        run->alive->before = subject;
    run->alive = subject;
}

static void free_subject(struct run *run, struct subject *subject)
{
    if (subject->before)
        subject->before->after = subject->after;
    else
        run->alive = subject->after;
    if (subject->after)
        subject->after->before = subject->before;
    if (subject->policy)
        release(subject->policy);
    for (size_t i = 0; i < subject->authorities.count; i++)
        release(subject->authorities.at[i]);
    for (size_t i = 0; i < subject->probes.count; i++)
        release(subject->probes.at[i]);
    arena_free(&subject->arena);
    free(subject);
}

static void print(struct run *run, struct subject *subject)
{
    if (!run->stopped)
        run->stopped = !run->done(run->context, subject_observation(subject));
    free_subject(run, subject);
}

static void print_held(struct run *run)
{
    while (run->held) {
        struct subject *subject = run->held;
        run->held = subject->next;
        print(run, subject);
    }
}

static void finish(struct run *run, struct subject *subject)
{
    run->active--;
    if (subject->probes.count && run->port == PORT_UNKNOWN) {
        subject->next = run->held;
        run->held = subject;
        return;
    }
    print(run, subject);
}

/* ---- is port 25 blocked on the way out? ---- */

static bool has_failed(const struct observed_smtp *entry)
{
    return entry->status == SMTP_CONNECT_ERROR || entry->status == SMTP_TIMEOUT;
}

/* What was not tried speaks neither for nor against a blocked port. */
static bool speaks_for_blocked(const struct observed_smtps *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        if (has_failed(&entries->at[i]))
            return true;
    return false;
}

static bool speaks_against_blocked(const struct observed_smtps *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        if (!has_failed(&entries->at[i]) && entries->at[i].status != SMTP_NOT_PROBED)
            return true;
    return false;
}

typedef void probe_entry(struct run *run, struct observed_smtp *entry, void *context);

static void each_probe_entry(struct run *run, probe_entry *function, void *context)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct job *job = run->shared[i]; job; job = job->next)
            for (size_t j = 0; job->finished && j < job->smtp.count; j++)
                function(run, &job->smtp.at[j], context);
}

struct judging {
    struct arena arena;
    struct observed_smtps all;
    size_t at;
};

static void collect(struct run *run, struct observed_smtp *entry, void *context)
{
    struct judging *judging = context;
    (void)run;
    VECTOR_ADD(&judging->arena, &judging->all, *entry);
}

/* Puts back what was collected, in the same order. */
static void put_back(struct run *run, struct observed_smtp *entry, void *context)
{
    struct judging *judging = context;
    const struct observed_smtp *judged = &judging->all.at[judging->at++];
    if (entry->status != SMTP_NOT_PROBED && judged->status == SMTP_NOT_PROBED) {
        run->port = PORT_BLOCKED;
        run->blocked = judged->detail;
    }
    *entry = *judged;
}

/* Decides by all probes so far, none of which reached a server. */
static void judge(struct run *run)
{
    struct judging judging = {0};
    each_probe_entry(run, collect, &judging);
    run->port = PORT_OPEN;
    if (judging.all.count) {
        starttls_judge_blocked(&judging.all, run->options);
        each_probe_entry(run, put_back, &judging);
    }
    arena_free(&judging.arena);
    print_held(run);
}

/* What was under way when the port turned out to be blocked. */
static void forget_failures(struct run *run, struct job *job)
{
    for (size_t i = 0; i < job->smtp.count; i++) {
        struct observed_smtp *entry = &job->smtp.at[i];
        if (!has_failed(entry))
            continue;
        entry->status = SMTP_NOT_PROBED;
        entry->detail = run->blocked;
    }
}

static void learn_of_port(struct run *run, struct job *job)
{
    if (speaks_against_blocked(&job->smtp)) {
        run->port = PORT_OPEN;
        print_held(run);
    } else if (speaks_for_blocked(&job->smtp)) {
        if (run->port == PORT_BLOCKED)
            forget_failures(run, job);
        else if (run->port == PORT_UNKNOWN && ++run->failed_probes >= PROBES_BEFORE_DOUBT)
            judge(run);
    }
}

static void take_job(struct run *run, struct job *job)
{
    job->finished = true;
    learn_of_port(run, job);
    struct job_waiter *waiter = job->waiters;
    job->waiters = NULL;
    while (waiter) {
        struct subject *subject = waiter->subject;
        waiter = waiter->next;
        if (--subject->waiting == 0)
            finish(run, subject);
    }
}

/* ---- from look-ups to jobs ---- */

static void add_probe(struct run *run, struct subject *subject, struct text mx,
                      const struct gather_address *address)
{
    struct text key = job_probe_key(&subject->arena, mx, address->address);
    struct job *job = find_shared(run, key);
    if (!job) {
        struct starttls_tlsa tlsa;
        gather_tlsa(&subject->gather, mx, address, &tlsa);
        job = job_probe(mx, address->address, &tlsa, run->options);
        share(run, job, key);
        if (run->port == PORT_BLOCKED) {
            job_leave_unprobed(job, run->blocked);
            job->finished = true;
        } else {
            start(run, job);
        }
    }
    use(subject, job);
    VECTOR_ADD(&subject->arena, &subject->probes, job);
}

static void add_probes(struct run *run, struct subject *subject)
{
    struct gather_addresses addresses;
    for (size_t i = 0; i < subject->gather.mx.count; i++) {
        gather_addresses(&subject->gather, subject->gather.mx.at[i], &addresses);
        for (size_t j = 0; j < addresses.count; j++)
            add_probe(run, subject, subject->gather.mx.at[i], &addresses.at[j]);
    }
}

/* Whether the domain is in the zone, so that nobody else is likely to ask for the same. */
static bool is_own_zone(struct subject *subject, const struct authority_zone *zone)
{
    struct text domain = subject->gather.domain;
    struct text below = text_format(&subject->arena, ".%.*s", TEXT_ARGS(zone->name));
    return text_equal(domain, zone->name) || text_ends_nocase(domain, below);
}

/* The zone of an MX that serves many domains is asked once. */
static void add_authorities(struct run *run, struct subject *subject,
                            const struct authority_zone *zone)
{
    bool own = is_own_zone(subject, zone);
    struct text key = job_zone_key(&subject->arena, zone);
    struct job *job = own ? NULL : find_shared(run, key);
    if (!job) {
        job = job_authorities(zone, run->options);
        if (!own)
            share(run, job, key);
        start(run, job);
    }
    use(subject, job);
    VECTOR_ADD(&subject->arena, &subject->authorities, job);
}

static void add_policy(struct run *run, struct subject *subject)
{
    struct gather_addresses addresses;
    struct text host =
        text_format(&subject->arena, "mta-sts.%.*s", TEXT_ARGS(subject->gather.domain));
    gather_addresses(&subject->gather, host, &addresses);
    subject->policy = job_policy(subject->gather.domain, &addresses, run->options);
    use(subject, subject->policy);
    start(run, subject->policy);
}

/* DNS has said all it says: the rest blocks and goes to the pool. */
static void gathered(struct gather *gather)
{
    struct subject *subject = (struct subject *)gather;
    struct run *run = subject->run;
    subject->waiting = 1;
    for (struct gather_zone *zone = gather->zones; zone; zone = zone->next)
        add_authorities(run, subject, &zone->zone);
    add_policy(run, subject);
    if (run->options->probe)
        add_probes(run, subject);
    if (--subject->waiting == 0)
        finish(run, subject);
}

static void begin(struct run *run, const struct observe_target *target)
{
    struct subject *subject = calloc(1, sizeof *subject);
    if (!subject)
        memory_exhausted();
    subject->run = run;
    subject->taken_at = time_now();
    subject->gather = (struct gather){
        .arena = &subject->arena,
        .resolver = run->resolver,
        .domain = text_copy(&subject->arena, target->domain),
        .selectors = target->selectors,
        .done = gathered,
    };
    link_subject(run, subject);
    run->active++;
    gather_start(&subject->gather);
}

/* ---- the run ---- */

static bool wait_for_news(struct run *run, struct error *err)
{
    struct pollfd polled[] = {
        {.fd = resolver_fd(run->resolver), .events = POLLIN},
        {.fd = pool_fd(run->pool), .events = POLLIN},
    };
    if (poll(polled, sizeof polled / sizeof *polled, resolver_wait(run->resolver)) < 0 &&
        errno != EINTR)
        return error_set(err, ERROR_BUG, "waiting failed: %s", strerror(errno));
    return true;
}

static bool go(struct run *run, struct error *err)
{
    for (;;) {
        while (run->next < run->count && run->active < SUBJECTS_MAX)
            begin(run, &run->targets[run->next++]);
        if (!resolver_step(run->resolver, err))
            return false;
        for (struct pool_task *task; (task = pool_take(run->pool));)
            take_job(run, (struct job *)task);
        if (run->stopped)
            return false;
        if (!run->active && run->next == run->count)
            break;
        if (!wait_for_news(run, err))
            return false;
    }
    if (run->held)
        judge(run);
    return !run->stopped;
}

static void free_shared(struct run *run)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct job *job = run->shared[i], *next; job; job = next) {
            next = job->next;
            job_free(job);
        }
}

bool observe_run(const struct observe_target *targets, size_t count,
                 const struct observe_options *options, observe_done *done, void *context,
                 struct error *err)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        memory_exhausted();
    *run = (struct run){
        .targets = targets,
        .count = count,
        .options = options,
        .done = done,
        .context = context,
    };
    bool complete = policy_fetch_start(err) && starttls_start(options, err) &&
                    (run->resolver = resolver_open(options, err)) &&
                    (run->pool = pool_start(THREADS, err)) && go(run, err);
    pool_stop(run->pool);
    resolver_close(run->resolver);
    while (run->alive) /* where the run was stopped */
        free_subject(run, run->alive);
    free_shared(run);
    free(run);
    return complete;
}
