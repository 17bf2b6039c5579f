#include "fuzz.h"

#include "cli/config.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    struct config config;
    bool good = config_parse(bytes, TEXT("/etc/tlsrpt/tlsrpt.conf"), arena, &config);
    bool wrong = false;
    for (size_t i = 0; i < config.fault_count; i++)
        wrong = wrong || config.faults[i].is_error;
    promise(good == !wrong);
}
