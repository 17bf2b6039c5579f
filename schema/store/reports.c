#include <string.h>

#include "base/vector.h"
#include "store/store_internal.h"

_Static_assert(AUTHENTICATED_PASS == 1 && AUTHENTICATED_NONE == 2 && AUTHENTICATED_FAIL == 3,
               "the table report keeps these numbers");

/* ---- ids of rows ---- */

bool store_take_ids(struct store *store, uint64_t count, int64_t *first, struct error *err)
{
    if (!store->next_id) {
        STATEMENT_AUTO *get = store_statement(store, STATEMENT_NEXT_ID,
                                              "SELECT next_id FROM state WHERE one = 1", err);
        bool row;
        if (!get || !statement_step(store, get, &row, err))
            return false;
        store->next_id = row ? sqlite3_column_int64(get, 0) : 0;
    }
    if (store->next_id < 1 || count > (uint64_t)(INT64_MAX - store->next_id)) {
        struct error failure = {0};
        error_set(&failure, ERROR_IO,
                  "the database %.200s is damaged: it has no next id; restore "
                  "it from a backup",
                  store->path);
        return store_fail_as(store, &failure, err);
    }
    *first = store->next_id;
    store->next_id += (int64_t)count;
    return true;
}

bool store_keep_ids(struct store *store, struct error *err)
{
    if (!store->next_id)
        return true;
    STATEMENT_AUTO *set = store_statement(store, STATEMENT_SET_NEXT_ID,
                                          "UPDATE state SET next_id = ?1 WHERE one = 1", err);
    if (!set)
        return false;
    bind_number(set, 1, store->next_id);
    store->next_id = 0;
    return statement_run(store, set, err);
}

/* ---- identity ---- */

/* What makes two documents the same report (SPEC.md, "Identity"), after the fallbacks. */
struct identity {
    struct text report_id;
    int64_t organization;
    int64_t begin, end;
    int64_t domains;
    char hex[SHA256_HEX_SIZE];
};

/* A document of an identity that is there. */
struct document {
    int64_t id; /* 0: none */
    uint64_t row_count;
    uint8_t sha256[SHA256_SIZE];
    unsigned authenticated;
    int64_t reporter;
    int64_t dated; /* when it was sent, as far as known */
};

struct ids {
    int64_t organization, contact, submitter, report_domain, named_domain, reporter, folder,
        warnings;
};

/* As the index spells a time: -1 is unknown. */
static int64_t key_time(int64_t time)
{
    time = stored_time(time);
    return time == TIME_UNKNOWN ? -1 : time;
}

/* Where a document that is not counted has its place among those of its identity: at its sha256,
 * so that one look finds it however many there are. */
static int64_t place_of(const uint8_t sha256[SHA256_SIZE])
{
    uint64_t place = 0;
    for (int i = 0; i < 8; i++)
        place = place << 8 | sha256[i];
    place &= INT64_MAX;
    return place ? (int64_t)place : 1;
}

/* The row_count of a database that was edited by hand may be anything. */
static struct id_range rows_of_document(const struct document *document)
{
    struct id_range range = {.first = document->id};
    if (__builtin_add_overflow(document->id, document->row_count, &range.end))
        range.end = INT64_MAX;
    return range;
}

static void read_document(sqlite3_stmt *row, struct document *document)
{
    *document = (struct document){.id = sqlite3_column_int64(row, 0),
                                  .row_count = column_count(row, 2),
                                  .authenticated = (unsigned)column_count(row, 4),
                                  .reporter = sqlite3_column_int64(row, 5),
                                  .dated = sqlite3_column_int64(row, 6)};
    struct text sha256 = column_blob(row, 3);
    if (sha256.length == SHA256_SIZE)
        memcpy(document->sha256, sha256.at, SHA256_SIZE);
}

/* Of the documents of one identity. */
#define DOCUMENT_AT                                                                            \
    "SELECT id, place, row_count, sha256, authenticated, reporter,"                            \
    " coalesce(sent_at, received_at, stored_at) FROM report"                                   \
    " WHERE coalesce(report_id, lower(hex(sha256))) = ?1"                                      \
    " AND coalesce(organization, reporter, 0) = ?2"                                            \
    " AND coalesce(begin_at, -1) = ?3 AND coalesce(end_at, -1) = ?4"                           \
    " AND domains = ?5 AND place = "

/* The counted document of IDENTITY and the one at PLACE. Not place IN (0, ?6): SQLite makes a table
 * of such a list at each call. */
static bool find_at(struct store *store, const struct identity *identity, int64_t place,
                    struct document *counted, struct document *kept, struct error *err)
{
    STATEMENT_AUTO *find = store_statement(store, STATEMENT_REPORT_FIND,
                                           DOCUMENT_AT "0 UNION ALL " DOCUMENT_AT "?6", err);
    if (!find)
        return false;
    bind_text(find, 1, identity->report_id);
    bind_number(find, 2, identity->organization);
    bind_number(find, 3, identity->begin);
    bind_number(find, 4, identity->end);
    bind_number(find, 5, identity->domains);
    bind_number(find, 6, place);
    *counted = *kept = (struct document){0};
    for (;;) {
        bool row;
        if (!statement_step(store, find, &row, err))
            return false;
        if (!row)
            return true;
        read_document(find, sqlite3_column_int64(find, 1) ? kept : counted);
    }
}

/* The counted document, and the place for a document of SHA256 that is not counted: *KNOWN where it
 * is there already, counted or not. */
static bool find_place(struct store *store, const struct identity *identity,
                       const uint8_t sha256[SHA256_SIZE], struct document *counted,
                       int64_t *place, bool *known, struct error *err)
{
    *place = place_of(sha256);
    for (;;) {
        struct document kept;
        if (!find_at(store, identity, *place, counted, &kept, err))
            return false;
        *known = (counted->id && memcmp(counted->sha256, sha256, SHA256_SIZE) == 0) ||
                 (kept.id && memcmp(kept.sha256, sha256, SHA256_SIZE) == 0);
        if (*known || !kept.id)
            return true;
        *place = *place == INT64_MAX ? 1 : *place + 1;
    }
}

static bool make_identity(struct store *store, const struct tls_report *report,
                          const struct ids *ids, struct identity *identity, struct error *err)
{
    sha256_hex(report->sha256, identity->hex);
    identity->report_id =
        text_known(report->report_id) ? report->report_id : text_of(identity->hex);
    identity->organization = ids->organization ? ids->organization : ids->reporter;
    identity->begin = key_time(report->begin);
    identity->end = key_time(report->end);
    return intern_domain_set(store, report, &identity->domains, err);
}

/* ---- writing ---- */

static uint64_t rows_of(const struct tls_report *report)
{
    uint64_t count = report->policy_count;
    for (size_t i = 0; i < report->policy_count; i++)
        count += report->policies[i].failure_count;
    return count;
}

static bool intern_names(struct store *store, const struct tls_report *report, struct ids *ids,
                         struct error *err)
{
    return intern_text(store, report->organization_name, TEXT_SHARED, &ids->organization,
                       err) &&
           intern_text(store, report->reporter, TEXT_SHARED, &ids->reporter, err);
}

/* A path is kept as its folder, which many have, and its name. */
static bool intern_rest(struct store *store, const struct tls_report *report,
                        struct text source, struct text *source_name, struct ids *ids,
                        struct error *err)
{
    const char *slash = source.length ? memrchr(source.at, '/', source.length) : NULL;
    struct text folder = slash ? text_first(source, (size_t)(slash - source.at) + 1) : source;
    *source_name = slash ? text_from(source, folder.length) : TEXT_UNKNOWN;
    const struct {
        struct text text;
        enum interning how;
        int64_t *id;
    } texts[] = {
        {report->contact_info, TEXT_FREE, &ids->contact},
        {report->submitter, TEXT_FREE, &ids->submitter},
        {report->report_domain, TEXT_FREE, &ids->report_domain},
        {report->named_domain, TEXT_SHARED, &ids->named_domain},
        {folder, TEXT_FREE, &ids->folder},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!intern_text(store, texts[i].text, texts[i].how, texts[i].id, err))
            return false;
    return intern_list(store, &report->warnings, &ids->warnings, err);
}

static unsigned authenticated_of_report(const struct tls_report *report)
{
    unsigned value = (unsigned)report->authenticated;
    return value >= AUTHENTICATED_PASS && value < AUTHENTICATED_COUNT ? value
                                                                      : AUTHENTICATED_NONE;
}

struct place {
    int64_t id;    /* of the report, and of its first row */
    int64_t place; /* 0: it is counted */
};

static bool add_report(struct store *store, const struct tls_report *report,
                       const struct ids *ids, const struct place *place, int64_t domains,
                       struct text source_name, int64_t now, struct error *err)
{
    STATEMENT_AUTO *add = store_statement(
        store, STATEMENT_REPORT_ADD,
        "INSERT INTO report (id, place, row_count, report_id, organization, contact, begin_at,"
        " end_at, domains, submitter, report_domain, reporter, sent_at, received_at, stored_at,"
        " authenticated, sha256, source_folder, source_name, warnings) VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
        "?19,"
        " ?20)",
        err);
    if (!add)
        return false;
    int at = 0;
    bind_number(add, ++at, place->id);
    bind_number(add, ++at, place->place);
    bind_count(add, ++at, rows_of(report));
    bind_text(add, ++at, report->report_id);
    bind_id(add, ++at, ids->organization);
    bind_id(add, ++at, ids->contact);
    bind_time(add, ++at, report->begin);
    bind_time(add, ++at, report->end);
    bind_number(add, ++at, domains);
    bind_id(add, ++at, ids->submitter);
    bind_id(add, ++at, ids->report_domain);
    bind_id(add, ++at, ids->reporter);
    bind_time(add, ++at, report->sent_at);
    bind_time(add, ++at, report->received_at);
    bind_number(add, ++at, now);
    bind_number(add, ++at, authenticated_of_report(report));
    bind_blob(add, ++at, report->sha256, SHA256_SIZE);
    bind_id(add, ++at, ids->folder);
    bind_text(add, ++at, source_name);
    bind_id(add, ++at, ids->warnings);
    return statement_run(store, add, err);
}

static bool add_failure(struct store *store, const struct tls_failure *failure, int64_t policy,
                        int64_t id, struct error *err)
{
    const struct {
        struct text text;
        enum interning how;
    } texts[] = {
        {text_of(result_type_name(failure->result_type)), TEXT_SHARED},
        {failure->result_type_raw, TEXT_FREE},
        {text_of(cause_name(failure->cause)), TEXT_SHARED},
        {failure->sending_mta_ip, TEXT_SHARED},
        {failure->receiving_mx_hostname, TEXT_SHARED},
        {failure->receiving_mx_helo, TEXT_FREE},
        {failure->receiving_ip, TEXT_SHARED},
        {failure->additional_information, TEXT_FREE},
        {failure->failure_reason_code, TEXT_FREE},
    };
    STATEMENT_AUTO *add = store_statement(
        store, STATEMENT_FAILURE_ADD,
        "INSERT INTO failure (id, policy, failed, result_type, result_type_raw, cause,"
        " sending_mta_ip, receiving_mx_hostname, receiving_mx_helo, receiving_ip,"
        " additional_information, failure_reason_code)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        err);
    if (!add)
        return false;
    bind_number(add, 1, id);
    bind_number(add, 2, policy);
    bind_count(add, 3, failure->failed_sessions);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t text;
        if (!intern_text(store, texts[i].text, texts[i].how, &text, err))
            return false;
        bind_id(add, 4 + (int)i, text);
    }
    return statement_run(store, add, err);
}

/* The policy at *ID and its failures at the ids behind it; *ID moves on. */
static bool add_policy(struct store *store, const struct tls_report *report,
                       const struct tls_policy *policy, int64_t named_domain,
                       const struct place *place, int64_t *id, struct error *err)
{
    bool counted = place->place == 0;
    int64_t domain, attribution, quoted, warnings;
    if (!intern_text(store, policy->policy_domain, TEXT_SHARED, &domain, err) ||
        !attribution_of(store, domain, named_domain, policy->policy_type, counted, &attribution,
                        err) ||
        !intern_quoted_policy(store, policy, &quoted, err) ||
        !intern_list(store, &policy->warnings, &warnings, err))
        return false;
    STATEMENT_AUTO *add = store_statement(
        store, STATEMENT_POLICY_ADD,
        "INSERT INTO policy (id, report, counted, position, attribution, quoted, begin_at,"
        " successful, failed, unitemised, warnings)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        err);
    if (!add)
        return false;
    int64_t own = (*id)++;
    int at = 0;
    bind_number(add, ++at, own);
    bind_number(add, ++at, place->id);
    bind_number(add, ++at, counted);
    bind_number(add, ++at, policy->index);
    bind_number(add, ++at, attribution);
    bind_number(add, ++at, quoted);
    bind_time(add, ++at, report->begin);
    bind_count(add, ++at, policy->successful_sessions);
    bind_count(add, ++at, policy->failed_sessions);
    bind_count(add, ++at, policy->unitemised_failures);
    bind_id(add, ++at, warnings);
    if (!statement_run(store, add, err) ||
        (counted && !arrivals_count(store, attribution, report->begin, report->end, err)))
        return false;
    for (size_t i = 0; i < policy->failure_count; i++)
        if (!add_failure(store, &policy->failures[i], own, (*id)++, err))
            return false;
    return true;
}

/* ---- one document takes another's place ---- */

/* The newer one does, if it is no worse and of the same reporter. One that is authenticated takes the
 * place of one that is not whatever else: else a stranger could keep a report from being counted by
 * sending, before it comes, another one under its identity, which can be guessed. */
static bool takes_place(const struct tls_report *report, int64_t reporter, int64_t now,
                        const struct document *counted)
{
    if (authenticated_of_report(report) == AUTHENTICATED_PASS &&
        counted->authenticated != AUTHENTICATED_PASS)
        return true;
    int64_t sent = stored_time(report->sent_at), received = stored_time(report->received_at);
    int64_t dated = sent != TIME_UNKNOWN ? sent : received != TIME_UNKNOWN ? received : now;
    return dated > counted->dated &&
           authenticated_of_report(report) <= counted->authenticated &&
           reporter == counted->reporter;
}

static bool uncount(struct store *store, const struct document *old, int64_t place,
                    struct error *err)
{
    STATEMENT_AUTO *displace = store_statement(
        store, STATEMENT_REPORT_DISPLACE, "UPDATE report SET place = ?2 WHERE id = ?1", err);
    if (!displace)
        return false;
    bind_number(displace, 1, old->id);
    bind_number(displace, 2, place);
    STATEMENT_AUTO *rows = store_statement(store, STATEMENT_POLICY_UNCOUNT,
                                           "UPDATE policy SET counted = 0"
                                           " WHERE id >= ?1 AND id < ?2 AND report = ?1",
                                           err);
    if (!rows || !statement_run(store, displace, err))
        return false;
    struct id_range range = rows_of_document(old);
    bind_number(rows, 1, range.first);
    bind_number(rows, 2, range.end);
    if (!statement_run(store, rows, err))
        return false;
    int64_t id = 0;
    STATEMENT_AUTO *retract = store_statement(
        store, STATEMENT_RETRACT_ADD, "INSERT INTO retract (id, report) VALUES (?1, ?2)", err);
    if (!retract || !store_take_ids(store, 1, &id, err))
        return false;
    bind_number(retract, 1, id);
    bind_number(retract, 2, old->id);
    return statement_run(store, retract, err);
}

/* Makes room for a report that takes the place of OLD. */
static bool displace(struct store *store, const struct identity *identity,
                     const struct document *old, struct error *err)
{
    /* In its own eyes the old document is known; only a free place is wanted. */
    int64_t place = place_of(old->sha256);
    for (;;) {
        struct document counted, kept;
        if (!find_at(store, identity, place, &counted, &kept, err))
            return false;
        if (!kept.id)
            return uncount(store, old, place, err);
        place = place == INT64_MAX ? 1 : place + 1;
    }
}

static bool add_whole(struct store *store, const struct tls_report *report, struct ids *ids,
                      const struct identity *identity, struct place place, struct text source,
                      int64_t now, struct id_range *range, struct error *err)
{
    struct text source_name;
    uint64_t rows = rows_of(report);
    if (!intern_rest(store, report, source, &source_name, ids, err) ||
        !store_take_ids(store, rows ? rows : 1, &place.id, err) ||
        !add_report(store, report, ids, &place, identity->domains, source_name, now, err))
        return false;
    int64_t id = place.id;
    for (size_t i = 0; i < report->policy_count; i++)
        if (!add_policy(store, report, &report->policies[i], ids->named_domain, &place, &id,
                        err))
            return false;
    *range = (struct id_range){place.id, id};
    return true;
}

/* Stores KEPT, the policies of REPORT that are wanted, under the identity of REPORT. */
static bool put(struct store *store, const struct tls_report *report,
                const struct tls_report *kept, struct text source, int64_t now,
                enum store_outcome *outcome, struct error *err)
{
    struct ids ids = {0};
    struct identity identity;
    struct document counted;
    struct place place = {0};
    struct id_range rows, old_rows;
    bool known;
    if (!intern_names(store, report, &ids, err) ||
        !make_identity(store, report, &ids, &identity, err) ||
        !find_place(store, &identity, report->sha256, &counted, &place.place, &known, err))
        return false;
    if (known) {
        *outcome = STORE_DUPLICATE;
        return true;
    }
    *outcome = counted.id ? STORE_SUPERSEDED : STORE_STORED;
    bool takes = counted.id && takes_place(report, ids.reporter, now, &counted);
    if (takes && !displace(store, &identity, &counted, err))
        return false;
    if (takes || !counted.id)
        place.place = 0;
    if (!add_whole(store, kept, &ids, &identity, place, source, now, &rows, err))
        return false;
    old_rows = rows_of_document(&counted);
    return !takes || (attribution_replaced(store, &old_rows, &rows, err) &&
                      arrivals_replaced(store, &old_rows, &rows, err));
}

/* A report beyond a quota is a duplicate if it is there already. Of its names, which a stranger makes up,
 * nothing stays. */
static bool turn_away(struct store *store, const struct tls_report *report,
                      enum store_outcome *outcome, struct error *err)
{
    struct ids ids = {0};
    struct identity identity;
    struct document counted;
    int64_t place;
    bool known;
    bool found = store_run(store, "SAVEPOINT turned_away", err) &&
                 intern_names(store, report, &ids, err) &&
                 make_identity(store, report, &ids, &identity, err) &&
                 find_place(store, &identity, report->sha256, &counted, &place, &known, err) &&
                 store_run(store, "ROLLBACK TO turned_away; RELEASE turned_away", err);
    cache_forget(store->cache);
    if (!found)
        return false;
    *outcome = known ? STORE_DUPLICATE : STORE_OVER_QUOTA;
    return true;
}

/* *KEPT is what is wanted of REPORT, *WANTED whether it is anything. One without policies belongs to the
 * domain that its mail names. */
static bool choose_policies(struct store *store, const struct tls_report *report,
                            bool only_configured, struct arena *arena, struct tls_report *kept,
                            bool *wanted, struct error *err)
{
    *kept = *report;
    *wanted = true;
    if (!only_configured)
        return true;
    if (!report->policy_count)
        return admission_named_is_ours(store, report, wanted, err);
    if (!admission_ours(store, report, arena, kept, err))
        return false;
    *wanted = kept->policy_count > 0;
    return true;
}

bool store_admit_report(struct store *store, const struct tls_report *report,
                        struct text source, int64_t now,
                        const struct store_admission *admission, enum store_outcome *outcome,
                        struct error *err)
{
    ARENA_AUTO arena = {0};
    struct tls_report kept;
    bool wanted, left;
    now = stored_time(now) == TIME_UNKNOWN ? 0 : now;
    if (!store_needs_transaction(store, err) ||
        !choose_policies(store, report, admission->only_configured, &arena, &kept, &wanted,
                         err) ||
        !admission_quota_left(store, report, admission, &left, err))
        return false;
    if (!wanted) {
        *outcome = STORE_NOT_OURS;
        return true;
    }
    if (!left)
        return turn_away(store, report, outcome, err);
    return put(store, report, &kept, source, now, outcome, err) &&
           (*outcome == STORE_DUPLICATE || admission_count(store, report, admission, err));
}

bool store_put_report(struct store *store, const struct tls_report *report, struct text source,
                      int64_t now, enum store_outcome *outcome, struct error *err)
{
    static const struct store_admission everything = {0};
    return store_admit_report(store, report, source, now, &everything, outcome, err);
}
