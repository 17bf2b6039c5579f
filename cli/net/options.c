#include "options.h"

#include <stdio.h>

#include "base/vector.h"

/* Takes the value of an option, unknown for a switch; false where it cannot be used. */
typedef bool take(struct observe_options *options, struct text value, struct arena *arena);

static bool take_resolver(struct observe_options *options, struct text value,
                          struct arena *arena)
{
    (void)arena;
    options->resolver = value;
    return value.length > 0;
}

static bool take_trust_anchor(struct observe_options *options, struct text value,
                              struct arena *arena)
{
    (void)arena;
    options->trust_anchor = value;
    return value.length > 0;
}

static bool take_policy_ca(struct observe_options *options, struct text value,
                           struct arena *arena)
{
    (void)arena;
    options->policy_ca = value;
    return value.length > 0;
}

/* HOST:PORT:ADDRESS:PORT; the address may be an IPv6 one in brackets. */
static bool take_connect_to(struct observe_options *options, struct text value,
                            struct arena *arena)
{
    size_t colons = 0;
    for (size_t i = 0; i < value.length; i++)
        colons += value.at[i] == ':';
    text_list_add(arena, &options->connect_to, value);
    return colons >= 3;
}

static bool take_smtp_port(struct observe_options *options, struct text value,
                           struct arena *arena)
{
    uint64_t port;
    (void)arena;
    if (!text_unsigned(value, &port) || port < 1 || port > 65535)
        return false;
    options->smtp_port = (uint16_t)port;
    return true;
}

static bool take_helo(struct observe_options *options, struct text value, struct arena *arena)
{
    options->helo = text_host(arena, value);
    return text_is_host(options->helo);
}

static bool take_private(struct observe_options *options, struct text value,
                         struct arena *arena)
{
    (void)value;
    (void)arena;
    options->allow_private_addresses = true;
    return true;
}

static bool take_no_probe(struct observe_options *options, struct text value,
                          struct arena *arena)
{
    (void)value;
    (void)arena;
    options->probe = false;
    return true;
}

static const struct {
    const char *name, *value, *help;
    take *take;
} table[] = {
    {"--resolver", "ADDRESS[@PORT]", "whom to ask instead of the system's resolver",
     take_resolver},
    {"--trust-anchor", "FILE", "DS or DNSKEY records to trust instead of the root's",
     take_trust_anchor},
    {"--policy-ca", "FILE", "a CA to trust besides the system's", take_policy_ca},
    {"--connect-to", "HOST:PORT:ADDRESS:PORT", "where to connect to instead (may be repeated)",
     take_connect_to},
    {"--smtp-port", "N", "of the MX hosts; 25 if not given", take_smtp_port},
    {"--allow-private-addresses", NULL, "connect to addresses of local networks too",
     take_private},
    {"--no-probe", NULL, "connect to no MX host", take_no_probe},
    {"--helo", "NAME", "the name to greet MX hosts with", take_helo},
};
enum { TABLE_SIZE = sizeof table / sizeof *table };

void options_help(void)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        const char *value = table[i].value ? table[i].value : "";
        printf("  %s %s\n      %s\n", table[i].name, value, table[i].help);
    }
}

/* The row of ARGUMENT, which is `--name` or `--name=value`; TABLE_SIZE where there is none. */
static size_t find(struct text argument, struct text *value)
{
    size_t equals = text_find_char(argument, '=');
    struct text name = text_first(argument, equals);
    *value = equals == SIZE_MAX ? TEXT_UNKNOWN : text_from(argument, equals + 1);
    size_t i = 0;
    while (i < TABLE_SIZE && !text_equal(text_of(table[i].name), name))
        i++;
    return i;
}

bool options_read(int argc, char **argv, int first, struct arena *arena,
                  struct observe_options *options, struct error *err)
{
    for (int i = first; i < argc; i++) {
        struct text value;
        size_t row = find(text_of(argv[i]), &value);
        if (row == TABLE_SIZE)
            return error_set(err, ERROR_USAGE, "argument %d is no option; see --help", i);
        if (!table[row].value && text_known(value))
            return error_set(err, ERROR_USAGE, "%s takes no value", table[row].name);
        if (table[row].value && !text_known(value) && i + 1 < argc)
            value = text_of(argv[++i]);
        if (table[row].value && !text_known(value))
            return error_set(err, ERROR_USAGE, "%s needs a value: %s", table[row].name,
                             table[row].value);
        if (!table[row].take(options, value, arena))
            return error_set(err, ERROR_USAGE, "the value of %s is not %s", table[row].name,
                             table[row].value);
    }
    return true;
}
