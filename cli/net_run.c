#include "cli/net_run.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/vector.h"
#include "cli/net_process.h"

/* The largest observation that is read; a longer line ends the run. */
enum { LINE_MAX_BYTES = 32 * 1024 * 1024, READ_BYTES = 64 * 1024 };

/* ---- what it is told ---- */

struct words {
    char **at;
    size_t count;
};

static void add_word(struct arena *arena, struct words *words, const char *word)
{
    char *copy = word ? text_string(arena, text_of(word)) : NULL;
    VECTOR_ADD(arena, words, copy);
}

static void add_value(struct arena *arena, struct words *words, const char *option,
                      struct text value)
{
    if (!text_known(value))
        return;
    add_word(arena, words, option);
    VECTOR_ADD(arena, words, text_string(arena, value));
}

static struct words arguments_of(const struct invocation *inv, const char *program, bool probe)
{
    const struct config *config = &inv->config;
    struct arena *arena = inv->arena;
    struct words words = {0};
    add_word(arena, &words, program);
    add_word(arena, &words, "observe");
    add_value(arena, &words, "--resolver", config->resolver);
    add_value(arena, &words, "--trust-anchor", config->trust_anchor);
    add_value(arena, &words, "--policy-ca", config->policy_ca);
    for (size_t i = 0; i < config->connect_to.count; i++)
        add_value(arena, &words, "--connect-to", config->connect_to.at[i]);
    add_value(arena, &words, "--smtp-port",
              text_format(arena, "%llu", (unsigned long long)config->smtp_port));
    if (config->allow_private_addresses)
        add_word(arena, &words, "--allow-private-addresses");
    if (!probe)
        add_word(arena, &words, "--no-probe");
    return words;
}

static void write_domains(struct buffer *out, const struct net_domain *domains, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct text_list *selectors = domains[i].selectors;
        buffer_add_text(out, domains[i].name);
        for (size_t j = 0; selectors && j < selectors->count; j++) {
            buffer_add_char(out, j ? ';' : '\t');
            buffer_add_text(out, selectors->at[j]);
        }
        buffer_add_char(out, '\n');
    }
}

/* A file without a name that holds the domains: a pipe could fill up while nobody reads it. */
static int input_of(const struct net_domain *domains, size_t count, struct error *err)
{
    BUFFER_AUTO text = {0};
    write_domains(&text, domains, count);
    int fd = memfd_create("domains", MFD_CLOEXEC);
    if (fd < 0) {
        error_set(err, ERROR_IO, "cannot hand domains to tlsrpt-net: %s", strerror(errno));
        return -1;
    }
    if (!file_write(fd, text.at, text.length, err) || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- what it says ---- */

/* Hands over the complete lines of BUFFER, which held none up to SEARCHED. */
static bool hand_over_lines(struct buffer *buffer, size_t searched, net_run_line *each,
                            void *context, struct error *err)
{
    size_t start = 0;
    for (size_t i = searched; i < buffer->length; i++) {
        if (buffer->at[i] != '\n')
            continue;
        struct text line = {buffer->at + start, i - start};
        start = i + 1;
        if (line.length && !each(context, line, err))
            return false;
    }
    buffer_drop(buffer, start);
    return true;
}

static bool read_lines(int fd, net_run_line *each, void *context, struct error *err)
{
    BUFFER_AUTO buffer = {0};
    for (;;) {
        buffer_reserve(&buffer, READ_BYTES);
        ssize_t got = read(fd, buffer.at + buffer.length, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_IO, "cannot read from tlsrpt-net: %s", strerror(errno));
        if (got == 0)
            break;
        size_t searched = buffer.length;
        buffer.length += (size_t)got;
        if (!hand_over_lines(&buffer, searched, each, context, err))
            return false;
        if (buffer.length > LINE_MAX_BYTES)
            return error_set(err, ERROR_BUG, "tlsrpt-net printed a line of more than 32 MiB");
    }
    /* What has no end was cut off; its exit status tells why. */
    return true;
}

/* Runs WORDS, of which the first is the command. */
static bool run(const struct invocation *inv, struct words *words, int input,
                net_run_line *each, void *context, struct error *err)
{
    __attribute__((cleanup(net_process_release))) struct net_process child = {.output = -1};
    add_word(inv->arena, words, NULL);
    return net_process_start(&child, words->at, input, err) &&
           read_lines(child.output, each, context, err) && net_process_finish(&child, err);
}

bool net_run_observe(const struct invocation *inv, const struct net_domain *domains,
                     size_t count, bool probe, net_run_line *each, void *context,
                     struct error *err)
{
    const char *program = net_program(inv->arena, err);
    if (!program)
        return false;
    FD_AUTO input = input_of(domains, count, err);
    if (input < 0)
        return false;
    struct words words = arguments_of(inv, program, probe);
    return run(inv, &words, input, each, context, err);
}

bool net_run_certificate(const struct invocation *inv, int fd, net_run_line *each,
                         void *context, struct error *err)
{
    const char *program = net_program(inv->arena, err);
    struct words words = {0};
    if (!program)
        return false;
    add_word(inv->arena, &words, program);
    add_word(inv->arena, &words, "certificate");
    add_value(inv->arena, &words, "--policy-ca", inv->config.policy_ca);
    return run(inv, &words, fd, each, context, err);
}
