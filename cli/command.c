#include "cli/command.h"

#include <unistd.h>

#include "base/vector.h"

struct text invocation_option(const struct invocation *inv, const char *name)
{
    const struct given_option *given = options_find(&inv->options, name);
    return given ? given->value : TEXT_UNKNOWN;
}

bool invocation_has(const struct invocation *inv, const char *name)
{
    return options_find(&inv->options, name) != NULL;
}

bool invocation_is(const struct invocation *inv, const char *name, const char *value)
{
    return text_equal(invocation_option(inv, name), text_of(value));
}

struct text invocation_mail_from(const struct invocation *inv)
{
    char host[256] = "";
    if (text_known(inv->config.mail_from))
        return inv->config.mail_from;
    bool named = gethostname(host, sizeof host - 1) == 0 && text_is_host(text_of(host));
    return text_format(inv->arena, "tlsrpt@%s", named ? host : "localhost");
}

bool invocation_domains(const struct invocation *inv, struct text_list *domains,
                        struct error *err)
{
    *domains = (struct text_list){0};
    for (size_t i = 0; i < inv->arguments.count; i++) {
        struct text host = text_host(inv->arena, inv->arguments.at[i]);
        if (!text_is_host(host))
            return error_set(err, ERROR_USAGE, "\"%.*s\" is no domain name",
                             TEXT_ARGS(text_first(inv->arguments.at[i], 100)));
        text_list_add(inv->arena, domains, host);
    }
    text_list_sort(domains);
    size_t kept = 0;
    for (size_t i = 0; i < domains->count; i++)
        if (!kept || !text_equal(domains->at[kept - 1], domains->at[i]))
            domains->at[kept++] = domains->at[i];
    domains->count = kept;
    return true;
}
