#include "mailbox/fetch_job.h"

#include <inttypes.h>
#include <string.h>

/* ---- the job ---- */

static const struct {
    const char *name;
    size_t offset;
    bool is_number;
} fields[] = {
#define FIELD(name, member, is_number)                                                         \
    {                                                                                          \
        name, offsetof(struct fetch_job, member), is_number                                    \
    }
    FIELD("mode", mode, true),
    FIELD("host", host, false),
    FIELD("port", port, true),
    FIELD("tls", tls, true),
    FIELD("ca-file", ca_file, false),
    FIELD("connect-to", connect_to, false),
    FIELD("user", user, false),
    FIELD("auth", auth, true),
    FIELD("command", command, false),
    FIELD("folder", folder, false),
    FIELD("after", after, true),
    FIELD("after-failed", after_failed, true),
    FIELD("after-folder", after_folder, false),
    FIELD("after-failed-folder", after_failed_folder, false),
    FIELD("max-size", max_size, true),
    FIELD("spool", spool, false),
    FIELD("uidvalidity", uidvalidity, true),
    FIELD("last-uid", last_uid, true),
    FIELD("owed", owed, false),
    FIELD("owed-failed", owed_failed, false),
    FIELD("again", again, false),
#undef FIELD
};
enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static bool is_one_line(struct text text)
{
    return text_find_char(text, '\n') == SIZE_MAX && text_find_char(text, '\r') == SIZE_MAX &&
           text_find_char(text, 0) == SIZE_MAX;
}

bool fetch_job_write(struct buffer *out, const struct fetch_job *job, struct error *err)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const void *member = (const char *)job + fields[i].offset;
        if (fields[i].is_number) {
            buffer_format(out, "%s %" PRIu64 "\n", fields[i].name, *(const uint64_t *)member);
            continue;
        }
        struct text value = *(const struct text *)member;
        if (!text_known(value))
            continue;
        if (!is_one_line(value))
            return error_set(err, ERROR_USAGE, "%s of a mailbox must not hold a line end",
                             fields[i].name);
        buffer_format(out, "%s %.*s\n", fields[i].name, TEXT_ARGS(value));
    }
    buffer_add_char(out, '\n');
    return true;
}

static bool read_field(struct text name, struct text value, struct fetch_job *job)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!text_equal(name, text_of(fields[i].name)))
            continue;
        void *member = (char *)job + fields[i].offset;
        if (fields[i].is_number)
            return text_unsigned(value, member);
        *(struct text *)member = value;
        return true;
    }
    return false;
}

bool fetch_job_read(struct text lines, struct fetch_job *job, struct error *err)
{
    struct text line, name;
    *job = (struct fetch_job){0};
    while (text_next(&lines, '\n', &line)) {
        if (!line.length)
            continue;
        text_next(&line, ' ', &name);
        if (!text_known(line) || !read_field(name, line, job))
            return error_set(err, ERROR_USAGE, "this is no job: %.*s",
                             TEXT_ARGS(text_first(name, 60)));
    }
    if (!job->host.length || !job->user.length || !job->command.length || !job->folder.length ||
        !job->port || job->port > UINT16_MAX || job->uidvalidity > UINT32_MAX ||
        job->last_uid > UINT32_MAX)
        return error_set(err, ERROR_USAGE, "this is no job: something is missing");
    return true;
}

/* ---- events ---- */

static const struct {
    const char *word;
    unsigned numbers;
    bool has_text;
} events[EVENT_KINDS] = {
    [EVENT_UNKNOWN] = {"", 0, false},  [EVENT_MAILBOX] = {"mailbox", 2, false},
    [EVENT_MAIL] = {"mail", 5, false}, [EVENT_LOST] = {"lost", 1, true},
    [EVENT_GONE] = {"gone", 1, false}, [EVENT_BATCH] = {"batch", 1, false},
    [EVENT_DID] = {"did", 1, true},    [EVENT_IDLE] = {"idle", 0, false},
    [EVENT_NOTE] = {"note", 0, true},  [EVENT_FACT] = {"fact", 0, true},
    [EVENT_END] = {"end", 0, false},   [EVENT_FAILED] = {"failed", 1, true},
};

void fetch_event_write(struct buffer *out, const struct fetch_event *event)
{
    buffer_add_text(out, text_of(events[event->kind].word));
    for (unsigned i = 0; i < events[event->kind].numbers; i++)
        buffer_format(out, " %" PRIu64, event->numbers[i]);
    if (events[event->kind].has_text) {
        buffer_add_char(out, ' ');
        for (size_t i = 0; i < event->text.length; i++) {
            char c = event->text.at[i];
            buffer_add_char(out, c == '\n' || c == '\r' || !c ? ' ' : c);
        }
    }
    buffer_add_char(out, '\n');
}

static enum fetch_event_kind event_kind(struct text word)
{
    for (unsigned i = EVENT_UNKNOWN + 1; i < EVENT_KINDS; i++)
        if (text_equal(word, text_of(events[i].word)))
            return (enum fetch_event_kind)i;
    return EVENT_UNKNOWN;
}

bool fetch_event_read(struct text line, struct fetch_event *event)
{
    struct text word;
    *event = (struct fetch_event){0};
    if (!text_next(&line, ' ', &word))
        return false;
    event->kind = event_kind(word);
    for (unsigned i = 0; i < events[event->kind].numbers; i++)
        if (!text_next(&line, ' ', &word) || !text_unsigned(word, &event->numbers[i]))
            return false;
    event->text = line;
    return event->kind != EVENT_UNKNOWN && text_known(line) == events[event->kind].has_text;
}

/* ---- acknowledgements ---- */

void fetch_done_write(struct buffer *out, const struct fetch_done *done)
{
    buffer_add_text(out, TEXT("done"));
    for (int i = 0; i < LOT_COUNT; i++) {
        buffer_add_char(out, ' ');
        uid_set_write(out, &done->lots[i]);
    }
    buffer_add_char(out, '\n');
}

bool fetch_done_read(struct text line, struct arena *arena, struct fetch_done *done)
{
    struct text word;
    *done = (struct fetch_done){0};
    if (!text_next(&line, ' ', &word) || !text_equal(word, TEXT("done")))
        return false;
    for (int i = 0; i < LOT_COUNT; i++)
        if (!text_next(&line, ' ', &word) || !uid_set_read(arena, word, &done->lots[i]))
            return false;
    return !text_known(line);
}
