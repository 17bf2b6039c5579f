#include "fuzz.h"
#include "published/tlsa.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    struct tlsa tlsa, again;
    if (tlsa_parse(bytes, arena, &tlsa)) {
        struct text text = tlsa_text(arena, &tlsa);
        promise(tlsa_parse(text, arena, &again) && text_equal(text, tlsa_text(arena, &again)));
    }
    tlsa_parse_wire(bytes, arena, &tlsa);
}
