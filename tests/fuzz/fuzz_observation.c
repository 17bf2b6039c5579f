#include "fuzz.h"
#include "published/observation_json.h"

/* What was written is read, and written as the same bytes. */
static void fuzz(struct text bytes, struct arena *arena)
{
    struct observation_reader reader = {.text = bytes};
    struct observation observation, again;
    enum observation_next next;
    struct error err;
    while ((next = observation_next(&reader, arena, &observation, &err)) != OBSERVATION_END) {
        BUFFER_AUTO first = {0}, second = {0};
        if (next == OBSERVATION_BROKEN)
            return;
        if (next == OBSERVATION_WRONG)
            continue;
        observation_write(&first, &observation);
        promise(observation_read(buffer_text(&first), arena, &again, &err));
        observation_write(&second, &again);
        promise(text_equal(buffer_text(&first), buffer_text(&second)));
    }
}
