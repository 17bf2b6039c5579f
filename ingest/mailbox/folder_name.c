#include "mailbox/folder_name.h"

#include <glib.h>

/* glibc spells the encoding so since 2.36. */
static const char *const IMAP_ENCODING = "UTF-7-IMAP";

/* FROM in another encoding, appended to OUT. False where it cannot be. */
static bool convert(struct buffer *out, struct text from, const char *to_encoding,
                    const char *from_encoding)
{
    gsize length;
    char *converted = g_convert(from.at, (gssize)from.length, to_encoding, from_encoding, NULL,
                                &length, NULL);
    if (converted)
        buffer_add(out, converted, length);
    g_free(converted);
    return converted;
}

static bool is_plain(struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f)
            return false;
    return name.length && text_is_utf8(name);
}

bool folder_name_write(struct buffer *out, struct text name)
{
    BUFFER_AUTO encoded = {0};
    if (!is_plain(name) || !convert(&encoded, name, IMAP_ENCODING, "UTF-8"))
        return false;
    buffer_add_char(out, '"');
    for (size_t i = 0; i < encoded.length; i++) {
        if (encoded.at[i] == '"' || encoded.at[i] == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, encoded.at[i]);
    }
    buffer_add_char(out, '"');
    return true;
}

struct text folder_name_read(struct arena *arena, struct text sent)
{
    BUFFER_AUTO decoded = {0};
    if (convert(&decoded, sent, "UTF-8", IMAP_ENCODING))
        return text_copy(arena, buffer_text(&decoded));
    return text_copy(arena, sent);
}
