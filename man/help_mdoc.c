/* The help of the program as manual pages. This is cli/help.h once more: with it in place of
 * cli/help.c, `help COMMAND` prints the page of a command and `help` the sections of tlsrpt(1)
 * that list the commands and the options of all, from the tables that the program itself uses. */
#include "cli/help.h"
#include "man/mdoc.h"

/* The title of a command's page: "tlsrpt-quarantine-list". */
static void page_title(struct buffer *out, const struct command *command)
{
    buffer_add_text(out, TEXT("tlsrpt-"));
    for (const char *c = command->name; *c; c++)
        buffer_add_char(out, *c == ' ' ? '-' : *c);
}

/* Words with a bar between them are literal, anything else is the name of a value. */
static void option_value(struct buffer *out, const struct option *option)
{
    struct text rest = text_of(option->value), word;
    if (!text_known(rest))
        return;
    buffer_add_text(out, option->may_lack ? TEXT(" Op") : TEXT(""));
    bool choice = text_find_char(rest, '|') != SIZE_MAX;
    buffer_add_text(out, choice ? TEXT(" Cm") : TEXT(" Ar"));
    for (size_t i = 0; text_next(&rest, '|', &word); i++)
        buffer_format(out, "%s %.*s", i ? " |" : "", TEXT_ARGS(word));
}

/* The long form and the value. Each dash is one that can be copied into a shell. */
static void option_long(struct buffer *out, const struct option *option)
{
    buffer_add_text(out, TEXT(" Fl \\-"));
    for (const char *c = option->name; *c; c++)
        if (*c == '-')
            buffer_add_text(out, TEXT("\\-"));
        else
            buffer_add_char(out, *c);
    option_value(out, option);
    buffer_add_char(out, '\n');
}

static void option_list(struct buffer *out, const struct option *table)
{
    buffer_add_text(out, TEXT(".Bl -tag -width Ds\n"));
    for (; table->name; table++) {
        if (table->shared)
            continue;
        buffer_add_text(out, TEXT(".It"));
        if (table->letter)
            buffer_format(out, " Fl %c ,", table->letter);
        option_long(out, table);
        mdoc_sentence(out, text_of(table->help));
    }
    buffer_add_text(out, TEXT(".El\n"));
}

/* One word of a usage line. What is written in capitals is an argument, the rest is literal. */
static void argument_word(struct buffer *out, struct text word)
{
    static const char more[] = "…";
    bool repeats = text_ends_nocase(word, TEXT("…"));
    if (repeats)
        word.length -= sizeof more - 1;
    if (text_equal(word, TEXT("|")))
        buffer_add_char(out, '|');
    else if (text_equal(word, TEXT("-")))
        buffer_add_text(out, TEXT("Fl"));
    else
        buffer_format(out, "Ar %.*s%s", TEXT_ARGS(word), repeats ? " ..." : "");
}

/* "[PATH… | -]" or "FILE… | -" as a line of macros. */
static void arguments(struct buffer *out, struct text usage)
{
    struct text word;
    bool optional = text_starts(usage, TEXT("["));
    if (optional)
        usage = text_first(text_from(usage, 1), usage.length - 2);
    buffer_add_text(out, optional ? TEXT(".Op ") : TEXT("."));
    for (size_t i = 0; text_next(&usage, ' ', &word); i++) {
        if (i)
            buffer_add_char(out, ' ');
        argument_word(out, word);
    }
    buffer_add_char(out, '\n');
}

static void synopsis(struct buffer *out, const struct command *command)
{
    buffer_format(out, ".Sh SYNOPSIS\n.Nm tlsrpt\n.Cm %s\n", command->name);
    for (const struct option *row = command->options; row && row->name; row++) {
        buffer_add_text(out, TEXT(".Op"));
        option_long(out, row);
    }
    buffer_add_text(out, TEXT(".Op Ar OPTION ...\n"));
    if (command->arguments)
        arguments(out, text_of(command->arguments));
}

void help_command(struct buffer *out, const struct command *command)
{
    BUFFER_AUTO title = {0};
    page_title(&title, command);
    mdoc_head(out, buffer_text(&title), 1);
    mdoc_name(out, buffer_text(&title), text_of(command->summary));
    synopsis(out, command);
    buffer_add_text(out, TEXT(".Sh DESCRIPTION\n"));
    mdoc_sentence(out, text_of(command->summary));
    if (command->details) {
        buffer_add_text(out, TEXT(".Pp\n"));
        mdoc_prose(out, text_of(command->details));
    }
    if (command->options && command->options->name) {
        buffer_add_text(out, TEXT(".Sh OPTIONS\n"));
        option_list(out, command->options);
    }
    buffer_add_text(out, TEXT(".Sh OPTIONS OF EVERY COMMAND\n"));
    option_list(out, options_global);
    buffer_add_text(out, TEXT(".\\\" more\n.Sh SEE ALSO\n.Xr tlsrpt 1 ,\n.Xr tlsrpt.conf 5 ,\n"
                              ".Xr tlsrpt-diagnosis 7\n"));
}

/* A comment names each command, for what makes the pages one by one (pages.cmake). */
void help_all(struct buffer *out, const struct command *commands)
{
    buffer_add_text(out, TEXT(".Sh COMMANDS\n.Bl -tag -width Ds\n"));
    for (; commands->name; commands++) {
        buffer_format(out, ".\\\" command: %s\n.It Xr ", commands->name);
        page_title(out, commands);
        buffer_add_text(out, TEXT(" 1\n"));
        mdoc_sentence(out, text_of(commands->summary));
    }
    buffer_add_text(out, TEXT(".El\n.Pp\n.Nm Cm help Op Ar COMMAND\nprints the usage of a "
                              "command, or this list.\n.Sh OPTIONS\n"
                              "These may stand before the command and after it.\n"));
    option_list(out, options_global);
}

/* The commands of a group have a page each, the group has none. */
void help_group(struct buffer *out, const struct command *commands, struct text group)
{
    (void)out, (void)commands, (void)group;
}
