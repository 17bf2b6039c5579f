#include "report/tls_report.h"

struct text report_submitter_domain(struct arena *arena, struct text submitter,
                                    struct text contact_info)
{
    struct text host = text_host(arena, submitter);
    if (text_is_host(host))
        return host;
    struct text rest = contact_info;
    size_t at = text_find_char(rest, '@');
    if (at == SIZE_MAX)
        return TEXT_UNKNOWN;
    while (at != SIZE_MAX) {
        rest = text_from(rest, at + 1);
        at = text_find_char(rest, '@');
    }
    /* contact-info may be written as <name@domain>. */
    size_t end = text_find_char(rest, '>');
    host = text_host(arena, end == SIZE_MAX ? rest : text_first(rest, end));
    return text_is_host(host) ? host : TEXT_UNKNOWN;
}

struct text report_reporter(struct arena *arena, struct text submitter,
                            struct text contact_info, struct text organization_name)
{
    struct text domain = report_submitter_domain(arena, submitter, contact_info);
    if (text_known(domain))
        return domain;
    struct text name = text_lower(arena, text_trim(organization_name));
    return name.length ? name : TEXT_UNKNOWN;
}
