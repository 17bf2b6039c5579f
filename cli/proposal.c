#include "cli/proposal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"
#include "cli/net_run.h"
#include "published/observation_json.h"

/* What RFC 8461 §3.3 lets a policy file be. */
enum { POLICY_MAX = 64 * 1024, MX_MAX = 100, TLSA_MAX = 400 };

static bool is_option(const struct given_option *given, const char *name)
{
    return text_equal(text_of(given->option->name), text_of(name));
}

static int open_file(const struct invocation *inv, struct text path, struct error *err)
{
    const char *name = text_string(inv->arena, path);
    int fd = text_equal(path, TEXT("-")) ? dup(STDIN_FILENO)
                                         : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        error_set(err, ERROR_IO, "cannot open %s: %s", name, strerror(errno));
    return fd;
}

/* ---- the policy ---- */

static const struct mta_sts_fault_found *fatal_of(const struct mta_sts_policy *policy)
{
    for (size_t i = 0; i < policy->faults.count; i++)
        if (policy->faults.at[i].fatal)
            return &policy->faults.at[i];
    return NULL;
}

static bool read_policy(const struct invocation *inv, struct proposal *proposal,
                        struct error *err)
{
    BUFFER_AUTO body = {0};
    struct text path = invocation_option(inv, "policy");
    bool more;
    if (!text_known(path))
        return true;
    FD_AUTO file = open_file(inv, path, err);
    if (file < 0)
        return false;
    if (!file_read(file, POLICY_MAX, &body, &more, err))
        return error_prefix(err, "--policy");
    struct mta_sts_policy *policy = arena_new(inv->arena, struct mta_sts_policy);
    mta_sts_policy_read(text_copy(inv->arena, buffer_text(&body)), inv->arena, policy);
    const struct mta_sts_fault_found *fault = fatal_of(policy);
    if (more || (!policy->valid && !fault))
        return error_set(err, ERROR_INPUT, "--policy: the file is no policy that senders take");
    if (!policy->valid)
        return error_set(err, ERROR_INPUT, "--policy: line %zu: %.*s", fault->line,
                         TEXT_ARGS(text_first(fault->sentence, 300)));
    proposal->policy = policy;
    return true;
}

static void read_mode(const struct invocation *inv, struct proposal *proposal)
{
    for (unsigned mode = 1; mode < MTA_STS_MODE_COUNT; mode++)
        if (invocation_is(inv, "mode", mta_sts_mode_name((enum mta_sts_mode)mode)))
            proposal->mode = (enum mta_sts_mode)mode;
}

/* ---- MX and TLSA ---- */

static bool add_hosts(const struct invocation *inv, struct text names,
                      struct proposal *proposal, struct error *err)
{
    struct text name;
    while (text_next(&names, ',', &name)) {
        struct text host = text_host(inv->arena, text_trim(name));
        if (!text_is_host(host))
            return error_set(err, ERROR_USAGE, "--mx: \"%.*s\" is no host name",
                             TEXT_ARGS(text_first(name, 100)));
        if (proposal->mx.count == MX_MAX)
            return error_set(err, ERROR_USAGE, "--mx: these are more than %d hosts", MX_MAX);
        text_list_add_once(inv->arena, &proposal->mx, host);
    }
    return true;
}

/* The name before a record: "_25._tcp.mx1.example.com. IN TLSA 3 1 1 …", "mx1.example.com 3 1 1 …", or none. */
static struct text take_name(struct arena *arena, struct text *record)
{
    struct text rest = text_trim(*record), word, name = TEXT_UNKNOWN;
    const struct text service = TEXT("_25._tcp.");
    while (rest.length && !text_is_digit(rest.at[0])) {
        struct text after = rest;
        text_next(&after, ' ', &word);
        if (!text_known(name))
            name = text_host(arena, word);
        rest = text_known(after) ? text_trim(after) : TEXT("");
    }
    *record = rest;
    return text_starts(name, service) ? text_from(name, service.length) : name;
}

static bool add_tlsa(const struct invocation *inv, struct text value, struct proposal *proposal,
                     struct error *err)
{
    struct proposed_tlsa one = {.record = value};
    struct tlsa tlsa;
    if (text_equal(value, TEXT("none"))) {
        proposal->no_tlsa = true;
        return true;
    }
    one.mx = take_name(inv->arena, &one.record);
    if (text_known(one.mx) && !text_is_host(one.mx))
        return error_set(err, ERROR_USAGE, "--tlsa: \"%.*s\" is no host name",
                         TEXT_ARGS(text_first(one.mx, 100)));
    if (!tlsa_parse(one.record, inv->arena, &tlsa))
        return error_set(err, ERROR_USAGE, "--tlsa: %.*s",
                         TEXT_ARGS(text_first(tlsa.sentence, 300)));
    if (proposal->tlsa.count == TLSA_MAX)
        return error_set(err, ERROR_USAGE, "--tlsa: these are more than %d records", TLSA_MAX);
    one.record = tlsa_text(inv->arena, &tlsa);
    VECTOR_ADD(inv->arena, &proposal->tlsa, one);
    return true;
}

/* ---- the certificate ---- */

struct presenting {
    struct arena *arena;
    struct proposal *proposal;
};

static bool take_certificate(void *context, struct text line, struct error *err)
{
    struct presenting *presenting = context;
    struct observation observation;
    if (!observation_read(line, presenting->arena, &observation, err))
        return false;
    if (observation.smtp.count != 1 || !observation.smtp.at[0].certificate)
        return error_set(err, ERROR_BUG, "tlsrpt-net printed no certificate");
    presenting->proposal->certificate = observation.smtp.at[0].certificate;
    presenting->proposal->chain = observation.smtp.at[0].chain;
    return true;
}

static bool read_certificate(const struct invocation *inv, struct proposal *proposal,
                             struct error *err)
{
    struct presenting presenting = {inv->arena, proposal};
    struct text path = invocation_option(inv, "certificate");
    if (!text_known(path))
        return true;
    FD_AUTO file = open_file(inv, path, err);
    return file >= 0 && (net_run_certificate(inv, file, take_certificate, &presenting, err) ||
                         error_prefix(err, "--certificate"));
}

bool proposal_read(const struct invocation *inv, struct proposal *proposal, struct error *err)
{
    *proposal = (struct proposal){0};
    read_mode(inv, proposal);
    if (!read_policy(inv, proposal, err))
        return false;
    for (size_t i = 0; i < inv->options.count; i++) {
        const struct given_option *given = &inv->options.at[i];
        if (is_option(given, "mx") && !add_hosts(inv, given->value, proposal, err))
            return false;
        if (is_option(given, "tlsa") && !add_tlsa(inv, given->value, proposal, err))
            return false;
    }
    if (proposal->no_tlsa && proposal->tlsa.count)
        return error_set(err, ERROR_USAGE, "--tlsa: none stands alone");
    return read_certificate(inv, proposal, err);
}
