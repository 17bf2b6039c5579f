#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "render/escape.h"

static char space[256 * 1024];
static int failure; /* errno of the first write that failed */
static const char *target = "to standard output";

void output_start(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            /* The wrong way round, so that a use still fails. */
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    setvbuf(stdout, space, _IOFBF, sizeof space);
}

bool output_to(int fd, const char *name, struct error *err)
{
    target = name;
    if (fflush(stdout) != 0 || dup2(fd, STDOUT_FILENO) < 0)
        return error_set(err, ERROR_IO, "cannot write %s: %s", name, strerror(errno));
    return true;
}

bool output_buffer(struct buffer *buffer)
{
    struct text text = buffer_text(buffer);
    if (!failure && fwrite(text.at, 1, text.length, stdout) != text.length)
        failure = errno;
    buffer->length = 0;
    return !failure;
}

bool output_finish(struct error *err)
{
    if (!failure && fflush(stdout) != 0)
        failure = errno;
    if (!failure)
        return true;
    if (failure == EPIPE)
        return error_set(err, ERROR_IO, "%s", "");
    return error_set(err, ERROR_IO, "cannot write %s: %s", target, strerror(failure));
}

static void print_line(struct text text, size_t most)
{
    BUFFER_AUTO line = {0};
    buffer_add_text(&line, TEXT("tlsrpt: "));
    escape_line(&line, text);
    if (line.length > most) {
        /* Not within a character. */
        while (most && ((unsigned char)line.at[most] & 0xc0) == 0x80)
            most--;
        line.length = most;
    }
    buffer_add_char(&line, '\n');
    (void)!fwrite(line.at, 1, line.length, stderr);
}

void output_error(const struct error *err, bool brief)
{
    enum { BRIEF = 180 };
    if (err->text[0])
        print_line(text_of(err->text), brief ? BRIEF : SIZE_MAX);
}

void output_message(const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_line(text_of(text), SIZE_MAX);
}
