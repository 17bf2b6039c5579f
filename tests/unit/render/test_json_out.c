#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "render/json_out.h"

static void commas_stand_between_values_only(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    struct json_out json = {.to = &out};
    json_object(&json, NULL);
    json_array(&json, "empty");
    json_array_end(&json);
    json_array(&json, "some");
    json_unsigned(&json, NULL, 1);
    json_object(&json, NULL);
    json_object_end(&json);
    json_bool(&json, NULL, true);
    json_array_end(&json);
    json_bool(&json, "last", false);
    json_object_end(&json);
    buffer_add_char(&out, 0);
    assert_string_equal(out.at, "{\"empty\":[],\"some\":[1,{},true],\"last\":false}");
}

static void unknown_is_null_and_numbers_are_exact(void **state)
{
    (void)state;
    BUFFER_AUTO out = {0};
    struct json_out json = {.to = &out};
    json_array(&json, NULL);
    json_text(&json, NULL, TEXT_UNKNOWN);
    json_text(&json, NULL, TEXT(""));
    json_time(&json, NULL, TIME_UNKNOWN);
    json_time(&json, NULL, 1764547200);
    json_null(&json, NULL);
    json_unsigned(&json, NULL, INT64_MAX);
    json_unsigned(&json, NULL, UINT64_MAX);
    json_signed(&json, NULL, INT64_MIN);
    json_array_end(&json);
    buffer_add_char(&out, 0);
    assert_string_equal(out.at, "[null,\"\",null,\"2025-12-01T00:00:00Z\",null,"
                                "9223372036854775807,18446744073709551615,"
                                "-9223372036854775808]");
}

static void a_share_has_a_point_and_four_digits_at_most(void **state)
{
    static const struct {
        double share;
        const char *json;
    } cases[] = {
        {0, "0.0"},          {1, "1.0"},          {0.75, "0.75"}, {0.05, "0.05"},
        {1.0 / 3, "0.3333"}, {2.0 / 3, "0.6667"}, {1e-9, "0.0"},  {0.99999, "1.0"},
        {-1, "0.0"},         {7, "1.0"},          {NAN, "0.0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUFFER_AUTO out = {0};
        struct json_out json = {.to = &out};
        json_share(&json, NULL, cases[i].share);
        buffer_add_char(&out, 0);
        assert_string_equal(out.at, cases[i].json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_values_only),
        cmocka_unit_test(unknown_is_null_and_numbers_are_exact),
        cmocka_unit_test(a_share_has_a_point_and_four_digits_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
