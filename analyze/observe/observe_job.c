#include "observe/observe_job.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/vector.h"
#include "observe/policy_fetch.h"

static struct job *job_new(void (*work)(struct pool_task *),
                           const struct observe_options *options)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        memory_exhausted();
    job->task.work = work;
    job->options = options;
    return job;
}

void job_free(struct job *job)
{
    arena_free(&job->arena);
    free(job);
}

/* ---- the servers of a zone ---- */

static void work_authorities(struct pool_task *task)
{
    struct job *job = (struct job *)task;
    authorities_ask(&job->zone, job->options, &job->arena, &job->authorities);
}

struct job *job_authorities(const struct authority_zone *zone,
                            const struct observe_options *options)
{
    struct job *job = job_new(work_authorities, options);
    job->zone.name = text_copy(&job->arena, zone->name);
    for (size_t i = 0; i < zone->servers.count; i++) {
        struct authority_server server = {
            text_copy(&job->arena, zone->servers.at[i].name),
            text_copy(&job->arena, zone->servers.at[i].address),
        };
        VECTOR_ADD(&job->arena, &job->zone.servers, server);
    }
    for (size_t i = 0; i < zone->questions.count; i++) {
        struct authority_question question = {
            text_copy(&job->arena, zone->questions.at[i].name),
            zone->questions.at[i].type,
        };
        VECTOR_ADD(&job->arena, &job->zone.questions, question);
    }
    return job;
}

static int compare_questions(const void *a, const void *b)
{
    const struct authority_question *left = a, *right = b;
    int order = text_compare(left->name, right->name);
    return order ? order : left->type - right->type;
}

struct text job_zone_key(struct arena *arena, const struct authority_zone *zone)
{
    BUFFER_AUTO key = {0};
    struct authority_question *sorted =
        arena_array(arena, zone->questions.count, sizeof *sorted);
    for (size_t i = 0; i < zone->questions.count; i++)
        sorted[i] = zone->questions.at[i];
    if (zone->questions.count)
        qsort(sorted, zone->questions.count, sizeof *sorted, compare_questions);
    buffer_format(&key, "zone %.*s", TEXT_ARGS(zone->name));
    for (size_t i = 0; i < zone->questions.count; i++)
        buffer_format(&key, " %.*s/%u", TEXT_ARGS(sorted[i].name), sorted[i].type);
    return text_copy(arena, buffer_text(&key));
}

/* ---- a policy ---- */

static void work_policy(struct pool_task *task)
{
    struct job *job = (struct job *)task;
    job->policy =
        policy_fetch(job->domain, &job->addresses, job->no_address, job->options, &job->arena);
}

struct job *job_policy(struct text domain, const struct gather_addresses *addresses,
                       const struct observe_options *options)
{
    struct job *job = job_new(work_policy, options);
    job->domain = text_copy(&job->arena, domain);
    for (size_t i = 0; i < addresses->count; i++)
        text_list_add(&job->arena, &job->addresses,
                      text_copy(&job->arena, addresses->at[i].address));
    bool absent = addresses->status == LOOKUP_NODATA || addresses->status == LOOKUP_NXDOMAIN;
    job->no_address = absent ? FETCH_NO_HOST : FETCH_DNS_ERROR;
    return job;
}

/* ---- a probe ---- */

static void work_probe(struct pool_task *task)
{
    struct job *job = (struct job *)task;
    starttls_probe(job->mx, job->address, &job->tlsa, job->options, &job->arena, &job->smtp);
}

struct job *job_probe(struct text mx, struct text address, const struct starttls_tlsa *tlsa,
                      const struct observe_options *options)
{
    struct job *job = job_new(work_probe, options);
    job->mx = text_copy(&job->arena, mx);
    job->address = text_copy(&job->arena, address);
    job->tlsa = (struct starttls_tlsa){.dnssec = tlsa->dnssec, .status = tlsa->status};
    for (size_t i = 0; i < tlsa->records.count; i++)
        text_list_add(&job->arena, &job->tlsa.records,
                      text_copy(&job->arena, tlsa->records.at[i]));
    return job;
}

void job_leave_unprobed(struct job *job, struct text detail)
{
    struct observed_smtp entry = {
        .nulls = OBSERVED_ALL,
        .mx = job->mx,
        .address = job->address,
        .status = SMTP_NOT_PROBED,
        .dane = DANE_NOT_CHECKED,
        .detail = text_copy(&job->arena, detail),
    };
    VECTOR_ADD(&job->arena, &job->smtp, entry);
}

struct text job_probe_key(struct arena *arena, struct text mx, struct text address)
{
    return text_format(arena, "probe %.*s %.*s", TEXT_ARGS(mx), TEXT_ARGS(address));
}
