/* The files of Maildirs that were read. */
#include "store_testing.h"

static bool seen(struct place *place, const char *directory, const char *name, bool *is_report)
{
    ARENA_AUTO arena = {0};
    const struct seen_files *files = store_seen_files(place->store, text_of(directory), &arena);
    return seen_files_have(files, text_of(name), is_report);
}

static void add(struct place *place, const char *directory, const char *name, bool is_report)
{
    struct error err = {0};
    assert_true(store_add_seen(place->store, text_of(directory), text_of(name), is_report,
                               DAY_3, &err));
}

static void a_file_is_known_by_folder_and_name(void **state)
{
    struct place *place = *state;
    bool is_report = true;
    assert_false(seen(place, "/mail/a", "1.host", &is_report));
    assert_false(is_report);
    begin(place);
    add(place, "/mail/a", "1.host", true);
    add(place, "/mail/a", "2.host", false);
    assert_true(seen(place, "/mail/a", "1.host", &is_report));
    commit(place);
    place_open_as(place, STORE_WRITE);
    assert_true(seen(place, "/mail/a", "1.host", &is_report));
    assert_true(is_report);
    assert_true(seen(place, "/mail/a", "2.host", &is_report));
    assert_false(is_report);
    assert_false(seen(place, "/mail/b", "1.host", &is_report));
    assert_false(seen(place, "/mail/a", "3.host", &is_report));
    assert_false(seen(place, "/mail/a", "", &is_report));
}

static void names_of_one_second_and_names_without_a_time_differ(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {
        "1700000000.M1P1.host", "1700000000.M2P1.host", "mail a", "mail b",
        "99999999999.host",     "99999999998.host",     ""};
    enum { NAMES = sizeof names / sizeof *names };
    bool is_report;
    for (int i = 0; i < NAMES; i++) {
        for (int j = 0; j < NAMES; j++)
            assert_int_equal(seen(place, "/mail/a", names[j], &is_report), j < i);
        begin(place);
        add(place, "/mail/a", names[i], true);
        commit(place);
    }
}

static void a_second_word_on_a_file_replaces_the_first(void **state)
{
    struct place *place = *state;
    bool is_report;
    begin(place);
    add(place, "/mail/a", "1.host", false);
    add(place, "/mail/a", "1.host", true);
    commit(place);
    assert_true(seen(place, "/mail/a", "1.host", &is_report));
    assert_true(is_report);
    assert_string_equal(ask(place, "SELECT count(*) FROM seen"), "1");
}

static void a_long_folder_is_found_again(void **state)
{
    struct place *place = *state;
    char folder[3000];
    bool is_report;
    memset(folder, 'd', sizeof folder - 1);
    folder[0] = '/';
    folder[sizeof folder - 1] = 0;
    begin(place);
    add(place, folder, "1.host", true);
    commit(place);
    assert_true(seen(place, folder, "1.host", &is_report));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_file_is_known_by_folder_and_name),
        STORE_TEST(names_of_one_second_and_names_without_a_time_differ),
        STORE_TEST(a_second_word_on_a_file_replaces_the_first),
        STORE_TEST(a_long_folder_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
