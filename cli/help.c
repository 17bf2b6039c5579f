#include "cli/help.h"

#include <string.h>

enum { NAME_WIDTH = 18 };

static bool in_group(const struct command *command, struct text group)
{
    struct text name = text_of(command->name);
    return text_starts(name, group) && name.length > group.length &&
           name.at[group.length] == ' ';
}

static void list_command(struct buffer *out, const struct command *command)
{
    buffer_format(out, "  %-*s%s\n", NAME_WIDTH, command->name, command->summary);
}

void help_all(struct buffer *out, const struct command *commands)
{
    buffer_add_text(out, TEXT("Usage: tlsrpt COMMAND [OPTION…] [ARGUMENT…]\n"
                              "\nAnswers from SMTP TLS reports (RFC 8460).\n\nCommands:\n"));
    for (; commands->name; commands++)
        list_command(out, commands);
    buffer_add_text(out, TEXT("\nOptions of every command:\n"));
    options_help(out, options_global);
    buffer_add_text(out, TEXT("\ntlsrpt help COMMAND shows the options of a command.\n"));
}

void help_group(struct buffer *out, const struct command *commands, struct text group)
{
    buffer_format(out, "Usage: tlsrpt %.*s COMMAND [OPTION…] [ARGUMENT…]\n\nCommands:\n",
                  TEXT_ARGS(group));
    for (; commands->name; commands++)
        if (in_group(commands, group))
            list_command(out, commands);
}

void help_command(struct buffer *out, const struct command *command)
{
    buffer_format(out, "Usage: tlsrpt %s [OPTION…]%s%s\n\n", command->name,
                  command->arguments ? " " : "", command->arguments ? command->arguments : "");
    buffer_format(out, "tlsrpt %s %s.\n", command->name, command->summary);
    if (command->details)
        buffer_format(out, "\n%s\n", command->details);
    if (command->options && command->options->name) {
        buffer_add_text(out, TEXT("\nOptions:\n"));
        options_help(out, command->options);
    }
    buffer_add_text(out, TEXT("\nOptions of every command:\n"));
    options_help(out, options_global);
}
