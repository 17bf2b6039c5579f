#include "cli/fetch_target.h"

#include <string.h>

#include "base/buffer.h"
#include "base/vector.h"
#include "cli/config_keys.h"

/* ---- the URL (RFC 5092, but for its password and search) ---- */

static int hex(char c)
{
    if (text_is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes percent-encoding (RFC 3986 §2.1). */
static bool decode(struct arena *arena, struct text *text, struct error *err)
{
    BUFFER_AUTO out = {0};
    for (size_t i = 0; i < text->length; i++) {
        if (text->at[i] != '%') {
            buffer_add_char(&out, text->at[i]);
            continue;
        }
        if (text->length - i < 3 || hex(text->at[i + 1]) < 0 || hex(text->at[i + 2]) < 0)
            return error_set(
                err, ERROR_USAGE,
                "the URL has a %% without two hexadecimal digits: write %%25 for the "
                "sign itself");
        buffer_add_char(&out, (char)(hex(text->at[i + 1]) << 4 | hex(text->at[i + 2])));
        i += 2;
    }
    *text = text_copy(arena, buffer_text(&out));
    return true;
}

/* USER@ before the host. */
static bool take_user(struct arena *arena, struct text *authority,
                      struct config_mailbox *mailbox, struct error *err)
{
    size_t at = authority->length;
    while (at && authority->at[at - 1] != '@')
        at--;
    if (!at)
        return true;
    struct text user = text_first(*authority, at - 1);
    *authority = text_from(*authority, at);
    if (text_find_char(user, ':') != SIZE_MAX)
        return error_set(err, ERROR_USAGE,
                         "a password has no place in an URL, where others can see it: use "
                         "--password-command");
    if (text_find_char(user, '@') != SIZE_MAX)
        return error_set(err, ERROR_USAGE,
                         "the user in the URL has an @: write it as %%40, or use --user");
    mailbox->user = user;
    return decode(arena, &mailbox->user, err);
}

/* Puts VALUE where the key NAME of [mailbox] has it, checked as there. */
static bool set_key(struct arena *arena, struct config_mailbox *mailbox, const char *name,
                    struct text value, struct error *err)
{
    struct text fault = TEXT("write one");
    const struct config_key *key = config_keys_mailbox;
    while (strcmp(key->name, name) != 0)
        key++;
    if (value.length &&
        key->read(key, value, TEXT(""), arena, (char *)mailbox + key->offset, &fault))
        return true;
    return error_set(err, ERROR_USAGE, "%s cannot be \"%.*s\": %.*s", name,
                     TEXT_ARGS(text_first(value, 60)), TEXT_ARGS(fault));
}

static bool take_host(struct arena *arena, struct text authority,
                      struct config_mailbox *mailbox, struct error *err)
{
    size_t end = text_find_char(authority, ']'), colon;
    bool is_ipv6 = text_starts(authority, TEXT("[")) && end != SIZE_MAX;
    struct text host = is_ipv6 ? text_first(text_from(authority, 1), end - 1) : authority;
    struct text rest = is_ipv6 ? text_from(authority, end + 1) : authority;
    colon = text_find_char(rest, ':');
    if (!is_ipv6)
        host = text_first(authority, colon);
    return set_key(arena, mailbox, "host", host, err) &&
           (colon == SIZE_MAX ||
            set_key(arena, mailbox, "port", text_from(rest, colon + 1), err));
}

static bool read_url(struct arena *arena, struct text url, struct config_mailbox *mailbox,
                     struct error *err)
{
    bool implicit = text_starts_nocase(url, TEXT("imaps://"));
    struct text rest = text_from(url, implicit ? 8 : 7);
    size_t slash = text_find_char(rest, '/');
    struct text authority = text_first(rest, slash);
    *mailbox = (struct config_mailbox){.tls = implicit ? TLS_IMPLICIT : TLS_STARTTLS};
    if (!take_user(arena, &authority, mailbox, err) ||
        !take_host(arena, authority, mailbox, err))
        return false;
    struct text folder = slash == SIZE_MAX ? TEXT_UNKNOWN : text_from(rest, slash + 1);
    if (!folder.length)
        return true;
    mailbox->folder = folder;
    return decode(arena, &mailbox->folder, err);
}

static bool is_url(struct text argument)
{
    return text_starts_nocase(argument, TEXT("imaps://")) ||
           text_starts_nocase(argument, TEXT("imap://"));
}

/* ---- options ---- */

static const char *const keys[] = {"user",         "password-command", "token-command",
                                   "auth",         "ca-file",          "after",
                                   "after-failed", "max-size"};

static bool add_url(const struct invocation *inv, struct text url,
                    struct fetch_targets *targets, struct error *err)
{
    struct config_mailbox mailbox;
    const char *missing;
    if (!read_url(inv->arena, url, &mailbox, err))
        return false;
    if (invocation_has(inv, "token-command") && invocation_has(inv, "password-command"))
        return error_set(err, ERROR_USAGE,
                         "--password-command and --token-command exclude each other");
    if (invocation_has(inv, "token-command"))
        mailbox.auth = AUTH_XOAUTH2;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (invocation_has(inv, keys[i]) &&
            !set_key(inv->arena, &mailbox, keys[i], invocation_option(inv, keys[i]), err))
            return false;
    if (!config_mailbox_complete(&inv->config, &mailbox, &missing))
        return error_set(err, ERROR_USAGE, "the URL needs --%s beside it", missing);
    mailbox.name = text_format(inv->arena, "%.*s/%.*s", TEXT_ARGS(mailbox.host),
                               TEXT_ARGS(mailbox.folder));
    VECTOR_ADD(inv->arena, targets, mailbox);
    return true;
}

static bool add_named(const struct invocation *inv, struct text name,
                      struct fetch_targets *targets, struct error *err)
{
    const struct config_mailbox *mailbox = config_mailbox(&inv->config, name);
    if (!mailbox)
        return error_set(
            err, ERROR_USAGE,
            "there is no [mailbox %.*s] in the configuration; a mailbox that is not in it "
            "is named as imaps://HOST/FOLDER",
            TEXT_ARGS(text_first(name, 60)));
    VECTOR_ADD(inv->arena, targets, *mailbox);
    return true;
}

bool fetch_targets(const struct invocation *inv, struct fetch_targets *targets,
                   struct error *err)
{
    bool url = false;
    *targets = (struct fetch_targets){0};
    for (size_t i = 0; i < inv->arguments.count; i++) {
        struct text argument = inv->arguments.at[i];
        url = url || is_url(argument);
        if (!(is_url(argument) ? add_url(inv, argument, targets, err)
                               : add_named(inv, argument, targets, err)))
            return false;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !url; i++)
        if (invocation_has(inv, keys[i]))
            return error_set(
                err, ERROR_USAGE,
                "--%s goes with an URL; for a mailbox of the configuration it is a key "
                "there",
                keys[i]);
    for (size_t i = 0; i < inv->config.mailbox_count && !inv->arguments.count; i++)
        VECTOR_ADD(inv->arena, targets, inv->config.mailboxes[i]);
    return targets->count ||
           error_set(
               err, ERROR_USAGE,
               "which mailbox? none is named, and none is configured in a [mailbox NAME]");
}
