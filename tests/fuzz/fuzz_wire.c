#include "fuzz.h"
#include "ingest/wire.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    struct reading reading;
    struct error err;
    BUFFER_AUTO out = {0};
    if (!wire_decode(bytes, &limits, arena, &reading, &err))
        return;
    wire_encode(&reading, &out);
    promise(text_equal(buffer_text(&out), bytes));
}
