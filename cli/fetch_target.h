/* Which mailboxes to fetch: those of the configuration, or one that the command line describes. */
#ifndef CLI_FETCH_TARGET_H
#define CLI_FETCH_TARGET_H

#include "cli/command.h"

struct fetch_targets {
    struct config_mailbox *at;
    size_t count;
};

/* The mailboxes that the arguments name, an URL among them with what the options say, or all that are configured. In
 * inv->arena. ERROR_USAGE, never with a password in its text. */
bool fetch_targets(const struct invocation *inv, struct fetch_targets *targets,
                   struct error *err);

#endif
