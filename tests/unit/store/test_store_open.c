/* Opening: what is refused, with which code, and what a new file looks like. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "store_testing.h"

static void assert_refused(const char *path, enum store_mode mode, enum error_code code)
{
    struct error err = {0};
    struct store *store = store_open(path, mode, &err);
    if (store || err.code != code)
        fail_msg("%s: %d, not %d: %s", path, err.code, code, err.text);
    assert_null(strchr(err.text, '\n'));
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

/* Runs CHECK in a child, for what cannot be undone: rights, limits. Its exit status is 0 if it
 * returns true. */
static void in_child(bool (*check)(struct place *place), struct place *place)
{
    pid_t child = fork();
    if (child == 0)
        _exit(check(place) ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool refused_with(const char *path, enum store_mode mode, enum error_code code)
{
    struct error err = {0};
    struct store *store = store_open(path, mode, &err);
    if (!store && err.code == code)
        return true;
    fprintf(stderr, "%s: code %d: %s\n", path, err.code, err.text);
    store_close(store);
    return false;
}

static void a_missing_database_is_made_by_a_writer_only(void **state)
{
    struct place *place = *state;
    assert_refused(place->path, STORE_READ, ERROR_UNAVAILABLE);
    assert_int_not_equal(access(place->path, F_OK), 0);
    place_open_as(place, STORE_WRITE);
    place_open_as(place, STORE_READ);
    assert_string_equal(ask(place, "PRAGMA application_id"), "1414288210");
    assert_string_equal(ask(place, "PRAGMA journal_mode"), "delete");
    assert_sound(place);
}

static void a_missing_folder_is_not_made(void **state)
{
    struct place *place = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/none/t.db", place->folder);
    assert_refused(path, STORE_READ, ERROR_IO);
    assert_refused(path, STORE_WRITE, ERROR_IO);
}

static void what_is_no_database_is_refused_and_left_alone(void **state)
{
    struct place *place = *state;
    char junk[5000];
    memset(junk, 'j', sizeof junk);
    /* SQLite takes a file of one byte for an empty one. */
    static const size_t lengths[] = {2, 99, 100, 512, 4096, 5000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_file(place->path, junk, lengths[i]);
        assert_refused(place->path, STORE_READ, ERROR_IO);
        assert_refused(place->path, STORE_WRITE, ERROR_IO);
        struct stat about;
        assert_int_equal(stat(place->path, &about), 0);
        assert_int_equal(about.st_size, lengths[i]);
    }
    char below[128];
    snprintf(below, sizeof below, "%s/below", place->path);
    assert_refused(below, STORE_WRITE, ERROR_IO); /* its folder is a file */
    assert_refused(place->folder, STORE_READ, ERROR_IO);
    assert_refused(place->folder, STORE_WRITE, ERROR_IO);
    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_refused(place->path, STORE_READ, ERROR_IO);
    assert_refused(place->path, STORE_WRITE, ERROR_IO);
}

static void another_programs_database_is_refused(void **state)
{
    struct place *place = *state;
    tell(place,
         "PRAGMA journal_mode = WAL; CREATE TABLE other (x); INSERT INTO other VALUES (1)");
    assert_refused(place->path, STORE_READ, ERROR_IO);
    assert_refused(place->path, STORE_WRITE, ERROR_IO);
    assert_string_equal(ask(place, "PRAGMA journal_mode"), "wal");
    tell(place, "PRAGMA application_id = 7; PRAGMA user_version = 1; DROP TABLE other");
    assert_refused(place->path, STORE_WRITE, ERROR_IO);
}

static void an_empty_file_becomes_a_database(void **state)
{
    struct place *place = *state;
    write_file(place->path, "", 0);
    assert_refused(place->path, STORE_READ, ERROR_UNAVAILABLE);
    place_open_as(place, STORE_WRITE);
    place_open_as(place, STORE_READ);
}

static void a_newer_or_older_schema_is_a_matter_of_configuration(void **state)
{
    struct place *place = *state;
    place_open_as(place, STORE_WRITE);
    tell(place, "PRAGMA user_version = 1000");
    assert_refused(place->path, STORE_READ, ERROR_CONFIG);
    assert_refused(place->path, STORE_WRITE, ERROR_CONFIG);
}

static void a_name_that_sqlite_gives_a_meaning_is_a_file(void **state)
{
    struct place *place = *state;
    int old = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(place->folder), 0);
    static const char *const names[] = {":memory:", "file:x?mode=memory", "x y'%.db"};
    for (size_t i = 0; i < 3; i++) {
        struct error err = {0};
        struct store *store = store_open(names[i], STORE_WRITE, &err);
        if (!store)
            fail_msg("%s", err.text);
        store_close(store);
        struct stat about;
        assert_int_equal(stat(names[i], &about), 0);
        assert_true(about.st_size > 0);
    }
    assert_int_equal(fchdir(old), 0);
    close(old);
}

static void a_link_leads_to_the_database(void **state)
{
    struct place *place = *state;
    char link[128];
    snprintf(link, sizeof link, "%s/link", place->folder);
    place_open_as(place, STORE_WRITE);
    assert_int_equal(symlink(place->path, link), 0);
    STORE_AUTO *store = store_open(link, STORE_WRITE, NULL);
    assert_non_null(store);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("nowhere", link), 0);
    assert_refused(link, STORE_WRITE, ERROR_IO);
}

static void a_new_file_has_mode_and_group_of_its_folder(void **state)
{
    struct place *place = *state;
    gid_t group = getegid();
    if (geteuid() == 0) {
        group = 12345;
        assert_int_equal(chown(place->folder, (uid_t)-1, group), 0);
    }
    mode_t old = umask(007);
    place_open_as(place, STORE_WRITE);
    struct stat about;
    assert_int_equal(stat(place->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
    assert_int_equal(about.st_gid, group);
    /* So has the journal. */
    begin(place);
    put_in(place, make_report(place, "a"));
    char journal[128];
    snprintf(journal, sizeof journal, "%s-journal", place->path);
    assert_int_equal(stat(journal, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
    assert_int_equal(about.st_gid, group);
    commit(place);
    store_close(place->store);
    place->store = NULL;
    unlink(place->path);
    umask(077);
    place_open_as(place, STORE_WRITE);
    assert_int_equal(stat(place->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    umask(old);
}

static bool become_nobody(void)
{
    return geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
}

static bool unprivileged_is_refused(struct place *place)
{
    char other[128];
    snprintf(other, sizeof other, "%s/other.db", place->folder);
    return become_nobody() && refused_with(place->path, STORE_WRITE, ERROR_IO) &&
           refused_with(other, STORE_WRITE, ERROR_IO);
}

static bool unprivileged_reads(struct place *place)
{
    STORE_AUTO *store = become_nobody() ? store_open(place->path, STORE_READ, NULL) : NULL;
    return store != NULL;
}

static bool unprivileged_may_not_read(struct place *place)
{
    return become_nobody() && refused_with(place->path, STORE_READ, ERROR_IO);
}

static void rights_decide(void **state)
{
    struct place *place = *state;
    place_open_as(place, STORE_WRITE);
    store_close(place->store);
    place->store = NULL;
    assert_int_equal(chmod(place->path, 0444), 0);
    assert_int_equal(chmod(place->folder, 0555), 0);
    in_child(unprivileged_is_refused, place);
    in_child(unprivileged_reads, place);
    /* The file may be written, but the journal beside it cannot be made. */
    assert_int_equal(chmod(place->path, 0666), 0);
    in_child(unprivileged_is_refused, place);
    assert_int_equal(chmod(place->path, 0000), 0);
    in_child(unprivileged_may_not_read, place);
    assert_int_equal(chmod(place->folder, 0755), 0);
}

static bool limit_and_open(struct place *place, rlim_t spare)
{
    struct stat about = {0};
    stat(place->path, &about);
    rlim_t limit = (rlim_t)about.st_size + spare;
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit}) == 0;
}

static bool too_small_a_limit(struct place *place)
{
    return limit_and_open(place, 1024 * 1024 - 1) &&
           refused_with(place->path, STORE_WRITE, ERROR_TRY_AGAIN);
}

static bool enough_of_a_limit(struct place *place)
{
    struct error err = {0};
    if (!limit_and_open(place, 1024 * 1024))
        return false;
    STORE_AUTO *store = store_open(place->path, STORE_WRITE, &err);
    if (!store)
        fprintf(stderr, "%s\n", err.text);
    return store != NULL;
}

/* A limit that is reached in the middle: the transaction is lost, the database is not. */
static bool a_limit_in_the_middle(struct place *place)
{
    struct error err = {0};
    if (!limit_and_open(place, 1024 * 1024))
        return false;
    place->store = NULL;
    STORE_AUTO *store = store_open(place->path, STORE_WRITE, &err);
    if (!store || !store_begin(store, &err))
        return false;
    struct tls_report *report = make_report(place, "large");
    char *free_text = arena_alloc(&place->arena, 2 * 1024 * 1024);
    memset(free_text, 'x', 2 * 1024 * 1024);
    report->contact_info = (struct text){free_text, 2 * 1024 * 1024};
    enum store_outcome outcome;
    bool put = store_put_report(store, report, TEXT("x"), DAY_3, &outcome, &err);
    bool stored = put && store_commit(store, &err);
    if (stored || err.code != ERROR_TRY_AGAIN)
        fprintf(stderr, "code %d: %s\n", err.code, err.text);
    if (!stored)
        store_rollback(store);
    return !stored && err.code == ERROR_TRY_AGAIN;
}

static void a_file_size_limit_is_try_again(void **state)
{
    struct place *place = *state;
    in_child(too_small_a_limit, place);
    assert_int_not_equal(access(place->path, F_OK), 0);
    in_child(enough_of_a_limit, place);
    in_child(too_small_a_limit, place);
    in_child(a_limit_in_the_middle, place);
    assert_string_equal(ask(place, "SELECT count(*) FROM report"), "0");
    assert_sound(place);
}

static void a_database_in_wal_mode_goes_back(void **state)
{
    struct place *place = *state;
    place_open_as(place, STORE_WRITE);
    store_close(place->store);
    place->store = NULL;
    tell(place, "PRAGMA journal_mode = WAL");
    place_open_as(place, STORE_WRITE);
    assert_string_equal(ask(place, "PRAGMA journal_mode"), "delete");
}

static void a_damaged_database_is_an_error_and_no_more(void **state)
{
    struct place *place = *state;
    place_open_as(place, STORE_WRITE);
    begin(place);
    for (char content[] = "a"; content[0] <= 'z'; content[0]++) {
        struct tls_report *report = make_report(place, content);
        report->report_id = text_of(text_string(&place->arena, text_of(content)));
        add_failures(place, &report->policies[0], 100);
        put_in(place, report);
    }
    commit(place);
    store_close(place->store);
    place->store = NULL;
    struct stat about;
    assert_int_equal(stat(place->path, &about), 0);
    unsigned seed = 1;
    for (int round = 0; round < 60; round++) {
        char copy[256];
        snprintf(copy, sizeof copy, "cp '%s' '%s.copy'", place->path, place->path);
        assert_int_equal(system(copy), 0);
        snprintf(copy, sizeof copy, "%s.copy", place->path);
        int fd = open(copy, O_WRONLY);
        for (int i = 0; i < 40; i++) {
            seed = seed * 1103515245u + 12345u;
            char byte = (char)(seed >> 16);
            off_t at = 100 + (off_t)(seed >> 4) % (about.st_size - 100);
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
        close(fd);
        struct error err = {0};
        STORE_AUTO *store = store_open(copy, STORE_WRITE, &err);
        if (!store)
            continue;
        struct listing listing = {.place = place};
        struct row_filter filter = ALL_ROWS;
        enum store_outcome outcome;
        struct prune_counts counts;
        store_rows(store, &filter, list_row, &listing, &err);
        buffer_free(&listing.text);
        if (store_begin(store, &err)) {
            store_put_report(store, make_report(place, "new"), TEXT("x"), DAY_3, &outcome,
                             &err);
            store_commit(store, &err);
        }
        store_prune(store, DAY_3, &counts, &err);
    }
}

/* Values that no version wrote, put there by hand with the checks off. */
static void a_database_edited_by_hand_can_be_read(void **state)
{
    struct place *place = *state;
    place_open_as(place, STORE_WRITE);
    struct tls_report *report = make_report(place, "a");
    add_failures(place, &report->policies[0], 1);
    put(place, report);
    tell(place, "PRAGMA ignore_check_constraints = ON;"
                "UPDATE policy SET successful = -1, failed = -9, position = -5, begin_at = -7,"
                "  warnings = 999;"
                "UPDATE report SET begin_at = -1, authenticated = 99, sha256 = X'00',"
                "  organization = 998, received_at = 9223372036854775807;"
                "UPDATE attribution SET policy_type = 'nonsense', domain = 997;"
                "UPDATE quoted_policy SET mode = '?', strings = '[1,', mx_hosts = 'x';"
                "UPDATE failure SET failed = -1, result_type = 996, cause = 995");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=? f2=?");
    tell(place, "DELETE FROM report; DELETE FROM attribution; DELETE FROM quoted_policy;"
                "DELETE FROM text");
    assert_string_equal(rows_of(place, ALL_ROWS), "p1=? f2=?");
    tell(place, "DELETE FROM state");
    struct error err = {0};
    enum store_outcome outcome;
    begin(place);
    assert_false(store_put_report(place->store, report, TEXT("x"), DAY_3, &outcome, &err));
    assert_int_equal(err.code, ERROR_IO);
    store_rollback(place->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(a_missing_database_is_made_by_a_writer_only),
        PLACE_TEST(a_missing_folder_is_not_made),
        PLACE_TEST(what_is_no_database_is_refused_and_left_alone),
        PLACE_TEST(another_programs_database_is_refused),
        PLACE_TEST(an_empty_file_becomes_a_database),
        PLACE_TEST(a_newer_or_older_schema_is_a_matter_of_configuration),
        PLACE_TEST(a_name_that_sqlite_gives_a_meaning_is_a_file),
        PLACE_TEST(a_link_leads_to_the_database),
        PLACE_TEST(a_new_file_has_mode_and_group_of_its_folder),
        PLACE_TEST(rights_decide),
        PLACE_TEST(a_file_size_limit_is_try_again),
        PLACE_TEST(a_database_in_wal_mode_goes_back),
        PLACE_TEST(a_damaged_database_is_an_error_and_no_more),
        PLACE_TEST(a_database_edited_by_hand_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
