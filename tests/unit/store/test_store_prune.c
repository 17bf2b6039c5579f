/* Retention. */
#include "store_testing.h"

static struct prune_counts prune(struct place *place, int64_t cutoff)
{
    struct prune_counts counts;
    struct error err = {0};
    if (!store_prune(place->store, cutoff, &counts, &err))
        fail_msg("%s", err.text);
    return counts;
}

static struct tls_report *named(struct place *place, const char *content, int64_t end)
{
    struct tls_report *report = make_report(place, content);
    report->report_id = text_of(content);
    report->end = end;
    return report;
}

static void the_end_of_the_range_decides(void **state)
{
    struct place *place = *state;
    put(place, named(place, "before", DAY_2 - 1));
    put(place, named(place, "at", DAY_2));
    /* Without an end: when it arrived, else when it was stored (the third day). */
    struct tls_report *arrived = named(place, "arrived before", TIME_UNKNOWN),
                      *late = named(place, "arrived late", TIME_UNKNOWN),
                      *never = named(place, "no time at all", TIME_UNKNOWN);
    arrived->received_at = DAY_2 - 1;
    late->received_at = DAY_2;
    never->received_at = never->sent_at = TIME_UNKNOWN;
    put(place, arrived);
    put(place, late);
    put(place, never);
    assert_int_equal(prune(place, DAY_2).reports, 2);
    assert_string_equal(
        ask(place, "SELECT group_concat(report_id) FROM (SELECT report_id FROM v_report"
                   " ORDER BY report)"),
        "at,arrived late,no time at all");
    assert_int_equal(prune(place, DAY_2).reports, 0);
    assert_sound(place);
}

static void nothing_is_left_of_what_goes(void **state)
{
    struct place *place = *state;
    struct tls_report *report = named(place, "a", DAY_1 + 5),
                      *newer = named(place, "b", DAY_1 + 5);
    struct tls_failure *failure = add_failures(place, &report->policies[0], 2);
    failure->receiving_ip = TEXT("192.0.2.1");
    text_list_add(&place->arena, &report->warnings, TEXT("code: text"));
    newer->report_id = TEXT("a");
    newer->sent_at = DAY_3;
    put(place, report);
    put(place, newer);
    assert_string_equal(ask(place, "SELECT count(*) FROM retract"), "1");
    assert_int_equal(prune(place, DAY_3).reports, 2);
    static const char *const tables[] = {"text",          "domain",  "attribution",
                                         "quoted_policy", "report",  "policy",
                                         "failure",       "retract", "domain_set"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        if (strcmp(ask(place, sql), "0") != 0)
            fail_msg("%s is not empty", tables[i]);
    }
    assert_sound(place);
}

static void what_is_still_used_stays(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    bool is_report;
    CONFIGURE(place, "configured.example");
    put(place, named(place, "goes", DAY_1 + 5));
    put(place, named(place, "stays", DAY_3 + 5));
    begin(place);
    assert_true(
        store_add_seen(place->store, TEXT("/mail/a"), TEXT("1.host"), true, DAY_1, &err));
    commit(place);
    assert_int_equal(prune(place, DAY_3).reports, 1);
    assert_string_equal(rows_of(place, ALL_ROWS), "p2=example.com");
    assert_string_equal(
        ask(place, "SELECT organization_name || reporter || source FROM v_report"),
        "Reporter Inc.reporter.example/mail/new/1.a");
    ARENA_AUTO arena = {0};
    assert_true(seen_files_have(store_seen_files(place->store, TEXT("/mail/a"), &arena),
                                TEXT("1.host"), &is_report));
    assert_string_equal(ask(place, "SELECT count(*) FROM domain JOIN text ON text.id = name"
                                   " WHERE configured AND text = 'configured.example'"),
                        "1");
    assert_sound(place);
    assert_int_equal(put(place, named(place, "stays", DAY_3 + 5)), STORE_DUPLICATE);
    assert_int_equal(put(place, named(place, "goes", DAY_1 + 5)), STORE_STORED);
}

/* Every reference of the schema, filled: had prune forgotten one, its row would be gone. */
static void every_reference_is_kept(void **state)
{
    struct place *place = *state;
    struct tls_report *report = named(place, "a", DAY_3 + 5),
                      *old = named(place, "b", DAY_1 + 5);
    report->organization_name = TEXT("r1");
    report->contact_info = TEXT("r2");
    report->submitter = TEXT("r3");
    report->report_domain = TEXT("r4");
    report->named_domain = TEXT("r5");
    report->reporter = TEXT("r6");
    report->policies[0].policy_domain = TEXT("r7");
    text_list_add(&place->arena, &report->warnings, TEXT("r8"));
    text_list_add(&place->arena, &report->policies[0].warnings, TEXT("r9"));
    struct tls_failure *failure = add_failures(place, &report->policies[0], 1);
    *failure = (struct tls_failure){
        RESULT_TLSA_INVALID, TEXT("f1"), CAUSE_TIMEOUT, 1,          TEXT("f2"),
        TEXT("f3"),          TEXT("f4"), TEXT("f5"),    TEXT("f6"), TEXT("f7"),
    };
    struct error err = {0};
    put(place, report);
    put(place, old);
    begin(place);
    assert_true(store_add_seen(place->store, TEXT("/mail/a"), TEXT("1"), true, DAY_1, &err));
    commit(place);
    /* The counts of texts and of columns that refer to them, so that a new column is noticed. */
    assert_string_equal(
        ask(place, "SELECT count(*) FROM sqlite_schema s, pragma_foreign_key_list(s.name) f"
                   " WHERE s.type = 'table' AND f.\"table\" = 'text'"),
        "25");
    assert_int_equal(prune(place, DAY_3).reports, 1);
    assert_string_equal(ask(place, "SELECT count(*) FROM text WHERE text GLOB '[rf][0-9]'"),
                        "14");
    assert_sound(place);
}

static void ids_are_never_used_again(void **state)
{
    struct place *place = *state;
    put(place, named(place, "a", DAY_1 + 5));
    put(place, named(place, "b", DAY_1 + 5));
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=example.com p2=example.com");
    prune(place, DAY_3);
    place_open_as(place, STORE_WRITE);
    put(place, named(place, "c", DAY_1 + 5));
    assert_string_equal(rows_of(place, ALL_ROWS), "p3=example.com");
    begin(place);
    commit(place);
    begin(place);
    store_rollback(place->store);
    place_open_as(place, STORE_WRITE);
    put(place, named(place, "d", DAY_1 + 5));
    assert_string_equal(rows_of(place, ALL_ROWS), "p3=example.com p4=example.com");
}

static void a_domain_whose_last_sts_entry_goes_is_its_own_no_more(void **state)
{
    struct place *place = *state;
    struct tls_report *tlsa = named(place, "a", DAY_3), *sts = named(place, "b", DAY_1 + 5);
    tlsa->policies[0].policy_type = POLICY_TYPE_TLSA;
    tlsa->policies[0].policy_domain = sts->policies[0].policy_domain = TEXT("mx1.example.net");
    put(place, sts);
    put(place, tlsa);
    assert_string_equal(ask(place, "SELECT domain FROM v_policy WHERE id = 2"),
                        "mx1.example.net");
    prune(place, DAY_2);
    assert_string_equal(rows_of(place, ALL_ROWS), "p2=example.com");
}

static void quarantine_goes_by_when_it_was_quarantined(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    bool known, whole;
    static const int64_t times[] = {DAY_1, DAY_2 - 1, DAY_2, DAY_3};
    begin(place);
    for (size_t i = 0; i < 4; i++) {
        struct quarantined mail = {.received_at = DAY_3,
                                   .quarantined_at = times[i],
                                   .size = 10,
                                   .bytes = TEXT("0123456789"),
                                   .whole = true,
                                   .reason = TEXT("x"),
                                   .source = TEXT("y")};
        mail.sha256[0] = (uint8_t)i;
        assert_true(store_put_quarantined(place->store, &mail, 1000, &known, &whole, &err));
    }
    commit(place);
    assert_int_equal(prune(place, DAY_2).quarantined, 2);
    assert_string_equal(ask(place, "SELECT quarantine_bytes FROM state"), "20");
    assert_string_equal(ask(place, "SELECT count(*) FROM quarantine_bytes"), "2");
    assert_sound(place);
}

/* References are enforced again afterwards. */
static void foreign_keys_hold_after_a_prune(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    put(place, named(place, "a", DAY_1 + 5));
    prune(place, DAY_3);
    tell(place, "CREATE TRIGGER t AFTER INSERT ON report BEGIN"
                " UPDATE report SET contact = 12345 WHERE id = NEW.id; END");
    enum store_outcome outcome;
    begin(place);
    bool stored = store_put_report(place->store, named(place, "b", DAY_3), TEXT("x"), DAY_3,
                                   &outcome, &err) &&
                  store_commit(place->store, &err);
    assert_false(stored);
    store_rollback(place->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_end_of_the_range_decides),
        STORE_TEST(nothing_is_left_of_what_goes),
        STORE_TEST(what_is_still_used_stays),
        STORE_TEST(every_reference_is_kept),
        STORE_TEST(ids_are_never_used_again),
        STORE_TEST(a_domain_whose_last_sts_entry_goes_is_its_own_no_more),
        STORE_TEST(quarantine_goes_by_when_it_was_quarantined),
        STORE_TEST(foreign_keys_hold_after_a_prune),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
