/* Waits for mail in Maildirs, and for the signals that end the waiting. The kernel's notices
 * (inotify) only say when to look, never at what: they can be lost, they end where a folder is
 * renamed, and they know nothing of what another machine does to a network file system. So a look is
 * due at intervals too, and each look has to be at everything. */
#ifndef INGEST_WATCH_H
#define INGEST_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Why it is time to look. */
enum watch_reason {
    WATCH_START = 0, /* the first look; watch_wait() never says so */
    WATCH_MAIL,      /* something came into a Maildir, or a folder of one came or went */
    WATCH_LOST,      /* there were more notices than the kernel keeps */
    WATCH_FOUND,     /* a folder that was missing is there */
    WATCH_TIME,      /* nothing was told for a while */
    WATCH_STOP,      /* not to look: the process has been told to end */
};

struct watch;

/* Gets ready to watch new/ and cur/ of MAILDIRS, paths that are looked up anew at each
 * watch_renew(). From here on SIGTERM and SIGINT (unless ignored) do not end the process, nor the
 * processes that it starts, but watch_stopped() and watch_wait() tell of them. Null with
 * ERROR_TRY_AGAIN where the system gives no descriptor. */
struct watch *watch_new(const struct text_list *maildirs, struct error *err);
void watch_free(struct watch *watch);
void watch_free_p(struct watch **watch);
#define WATCH_AUTO __attribute__((cleanup(watch_free_p))) struct watch

/* To be called before each look: whatever comes after this, watch_wait() will tell of. */
void watch_renew(struct watch *watch);

/* Why the kernel gives no notices of some folder that is there, as of the last watch_renew(): a
 * sentence with what to do; null where it gives them all. Then only time tells. */
const char *watch_blind(const struct watch *watch);

/* Waits until it is time for another look: after REST at the earliest, after DUE at the latest, both
 * in milliseconds from now. Mails that come close together are waited for and told of once. */
enum watch_reason watch_wait(struct watch *watch, int64_t rest, int64_t due);

/* Whether the process has been told to end. */
bool watch_stopped(const struct watch *watch);

#endif
