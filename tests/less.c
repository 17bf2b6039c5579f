/* The program with one rule left out, named by TLSRPT_WITHOUT_RULE: so that a test can show that another
 * test would miss it. */
#include <stdlib.h>

#include "rules/rule.h"

__attribute__((constructor)) static void leave_out(void)
{
    const char *code = getenv("TLSRPT_WITHOUT_RULE");
    rules_without = code && *code ? code : NULL;
}
