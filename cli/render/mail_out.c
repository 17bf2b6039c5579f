#include "render/mail_out.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/sha256.h"
#include "render/escape.h"

/* A line of a header ends long before the 998 bytes that are allowed; one with encoded words, name of the
 * header and all, has 76 at most (RFC 2047 §2). */
enum { HEADER_MAX = 400, LINE = 76, ENCODED_BYTES = 39, BASE64_LINE = 57, BODY_LINE = 998 };

static bool is_plain(char c)
{
    return c >= ' ' && c < 127;
}

static void add_plain(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.length && i < HEADER_MAX; i++)
        buffer_add_char(out, is_plain(value.at[i]) ? value.at[i] : '?');
}

void mail_out_header(struct buffer *out, const char *name, struct text value)
{
    buffer_format(out, "%s: ", name);
    add_plain(out, value);
    buffer_add_char(out, '\n');
}

static void add_base64(struct buffer *out, const unsigned char *at, size_t length)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned bits = (unsigned)at[i] << 16;
        if (left > 1)
            bits |= (unsigned)at[i + 1] << 8;
        if (left > 2)
            bits |= at[i + 2];
        buffer_add_char(out, digits[bits >> 18]);
        buffer_add_char(out, digits[bits >> 12 & 63]);
        buffer_add_char(out, left > 1 ? digits[bits >> 6 & 63] : '=');
        buffer_add_char(out, left > 2 ? digits[bits & 63] : '=');
    }
}

/* The first bytes of TEXT that end with a whole character, ENCODED_BYTES at most. */
static size_t piece_of(struct text text)
{
    size_t length = 0;
    while (length < text.length) {
        size_t character = text_utf8_length(text_from(text, length));
        character = character ? character : 1;
        if (length + character > ENCODED_BYTES)
            break;
        length += character;
    }
    return length;
}

static bool needs_encoding(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if (!is_plain(value.at[i]))
            return true;
    /* A reader would decode what only looks encoded. */
    return text_find(value, TEXT("=?")) != SIZE_MAX;
}

/* The first HEADER_MAX bytes, without half a character at their end. */
static struct text first_characters(struct text text)
{
    size_t length = text.length < HEADER_MAX ? text.length : HEADER_MAX;
    while (length && length < text.length && ((unsigned char)text.at[length] & 0xc0) == 0x80)
        length--;
    return text_first(text, length);
}

void mail_out_header_encoded(struct buffer *out, const char *name, struct text value)
{
    /* Escaped before it is encoded: who decodes it gets no line end either, and it is UTF-8. */
    BUFFER_AUTO escaped = {0};
    escape_line(&escaped, value);
    value = first_characters(buffer_text(&escaped));
    if (!needs_encoding(value)) {
        mail_out_header(out, name, value);
        return;
    }
    buffer_format(out, "%s:", name);
    while (value.length) {
        size_t length = piece_of(value);
        buffer_add_text(out, TEXT(" =?UTF-8?B?"));
        add_base64(out, (const unsigned char *)value.at, length);
        buffer_add_text(out, TEXT("?=\n"));
        value = text_from(value, length);
    }
}

/* As many on a line as fit it: no address is cut, and none is lost. */
void mail_out_recipients(struct buffer *out, const struct text_list *to)
{
    if (!to->count) {
        mail_out_header(out, "To", TEXT("undisclosed-recipients:;"));
        return;
    }
    buffer_add_text(out, TEXT("To:"));
    size_t column = strlen("To:");
    for (size_t i = 0; i < to->count; i++) {
        bool last = i + 1 == to->count;
        size_t length = to->at[i].length + 1 + !last;
        if (i && column + length > LINE) {
            buffer_add_char(out, '\n');
            column = 0;
        }
        buffer_add_char(out, ' ');
        add_plain(out, to->at[i]);
        if (!last)
            buffer_add_char(out, ',');
        column += length;
    }
    buffer_add_char(out, '\n');
}

void mail_out_date(struct buffer *out, int64_t now)
{
    char date[64];
    struct tm parts;
    time_t seconds = (time_t)now;
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts);
    mail_out_header(out, "Date", text_of(date));
}

void mail_out_message_id(struct buffer *out, struct text about)
{
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE], id[64];
    sha256(about, digest);
    snprintf(id, sizeof id, "<%.24s@tlsrpt.invalid>", sha256_hex(digest, hex));
    mail_out_header(out, "Message-ID", text_of(id));
}

void mail_out_base64(struct buffer *out, struct text bytes)
{
    for (size_t i = 0; i < bytes.length; i += BASE64_LINE) {
        size_t left = bytes.length - i;
        add_base64(out, (const unsigned char *)bytes.at + i,
                   left < BASE64_LINE ? left : BASE64_LINE);
        buffer_add_char(out, '\n');
    }
}

static bool has_long_line(struct text body)
{
    while (body.length) {
        size_t end = text_find_char(body, '\n');
        if ((end == SIZE_MAX ? body.length : end) > BODY_LINE)
            return true;
        body = end == SIZE_MAX ? TEXT("") : text_from(body, end + 1);
    }
    return false;
}

void mail_out_text(struct buffer *out, struct text body)
{
    bool encoded = has_long_line(body);
    buffer_format(out,
                  "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: %s\n\n",
                  encoded ? "base64" : "8bit");
    if (encoded)
        mail_out_base64(out, body);
    else
        buffer_add_text(out, body);
}
