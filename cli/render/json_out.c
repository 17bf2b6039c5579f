#include "render/json_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "render/escape.h"

static void begin_value(struct json_out *out, const char *key)
{
    if (out->comma)
        buffer_add_char(out->to, ',');
    out->comma = true;
    if (!key)
        return;
    buffer_add_char(out->to, '"');
    buffer_add(out->to, key, strlen(key));
    buffer_add(out->to, "\":", 2);
}

static void begin_group(struct json_out *out, const char *key, char bracket)
{
    begin_value(out, key);
    buffer_add_char(out->to, bracket);
    out->comma = false;
}

static void end_group(struct json_out *out, char bracket)
{
    buffer_add_char(out->to, bracket);
    out->comma = true;
}

void json_object(struct json_out *out, const char *key)
{
    begin_group(out, key, '{');
}

void json_object_end(struct json_out *out)
{
    end_group(out, '}');
}

void json_array(struct json_out *out, const char *key)
{
    begin_group(out, key, '[');
}

void json_array_end(struct json_out *out)
{
    end_group(out, ']');
}

void json_text(struct json_out *out, const char *key, struct text text)
{
    if (!text_known(text)) {
        json_null(out, key);
        return;
    }
    begin_value(out, key);
    buffer_add_char(out->to, '"');
    escape_json(out->to, text);
    buffer_add_char(out->to, '"');
}

void json_list(struct json_out *out, const char *key, const struct text_list *list)
{
    json_array(out, key);
    for (size_t i = 0; i < list->count; i++)
        json_text(out, NULL, list->at[i]);
    json_array_end(out);
}

void json_unsigned(struct json_out *out, const char *key, uint64_t number)
{
    begin_value(out, key);
    buffer_format(out->to, "%" PRIu64, number);
}

void json_signed(struct json_out *out, const char *key, int64_t number)
{
    begin_value(out, key);
    buffer_format(out->to, "%" PRId64, number);
}

void json_share(struct json_out *out, const char *key, double share)
{
    enum { ONE = 10000 };
    unsigned parts = share > 0 ? ONE : 0;
    if (share > 0 && share < 1)
        parts = (unsigned)(share * ONE + 0.5);
    unsigned digits = 4, fraction = parts % ONE;
    for (; digits > 1 && fraction % 10 == 0; digits--)
        fraction /= 10;
    begin_value(out, key);
    buffer_format(out->to, "%u.%0*u", parts / ONE, (int)digits, fraction);
}

void json_bool(struct json_out *out, const char *key, bool value)
{
    begin_value(out, key);
    buffer_add_text(out->to, value ? TEXT("true") : TEXT("false"));
}

void json_null(struct json_out *out, const char *key)
{
    begin_value(out, key);
    buffer_add_text(out->to, TEXT("null"));
}

void json_time(struct json_out *out, const char *key, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    time_text(time, text);
    json_text(out, key, text[0] ? text_of(text) : TEXT_UNKNOWN);
}
