/* Help, printed from the table of commands. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buffer.h"
#include "cli/command.h"

/* A table of commands ends in a nameless one. */

/* The list of all commands, and the global options. */
void help_all(struct buffer *out, const struct command *commands);

/* The help of COMMAND. */
void help_command(struct buffer *out, const struct command *command);

/* The list of the commands whose first word is GROUP. */
void help_group(struct buffer *out, const struct command *commands, struct text group);

#endif
