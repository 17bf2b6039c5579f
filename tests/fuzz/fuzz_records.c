#include "fuzz.h"
#include "published/mta_sts.h"
#include "published/tlsrpt_record.h"

/* Each line is one TXT string. A correction that is offered is right. */
static void fuzz(struct text bytes, struct arena *arena)
{
    struct text_list strings = {0};
    struct text rest = bytes, line;
    while (text_next(&rest, '\n', &line))
        text_list_add(arena, &strings, line);
    struct mta_sts_record sts;
    mta_sts_record_read(&strings, arena, &sts);
    struct tlsrpt_record record, again;
    tlsrpt_record_read(&strings, arena, &record);
    if (!text_known(record.corrected))
        return;
    struct text_list corrected = {&record.corrected, 1};
    tlsrpt_record_read(&corrected, arena, &again);
    promise(again.valid && again.usable && !again.faults.count);
}
