#include "man/mdoc.h"

#include <stdint.h>

/* Lines of prose are cut before this column. */
enum { COLUMNS = 78 };

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void mdoc_head(struct buffer *out, struct text title, unsigned section)
{
    buffer_add_text(out, TEXT(".Dd " MAN_DATE "\n.Dt "));
    for (size_t i = 0; i < title.length; i++)
        buffer_add_char(out, upper(title.at[i]));
    buffer_format(out, " %u\n.Os\n", section);
}

void mdoc_name(struct buffer *out, struct text title, struct text what)
{
    buffer_format(out, ".Sh NAME\n.Nm %.*s\n.Nd ", TEXT_ARGS(title));
    mdoc_word(out, what);
    buffer_add_char(out, '\n');
}

/* The character of a whole UTF-8 sequence of LENGTH bytes. */
static uint32_t decode(const char *at, size_t length)
{
    uint32_t character = (unsigned char)at[0];
    if (length > 1)
        character &= 0xffU >> (length + 1);
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)at[i] & 0x3f);
    return character;
}

void mdoc_word(struct buffer *out, struct text word)
{
    if (word.length && (word.at[0] == '.' || word.at[0] == '\''))
        buffer_add_text(out, TEXT("\\&"));
    for (size_t i = 0; i < word.length;) {
        size_t length = text_utf8_length(text_from(word, i));
        bool option = word.at[i] == '-' && (i == 0 || word.at[i - 1] == '-');
        if (length > 1)
            buffer_format(out, "\\[u%04X]", (unsigned)decode(word.at + i, length));
        else if (word.at[i] == '\\')
            buffer_add_text(out, TEXT("\\e"));
        else if (option)
            buffer_add_text(out, TEXT("\\-"));
        else
            buffer_add_char(out, word.at[i]);
        i += length ? length : 1;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

static struct text next_word(struct text *rest)
{
    *rest = text_trim(*rest);
    size_t end = 0;
    while (end < rest->length && !is_blank(rest->at[end]))
        end++;
    struct text word = text_first(*rest, end);
    *rest = text_from(*rest, end);
    return word;
}

static bool ends_sentence(struct text word)
{
    char last = word.at[word.length - 1];
    return last == '.' || last == '?' || last == '!';
}

void mdoc_prose(struct buffer *out, struct text text)
{
    size_t start = out->length;
    bool sentence_over = false;
    for (struct text word = next_word(&text); word.length; word = next_word(&text)) {
        size_t width = out->length - start;
        bool breaks = sentence_over || width + 1 + word.length > COLUMNS;
        if (width)
            buffer_add_char(out, breaks ? '\n' : ' ');
        if (width && breaks)
            start = out->length;
        mdoc_word(out, word);
        sentence_over = ends_sentence(word);
    }
    buffer_add_char(out, '\n');
}

void mdoc_sentence(struct buffer *out, struct text text)
{
    BUFFER_AUTO sentence = {0};
    if (!text.length)
        return;
    buffer_add_char(&sentence, upper(text.at[0]));
    buffer_add_text(&sentence, text_from(text, 1));
    if (!ends_sentence(text))
        buffer_add_char(&sentence, '.');
    mdoc_prose(out, buffer_text(&sentence));
}
