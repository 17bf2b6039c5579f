#include "ingest/after.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The flags of a Maildir's file with S (seen) among them, in the order of the alphabet. */
static void seen_flags(struct text flags, struct buffer *out)
{
    bool put = text_find_char(flags, 'S') != SIZE_MAX;
    for (size_t i = 0; i < flags.length; i++) {
        if (!put && flags.at[i] > 'S') {
            buffer_add_char(out, 'S');
            put = true;
        }
        buffer_add_char(out, flags.at[i]);
    }
    if (!put)
        buffer_add_char(out, 'S');
}

static bool move(const char *from, const char *to, struct error *err)
{
    if (strcmp(from, to) == 0 || rename(from, to) == 0 || errno == ENOENT)
        return true;
    return error_set(err, ERROR_IO, "%s: cannot be renamed to %s: %s", from, to,
                     strerror(errno));
}

static bool mark_seen(const struct source_mail *mail, struct error *err)
{
    BUFFER_AUTO to = {0};
    struct text name = maildir_name(mail->path);
    buffer_format(&to, "%s/cur/%.*s:2,", mail->maildir, TEXT_ARGS(name));
    seen_flags(maildir_flags(mail->path), &to);
    buffer_add_char(&to, 0);
    return move(mail->path, to.at, err);
}

static bool make_maildir(const char *path, struct error *err)
{
    static const char *const folders[] = {"", "/tmp", "/new", "/cur"};
    for (int i = 0; i < 4; i++) {
        BUFFER_AUTO folder = {0};
        buffer_format(&folder, "%s%s", path, folders[i]);
        buffer_add_char(&folder, 0);
        if (mkdir(folder.at, 0700) != 0 && errno != EEXIST)
            return error_set(err, ERROR_IO, "%s: cannot be made: %s", folder.at,
                             strerror(errno));
    }
    return true;
}

static bool move_to(const struct source_mail *mail, struct text folder, struct error *err)
{
    BUFFER_AUTO target = {0}, to = {0};
    bool is_path = text_find_char(folder, '/') != SIZE_MAX;
    bool dotted = text_starts(folder, TEXT("."));
    if (is_path)
        buffer_add_text(&target, folder);
    else
        buffer_format(&target, "%s/%s%.*s", mail->maildir, dotted ? "" : ".",
                      TEXT_ARGS(folder));
    buffer_add_char(&target, 0);
    if (!make_maildir(target.at, err))
        return false;
    struct text name = maildir_name(mail->path), flags = maildir_flags(mail->path);
    buffer_format(&to, "%s/cur/%.*s:2,%.*s", target.at, TEXT_ARGS(name), (int)flags.length,
                  flags.at ? flags.at : "");
    buffer_add_char(&to, 0);
    return move(mail->path, to.at, err);
}

bool after_ingest(enum after_ingest after, struct text folder, const struct source_mail *mail,
                  struct error *err)
{
    if (!mail->maildir)
        return true;
    switch (after) {
    case AFTER_NOTHING:
        return true;
    case AFTER_MARK_SEEN:
        return mark_seen(mail, err);
    case AFTER_MOVE:
        return move_to(mail, folder, err);
    case AFTER_DELETE:
        if (unlink(mail->path) == 0 || errno == ENOENT)
            return true;
        return error_set(err, ERROR_IO, "%s: cannot be deleted: %s", mail->path,
                         strerror(errno));
    }
    return true;
}
