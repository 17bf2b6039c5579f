#include "render/escape.h"

#include <stdbool.h>

struct character {
    uint32_t point; /* a byte that is not UTF-8: its value */
    size_t length;  /* in bytes */
    bool is_utf8;
};

/* The character at the start of TEXT, which is not empty. */
static struct character first_of(struct text text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t length = text_utf8_length(text);
    if (length <= 1)
        return (struct character){at[0], 1, length == 1};
    uint32_t point = at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (at[i] & 0x3fu);
    return (struct character){point, length, true};
}

static bool harmful(struct character c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
        {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x2064}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
    };
    if (!c.is_utf8)
        return true;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c.point >= ranges[i].first && c.point <= ranges[i].last)
            return true;
    return false;
}

/* The length of the printable ASCII at the start of TEXT that needs no look in any format:
 * nearly all that is ever printed. */
static size_t plain_length(struct text text)
{
    size_t i = 0;
    while (i < text.length && text.at[i] >= ' ' && text.at[i] < 0x7f && text.at[i] != '"' &&
           text.at[i] != '\\' && text.at[i] != '&' && text.at[i] != '<' && text.at[i] != '>' &&
           text.at[i] != '\'')
        i++;
    return i;
}

static struct text take_plain(struct buffer *out, struct text text)
{
    size_t plain = plain_length(text);
    buffer_add(out, text.at, plain);
    return text_from(text, plain);
}

static void add_terminal(struct buffer *out, struct text text, struct character c)
{
    if (!harmful(c))
        buffer_add(out, text.at, c.length);
    else if (c.point < 0x80 || !c.is_utf8)
        buffer_format(out, "\\x%02x", (unsigned)c.point);
    else
        buffer_format(out, "\\u{%x}", (unsigned)c.point);
}

void escape_line(struct buffer *out, struct text text)
{
    for (text = take_plain(out, text); text.length; text = take_plain(out, text)) {
        struct character c = first_of(text);
        add_terminal(out, text, c);
        text = text_from(text, c.length);
    }
}

void escape_lines(struct buffer *out, struct text text)
{
    for (text = take_plain(out, text); text.length; text = take_plain(out, text)) {
        if (text_starts(text, TEXT("\r\n")))
            text = text_from(text, 1);
        struct character c = first_of(text);
        if (c.point == '\n' || c.point == '\t')
            buffer_add_char(out, (char)c.point);
        else
            add_terminal(out, text, c);
        text = text_from(text, c.length);
    }
}

/* A byte that is not UTF-8 is taken for Latin-1. */
static void add_json(struct buffer *out, struct text text, struct character c)
{
    static const char short_form[128] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (c.point < 128 && short_form[c.point])
        buffer_format(out, "\\%c", short_form[c.point]);
    else if (!c.is_utf8 && c.point >= 0xa0)
        buffer_add(out, (char[]){(char)(0xc0 | c.point >> 6), (char)(0x80 | (c.point & 0x3f))},
                   2);
    else if (harmful(c))
        buffer_format(out, "\\u%04x", (unsigned)c.point);
    else
        buffer_add(out, text.at, c.length);
}

void escape_json(struct buffer *out, struct text text)
{
    for (text = take_plain(out, text); text.length; text = take_plain(out, text)) {
        struct character c = first_of(text);
        add_json(out, text, c);
        text = text_from(text, c.length);
    }
}

/* What makes a spreadsheet calculate; some take the full-width forms too. */
static bool starts_formula(struct text text)
{
    static const uint32_t starts[] = {'=',  '+',    '-',    '@',    '\t',  '\r',
                                      '\n', 0xff1d, 0xff0b, 0xff0d, 0xff20};
    if (!text.length)
        return false;
    uint32_t point = first_of(text).point;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (point == starts[i])
            return true;
    return false;
}

/* Blanks at the ends are lost by some readers unless quoted; a semicolon parts cells where the
 * comma is the decimal point. */
static bool needs_quotes(struct text text)
{
    if (!text.length)
        return false;
    if (text.at[0] == ' ' || text.at[text.length - 1] == ' ')
        return true;
    for (size_t i = 0; i < text.length; i++)
        switch (text.at[i]) {
        case '"':
        case ',':
        case ';':
        case '\t':
        case '\r':
        case '\n':
            return true;
        default:
            break;
        }
    return false;
}

void escape_csv(struct buffer *out, struct text text)
{
    bool quotes = needs_quotes(text);
    if (quotes)
        buffer_add_char(out, '"');
    if (starts_formula(text))
        buffer_add_char(out, '\'');
    for (text = take_plain(out, text); text.length; text = take_plain(out, text)) {
        struct character c = first_of(text);
        if (c.point == '"')
            buffer_add(out, "\"\"", 2);
        else if (c.point == '\t' || c.point == '\r' || c.point == '\n')
            buffer_add_char(out, (char)c.point);
        else
            add_terminal(out, text, c);
        text = text_from(text, c.length);
    }
    if (quotes)
        buffer_add_char(out, '"');
}

void escape_html(struct buffer *out, struct text text)
{
    static const char *const references[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
    };
    for (text = take_plain(out, text); text.length; text = take_plain(out, text)) {
        struct character c = first_of(text);
        if (c.point < 128 && references[c.point])
            buffer_add_text(out, text_of(references[c.point]));
        else
            add_terminal(out, text, c);
        text = text_from(text, c.length);
    }
}
