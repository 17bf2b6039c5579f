/* gzip is unpacked under a limit that holds, and what can be had of a damaged one is had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blobs.h"
#include "ingest/inflate.h"

static const struct text hello = TEXT_ROW("{\"policies\":[]} and some more to compress");

static void magic_bytes_decide(void **state)
{
    (void)state;
    assert_true(inflate_is_gzip(TEXT("\x1f\x8b\x08")));
    assert_false(inflate_is_gzip(TEXT("\x1f")));
    assert_false(inflate_is_gzip(TEXT_UNKNOWN));
    assert_true(inflate_is_zip(TEXT("PK\3\4")));
    assert_true(inflate_is_zip(TEXT("PK\5\6")));
    assert_false(inflate_is_zip(TEXT("PK\1\2")));
}

static void check(struct text gzip, size_t limit, enum inflate_end end, struct text expected)
{
    BUFFER_AUTO out = {0};
    assert_int_equal(inflate_gzip(gzip, limit, &out), end);
    assert_int_equal(out.length, expected.length);
    if (expected.length)
        assert_memory_equal(out.at, expected.at, expected.length);
}

static void limit_is_exact(void **state)
{
    (void)state;
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, hello, GZIP);
    struct text bytes = buffer_text(&gzip);
    check(bytes, hello.length + 1, INFLATE_WHOLE, hello);
    check(bytes, hello.length, INFLATE_WHOLE, hello);
    check(bytes, hello.length - 1, INFLATE_TOO_LARGE, text_first(hello, hello.length - 1));
    check(bytes, 0, INFLATE_TOO_LARGE, TEXT(""));
}

static void members_are_one_stream(void **state)
{
    (void)state;
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, text_first(hello, 5), GZIP);
    add_deflated(&gzip, TEXT(""), GZIP);
    add_deflated(&gzip, text_from(hello, 5), GZIP);
    check(buffer_text(&gzip), hello.length, INFLATE_WHOLE, hello);
    check(buffer_text(&gzip), hello.length - 1, INFLATE_TOO_LARGE,
          text_first(hello, hello.length - 1));
}

static void what_follows_the_last_member_is_left_alone(void **state)
{
    (void)state;
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, hello, GZIP);
    buffer_add_text(&gzip, TEXT("\0\0\0\0junk"));
    check(buffer_text(&gzip), 1000, INFLATE_WHOLE, hello);
}

static void damage_leaves_what_could_be_had(void **state)
{
    (void)state;
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, hello, GZIP);
    struct text whole = buffer_text(&gzip);
    check(text_first(whole, whole.length - 1), 1000, INFLATE_CUT, hello);
    check(text_first(whole, whole.length - 8), 1000, INFLATE_CUT, hello);
    check(text_first(whole, 10), 1000, INFLATE_CUT, TEXT(""));
    check(text_first(whole, 2), 1000, INFLATE_CUT, TEXT(""));
    check(TEXT(""), 1000, INFLATE_CUT, TEXT(""));
    gzip.at[gzip.length - 5] ^= 1; /* its CRC */
    check(buffer_text(&gzip), 1000, INFLATE_CUT, hello);
}

static void bomb_stops_at_the_limit(void **state)
{
    (void)state;
    BUFFER_AUTO gzip = {0};
    BUFFER_AUTO out = {0};
    add_gzip_of_many(&gzip, 0, 1024);
    assert_in_range(gzip.length, 1, 2 << 20);
    assert_int_equal(inflate_gzip(buffer_text(&gzip), 4 << 20, &out), INFLATE_TOO_LARGE);
    assert_int_equal(out.length, 4 << 20);
    assert_in_range(out.room, 4 << 20, 8 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(magic_bytes_decide),
        cmocka_unit_test(limit_is_exact),
        cmocka_unit_test(members_are_one_stream),
        cmocka_unit_test(what_follows_the_last_member_is_left_alone),
        cmocka_unit_test(damage_leaves_what_could_be_had),
        cmocka_unit_test(bomb_stops_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
