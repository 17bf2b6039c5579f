/* Corners of what is told of a migration: who runs a name, which state was the last stable one, the exact records, and
 * when old hosts may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ahead/migration_parts.h"
#include "base/vector.h"
#include "rules/counting.h"

enum { DAY = TIME_DAY, BEGIN = 20000 * DAY };

static bool same(const char *a, const char *b)
{
    return migration_same_party(text_of(a), text_of(b)) &&
           migration_same_party(text_of(b), text_of(a));
}

static void two_labels_in_common_are_one_party(void **state)
{
    (void)state;
    assert_true(same("mx1.vendor.example", "reports.vendor.example"));
    assert_true(same("vendor.example", "mx.eu.vendor.example"));
    assert_true(same("vendor.example", "VENDOR.EXAMPLE"));
    assert_true(same("mx.vendor.co.uk", "reports.vendor.co.uk"));
    assert_true(same("mx.vendor.de", "vendor.de"));
}

static void a_suffix_in_common_is_none(void **state)
{
    (void)state;
    assert_false(same("mx.vendor.example", "mx.other.example"));
    assert_false(same("mx.vendor.co.uk", "mx.other.co.uk"));
    assert_false(same("mx.vendor.com.au", "other.com.au"));
    assert_false(same("vendor.example", "notvendor.example"));
    assert_false(same("example", "example"));
    assert_false(same("", ""));
}

/* ---- histories ---- */

struct story {
    struct arena arena;
    struct groups groups;
    struct inquiry inquiry;
};

static void add_record(struct story *story, struct observation *observation, const char *name,
                       const char *type, struct text value, bool has_ttl)
{
    struct observed_record record = {.name = text_of(name),
                                     .type = text_of(type),
                                     .ttl = {has_ttl, has_ttl ? 3600 : 0},
                                     .value = value};
    VECTOR_ADD(&story->arena, &observation->records, record);
}

static void begin(struct story *story)
{
    *story = (struct story){0};
    story->groups = groups_new(&story->arena);
    story->inquiry = (struct inquiry){.arena = &story->arena,
                                      .domain = TEXT("example.com"),
                                      .now = BEGIN + 100 * DAY,
                                      .since = BEGIN,
                                      .until = BEGIN + 100 * DAY,
                                      .groups = &story->groups};
}

/* On that day the MX is as given, and the policy demands it for MAX_AGE. Null: the look-up failed. */
static void observe(struct story *story, int day, const char *mx, unsigned max_age)
{
    struct observation *observation =
        observation_new(&story->arena, TEXT("example.com"), BEGIN + day * DAY);
    if (mx) {
        add_record(story, observation, "example.com", "MX",
                   text_format(&story->arena, "10 %s", mx), true);
    } else {
        struct observed_lookup lookup = {
            .name = TEXT("example.com"), .type = TEXT("MX"), .status = LOOKUP_SERVFAIL};
        VECTOR_ADD(&story->arena, &observation->lookups, lookup);
    }
    if (max_age) {
        observation->policy = observed_policy_new(&story->arena);
        observation->policy->status = FETCH_OK;
        observation->policy->body = text_format(
            &story->arena, "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: %u\n",
            max_age);
    }
    inquiry_observed(&story->inquiry, observation, day + 1);
}

static int stable_day(const struct story *story)
{
    const struct sight *stable = migration_stable(&story->inquiry);
    return stable ? (int)((stable->taken_at - BEGIN) / DAY) : -1;
}

static void nothing_changed(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    assert_int_equal(stable_day(&story), -1);
    for (int day = 0; day < 3; day++)
        observe(&story, day, "mx1.example.com", 0);
    assert_int_equal(stable_day(&story), -1);
    arena_free(&story.arena);
}

static void changes_within_a_week_are_one_migration(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    observe(&story, 0, "mx0.example.com", 0);
    observe(&story, 10, "mx1.example.com", 0);
    observe(&story, 17, "mx1.example.com", 0);
    observe(&story, 18, "mx2.example.com", 0);
    observe(&story, 24, "mx2.example.com", 0);
    observe(&story, 25, "mx3.example.com", 0);
    observe(&story, 60, "mx3.example.com", 0);
    assert_int_equal(stable_day(&story), 17);
    arena_free(&story.arena);
    /* mx2 for a week: that was stable. */
    begin(&story);
    observe(&story, 10, "mx1.example.com", 0);
    observe(&story, 18, "mx2.example.com", 0);
    observe(&story, 25, "mx2.example.com", 0);
    observe(&story, 26, "mx3.example.com", 0);
    assert_int_equal(stable_day(&story), 25);
    arena_free(&story.arena);
}

static void what_is_not_known_is_no_change(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    observe(&story, 0, "mx1.example.com", 0);
    observe(&story, 10, NULL, 0);
    observe(&story, 11, NULL, 0);
    assert_int_equal(stable_day(&story), -1);
    /* A change behind it is one. */
    observe(&story, 12, "mx2.example.com", 0);
    assert_int_equal(stable_day(&story), 0);
    arena_free(&story.arena);
}

static void a_longer_max_age_keeps_hosts_longer(void **state)
{
    (void)state;
    static const struct {
        unsigned max_age;
        int days;
    } cases[] = {{0, 7}, {86400, 7}, {7 * DAY, 7}, {30 * DAY, 30}, {31557600, 365}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct story story;
        begin(&story);
        observe(&story, 0, "mx1.example.com", cases[i].max_age);
        observe(&story, 1, "mx2.example.com", 0);
        struct text_list hosts = {(struct text[]){TEXT("mx1.example.com")}, 1};
        struct retirement retirement =
            retirement_of(&story.inquiry, &hosts, &story.inquiry.sights.at[0], BEGIN + DAY);
        assert_int_equal(retirement.quiet / DAY, cases[i].days);
        assert_int_equal(retirement.at, BEGIN + DAY + retirement.quiet);
        assert_true(retirement.last_hit == TIME_UNKNOWN);
        arena_free(&story.arena);
    }
}

/* ---- the exact records ---- */

static struct text line_of(struct story *story, const char *type, struct text value,
                           bool has_ttl)
{
    struct observation *observation =
        observation_new(&story->arena, TEXT("example.com"), BEGIN);
    struct migration migration = {.inquiry = &story->inquiry};
    struct sight sight = {.observation = observation};
    struct text_list lines = {0};
    add_record(story, observation, "example.com", type, value, has_ttl);
    back_records(&migration, &sight, TEXT("example.com"), type, &lines);
    assert_int_equal(lines.count, 1);
    return lines.at[0];
}

static void assert_line(struct story *story, const char *type, struct text value, bool has_ttl,
                        const char *expected)
{
    struct text line = line_of(story, type, value, has_ttl);
    assert_int_equal(line.length, strlen(expected));
    assert_memory_equal(line.at, expected, line.length);
}

static void records_can_be_pasted(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    assert_line(&story, "MX", TEXT("10 mx1.example.com"), true,
                "example.com. 3600 IN MX 10 mx1.example.com.");
    assert_line(&story, "MX", TEXT("0 ."), false, "example.com. IN MX 0 .");
    assert_line(&story, "CNAME", TEXT("a.example.net"), false,
                "example.com. IN CNAME a.example.net.");
    assert_line(&story, "TXT", TEXT("v=STSv1; id=1;"), true,
                "example.com. 3600 IN TXT \"v=STSv1; id=1;\"");
    assert_line(&story, "TXT", TEXT("a\"b\\c\n\033\0d"), false,
                "example.com. IN TXT \"a\\\"b\\\\c\\010\\027\\000d\"");
    assert_line(&story, "TXT", TEXT(""), false, "example.com. IN TXT \"\"");
    arena_free(&story.arena);
}

static void long_texts_are_several_strings(void **state)
{
    (void)state;
    struct story story;
    char value[512];
    begin(&story);
    memset(value, 'x', sizeof value);
    static const size_t lengths[] = {254, 255, 256, 510, 511};
    static const size_t strings[] = {1, 1, 2, 2, 3};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct text line = line_of(&story, "TXT", (struct text){value, lengths[i]}, false);
        size_t quotes = 0;
        for (size_t j = 0; j < line.length; j++)
            quotes += line.at[j] == '"';
        assert_int_equal(quotes, 2 * strings[i]);
        assert_int_equal(line.at[line.length - 1], '"');
    }
    arena_free(&story.arena);
}

static void every_code_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < migration_rule_count; i++) {
        const struct migration_rule *rule = &migration_rules[i];
        assert_true(rule->finds && rule->severity && rule->reference && rule->title &&
                    rule->meaning && rule->decided && rule->action);
        assert_ptr_equal(migration_rule_of(text_of(rule->code)), rule);
        assert_true(rule->title[strlen(rule->title) - 1] != '.');
    }
    assert_null(migration_rule_of(TEXT("MIG-NONE")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_labels_in_common_are_one_party),
        cmocka_unit_test(a_suffix_in_common_is_none),
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(changes_within_a_week_are_one_migration),
        cmocka_unit_test(what_is_not_known_is_no_change),
        cmocka_unit_test(a_longer_max_age_keeps_hosts_longer),
        cmocka_unit_test(records_can_be_pasted),
        cmocka_unit_test(long_texts_are_several_strings),
        cmocka_unit_test(every_code_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
