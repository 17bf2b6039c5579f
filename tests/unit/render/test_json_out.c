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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_values_only),
        cmocka_unit_test(unknown_is_null_and_numbers_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
