#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/observe.h"
#include "cli/output.h"

/* More than this is to be imported in pieces. */
#define FILE_MAX_BYTES ((size_t)1024 * 1024 * 1024)
/* More wrong ones than this are counted but not named. */
enum { NAMED_MAX = 20 };

static bool read_file(struct text path, struct arena *arena, struct buffer *buffer,
                      struct error *err)
{
    bool is_stdin = text_equal(path, TEXT("-")), more;
    const char *name = is_stdin ? "standard input" : text_string(arena, path);
    FD_AUTO file = is_stdin ? -1 : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (!is_stdin && file < 0)
        return error_set(err, ERROR_IO, "cannot open %s: %s", name, strerror(errno));
    if (!file_read(is_stdin ? STDIN_FILENO : file, FILE_MAX_BYTES, buffer, &more, err))
        return error_prefix(err, "%s", name);
    if (more)
        return error_set(err, ERROR_INPUT, "%s is larger than 1 GiB: import it in pieces",
                         name);
    return true;
}

static void print_observation(const struct observation *observation)
{
    BUFFER_AUTO line = {0};
    observation_write(&line, observation);
    buffer_add_char(&line, '\n');
    output_buffer(&line);
}

struct wrong {
    uint64_t count;
    struct error first;
};

static void note_wrong(struct wrong *wrong, const struct error *why)
{
    if (!wrong->count)
        wrong->first = *why;
    else if (wrong->count < NAMED_MAX)
        output_message("%s", why->text);
    wrong->count++;
}

/* Reads all that can be read. */
static bool read_all(struct text text, bool print, struct observe_sink *sink,
                     struct wrong *wrong, struct error *err)
{
    ARENA_AUTO arena = {0};
    struct observation_reader reader = {.text = text};
    for (;;) {
        struct observation observation;
        struct error why = {0};
        arena_reset(&arena);
        enum observation_next next = observation_next(&reader, &arena, &observation, &why);
        if (next == OBSERVATION_END)
            return true;
        if (next != OBSERVATION_READ) {
            note_wrong(wrong, &why);
            continue;
        }
        if (print)
            print_observation(&observation);
        if (!observe_sink_put(sink, &observation, err))
            return false;
    }
}

bool observe_import(const struct invocation *inv, struct text path, bool print,
                    struct observe_sink *sink, struct error *err)
{
    BUFFER_AUTO buffer = {0};
    struct wrong wrong = {0};
    if (!read_file(path, inv->arena, &buffer, err) ||
        !read_all(buffer_text(&buffer), print, sink, &wrong, err) ||
        !observe_sink_flush(sink, err))
        return false;
    if (wrong.count > 1)
        output_message("%llu are no observations; the others were read",
                       (unsigned long long)wrong.count);
    if (wrong.count) {
        *err = wrong.first;
        return false;
    }
    if (!sink->read)
        return error_set(err, ERROR_INPUT, "there is no observation in it");
    return true;
}
