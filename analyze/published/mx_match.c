#include "published/mx_match.h"

static struct text without_final_dot(struct text name)
{
    if (name.length && name.at[name.length - 1] == '.')
        name.length--;
    return name;
}

/* What stands after the first label, its dot included; empty where there is one label. */
static struct text parent_of(struct text host)
{
    size_t dot = text_find_char(host, '.');
    return dot == SIZE_MAX ? text_first(host, 0) : text_from(host, dot);
}

bool mx_match(struct text pattern, struct text host)
{
    pattern = without_final_dot(pattern);
    host = without_final_dot(host);
    if (!pattern.length || !host.length)
        return false;
    if (!text_starts(pattern, TEXT("*.")))
        return text_equal_nocase(pattern, host);
    struct text parent = parent_of(host);
    bool has_label = parent.length < host.length;
    return has_label && pattern.length > 2 && text_equal_nocase(text_from(pattern, 1), parent);
}

static bool is_address(struct text host)
{
    size_t digits = 0;
    while (digits < host.length && host.at[host.length - 1 - digits] >= '0' &&
           host.at[host.length - 1 - digits] <= '9')
        digits++;
    bool last_label_is_number =
        digits && (digits == host.length || host.at[host.length - 1 - digits] == '.');
    return last_label_is_number || text_find_char(host, ':') != SIZE_MAX;
}

bool certificate_name_match(struct text name, struct text host)
{
    if (text_starts(name, TEXT("*."))) {
        struct text rest = without_final_dot(text_from(name, 2));
        if (text_find_char(rest, '.') == SIZE_MAX || is_address(without_final_dot(host)))
            return false;
    }
    return mx_match(name, host);
}

bool certificate_names_match(const struct text_list *names, struct text host)
{
    for (size_t i = 0; i < names->count; i++)
        if (certificate_name_match(names->at[i], host))
            return true;
    return false;
}
