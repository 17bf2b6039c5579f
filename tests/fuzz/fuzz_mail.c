#include "fuzz.h"
#include "ingest/mail.h"
#include "ingest/wire.h"

/* Whatever a mail is, what is made of it passes the check of who receives it. */
static void fuzz(struct text bytes, struct arena *arena)
{
    static bool started;
    if (!started)
        mail_start();
    started = true;
    struct reader_options options = {.limits = INGEST_LIMITS_DEFAULT,
                                     .authserv_id = TEXT("mx.example.net")};
    struct reading reading = {0}, again;
    struct error err;
    BUFFER_AUTO out = {0};
    options.limits.report_size = 1 << 20;
    mail_read(bytes, TEXT("one.example!example.com!1767225600!1767311999.json"), false,
              &options, arena, &reading);
    wire_encode(&reading, &out);
    promise(wire_decode(buffer_text(&out), &options.limits, arena, &again, &err));
}
