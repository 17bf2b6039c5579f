/* Options of the command line, by tables: `--name value`, `--name=value`, `-n`, `-n value`. A value
 * may be empty. `--` ends the options; a lone `-` is an argument. Options may stand before,
 * between and behind the arguments. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

struct option {
    const char *name; /* without the dashes; null ends a table */
    const char
        *value; /* what the help calls its value; null: it is a switch. Words with '|' between
                        * them are all that is allowed: "json|text" */
    const char *help;
    char letter;   /* of the short form, or 0 */
    bool may_lack; /* at the end of the line its value may be missing: it is empty then */
    bool shared; /* of the global table: only for commands whose own table has it as well, which
                  * says what it may be */
};

extern const struct option options_global[];

struct given_option {
    const struct option *option;
    struct text value; /* unknown for a switch; else within the argument vector */
};

struct options {
    struct given_option *at;
    size_t count;
};

/* A walk along the argument vector, ARGV[0] excluded. */
struct option_reader {
    char **argv;
    int argc;
    int next;                 /* index of the argument to look at */
    const char *letters;      /* what is left of a cluster of short options, or null */
    bool ended;               /* "--" was there */
    const struct option *own; /* the command's table once the command is known, or null */
};

/* Reads on to the next argument that is no option, adding the options before it to OPTIONS, and
 * sets *ARGUMENT, unknown at the end. False with ERROR_USAGE for an option that is not in the
 * tables, a value that is missing, not allowed, or not wanted. */
bool options_next(struct option_reader *reader, struct arena *arena, struct options *options,
                  struct text *argument, struct error *err);

/* Holds the shared options that stood before the command against its own table, OWN, which may
 * be null. COMMAND is its name, for the message. */
bool options_match_command(struct options *options, const struct option *own,
                           const char *command, struct error *err);

/* The last one of that name, or null. */
const struct given_option *options_find(const struct options *options, const char *name);

/* Appends the lines of a help page for TABLE: name, value, help. Leaves out shared ones. */
void options_help(struct buffer *out, const struct option *table);

#endif
