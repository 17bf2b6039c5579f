#include "fetch/patience.h"

#include <stdlib.h>

enum { PATIENCE = 60, TEST_PAUSE_MILLISECONDS = 20 };

/* Seconds, or 0 where no test says so. */
static int set_by_test(void)
{
#ifdef TLSRPT_DEV
    const char *set = getenv("TLSRPT_TEST_TIMEOUT");
    long seconds = set ? strtol(set, NULL, 10) : 0;
    return seconds > 0 && seconds <= PATIENCE ? (int)seconds : 0;
#else
    return 0;
#endif
}

int patience_seconds(void)
{
    int set = set_by_test();
    return set ? set : PATIENCE;
}

int64_t patience_pause(unsigned seconds)
{
    return set_by_test() ? TEST_PAUSE_MILLISECONDS : (int64_t)seconds * 1000;
}
