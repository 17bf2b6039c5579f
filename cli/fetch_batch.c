#include "cli/fetch_batch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/vector.h"
#include "cli/ingest.h"
#include "mailbox/crash_point.h"

enum { ROUND_MAILS = 5000 };

/* The sink of a fetch: that of an ingest, and the state of the mailbox with it. */
struct batch_sink {
    struct fetch_mailbox *box;
    struct ingest_sink_store target;
    size_t batches; /* that are stored in this round */
    size_t count;   /* mails in them */
    size_t taken;
    unsigned char *lots; /* of each mail that was taken: a lot, or LOT_COUNT */
};

/* A mail whose bytes are asked for. */
struct watched_mail {
    const struct ingest_mail *mail;
    bool *unreadable; /* set where they could not be had */
};

static bool read_bytes(const struct ingest_mail *mail, struct buffer *bytes, uint64_t *size,
                       uint8_t digest[SHA256_SIZE], struct error *err)
{
    const struct watched_mail *watched = mail->origin;
    bool read = watched->mail->bytes(watched->mail, bytes, size, digest, err);
    *watched->unreadable = *watched->unreadable || !read;
    return read;
}

static bool is_wanted(const struct fetch_mailbox *box, enum fetch_lot lot)
{
    const struct config_after *after =
        lot == LOT_AFTER ? &box->config->after : &box->config->after_failed;
    return after->kind != MAIL_LEAVE;
}

/* The mailbox has to be in the database before what is owed to its mails. */
static bool put_state(struct batch_sink *sink, struct error *err)
{
    struct fetch_mailbox *box = sink->box;
    if (box->state.uidvalidity != box->uidvalidity)
        box->state.last_uid = 0;
    box->state.uidvalidity = box->uidvalidity;
    return store_mailbox_put(sink->target.store, &box->key, &box->state, sink->target.now, err);
}

static bool note_lot(struct batch_sink *sink, uint32_t uid, enum fetch_lot lot,
                     struct error *err)
{
    struct fetch_mailbox *box = sink->box;
    static const enum mailbox_todo todos[] = {
        [LOT_AFTER] = TODO_AFTER, [LOT_AFTER_FAILED] = TODO_AFTER_FAILED};
    bool owed = lot < LOT_COUNT && is_wanted(box, lot);
    sink->lots[sink->taken++] = owed ? lot : LOT_COUNT;
    if (!owed)
        return uid > box->state.last_uid ||
               store_mailbox_settle(sink->target.store, box->state.id, uid, uid, err);
    return store_mailbox_owe(sink->target.store, box->state.id, uid, todos[lot], err);
}

/* It is fetched again at the next call. */
static bool note_again(struct batch_sink *sink, uint32_t uid, struct error *err)
{
    sink->lots[sink->taken++] = LOT_COUNT;
    return store_mailbox_owe(sink->target.store, sink->box->state.id, uid, TODO_AGAIN, err);
}

static bool take(void *context, const struct ingest_mail *mail, const struct reading *reading,
                 struct ingest_counts *counts, bool *kept, struct error *err)
{
    struct batch_sink *sink = context;
    struct ingest_sink inner = ingest_sink_store(&sink->target);
    struct ingest_mail own = *mail;
    bool first = !sink->target.in_transaction, unreadable = false;
    struct watched_mail watched = {mail, &unreadable};
    own.bytes = read_bytes;
    own.origin = &watched;
    if (!inner.take(inner.context, &own, reading, counts, kept, err))
        return false;
    if (unreadable)
        return error_set(err, ERROR_IO, "a fetched mail cannot be read any more");
    if (first && !put_state(sink, err))
        return false;
    const struct fetched_mail *fetched = &sink->box->mails.at[sink->taken];
    if (sink->target.waits)
        return note_again(sink, fetched->uid, err);
    enum fetch_lot lot = !*kept || fetched->whole   ? LOT_COUNT
                         : sink->target.quarantined ? LOT_AFTER_FAILED
                                                    : LOT_AFTER;
    return note_lot(sink, fetched->uid, lot, err);
}

static bool settle_uids(struct batch_sink *sink, struct error *err)
{
    struct fetch_mailbox *box = sink->box;
    struct store *store = sink->target.store;
    for (size_t i = 0; i < box->lost.count; i++)
        if (!store_mailbox_owe(store, box->state.id, box->lost.at[i], TODO_AGAIN, err))
            return false;
    for (size_t i = 0; i < box->gone.count; i++)
        if (!store_mailbox_settle(store, box->state.id, box->gone.at[i], box->gone.at[i], err))
            return false;
    for (size_t i = 0; i < box->did.count; i++)
        if (!store_mailbox_settle(store, box->state.id, box->did.at[i].first,
                                  box->did.at[i].last, err))
            return false;
    return true;
}

/* The uid up to which all is on disk once this is committed. */
static uint32_t reached(const struct batch_sink *sink)
{
    const struct fetch_mailbox *box = sink->box;
    uint32_t uid = box->state.last_uid;
    bool all = sink->taken == sink->count && sink->batches;
    uint32_t told = all           ? box->batches.at[sink->batches - 1].last_uid
                    : sink->taken ? box->mails.at[sink->taken - 1].uid
                                  : 0;
    return told > uid ? told : uid;
}

static bool commit(void *context, struct error *err)
{
    struct batch_sink *sink = context;
    struct fetch_mailbox *box = sink->box;
    struct ingest_sink inner = ingest_sink_store(&sink->target);
    if (!sink->target.in_transaction) {
        if (!store_begin(sink->target.store, err))
            return false;
        sink->target.in_transaction = true;
        if (!put_state(sink, err))
            return false;
    }
    box->state.last_uid = reached(sink);
    if (!settle_uids(sink, err) || !put_state(sink, err))
        return false;
    crash_point("before-commit");
    if (!inner.commit(inner.context, err))
        return false;
    crash_point("after-commit");
    return true;
}

/* ---- a round ---- */

bool fetch_batch_waits(const struct fetch_mailbox *box)
{
    return box->batches.count || box->did.count;
}

static struct ingest_piece *pieces_of(const struct fetch_mailbox *box, struct arena *arena,
                                      size_t count)
{
    struct ingest_piece *pieces = arena_array(arena, count, sizeof *pieces);
    for (size_t i = 0; i < count; i++) {
        const struct fetched_mail *mail = &box->mails.at[i];
        pieces[i] = (struct ingest_piece){
            .path = text_format(arena, "%s/%" PRIu64, box->spool.path, mail->file).at,
            .offset = mail->offset,
            .length = mail->length,
            .whole = mail->whole,
            .source =
                text_format(arena, "imap://%.*s/%.*s;UID=%" PRIu32, TEXT_ARGS(box->key.host),
                            TEXT_ARGS(box->key.folder), mail->uid),
        };
    }
    return pieces;
}

static void acknowledge(struct fetch_mailbox *box, const struct batch_sink *sink,
                        struct arena *arena)
{
    struct fetch_done *done = arena_array(arena, sink->batches, sizeof *done);
    size_t next = 0;
    for (size_t i = 0; i < sink->batches; i++)
        for (; next < box->batches.at[i].end; next++)
            if (sink->lots[next] < LOT_COUNT)
                uid_set_add(arena, &done[i].lots[sink->lots[next]], box->mails.at[next].uid);
    fetch_mailbox_acknowledge(box, done, sink->batches);
}

/* What is told of other batches stays. */
static void forget(struct fetch_mailbox *box, const struct batch_sink *sink)
{
    struct fetched_mails mails = {0};
    struct fetched_batches batches = {0};
    struct arena arena = {0};
    for (size_t i = sink->count; i < box->mails.count; i++)
        VECTOR_ADD(&arena, &mails, box->mails.at[i]);
    for (size_t i = sink->batches; i < box->batches.count; i++) {
        struct fetched_batch batch = box->batches.at[i];
        batch.end -= sink->count;
        VECTOR_ADD(&arena, &batches, batch);
    }
    arena_free(&box->arena);
    box->arena = arena;
    box->mails = mails;
    box->batches = batches;
    box->lost = box->gone = (struct fetched_uids){0};
    box->did = (struct uid_set){0};
}

/* So much at a time that memory does not grow with the mailbox. */
static void choose_batches(struct batch_sink *sink)
{
    const struct fetched_batches *batches = &sink->box->batches;
    while (sink->batches < batches->count &&
           (!sink->batches || batches->at[sink->batches].end <= ROUND_MAILS))
        sink->count = batches->at[sink->batches++].end;
}

bool fetch_batch_store(struct fetch_mailbox *box, struct store *store,
                       struct ingest_counts *counts, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct mailbox_state before = box->state;
    struct batch_sink sink = {.box = box, .target = ingest_sink_target(box->inv, store)};
    struct ingest_sink outer = {.context = &sink, .take = take, .commit = commit};
    struct ingest_options options = {.reader = ingest_reader_options(box->inv)};
    if (options.reader.limits.mail_size > box->config->max_size)
        options.reader.limits.mail_size = (size_t)box->config->max_size;
    choose_batches(&sink);
    sink.lots = arena_array(&arena, sink.count, sizeof *sink.lots);
    struct ingest_piece *pieces = pieces_of(box, &arena, sink.count);
    bool stored = sink.count ? ingest_pieces(pieces, sink.count, box->spool.path, &options,
                                             &outer, counts, err)
                             : commit(&sink, err);
    ingest_sink_store_end(&sink.target);
    if (!stored) {
        if (sink.target.in_transaction)
            store_rollback(store);
        box->state = before;
        return false;
    }
    acknowledge(box, &sink, &arena);
    forget(box, &sink);
    return true;
}
