/* Which mails are found at a path: Maildirs, mboxes, folders, and what is left alone. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ingest/mbox.h"
#include "ingest/sources.h"
#include "ingest/worker.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tlsrpt-test.XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static void put(const char *path, const char *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_true(file_write(fd, bytes, strlen(bytes), NULL));
    close(fd);
}

static void make_maildir(const char *path)
{
    char name[128];
    mkdir(path, 0700);
    static const char *const parts[] = {"new", "cur", "tmp"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", path, parts[i]);
        mkdir(name, 0700);
    }
}

static bool none_seen(void *context, struct text directory, struct text name, bool *kept)
{
    (void)directory;
    *kept = true;
    return context && text_equal(name, text_of(context));
}

static struct source_list find(struct arena *arena, const char *path, const char *seen,
                               bool list_known)
{
    char name[64] = "";
    if (seen)
        strcpy(name, seen);
    struct source_filter filter = {none_seen, seen ? name : NULL, list_known};
    struct source_list list = {0};
    struct error err;
    assert_true(sources_find(path, &filter, arena, &list, &err));
    return list;
}

static void a_maildir_gives_new_and_cur_without_links_and_hidden_files(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    make_maildir("M");
    put("M/new/2.b", "x");
    put("M/new/1.a", "x");
    put("M/cur/0.c:2,S", "x");
    put("M/cur/.hidden", "x");
    put("M/tmp/3.d", "x");
    assert_int_equal(symlink("../new/1.a", "M/cur/4.link"), 0);
    mkfifo("M/new/5.fifo", 0600);
    make_maildir("M/.Sub");
    put("M/.Sub/new/6.e", "x");
    struct source_list list = find(&arena, "M/", NULL, false);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.at[0].path, "M/new/1.a");
    assert_string_equal(list.at[1].path, "M/new/2.b");
    assert_string_equal(list.at[2].path, "M/cur/0.c:2,S");
    assert_true(list.at[0].maildir[0] == '/');
    assert_false(list.at[0].bare_name);
}

static void what_was_seen_is_left_out_whatever_its_flags(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    make_maildir("M");
    put("M/cur/0.c:2,RS", "x");
    put("M/new/1.a", "x");
    struct source_list list = find(&arena, "M", "0.c", false);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.at[0].path, "M/new/1.a");
    list = find(&arena, "M", "0.c", true);
    assert_int_equal(list.count, 2);
    assert_true(list.at[1].known);
}

static void a_folder_is_searched_for_files_maildirs_and_mboxes(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    mkdir("F", 0700);
    mkdir("F/deep", 0700);
    mkdir("F/.git", 0700);
    put("F/.git/x", "x");
    put("F/a.json", "{}");
    put("F/deep/b.eml", "Subject: x\n\nx\n");
    put("F/box", "From a@b Thu Jan  1 00:00:00 2026\nSubject: 1\n\n1\n\n"
                 "From a@b Thu Jan  1 00:00:00 2026\nSubject: 2\n\n2\n");
    make_maildir("F/md");
    put("F/md/new/1.a", "x");
    struct source_list list = find(&arena, "F", NULL, false);
    assert_int_equal(list.count, 5);
    assert_string_equal(list.at[0].path, "F/a.json");
    assert_true(list.at[0].bare_name);
    assert_string_equal(list.at[1].path, "F/box");
    assert_int_equal(list.at[1].offset, 34);
    assert_int_equal(list.at[1].length, 14);
    assert_int_equal(list.at[2].length, 14);
    assert_string_equal(list.at[3].path, "F/deep/b.eml");
    assert_int_equal(list.at[3].length, WORKER_TO_THE_END);
    assert_non_null(list.at[4].maildir);
}

static void a_path_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct source_filter filter = {none_seen, NULL, false};
    struct source_list list = {0};
    struct error err;
    assert_false(sources_find("nowhere", &filter, &arena, &list, &err));
    assert_int_equal(err.code, ERROR_IO);
    mkfifo("fifo", 0600);
    assert_false(sources_find("fifo", &filter, &arena, &list, &err));
}

struct cut {
    uint64_t offsets[16], lengths[16];
    size_t count;
};

static bool keep_cut(void *context, uint64_t offset, uint64_t length)
{
    struct cut *cut = context;
    assert_true(cut->count < 16);
    cut->offsets[cut->count] = offset;
    cut->lengths[cut->count++] = length;
    return true;
}

static void text_that_begins_with_from_does_not_start_a_mail(void **state)
{
    (void)state;
    put("box", "From a Thu Jan  1 00:00:00 2026\nSubject: 1\n\n"
               "\nFrom here on it is text.\nFrom a Thu Jan  1 00:00:00 2026 no blank line\n\n"
               "From b Thu Jan  1 00:00:00 2026\r\nSubject: 2\r\n\r\n2\r\n\r\n"
               "From c Thu Jan  1 00:00:00 +0100 2026\n");
    int fd = open("box", O_RDONLY);
    struct cut cut = {0};
    struct error err;
    assert_true(mbox_is(fd));
    assert_true(mbox_split(fd, keep_cut, &cut, &err));
    close(fd);
    assert_int_equal(cut.count, 3);
    assert_int_equal(cut.offsets[0], 32);
    assert_int_equal(cut.lengths[1], 17);
    assert_int_equal(cut.lengths[2], 0);
}

static void an_exact_postmark_needs_no_blank_line(void **state)
{
    (void)state;
    put("box", "From a Thu Jan  1 00:00:00 2026\nSubject: 1\n\n1\n"
               "From b@example.net Mon May  4 05:10:07 2026\nSubject: 2\n\n2\n");
    int fd = open("box", O_RDONLY);
    struct cut cut = {0};
    struct error err;
    assert_true(mbox_split(fd, keep_cut, &cut, &err));
    close(fd);
    assert_int_equal(cut.count, 2);
    assert_int_equal(cut.lengths[0], 14);
    assert_int_equal(cut.lengths[1], 14);
}

static void an_mbox_of_long_lines_is_cut_at_the_right_places(void **state)
{
    (void)state;
    FILE *file = fopen("box", "w");
    uint64_t starts[3], position = 0;
    for (int i = 0; i < 3; i++) {
        position += (uint64_t)fprintf(file, "From x Thu Jan  1 00:00:00 2026\n");
        starts[i] = position;
        for (int j = 0; j < 1000000; j++)
            fputc(i == 1 && j % 7 == 0 ? ' ' : 'x', file);
        position += 1000000;
        position += (uint64_t)fprintf(file, "From x Thu Jan  1 00:00:00 2026\n\n");
    }
    fclose(file);
    int fd = open("box", O_RDONLY);
    struct cut cut = {0};
    struct error err;
    assert_true(mbox_split(fd, keep_cut, &cut, &err));
    close(fd);
    assert_int_equal(cut.count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(cut.offsets[i], starts[i]);
    assert_int_equal(cut.lengths[0], 1000000 + 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_maildir_gives_new_and_cur_without_links_and_hidden_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_seen_is_left_out_whatever_its_flags, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_is_searched_for_files_maildirs_and_mboxes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_path_that_is_not_there_is_an_error, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(text_that_begins_with_from_does_not_start_a_mail,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exact_postmark_needs_no_blank_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_mbox_of_long_lines_is_cut_at_the_right_places,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
