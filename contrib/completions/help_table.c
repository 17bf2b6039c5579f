/* The commands and options as a table for the completion of shells. This is cli/help.h once more: with
 * it in place of cli/help.c, `help` prints a line for each command and each option, from the tables
 * that the program itself uses. Its columns have a tab between them, "-" where there is nothing:
 *
 *     command  NAME     ARGUMENT                           SUMMARY
 *     option   COMMAND  --NAME    LETTER  VALUE  LACKABLE  HELP
 *
 * COMMAND is "*" for the options of all. VALUE is a choice "text|json", or what can be completed:
 * FILE, FOLDER, COMMAND; or "?" for anything else. So is ARGUMENT. */
#include <string.h>

#include "cli/help.h"

/* What a word of a usage line can be completed to. */
static const struct {
    const char *word, *kind;
} kinds[] = {
    {"FILE", "FILE"},     {"PATH", "FILE"},      {"DIR", "FOLDER"},
    {"FOLDER", "FOLDER"}, {"MAILDIR", "FOLDER"}, {"COMMAND", "COMMAND"},
};

/* The first kind that USAGE names: in "FILE… | DIR | -" a file, which a folder can be on the way to. */
static const char *kind_of(const char *usage)
{
    if (!usage)
        return "-";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(usage, kinds[i].word))
            return kinds[i].kind;
    return "?";
}

static const char *value_of(const struct option *option)
{
    bool choice = option->value && strchr(option->value, '|');
    return choice ? option->value : kind_of(option->value);
}

static void list_options(struct buffer *out, const char *command, const struct option *option)
{
    for (; option && option->name; option++) {
        if (option->shared)
            continue;
        const char letter[] = {option->letter ? option->letter : '-', 0};
        buffer_format(out, "option\t%s\t--%s\t%s\t%s\t%s\t%s\n", command, option->name, letter,
                      value_of(option), option->may_lack ? "lackable" : "-", option->help);
    }
}

void help_all(struct buffer *out, const struct command *commands)
{
    list_options(out, "*", options_global);
    for (; commands->name; commands++) {
        buffer_format(out, "command\t%s\t%s\t%s\n", commands->name,
                      kind_of(commands->arguments), commands->summary);
        list_options(out, commands->name, commands->options);
    }
}

/* The table has everything; there is no help of one command in it. */
void help_command(struct buffer *out, const struct command *command)
{
    (void)out, (void)command;
}

void help_group(struct buffer *out, const struct command *commands, struct text group)
{
    (void)out, (void)commands, (void)group;
}
