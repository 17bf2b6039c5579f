#include <string.h>

#include "store/store_internal.h"

static bool is_known(struct store *store, const uint8_t sha256[SHA256_SIZE], bool *known,
                     bool *whole, struct error *err)
{
    STATEMENT_AUTO *find =
        store_statement(store, STATEMENT_QUARANTINE_FIND,
                        "SELECT whole FROM quarantine WHERE sha256 = ?1", err);
    if (!find)
        return false;
    bind_blob(find, 1, sha256, SHA256_SIZE);
    if (!statement_step(store, find, known, err))
        return false;
    *whole = *known && sqlite3_column_int(find, 0) != 0;
    return true;
}

/* The database keeps the sum, so that it need not be added up. */
static bool has_room(struct store *store, size_t length, uint64_t max, bool *room,
                     struct error *err)
{
    STATEMENT_AUTO *get =
        store_statement(store, STATEMENT_QUARANTINE_TOTAL,
                        "SELECT quarantine_bytes FROM state WHERE one = 1", err);
    bool row;
    if (!get || !statement_step(store, get, &row, err))
        return false;
    uint64_t total = row ? column_count(get, 0) : 0;
    *room = total <= max && length <= max - total;
    return true;
}

static bool add_entry(struct store *store, const struct quarantined *mail, size_t kept,
                      bool whole, struct error *err)
{
    static const struct text full = TEXT_ROW("; nothing of it is kept: the quarantine is full "
                                             "(quarantine-max)");
    BUFFER_AUTO reason = {0};
    buffer_add_text(&reason, mail->reason);
    if (!kept && mail->bytes.length)
        buffer_add_text(&reason, full);
    STATEMENT_AUTO *add = store_statement(store, STATEMENT_QUARANTINE_ADD,
                                          "INSERT INTO quarantine (sha256, received_at, "
                                          "quarantined_at, size, kept, whole, reason,"
                                          " source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                                          err);
    if (!add)
        return false;
    int64_t at = stored_time(mail->quarantined_at);
    bind_blob(add, 1, mail->sha256, SHA256_SIZE);
    bind_time(add, 2, mail->received_at);
    bind_number(add, 3, at == TIME_UNKNOWN ? 0 : at);
    bind_count(add, 4, mail->size);
    bind_count(add, 5, kept);
    bind_number(add, 6, whole);
    bind_text(add, 7, text_known(mail->reason) ? buffer_text(&reason) : TEXT_UNKNOWN);
    bind_text(add, 8, mail->source);
    return statement_run(store, add, err);
}

bool store_put_quarantined(struct store *store, const struct quarantined *mail, uint64_t max,
                           bool *known, bool *whole, struct error *err)
{
    bool room;
    if (!store_needs_transaction(store, err) ||
        !is_known(store, mail->sha256, known, whole, err))
        return false;
    if (*known)
        return true;
    if (!has_room(store, mail->bytes.length, max, &room, err))
        return false;
    size_t kept = room && text_known(mail->bytes) ? mail->bytes.length : 0;
    *whole = mail->whole && kept == mail->bytes.length && text_known(mail->bytes);
    if (!add_entry(store, mail, kept, *whole, err))
        return false;
    if (!kept)
        return true;
    STATEMENT_AUTO *add =
        store_statement(store, STATEMENT_QUARANTINE_BYTES_ADD,
                        "INSERT INTO quarantine_bytes (id, bytes) VALUES (?1, ?2)", err);
    if (!add)
        return false;
    bind_number(add, 1, sqlite3_last_insert_rowid(store->db));
    bind_blob(add, 2, mail->bytes.at, kept);
    return statement_run(store, add, err);
}

#define COLUMNS "sha256, received_at, quarantined_at, size, whole, reason, source"

static struct quarantined read_entry(sqlite3_stmt *row)
{
    struct quarantined mail = {
        .received_at = column_time(row, 1),
        .quarantined_at = column_time(row, 2),
        .size = column_count(row, 3),
        .whole = sqlite3_column_int(row, 4) != 0,
        .reason = column_text(row, 5),
        .source = column_text(row, 6),
    };
    struct text sha256 = column_blob(row, 0);
    if (sha256.length == SHA256_SIZE)
        memcpy(mail.sha256, sha256.at, SHA256_SIZE);
    return mail;
}

static bool list(struct store *store, int64_t now, store_quarantined_each *each, void *context,
                 struct error *err)
{
    /* A date in the future does not hide a mail that is here already. */
    STATEMENT_ONCE *entries = store_prepare(
        store,
        "SELECT " COLUMNS " FROM quarantine WHERE ?1 IS NULL OR quarantined_at <= ?1"
        " OR received_at <= ?1 ORDER BY quarantined_at, id",
        err);
    if (!entries)
        return false;
    bind_time(entries, 1, now);
    for (;;) {
        bool row;
        if (!statement_step(store, entries, &row, err))
            return false;
        if (!row)
            return true;
        struct quarantined mail = read_entry(entries);
        if (!each(context, &mail))
            return true;
    }
}

bool store_quarantine_list(struct store *store, int64_t now, store_quarantined_each *each,
                           void *context, struct error *err)
{
    bool done = list(store, now, each, context, err);
    store_work_done(store);
    return done;
}

/* The least and the greatest sha256 that begin with the hexadecimal PREFIX. */
static bool range_of(struct text prefix, uint8_t least[SHA256_SIZE],
                     uint8_t greatest[SHA256_SIZE])
{
    char digits[2 * SHA256_SIZE];
    if (prefix.length < 4 || prefix.length > sizeof digits)
        return false;
    memcpy(digits, prefix.at, prefix.length);
    memset(digits + prefix.length, '0', sizeof digits - prefix.length);
    if (!sha256_parse((struct text){digits, sizeof digits}, least))
        return false;
    memset(digits + prefix.length, 'f', sizeof digits - prefix.length);
    return sha256_parse((struct text){digits, sizeof digits}, greatest);
}

static bool get(struct store *store, struct text prefix, struct arena *arena,
                struct quarantined *mail, struct error *err)
{
    uint8_t least[SHA256_SIZE], greatest[SHA256_SIZE];
    if (!range_of(prefix, least, greatest))
        return error_set(err, ERROR_INPUT,
                         "a quarantined mail is named by the first digits of its "
                         "sha256, at least 4: see `tlsrpt quarantine list`");
    STATEMENT_ONCE *find = store_prepare(
        store,
        "SELECT " COLUMNS ", bytes FROM quarantine q LEFT JOIN quarantine_bytes USING (id)"
        " WHERE sha256 BETWEEN ?1 AND ?2 LIMIT 2",
        err);
    if (!find)
        return false;
    bind_blob(find, 1, least, SHA256_SIZE);
    bind_blob(find, 2, greatest, SHA256_SIZE);
    bool row;
    if (!statement_step(store, find, &row, err))
        return false;
    if (!row)
        return error_set(err, ERROR_INPUT,
                         "no quarantined mail has a sha256 that begins so: see "
                         "`tlsrpt quarantine list`");
    *mail = read_entry(find);
    mail->reason = text_copy(arena, mail->reason);
    mail->source = text_copy(arena, mail->source);
    mail->bytes = text_copy(arena, column_blob(find, 7));
    if (!statement_step(store, find, &row, err))
        return false;
    return !row || error_set(err, ERROR_INPUT,
                             "several quarantined mails have a sha256 that "
                             "begins so: give more of its digits");
}

bool store_quarantine_get(struct store *store, struct text prefix, struct arena *arena,
                          struct quarantined *mail, struct error *err)
{
    bool found = get(store, prefix, arena, mail, err);
    store_work_done(store);
    return found;
}

bool store_quarantine_remove(struct store *store, const uint8_t sha256[SHA256_SIZE],
                             struct error *err)
{
    STATEMENT_ONCE *remove =
        store_prepare(store, "DELETE FROM quarantine WHERE sha256 = ?1", err);
    if (!remove)
        return false;
    bind_blob(remove, 1, sha256, SHA256_SIZE);
    bool removed = statement_run(store, remove, err);
    sqlite3_reset(remove);
    store_work_done(store);
    return removed;
}
