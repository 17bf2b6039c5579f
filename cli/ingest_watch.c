#include "cli/ingest_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "cli/ingest.h"
#include "cli/output.h"
#include "ingest/sources.h"
#include "ingest/watch.h"

enum {
    RESCAN_SECONDS = 60,
    AGAIN = 10 * 1000,     /* milliseconds until what may have passed is tried again */
    REST_MOST = 10 * 1000, /* milliseconds between rounds, however long they take */
};

struct watching {
    const struct invocation *inv;
    struct ingest_options options;
    struct watch *watch;
    enum watch_reason reason; /* for the round at hand */
    int64_t rescan;           /* milliseconds */
    /* What was complained of last: one that goes on is not told each round. */
    char trouble[sizeof(struct error)], blind[sizeof(struct error)];
};

/* ---- the call ---- */

static bool check_maildirs(const struct text_list *paths, struct error *err)
{
    struct stat about;
    if (!paths->count)
        return error_set(err, ERROR_USAGE, "--watch needs the Maildirs to watch");
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->at[i].at;
        if (stat(path, &about) != 0)
            return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
        if (!sources_is_maildir(path))
            return error_set(err, ERROR_USAGE,
                             "%s: is no Maildir, which has new/ and cur/: --watch takes "
                             "nothing else",
                             path);
    }
    return true;
}

static bool read_rescan(const struct invocation *inv, int64_t *milliseconds, struct error *err)
{
    struct text text = invocation_option(inv, "rescan");
    int64_t seconds = RESCAN_SECONDS;
    if (text_known(text) &&
        (!time_span_parse(text, 1, &seconds) || seconds < 1 || seconds > TIME_DAY))
        return error_set(err, ERROR_USAGE,
                         "--rescan cannot be \"%.*s\": it is a time from 1s to 1d",
                         TEXT_ARGS(text_first(text, 60)));
    *milliseconds = seconds * 1000;
    return true;
}

/* ---- a round ---- */

static bool stopped(void *context)
{
    return watch_stopped(context);
}

static const char *reason_text(enum watch_reason reason)
{
    static const char *const texts[] = {
        [WATCH_START] = "at the start",
        [WATCH_MAIL] = "something came",
        [WATCH_LOST] = "the kernel has lost notices",
        [WATCH_FOUND] = "a folder is there again",
        [WATCH_TIME] = "it was time to look",
        [WATCH_STOP] = "at the end",
    };
    return texts[reason];
}

/* What changed of a lasting trouble is said; TEXT null: it is over. */
static void complain(char *said, const char *text, const char *more)
{
    if (text && strcmp(said, text) != 0)
        output_message("%s%s", text, more);
    snprintf(said, sizeof(struct error), "%s", text ? text : "");
}

static bool tell(const struct watching *watching, const struct ingest_counts *counts,
                 int64_t took, struct error *err)
{
    const struct invocation *inv = watching->inv;
    if (inv->verbose && !inv->quiet)
        output_message("looked at %zu %s (%s) in %" PRId64 " ms", inv->arguments.count,
                       inv->arguments.count == 1 ? "Maildir" : "Maildirs",
                       reason_text(watching->reason), took);
    if (!counts->messages)
        return true;
    if (!inv->quiet)
        ingest_say_counts(counts);
    if (!invocation_is(inv, "format", "json"))
        return true;
    ingest_print_counts(inv, counts);
    return output_finish(err);
}

/* False where the run has to end; *AGAIN_SOON where the round is to be repeated before long. */
static bool one_round(struct watching *watching, bool *again_soon, int64_t *took,
                      struct error *err)
{
    /* What a round needs goes with it, or the memory of months would add up. */
    ARENA_AUTO arena = {0};
    struct invocation inv = *watching->inv;
    inv.arena = &arena;
    if (!invocation_has(&inv, "now"))
        inv.now = time_now();
    struct ingest_counts counts = {0};
    int64_t start = time_milliseconds();
    struct error why;
    bool opened;
    watch_renew(watching->watch);
    complain(watching->blind, watch_blind(watching->watch), "; until then only --rescan helps");
    bool good = ingest_arguments(&inv, &watching->options, &counts, &opened, &why);
    *took = time_milliseconds() - start;
    *again_soon = !good && why.code == ERROR_TRY_AGAIN;
    if (!good && !*again_soon && (!opened || why.code != ERROR_IO)) {
        *err = why;
        return false;
    }
    complain(watching->trouble, good ? NULL : why.text, "; it is tried again");
    return tell(watching, &counts, *took, err);
}

bool ingest_watch(struct invocation *inv, const struct ingest_options *options,
                  struct error *err)
{
    struct watching watching = {.inv = inv, .options = *options};
    if (!check_maildirs(&inv->arguments, err) || !read_rescan(inv, &watching.rescan, err))
        return false;
    WATCH_AUTO *watch = watch_new(&inv->arguments, err);
    if (!watch)
        return false;
    watching.watch = watch;
    watching.options.only_maildirs = true;
    watching.options.stop = stopped;
    watching.options.stop_context = watch;
    while (watching.reason != WATCH_STOP) {
        bool again_soon;
        int64_t took;
        if (!one_round(&watching, &again_soon, &took, err))
            return false;
        if (watching.reason == WATCH_START && !inv->quiet && !watch_stopped(watch))
            output_message("watching %zu %s", inv->arguments.count,
                           inv->arguments.count == 1 ? "Maildir" : "Maildirs");
        int64_t due = again_soon && watching.rescan > AGAIN ? AGAIN : watching.rescan;
        watching.reason = watch_wait(watch, took < REST_MOST ? took : REST_MOST, due);
    }
    return true;
}
