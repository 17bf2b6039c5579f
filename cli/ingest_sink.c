#include "cli/ingest_sink.h"

#include <string.h>

#include "base/buffer.h"

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

/* ---- one mail ---- */

/* What was found out about a mail while it is taken. */
struct taking {
    uint64_t not_ours, over_quota; /* reports */
    bool whole;                    /* all bytes of a mail that had to be quarantined are kept */
    bool gone; /* they could not be read again: the mail is left for the next run */
};

/* Its day of arrival. Of a mail that waits in a mailbox the topmost Received tells it, which the
 * mailbox's own server wrote; a day to come is today. */
static int64_t arrived_at(const struct ingest_sink_store *target, const struct reading *reading)
{
    if (target->arrives_now || reading->received_at == TIME_UNKNOWN ||
        reading->received_at > target->now)
        return target->now;
    return reading->received_at;
}

static bool take_reports(struct ingest_sink_store *target, const struct ingest_mail *mail,
                         const struct reading *reading, struct ingest_counts *counts,
                         struct taking *taking, struct error *err)
{
    static const enum outcome outcomes[] = {
        [STORE_STORED] = OUTCOME_STORED,
        [STORE_DUPLICATE] = OUTCOME_DUPLICATE,
        [STORE_SUPERSEDED] = OUTCOME_SUPERSEDED,
    };
    target->admission.arrived_at = arrived_at(target, reading);
    for (size_t i = 0; i < reading->report_count; i++) {
        enum store_outcome outcome;
        if (!store_admit_report(target->store, reading->reports[i], mail->source, target->now,
                                &target->admission, &outcome, err))
            return false;
        if (outcome == STORE_NOT_OURS)
            taking->not_ours++;
        else if (outcome == STORE_OVER_QUOTA)
            taking->over_quota++;
        else
            counts->outcomes[outcomes[outcome]]++;
    }
    counts->outcomes[OUTCOME_IGNORED] += taking->not_ours;
    return true;
}

/* Why a mail goes to quarantine; unknown where it does not. */
static void add_reason(struct buffer *reason, const struct ingest_sink_store *target,
                       const struct reading *reading, const struct taking *taking)
{
    char day[TIME_TEXT_SIZE];
    buffer_add_text(reason, reading->fault);
    if (!taking->over_quota)
        return;
    time_text(target->admission.arrived_at, day);
    buffer_format(
        reason,
        "%smore reports arrived on %.10s than max-reports-a-day or "
        "max-unauthenticated-a-day lets in: `tlsrpt quarantine retry` reads it another "
        "day, or once these are raised",
        reason->length ? "; " : "", day);
}

static bool take_fault(struct ingest_sink_store *target, const struct ingest_mail *mail,
                       const struct reading *reading, struct ingest_counts *counts,
                       struct taking *taking, struct error *err)
{
    BUFFER_AUTO bytes = {0};
    BUFFER_AUTO reason = {0};
    struct error unread;
    uint64_t count = taking->over_quota + text_known(reading->fault);
    struct quarantined entry = {.received_at = reading->received_at,
                                .quarantined_at = target->now,
                                .source = mail->source};
    if (target->in_quarantine) {
        counts->outcomes[OUTCOME_QUARANTINED] += count;
        return true;
    }
    taking->gone = !mail->bytes(mail, &bytes, &entry.size, entry.sha256, &unread);
    if (taking->gone)
        return true;
    add_reason(&reason, target, reading, taking);
    entry.reason = buffer_text(&reason);
    entry.bytes = buffer_text(&bytes);
    entry.whole = bytes.length == entry.size;
    bool known;
    if (!store_put_quarantined(target->store, &entry, target->quarantine_max, &known,
                               &taking->whole, err))
        return false;
    counts->outcomes[known ? OUTCOME_DUPLICATE : OUTCOME_QUARANTINED] += count;
    return true;
}

static bool take(void *context, const struct ingest_mail *mail, const struct reading *reading,
                 struct ingest_counts *counts, bool *kept, struct error *err)
{
    struct ingest_sink_store *target = context;
    struct taking taking = {.whole = true};
    if (!target->in_transaction && !store_begin(target->store, err))
        return false;
    target->in_transaction = true;
    if (!take_reports(target, mail, reading, counts, &taking, err))
        return false;
    if ((text_known(reading->fault) || taking.over_quota) &&
        !take_fault(target, mail, reading, counts, &taking, err))
        return false;
    bool fails = text_known(reading->fault) || taking.over_quota;
    bool is_report = reading->report_count > taking.not_ours || fails;
    if (!reading->report_count && !is_report)
        counts->outcomes[OUTCOME_IGNORED]++;
    *kept = is_report && taking.whole && !taking.gone;
    /* What is beyond a quota is read later, from the quarantine or, where that is full, from here. */
    target->waits = taking.over_quota && (target->in_quarantine || !taking.whole);
    target->quarantined = fails && !taking.gone;
    *kept = *kept && !target->waits;
    if (taking.gone || target->waits || !text_known(mail->directory))
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
