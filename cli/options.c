#include "cli/options.h"

#include <string.h>

#include "base/vector.h"
#include "cli/nearest.h"

const struct option options_global[] = {
    {"db", "FILE", "the database"},
    {"config", "FILE", "the configuration"},
    {"now", "TIME", "the clock to use (RFC 3339): nothing later is looked at"},
    {"offline", NULL, "use no network"},
    {"quiet", NULL, "no warnings, no progress", .letter = 'q'},
    {"verbose", NULL, "say more", .letter = 'v'},
    {"help", NULL, "this help", .letter = 'h'},
    {"version", NULL, "the version"},
    {"format", "FORMAT", "", .shared = true},
    {"since", "TIME", "", .shared = true},
    {"until", "TIME", "", .shared = true},
    {0},
};

static const struct option *find_name(const struct option *table, struct text name)
{
    for (; table && table->name; table++)
        if (text_equal(text_of(table->name), name))
            return table;
    return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
    for (; table && table->name; table++)
        if (table->letter == letter)
            return table;
    return NULL;
}

/* The command's own table goes first; a shared option that it lacks is not there. */
static const struct option *lookup_name(const struct option_reader *reader, struct text name)
{
    const struct option *option = find_name(reader->own, name);
    if (option)
        return option;
    option = find_name(options_global, name);
    return option && option->shared && reader->own ? NULL : option;
}

static const struct option *lookup_letter(const struct option_reader *reader, char letter)
{
    const struct option *option = find_letter(reader->own, letter);
    return option ? option : find_letter(options_global, letter);
}

static bool unknown_option(const struct option_reader *reader, struct text name,
                           struct error *err)
{
    struct nearest nearest = nearest_to(name);
    for (const struct option *row = options_global; row->name; row++)
        if (!row->shared)
            nearest_try(&nearest, row->name);
    for (const struct option *row = reader->own; row && row->name; row++)
        nearest_try(&nearest, row->name);
    if (nearest.best)
        return error_set(err, ERROR_USAGE, "there is no option --%.*s; did you mean --%s?",
                         TEXT_ARGS(text_first(name, 60)), nearest.best);
    return error_set(err, ERROR_USAGE, "there is no option --%.*s%s",
                     TEXT_ARGS(text_first(name, 60)), reader->own ? "" : " before the command");
}

static bool value_allowed(const struct option *option, struct text value)
{
    struct text rest = text_of(option->value), word;
    if (text_find_char(rest, '|') == SIZE_MAX)
        return true;
    while (text_next(&rest, '|', &word))
        if (text_equal(word, value))
            return true;
    return false;
}

static bool check_value(const struct option *option, struct text value, struct error *err)
{
    if (value_allowed(option, value))
        return true;
    return error_set(err, ERROR_USAGE, "--%s cannot be \"%.*s\": it is %s", option->name,
                     TEXT_ARGS(text_first(value, 60)), option->value);
}

static bool add(struct arena *arena, struct options *options, const struct option *option,
                struct text value, struct error *err)
{
    if (text_known(value) && !check_value(option, value, err))
        return false;
    VECTOR_ADD(arena, options, ((struct given_option){option, value}));
    return true;
}

/* The next argument as the value of OPTION, whatever it begins with. */
static bool take_value(struct option_reader *reader, const struct option *option,
                       struct text *value, struct error *err)
{
    *value = TEXT("");
    if (reader->next >= reader->argc && option->may_lack)
        return true;
    if (reader->next >= reader->argc)
        return error_set(err, ERROR_USAGE, "--%s needs a value: --%s %s", option->name,
                         option->name, option->value);
    *value = text_of(reader->argv[reader->next++]);
    return true;
}

static bool read_long(struct option_reader *reader, struct arena *arena,
                      struct options *options, struct text argument, struct error *err)
{
    struct text name = text_from(argument, 2), value = TEXT_UNKNOWN;
    size_t equals = text_find_char(name, '=');
    if (equals != SIZE_MAX) {
        value = text_from(name, equals + 1);
        name = text_first(name, equals);
    }
    const struct option *option = lookup_name(reader, name);
    if (!option)
        return unknown_option(reader, name, err);
    if (!option->value && text_known(value))
        return error_set(err, ERROR_USAGE, "--%s takes no value", option->name);
    if (option->value && !text_known(value) && !take_value(reader, option, &value, err))
        return false;
    return add(arena, options, option, value, err);
}

/* One letter of a cluster: `-qv`; a value is the rest of it, or the next argument. */
static bool read_letter(struct option_reader *reader, struct arena *arena,
                        struct options *options, struct error *err)
{
    char letter = *reader->letters++;
    struct text value = TEXT_UNKNOWN;
    const struct option *option = lookup_letter(reader, letter);
    if (!option)
        return error_set(err, ERROR_USAGE, "there is no option -%c", letter);
    if (option->value && *reader->letters) {
        value = text_of(reader->letters);
        reader->letters = "";
    } else if (option->value && !take_value(reader, option, &value, err)) {
        return false;
    }
    return add(arena, options, option, value, err);
}

bool options_next(struct option_reader *reader, struct arena *arena, struct options *options,
                  struct text *argument, struct error *err)
{
    for (;;) {
        if (reader->letters && *reader->letters) {
            if (!read_letter(reader, arena, options, err))
                return false;
            continue;
        }
        reader->letters = NULL;
        *argument = TEXT_UNKNOWN;
        if (reader->next >= reader->argc)
            return true;
        struct text word = text_of(reader->argv[reader->next++]);
        if (reader->ended || word.length < 2 || word.at[0] != '-') {
            *argument = word;
            return true;
        }
        if (text_equal(word, TEXT("--")))
            reader->ended = true;
        else if (word.at[1] != '-')
            reader->letters = word.at + 1;
        else if (!read_long(reader, arena, options, word, err))
            return false;
    }
}

bool options_match_command(struct options *options, const struct option *own,
                           const char *command, struct error *err)
{
    for (size_t i = 0; i < options->count; i++) {
        struct given_option *given = &options->at[i];
        if (!given->option->shared)
            continue;
        const struct option *row = find_name(own, text_of(given->option->name));
        if (!row)
            return error_set(err, ERROR_USAGE, "%s has no option --%s", command,
                             given->option->name);
        given->option = row;
        if (!check_value(row, given->value, err))
            return false;
    }
    return true;
}

const struct given_option *options_find(const struct options *options, const char *name)
{
    for (size_t i = options->count; i > 0; i--)
        if (strcmp(options->at[i - 1].option->name, name) == 0)
            return &options->at[i - 1];
    return NULL;
}

void options_help(struct buffer *out, const struct option *table)
{
    enum { COLUMN = 30 };
    for (; table && table->name; table++) {
        if (table->shared)
            continue;
        size_t start = out->length;
        if (table->letter)
            buffer_format(out, "  -%c, --%s", table->letter, table->name);
        else
            buffer_format(out, "  --%s", table->name);
        if (table->value)
            buffer_format(out, " %s", table->value);
        size_t width = out->length - start;
        if (width + 2 > COLUMN) {
            buffer_add_char(out, '\n');
            width = 0;
        }
        buffer_format(out, "%*s%s\n", (int)(COLUMN - width), "", table->help);
    }
}
