#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/paths.h"

static void clear(void)
{
    static const char *const names[] = {"TLSRPT_DB", "TLSRPT_CONFIG", "XDG_STATE_HOME",
                                        "XDG_CONFIG_HOME", "HOME"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void the_database_is_found_in_the_order_of_the_contract(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct error err = {0};
    const char *path;
    clear();
    assert_false(paths_database(TEXT_UNKNOWN, TEXT_UNKNOWN, false, &arena, &path, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    setenv("HOME", "/home/user", 1);
    assert_true(paths_database(TEXT_UNKNOWN, TEXT_UNKNOWN, false, &arena, &path, &err));
    assert_string_equal(path, "/home/user/.local/state/tlsrpt/tlsrpt.db");
    setenv("XDG_STATE_HOME", "relative", 1);
    assert_true(paths_database(TEXT_UNKNOWN, TEXT_UNKNOWN, false, &arena, &path, &err));
    assert_string_equal(path, "/home/user/.local/state/tlsrpt/tlsrpt.db");
    setenv("XDG_STATE_HOME", "/state", 1);
    assert_true(paths_database(TEXT_UNKNOWN, TEXT_UNKNOWN, false, &arena, &path, &err));
    assert_string_equal(path, "/state/tlsrpt/tlsrpt.db");
    assert_true(paths_database(TEXT_UNKNOWN, TEXT("/conf.db"), false, &arena, &path, &err));
    assert_string_equal(path, "/conf.db");
    setenv("TLSRPT_DB", "/env.db", 1);
    assert_true(paths_database(TEXT_UNKNOWN, TEXT("/conf.db"), false, &arena, &path, &err));
    assert_string_equal(path, "/env.db");
    assert_true(paths_database(TEXT("x.db"), TEXT("/conf.db"), false, &arena, &path, &err));
    assert_string_equal(path, "x.db");
    assert_false(paths_database(TEXT(""), TEXT("/conf.db"), false, &arena, &path, &err));
    assert_int_equal(err.code, ERROR_USAGE);
    clear();
}

static void only_the_folder_of_the_default_is_made_and_is_private(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct error err = {0};
    struct stat about;
    const char *path;
    char home[] = "/tmp/test_paths.XXXXXX";
    assert_non_null(mkdtemp(home));
    clear();
    setenv("HOME", home, 1);
    const char *state_folder = text_format(&arena, "%s/.local/state/tlsrpt", home).at;
    const char *named = text_format(&arena, "%s/none/x.db", home).at;
    assert_true(paths_database(text_of(named), TEXT_UNKNOWN, true, &arena, &path, &err));
    assert_int_not_equal(stat(text_format(&arena, "%s/none", home).at, &about), 0);
    assert_true(paths_database(TEXT_UNKNOWN, TEXT_UNKNOWN, false, &arena, &path, &err));
    assert_int_not_equal(stat(state_folder, &about), 0);
    for (int again = 0; again < 2; again++) {
        assert_true(paths_database(TEXT_UNKNOWN, TEXT_UNKNOWN, true, &arena, &path, &err));
        assert_int_equal(stat(state_folder, &about), 0);
        assert_int_equal(about.st_mode & 07777, 0700);
    }
    clear();
    static const char *const made[] = {"/.local/state/tlsrpt", "/.local/state", "/.local", ""};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        assert_int_equal(rmdir(text_format(&arena, "%s%s", home, made[i]).at), 0);
}

static void a_configuration_that_is_not_named_may_be_missing(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct error err = {0};
    const char *path;
    clear();
    setenv("XDG_CONFIG_HOME", "/none", 1);
    assert_true(paths_config(TEXT_UNKNOWN, &arena, &path, &err));
    assert_true(!path || text_starts(text_of(path), TEXT("/etc/")));
    setenv("TLSRPT_CONFIG", "", 1);
    assert_true(paths_config(TEXT_UNKNOWN, &arena, &path, &err));
    assert_true(!path || text_starts(text_of(path), TEXT("/etc/")));
    setenv("TLSRPT_CONFIG", "/env.conf", 1);
    assert_true(paths_config(TEXT_UNKNOWN, &arena, &path, &err));
    assert_string_equal(path, "/env.conf");
    assert_true(paths_config(TEXT("named.conf"), &arena, &path, &err));
    assert_string_equal(path, "named.conf");
    assert_false(paths_config(TEXT(""), &arena, &path, &err));
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_database_is_found_in_the_order_of_the_contract),
        cmocka_unit_test(only_the_folder_of_the_default_is_made_and_is_private),
        cmocka_unit_test(a_configuration_that_is_not_named_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
