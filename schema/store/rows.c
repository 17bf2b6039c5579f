/* Three streams in the order of ids are merged: policies with their reports, failures, retract
 * rows. A policy's failures follow it directly, so that the policy's row stays where it is while
 * they pass. */
#include "store/store_internal.h"

/* Both streams let the same policies through. */
#define FILTER                                                                                 \
    " p.counted = 1"                                                                           \
    " AND (?2 IS NULL OR p.begin_at >= ?2) AND (?3 IS NULL OR p.begin_at < ?3)"                \
    " AND (?4 IS NULL OR p.begin_at IS NULL OR p.begin_at <= ?4)"                              \
    " AND (?5 IS NULL OR a.domain IN (SELECT t.id FROM json_each(?5) wanted"                   \
    "      JOIN text t ON t.text = wanted.value AND t.shared = 1))"

/* From the policy on to which the first failure after since_id may belong. LEFT and CROSS JOIN
 * keep the order of the tables, and with it that of the ids. */
#define POLICIES                                                                               \
    "SELECT p.id, p.position, p.successful, p.failed, p.unitemised, warnings.text,"            \
    " domain.text, policy_domain.text, a.policy_type, q.mode, q.strings, q.mx_hosts,"          \
    " organization.text, contact.text, r.report_id, r.begin_at, r.end_at, submitter.text,"     \
    " report_domain.text, named_domain.text, reporter.text, r.sent_at, r.received_at,"         \
    " r.authenticated, r.sha256, report_warnings.text"                                         \
    " FROM policy p"                                                                           \
    " LEFT JOIN attribution a ON a.id = p.attribution"                                         \
    " LEFT JOIN report r ON r.id = p.report"                                                   \
    " LEFT JOIN quoted_policy q ON q.id = p.quoted"                                            \
    " LEFT JOIN text warnings ON warnings.id = p.warnings"                                     \
    " LEFT JOIN text domain ON domain.id = a.domain"                                           \
    " LEFT JOIN text policy_domain ON policy_domain.id = a.policy_domain"                      \
    " LEFT JOIN text organization ON organization.id = r.organization"                         \
    " LEFT JOIN text contact ON contact.id = r.contact"                                        \
    " LEFT JOIN text submitter ON submitter.id = r.submitter"                                  \
    " LEFT JOIN text report_domain ON report_domain.id = r.report_domain"                      \
    " LEFT JOIN text named_domain ON named_domain.id = a.named_domain"                         \
    " LEFT JOIN text reporter ON reporter.id = r.reporter"                                     \
    " LEFT JOIN text report_warnings ON report_warnings.id = r.warnings"                       \
    " WHERE p.id >= coalesce((SELECT max(id) FROM policy WHERE id <= ?1), 0) AND" FILTER       \
    " ORDER BY p.id"

#define FAILURES                                                                               \
    "SELECT f.id, f.policy, result_type.text, raw.text, cause.text, f.failed,"                 \
    " sending_mta_ip.text, mx.text, helo.text, receiving_ip.text, information.text, "          \
    "reason.text"                                                                              \
    " FROM failure f"                                                                          \
    " CROSS JOIN policy p ON p.id = f.policy"                                                  \
    " LEFT JOIN attribution a ON a.id = p.attribution"                                         \
    " LEFT JOIN text result_type ON result_type.id = f.result_type"                            \
    " LEFT JOIN text raw ON raw.id = f.result_type_raw"                                        \
    " LEFT JOIN text cause ON cause.id = f.cause"                                              \
    " LEFT JOIN text sending_mta_ip ON sending_mta_ip.id = f.sending_mta_ip"                   \
    " LEFT JOIN text mx ON mx.id = f.receiving_mx_hostname"                                    \
    " LEFT JOIN text helo ON helo.id = f.receiving_mx_helo"                                    \
    " LEFT JOIN text receiving_ip ON receiving_ip.id = f.receiving_ip"                         \
    " LEFT JOIN text information ON information.id = f.additional_information"                 \
    " LEFT JOIN text reason ON reason.id = f.failure_reason_code"                              \
    " WHERE f.id > ?1 AND" FILTER " ORDER BY f.id"

#define RETRACTS                                                                               \
    "SELECT t.id, r.sha256 FROM retract t LEFT JOIN report r ON r.id = t.report"               \
    " WHERE t.id > ?1 ORDER BY t.id"

/* The streams, and what the row of each says. */
struct stream {
    sqlite3_stmt *statement;
    bool row;
    int64_t id;
};

struct reader {
    struct store *store;
    const struct row_filter *filter;
    store_row_each *each;
    void *context;
    int64_t after; /* only greater ids */
    struct stream policies, failures, retracts;
    struct arena arena; /* of the lists of the current policy */
    struct tls_report report;
    struct tls_policy policy;
    struct text domain;
    bool stopped;
};

static bool advance(struct reader *reader, struct stream *stream, struct error *err)
{
    if (!statement_step(reader->store, stream->statement, &stream->row, err))
        return false;
    stream->id = stream->row ? sqlite3_column_int64(stream->statement, 0) : INT64_MAX;
    return true;
}

static void hand_over(struct reader *reader, const struct store_row *row)
{
    if (row->id > reader->after && !reader->stopped)
        reader->stopped = !reader->each(reader->context, row);
}

static void read_sha256(struct tls_report *report, struct text sha256)
{
    for (size_t i = 0; i < SHA256_SIZE && sha256.length == SHA256_SIZE; i++)
        report->sha256[i] = (uint8_t)sha256.at[i];
}

static void read_policy(struct reader *reader)
{
    sqlite3_stmt *row = reader->policies.statement;
    struct arena *arena = &reader->arena;
    arena_reset(arena);
    reader->domain = column_text(row, 6);
    reader->policy = (struct tls_policy){
        .index = (uint32_t)column_count(row, 1),
        .successful_sessions = column_count(row, 2),
        .failed_sessions = column_count(row, 3),
        .unitemised_failures = column_count(row, 4),
        .warnings = json_list_read(arena, column_text(row, 5)),
        .policy_domain = column_text(row, 7),
        .policy_type = policy_type_of(column_text(row, 8)),
        .policy_mode = policy_mode_of(column_text(row, 9)),
        .policy_strings = json_list_read(arena, column_text(row, 10)),
        .mx_hosts = json_list_read(arena, column_text(row, 11)),
    };
    uint64_t authenticated = column_count(row, 23);
    reader->report = (struct tls_report){
        .organization_name = column_text(row, 12),
        .contact_info = column_text(row, 13),
        .report_id = column_text(row, 14),
        .begin = column_time(row, 15),
        .end = column_time(row, 16),
        .submitter = column_text(row, 17),
        .report_domain = column_text(row, 18),
        .named_domain = column_text(row, 19),
        .reporter = column_text(row, 20),
        .sent_at = column_time(row, 21),
        .received_at = column_time(row, 22),
        .authenticated =
            authenticated >= AUTHENTICATED_PASS && authenticated < AUTHENTICATED_COUNT
                ? (enum authenticated)authenticated
                : AUTHENTICATED_NONE,
        .warnings = json_list_read(arena, column_text(row, 25)),
    };
    read_sha256(&reader->report, column_blob(row, 24));
}

static void hand_over_policy(struct reader *reader)
{
    read_policy(reader);
    hand_over(reader, &(struct store_row){.kind = ROW_POLICY,
                                          .id = reader->policies.id,
                                          .domain = reader->domain,
                                          .report = &reader->report,
                                          .policy = &reader->policy});
}

static void hand_over_failure(struct reader *reader)
{
    sqlite3_stmt *row = reader->failures.statement;
    struct tls_failure failure = {
        .result_type = result_type_of(column_text(row, 2)),
        .result_type_raw = column_text(row, 3),
        .cause = cause_of(column_text(row, 4)),
        .failed_sessions = column_count(row, 5),
        .sending_mta_ip = column_text(row, 6),
        .receiving_mx_hostname = column_text(row, 7),
        .receiving_mx_helo = column_text(row, 8),
        .receiving_ip = column_text(row, 9),
        .additional_information = column_text(row, 10),
        .failure_reason_code = column_text(row, 11),
    };
    struct tls_policy policy = reader->policy;
    policy.policy_strings = policy.mx_hosts = policy.warnings = (struct text_list){0};
    hand_over(reader, &(struct store_row){.kind = ROW_FAILURE,
                                          .id = reader->failures.id,
                                          .domain = reader->domain,
                                          .report = &reader->report,
                                          .policy = &policy,
                                          .failure = &failure});
}

static void hand_over_retract(struct reader *reader)
{
    struct tls_report report = {
        .begin = TIME_UNKNOWN,
        .end = TIME_UNKNOWN,
        .sent_at = TIME_UNKNOWN,
        .received_at = TIME_UNKNOWN,
        .authenticated = AUTHENTICATED_NONE,
    };
    read_sha256(&report, column_blob(reader->retracts.statement, 1));
    hand_over(reader, &(struct store_row){
                          .kind = ROW_RETRACT, .id = reader->retracts.id, .report = &report});
}

/* The failures of the current policy; those of a policy that is not let through are passed over. */
static bool read_failures(struct reader *reader, struct error *err)
{
    while (reader->failures.row && !reader->stopped) {
        int64_t policy = sqlite3_column_int64(reader->failures.statement, 1);
        if (policy > reader->policies.id)
            return true;
        if (policy == reader->policies.id)
            hand_over_failure(reader);
        if (!advance(reader, &reader->failures, err))
            return false;
    }
    return true;
}

static bool read_retracts(struct reader *reader, struct error *err)
{
    while (reader->retracts.row && !reader->stopped &&
           reader->retracts.id < reader->policies.id) {
        hand_over_retract(reader);
        if (!advance(reader, &reader->retracts, err))
            return false;
    }
    return true;
}

static bool merge(struct reader *reader, struct error *err)
{
    bool retracts = reader->filter->since_id > 0;
    if (!advance(reader, &reader->policies, err) || !advance(reader, &reader->failures, err) ||
        (retracts && !advance(reader, &reader->retracts, err)))
        return false;
    while (!reader->stopped) {
        if (!read_retracts(reader, err))
            return false;
        if (!reader->policies.row || reader->stopped)
            return true;
        hand_over_policy(reader);
        if (!read_failures(reader, err) || !advance(reader, &reader->policies, err))
            return false;
    }
    return true;
}

static void bind_filter(sqlite3_stmt *statement, const struct reader *reader,
                        struct text domains)
{
    const struct row_filter *filter = reader->filter;
    bind_number(statement, 1, reader->after);
    bind_time(statement, 2, filter->since);
    bind_time(statement, 3, filter->until);
    bind_time(statement, 4, filter->now);
    bind_text(statement, 5, domains);
}

static bool read_rows(struct reader *reader, struct error *err)
{
    struct store *store = reader->store;
    STATEMENT_ONCE *policies = store_prepare(store, POLICIES, err);
    STATEMENT_ONCE *failures = policies ? store_prepare(store, FAILURES, err) : NULL;
    STATEMENT_ONCE *retracts = failures ? store_prepare(store, RETRACTS, err) : NULL;
    if (!retracts)
        return false;
    BUFFER_AUTO domains = {0};
    const struct text_list *wanted = reader->filter->domains;
    if (wanted && wanted->count)
        json_list_write(&domains, wanted);
    struct text json = domains.length ? buffer_text(&domains) : TEXT_UNKNOWN;
    bind_filter(policies, reader, json);
    bind_filter(failures, reader, json);
    bind_number(retracts, 1, reader->after);
    reader->policies.statement = policies;
    reader->failures.statement = failures;
    reader->retracts.statement = retracts;
    return merge(reader, err);
}

bool store_rows(struct store *store, const struct row_filter *filter, store_row_each *each,
                void *context, struct error *err)
{
    /* The three streams are of one moment. */
    bool own;
    if (!store_begin_reading(store, &own, err))
        return false;
    struct reader reader = {.store = store,
                            .filter = filter,
                            .each = each,
                            .context = context,
                            .after = filter->since_id};
    if (filter->after_id > reader.after)
        reader.after = filter->after_id;
    bool done = read_rows(&reader, err);
    arena_free(&reader.arena);
    return store_end_reading(store, own, done, err);
}
