#include "observe/resolver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#include "base/time.h"

enum {
    IN_FLIGHT_MAX = 200,
    /* libunbound remembers a SERVFAIL for 5 seconds, which it counts in whole ones; a server that limits
     * its rate has as long to calm down. */
    RETRY_PAUSE = 6200,
    RETRY_TIME_MIN = 1000, /* less than that is not worth a second try */
    /* After so many look-ups in a row without an answer the resolver itself is taken for silent, until
     * it answers: ten thousand domains must not wait for it for hours. */
    SILENT_AFTER = 3 * IN_FLIGHT_MAX,
    SILENT_PATIENCE = 1000,
};

/* One look-up. It is in exactly one of the lists below, or in a slot. */
struct request {
    struct request *next;
    struct resolver *resolver;
    char *name;
    uint16_t type;
    resolver_done *done;
    void *context;
    int64_t deadline; /* 0 before its first try */
    int64_t again_at; /* of the second try; 0: there was none yet */
    int id;           /* libunbound's */
    size_t slot;
};

struct request_list {
    struct request *first, **last;
};

struct resolver {
    struct ub_ctx *ctx;
    int64_t patience;            /* milliseconds for one look-up */
    bool validates;              /* a trust anchor is there */
    struct request_list waiting; /* for room */
    struct request_list pausing; /* before their second try; in the order of again_at */
    struct request *in_flight[IN_FLIGHT_MAX];
    size_t count;
    unsigned unanswered; /* in a row */
};

static void list_add(struct request_list *list, struct request *request)
{
    request->next = NULL;
    *list->last = request;
    list->last = &request->next;
}

static struct request *list_take(struct request_list *list)
{
    struct request *first = list->first;
    if (!first)
        return NULL;
    list->first = first->next;
    if (!list->first)
        list->last = &list->first;
    return first;
}

static void list_free(struct request_list *list)
{
    for (struct request *request; (request = list_take(list));) {
        free(request->name);
        free(request);
    }
}

/* ---- setting up ---- */

/* Where the root's key may be: Debian's dns-root-data, then those of unbound's own tool. */
static const char *const root_keys[] = {
    "/usr/share/dns/root.key",
    "/var/lib/unbound/root.key",
    "/etc/unbound/root.key",
};

static const struct {
    const char *option, *value;
} settings[] = {
    {"do-not-query-localhost:", "no"}, /* a resolver at 127.0.0.1 is common */
    {"module-config:", "validator iterator"},
    {"edns-buffer-size:", "1232"},
    /* A question that nobody answers keeps its socket for longer than we wait for it: with libunbound's
     * 16 they would hold up those that are answered. */
    {"outgoing-range:", "600"},
    {"num-queries-per-thread:", "2400"},
};

static bool set_resolver(struct resolver *resolver, struct text address, struct error *err)
{
    ARENA_AUTO arena = {0};
    if (!text_known(address)) {
        int status = ub_ctx_resolvconf(resolver->ctx, NULL);
        return !status ||
               error_set(err, ERROR_UNAVAILABLE,
                         "there is no resolver: /etc/resolv.conf cannot be read (%s); "
                         "name one with --resolver",
                         ub_strerror(status));
    }
    const char *name = text_string(&arena, address);
    return !ub_ctx_set_fwd(resolver->ctx, name) ||
           error_set(err, ERROR_USAGE,
                     "the resolver is no address; give 192.0.2.53 or 192.0.2.53@5300");
}

static bool set_anchor(struct resolver *resolver, struct text file, struct error *err)
{
    ARENA_AUTO arena = {0};
    const char *path = text_known(file) ? text_string(&arena, file) : NULL;
    if (path && access(path, R_OK) != 0)
        return error_set(err, ERROR_USAGE, "the trust anchor cannot be read: %s",
                         strerror(errno));
    for (size_t i = 0; !path && i < sizeof root_keys / sizeof *root_keys; i++)
        if (access(root_keys[i], R_OK) == 0)
            path = root_keys[i];
    if (!path)
        return true;
    resolver->validates = true;
    int status = ub_ctx_add_ta_file(resolver->ctx, path);
    return !status || error_set(err, ERROR_USAGE, "the trust anchor cannot be used: %s",
                                ub_strerror(status));
}

static bool set_up(struct resolver *resolver, const struct observe_options *options,
                   bool validates, struct error *err)
{
    if (!resolver->ctx)
        return error_set(err, ERROR_BUG, "libunbound does not start");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (ub_ctx_set_option(resolver->ctx, settings[i].option, settings[i].value))
            return error_set(err, ERROR_BUG, "libunbound does not know %s", settings[i].option);
    ub_ctx_debugout(resolver->ctx, NULL);
    ub_ctx_async(resolver->ctx, 1); /* a thread, no process */
    if (!set_resolver(resolver, options->resolver, err) ||
        (validates && !set_anchor(resolver, options->trust_anchor, err)))
        return false;
    /* libunbound answers for test. itself (RFC 6761). This makes it ask, and must come last: it also
     * makes the settings final, and so is where a trust anchor that is none shows. */
    int status = ub_ctx_zone_add(resolver->ctx, "test.", "transparent");
    return !status || error_set(err, ERROR_USAGE,
                                "the resolver does not start: %s; is the trust anchor a file "
                                "of DS or DNSKEY records?",
                                ub_strerror(status));
}

static struct resolver *open_one(const struct observe_options *options, bool validates,
                                 struct error *err)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver)
        memory_exhausted();
    resolver->waiting.last = &resolver->waiting.first;
    resolver->pausing.last = &resolver->pausing.first;
    resolver->patience = (int64_t)options->dns_seconds * 1000;
    resolver->ctx = ub_ctx_create();
    if (set_up(resolver, options, validates, err))
        return resolver;
    resolver_close(resolver);
    return NULL;
}

static void note_status(void *context, const struct resolved *resolved)
{
    enum lookup_status *status = context;
    *status = resolved->status;
}

/* Whether not even the root's key comes with its signature: then the resolver leaves signatures out,
 * and nothing it says of any domain could be validated. */
static bool strips_signatures(struct resolver *resolver)
{
    enum lookup_status status = LOOKUP_UNKNOWN;
    struct pollfd polled = {.fd = resolver_fd(resolver), .events = POLLIN};
    resolver_ask(resolver, TEXT("."), DNS_DNSKEY, note_status, &status);
    while (resolver_step(resolver, NULL) && status == LOOKUP_UNKNOWN)
        poll(&polled, 1, resolver_wait(resolver));
    return status == LOOKUP_BOGUS;
}

struct resolver *resolver_open(const struct observe_options *options, struct error *err)
{
    struct resolver *resolver = open_one(options, true, err);
    if (!resolver || !resolver->validates || text_known(options->trust_anchor) ||
        !strips_signatures(resolver))
        return resolver;
    resolver_close(resolver);
    return open_one(options, false, err);
}

void resolver_close(struct resolver *resolver)
{
    if (!resolver)
        return;
    for (size_t i = 0; i < resolver->count; i++) {
        ub_cancel(resolver->ctx, resolver->in_flight[i]->id);
        free(resolver->in_flight[i]->name);
        free(resolver->in_flight[i]);
    }
    list_free(&resolver->waiting);
    list_free(&resolver->pausing);
    if (resolver->ctx)
        ub_ctx_delete(resolver->ctx);
    free(resolver);
}

/* ---- answers ---- */

static void leave_slot(struct request *request)
{
    struct resolver *resolver = request->resolver;
    struct request *last = resolver->in_flight[--resolver->count];
    resolver->in_flight[request->slot] = last;
    last->slot = request->slot;
}

static bool is_silent(const struct resolver *resolver)
{
    return resolver->unanswered >= SILENT_AFTER;
}

/* Hands the result to whoever asked. */
static void finish(struct request *request, const struct resolved *resolved)
{
    struct resolver *resolver = request->resolver;
    if (resolved->status != LOOKUP_SERVFAIL && resolved->status != LOOKUP_TIMEOUT)
        resolver->unanswered = 0;
    else if (!is_silent(resolver))
        resolver->unanswered++;
    request->done(request->context, resolved);
    free(request->name);
    free(request);
}

static void finish_failed(struct request *request, enum lookup_status status)
{
    struct resolved resolved = {.status = status, .dnssec = DNSSEC_INDETERMINATE};
    finish(request, &resolved);
}

static bool retries(struct request *request)
{
    int64_t at = time_milliseconds() + RETRY_PAUSE;
    if (request->again_at || is_silent(request->resolver) ||
        at + RETRY_TIME_MIN > request->deadline)
        return false;
    request->again_at = at;
    list_add(&request->resolver->pausing, request);
    return true;
}

static enum dnssec dnssec_of(const struct resolver *resolver, const struct ub_result *result)
{
    if (result->bogus)
        return DNSSEC_BOGUS;
    if (!resolver->validates)
        return DNSSEC_INDETERMINATE;
    return result->secure ? DNSSEC_SECURE : DNSSEC_INSECURE;
}

static bool has_type(const struct dns_answer *answer, uint16_t type)
{
    for (size_t i = 0; i < answer->records.count; i++)
        if (answer->records.at[i].type == type)
            return true;
    return false;
}

/* A bogus answer carries its data all the same, so that comes first. */
static enum lookup_status read_result(const struct ub_result *result, uint16_t type,
                                      struct arena *arena, struct dns_answer *answer)
{
    if (result->bogus)
        return LOOKUP_BOGUS;
    if (result->rcode != DNS_NOERROR && result->rcode != DNS_NXDOMAIN)
        return LOOKUP_SERVFAIL;
    struct text packet = {result->answer_packet,
                          result->answer_len > 0 ? (size_t)result->answer_len : 0};
    if (!packet.at || !dns_answer_read(packet, arena, answer))
        return LOOKUP_SERVFAIL;
    if (result->rcode == DNS_NXDOMAIN)
        return LOOKUP_NXDOMAIN;
    return has_type(answer, type) ? LOOKUP_OK : LOOKUP_NODATA;
}

static void answered(void *context, int failure, struct ub_result *result)
{
    ARENA_AUTO arena = {0};
    struct request *request = context;
    struct resolved resolved = {.status = LOOKUP_SERVFAIL, .dnssec = DNSSEC_INDETERMINATE};
    leave_slot(request);
    if (!failure && result) {
        resolved.status = read_result(result, request->type, &arena, &resolved.answer);
        if (resolved.status != LOOKUP_SERVFAIL)
            resolved.dnssec = dnssec_of(request->resolver, result);
        if (resolved.status == LOOKUP_BOGUS || resolved.status == LOOKUP_SERVFAIL)
            resolved.answer = (struct dns_answer){0};
    }
    ub_resolve_free(result);
    if (resolved.status != LOOKUP_SERVFAIL || !retries(request))
        finish(request, &resolved);
}

/* ---- questions ---- */

void resolver_ask(struct resolver *resolver, struct text name, uint16_t type,
                  resolver_done *done, void *context)
{
    struct request *request = calloc(1, sizeof *request);
    char *copy = strndup(name.at, name.length);
    if (!request || !copy)
        memory_exhausted();
    *request = (struct request){
        .resolver = resolver, .name = copy, .type = type, .done = done, .context = context};
    list_add(&resolver->waiting, request);
}

/* Puts it in flight. */
static void start(struct request *request)
{
    struct resolver *resolver = request->resolver;
    if (!request->deadline)
        request->deadline =
            time_milliseconds() + (is_silent(resolver) ? SILENT_PATIENCE : resolver->patience);
    request->slot = resolver->count;
    resolver->in_flight[resolver->count++] = request;
    if (ub_resolve_async(resolver->ctx, request->name, request->type, DNS_CLASS_IN, request,
                         answered, &request->id)) {
        leave_slot(request);
        finish_failed(request, LOOKUP_SERVFAIL);
    }
}

static void start_what_has_room(struct resolver *resolver)
{
    int64_t now = time_milliseconds();
    while (resolver->count < IN_FLIGHT_MAX && resolver->pausing.first &&
           resolver->pausing.first->again_at <= now)
        start(list_take(&resolver->pausing));
    while (resolver->count < IN_FLIGHT_MAX && resolver->waiting.first)
        start(list_take(&resolver->waiting));
}

static void give_up_what_is_late(struct resolver *resolver)
{
    int64_t now = time_milliseconds();
    for (size_t i = resolver->count; i-- > 0;) {
        struct request *request = resolver->in_flight[i];
        if (request->deadline > now)
            continue;
        ub_cancel(resolver->ctx, request->id);
        leave_slot(request);
        finish_failed(request, LOOKUP_TIMEOUT);
    }
}

int resolver_fd(const struct resolver *resolver)
{
    return ub_fd(resolver->ctx);
}

int resolver_wait(const struct resolver *resolver)
{
    int64_t next = INT64_MAX;
    if (resolver->waiting.first && resolver->count < IN_FLIGHT_MAX)
        return 0;
    for (size_t i = 0; i < resolver->count; i++)
        if (resolver->in_flight[i]->deadline < next)
            next = resolver->in_flight[i]->deadline;
    if (resolver->pausing.first && resolver->pausing.first->again_at < next)
        next = resolver->pausing.first->again_at;
    if (next == INT64_MAX)
        return -1;
    int64_t left = next - time_milliseconds();
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

bool resolver_step(struct resolver *resolver, struct error *err)
{
    start_what_has_room(resolver);
    int status = ub_process(resolver->ctx);
    if (status)
        return error_set(err, ERROR_BUG, "the resolver stopped: %s", ub_strerror(status));
    give_up_what_is_late(resolver);
    start_what_has_room(resolver);
    return true;
}
