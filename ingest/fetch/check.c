#include "fetch/check.h"

#include <inttypes.h>

#include "fetch/after.h"
#include "fetch/folders.h"
#include "fetch/listing.h"

enum { FOLDERS_SHOWN = 200 };

struct news {
    uint64_t mails, bytes, too_large;
};

static bool fact(struct session *session, struct error *err, const char *name,
                 struct text value)
{
    return talk_text(session->talk, EVENT_FACT, err, "%s: %.*s", name, TEXT_ARGS(value));
}

static bool tell_server(struct session *session, struct error *err)
{
    static const char *const ways[] = {[AUTH_PASSWORD] = "password",
                                       [AUTH_XOAUTH2] = "xoauth2",
                                       [AUTH_OAUTHBEARER] = "oauthbearer"};
    BUFFER_AUTO folders = {0};
    ARENA_AUTO arena = {0};
    const struct fetch_job *job = session->job;
    struct text server =
        text_format(&arena, "%.*s port %u, %s", TEXT_ARGS(job->host), (unsigned)job->port,
                    job->tls == TLS_IMPLICIT ? "TLS from the first byte" : "TLS by STARTTLS");
    struct text login =
        text_format(&arena, "%.*s is let in (%s)", TEXT_ARGS(job->user), ways[job->auth]);
    return fact(session, err, "Server", server) &&
           fact(session, err, "Certificate",
                connection_certificate(session->connection, &arena)) &&
           fact(session, err, "Login", login) &&
           fact(session, err, "Capabilities", buffer_text(&session->capability_words)) &&
           folders_list(session, FOLDERS_SHOWN, &folders, err) &&
           fact(session, err, "Folders", buffer_text(&folders));
}

static bool count_news(struct session *session, uint32_t last, struct news *news,
                       struct error *err)
{
    ARENA_AUTO arena = {0};
    struct listing listing;
    struct wanted_list list;
    if (!listing_start(session, last, &listing, err))
        return false;
    while (listing.next <= listing.end) {
        if (!listing_next(session, &listing, &arena, &list, err))
            return false;
        for (size_t i = 0; i < list.count; i++) {
            news->mails++;
            news->bytes += list.at[i].size;
            news->too_large += list.at[i].size > session->job->max_size;
        }
        arena_reset(&arena);
    }
    return true;
}

static bool tell_news(struct session *session, const struct news *news, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct text text = text_format(&arena, "%" PRIu64 " mail%s, %" PRIu64 " bytes", news->mails,
                                   news->mails == 1 ? "" : "s", news->bytes);
    if (news->too_large)
        text = text_format(
            &arena, "%.*s; of %" PRIu64 " only the first MiB, as %s larger than max-size",
            TEXT_ARGS(text), news->too_large, news->too_large == 1 ? "it is" : "they are");
    return fact(session, err, "Would fetch", text);
}

static bool tell_after(struct session *session, const char *name, enum fetch_lot lot,
                       struct error *err)
{
    static const char *const words[] = {[MAIL_LEAVE] = "left as they are",
                                        [MAIL_SEEN] = "marked as seen",
                                        [MAIL_MOVE] = "moved to",
                                        [MAIL_DELETE] = "deleted"};
    ARENA_AUTO arena = {0};
    const struct fetch_job *job = session->job;
    uint64_t kind = lot == LOT_AFTER ? job->after : job->after_failed;
    struct text folder = lot == LOT_AFTER ? job->after_folder : job->after_failed_folder;
    struct text text = text_of(words[kind]);
    if (kind == MAIL_MOVE)
        text = text_format(&arena, "%s \"%.*s\"", words[kind], TEXT_ARGS(folder));
    return fact(session, err, name, text);
}

bool check_mailbox(struct session *session, bool everything, struct error *err)
{
    ARENA_AUTO arena = {0};
    const struct fetch_job *job = session->job;
    struct news news = {0};
    if (everything && !tell_server(session, err))
        return false;
    if (!session_select(session, false, err))
        return false;
    bool same = session->uidvalidity == job->uidvalidity;
    uint32_t last = same ? (uint32_t)job->last_uid : 0;
    struct text folder = text_format(
        &arena,
        "%.*s has %" PRIu32 " mail%s; uidvalidity %" PRIu32 "; fetched so far: %s%" PRIu32,
        TEXT_ARGS(job->folder), session->exists, session->exists == 1 ? "" : "s",
        session->uidvalidity, last ? "up to uid " : "none, uid ", last);
    return fact(session, err, "Folder", folder) && count_news(session, last, &news, err) &&
           tell_news(session, &news, err) &&
           tell_after(session, "Reports would be", LOT_AFTER, err) &&
           tell_after(session, "Quarantined would be", LOT_AFTER_FAILED, err);
}
