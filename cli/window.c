#include "cli/window.h"

#include "base/time.h"

/* A span needs its letter: a bare number may mean anything. */
static bool read_span(struct text text, int64_t *seconds)
{
    bool digit =
        text.length && text.at[text.length - 1] >= '0' && text.at[text.length - 1] <= '9';
    return !digit && time_span_parse(text, 1, seconds);
}

bool window_time(struct text text, int64_t now, bool end, int64_t *time, struct error *err)
{
    struct time_form form;
    int64_t span;
    text = text_trim(text);
    if (read_span(text, &span)) {
        *time = span > now ? 0 : now - span;
        return true;
    }
    if (!time_parse(text, time, &form))
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\" is no time: write 30d, 12w, 2026-11-01 or "
                         "2026-11-01T12:00:00Z",
                         TEXT_ARGS(text_first(text, 60)));
    if (form.date_only && end)
        *time += TIME_DAY;
    return true;
}

bool window_read(struct text since, struct text until, int64_t now, int64_t default_span,
                 struct window *window, struct error *err)
{
    *window = (struct window){TIME_UNKNOWN, TIME_UNKNOWN};
    if (text_known(since) && !window_time(since, now, false, &window->since, err))
        return error_prefix(err, "--since");
    if (text_known(until) && !window_time(until, now, true, &window->until, err))
        return error_prefix(err, "--until");
    if (default_span && window->until == TIME_UNKNOWN)
        window->until = now;
    if (default_span && window->since == TIME_UNKNOWN)
        window->since = window->until > default_span ? window->until - default_span : 0;
    if (window->since != TIME_UNKNOWN && window->until != TIME_UNKNOWN &&
        window->since >= window->until)
        return error_set(err, ERROR_USAGE, "the window is empty: --since is not before %s",
                         text_known(until) ? "--until" : "now");
    return true;
}

bool window_now(struct text text, int64_t *now, struct error *err)
{
    if (!time_parse(text, now, NULL))
        return error_set(err, ERROR_USAGE,
                         "--now: \"%.*s\" is no time: write 2026-11-01T12:00:00Z",
                         TEXT_ARGS(text_first(text, 60)));
    return true;
}
