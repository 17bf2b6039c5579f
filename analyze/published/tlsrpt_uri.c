#include <string.h>

#include "published/tlsrpt_record.h"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_digit(char c)
{
    if (text_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986 §2: what may stand in a URI; "," ends an item before it gets here. */
static bool is_uri_character(char c)
{
    return is_alpha(c) || text_is_digit(c) || (c && strchr("-._~:/?#[]@!$&'()*+=%", c));
}

/* The byte that the escape at AT stands for, or -1. */
static int escaped(struct text uri, size_t at)
{
    if (at + 2 >= uri.length)
        return -1;
    int high = hex_digit(uri.at[at + 1]), low = hex_digit(uri.at[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Where DMARC's "!10m" begins at the end of the URI, or SIZE_MAX. */
static size_t size_suffix(struct text uri)
{
    size_t end = uri.length;
    if (end && strchr("kmgtKMGT", uri.at[end - 1]) && uri.at[end - 1])
        end--;
    size_t digits = end;
    while (digits && text_is_digit(uri.at[digits - 1]))
        digits--;
    return digits < end && digits && uri.at[digits - 1] == '!' ? digits - 1 : SIZE_MAX;
}

static bool check_characters(struct text uri, size_t offset, struct arena *arena,
                             struct txt_faults *faults)
{
    size_t suffix = size_suffix(uri);
    for (size_t i = 0; i < uri.length; i++) {
        char c = uri.at[i];
        if (i == suffix)
            txt_fault_add(arena, faults, TXT_FAULT_URI_SIZE, offset + i,
                          TEXT("a size limit (\"!10m\") exists in DMARC only: remove it"));
        else if (c == '!')
            txt_fault_add(arena, faults, TXT_FAULT_URI_BANG, offset + i,
                          TEXT("\"!\" in an address has to be written %21"));
        else if ((c == ' ' || c == '\t') && txt_lacks_semicolon(uri, i))
            txt_fault_add(arena, faults, TXT_FAULT_SEMICOLON_MISSING, offset + i,
                          TEXT("a \";\" is missing between two fields"));
        else if (!is_uri_character(c))
            txt_fault_add(arena, faults, TXT_FAULT_URI_CHARACTER, offset + i,
                          TEXT("a character that may not stand in an address: no blanks, no "
                               "quotes, no brackets, only ASCII"));
        else if (c == '%' && escaped(uri, i) < 0)
            txt_fault_add(
                arena, faults, TXT_FAULT_URI_PERCENT, offset + i,
                TEXT("\"%\" has to be followed by two hexadecimal digits; the character "
                     "itself is written %25"));
        else if (c == '%' && (escaped(uri, i) < 0x20 || escaped(uri, i) == 0x7f))
            txt_fault_add(arena, faults, TXT_FAULT_URI_PERCENT, offset + i,
                          TEXT("this escape is a control character, which no address has"));
        else
            continue;
        return false;
    }
    return true;
}

/* The length of the scheme, or 0 (RFC 3986 §3.1). */
static size_t scheme_length(struct text uri)
{
    size_t i = 0;
    while (i < uri.length &&
           (is_alpha(uri.at[i]) ||
            (i && (text_is_digit(uri.at[i]) || (uri.at[i] && strchr("+-.", uri.at[i]))))))
        i++;
    return i && i < uri.length && uri.at[i] == ':' ? i : 0;
}

/* Undoes the escapes, which check_characters() has looked at. */
static struct text decode(struct text text, struct arena *arena)
{
    char *at = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        int byte = text.at[i] == '%' ? escaped(text, i) : -1;
        at[length++] = byte < 0 ? text.at[i] : (char)byte;
        i += byte < 0 ? 0 : 2;
    }
    return (struct text){at, length};
}

static size_t last_at_sign(struct text text)
{
    const char *found = text.length ? memrchr(text.at, '@', text.length) : NULL;
    return found ? (size_t)(found - text.at) : SIZE_MAX;
}

/* RFC 6068 §2: one addr-spec, escaped, and perhaps "?subject=…". */
static bool read_mailto(struct text rest, struct arena *arena, struct tlsrpt_rua *rua)
{
    struct text address = decode(text_first(rest, text_find_char(rest, '?')), arena);
    size_t at_sign = last_at_sign(address);
    if (at_sign == SIZE_MAX || at_sign == 0 || !text_is_utf8(address))
        return false;
    struct text local = text_first(address, at_sign);
    struct text domain = text_host(arena, text_from(address, at_sign + 1));
    bool quoted = local.length > 2 && local.at[0] == '"' && local.at[local.length - 1] == '"';
    bool plain =
        text_find_char(local, '@') == SIZE_MAX && text_find_char(local, ' ') == SIZE_MAX;
    if ((!quoted && !plain) || text_starts(local, TEXT("//")) || !text_is_host(domain))
        return false;
    rua->domain = domain;
    rua->address = text_format(arena, "%.*s@%.*s", TEXT_ARGS(local), TEXT_ARGS(domain));
    return true;
}

static bool read_https(struct text rest, struct arena *arena, struct tlsrpt_rua *rua)
{
    if (!text_starts(rest, TEXT("//")))
        return false;
    struct text authority = text_from(rest, 2);
    for (const char *end = "/?#"; *end; end++)
        authority = text_first(authority, text_find_char(authority, *end));
    size_t at_sign = last_at_sign(authority);
    if (at_sign != SIZE_MAX)
        authority = text_from(authority, at_sign + 1);
    struct text host = text_host(arena, text_first(authority, text_find_char(authority, ':')));
    if (!text_is_host(host))
        return false;
    rua->domain = host;
    return true;
}

static const struct {
    const char *name;
    enum tlsrpt_scheme scheme;
    bool (*read)(struct text rest, struct arena *arena, struct tlsrpt_rua *rua);
    enum txt_fault fault;
    const char *sentence;
} schemes[] = {
    {"mailto", TLSRPT_SCHEME_MAILTO, read_mailto, TXT_FAULT_URI_ADDRESS,
     "no mail address stands after \"mailto:\": write mailto:name@domain; a comma inside the "
     "address is written %2C"},
    {"https", TLSRPT_SCHEME_HTTPS, read_https, TXT_FAULT_URI_HOST,
     "no host name stands after \"https:\": write https://host/path"},
};

static void read_scheme(struct text uri, size_t offset, struct arena *arena,
                        struct txt_faults *faults, struct tlsrpt_rua *rua)
{
    size_t length = scheme_length(uri);
    struct text name = text_first(uri, length);
    if (!length) {
        bool address = text_find_char(uri, '@') != SIZE_MAX;
        txt_fault_add(arena, faults, TXT_FAULT_URI_NO_SCHEME, offset,
                      address ? TEXT("\"mailto:\" is missing before the address")
                              : TEXT("this is no address: it begins with \"mailto:\" or "
                                     "\"https:\"; a comma inside an address is written %2C"));
        return;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!text_equal_nocase(name, text_of(schemes[i].name)))
            continue;
        rua->scheme = schemes[i].scheme;
        rua->usable = schemes[i].read(text_from(uri, length + 1), arena, rua);
        if (!rua->usable)
            txt_fault_add(arena, faults, schemes[i].fault, offset,
                          text_of(schemes[i].sentence));
        return;
    }
    txt_fault_add(
        arena, faults, TXT_FAULT_URI_SCHEME, offset,
        text_format(arena,
                    "senders deliver to mailto: and https: only, nothing will come to "
                    "\"%.*s:\"",
                    TEXT_ARGS(quote(arena, name))));
}

void tlsrpt_uri_read(struct text uri, size_t offset, struct arena *arena,
                     struct txt_faults *faults, struct tlsrpt_rua *rua)
{
    *rua = (struct tlsrpt_rua){.uri = uri, .offset = offset};
    if (!uri.length)
        txt_fault_add(arena, faults, TXT_FAULT_URI_EMPTY, offset,
                      TEXT("no address stands here: give one, or remove the comma"));
    else if (check_characters(uri, offset, arena, faults))
        read_scheme(uri, offset, arena, faults, rua);
}
