#include "cli/ingest_sink.h"

#include <string.h>

static bool seen(void *context, struct text directory, struct text name, bool *kept)
{
    struct ingest_sink_store *target = context;
    if (!target->seen_files || !text_equal(directory, target->seen_directory)) {
        arena_reset(&target->seen_arena);
        target->seen_directory = text_copy(&target->seen_arena, directory);
        target->seen_files = store_seen_files(target->store, directory, &target->seen_arena);
    }
    return seen_files_have(target->seen_files, name, kept);
}

static bool take_reports(struct ingest_sink_store *target, const struct ingest_mail *mail,
                         const struct reading *reading, struct ingest_counts *counts,
                         struct error *err)
{
    static const enum outcome outcomes[] = {
        [STORE_STORED] = OUTCOME_STORED,
        [STORE_DUPLICATE] = OUTCOME_DUPLICATE,
        [STORE_SUPERSEDED] = OUTCOME_SUPERSEDED,
    };
    for (size_t i = 0; i < reading->report_count; i++) {
        enum store_outcome outcome;
        if (!store_put_report(target->store, reading->reports[i], mail->source, target->now,
                              &outcome, err))
            return false;
        counts->outcomes[outcomes[outcome]]++;
    }
    return true;
}

/* A mail that cannot be read again is left for the next run: *GONE. */
static bool take_fault(struct ingest_sink_store *target, const struct ingest_mail *mail,
                       const struct reading *reading, struct ingest_counts *counts, bool *whole,
                       bool *gone, struct error *err)
{
    BUFFER_AUTO bytes = {0};
    struct error unread;
    struct quarantined entry = {.received_at = reading->received_at,
                                .quarantined_at = target->now,
                                .reason = reading->fault,
                                .source = mail->source};
    *gone = !mail->bytes(mail, &bytes, &entry.size, entry.sha256, &unread);
    if (*gone)
        return true;
    entry.bytes = buffer_text(&bytes);
    entry.whole = bytes.length == entry.size;
    bool known;
    if (!store_put_quarantined(target->store, &entry, target->quarantine_max, &known, whole,
                               err))
        return false;
    counts->outcomes[known ? OUTCOME_DUPLICATE : OUTCOME_QUARANTINED]++;
    return true;
}

static bool take(void *context, const struct ingest_mail *mail, const struct reading *reading,
                 struct ingest_counts *counts, bool *kept, struct error *err)
{
    struct ingest_sink_store *target = context;
    bool whole = true, gone = false;
    if (!target->in_transaction && !store_begin(target->store, err))
        return false;
    target->in_transaction = true;
    if (!take_reports(target, mail, reading, counts, err))
        return false;
    if (text_known(reading->fault) &&
        !take_fault(target, mail, reading, counts, &whole, &gone, err))
        return false;
    bool is_report = reading->report_count || text_known(reading->fault);
    if (!is_report)
        counts->outcomes[OUTCOME_IGNORED]++;
    *kept = is_report && whole && !gone;
    if (gone || !text_known(mail->directory))
        return true;
    return store_add_seen(target->store, mail->directory, mail->name, *kept, target->now, err);
}

static bool commit(void *context, struct error *err)
{
    struct ingest_sink_store *target = context;
    if (!target->in_transaction)
        return true;
    target->in_transaction = false;
    return store_commit(target->store, err);
}

struct ingest_sink ingest_sink_store(struct ingest_sink_store *target)
{
    return (struct ingest_sink){
        .context = target, .seen = seen, .take = take, .commit = commit};
}

void ingest_sink_store_end(struct ingest_sink_store *target)
{
    arena_free(&target->seen_arena);
}
