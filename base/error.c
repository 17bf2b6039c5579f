#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int exhausted_status = EX_TEMPFAIL;

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
    if (!err)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    err->code = code;
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    if (!err)
        return false;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    /* What does not fit is cut at the end: the beginning says where. */
    size_t length = strlen(err->text);
    const char *parts[] = {": ", old};
    for (int i = 0; i < 2; i++)
        for (const char *at = parts[i]; *at && length + 1 < sizeof err->text; at++)
            err->text[length++] = *at;
    err->text[length] = 0;
    return false;
}

int error_exit_status(enum error_code code)
{
    static const int status[] = {
        [ERROR_NONE] = EX_OK,
        [ERROR_USAGE] = EX_USAGE,
        [ERROR_INPUT] = EX_DATAERR,
        [ERROR_UNAVAILABLE] = EX_UNAVAILABLE,
        [ERROR_BUG] = EX_SOFTWARE,
        [ERROR_IO] = EX_IOERR,
        [ERROR_TRY_AGAIN] = EX_TEMPFAIL,
        [ERROR_CONFIG] = EX_CONFIG,
    };
    if ((size_t)code >= sizeof status / sizeof *status)
        return EX_SOFTWARE;
    return status[code];
}

void memory_exhausted_status(int status)
{
    exhausted_status = status;
}

void memory_exhausted(void)
{
    _exit(exhausted_status);
}
