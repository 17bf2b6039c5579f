#include "ingest/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/time.h"

enum {
    SETTLE = 200,         /* milliseconds for mails that come close together */
    MISSING_EVERY = 1000, /* milliseconds between looks for a folder that is missing */
};

/* What can be watched of a Maildir: itself, for the coming and going of the other two. */
static const struct part {
    const char *name;
    uint32_t events;
} parts[] = {
    {"", IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO},
    /* Mail comes by rename or by link; who writes in place ends with a close. */
    {"/new", IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE},
    {"/cur", IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE},
};
enum { PARTS = sizeof parts / sizeof *parts, MAILDIR_ITSELF = 0 };

struct folder {
    const char *path;
    int notice;   /* inotify's number of the folder that was at PATH last, or -1 */
    bool missing; /* nothing at PATH can be watched */
};

struct watch {
    struct arena arena;
    struct folder *folders; /* PARTS of each Maildir */
    size_t count;
    int stop;     /* readable once the process has been told to end */
    int notices;  /* inotify, or -1 */
    bool missing; /* some folder is */
    int blind;    /* the errno for which a folder that is there is not watched, or 0 */
};

/* ---- the signals ---- */

static int watch_signals(void)
{
    static const int wanted[] = {SIGTERM, SIGINT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct sigaction action;
        /* One that is ignored (a shell's background job) stays so; a blocked one would come. */
        if (sigaction(wanted[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, wanted[i]);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

bool watch_stopped(const struct watch *watch)
{
    struct pollfd stop = {.fd = watch->stop, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

/* ---- the folders ---- */

static const char *part_path(struct arena *arena, struct text maildir, const char *part)
{
    return text_format(arena, "%.*s%s", TEXT_ARGS(maildir), part).at;
}

struct watch *watch_new(const struct text_list *maildirs, struct error *err)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        memory_exhausted();
    watch->notices = -1;
    watch->count = maildirs->count * PARTS;
    watch->folders = arena_array(&watch->arena, watch->count, sizeof *watch->folders);
    for (size_t i = 0; i < watch->count; i++)
        watch->folders[i] = (struct folder){
            part_path(&watch->arena, maildirs->at[i / PARTS], parts[i % PARTS].name),
            .notice = -1};
    watch->stop = watch_signals();
    if (watch->stop >= 0)
        return watch;
    error_set(err, ERROR_TRY_AGAIN, "cannot wait for signals: %s", strerror(errno));
    watch_free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    file_close(&watch->stop);
    file_close(&watch->notices);
    arena_free(&watch->arena);
    free(watch);
}

void watch_free_p(struct watch **watch)
{
    watch_free(*watch);
    *watch = NULL;
}

static bool is_there(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode) && access(path, R_OK) == 0;
}

/* Asks for notices of what lies at each path now. False where that is another folder than before:
 * the notices of the one that was there must end. */
static bool ask(struct watch *watch)
{
    bool same = true;
    watch->missing = false;
    watch->blind = 0;
    for (size_t i = 0; i < watch->count; i++) {
        struct folder *folder = &watch->folders[i];
        int notice = inotify_add_watch(watch->notices, folder->path,
                                       parts[i % PARTS].events | IN_DELETE_SELF | IN_MOVE_SELF |
                                           IN_ONLYDIR);
        int failure = notice < 0 ? errno : 0;
        bool refused = failure == ENOSPC || failure == ENOMEM;
        if (refused)
            watch->blind = failure;
        folder->missing = failure && !refused;
        watch->missing = watch->missing || folder->missing;
        same = same && (folder->notice < 0 || folder->notice == notice);
        folder->notice = notice;
    }
    return same;
}

static void start_notices(struct watch *watch)
{
    file_close(&watch->notices);
    watch->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->blind = watch->notices < 0 ? errno : 0;
    for (size_t i = 0; i < watch->count; i++)
        watch->folders[i].notice = -1;
}

static bool any_missing_found(const struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->folders[i].missing && is_there(watch->folders[i].path))
            return true;
    return false;
}

/* ---- the notices ---- */

/* What EVENT is about: WATCH_MAIL, WATCH_LOST, or WATCH_TIME for nothing that matters. */
static enum watch_reason weigh(const struct watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return WATCH_LOST;
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED))
        return WATCH_MAIL;
    const char *name = event->len ? event->name : "";
    for (size_t i = MAILDIR_ITSELF; i < watch->count; i += PARTS)
        /* IMAP servers keep files of their own beside new/ and cur/. */
        if (watch->folders[i].notice == event->wd)
            return strcmp(name, "new") == 0 || strcmp(name, "cur") == 0 ? WATCH_MAIL
                                                                        : WATCH_TIME;
    return name[0] == '.' ? WATCH_TIME : WATCH_MAIL;
}

/* Takes all notices there are and returns the weightiest. */
static enum watch_reason take_notices(struct watch *watch)
{
    alignas(struct inotify_event) char bytes[16 * 1024];
    enum watch_reason reason = WATCH_TIME;
    ssize_t got;
    while (watch->notices >= 0 && (got = read(watch->notices, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(bytes + at);
            if (reason == WATCH_TIME || event->mask & IN_Q_OVERFLOW)
                reason = weigh(watch, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    return reason;
}

void watch_renew(struct watch *watch)
{
    if (watch->notices < 0)
        start_notices(watch);
    if (watch->notices >= 0 && !ask(watch)) {
        start_notices(watch);
        if (watch->notices >= 0)
            ask(watch);
    }
    /* What they tell of, the look that follows will see. */
    take_notices(watch);
}

const char *watch_blind(const struct watch *watch)
{
    if (!watch->blind)
        return NULL;
    if (watch->notices < 0)
        return "the system gives no notices of new mail (inotify): raise "
               "fs.inotify.max_user_instances";
    return "the system gives no more notices of new mail (inotify): raise "
           "fs.inotify.max_user_watches";
}

/* ---- the waiting ---- */

static int64_t less(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum watch_reason watch_wait(struct watch *watch, int64_t rest, int64_t due)
{
    int64_t now = time_milliseconds(), earliest = now + rest, next_search = now + MISSING_EVERY;
    enum watch_reason reason = WATCH_TIME;
    for (due += now;; now = time_milliseconds()) {
        bool search = watch->missing && reason == WATCH_TIME;
        if (now >= (reason == WATCH_TIME ? due : less(earliest, due)))
            return reason;
        if (search && now >= next_search) {
            next_search = now + MISSING_EVERY;
            reason = any_missing_found(watch) ? WATCH_FOUND : WATCH_TIME;
            continue;
        }
        int64_t until = reason != WATCH_TIME ? less(earliest, due)
                        : search             ? less(next_search, due)
                                             : due;
        struct pollfd polls[] = {
            {.fd = watch->stop, .events = POLLIN},
            {.fd = reason == WATCH_TIME ? watch->notices : -1, .events = POLLIN}};
        poll(polls, 2, (int)less(until - now, INT32_MAX));
        if (polls[0].revents)
            return WATCH_STOP;
        if (!polls[1].revents)
            continue;
        reason = take_notices(watch);
        int64_t settled = time_milliseconds() + SETTLE;
        if (reason != WATCH_TIME && earliest < settled)
            earliest = settled;
    }
}
