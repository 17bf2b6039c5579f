/* Runs a policy fetch or a STARTTLS probe without DNS, and prints an observation that holds what
 * came of it, one a line for each thread:
 *
 *     probe policy DOMAIN [--address ADDRESS]… [OPTION]…
 *     probe smtp MX --address ADDRESS… [--tlsa RECORD]… [OPTION]…
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "observe/policy_fetch.h"
#include "observe/starttls.h"
#include "published/observation_json.h"

enum { THREADS_MAX = 16 };

struct job {
    struct text kind, name;
    struct text_list addresses;
    struct starttls_tlsa tlsa;
    bool tlsa_known;
    enum fetch_status no_address;
    struct observe_options options;
    unsigned threads;
    bool judge;
};

static bool set_option(struct arena *arena, struct job *job, const char *key, const char *value)
{
    struct text text = text_of(value);
    if (strcmp(key, "--address") == 0)
        text_list_add(arena, &job->addresses, text);
    else if (strcmp(key, "--tlsa") == 0)
        text_list_add(arena, &job->tlsa.records, text);
    else if (strcmp(key, "--connect-to") == 0)
        text_list_add(arena, &job->options.connect_to, text);
    else if (strcmp(key, "--ca") == 0)
        job->options.policy_ca = text;
    else if (strcmp(key, "--helo") == 0)
        job->options.helo = text;
    else if (strcmp(key, "--port") == 0)
        job->options.smtp_port = (uint16_t)atoi(value);
    else if (strcmp(key, "--seconds") == 0)
        job->options.fetch_seconds = job->options.probe_seconds = (unsigned)atoi(value);
    else if (strcmp(key, "--private") == 0)
        job->options.allow_private_addresses = atoi(value) != 0;
    else if (strcmp(key, "--dnssec") == 0)
        job->tlsa.dnssec = observed_word(&dnssec_words, text);
    else if (strcmp(key, "--lookup") == 0)
        job->tlsa.status = observed_word(&lookup_status_words, text);
    else if (strcmp(key, "--no-address") == 0)
        job->no_address = observed_word(&fetch_status_words, text);
    else if (strcmp(key, "--threads") == 0)
        job->threads = (unsigned)atoi(value);
    else if (strcmp(key, "--judge") == 0)
        job->judge = atoi(value) != 0;
    else
        return false;
    job->tlsa_known = job->tlsa_known || job->tlsa.status != LOOKUP_UNKNOWN;
    return true;
}

static void observe(const struct job *job, struct arena *arena, struct observation *observation)
{
    if (text_equal(job->kind, TEXT("policy"))) {
        observation->policy =
            policy_fetch(job->name, &job->addresses, job->no_address, &job->options, arena);
        return;
    }
    OBSERVED_EMPTY(arena, &observation->smtp);
    for (size_t i = 0; i < job->addresses.count; i++)
        starttls_probe(job->name, job->addresses.at[i], job->tlsa_known ? &job->tlsa : NULL,
                       &job->options, arena, &observation->smtp);
    if (job->judge)
        starttls_judge_blocked(&observation->smtp, &job->options);
}

static void *run(void *argument)
{
    const struct job *job = argument;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO line = {0};
    struct observation *observation = observation_new(&arena, TEXT("example.com"), 0);
    observe(job, &arena, observation);
    observation_write(&line, observation);
    buffer_add_char(&line, '\n');
    fwrite(line.at, 1, line.length, stdout);
    return NULL;
}

int main(int count, char **arguments)
{
    ARENA_AUTO arena = {0};
    struct error err = {0};
    struct job job = {.options = OBSERVE_OPTIONS_DEFAULT,
                      .no_address = FETCH_NO_HOST,
                      .threads = 1,
                      .tlsa = {.dnssec = DNSSEC_SECURE}};
    job.kind = text_of(arguments[count > 1 ? 1 : 0]);
    job.name = text_of(arguments[count > 2 ? 2 : 0]);
    bool right = count > 2;
    for (int i = 3; right && i < count; i += 2)
        right = i + 1 < count && set_option(&arena, &job, arguments[i], arguments[i + 1]);
    if (!right || job.threads > THREADS_MAX)
        return 64;
    if (!policy_fetch_start(&err) || !starttls_start(&job.options, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return error_exit_status(err.code);
    }
    pthread_t threads[THREADS_MAX];
    for (unsigned i = 0; i < job.threads; i++)
        if (pthread_create(&threads[i], NULL, run, &job) != 0)
            return 71;
    for (unsigned i = 0; i < job.threads; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
