/* The files of a zip archive are had from memory, by their own names, under one limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blobs.h"
#include "ingest/inflate.h"

static const struct text hello = TEXT_ROW("{\"policies\":[]} and some more to compress");

struct archive {
    struct buffer bytes;
    struct arena arena;
    struct inflate_file files[INFLATE_ZIP_FILES];
    size_t count;
};

static void archive_end(struct archive *archive)
{
    buffer_free(&archive->bytes);
    arena_free(&archive->arena);
}

#define ARCHIVE_AUTO __attribute__((cleanup(archive_end))) struct archive

static enum inflate_end read_archive(struct archive *archive, size_t limit)
{
    return inflate_zip(buffer_text(&archive->bytes), limit, &archive->arena, archive->files,
                       &archive->count);
}

static void assert_file(const struct inflate_file *file, const char *name, struct text bytes,
                        enum inflate_end end)
{
    assert_true(text_equal(file->name, text_of(name)));
    assert_true(text_equal(file->bytes, bytes));
    assert_int_equal(file->end, end);
}

static void every_file_is_read_by_its_name_without_folder(void **state)
{
    (void)state;
    ARCHIVE_AUTO archive = {0};
    const struct zip_entry entries[] = {
        {"reports/", TEXT(""), true, 0},
        {"reports/a.json", hello, false, 0},
        {"../../etc/b.json", hello, true, 0},
        {"c:\\d\\c.json", hello, false, ZIP_DESCRIPTOR},
    };
    add_zip(&archive.bytes, entries, 4);
    assert_int_equal(read_archive(&archive, 1000), INFLATE_WHOLE);
    assert_int_equal(archive.count, 3);
    assert_file(&archive.files[0], "a.json", hello, INFLATE_WHOLE);
    assert_file(&archive.files[1], "b.json", hello, INFLATE_WHOLE);
    assert_file(&archive.files[2], "c.json", hello, INFLATE_WHOLE);
}

static void limit_is_for_all_files_together(void **state)
{
    (void)state;
    const struct zip_entry entries[] = {{"a", hello, true, 0}, {"b", hello, false, 0}};
    for (size_t less = 0; less < 2; less++) {
        ARCHIVE_AUTO archive = {0};
        add_zip(&archive.bytes, entries, 2);
        assert_int_equal(read_archive(&archive, 2 * hello.length - less),
                         less ? INFLATE_TOO_LARGE : INFLATE_WHOLE);
        assert_int_equal(archive.count, 2);
        assert_file(&archive.files[0], "a", hello, INFLATE_WHOLE);
        assert_file(&archive.files[1], "b", text_first(hello, hello.length - less),
                    less ? INFLATE_TOO_LARGE : INFLATE_WHOLE);
    }
}

static void bomb_stops_at_the_limit(void **state)
{
    (void)state;
    static char zeros[16 << 20];
    ARCHIVE_AUTO archive = {0};
    const struct zip_entry entries[] = {{"a", {zeros, sizeof zeros}, false, 0},
                                        {"b", {zeros, sizeof zeros}, false, 0}};
    add_zip(&archive.bytes, entries, 2);
    assert_int_equal(read_archive(&archive, 1 << 20), INFLATE_TOO_LARGE);
    assert_int_equal(archive.count, 1);
    assert_int_equal(archive.files[0].bytes.length, 1 << 20);
    assert_in_range(archive.arena.used, 1 << 20, 2 << 20);
}

static void no_more_files_than_there_is_room_for(void **state)
{
    (void)state;
    ARCHIVE_AUTO archive = {0};
    static struct zip_entry entries[INFLATE_ZIP_FILES + 1];
    for (size_t i = 0; i < INFLATE_ZIP_FILES + 1; i++)
        entries[i] = (struct zip_entry){"a", hello, true, 0};
    add_zip(&archive.bytes, entries, INFLATE_ZIP_FILES + 1);
    assert_int_equal(read_archive(&archive, 100000), INFLATE_TOO_MANY);
    assert_int_equal(archive.count, INFLATE_ZIP_FILES);
}

static void wrong_checksum_is_damage(void **state)
{
    (void)state;
    ARCHIVE_AUTO archive = {0};
    add_zip(&archive.bytes, &(struct zip_entry){"a", hello, false, ZIP_BAD_CRC}, 1);
    assert_int_equal(read_archive(&archive, 1000), INFLATE_WHOLE);
    assert_int_equal(archive.count, 1);
    assert_file(&archive.files[0], "a", hello, INFLATE_CUT);
}

static void nothing_to_read_is_empty(void **state)
{
    (void)state;
    for (size_t count = 0; count < 2; count++) {
        ARCHIVE_AUTO archive = {0};
        add_zip(&archive.bytes, &(struct zip_entry){"a", hello, true, ZIP_ENCRYPTED}, count);
        assert_int_equal(read_archive(&archive, 1000), INFLATE_EMPTY);
        assert_int_equal(archive.count, 0);
    }
}

static void first_file_is_had_without_the_directory(void **state)
{
    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        ARCHIVE_AUTO archive = {0};
        add_zip(&archive.bytes, &(struct zip_entry){"x/a.json", hello, stored, 0}, 1);
        archive.bytes.length -= 30;
        assert_int_equal(read_archive(&archive, 1000), INFLATE_CUT);
        assert_int_equal(archive.count, 1);
        assert_file(&archive.files[0], "a.json", hello, INFLATE_CUT);
        assert_int_equal(read_archive(&archive, 5), INFLATE_CUT);
        assert_file(&archive.files[0], "a.json", text_first(hello, 5), INFLATE_TOO_LARGE);
    }
}

/* Under the sanitizers. */
static void no_cut_and_no_flipped_bit_reads_beyond(void **state)
{
    (void)state;
    const struct zip_entry entries[] = {{"a", hello, false, 0}, {"b", hello, true, 0}};
    ARCHIVE_AUTO whole = {0};
    add_zip(&whole.bytes, entries, 2);
    for (size_t i = 0; i < whole.bytes.length; i++)
        for (int flip = 0; flip < 9; flip++) {
            ARCHIVE_AUTO archive = {0};
            size_t length = flip == 8 ? i : whole.bytes.length;
            buffer_add_text(&archive.bytes, text_first(buffer_text(&whole.bytes), length));
            if (flip < 8)
                archive.bytes.at[i] = (char)(archive.bytes.at[i] ^ 1 << flip);
            read_archive(&archive, 1000);
            assert_in_range(archive.count, 0, INFLATE_ZIP_FILES);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_read_by_its_name_without_folder),
        cmocka_unit_test(limit_is_for_all_files_together),
        cmocka_unit_test(bomb_stops_at_the_limit),
        cmocka_unit_test(no_more_files_than_there_is_room_for),
        cmocka_unit_test(wrong_checksum_is_damage),
        cmocka_unit_test(nothing_to_read_is_empty),
        cmocka_unit_test(first_file_is_had_without_the_directory),
        cmocka_unit_test(no_cut_and_no_flipped_bit_reads_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
