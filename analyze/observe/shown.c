#include "observe/shown.h"

enum { LINE_SHOWN_MAX = 512 };

struct text shown_line(struct arena *arena, struct text line)
{
    line = text_as_utf8(arena, text_first(line, LINE_SHOWN_MAX));
    char *at = arena_alloc(arena, line.length + 1);
    for (size_t i = 0; i < line.length; i++) {
        bool control = (unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f;
        at[i] = ' ';
        if (!control)
            at[i] = line.at[i];
    }
    return (struct text){at, line.length};
}
