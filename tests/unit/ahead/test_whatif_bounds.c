/* Random reports and observations under random proposals: every session is counted once, and no bound is crossed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "ahead/whatif.h"
#include "base/vector.h"
#include "rules/counting.h"

enum { ROUNDS = 1500, DAY = TIME_DAY, BEGIN = 20000 * DAY, HOSTS = 3 };

static uint64_t seed;

/* Below LIMIT. */
static unsigned any(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

static struct text host_name(unsigned number)
{
    static const char *const names[] = {"mx1.example.com", "mx2.example.com", "mx3.example.com",
                                        "elsewhere.example.net"};
    return text_of(names[number]);
}

/* ---- what was observed ---- */

static void add_record(struct arena *arena, struct observation *observation, struct text name,
                       const char *type, struct text value, enum dnssec dnssec)
{
    struct observed_record record = {.name = name,
                                     .type = text_of(type),
                                     .ttl = {true, 300},
                                     .value = value,
                                     .dnssec = dnssec};
    VECTOR_ADD(arena, &observation->records, record);
}

static struct text any_tlsa(struct arena *arena)
{
    static const char *const keys[] = {
        "abababababababababababababababababababababababababababababababab",
        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"};
    return text_format(arena, "3 1 1 %s", keys[any(2)]);
}

static void add_probe(struct arena *arena, struct observation *observation, struct text mx,
                      unsigned address)
{
    struct observed_smtp probe = {.mx = mx,
                                  .address = text_format(arena, "192.0.2.%u", address),
                                  .status = (enum smtp_status)(1 + any(SMTP_COUNT - 1)),
                                  .starttls = (enum answer)any(3),
                                  .dane = (enum dane)any(DANE_COUNT)};
    if (probe.status == SMTP_OK && probe.starttls == ANSWER_YES) {
        probe.certificate = observed_certificate_new(arena);
        probe.certificate->trust = (enum trust)any(TRUST_COUNT);
        probe.certificate->matches_mx = (enum answer)any(3);
        probe.certificate->spki_sha256 = text_from(any_tlsa(arena), 6);
    }
    VECTOR_ADD(arena, &observation->smtp, probe);
}

static struct text any_policy(struct arena *arena)
{
    static const char *const modes[] = {"enforce", "testing", "none", "enforced"};
    return text_format(arena, "version: STSv1\nmode: %s\nmx: %s\nmx: %.*s\nmax_age: %u\n",
                       modes[any(4)], any(2) ? "*.example.com" : "mx1.example.com",
                       TEXT_ARGS(host_name(any(4))), 86400 * (1 + any(20)));
}

static struct observation *any_observation(struct arena *arena, int64_t at)
{
    struct observation *observation = observation_new(arena, TEXT("example.com"), at);
    for (unsigned i = 0; i < any(HOSTS + 1); i++) {
        struct text mx = host_name(i);
        add_record(arena, observation, TEXT("example.com"), "MX",
                   text_format(arena, "10 %.*s", TEXT_ARGS(mx)),
                   (enum dnssec)any(DNSSEC_COUNT));
        if (any(3) == 0)
            add_record(arena, observation, text_format(arena, "_25._tcp.%.*s", TEXT_ARGS(mx)),
                       "TLSA", any_tlsa(arena), (enum dnssec)any(DNSSEC_COUNT));
        for (unsigned j = 0; j < any(3); j++)
            add_probe(arena, observation, mx, 10 * i + j);
    }
    if (any(4)) {
        observation->policy = observed_policy_new(arena);
        observation->policy->status = any(4) ? FETCH_OK : FETCH_NO_HOST;
        observation->policy->body = any_policy(arena);
    }
    return observation;
}

/* ---- what was reported ---- */

static struct tls_policy any_entry(struct arena *arena)
{
    struct tls_policy entry = {.policy_domain = TEXT("example.com"),
                               .policy_type = (enum policy_type)any(POLICY_TYPE_COUNT),
                               .successful_sessions = any(50)};
    if (entry.policy_type == POLICY_TYPE_STS && any(2)) {
        struct text rest = any_policy(arena), line;
        while (text_next(&rest, '\n', &line))
            if (line.length)
                text_list_add(arena, &entry.policy_strings, line);
    }
    entry.failure_count = any(4);
    entry.failures = arena_array(arena, 4, sizeof *entry.failures);
    for (size_t i = 0; i < entry.failure_count; i++) {
        entry.failures[i] = (struct tls_failure){
            .result_type = (enum result_type)any(RESULT_COUNT), .failed_sessions = any(9)};
        if (any(4))
            entry.failures[i].receiving_mx_hostname = host_name(any(4));
        entry.failed_sessions += entry.failures[i].failed_sessions;
    }
    entry.failed_sessions += any(3);
    return entry;
}

static void add_reports(struct arena *arena, struct groups *groups)
{
    static const char *const reporters[] = {"one.example", "two.example", "three.example"};
    unsigned count = any(8);
    for (unsigned i = 0; i < count; i++) {
        struct tls_report report = {.reporter = text_of(reporters[any(3)]),
                                    .begin = BEGIN + i * DAY,
                                    .end = BEGIN + (i + 1) * DAY - 1};
        report.policy_count = 1 + any(2);
        report.policies = arena_array(arena, 2, sizeof *report.policies);
        for (size_t j = 0; j < report.policy_count; j++)
            report.policies[j] = any_entry(arena);
        groups_add(groups, &report);
    }
    groups_finish(groups);
    groups_settle(groups, NULL, NULL);
}

static void any_proposal(struct arena *arena, struct proposal *proposal)
{
    *proposal = (struct proposal){.mode = (enum mta_sts_mode)any(MTA_STS_MODE_COUNT)};
    for (unsigned i = any(3); i-- > 0;)
        text_list_add_once(arena, &proposal->mx, host_name(any(4)));
    if (any(3) == 0)
        VECTOR_ADD(arena, &proposal->tlsa, ((struct proposed_tlsa){.record = any_tlsa(arena)}));
    if (any(3) == 0) {
        struct observed_certificate *certificate = observed_certificate_new(arena);
        text_list_add(arena, &certificate->names, TEXT("*.example.com"));
        certificate->trust = (enum trust)(1 + any(TRUST_COUNT - 1));
        certificate->spki_sha256 = text_from(any_tlsa(arena), 6);
        proposal->certificate = certificate;
    }
}

/* ---- what holds ---- */

static void check_counts(const struct whatif_counts *counts)
{
    assert_int_equal(counts->delivered + counts->refused + counts->unknown, counts->sessions);
}

static void check(const struct groups *groups, const struct whatif *whatif)
{
    struct whatif_counts rows = {0}, reporters = {0};
    check_counts(&whatif->counts);
    assert_int_equal(whatif->counts.sessions, groups->total.successful + groups->total.failed);
    for (size_t i = 0; i < whatif->rows.count; i++) {
        const struct whatif_row *row = &whatif->rows.at[i];
        struct verdict_answer answer = outcome_answer(&row->outcome);
        assert_false(outcome_is_empty(&row->outcome));
        assert_true(answer.clause != CLAUSE_NONE || row->outcome.open);
        rows.sessions += row->sessions;
        rows.refused += answer.verdict == VERDICT_REFUSE ? row->sessions : 0;
    }
    assert_int_equal(rows.sessions, whatif->counts.sessions);
    assert_int_equal(rows.refused, whatif->counts.refused);
    for (size_t i = 0; i < whatif->reporters.count; i++) {
        check_counts(&whatif->reporters.at[i].counts);
        reporters.sessions += whatif->reporters.at[i].counts.sessions;
        reporters.unknown += whatif->reporters.at[i].counts.unknown;
    }
    assert_int_equal(reporters.sessions, whatif->counts.sessions);
    assert_int_equal(reporters.unknown, whatif->counts.unknown);
    uint64_t least = 0, reported = 0, replayed = 0;
    for (size_t i = 0; i < groups->reports.count; i++)
        reported += groups->reports.at[i].tally.by_type[POLICY_TYPE_NO_POLICY_FOUND].successful;
    for (size_t i = 0; i < whatif->rows.count; i++)
        if (whatif->rows.at[i].succeeded &&
            whatif->rows.at[i].policy_type == POLICY_TYPE_NO_POLICY_FOUND)
            replayed += whatif->rows.at[i].sessions;
    assert_int_equal(replayed, reported);
    for (size_t i = 0; i < whatif->hosts.count; i++) {
        const struct whatif_host *host = &whatif->hosts.at[i];
        assert_true(host->sessions_least <= host->sessions_most);
        assert_true(host->refused_least <= host->refused_most);
        assert_true(host->refused_least <= host->sessions_least);
        assert_true(host->refused_most <= host->sessions_most);
        least += host->sessions_least;
    }
    assert_true(least <= whatif->counts.sessions);
}

static void the_bounds_hold(void **state)
{
    (void)state;
    uint64_t refused = 0, unknown = 0, delivered = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        ARENA_AUTO arena = {0};
        struct groups groups = groups_new(&arena);
        struct inquiry inquiry = {.arena = &arena,
                                  .domain = TEXT("example.com"),
                                  .now = BEGIN + 10 * DAY,
                                  .since = BEGIN,
                                  .until = BEGIN + 10 * DAY,
                                  .groups = &groups};
        struct proposal proposal, none = {.mode = MTA_STS_MODE_NONE, .no_tlsa = true};
        struct whatif whatif;
        seed = round;
        any(2);
        for (unsigned i = any(4); i-- > 0;)
            inquiry_observed(&inquiry, any_observation(&arena, BEGIN + (9 - 3 * i) * DAY), i);
        add_reports(&arena, &groups);
        any_proposal(&arena, &proposal);
        whatif_answer(&inquiry, &proposal, &whatif);
        check(&groups, &whatif);
        refused += whatif.counts.refused;
        unknown += whatif.counts.unknown;
        delivered += whatif.counts.delivered;
        /* A mode that is not in force lets every session by that no bogus answer stops. */
        whatif_answer(&inquiry, &none, &whatif);
        check(&groups, &whatif);
        for (size_t i = 0; i < whatif.rows.count; i++) {
            enum verdict_clause clause = whatif.rows.at[i].outcome.clause[VERDICT_REFUSE];
            assert_true(clause == CLAUSE_NONE || clause == CLAUSE_MX_BOGUS);
        }
    }
    /* The data reaches all three. */
    assert_true(refused > ROUNDS && unknown > ROUNDS && delivered > ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bounds_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
