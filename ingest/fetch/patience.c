#include "fetch/patience.h"

#include <stdlib.h>

enum { PATIENCE = 60 };

int patience_seconds(void)
{
#ifdef TLSRPT_DEV
    const char *set = getenv("TLSRPT_TEST_TIMEOUT");
    if (set && atoi(set) > 0)
        return atoi(set);
#endif
    return PATIENCE;
}
