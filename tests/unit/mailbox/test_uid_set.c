/* Sets of uids, as IMAP writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailbox/uid_set.h"

static void assert_written(const struct uid_set *set, const char *expected)
{
    BUFFER_AUTO out = {0};
    uid_set_write(&out, set);
    buffer_add_char(&out, 0);
    assert_string_equal(out.at, expected);
}

static void uids_in_a_row_become_a_range(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct uid_set set = {0};
    static const uint32_t uids[] = {1, 2, 3, 5, 7, 8, UINT32_MAX - 1, UINT32_MAX};
    assert_written(&set, "-");
    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
        uid_set_add(&arena, &set, uids[i]);
    assert_written(&set, "1:3,5,7:8,4294967294:4294967295");
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const char *const good[] = {"-", "1", "4294967295", "1:4294967295", "2:5,9,11:12"};
    static const char *const bad[] = {
        "",  "0",          "0:3", "5:2", "3,2", "3,3", "1:2,2", "1,,", "1-2",          "1:*",
        "x", "4294967296", " 1",  "1 ",  "--",  "1:",  ":2",    ",1",  "1:4294967296", "1:2:3"};
    ARENA_AUTO arena = {0};
    struct uid_set set;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(uid_set_read(&arena, text_of(good[i]), &set));
        assert_written(&set, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (uid_set_read(&arena, text_of(bad[i]), &set))
            fail_msg("\"%s\" was read", bad[i]);
}

static void uids_are_taken_off_the_front(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct uid_set set, first;
    assert_true(uid_set_read(&arena, TEXT("1:3,7,9:4294967295"), &set));
    assert_true(uid_set_take(&arena, &set, 2, &first));
    assert_written(&first, "1:2");
    assert_true(uid_set_take(&arena, &set, 4, &first));
    assert_written(&first, "3,7,9:10");
    assert_written(&set, "11:4294967295");
    assert_true(uid_set_take(&arena, &set, UINT64_MAX, &first));
    assert_written(&first, "11:4294967295");
    assert_false(uid_set_take(&arena, &set, 1, &first));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(uids_in_a_row_become_a_range),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(uids_are_taken_off_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
