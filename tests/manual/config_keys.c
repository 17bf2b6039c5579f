/* Prints every key of the configuration, one a line, behind its section. */
#include <stdio.h>

#include "cli/config_keys.h"

static void print(const char *section, const struct config_key *key)
{
    for (; key->name; key++)
        printf("%s %s\n", section, key->name);
}

int main(void)
{
    print("tlsrpt", config_keys_general);
    print("domain", config_keys_domain);
    print("mailbox", config_keys_mailbox);
    return 0;
}
