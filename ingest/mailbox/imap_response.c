#include "mailbox/imap_response.h"

#include <string.h>

/* What is left of a line, and the literals in it. */
struct scan {
    struct text line;
    size_t at;
    const struct imap_literal *literals;
    size_t count;
    char *scratch;
};

/* A value: an atom, a string, a list, or NIL. */
struct value {
    bool is_nil, is_list, is_body, is_quoted;
    struct text text;
};

static char peek(const struct scan *scan)
{
    return scan->at < scan->line.length ? scan->line.at[scan->at] : 0;
}

static bool skip(struct scan *scan, char wanted)
{
    if (scan->at >= scan->line.length || scan->line.at[scan->at] != wanted)
        return false;
    scan->at++;
    return true;
}

static struct text rest_of(const struct scan *scan)
{
    return text_from(scan->line, scan->at);
}

/* Up to a blank, a bracket of a list, or the end. A BODY[…] may hold blanks and lists within its
 * brackets. */
static struct text atom(struct scan *scan)
{
    size_t start = scan->at, depth = 0;
    for (; scan->at < scan->line.length; scan->at++) {
        char c = scan->line.at[scan->at];
        if (c == '[')
            depth++;
        else if (c == ']' && depth)
            depth--;
        else if (!depth && (c == ' ' || c == '(' || c == ')'))
            break;
    }
    return text_first(text_from(scan->line, start), scan->at - start);
}

static bool quoted(struct scan *scan, struct value *value)
{
    value->is_quoted = true;
    value->text = (struct text){scan->scratch, 0};
    if (!skip(scan, '"'))
        return false;
    while (scan->at < scan->line.length) {
        char c = scan->line.at[scan->at++];
        if (c == '"')
            return true;
        if (c == '\\' && scan->at < scan->line.length)
            c = scan->line.at[scan->at++];
        *scan->scratch++ = c;
        value->text.length++;
    }
    return false;
}

static bool literal(struct scan *scan, struct value *value)
{
    for (size_t i = 0; i < scan->count; i++) {
        const struct imap_literal *each = &scan->literals[i];
        if (each->at != scan->at)
            continue;
        size_t end = text_find_char(rest_of(scan), '}');
        if (end == SIZE_MAX)
            return false;
        scan->at += end + 1;
        value->is_body = each->is_body;
        value->text = each->text;
        return true;
    }
    return false;
}

/* A list, whatever is in it: skipped. */
static bool list(struct scan *scan, struct value *value)
{
    size_t start = scan->at, depth = 0;
    struct value inner;
    do {
        inner = (struct value){0};
        char c = peek(scan);
        if (scan->at >= scan->line.length)
            return false;
        if (c == '(' || c == ')') {
            depth = c == '(' ? depth + 1 : depth - 1;
            scan->at++;
        } else if (c == '"') {
            if (!quoted(scan, &inner))
                return false;
        } else if (c == '{') {
            if (!literal(scan, &inner) || inner.is_body)
                return false;
        } else {
            scan->at++;
        }
    } while (depth);
    value->is_list = true;
    value->text = text_first(text_from(scan->line, start), scan->at - start);
    return true;
}

static bool read_value(struct scan *scan, struct value *value)
{
    *value = (struct value){0};
    switch (peek(scan)) {
    case '"':
        return quoted(scan, value);
    case '{':
        return literal(scan, value);
    case '~':
        scan->at++;
        return peek(scan) == '{' && literal(scan, value);
    case '(':
        return list(scan, value);
    default:
        value->text = atom(scan);
        value->is_nil = text_equal_nocase(value->text, TEXT("NIL"));
        return value->text.length > 0;
    }
}

/* ---- the kinds of responses ---- */

/* "[CODE] text" or "text". */
static void read_status(struct scan *scan, enum imap_kind kind, struct imap_response *response)
{
    struct text rest = text_trim(rest_of(scan));
    response->kind = kind;
    size_t end = text_find_char(rest, ']');
    if (text_starts(rest, TEXT("[")) && end != SIZE_MAX) {
        response->code = text_first(text_from(rest, 1), end - 1);
        rest = text_trim(text_from(rest, end + 1));
    }
    response->text = rest;
}

static bool is_body_name(struct text name)
{
    return text_starts_nocase(name, TEXT("BODY[]"));
}

static bool read_item(struct scan *scan, struct imap_response *response)
{
    uint64_t number;
    struct text name = atom(scan);
    struct value value;
    if (!name.length || !skip(scan, ' ') || !read_value(scan, &value))
        return false;
    if (is_body_name(name)) {
        if (value.is_list || response->has_body)
            return false;
        response->has_body = !value.is_nil;
        if (value.is_quoted)
            response->quoted = value.text;
        return value.is_nil || value.is_quoted || value.is_body;
    }
    bool is_number = !value.is_quoted && text_unsigned(value.text, &number);
    if (text_equal_nocase(name, TEXT("UID")) && is_number && number <= UINT32_MAX)
        response->uid = (uint32_t)number;
    if (text_equal_nocase(name, TEXT("RFC822.SIZE")) && is_number)
        response->size = number;
    return !value.is_body;
}

static bool read_fetch(struct scan *scan, struct imap_response *response)
{
    if (!skip(scan, ' ') || !skip(scan, '('))
        return false;
    while (!skip(scan, ')')) {
        if (!read_item(scan, response))
            return false;
        skip(scan, ' ');
    }
    response->kind = IMAP_FETCH;
    return scan->at == scan->line.length;
}

static bool read_list(struct scan *scan, struct imap_response *response)
{
    struct value flags, separator, name;
    if (!skip(scan, ' ') || !read_value(scan, &flags) || !flags.is_list || !skip(scan, ' ') ||
        !read_value(scan, &separator) || !skip(scan, ' ') || !read_value(scan, &name))
        return false;
    response->kind = IMAP_LIST;
    response->separator =
        separator.is_quoted && separator.text.length ? separator.text.at[0] : 0;
    response->selectable = text_find_nocase(flags.text, TEXT("\\Noselect")) == SIZE_MAX &&
                           text_find_nocase(flags.text, TEXT("\\NonExistent")) == SIZE_MAX;
    response->name = name.text;
    return !name.is_body && !name.is_list && name.text.length;
}

static bool read_numbered(struct scan *scan, uint64_t number, struct imap_response *response)
{
    struct text word = atom(scan);
    if (text_equal_nocase(word, TEXT("FETCH")))
        return read_fetch(scan, response);
    if (!text_equal_nocase(word, TEXT("EXISTS")))
        return false;
    response->kind = IMAP_EXISTS;
    response->number = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
    return true;
}

static enum imap_kind status_kind(struct text word)
{
    static const struct {
        struct text word;
        enum imap_kind kind;
    } rows[] = {
        {TEXT_ROW("OK"), IMAP_OK},   {TEXT_ROW("PREAUTH"), IMAP_OK}, {TEXT_ROW("NO"), IMAP_NO},
        {TEXT_ROW("BAD"), IMAP_BAD}, {TEXT_ROW("BYE"), IMAP_BYE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_equal_nocase(word, rows[i].word))
            return rows[i].kind;
    return IMAP_OTHER;
}

static bool read_untagged(struct scan *scan, struct imap_response *response)
{
    uint64_t number;
    struct text word = atom(scan);
    enum imap_kind kind = status_kind(word);
    if (kind != IMAP_OTHER) {
        read_status(scan, kind, response);
        return true;
    }
    if (text_unsigned(word, &number))
        return skip(scan, ' ') && read_numbered(scan, number, response);
    if (text_equal_nocase(word, TEXT("LIST")))
        return read_list(scan, response);
    if (!text_equal_nocase(word, TEXT("CAPABILITY")))
        return false;
    response->kind = IMAP_CAPABILITY;
    response->text = text_trim(rest_of(scan));
    return true;
}

static bool read_tagged(struct scan *scan, struct imap_response *response)
{
    response->tag = atom(scan);
    if (!response->tag.length || !skip(scan, ' '))
        return false;
    enum imap_kind kind = status_kind(atom(scan));
    if (kind != IMAP_OK && kind != IMAP_NO && kind != IMAP_BAD)
        return false;
    read_status(scan, kind, response);
    return true;
}

void imap_response_parse(struct text line, const struct imap_literal *literals, size_t count,
                         char *scratch, struct imap_response *response)
{
    struct scan scan = {.line = line, .literals = literals, .count = count, .scratch = scratch};
    bool understood = true;
    *response = (struct imap_response){0};
    if (text_starts(line, TEXT("* "))) {
        scan.at = 2;
        understood = read_untagged(&scan, response);
    } else if (text_starts(line, TEXT("+"))) {
        response->kind = IMAP_CONTINUE;
        response->text = text_trim(text_from(line, 1));
    } else {
        understood = read_tagged(&scan, response);
    }
    if (!understood)
        *response = (struct imap_response){0};
}

bool imap_response_has_literals(struct text line)
{
    struct text word;
    if (!text_starts(line, TEXT("* ")))
        return false;
    line = text_from(line, 2);
    if (!text_next(&line, ' ', &word))
        return false;
    uint64_t number;
    if (!text_unsigned(word, &number))
        return text_equal_nocase(word, TEXT("LIST"));
    return text_next(&line, ' ', &word) && text_equal_nocase(word, TEXT("FETCH"));
}

bool imap_response_body_next(struct text line)
{
    if (line.length && line.at[line.length - 1] == '~')
        line.length--;
    if (!line.length || line.at[line.length - 1] != ' ')
        return false;
    line.length--;
    size_t start = line.length;
    while (start && line.at[start - 1] != ' ' && line.at[start - 1] != '(')
        start--;
    return start && text_starts_nocase(text_from(line, start), TEXT("BODY[]"));
}
