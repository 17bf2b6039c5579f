/* What a broken TLS-RPT record means to say. Generous where the meaning is plain (a missing
 * "mailto:", capitals, quotes, blanks, a missing semicolon), silent where it is not. */
#include <string.h>

#include "published/tlsrpt_record.h"

/* A record with more parts than these is not mended. */
enum { PARTS_MAX = 64 };

struct draft {
    struct arena *arena;
    struct text_list uris, extensions;
    bool given_up;
};

/* Quotes that word processors and web forms leave, and the byte order mark. */
static const char *const wrappers[] = {"\"",
                                       "'",
                                       "`",
                                       "<",
                                       ">",
                                       "\\",
                                       "\xe2\x80\x9c",
                                       "\xe2\x80\x9d",
                                       "\xe2\x80\x9e",
                                       "\xe2\x80\x98",
                                       "\xe2\x80\x99",
                                       "\xef\xbb\xbf",
                                       "\xc2\xa0"};

static struct text unwrap(struct text text)
{
    for (bool again = true; again;) {
        again = false;
        text = text_trim(text);
        for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
            struct text wrapper = text_of(wrappers[i]);
            bool front = text_starts(text, wrapper);
            if (front)
                text = text_from(text, wrapper.length);
            bool back = text_ends_nocase(text, wrapper);
            if (back)
                text.length -= wrapper.length;
            again = again || front || back;
        }
    }
    return text;
}

static void add_part(struct draft *draft, struct text_list *list, struct text part)
{
    if (list->count >= PARTS_MAX)
        draft->given_up = true;
    else
        text_list_add_once(draft->arena, list, part);
}

/* Without DMARC's size limit at the end. */
static struct text without_size(struct text uri)
{
    const char *bang = uri.length ? memrchr(uri.at, '!', uri.length) : NULL;
    if (!bang)
        return uri;
    struct text size = text_from(uri, (size_t)(bang - uri.at) + 1);
    if (size.length && strchr("kmgtKMGT", size.at[size.length - 1]))
        size.length--;
    uint64_t number;
    return text_unsigned(size, &number) ? text_first(uri, (size_t)(bang - uri.at)) : uri;
}

static struct text escape_bangs(struct text uri, struct arena *arena)
{
    struct text rest = uri, part, escaped = TEXT("");
    while (text_next(&rest, '!', &part))
        escaped = text_format(arena, "%.*s%.*s%s", TEXT_ARGS(escaped), TEXT_ARGS(part),
                              text_known(rest) ? "%21" : "");
    return escaped;
}

static void mend_uri(struct draft *draft, struct text uri)
{
    uri = without_size(unwrap(uri));
    if (!uri.length)
        return;
    bool has_scheme = text_find_char(uri, ':') != SIZE_MAX;
    if (text_starts_nocase(uri, TEXT("mailto:"))) {
        struct text address = unwrap(text_from(uri, sizeof "mailto:" - 1));
        if (text_starts(address, TEXT("//")))
            address = text_from(address, 2);
        uri = text_format(draft->arena, "mailto:%.*s", TEXT_ARGS(address));
    } else if (!has_scheme && text_find_char(uri, '@') != SIZE_MAX) {
        uri = text_format(draft->arena, "mailto:%.*s", TEXT_ARGS(uri));
    }
    if (uri.length > 1024)
        draft->given_up = true;
    else
        add_part(draft, &draft->uris, escape_bangs(uri, draft->arena));
}

/* "rua=…", and where the "=" is missing "rua:…" and "rua …". */
static bool take_rua(struct text field, struct text *value)
{
    if (!text_starts_nocase(field, TEXT("rua")))
        return false;
    struct text rest = text_trim(text_from(field, 3));
    bool blank = field.length > 3 && (field.at[3] == ' ' || field.at[3] == '\t');
    if (rest.length && (rest.at[0] == '=' || rest.at[0] == ':'))
        *value = text_from(rest, 1);
    else if (blank)
        *value = rest;
    else
        return false;
    return true;
}

static bool is_version(struct text field)
{
    return text_starts_nocase(field, TEXT("v=")) || text_starts_nocase(field, TEXT("v ")) ||
           text_starts_nocase(field, TEXT("TLSRPT"));
}

static void mend_field(struct draft *draft, struct text field)
{
    struct text value, uri;
    field = unwrap(field);
    if (!field.length || is_version(field))
        return;
    if (take_rua(field, &value)) {
        while (!draft->given_up && text_next(&value, ',', &uri))
            mend_uri(draft, uri);
        return;
    }
    if (text_find_char(field, '=') == SIZE_MAX)
        draft->given_up = true;
    else
        add_part(draft, &draft->extensions, field);
}

/* Fields stand between semicolons; a blank before "name=" stands for one that is missing. */
static void mend_string(struct draft *draft, struct text string)
{
    struct text rest = string, piece;
    while (!draft->given_up && text_next(&rest, ';', &piece)) {
        size_t start = 0;
        for (size_t i = 1; i < piece.length; i++) {
            bool blank = piece.at[i] == ' ' || piece.at[i] == '\t';
            if (!blank || !txt_lacks_semicolon(piece, i))
                continue;
            mend_field(draft, text_first(text_from(piece, start), i - start));
            start = i;
            /* The blanks behind this one lead to the same field. */
            i = txt_skip_blanks(piece, i);
        }
        mend_field(draft, text_from(piece, start));
    }
}

struct text tlsrpt_mend(const struct text *strings, size_t count, struct arena *arena)
{
    struct draft draft = {.arena = arena};
    for (size_t i = 0; i < count && !draft.given_up; i++) {
        if (strings[i].length > 4096)
            return TEXT_UNKNOWN;
        mend_string(&draft, strings[i]);
    }
    if (draft.given_up || !draft.uris.count)
        return TEXT_UNKNOWN;
    struct text record = TEXT("v=TLSRPTv1; rua=");
    for (size_t i = 0; i < draft.uris.count; i++)
        record = text_format(arena, "%.*s%s%.*s", TEXT_ARGS(record), i ? "," : "",
                             TEXT_ARGS(draft.uris.at[i]));
    for (size_t i = 0; i < draft.extensions.count; i++)
        record = text_format(arena, "%.*s; %.*s", TEXT_ARGS(record),
                             TEXT_ARGS(draft.extensions.at[i]));
    return record;
}
