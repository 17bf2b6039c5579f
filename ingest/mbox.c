#include "ingest/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"

enum { STEP = 256 * 1024, POSTMARK_LENGTH = 512, LOCK_TRIES = 50 };

bool mbox_is(int fd)
{
    char first[5];
    ssize_t got = pread(fd, first, sizeof first, 0);
    return got == (ssize_t)sizeof first && memcmp(first, "From ", sizeof first) == 0;
}

/* "From somebody Thu Jan  1 00:00:00 1970": text may begin with "From " too, but seldom goes on
 * with a time of day and a year. */
static bool is_postmark(struct text line)
{
    bool time_of_day = false, year = false;
    for (size_t i = 5; i + 4 <= line.length; i++) {
        const char *at = line.at + i;
        time_of_day =
            time_of_day || (text_is_digit(at[0]) && at[1] == ':' && text_is_digit(at[2]));
        year = year || (line.at[i - 1] == ' ' && (at[0] == '1' || at[0] == '2') &&
                        text_is_digit(at[1]) && text_is_digit(at[2]) && text_is_digit(at[3]));
    }
    return time_of_day && year;
}

static bool is_one_of(const char *at, const char *names)
{
    for (; *names; names += 3)
        if (strncmp(at, names, 3) == 0)
            return true;
    return false;
}

/* A postmark as RFC 4155 has it, asctime's date at its end: "Thu Jan  1 00:00:00 1970". That much of
 * it is not met in text, so that a missing blank line before it does not matter. */
static bool is_whole_postmark(struct text line)
{
    enum { DATE = 24 };
    if (line.length < DATE + 6)
        return false;
    const char *date = line.at + line.length - DATE;
    return date[-1] == ' ' && is_one_of(date, "SunMonTueWedThuFriSat") && date[3] == ' ' &&
           is_one_of(date + 4, "JanFebMarAprMayJunJulAugSepOctNovDec") && date[7] == ' ' &&
           text_is_digit(date[9]) && date[10] == ' ' && date[13] == ':' && date[16] == ':' &&
           date[19] == ' ' && text_is_digit(date[20]) && text_is_digit(date[23]);
}

/* Waits up to five seconds: an mbox whose writer hangs is read all the same. */
static void lock(int fd)
{
    struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    for (int i = 0; i < LOCK_TRIES && fcntl(fd, F_OFD_SETLK, &shared) != 0; i++) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}

struct splitter {
    bool (*each)(void *context, uint64_t offset, uint64_t length);
    void *context;
    uint64_t start; /* of the mail at hand, behind its postmark */
    uint64_t blank; /* where the blank line before a postmark begins */
    bool open;      /* a mail is at hand */
    bool after_blank;
};

/* One line, or the beginning of one that is too long to be a postmark. */
static bool take_line(struct splitter *splitter, struct text line, uint64_t offset,
                      uint64_t end)
{
    struct text bare = text_trim(line);
    bool first = offset == 0;
    if (text_starts(line, TEXT("From ")) &&
        (first || (splitter->after_blank && is_postmark(bare)) || is_whole_postmark(bare))) {
        uint64_t mail_end = splitter->after_blank ? splitter->blank : offset;
        if (splitter->open &&
            !splitter->each(splitter->context, splitter->start, mail_end - splitter->start))
            return false;
        splitter->open = true;
        splitter->start = end;
        splitter->blank = end;
        splitter->after_blank = false;
        return true;
    }
    splitter->after_blank = bare.length == 0;
    if (splitter->after_blank)
        splitter->blank = offset;
    return true;
}

bool mbox_split(int fd, bool (*each)(void *context, uint64_t offset, uint64_t length),
                void *context, struct error *err)
{
    struct splitter splitter = {.each = each, .context = context};
    BUFFER_AUTO window = {0};
    uint64_t offset = 0;  /* of the window's first byte */
    bool in_line = false; /* the window begins in the middle of a line that was looked at */
    lock(fd);
    for (;;) {
        buffer_reserve(&window, STEP);
        ssize_t got =
            pread(fd, window.at + window.length, STEP, (off_t)(offset + window.length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_IO, "cannot read: %s", strerror(errno));
        window.length += (size_t)got;
        size_t at = 0;
        while (at < window.length) {
            struct text rest = text_from(buffer_text(&window), at);
            size_t line_end = text_find_char(rest, '\n');
            bool whole = line_end != SIZE_MAX;
            if (!whole && got && rest.length < POSTMARK_LENGTH)
                break;
            size_t length = whole ? line_end + 1 : rest.length;
            struct text line =
                text_first(rest, length < POSTMARK_LENGTH ? length : POSTMARK_LENGTH);
            if (!in_line && !take_line(&splitter, line, offset + at, offset + at + length))
                return true;
            in_line = !whole;
            at += length;
        }
        buffer_drop(&window, at);
        offset += at;
        if (got == 0)
            break;
    }
    if (splitter.open)
        each(context, splitter.start, offset - splitter.start);
    return true;
}
