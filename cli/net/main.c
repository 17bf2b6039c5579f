/* tlsrpt-net: all of tlsrpt that opens a socket. `tlsrpt` runs it and reads what it prints. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/vector.h"
#include "net_fetch.h"
#include "observe/certificate_file.h"
#include "observe/observe.h"
#include "options.h"
#include "published/observation_json.h"

enum {
    DOMAINS_MAX = 10000,
    INPUT_MAX = 16 * 1024 * 1024,
    CERTIFICATE_MAX = 1024 * 1024,
    SELECTORS_MAX = 20,
    FILES = 4096,
};

struct targets {
    struct observe_target *at;
    size_t count;
};

/* ---- the domains ---- */

static bool read_selectors(struct text list, struct observe_target *target, struct arena *arena)
{
    struct text selector;
    while (text_next(&list, ';', &selector)) {
        selector = text_lower(arena, text_trim(selector));
        struct text name = text_format(arena, "%.*s._domainkey", TEXT_ARGS(selector));
        if (!selector.length)
            continue;
        if (!text_is_host(name) || target->selectors.count >= SELECTORS_MAX)
            return false;
        text_list_add_once(arena, &target->selectors, selector);
    }
    return true;
}

/* DOMAIN[ TAB selector;selector…] */
static bool read_target(struct text line, struct arena *arena, struct observe_target *target)
{
    struct text domain;
    text_next(&line, '\t', &domain);
    *target = (struct observe_target){.domain = text_host(arena, text_trim(domain))};
    return text_is_host(target->domain) && read_selectors(line, target, arena);
}

static bool read_targets(struct text input, struct arena *arena, struct targets *targets,
                         struct error *err)
{
    struct text line;
    for (size_t number = 1; text_next(&input, '\n', &line); number++) {
        struct observe_target target;
        if (!text_trim(line).length)
            continue;
        if (!read_target(line, arena, &target))
            return error_set(err, ERROR_USAGE,
                             "line %zu: this is no domain, or has a selector that is none",
                             number);
        if (targets->count == DOMAINS_MAX)
            return error_set(err, ERROR_USAGE, "there are more than %d domains", DOMAINS_MAX);
        VECTOR_ADD(arena, targets, target);
    }
    return true;
}

static bool read_input(struct arena *arena, struct targets *targets, struct error *err)
{
    BUFFER_AUTO input = {0};
    bool more;
    if (!file_read(STDIN_FILENO, INPUT_MAX, &input, &more, err))
        return false;
    if (more)
        return error_set(err, ERROR_USAGE, "the list of domains is too long");
    return read_targets(text_copy(arena, buffer_text(&input)), arena, targets, err);
}

/* ---- the observations ---- */

static bool print(void *context, const struct observation *observation)
{
    BUFFER_AUTO line = {0};
    observation_write(&line, observation);
    buffer_add_char(&line, '\n');
    return file_write(STDOUT_FILENO, line.at, line.length, context);
}

static bool observe(int argc, char **argv, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct observe_options options = OBSERVE_OPTIONS_DEFAULT;
    struct targets targets = {0};
    return options_read(argc, argv, 2, &arena, &options, err) &&
           read_input(&arena, &targets, err) &&
           observe_run(targets.at, targets.count, &options, print, err, err);
}

/* ---- a certificate ---- */

/* No socket is opened for it. */
static bool certificate(int argc, char **argv, struct error *err)
{
    ARENA_AUTO arena = {0};
    BUFFER_AUTO input = {0};
    struct observe_options options = OBSERVE_OPTIONS_DEFAULT;
    struct observation observation;
    bool more;
    if (!options_read(argc, argv, 2, &arena, &options, err) ||
        !file_read(STDIN_FILENO, CERTIFICATE_MAX, &input, &more, err))
        return false;
    if (more)
        return error_set(err, ERROR_INPUT, "it is too large for a certificate");
    return certificate_file_read(buffer_text(&input), options.policy_ca, &arena, &observation,
                                 err) &&
           print(err, &observation);
}

/* ---- the command line ---- */

static bool help(int argc, char **argv, struct error *err)
{
    (void)argc;
    (void)argv;
    (void)err;
    puts("usage: tlsrpt-net observe [OPTION]… <DOMAINS\n\n"
         "Reads domains, one a line, each with DKIM selectors behind a tab if there are any\n"
         "(example.com<TAB>s1;s2), and prints an observation of each as one line of JSON.\n"
         "It is a part of tlsrpt: see tlsrpt observe. tlsrpt-net fetch is another, which has "
         "no\n"
         "options: see tlsrpt fetch. tlsrpt-net certificate reads certificates in PEM form, "
         "and prints\n"
         "them as the answer of an MX host; of the options it takes --policy-ca.\n");
    options_help();
    return true;
}

static bool version(int argc, char **argv, struct error *err)
{
    (void)argc;
    (void)argv;
    (void)err;
    puts("tlsrpt-net " TLSRPT_VERSION);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(int argc, char **argv, struct error *err);
} commands[] = {
    {"observe", observe}, {"certificate", certificate}, {"fetch", net_fetch},
    {"--help", help},     {"--version", version},
};

static bool run(int argc, char **argv, struct error *err)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc, argv, err);
    return error_set(err, ERROR_USAGE,
                     "tlsrpt-net observe, certificate, fetch, --help or --version");
}

/* Every question has a socket of its own, and so has every connection. */
static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FILES)
        return;
    limit.rlim_cur = limit.rlim_max < FILES ? limit.rlim_max : FILES;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    allow_many_files();
    signal(SIGPIPE, SIG_IGN); /* a peer that goes away is told by the write that fails */
    if (run(argc, argv, &err))
        return 0;
    fprintf(stderr, "tlsrpt-net: %s\n", err.text);
    return error_exit_status(err.code);
}
