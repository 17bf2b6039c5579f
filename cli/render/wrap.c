#include "render/wrap.h"

#include <stdbool.h>

#include "render/escape.h"

/* ---- columns ---- */

struct range {
    uint32_t first, last;
};

/* Marks that stand on the character before them, joiners and variation selectors. */
static const struct range narrow[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x093a, 0x093a}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200c, 0x200d},
    {0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* East Asian Width "wide" and "full-width", in broad ranges. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff}, {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count && ranges[i].first <= point; i++)
        if (point <= ranges[i].last)
            return true;
    return false;
}

#define IS_IN(ranges, point) is_in((ranges), sizeof(ranges) / sizeof *(ranges), (point))

/* The columns of TEXT, which is escaped and thus UTF-8. */
static size_t columns_of(struct text text)
{
    size_t columns = 0;
    while (text.length) {
        const unsigned char *at = (const unsigned char *)text.at;
        size_t length = text_utf8_length(text);
        if (length <= 1) {
            columns++;
            text = text_from(text, 1);
            continue;
        }
        uint32_t point = at[0] & (0xffu >> (length + 1));
        for (size_t i = 1; i < length; i++)
            point = point << 6 | (at[i] & 0x3fu);
        if (!IS_IN(narrow, point))
            columns += IS_IN(wide, point) ? 2 : 1;
        text = text_from(text, length);
    }
    return columns;
}

size_t wrap_columns(struct text text)
{
    BUFFER_AUTO escaped = {0};
    escape_line(&escaped, text);
    return columns_of(buffer_text(&escaped));
}

/* ---- lines ---- */

void wrap_blanks(struct buffer *out, size_t count)
{
    while (count-- > 0)
        buffer_add_char(out, ' ');
}

void wrap_line_feed(struct buffer *out)
{
    while (out->length && out->at[out->length - 1] == ' ')
        out->length--;
    buffer_add_char(out, '\n');
}

void wrap_paragraph(struct buffer *out, struct wrap wrap, size_t column, struct text text)
{
    BUFFER_AUTO escaped = {0};
    escape_line(&escaped, text);
    struct text rest = buffer_text(&escaped), word;
    bool first = true; /* of its line */
    while (text_next(&rest, ' ', &word)) {
        if (!word.length)
            continue;
        size_t columns = columns_of(word);
        if (column + !first + columns > wrap.width && (!first || column > wrap.indent)) {
            wrap_line_feed(out);
            wrap_blanks(out, wrap.indent);
            column = wrap.indent;
            first = true;
        }
        if (!first)
            buffer_add_char(out, ' ');
        buffer_add_text(out, word);
        column += !first + columns;
        first = false;
    }
    wrap_line_feed(out);
}

/* A line that is there to be pasted. */
static void add_paste(struct buffer *out, struct text line)
{
    escape_line(out, line);
    wrap_line_feed(out);
}

void wrap_lines(struct buffer *out, struct wrap wrap, size_t column, struct text text)
{
    struct text line;
    bool first = true;
    while (text_next(&text, '\n', &line)) {
        bool paste = text_starts(line, TEXT("    "));
        if (text_ends_nocase(line, TEXT("\r")))
            line = text_first(line, line.length - 1);
        if (!text_trim(line).length)
            continue;
        if (!first) {
            wrap_blanks(out, wrap.indent);
            column = wrap.indent;
        }
        first = false;
        if (paste)
            add_paste(out, line);
        else
            wrap_paragraph(out, wrap, column, line);
    }
    if (first)
        wrap_line_feed(out);
}
